"""rewards, notices of points that run out, lots that live longer"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('anomaly_review',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('subject_id', sa.BigInteger(), nullable=False),
    sa.Column('business_on', sa.Date(), nullable=False),
    sa.Column('staff_id', sa.BigInteger(), nullable=True),
    sa.Column('note_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_anomaly_review_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_anomaly_review')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_anomaly_review_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'kind', 'subject_id', 'business_on', name=op.f('uq_anomaly_review_franchise_id_kind_subject_id_business_on'))
    )
    op.create_table('redemption',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('store_id', sa.BigInteger(), nullable=True),
    sa.Column('staff_id', sa.BigInteger(), nullable=True),
    sa.Column('reward', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('programme_number', sa.BigInteger(), nullable=False),
    sa.Column('qty', sa.BigInteger(), nullable=False),
    sa.Column('points', sa.BigInteger(), nullable=False),
    sa.Column('cash_fen', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('reserved_until', sa.BigInteger(), nullable=True),
    sa.Column('hold_id', sa.BigInteger(), nullable=True),
    sa.Column('transfer_id', sa.BigInteger(), nullable=True),
    sa.Column('restore_id', sa.BigInteger(), nullable=True),
    sa.Column('order_id', sa.BigInteger(), nullable=True),
    sa.Column('reason_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('business_on', sa.Date(), nullable=False),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.Column('confirmed_at', sa.BigInteger(), nullable=True),
    sa.Column('ended_at', sa.BigInteger(), nullable=True),
    sa.Column('door', sa.String(length=10), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('item_id', sa.BigInteger(), nullable=True),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("state <> 'reserved' OR reserved_until IS NOT NULL", name=op.f('ck_redemption_until')),
    sa.CheckConstraint('qty > 0 AND points >= 0 AND cash_fen >= 0', name=op.f('ck_redemption_amounts')),
    sa.ForeignKeyConstraint(['franchise_id', 'item_id'], ['item.franchise_id', 'item.id'], name=op.f('fk_redemption_franchise_id_item_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id', 'person_id'], ['person.franchise_id', 'person.id'], name=op.f('fk_redemption_franchise_id_person_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_redemption_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_redemption')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_redemption_franchise_id_id'))
    )
    with op.batch_alter_table('redemption', schema=None) as batch_op:
        batch_op.create_index('ix_redemption_day', ['franchise_id', 'business_on', 'id'], unique=False)
        batch_op.create_index('ix_redemption_open', ['franchise_id', 'reserved_until', 'id'], unique=False, sqlite_where=sa.text("state = 'reserved'"), postgresql_where=sa.text("state = 'reserved'"))
        batch_op.create_index('ix_redemption_order', ['franchise_id', 'order_id'], unique=False)
        batch_op.create_index('ix_redemption_person', ['franchise_id', 'person_id', 'id'], unique=False)
        batch_op.create_index('ix_redemption_reward', ['franchise_id', 'reward', 'id'], unique=False)

    op.create_table('expiry_notice',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('points', sa.BigInteger(), nullable=False),
    sa.Column('expires_on', sa.Date(), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('channel', sa.String(length=10), nullable=False),
    sa.Column('business_on', sa.Date(), nullable=False),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.Column('lot_id', sa.BigInteger(), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id', 'lot_id'], ['lot.franchise_id', 'lot.id'], name=op.f('fk_expiry_notice_franchise_id_lot_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id', 'person_id'], ['person.franchise_id', 'person.id'], name=op.f('fk_expiry_notice_franchise_id_person_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_expiry_notice_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_expiry_notice')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_expiry_notice_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'lot_id', name=op.f('uq_expiry_notice_franchise_id_lot_id'))
    )
    with op.batch_alter_table('expiry_notice', schema=None) as batch_op:
        batch_op.create_index('ix_expiry_notice_day', ['franchise_id', 'business_on', 'id'], unique=False)
        batch_op.create_index('ix_expiry_notice_person', ['franchise_id', 'person_id', 'id'], unique=False)

    op.create_table('lot_extension',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=True),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('to_on', sa.Date(), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('reason_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('business_on', sa.Date(), nullable=False),
    sa.Column('booked_at', sa.BigInteger(), nullable=False),
    sa.Column('staff_id', sa.BigInteger(), nullable=True),
    sa.Column('store_id', sa.BigInteger(), nullable=True),
    sa.Column('door', sa.String(length=10), nullable=False),
    sa.Column('lot_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('to_on > from_on', name=op.f('ck_lot_extension_longer')),
    sa.ForeignKeyConstraint(['franchise_id', 'lot_id'], ['lot.franchise_id', 'lot.id'], name=op.f('fk_lot_extension_franchise_id_lot_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_lot_extension_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lot_extension')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_lot_extension_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'lot_id', 'from_on', name=op.f('uq_lot_extension_franchise_id_lot_id_from_on'))
    )
    with op.batch_alter_table('lot_extension', schema=None) as batch_op:
        batch_op.create_index('ix_lot_extension_person', ['franchise_id', 'person_id', 'id'], unique=False)

    op.create_table('redemption_gift',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('gift_id', sa.BigInteger(), nullable=False),
    sa.Column('redemption_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id', 'redemption_id'], ['redemption.franchise_id', 'redemption.id'], name=op.f('fk_redemption_gift_franchise_id_redemption_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_redemption_gift_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_redemption_gift')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_redemption_gift_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'kind', 'gift_id', name=op.f('uq_redemption_gift_franchise_id_kind_gift_id'))
    )
    with op.batch_alter_table('redemption_gift', schema=None) as batch_op:
        batch_op.create_index('ix_redemption_gift_of', ['franchise_id', 'redemption_id', 'id'], unique=False)



def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('redemption_gift', schema=None) as batch_op:
        batch_op.drop_index('ix_redemption_gift_of')

    op.drop_table('redemption_gift')
    with op.batch_alter_table('lot_extension', schema=None) as batch_op:
        batch_op.drop_index('ix_lot_extension_person')

    op.drop_table('lot_extension')
    with op.batch_alter_table('expiry_notice', schema=None) as batch_op:
        batch_op.drop_index('ix_expiry_notice_person')
        batch_op.drop_index('ix_expiry_notice_day')

    op.drop_table('expiry_notice')
    with op.batch_alter_table('redemption', schema=None) as batch_op:
        batch_op.drop_index('ix_redemption_reward')
        batch_op.drop_index('ix_redemption_person')
        batch_op.drop_index('ix_redemption_order')
        batch_op.drop_index('ix_redemption_open', sqlite_where=sa.text("state = 'reserved'"), postgresql_where=sa.text("state = 'reserved'"))
        batch_op.drop_index('ix_redemption_day')

    op.drop_table('redemption')
    op.drop_table('anomaly_review')
