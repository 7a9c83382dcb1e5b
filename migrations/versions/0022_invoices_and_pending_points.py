"""invoices, pending points, bonus of a lot, courses between legal entities"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('order_invoice',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=True),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.Column('red_fen', sa.BigInteger(), nullable=False),
    sa.Column('red_due_fen', sa.BigInteger(), nullable=False),
    sa.Column('invoice_no', sa.String(length=40), nullable=False),
    sa.Column('issued_on', sa.Date(), nullable=True),
    sa.Column('red_no', sa.String(length=40), nullable=False),
    sa.Column('red_on', sa.Date(), nullable=True),
    sa.Column('title_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('taxpayer_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('staff_id', sa.BigInteger(), nullable=True),
    sa.Column('asked_at', sa.BigInteger(), nullable=False),
    sa.Column('changed_at', sa.BigInteger(), nullable=False),
    sa.Column('orders_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('red_fen >= 0 AND red_due_fen >= 0 AND red_fen + red_due_fen <= amount_fen', name=op.f('ck_order_invoice_red')),
    sa.ForeignKeyConstraint(['franchise_id', 'orders_id'], ['orders.franchise_id', 'orders.id'], name=op.f('fk_order_invoice_franchise_id_orders_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_order_invoice_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_order_invoice')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_order_invoice_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'orders_id', 'seq', name=op.f('uq_order_invoice_franchise_id_orders_id_seq'))
    )
    op.create_table('card_saving',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('card_id', sa.BigInteger(), nullable=False),
    sa.Column('saved_fen', sa.BigInteger(), nullable=False),
    sa.Column('saved_on', sa.Date(), nullable=False),
    sa.Column('order_line_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('saved_fen > 0', name=op.f('ck_card_saving_saved')),
    sa.ForeignKeyConstraint(['franchise_id', 'order_line_id'], ['order_line.franchise_id', 'order_line.id'], name=op.f('fk_card_saving_franchise_id_order_line_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_card_saving_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_card_saving')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_card_saving_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'order_line_id', 'card_id', name=op.f('uq_card_saving_franchise_id_order_line_id_card_id'))
    )
    with op.batch_alter_table('card_saving', schema=None) as batch_op:
        batch_op.create_index('ix_card_saving_card', ['franchise_id', 'card_id', 'id'], unique=False)

    op.create_table('lot_bonus',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=True),
    sa.Column('points', sa.BigInteger(), nullable=False),
    sa.Column('balance', sa.BigInteger(), nullable=False),
    sa.Column('transfer_id', sa.BigInteger(), nullable=False),
    sa.Column('business_on', sa.Date(), nullable=False),
    sa.Column('booked_at', sa.BigInteger(), nullable=False),
    sa.Column('lot_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('points > 0', name=op.f('ck_lot_bonus_points')),
    sa.ForeignKeyConstraint(['franchise_id', 'lot_id'], ['lot.franchise_id', 'lot.id'], name=op.f('fk_lot_bonus_franchise_id_lot_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_lot_bonus_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lot_bonus')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_lot_bonus_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'lot_id', name=op.f('uq_lot_bonus_franchise_id_lot_id'))
    )
    with op.batch_alter_table('lot_bonus', schema=None) as batch_op:
        batch_op.create_index('ix_lot_bonus_person', ['franchise_id', 'person_id', 'id'], unique=False)

    with op.batch_alter_table('course', schema=None) as batch_op:
        batch_op.add_column(sa.Column('legal_entity', sa.String(length=120), nullable=True))

    with op.batch_alter_table('course_use', schema=None) as batch_op:
        batch_op.add_column(sa.Column('issuing', sa.String(length=120), nullable=True))
        batch_op.add_column(sa.Column('serving', sa.String(length=120), nullable=True))

    with op.batch_alter_table('lot', schema=None) as batch_op:
        batch_op.add_column(sa.Column('opens_on', sa.Date(), nullable=True))
        batch_op.create_index('ix_lot_opening', ['franchise_id', 'opens_on', 'id'], unique=False, sqlite_where=sa.text('remaining > 0 AND opens_on IS NOT NULL'), postgresql_where=sa.text('remaining > 0 AND opens_on IS NOT NULL'))

    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.add_column(sa.Column('invoice_state', sa.String(length=12), server_default='none', nullable=False))
        batch_op.create_index('ix_orders_invoice', ['franchise_id', 'invoice_state', 'id'], unique=False, sqlite_where=sa.text("invoice_state <> 'none'"), postgresql_where=sa.text("invoice_state <> 'none'"))

    with op.batch_alter_table('referral', schema=None) as batch_op:
        batch_op.add_column(sa.Column('door_key', sa.String(length=40), server_default='', nullable=False))
        batch_op.create_index('ix_referral_door', ['franchise_id', 'attached_on', 'door_key'], unique=False, sqlite_where=sa.text("door_key <> ''"), postgresql_where=sa.text("door_key <> ''"))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('referral', schema=None) as batch_op:
        batch_op.drop_index('ix_referral_door', sqlite_where=sa.text("door_key <> ''"), postgresql_where=sa.text("door_key <> ''"))
        batch_op.drop_column('door_key')

    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.drop_index('ix_orders_invoice', sqlite_where=sa.text("invoice_state <> 'none'"), postgresql_where=sa.text("invoice_state <> 'none'"))
        batch_op.drop_column('invoice_state')

    with op.batch_alter_table('lot', schema=None) as batch_op:
        batch_op.drop_index('ix_lot_opening', sqlite_where=sa.text('remaining > 0 AND opens_on IS NOT NULL'), postgresql_where=sa.text('remaining > 0 AND opens_on IS NOT NULL'))
        batch_op.drop_column('opens_on')

    with op.batch_alter_table('course_use', schema=None) as batch_op:
        batch_op.drop_column('serving')
        batch_op.drop_column('issuing')

    with op.batch_alter_table('course', schema=None) as batch_op:
        batch_op.drop_column('legal_entity')

    with op.batch_alter_table('lot_bonus', schema=None) as batch_op:
        batch_op.drop_index('ix_lot_bonus_person')

    op.drop_table('lot_bonus')
    with op.batch_alter_table('card_saving', schema=None) as batch_op:
        batch_op.drop_index('ix_card_saving_card')

    op.drop_table('card_saving')
    op.drop_table('order_invoice')
