"""courses and their uses"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('course',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('item_code', sa.String(length=40), nullable=False),
    sa.Column('source_kind', sa.String(length=20), nullable=False),
    sa.Column('order_id', sa.BigInteger(), nullable=True),
    sa.Column('order_line_id', sa.BigInteger(), nullable=True),
    sa.Column('sessions', sa.BigInteger(), nullable=False),
    sa.Column('bonus_sessions', sa.BigInteger(), nullable=False),
    sa.Column('paid_fen', sa.BigInteger(), nullable=False),
    sa.Column('refunded_fen', sa.BigInteger(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('expires_on', sa.Date(), nullable=True),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('frozen_on', sa.Date(), nullable=True),
    sa.Column('frozen_days', sa.BigInteger(), nullable=False),
    sa.Column('shared', sa.Boolean(), nullable=False),
    sa.Column('transferable', sa.Boolean(), nullable=False),
    sa.Column('store_id', sa.BigInteger(), nullable=True),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('item_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('refunded_fen >= 0 AND refunded_fen <= paid_fen', name=op.f('ck_course_refunded')),
    sa.CheckConstraint('sessions >= 0 AND bonus_sessions >= 0', name=op.f('ck_course_sessions')),
    sa.ForeignKeyConstraint(['franchise_id', 'item_id'], ['item.franchise_id', 'item.id'], name=op.f('fk_course_franchise_id_item_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id', 'person_id'], ['person.franchise_id', 'person.id'], name=op.f('fk_course_franchise_id_person_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_course_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_course')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_course_franchise_id_id'))
    )
    with op.batch_alter_table('course', schema=None) as batch_op:
        batch_op.create_index('ix_course_expiry', ['franchise_id', 'expires_on', 'id'], unique=False)
        batch_op.create_index('ix_course_line', ['franchise_id', 'order_line_id'], unique=False)
        batch_op.create_index('ix_course_person', ['franchise_id', 'person_id', 'id'], unique=False)

    op.create_table('course_part',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('item_code', sa.String(length=40), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('sessions', sa.BigInteger(), nullable=False),
    sa.Column('bonus_sessions', sa.BigInteger(), nullable=False),
    sa.Column('paid_fen', sa.BigInteger(), nullable=False),
    sa.Column('refunded', sa.BigInteger(), nullable=False),
    sa.Column('refunded_fen', sa.BigInteger(), nullable=False),
    sa.Column('course_id', sa.BigInteger(), nullable=False),
    sa.Column('item_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('refunded >= 0 AND refunded <= sessions + bonus_sessions', name=op.f('ck_course_part_refunded')),
    sa.CheckConstraint('refunded_fen >= 0 AND refunded_fen <= paid_fen', name=op.f('ck_course_part_refunded_fen')),
    sa.ForeignKeyConstraint(['franchise_id', 'course_id'], ['course.franchise_id', 'course.id'], name=op.f('fk_course_part_franchise_id_course_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id', 'item_id'], ['item.franchise_id', 'item.id'], name=op.f('fk_course_part_franchise_id_item_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_course_part_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_course_part')),
    sa.UniqueConstraint('franchise_id', 'course_id', 'number', name=op.f('uq_course_part_franchise_id_course_id_number')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_course_part_franchise_id_id'))
    )
    op.create_table('course_use',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('for_person_id', sa.BigInteger(), nullable=False),
    sa.Column('item_code', sa.String(length=40), nullable=False),
    sa.Column('performer_id', sa.BigInteger(), nullable=True),
    sa.Column('staff_id', sa.BigInteger(), nullable=True),
    sa.Column('store_id', sa.BigInteger(), nullable=True),
    sa.Column('order_id', sa.BigInteger(), nullable=True),
    sa.Column('order_line_id', sa.BigInteger(), nullable=True),
    sa.Column('value_fen', sa.BigInteger(), nullable=False),
    sa.Column('visit', sa.Boolean(), nullable=False),
    sa.Column('method', sa.String(length=20), nullable=False),
    sa.Column('evidence_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('transfer_id', sa.BigInteger(), nullable=False),
    sa.Column('business_on', sa.Date(), nullable=False),
    sa.Column('booked_at', sa.BigInteger(), nullable=False),
    sa.Column('door', sa.String(length=10), nullable=False),
    sa.Column('course_id', sa.BigInteger(), nullable=False),
    sa.Column('course_part_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('value_fen >= 0', name=op.f('ck_course_use_value')),
    sa.ForeignKeyConstraint(['franchise_id', 'course_id'], ['course.franchise_id', 'course.id'], name=op.f('fk_course_use_franchise_id_course_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id', 'course_part_id'], ['course_part.franchise_id', 'course_part.id'], name=op.f('fk_course_use_franchise_id_course_part_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_course_use_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_course_use')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_course_use_franchise_id_id'))
    )
    with op.batch_alter_table('course_use', schema=None) as batch_op:
        batch_op.create_index('ix_course_use_course', ['franchise_id', 'course_id', 'id'], unique=False)
        batch_op.create_index('ix_course_use_day', ['franchise_id', 'business_on', 'id'], unique=False)
        batch_op.create_index('ix_course_use_line', ['franchise_id', 'order_line_id'], unique=False)
        batch_op.create_index('ix_course_use_part', ['franchise_id', 'course_part_id'], unique=False)
        batch_op.create_index('ix_course_use_person', ['franchise_id', 'for_person_id', 'id'], unique=False)

    op.create_table('course_use_undo',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('transfer_id', sa.BigInteger(), nullable=False),
    sa.Column('staff_id', sa.BigInteger(), nullable=True),
    sa.Column('store_id', sa.BigInteger(), nullable=True),
    sa.Column('reason_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('business_on', sa.Date(), nullable=False),
    sa.Column('booked_at', sa.BigInteger(), nullable=False),
    sa.Column('door', sa.String(length=10), nullable=False),
    sa.Column('course_use_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id', 'course_use_id'], ['course_use.franchise_id', 'course_use.id'], name=op.f('fk_course_use_undo_franchise_id_course_use_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_course_use_undo_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_course_use_undo')),
    sa.UniqueConstraint('franchise_id', 'course_use_id', name=op.f('uq_course_use_undo_franchise_id_course_use_id')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_course_use_undo_franchise_id_id'))
    )
    with op.batch_alter_table('refund_line', schema=None) as batch_op:
        batch_op.add_column(sa.Column('sessions', sa.BigInteger(), server_default='0', nullable=False))



def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('refund_line', schema=None) as batch_op:
        batch_op.drop_column('sessions')

    op.drop_table('course_use_undo')
    with op.batch_alter_table('course_use', schema=None) as batch_op:
        batch_op.drop_index('ix_course_use_person')
        batch_op.drop_index('ix_course_use_part')
        batch_op.drop_index('ix_course_use_line')
        batch_op.drop_index('ix_course_use_day')
        batch_op.drop_index('ix_course_use_course')

    op.drop_table('course_use')
    op.drop_table('course_part')
    with op.batch_alter_table('course', schema=None) as batch_op:
        batch_op.drop_index('ix_course_person')
        batch_op.drop_index('ix_course_line')
        batch_op.drop_index('ix_course_expiry')

    op.drop_table('course')
