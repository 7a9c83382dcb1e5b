"""People, findings, items, the ledger, programmes."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('account',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('owner_kind', sa.String(length=20), nullable=False),
    sa.Column('owner_id', sa.BigInteger(), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=True),
    sa.Column('unit', sa.String(length=20), nullable=False),
    sa.Column('bucket', sa.String(length=20), nullable=False),
    sa.Column('balance', sa.BigInteger(), nullable=False),
    sa.Column('debt', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('debt = 0 OR balance = -debt', name=op.f('ck_account_debt_means_no_lot')),
    sa.CheckConstraint('debt >= 0', name=op.f('ck_account_debt')),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_account_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_account')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_account_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'owner_kind', 'owner_id', 'unit', 'bucket', name=op.f('uq_account_franchise_id_owner_kind_owner_id_unit_bucket'))
    )
    with op.batch_alter_table('account', schema=None) as batch_op:
        batch_op.create_index('ix_account_person', ['franchise_id', 'person_id'], unique=False)
    op.create_table('finding',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('order_id', sa.BigInteger(), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=True),
    sa.Column('line_no', sa.BigInteger(), nullable=False),
    sa.Column('plugin', sa.String(length=40), nullable=False),
    sa.Column('code', sa.String(length=80), nullable=False),
    sa.Column('severity', sa.String(length=20), nullable=False),
    sa.Column('text_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('override_by', sa.BigInteger(), nullable=True),
    sa.Column('override_at', sa.BigInteger(), nullable=True),
    sa.Column('reason_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_finding_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_finding')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_finding_franchise_id_id'))
    )
    with op.batch_alter_table('finding', schema=None) as batch_op:
        batch_op.create_index('ix_finding_order', ['franchise_id', 'order_id'], unique=False)
        batch_op.create_index('ix_finding_person', ['franchise_id', 'person_id', 'id'], unique=False)
    op.create_table('item',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('initials', sa.String(length=60), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('price_fen', sa.BigInteger(), nullable=False),
    sa.Column('category', sa.String(length=40), nullable=False),
    sa.Column('points_fixed', sa.BigInteger(), nullable=True),
    sa.Column('sessions', sa.BigInteger(), nullable=False),
    sa.Column('bonus_fen', sa.BigInteger(), nullable=False),
    sa.Column('barcode', sa.String(length=40), nullable=False),
    sa.Column('attributes', sa.Text(), nullable=False),
    sa.Column('sensitive', sa.Boolean(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('changed_at', sa.BigInteger(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('price_fen >= 0', name=op.f('ck_item_price')),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_item_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_item')),
    sa.UniqueConstraint('franchise_id', 'code', name=op.f('uq_item_franchise_id_code')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_item_franchise_id_id'))
    )
    with op.batch_alter_table('item', schema=None) as batch_op:
        batch_op.create_index('ix_item_barcode', ['franchise_id', 'barcode'], unique=False)
        batch_op.create_index('ix_item_initials', ['franchise_id', 'initials'], unique=False)
    op.create_table('programme_version',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('key', sa.String(length=40), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('effective_at', sa.BigInteger(), nullable=False),
    sa.Column('published_at', sa.BigInteger(), nullable=False),
    sa.Column('published_by', sa.BigInteger(), nullable=True),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_programme_version_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_programme_version')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_programme_version_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'number', name=op.f('uq_programme_version_franchise_id_number'))
    )
    with op.batch_alter_table('programme_version', schema=None) as batch_op:
        batch_op.create_index('ix_programme_version_effective', ['franchise_id', 'effective_at', 'number'], unique=False)
    op.create_table('person',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('member_no', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('pinyin', sa.String(length=120), nullable=False),
    sa.Column('gender', sa.String(length=10), nullable=False),
    sa.Column('birth_on', sa.Date(), nullable=True),
    sa.Column('birth_calendar', sa.String(length=5), nullable=False),
    sa.Column('occupation', sa.String(length=60), nullable=False),
    sa.Column('company', sa.String(length=120), nullable=False),
    sa.Column('phone_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('phone_blind', sa.LargeBinary(), nullable=True),
    sa.Column('email_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('address_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('note_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('contact_of_id', sa.BigInteger(), nullable=True),
    sa.Column('referrer_id', sa.BigInteger(), nullable=True),
    sa.Column('source', sa.String(length=40), nullable=False),
    sa.Column('tier_code', sa.String(length=40), nullable=False),
    sa.Column('tier_since', sa.Date(), nullable=True),
    sa.Column('tier_until', sa.Date(), nullable=True),
    sa.Column('joined_at', sa.BigInteger(), nullable=False),
    sa.Column('last_visit_at', sa.BigInteger(), nullable=False),
    sa.Column('visits', sa.BigInteger(), nullable=False),
    sa.Column('spent_fen', sa.BigInteger(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('store_id', sa.BigInteger(), nullable=True),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id', 'store_id'], ['store.franchise_id', 'store.id'], name=op.f('fk_person_franchise_id_store_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_person_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_person_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'member_no', name=op.f('uq_person_franchise_id_member_no')),
    sa.UniqueConstraint('franchise_id', 'phone_blind', name=op.f('uq_person_franchise_id_phone_blind'))
    )
    with op.batch_alter_table('person', schema=None) as batch_op:
        batch_op.create_index('ix_person_contact', ['franchise_id', 'contact_of_id'], unique=False)
        batch_op.create_index('ix_person_joined', ['franchise_id', 'joined_at', 'id'], unique=False)
        batch_op.create_index('ix_person_pinyin', ['franchise_id', 'pinyin', 'id'], unique=False)
        batch_op.create_index('ix_person_referrer', ['franchise_id', 'referrer_id'], unique=False)
        batch_op.create_index('ix_person_spent', ['franchise_id', 'spent_fen', 'id'], unique=False)
        batch_op.create_index('ix_person_store', ['franchise_id', 'store_id', 'last_visit_at', 'id'], unique=False)
        batch_op.create_index('ix_person_tier', ['franchise_id', 'tier_code', 'last_visit_at', 'id'], unique=False)
        batch_op.create_index('ix_person_visit', ['franchise_id', 'last_visit_at', 'id'], unique=False)
    op.create_table('stock',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('qty', sa.BigInteger(), nullable=False),
    sa.Column('item_id', sa.BigInteger(), nullable=False),
    sa.Column('store_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('qty >= 0', name=op.f('ck_stock_qty')),
    sa.ForeignKeyConstraint(['franchise_id', 'item_id'], ['item.franchise_id', 'item.id'], name=op.f('fk_stock_franchise_id_item_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id', 'store_id'], ['store.franchise_id', 'store.id'], name=op.f('fk_stock_franchise_id_store_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_stock_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stock')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_stock_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'item_id', 'store_id', name=op.f('uq_stock_franchise_id_item_id_store_id'))
    )
    op.create_table('transfer',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=True),
    sa.Column('unit', sa.String(length=20), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('reason', sa.String(length=40), nullable=False),
    sa.Column('rule', sa.String(length=60), nullable=False),
    sa.Column('source_kind', sa.String(length=30), nullable=False),
    sa.Column('source_id', sa.BigInteger(), nullable=False),
    sa.Column('reverses_id', sa.BigInteger(), nullable=True),
    sa.Column('business_on', sa.Date(), nullable=False),
    sa.Column('booked_at', sa.BigInteger(), nullable=False),
    sa.Column('staff_id', sa.BigInteger(), nullable=True),
    sa.Column('store_id', sa.BigInteger(), nullable=True),
    sa.Column('door', sa.String(length=10), nullable=False),
    sa.Column('note', sa.String(length=200), nullable=False),
    sa.Column('from_account_id', sa.BigInteger(), nullable=False),
    sa.Column('to_account_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('amount > 0', name=op.f('ck_transfer_amount')),
    sa.CheckConstraint('from_account_id <> to_account_id', name=op.f('ck_transfer_accounts')),
    sa.ForeignKeyConstraint(['franchise_id', 'from_account_id'], ['account.franchise_id', 'account.id'], name=op.f('fk_transfer_franchise_id_from_account_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id', 'to_account_id'], ['account.franchise_id', 'account.id'], name=op.f('fk_transfer_franchise_id_to_account_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_transfer_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_transfer')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_transfer_franchise_id_id'))
    )
    with op.batch_alter_table('transfer', schema=None) as batch_op:
        batch_op.create_index('ix_transfer_from', ['franchise_id', 'from_account_id', 'id'], unique=False)
        batch_op.create_index('ix_transfer_person', ['franchise_id', 'person_id', 'unit', 'id'], unique=False)
        batch_op.create_index('ix_transfer_source', ['franchise_id', 'source_kind', 'source_id'], unique=False)
        batch_op.create_index('ix_transfer_to', ['franchise_id', 'to_account_id', 'id'], unique=False)
    op.create_table('consent',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('purpose', sa.String(length=30), nullable=False),
    sa.Column('granted', sa.Boolean(), nullable=False),
    sa.Column('text_version', sa.String(length=20), nullable=False),
    sa.Column('evidence_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('door', sa.String(length=10), nullable=False),
    sa.Column('staff_id', sa.BigInteger(), nullable=True),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id', 'person_id'], ['person.franchise_id', 'person.id'], name=op.f('fk_consent_franchise_id_person_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_consent_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_consent')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_consent_franchise_id_id'))
    )
    with op.batch_alter_table('consent', schema=None) as batch_op:
        batch_op.create_index('ix_consent_person', ['franchise_id', 'person_id', 'purpose', 'id'], unique=False)
    op.create_table('lot',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=True),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('remaining', sa.BigInteger(), nullable=False),
    sa.Column('earned_on', sa.Date(), nullable=False),
    sa.Column('expires_on', sa.Date(), nullable=True),
    sa.Column('rule', sa.String(length=60), nullable=False),
    sa.Column('source_kind', sa.String(length=30), nullable=False),
    sa.Column('source_id', sa.BigInteger(), nullable=False),
    sa.Column('grace', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('transfer_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('remaining >= 0 AND remaining <= amount', name=op.f('ck_lot_remaining')),
    sa.ForeignKeyConstraint(['franchise_id', 'account_id'], ['account.franchise_id', 'account.id'], name=op.f('fk_lot_franchise_id_account_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id', 'transfer_id'], ['transfer.franchise_id', 'transfer.id'], name=op.f('fk_lot_franchise_id_transfer_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_lot_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lot')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_lot_franchise_id_id'))
    )
    with op.batch_alter_table('lot', schema=None) as batch_op:
        batch_op.create_index('ix_lot_expiry', ['franchise_id', 'expires_on', 'id'], unique=False, sqlite_where=sa.text('remaining > 0'), postgresql_where=sa.text('remaining > 0'))
        batch_op.create_index('ix_lot_open', ['franchise_id', 'account_id', 'expires_on', 'id'], unique=False, sqlite_where=sa.text('remaining > 0'), postgresql_where=sa.text('remaining > 0'))
        batch_op.create_index('ix_lot_source', ['franchise_id', 'source_kind', 'source_id'], unique=False)
    op.create_table('person_tag',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('tag', sa.String(length=40), nullable=False),
    sa.Column('source', sa.String(length=10), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id', 'person_id'], ['person.franchise_id', 'person.id'], name=op.f('fk_person_tag_franchise_id_person_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_person_tag_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person_tag')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_person_tag_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'person_id', 'tag', name=op.f('uq_person_tag_franchise_id_person_id_tag'))
    )
    with op.batch_alter_table('person_tag', schema=None) as batch_op:
        batch_op.create_index('ix_person_tag_tag', ['franchise_id', 'tag', 'person_id'], unique=False)
    op.create_table('relation',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('role', sa.String(length=20), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('other_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id', 'other_id'], ['person.franchise_id', 'person.id'], name=op.f('fk_relation_franchise_id_other_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id', 'person_id'], ['person.franchise_id', 'person.id'], name=op.f('fk_relation_franchise_id_person_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_relation_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_relation')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_relation_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'person_id', 'other_id', name=op.f('uq_relation_franchise_id_person_id_other_id'))
    )
    op.create_table('search_token',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('token', sa.String(length=40).with_variant(sa.VARCHAR(length=40, collation='C'), 'postgresql'), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id', 'person_id'], ['person.franchise_id', 'person.id'], name=op.f('fk_search_token_franchise_id_person_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_search_token_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_search_token')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_search_token_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'token', 'person_id', name=op.f('uq_search_token_franchise_id_token_person_id'))
    )
    with op.batch_alter_table('search_token', schema=None) as batch_op:
        batch_op.create_index('ix_search_token_person', ['franchise_id', 'person_id'], unique=False)
    op.create_table('lot_use',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('transfer_id', sa.BigInteger(), nullable=False),
    sa.Column('lot_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('amount <> 0', name=op.f('ck_lot_use_amount')),
    sa.ForeignKeyConstraint(['franchise_id', 'lot_id'], ['lot.franchise_id', 'lot.id'], name=op.f('fk_lot_use_franchise_id_lot_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id', 'transfer_id'], ['transfer.franchise_id', 'transfer.id'], name=op.f('fk_lot_use_franchise_id_transfer_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_lot_use_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lot_use')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_lot_use_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'transfer_id', 'lot_id', name=op.f('uq_lot_use_franchise_id_transfer_id_lot_id'))
    )
    with op.batch_alter_table('lot_use', schema=None) as batch_op:
        batch_op.create_index('ix_lot_use_lot', ['franchise_id', 'lot_id'], unique=False)


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table('lot_use', schema=None) as batch_op:
        batch_op.drop_index('ix_lot_use_lot')
    op.drop_table('lot_use')
    with op.batch_alter_table('search_token', schema=None) as batch_op:
        batch_op.drop_index('ix_search_token_person')
    op.drop_table('search_token')
    op.drop_table('relation')
    with op.batch_alter_table('person_tag', schema=None) as batch_op:
        batch_op.drop_index('ix_person_tag_tag')
    op.drop_table('person_tag')
    with op.batch_alter_table('lot', schema=None) as batch_op:
        batch_op.drop_index('ix_lot_source')
        batch_op.drop_index('ix_lot_open', sqlite_where=sa.text('remaining > 0'), postgresql_where=sa.text('remaining > 0'))
        batch_op.drop_index('ix_lot_expiry', sqlite_where=sa.text('remaining > 0'), postgresql_where=sa.text('remaining > 0'))
    op.drop_table('lot')
    with op.batch_alter_table('consent', schema=None) as batch_op:
        batch_op.drop_index('ix_consent_person')
    op.drop_table('consent')
    with op.batch_alter_table('transfer', schema=None) as batch_op:
        batch_op.drop_index('ix_transfer_to')
        batch_op.drop_index('ix_transfer_source')
        batch_op.drop_index('ix_transfer_person')
        batch_op.drop_index('ix_transfer_from')
    op.drop_table('transfer')
    op.drop_table('stock')
    with op.batch_alter_table('person', schema=None) as batch_op:
        batch_op.drop_index('ix_person_visit')
        batch_op.drop_index('ix_person_tier')
        batch_op.drop_index('ix_person_store')
        batch_op.drop_index('ix_person_spent')
        batch_op.drop_index('ix_person_referrer')
        batch_op.drop_index('ix_person_pinyin')
        batch_op.drop_index('ix_person_joined')
        batch_op.drop_index('ix_person_contact')
    op.drop_table('person')
    with op.batch_alter_table('programme_version', schema=None) as batch_op:
        batch_op.drop_index('ix_programme_version_effective')
    op.drop_table('programme_version')
    with op.batch_alter_table('item', schema=None) as batch_op:
        batch_op.drop_index('ix_item_initials')
        batch_op.drop_index('ix_item_barcode')
    op.drop_table('item')
    with op.batch_alter_table('finding', schema=None) as batch_op:
        batch_op.drop_index('ix_finding_person')
        batch_op.drop_index('ix_finding_order')
    op.drop_table('finding')
    with op.batch_alter_table('account', schema=None) as batch_op:
        batch_op.drop_index('ix_account_person')
    op.drop_table('account')
