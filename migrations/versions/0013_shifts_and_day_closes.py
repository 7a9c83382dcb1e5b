"""Shifts and day closes"""

import sqlalchemy as sa
from alembic import op

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('till_entry',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('store_id', sa.BigInteger(), nullable=True),
    sa.Column('staff_id', sa.BigInteger(), nullable=True),
    sa.Column('shift_id', sa.BigInteger(), nullable=True),
    sa.Column('kind', sa.String(length=30), nullable=False),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.Column('source_kind', sa.String(length=10), nullable=False),
    sa.Column('source_id', sa.BigInteger(), nullable=False),
    sa.Column('business_on', sa.Date(), nullable=False),
    sa.Column('booked_at', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('amount_fen <> 0', name=op.f('ck_till_entry_amount')),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_till_entry_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_till_entry')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_till_entry_franchise_id_id'))
    )
    with op.batch_alter_table('till_entry', schema=None) as batch_op:
        batch_op.create_index('ix_till_entry_day', ['franchise_id', 'store_id', 'business_on', 'kind'], unique=False)
        batch_op.create_index('ix_till_entry_shift', ['franchise_id', 'shift_id', 'kind'], unique=False)
        batch_op.create_index('ix_till_entry_source', ['franchise_id', 'source_kind', 'source_id'], unique=False)

    op.create_table('day_close',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('business_on', sa.Date(), nullable=False),
    sa.Column('received_fen', sa.BigInteger(), nullable=False),
    sa.Column('refunded_fen', sa.BigInteger(), nullable=False),
    sa.Column('difference_fen', sa.BigInteger(), nullable=False),
    sa.Column('shift_difference_fen', sa.BigInteger(), nullable=False),
    sa.Column('shifts', sa.BigInteger(), nullable=False),
    sa.Column('audit_block', sa.BigInteger(), nullable=False),
    sa.Column('audit_head', sa.String(length=64), nullable=False),
    sa.Column('closed_by', sa.BigInteger(), nullable=False),
    sa.Column('closed_at', sa.BigInteger(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('store_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id', 'store_id'], ['store.franchise_id', 'store.id'], name=op.f('fk_day_close_franchise_id_store_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_day_close_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_day_close')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_day_close_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'store_id', 'business_on', name=op.f('uq_day_close_franchise_id_store_id_business_on'))
    )
    with op.batch_alter_table('day_close', schema=None) as batch_op:
        batch_op.create_index('ix_day_close_day', ['franchise_id', 'business_on', 'id'], unique=False)
        batch_op.create_index('ix_day_close_different', ['franchise_id', 'business_on', 'id'], unique=False, sqlite_where=sa.text('difference_fen <> 0 OR shift_difference_fen <> 0'), postgresql_where=sa.text('difference_fen <> 0 OR shift_difference_fen <> 0'))
        batch_op.create_index('ix_day_close_page', ['franchise_id', 'store_id', 'id'], unique=False)

    op.create_table('day_tender',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('kind', sa.String(length=30), nullable=False),
    sa.Column('received_fen', sa.BigInteger(), nullable=False),
    sa.Column('refunded_fen', sa.BigInteger(), nullable=False),
    sa.Column('counted_fen', sa.BigInteger(), nullable=False),
    sa.Column('difference_fen', sa.BigInteger(), nullable=False),
    sa.Column('reason_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('day_close_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('counted_fen - (received_fen - refunded_fen) = difference_fen', name=op.f('ck_day_tender_difference')),
    sa.ForeignKeyConstraint(['franchise_id', 'day_close_id'], ['day_close.franchise_id', 'day_close.id'], name=op.f('fk_day_tender_franchise_id_day_close_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_day_tender_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_day_tender')),
    sa.UniqueConstraint('franchise_id', 'day_close_id', 'kind', name=op.f('uq_day_tender_franchise_id_day_close_id_kind')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_day_tender_franchise_id_id'))
    )
    op.create_table('shift',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('float_fen', sa.BigInteger(), nullable=False),
    sa.Column('opened_at', sa.BigInteger(), nullable=False),
    sa.Column('business_on', sa.Date(), nullable=False),
    sa.Column('first_counted_fen', sa.BigInteger(), nullable=True),
    sa.Column('counts', sa.BigInteger(), nullable=False),
    sa.Column('closed_at', sa.BigInteger(), nullable=True),
    sa.Column('closed_by', sa.BigInteger(), nullable=True),
    sa.Column('approved_by', sa.BigInteger(), nullable=True),
    sa.Column('expected_fen', sa.BigInteger(), nullable=True),
    sa.Column('counted_fen', sa.BigInteger(), nullable=True),
    sa.Column('difference_fen', sa.BigInteger(), nullable=False),
    sa.Column('reason_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('store_id', sa.BigInteger(), nullable=False),
    sa.Column('staff_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('closed_at IS NULL OR counted_fen - expected_fen = difference_fen', name=op.f('ck_shift_difference')),
    sa.CheckConstraint('float_fen >= 0', name=op.f('ck_shift_float')),
    sa.ForeignKeyConstraint(['franchise_id', 'staff_id'], ['staff.franchise_id', 'staff.id'], name=op.f('fk_shift_franchise_id_staff_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id', 'store_id'], ['store.franchise_id', 'store.id'], name=op.f('fk_shift_franchise_id_store_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_shift_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_shift')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_shift_franchise_id_id'))
    )
    with op.batch_alter_table('shift', schema=None) as batch_op:
        batch_op.create_index('ix_shift_day', ['franchise_id', 'store_id', 'business_on', 'id'], unique=False)
        batch_op.create_index('ix_shift_different', ['franchise_id', 'id'], unique=False, sqlite_where=sa.text('difference_fen <> 0'), postgresql_where=sa.text('difference_fen <> 0'))
        batch_op.create_index('ix_shift_page', ['franchise_id', 'store_id', 'id'], unique=False)
        batch_op.create_index('ix_shift_since', ['franchise_id', 'business_on', 'id'], unique=False)
        batch_op.create_index('uq_shift_open', ['franchise_id', 'store_id', 'staff_id'], unique=True, sqlite_where=sa.text('closed_at IS NULL'), postgresql_where=sa.text('closed_at IS NULL'))

    op.create_table('cash_movement',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('staff_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(length=4), nullable=False),
    sa.Column('code', sa.String(length=20), nullable=False),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.Column('reason_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.Column('shift_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("kind IN ('in', 'out')", name=op.f('ck_cash_movement_kind')),
    sa.CheckConstraint('amount_fen > 0', name=op.f('ck_cash_movement_amount')),
    sa.ForeignKeyConstraint(['franchise_id', 'shift_id'], ['shift.franchise_id', 'shift.id'], name=op.f('fk_cash_movement_franchise_id_shift_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_cash_movement_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cash_movement')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_cash_movement_franchise_id_id'))
    )
    with op.batch_alter_table('cash_movement', schema=None) as batch_op:
        batch_op.create_index('ix_cash_movement_shift', ['franchise_id', 'shift_id', 'id'], unique=False)

    with op.batch_alter_table('store', schema=None) as batch_op:
        batch_op.add_column(sa.Column('closed_through_on', sa.Date(), nullable=True))



def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('store', schema=None) as batch_op:
        batch_op.drop_column('closed_through_on')

    with op.batch_alter_table('cash_movement', schema=None) as batch_op:
        batch_op.drop_index('ix_cash_movement_shift')

    op.drop_table('cash_movement')
    with op.batch_alter_table('shift', schema=None) as batch_op:
        batch_op.drop_index('uq_shift_open', sqlite_where=sa.text('closed_at IS NULL'), postgresql_where=sa.text('closed_at IS NULL'))
        batch_op.drop_index('ix_shift_since')
        batch_op.drop_index('ix_shift_page')
        batch_op.drop_index('ix_shift_different', sqlite_where=sa.text('difference_fen <> 0'), postgresql_where=sa.text('difference_fen <> 0'))
        batch_op.drop_index('ix_shift_day')

    op.drop_table('shift')
    op.drop_table('day_tender')
    with op.batch_alter_table('day_close', schema=None) as batch_op:
        batch_op.drop_index('ix_day_close_page')
        batch_op.drop_index('ix_day_close_different', sqlite_where=sa.text('difference_fen <> 0 OR shift_difference_fen <> 0'), postgresql_where=sa.text('difference_fen <> 0 OR shift_difference_fen <> 0'))
        batch_op.drop_index('ix_day_close_day')

    op.drop_table('day_close')
    with op.batch_alter_table('till_entry', schema=None) as batch_op:
        batch_op.drop_index('ix_till_entry_source')
        batch_op.drop_index('ix_till_entry_shift')
        batch_op.drop_index('ix_till_entry_day')

    op.drop_table('till_entry')
