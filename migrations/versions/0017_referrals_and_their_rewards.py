"""referrals and their rewards"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('depth_acknowledgement',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('staff_id', sa.BigInteger(), nullable=False),
    sa.Column('text_version', sa.String(length=20), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_depth_acknowledgement_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_depth_acknowledgement')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_depth_acknowledgement_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'text_version', name=op.f('uq_depth_acknowledgement_franchise_id_text_version'))
    )
    op.create_table('referral',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('code_used', sa.String(length=22), nullable=False),
    sa.Column('source', sa.String(length=10), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('reason', sa.String(length=20), nullable=False),
    sa.Column('attached_at', sa.BigInteger(), nullable=False),
    sa.Column('attached_on', sa.Date(), nullable=False),
    sa.Column('staff_id', sa.BigInteger(), nullable=True),
    sa.Column('store_id', sa.BigInteger(), nullable=True),
    sa.Column('why_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('order_id', sa.BigInteger(), nullable=True),
    sa.Column('minimum_fen', sa.BigInteger(), nullable=False),
    sa.Column('settled_on', sa.Date(), nullable=True),
    sa.Column('clawed_on', sa.Date(), nullable=True),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('referrer_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("state IN ('pending', 'rewarded', 'clawed_back', 'refused')", name=op.f('ck_referral_state')),
    sa.CheckConstraint('person_id <> referrer_id', name=op.f('ck_referral_self')),
    sa.ForeignKeyConstraint(['franchise_id', 'person_id'], ['person.franchise_id', 'person.id'], name=op.f('fk_referral_franchise_id_person_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id', 'referrer_id'], ['person.franchise_id', 'person.id'], name=op.f('fk_referral_franchise_id_referrer_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_referral_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_referral')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_referral_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'person_id', name=op.f('uq_referral_franchise_id_person_id'))
    )
    with op.batch_alter_table('referral', schema=None) as batch_op:
        batch_op.create_index('ix_referral_order', ['franchise_id', 'order_id'], unique=False)
        batch_op.create_index('ix_referral_referrer', ['franchise_id', 'referrer_id', 'id'], unique=False)
        batch_op.create_index('ix_referral_state', ['franchise_id', 'state', 'id'], unique=False)

    op.create_table('referral_code',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('public_code', sa.String(length=22), nullable=False),
    sa.Column('short_code', sa.String(length=10), nullable=False),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id', 'person_id'], ['person.franchise_id', 'person.id'], name=op.f('fk_referral_code_franchise_id_person_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_referral_code_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_referral_code')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_referral_code_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'person_id', name=op.f('uq_referral_code_franchise_id_person_id')),
    sa.UniqueConstraint('franchise_id', 'public_code', name=op.f('uq_referral_code_franchise_id_public_code')),
    sa.UniqueConstraint('franchise_id', 'short_code', name=op.f('uq_referral_code_franchise_id_short_code'))
    )
    op.create_table('referral_grant',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('level', sa.BigInteger(), nullable=False),
    sa.Column('points', sa.BigInteger(), nullable=False),
    sa.Column('month', sa.BigInteger(), nullable=False),
    sa.Column('cap', sa.BigInteger(), nullable=False),
    sa.Column('transfer_id', sa.BigInteger(), nullable=False),
    sa.Column('reversal_id', sa.BigInteger(), nullable=True),
    sa.Column('business_on', sa.Date(), nullable=False),
    sa.Column('referral_id', sa.BigInteger(), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('level >= 0 AND level <= 2', name=op.f('ck_referral_grant_level')),
    sa.CheckConstraint('points > 0', name=op.f('ck_referral_grant_points')),
    sa.ForeignKeyConstraint(['franchise_id', 'person_id'], ['person.franchise_id', 'person.id'], name=op.f('fk_referral_grant_franchise_id_person_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id', 'referral_id'], ['referral.franchise_id', 'referral.id'], name=op.f('fk_referral_grant_franchise_id_referral_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_referral_grant_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_referral_grant')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_referral_grant_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'referral_id', 'level', name=op.f('uq_referral_grant_franchise_id_referral_id_level')),
    sa.UniqueConstraint('franchise_id', 'transfer_id', name=op.f('uq_referral_grant_franchise_id_transfer_id'))
    )
    with op.batch_alter_table('referral_grant', schema=None) as batch_op:
        batch_op.create_index('ix_referral_grant_month', ['franchise_id', 'person_id', 'month'], unique=False)



def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('referral_grant', schema=None) as batch_op:
        batch_op.drop_index('ix_referral_grant_month')

    op.drop_table('referral_grant')
    op.drop_table('referral_code')
    with op.batch_alter_table('referral', schema=None) as batch_op:
        batch_op.drop_index('ix_referral_state')
        batch_op.drop_index('ix_referral_referrer')
        batch_op.drop_index('ix_referral_order')

    op.drop_table('referral')
    op.drop_table('depth_acknowledgement')
