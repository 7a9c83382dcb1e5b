"""Quotes, orders, lines, tenders, refunds."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('stored_quote',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=True),
    sa.Column('store_id', sa.BigInteger(), nullable=False),
    sa.Column('staff_id', sa.BigInteger(), nullable=True),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('request_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('findings_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('expires_at', sa.BigInteger(), nullable=False),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.Column('order_id', sa.BigInteger(), nullable=True),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_stored_quote_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stored_quote')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_stored_quote_franchise_id_id'))
    )
    with op.batch_alter_table('stored_quote', schema=None) as batch_op:
        batch_op.create_index('ix_stored_quote_expiry', ['franchise_id', 'expires_at'], unique=False)
    op.create_table('orders',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('order_no', sa.String(length=30), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=True),
    sa.Column('staff_id', sa.BigInteger(), nullable=True),
    sa.Column('list_fen', sa.BigInteger(), nullable=False),
    sa.Column('total_fen', sa.BigInteger(), nullable=False),
    sa.Column('paid_fen', sa.BigInteger(), nullable=False),
    sa.Column('refunded_fen', sa.BigInteger(), nullable=False),
    sa.Column('earned_points', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('tier_before', sa.String(length=40), nullable=False),
    sa.Column('programme_number', sa.BigInteger(), nullable=False),
    sa.Column('business_on', sa.Date(), nullable=False),
    sa.Column('booked_at', sa.BigInteger(), nullable=False),
    sa.Column('door', sa.String(length=10), nullable=False),
    sa.Column('quote_id', sa.BigInteger(), nullable=True),
    sa.Column('facts_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('store_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('paid_fen >= 0 AND paid_fen <= total_fen', name=op.f('ck_orders_paid')),
    sa.CheckConstraint('refunded_fen >= 0 AND refunded_fen <= paid_fen', name=op.f('ck_orders_refunded')),
    sa.ForeignKeyConstraint(['franchise_id', 'store_id'], ['store.franchise_id', 'store.id'], name=op.f('fk_orders_franchise_id_store_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_orders_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_orders')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_orders_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'order_no', name=op.f('uq_orders_franchise_id_order_no')),
    sa.UniqueConstraint('franchise_id', 'quote_id', name=op.f('uq_orders_franchise_id_quote_id'))
    )
    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.create_index('ix_orders_day', ['franchise_id', 'business_on', 'id'], unique=False)
        batch_op.create_index('ix_orders_person', ['franchise_id', 'person_id', 'id'], unique=False)
        batch_op.create_index('ix_orders_store', ['franchise_id', 'store_id', 'id'], unique=False)
    op.create_table('order_line',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=True),
    sa.Column('for_person_id', sa.BigInteger(), nullable=True),
    sa.Column('line_no', sa.BigInteger(), nullable=False),
    sa.Column('item_id', sa.BigInteger(), nullable=False),
    sa.Column('item_code', sa.String(length=40), nullable=False),
    sa.Column('category', sa.String(length=40), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('name_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('qty', sa.BigInteger(), nullable=False),
    sa.Column('list_fen', sa.BigInteger(), nullable=False),
    sa.Column('net_fen', sa.BigInteger(), nullable=False),
    sa.Column('points', sa.BigInteger(), nullable=False),
    sa.Column('performer_id', sa.BigInteger(), nullable=True),
    sa.Column('seller_id', sa.BigInteger(), nullable=True),
    sa.Column('detail', sa.Text(), nullable=False),
    sa.Column('refunded_qty', sa.BigInteger(), nullable=False),
    sa.Column('refunded_fen', sa.BigInteger(), nullable=False),
    sa.Column('orders_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('net_fen >= 0 AND net_fen <= list_fen', name=op.f('ck_order_line_net')),
    sa.CheckConstraint('qty > 0', name=op.f('ck_order_line_qty')),
    sa.CheckConstraint('refunded_fen >= 0 AND refunded_fen <= net_fen', name=op.f('ck_order_line_refunded_fen')),
    sa.CheckConstraint('refunded_qty >= 0 AND refunded_qty <= qty', name=op.f('ck_order_line_refunded_qty')),
    sa.ForeignKeyConstraint(['franchise_id', 'orders_id'], ['orders.franchise_id', 'orders.id'], name=op.f('fk_order_line_franchise_id_orders_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_order_line_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_order_line')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_order_line_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'orders_id', 'line_no', name=op.f('uq_order_line_franchise_id_orders_id_line_no'))
    )
    with op.batch_alter_table('order_line', schema=None) as batch_op:
        batch_op.create_index('ix_order_line_person', ['franchise_id', 'for_person_id', 'id'], unique=False)
    op.create_table('refund',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('refund_no', sa.String(length=30), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=True),
    sa.Column('store_id', sa.BigInteger(), nullable=True),
    sa.Column('staff_id', sa.BigInteger(), nullable=True),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.Column('points_taken', sa.BigInteger(), nullable=False),
    sa.Column('points_returned', sa.BigInteger(), nullable=False),
    sa.Column('reason_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('effects_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('business_on', sa.Date(), nullable=False),
    sa.Column('booked_at', sa.BigInteger(), nullable=False),
    sa.Column('door', sa.String(length=10), nullable=False),
    sa.Column('orders_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id', 'orders_id'], ['orders.franchise_id', 'orders.id'], name=op.f('fk_refund_franchise_id_orders_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_refund_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_refund')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_refund_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'refund_no', name=op.f('uq_refund_franchise_id_refund_no'))
    )
    with op.batch_alter_table('refund', schema=None) as batch_op:
        batch_op.create_index('ix_refund_orders', ['franchise_id', 'orders_id'], unique=False)
    op.create_table('tender',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=True),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(length=30), nullable=False),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.Column('points', sa.BigInteger(), nullable=False),
    sa.Column('refunded_fen', sa.BigInteger(), nullable=False),
    sa.Column('refunded_points', sa.BigInteger(), nullable=False),
    sa.Column('reference_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('booked_at', sa.BigInteger(), nullable=False),
    sa.Column('orders_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('amount_fen >= 0', name=op.f('ck_tender_amount')),
    sa.CheckConstraint('refunded_fen >= 0 AND refunded_fen <= amount_fen', name=op.f('ck_tender_refunded')),
    sa.CheckConstraint('refunded_points >= 0 AND refunded_points <= points', name=op.f('ck_tender_refunded_points')),
    sa.ForeignKeyConstraint(['franchise_id', 'orders_id'], ['orders.franchise_id', 'orders.id'], name=op.f('fk_tender_franchise_id_orders_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_tender_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tender')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_tender_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'orders_id', 'number', name=op.f('uq_tender_franchise_id_orders_id_number'))
    )
    op.create_table('line_tender',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.Column('order_line_id', sa.BigInteger(), nullable=False),
    sa.Column('tender_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id', 'order_line_id'], ['order_line.franchise_id', 'order_line.id'], name=op.f('fk_line_tender_franchise_id_order_line_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id', 'tender_id'], ['tender.franchise_id', 'tender.id'], name=op.f('fk_line_tender_franchise_id_tender_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_line_tender_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_line_tender')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_line_tender_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'order_line_id', 'tender_id', name=op.f('uq_line_tender_franchise_id_order_line_id_tender_id'))
    )
    op.create_table('refund_line',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('qty', sa.BigInteger(), nullable=False),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.Column('refund_id', sa.BigInteger(), nullable=False),
    sa.Column('order_line_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('qty > 0', name=op.f('ck_refund_line_qty')),
    sa.ForeignKeyConstraint(['franchise_id', 'order_line_id'], ['order_line.franchise_id', 'order_line.id'], name=op.f('fk_refund_line_franchise_id_order_line_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id', 'refund_id'], ['refund.franchise_id', 'refund.id'], name=op.f('fk_refund_line_franchise_id_refund_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_refund_line_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_refund_line')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_refund_line_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'refund_id', 'order_line_id', name=op.f('uq_refund_line_franchise_id_refund_id_order_line_id'))
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table('refund_line')
    op.drop_table('line_tender')
    op.drop_table('tender')
    with op.batch_alter_table('refund', schema=None) as batch_op:
        batch_op.drop_index('ix_refund_orders')
    op.drop_table('refund')
    with op.batch_alter_table('order_line', schema=None) as batch_op:
        batch_op.drop_index('ix_order_line_person')
    op.drop_table('order_line')
    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.drop_index('ix_orders_store')
        batch_op.drop_index('ix_orders_person')
        batch_op.drop_index('ix_orders_day')
    op.drop_table('orders')
    with op.batch_alter_table('stored_quote', schema=None) as batch_op:
        batch_op.drop_index('ix_stored_quote_expiry')
    op.drop_table('stored_quote')
