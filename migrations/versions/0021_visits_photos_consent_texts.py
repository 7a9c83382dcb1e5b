"""visit records, photos, texts and signatures of consents"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('consent_text',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('purpose', sa.String(length=30), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('material', sa.Boolean(), nullable=False),
    sa.Column('published_at', sa.BigInteger(), nullable=False),
    sa.Column('published_by', sa.BigInteger(), nullable=True),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_consent_text_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_consent_text')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_consent_text_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'purpose', 'number', name=op.f('uq_consent_text_franchise_id_purpose_number'))
    )
    op.create_table('photo_set',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('name_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.Column('made_by', sa.BigInteger(), nullable=True),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id', 'person_id'], ['person.franchise_id', 'person.id'], name=op.f('fk_photo_set_franchise_id_person_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_photo_set_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_photo_set')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_photo_set_franchise_id_id'))
    )
    with op.batch_alter_table('photo_set', schema=None) as batch_op:
        batch_op.create_index('ix_photo_set_person', ['franchise_id', 'person_id', 'id'], unique=False)

    op.create_table('visit',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('visited_on', sa.Date(), nullable=False),
    sa.Column('order_id', sa.BigInteger(), nullable=True),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.Column('made_by', sa.BigInteger(), nullable=True),
    sa.Column('signed_at', sa.BigInteger(), nullable=True),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('store_id', sa.BigInteger(), nullable=False),
    sa.Column('practitioner_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id', 'person_id'], ['person.franchise_id', 'person.id'], name=op.f('fk_visit_franchise_id_person_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id', 'practitioner_id'], ['staff.franchise_id', 'staff.id'], name=op.f('fk_visit_franchise_id_practitioner_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id', 'store_id'], ['store.franchise_id', 'store.id'], name=op.f('fk_visit_franchise_id_store_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_visit_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_visit')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_visit_franchise_id_id'))
    )
    with op.batch_alter_table('visit', schema=None) as batch_op:
        batch_op.create_index('ix_visit_order', ['franchise_id', 'order_id'], unique=False)
        batch_op.create_index('ix_visit_person', ['franchise_id', 'person_id', 'visited_on', 'id'], unique=False)
        batch_op.create_index('ix_visit_unsigned', ['franchise_id', 'state', 'practitioner_id', 'id'], unique=False)

    op.create_table('attachment',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('code', sa.String(length=32), nullable=False),
    sa.Column('media_type', sa.String(length=30), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('width', sa.BigInteger(), nullable=False),
    sa.Column('height', sa.BigInteger(), nullable=False),
    sa.Column('mac', sa.LargeBinary(), nullable=False),
    sa.Column('file_key_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('note_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('store_id', sa.BigInteger(), nullable=True),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.Column('made_by', sa.BigInteger(), nullable=True),
    sa.Column('removed_at', sa.BigInteger(), nullable=True),
    sa.Column('removed_by', sa.BigInteger(), nullable=True),
    sa.Column('removed_why_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('visit_id', sa.BigInteger(), nullable=True),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('size > 0 AND width > 0 AND height > 0', name=op.f('ck_attachment_size')),
    sa.ForeignKeyConstraint(['franchise_id', 'person_id'], ['person.franchise_id', 'person.id'], name=op.f('fk_attachment_franchise_id_person_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id', 'visit_id'], ['visit.franchise_id', 'visit.id'], name=op.f('fk_attachment_franchise_id_visit_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_attachment_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attachment')),
    sa.UniqueConstraint('franchise_id', 'code', name=op.f('uq_attachment_franchise_id_code')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_attachment_franchise_id_id'))
    )
    with op.batch_alter_table('attachment', schema=None) as batch_op:
        batch_op.create_index('ix_attachment_person', ['franchise_id', 'person_id', 'kind', 'id'], unique=False)
        batch_op.create_index('ix_attachment_visit', ['franchise_id', 'visit_id', 'id'], unique=False)

    op.create_table('visit_draft',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('base', sa.BigInteger(), nullable=False),
    sa.Column('content_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('saved_at', sa.BigInteger(), nullable=False),
    sa.Column('saved_by', sa.BigInteger(), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('visit_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id', 'visit_id'], ['visit.franchise_id', 'visit.id'], name=op.f('fk_visit_draft_franchise_id_visit_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_visit_draft_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_visit_draft')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_visit_draft_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'visit_id', name=op.f('uq_visit_draft_franchise_id_visit_id'))
    )
    op.create_table('visit_revision',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('visited_on', sa.Date(), nullable=False),
    sa.Column('order_id', sa.BigInteger(), nullable=True),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('content_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('reason_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('mac', sa.LargeBinary(), nullable=False),
    sa.Column('signed_by', sa.BigInteger(), nullable=False),
    sa.Column('signer_name', sa.String(length=60), nullable=False),
    sa.Column('licence_kind', sa.String(length=40), nullable=False),
    sa.Column('licence_no', sa.String(length=60), nullable=False),
    sa.Column('licence_until', sa.String(length=10), nullable=False),
    sa.Column('signed_at', sa.BigInteger(), nullable=False),
    sa.Column('door', sa.String(length=10), nullable=False),
    sa.Column('visit_id', sa.BigInteger(), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('store_id', sa.BigInteger(), nullable=False),
    sa.Column('practitioner_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('number > 0', name=op.f('ck_visit_revision_number')),
    sa.ForeignKeyConstraint(['franchise_id', 'person_id'], ['person.franchise_id', 'person.id'], name=op.f('fk_visit_revision_franchise_id_person_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id', 'practitioner_id'], ['staff.franchise_id', 'staff.id'], name=op.f('fk_visit_revision_franchise_id_practitioner_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id', 'store_id'], ['store.franchise_id', 'store.id'], name=op.f('fk_visit_revision_franchise_id_store_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id', 'visit_id'], ['visit.franchise_id', 'visit.id'], name=op.f('fk_visit_revision_franchise_id_visit_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_visit_revision_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_visit_revision')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_visit_revision_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'visit_id', 'number', name=op.f('uq_visit_revision_franchise_id_visit_id_number'))
    )
    with op.batch_alter_table('visit_revision', schema=None) as batch_op:
        batch_op.create_index('ix_visit_revision_person', ['franchise_id', 'person_id', 'visited_on', 'id'], unique=False)

    op.create_table('photo',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('angle', sa.String(length=10), nullable=False),
    sa.Column('phase', sa.String(length=10), nullable=False),
    sa.Column('taken_on', sa.Date(), nullable=False),
    sa.Column('photo_set_id', sa.BigInteger(), nullable=False),
    sa.Column('attachment_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id', 'attachment_id'], ['attachment.franchise_id', 'attachment.id'], name=op.f('fk_photo_franchise_id_attachment_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id', 'photo_set_id'], ['photo_set.franchise_id', 'photo_set.id'], name=op.f('fk_photo_franchise_id_photo_set_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_photo_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_photo')),
    sa.UniqueConstraint('franchise_id', 'attachment_id', name=op.f('uq_photo_franchise_id_attachment_id')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_photo_franchise_id_id'))
    )
    with op.batch_alter_table('photo', schema=None) as batch_op:
        batch_op.create_index('ix_photo_set', ['franchise_id', 'photo_set_id', 'id'], unique=False)

    with op.batch_alter_table('consent', schema=None) as batch_op:
        batch_op.add_column(sa.Column('said_by', sa.String(length=10), server_default='self', nullable=False))
        batch_op.add_column(sa.Column('guardian_id', sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column('guardian_sealed', sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column('method', sa.String(length=20), server_default='staff_attested', nullable=False))
        batch_op.add_column(sa.Column('signature_sealed', sa.LargeBinary(), nullable=True))



def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('consent', schema=None) as batch_op:
        batch_op.drop_column('signature_sealed')
        batch_op.drop_column('method')
        batch_op.drop_column('guardian_sealed')
        batch_op.drop_column('guardian_id')
        batch_op.drop_column('said_by')

    with op.batch_alter_table('photo', schema=None) as batch_op:
        batch_op.drop_index('ix_photo_set')

    op.drop_table('photo')
    with op.batch_alter_table('visit_revision', schema=None) as batch_op:
        batch_op.drop_index('ix_visit_revision_person')

    op.drop_table('visit_revision')
    op.drop_table('visit_draft')
    with op.batch_alter_table('attachment', schema=None) as batch_op:
        batch_op.drop_index('ix_attachment_visit')
        batch_op.drop_index('ix_attachment_person')

    op.drop_table('attachment')
    with op.batch_alter_table('visit', schema=None) as batch_op:
        batch_op.drop_index('ix_visit_unsigned')
        batch_op.drop_index('ix_visit_person')
        batch_op.drop_index('ix_visit_order')

    op.drop_table('visit')
    with op.batch_alter_table('photo_set', schema=None) as batch_op:
        batch_op.drop_index('ix_photo_set_person')

    op.drop_table('photo_set')
    op.drop_table('consent_text')
