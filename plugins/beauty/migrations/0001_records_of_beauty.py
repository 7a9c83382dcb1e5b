"""records of beauty"""

import sqlalchemy as sa
from alembic import op

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('beauty_answers',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('record_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('staff_id', sa.BigInteger(), nullable=True),
    sa.Column('store_id', sa.BigInteger(), nullable=True),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_beauty_answers_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_beauty_answers')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_beauty_answers_franchise_id_id'))
    )
    with op.batch_alter_table('beauty_answers', schema=None) as batch_op:
        batch_op.create_index('ix_beauty_answers_person', ['franchise_id', 'person_id', 'id'], unique=False)

    op.create_table('beauty_consent',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('text_version', sa.String(length=16), nullable=False),
    sa.Column('signed_on', sa.Date(), nullable=False),
    sa.Column('withdrawn_at', sa.BigInteger(), nullable=True),
    sa.Column('record_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('staff_id', sa.BigInteger(), nullable=True),
    sa.Column('store_id', sa.BigInteger(), nullable=True),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_beauty_consent_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_beauty_consent')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_beauty_consent_franchise_id_id'))
    )
    with op.batch_alter_table('beauty_consent', schema=None) as batch_op:
        batch_op.create_index('ix_beauty_consent_person', ['franchise_id', 'person_id', 'kind', 'id'], unique=False)

    op.create_table('beauty_objection',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('open', sa.Boolean(), nullable=False),
    sa.Column('record_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('staff_id', sa.BigInteger(), nullable=True),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_beauty_objection_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_beauty_objection')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_beauty_objection_franchise_id_id'))
    )
    with op.batch_alter_table('beauty_objection', schema=None) as batch_op:
        batch_op.create_index('ix_beauty_objection_person', ['franchise_id', 'person_id', 'id'], unique=False)

    op.create_table('beauty_profile',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('record_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('cycle_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('saved_at', sa.BigInteger(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_beauty_profile_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_beauty_profile')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_beauty_profile_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'person_id', name=op.f('uq_beauty_profile_franchise_id_person_id'))
    )
    op.create_table('beauty_skin',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('record_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('staff_id', sa.BigInteger(), nullable=True),
    sa.Column('store_id', sa.BigInteger(), nullable=True),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_beauty_skin_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_beauty_skin')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_beauty_skin_franchise_id_id'))
    )
    with op.batch_alter_table('beauty_skin', schema=None) as batch_op:
        batch_op.create_index('ix_beauty_skin_person', ['franchise_id', 'person_id', 'on', 'id'], unique=False)

    op.create_table('beauty_suggestion',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('product', sa.String(length=80), nullable=False),
    sa.Column('suggested_on', sa.Date(), nullable=False),
    sa.Column('used_on', sa.Date(), nullable=True),
    sa.Column('effect', sa.Integer(), nullable=True),
    sa.Column('record_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('staff_id', sa.BigInteger(), nullable=True),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('effect IS NULL OR (effect >= 1 AND effect <= 5)', name=op.f('ck_beauty_suggestion_effect')),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_beauty_suggestion_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_beauty_suggestion')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_beauty_suggestion_franchise_id_id'))
    )
    with op.batch_alter_table('beauty_suggestion', schema=None) as batch_op:
        batch_op.create_index('ix_beauty_suggestion_person', ['franchise_id', 'person_id', 'id'], unique=False)

    op.create_table('beauty_treatment',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('visit_id', sa.BigInteger(), nullable=True),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('procedure', sa.String(length=20), nullable=False),
    sa.Column('record_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('operator_id', sa.BigInteger(), nullable=True),
    sa.Column('consultant_id', sa.BigInteger(), nullable=True),
    sa.Column('stage', sa.String(length=12), nullable=False),
    sa.Column('owner_id', sa.BigInteger(), nullable=True),
    sa.Column('changes_on', sa.Date(), nullable=True),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('store_id', sa.BigInteger(), nullable=True),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("stage IN ('department', 'consultant', 'service')", name=op.f('ck_beauty_treatment_stage')),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_beauty_treatment_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_beauty_treatment')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_beauty_treatment_franchise_id_id'))
    )
    with op.batch_alter_table('beauty_treatment', schema=None) as batch_op:
        batch_op.create_index('ix_beauty_treatment_changes', ['franchise_id', 'changes_on', 'id'], unique=False)
        batch_op.create_index('ix_beauty_treatment_due', ['franchise_id', 'due_on', 'id'], unique=False)
        batch_op.create_index('ix_beauty_treatment_person', ['franchise_id', 'person_id', 'on', 'id'], unique=False)

    op.create_table('beauty_batch',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('product', sa.String(length=80), nullable=False),
    sa.Column('batch', sa.String(length=60), nullable=False),
    sa.Column('dose', sa.String(length=40), nullable=False),
    sa.Column('treatment_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id', 'treatment_id'], ['beauty_treatment.franchise_id', 'beauty_treatment.id'], name=op.f('fk_beauty_batch_franchise_id_treatment_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_beauty_batch_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_beauty_batch')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_beauty_batch_franchise_id_id'))
    )
    with op.batch_alter_table('beauty_batch', schema=None) as batch_op:
        batch_op.create_index('ix_beauty_batch_batch', ['franchise_id', 'batch', 'id'], unique=False)
        batch_op.create_index('ix_beauty_batch_person', ['franchise_id', 'person_id', 'id'], unique=False)

    op.create_table('beauty_care_form',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('phase', sa.String(length=10), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('record_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('staff_id', sa.BigInteger(), nullable=True),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.Column('treatment_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id', 'treatment_id'], ['beauty_treatment.franchise_id', 'beauty_treatment.id'], name=op.f('fk_beauty_care_form_franchise_id_treatment_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_beauty_care_form_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_beauty_care_form')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_beauty_care_form_franchise_id_id'))
    )
    with op.batch_alter_table('beauty_care_form', schema=None) as batch_op:
        batch_op.create_index('ix_beauty_care_form_person', ['franchise_id', 'person_id', 'on', 'id'], unique=False)



def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('beauty_care_form', schema=None) as batch_op:
        batch_op.drop_index('ix_beauty_care_form_person')

    op.drop_table('beauty_care_form')
    with op.batch_alter_table('beauty_batch', schema=None) as batch_op:
        batch_op.drop_index('ix_beauty_batch_person')
        batch_op.drop_index('ix_beauty_batch_batch')

    op.drop_table('beauty_batch')
    with op.batch_alter_table('beauty_treatment', schema=None) as batch_op:
        batch_op.drop_index('ix_beauty_treatment_person')
        batch_op.drop_index('ix_beauty_treatment_due')
        batch_op.drop_index('ix_beauty_treatment_changes')

    op.drop_table('beauty_treatment')
    with op.batch_alter_table('beauty_suggestion', schema=None) as batch_op:
        batch_op.drop_index('ix_beauty_suggestion_person')

    op.drop_table('beauty_suggestion')
    with op.batch_alter_table('beauty_skin', schema=None) as batch_op:
        batch_op.drop_index('ix_beauty_skin_person')

    op.drop_table('beauty_skin')
    op.drop_table('beauty_profile')
    with op.batch_alter_table('beauty_objection', schema=None) as batch_op:
        batch_op.drop_index('ix_beauty_objection_person')

    op.drop_table('beauty_objection')
    with op.batch_alter_table('beauty_consent', schema=None) as batch_op:
        batch_op.drop_index('ix_beauty_consent_person')

    op.drop_table('beauty_consent')
    with op.batch_alter_table('beauty_answers', schema=None) as batch_op:
        batch_op.drop_index('ix_beauty_answers_person')

    op.drop_table('beauty_answers')
