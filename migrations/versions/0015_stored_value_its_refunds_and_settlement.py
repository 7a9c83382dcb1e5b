"""stored value its refunds and settlement"""

import sqlalchemy as sa
from alembic import op

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('settlement_line',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('issuing', sa.String(length=120), nullable=False),
    sa.Column('serving', sa.String(length=120), nullable=False),
    sa.Column('store_id', sa.BigInteger(), nullable=True),
    sa.Column('source_kind', sa.String(length=20), nullable=False),
    sa.Column('source_id', sa.BigInteger(), nullable=False),
    sa.Column('top_up_id', sa.BigInteger(), nullable=True),
    sa.Column('principal_fen', sa.BigInteger(), nullable=False),
    sa.Column('bonus_fen', sa.BigInteger(), nullable=False),
    sa.Column('month', sa.String(length=7), nullable=False),
    sa.Column('business_on', sa.Date(), nullable=False),
    sa.Column('booked_at', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('issuing <> serving', name=op.f('ck_settlement_line_pair')),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_settlement_line_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_settlement_line')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_settlement_line_franchise_id_id'))
    )
    with op.batch_alter_table('settlement_line', schema=None) as batch_op:
        batch_op.create_index('ix_settlement_line_pair', ['franchise_id', 'month', 'issuing', 'serving'], unique=False)
        batch_op.create_index('ix_settlement_line_source', ['franchise_id', 'source_kind', 'source_id'], unique=False)

    op.create_table('stored_contract',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_stored_contract_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stored_contract')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_stored_contract_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'sha256', name=op.f('uq_stored_contract_franchise_id_sha256'))
    )
    op.create_table('member_pin',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('pin_hash', sa.String(length=200), nullable=False),
    sa.Column('set_by', sa.BigInteger(), nullable=True),
    sa.Column('set_at', sa.BigInteger(), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id', 'person_id'], ['person.franchise_id', 'person.id'], name=op.f('fk_member_pin_franchise_id_person_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_member_pin_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_member_pin')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_member_pin_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'person_id', name=op.f('uq_member_pin_franchise_id_person_id'))
    )
    op.create_table('stored_value_account',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('opened_on', sa.Date(), nullable=False),
    sa.Column('closed_on', sa.Date(), nullable=True),
    sa.Column('legal_entity', sa.String(length=120), nullable=False),
    sa.Column('identity_kind', sa.String(length=12), nullable=False),
    sa.Column('identity_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("state IN ('open', 'lost', 'closed')", name=op.f('ck_stored_value_account_state')),
    sa.ForeignKeyConstraint(['franchise_id', 'person_id'], ['person.franchise_id', 'person.id'], name=op.f('fk_stored_value_account_franchise_id_person_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_stored_value_account_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stored_value_account')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_stored_value_account_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'person_id', name=op.f('uq_stored_value_account_franchise_id_person_id'))
    )
    op.create_table('stored_value_spend',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('order_id', sa.BigInteger(), nullable=False),
    sa.Column('principal_fen', sa.BigInteger(), nullable=False),
    sa.Column('bonus_fen', sa.BigInteger(), nullable=False),
    sa.Column('order_list_fen', sa.BigInteger(), nullable=False),
    sa.Column('order_total_fen', sa.BigInteger(), nullable=False),
    sa.Column('method', sa.String(length=20), nullable=False),
    sa.Column('evidence_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('legal_entity', sa.String(length=120), nullable=False),
    sa.Column('store_id', sa.BigInteger(), nullable=True),
    sa.Column('staff_id', sa.BigInteger(), nullable=True),
    sa.Column('business_on', sa.Date(), nullable=False),
    sa.Column('booked_at', sa.BigInteger(), nullable=False),
    sa.Column('door', sa.String(length=10), nullable=False),
    sa.Column('stored_value_account_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('principal_fen >= 0 AND bonus_fen >= 0 AND principal_fen + bonus_fen > 0', name=op.f('ck_stored_value_spend_amounts')),
    sa.ForeignKeyConstraint(['franchise_id', 'stored_value_account_id'], ['stored_value_account.franchise_id', 'stored_value_account.id'], name=op.f('fk_stored_value_spend_franchise_id_stored_value_account_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_stored_value_spend_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stored_value_spend')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_stored_value_spend_franchise_id_id'))
    )
    with op.batch_alter_table('stored_value_spend', schema=None) as batch_op:
        batch_op.create_index('ix_stored_value_spend_account', ['franchise_id', 'stored_value_account_id', 'id'], unique=False)
        batch_op.create_index('ix_stored_value_spend_order', ['franchise_id', 'order_id'], unique=False)

    op.create_table('top_up',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('item_code', sa.String(length=40), nullable=False),
    sa.Column('order_id', sa.BigInteger(), nullable=True),
    sa.Column('order_line_id', sa.BigInteger(), nullable=True),
    sa.Column('principal_fen', sa.BigInteger(), nullable=False),
    sa.Column('bonus_fen', sa.BigInteger(), nullable=False),
    sa.Column('draw', sa.String(length=16), nullable=False),
    sa.Column('legal_entity', sa.String(length=120), nullable=False),
    sa.Column('store_id', sa.BigInteger(), nullable=True),
    sa.Column('made_on', sa.Date(), nullable=False),
    sa.Column('cooling_until', sa.Date(), nullable=False),
    sa.Column('bonus_expires_on', sa.Date(), nullable=True),
    sa.Column('contract_sha256', sa.String(length=64), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.Column('stored_value_account_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('principal_fen > 0 AND bonus_fen >= 0', name=op.f('ck_top_up_amounts')),
    sa.ForeignKeyConstraint(['franchise_id', 'stored_value_account_id'], ['stored_value_account.franchise_id', 'stored_value_account.id'], name=op.f('fk_top_up_franchise_id_stored_value_account_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_top_up_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_top_up')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_top_up_franchise_id_id'))
    )
    with op.batch_alter_table('top_up', schema=None) as batch_op:
        batch_op.create_index('ix_top_up_account', ['franchise_id', 'stored_value_account_id', 'id'], unique=False)
        batch_op.create_index('ix_top_up_line', ['franchise_id', 'order_line_id'], unique=False)
        batch_op.create_index('ix_top_up_person', ['franchise_id', 'person_id', 'id'], unique=False)

    op.create_table('stored_value_draw',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('principal_fen', sa.BigInteger(), nullable=False),
    sa.Column('bonus_fen', sa.BigInteger(), nullable=False),
    sa.Column('principal_transfer_id', sa.BigInteger(), nullable=True),
    sa.Column('bonus_transfer_id', sa.BigInteger(), nullable=True),
    sa.Column('stored_value_spend_id', sa.BigInteger(), nullable=False),
    sa.Column('top_up_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('principal_fen >= 0 AND bonus_fen >= 0 AND principal_fen + bonus_fen > 0', name=op.f('ck_stored_value_draw_amounts')),
    sa.ForeignKeyConstraint(['franchise_id', 'stored_value_spend_id'], ['stored_value_spend.franchise_id', 'stored_value_spend.id'], name=op.f('fk_stored_value_draw_franchise_id_stored_value_spend_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id', 'top_up_id'], ['top_up.franchise_id', 'top_up.id'], name=op.f('fk_stored_value_draw_franchise_id_top_up_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_stored_value_draw_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stored_value_draw')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_stored_value_draw_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'stored_value_spend_id', 'top_up_id', name=op.f('uq_stored_value_draw_franchise_id_stored_value_spend_id_top_up_id'))
    )
    with op.batch_alter_table('stored_value_draw', schema=None) as batch_op:
        batch_op.create_index('ix_stored_value_draw_bonus', ['franchise_id', 'bonus_transfer_id'], unique=False)
        batch_op.create_index('ix_stored_value_draw_top_up', ['franchise_id', 'top_up_id'], unique=False)

    op.create_table('top_up_refund',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('refund_id', sa.BigInteger(), nullable=False),
    sa.Column('formula', sa.String(length=16), nullable=False),
    sa.Column('law_version', sa.String(length=20), nullable=False),
    sa.Column('drawn_principal_fen', sa.BigInteger(), nullable=False),
    sa.Column('drawn_bonus_fen', sa.BigInteger(), nullable=False),
    sa.Column('consumed_list_fen', sa.BigInteger(), nullable=False),
    sa.Column('left_principal_fen', sa.BigInteger(), nullable=False),
    sa.Column('left_bonus_fen', sa.BigInteger(), nullable=False),
    sa.Column('result_fen', sa.BigInteger(), nullable=False),
    sa.Column('kept_fen', sa.BigInteger(), nullable=False),
    sa.Column('payout', sa.String(length=20), nullable=False),
    sa.Column('reference_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('business_on', sa.Date(), nullable=False),
    sa.Column('booked_at', sa.BigInteger(), nullable=False),
    sa.Column('top_up_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('result_fen + kept_fen = left_principal_fen', name=op.f('ck_top_up_refund_adds_up')),
    sa.CheckConstraint('result_fen >= 0 AND kept_fen >= 0', name=op.f('ck_top_up_refund_results')),
    sa.ForeignKeyConstraint(['franchise_id', 'top_up_id'], ['top_up.franchise_id', 'top_up.id'], name=op.f('fk_top_up_refund_franchise_id_top_up_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_top_up_refund_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_top_up_refund')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_top_up_refund_franchise_id_id'))
    )
    with op.batch_alter_table('top_up_refund', schema=None) as batch_op:
        batch_op.create_index('ix_top_up_refund_refund', ['franchise_id', 'refund_id'], unique=False)
        batch_op.create_index('ix_top_up_refund_top_up', ['franchise_id', 'top_up_id'], unique=False)



def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('top_up_refund', schema=None) as batch_op:
        batch_op.drop_index('ix_top_up_refund_top_up')
        batch_op.drop_index('ix_top_up_refund_refund')

    op.drop_table('top_up_refund')
    with op.batch_alter_table('stored_value_draw', schema=None) as batch_op:
        batch_op.drop_index('ix_stored_value_draw_top_up')
        batch_op.drop_index('ix_stored_value_draw_bonus')

    op.drop_table('stored_value_draw')
    with op.batch_alter_table('top_up', schema=None) as batch_op:
        batch_op.drop_index('ix_top_up_person')
        batch_op.drop_index('ix_top_up_line')
        batch_op.drop_index('ix_top_up_account')

    op.drop_table('top_up')
    with op.batch_alter_table('stored_value_spend', schema=None) as batch_op:
        batch_op.drop_index('ix_stored_value_spend_order')
        batch_op.drop_index('ix_stored_value_spend_account')

    op.drop_table('stored_value_spend')
    op.drop_table('stored_value_account')
    op.drop_table('member_pin')
    op.drop_table('stored_contract')
    with op.batch_alter_table('settlement_line', schema=None) as batch_op:
        batch_op.drop_index('ix_settlement_line_source')
        batch_op.drop_index('ix_settlement_line_pair')

    op.drop_table('settlement_line')
