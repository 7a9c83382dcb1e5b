"""orders left open and their payments, held baskets"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('payment',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=True),
    sa.Column('store_id', sa.BigInteger(), nullable=True),
    sa.Column('staff_id', sa.BigInteger(), nullable=True),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.Column('points', sa.BigInteger(), nullable=False),
    sa.Column('business_on', sa.Date(), nullable=False),
    sa.Column('booked_at', sa.BigInteger(), nullable=False),
    sa.Column('door', sa.String(length=10), nullable=False),
    sa.Column('orders_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('amount_fen > 0', name=op.f('ck_payment_amount')),
    sa.ForeignKeyConstraint(['franchise_id', 'orders_id'], ['orders.franchise_id', 'orders.id'], name=op.f('fk_payment_franchise_id_orders_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_payment_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_payment_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'orders_id', 'number', name=op.f('uq_payment_franchise_id_orders_id_number'))
    )
    with op.batch_alter_table('line_tender', schema=None) as batch_op:
        batch_op.add_column(sa.Column('units_left', sa.BigInteger(), server_default='0', nullable=False))

    with op.batch_alter_table('order_line', schema=None) as batch_op:
        batch_op.add_column(sa.Column('owed_fen', sa.BigInteger(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('released_fen', sa.BigInteger(), server_default='0', nullable=False))

    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.add_column(sa.Column('owed_fen', sa.BigInteger(), server_default='0', nullable=False))
        batch_op.create_index('ix_orders_owed', ['franchise_id', 'person_id', 'id'], unique=False, sqlite_where=sa.text('owed_fen > 0'), postgresql_where=sa.text('owed_fen > 0'))

    with op.batch_alter_table('refund_line', schema=None) as batch_op:
        batch_op.add_column(sa.Column('released_fen', sa.BigInteger(), server_default='0', nullable=False))

    with op.batch_alter_table('tender', schema=None) as batch_op:
        batch_op.add_column(sa.Column('payment_id', sa.BigInteger(), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_tender_franchise_id_payment_id'), 'payment', ['franchise_id', 'payment_id'], ['franchise_id', 'id'], ondelete='RESTRICT')

    op.create_table('held_basket',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('store_id', sa.BigInteger(), nullable=False),
    sa.Column('staff_id', sa.BigInteger(), nullable=True),
    sa.Column('person_id', sa.BigInteger(), nullable=True),
    sa.Column('lines', sa.BigInteger(), nullable=False),
    sa.Column('basket_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('held_at', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_held_basket_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_held_basket')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_held_basket_franchise_id_id'))
    )
    with op.batch_alter_table('held_basket', schema=None) as batch_op:
        batch_op.create_index('ix_held_basket_store', ['franchise_id', 'store_id', 'held_at'], unique=False)


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('held_basket', schema=None) as batch_op:
        batch_op.drop_index('ix_held_basket_store')

    op.drop_table('held_basket')

    with op.batch_alter_table('tender', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_tender_franchise_id_payment_id'), type_='foreignkey')
        batch_op.drop_column('payment_id')

    with op.batch_alter_table('refund_line', schema=None) as batch_op:
        batch_op.drop_column('released_fen')

    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.drop_index('ix_orders_owed', sqlite_where=sa.text('owed_fen > 0'), postgresql_where=sa.text('owed_fen > 0'))
        batch_op.drop_column('owed_fen')

    with op.batch_alter_table('order_line', schema=None) as batch_op:
        batch_op.drop_column('released_fen')
        batch_op.drop_column('owed_fen')

    with op.batch_alter_table('line_tender', schema=None) as batch_op:
        batch_op.drop_column('units_left')

    op.drop_table('payment')
