"""Tiers, coupons, cards, imports, the till's draft."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('import_batch',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('file_name', sa.String(length=200), nullable=False),
    sa.Column('file_sha256', sa.LargeBinary(), nullable=False),
    sa.Column('encoding', sa.String(length=20), nullable=False),
    sa.Column('columns', sa.Text(), nullable=False),
    sa.Column('mapping', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('rows', sa.BigInteger(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('created', sa.BigInteger(), nullable=False),
    sa.Column('updated', sa.BigInteger(), nullable=False),
    sa.Column('unchanged', sa.BigInteger(), nullable=False),
    sa.Column('duplicates', sa.BigInteger(), nullable=False),
    sa.Column('failed', sa.BigInteger(), nullable=False),
    sa.Column('dry_run', sa.Text(), nullable=False),
    sa.Column('staff_id', sa.BigInteger(), nullable=True),
    sa.Column('store_id', sa.BigInteger(), nullable=True),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.Column('ended_at', sa.BigInteger(), nullable=True),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_import_batch_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_import_batch')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_import_batch_franchise_id_id'))
    )
    with op.batch_alter_table('import_batch', schema=None) as batch_op:
        batch_op.create_index('ix_import_batch_page', ['franchise_id', 'id'], unique=False)
    op.create_table('till_draft',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('web_session_id', sa.BigInteger(), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=True),
    sa.Column('basket_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('pay_key', sa.String(length=40), nullable=False),
    sa.Column('changed_at', sa.BigInteger(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_till_draft_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_till_draft')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_till_draft_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'web_session_id', name=op.f('uq_till_draft_franchise_id_web_session_id'))
    )
    op.create_table('import_row',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('cells_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('outcome', sa.String(length=12), nullable=False),
    sa.Column('column', sa.String(length=120), nullable=False),
    sa.Column('problem', sa.Text(), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=True),
    sa.Column('import_batch_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id', 'import_batch_id'], ['import_batch.franchise_id', 'import_batch.id'], name=op.f('fk_import_row_franchise_id_import_batch_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_import_row_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_import_row')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_import_row_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'import_batch_id', 'number', name=op.f('uq_import_row_franchise_id_import_batch_id_number'))
    )
    with op.batch_alter_table('import_row', schema=None) as batch_op:
        batch_op.create_index('ix_import_row_outcome', ['franchise_id', 'import_batch_id', 'outcome', 'number'], unique=False)
    op.create_table('card',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('number', sa.String(length=20), nullable=False),
    sa.Column('product_code', sa.String(length=40), nullable=False),
    sa.Column('status', sa.String(length=10), nullable=False),
    sa.Column('seats', sa.BigInteger(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_until', sa.Date(), nullable=True),
    sa.Column('programme_number', sa.BigInteger(), nullable=False),
    sa.Column('order_id', sa.BigInteger(), nullable=True),
    sa.Column('qr_hash', sa.LargeBinary(), nullable=False),
    sa.Column('qr_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('issued_at', sa.BigInteger(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id', 'person_id'], ['person.franchise_id', 'person.id'], name=op.f('fk_card_franchise_id_person_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_card_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_card')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_card_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'number', name=op.f('uq_card_franchise_id_number')),
    sa.UniqueConstraint('franchise_id', 'qr_hash', name=op.f('uq_card_franchise_id_qr_hash'))
    )
    with op.batch_alter_table('card', schema=None) as batch_op:
        batch_op.create_index('ix_card_order', ['franchise_id', 'order_id'], unique=False)
        batch_op.create_index('ix_card_person', ['franchise_id', 'person_id', 'id'], unique=False)
    op.create_table('coupon',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('terms', sa.Text(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_until', sa.Date(), nullable=True),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('source_kind', sa.String(length=30), nullable=False),
    sa.Column('source_id', sa.BigInteger(), nullable=False),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id', 'person_id'], ['person.franchise_id', 'person.id'], name=op.f('fk_coupon_franchise_id_person_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_coupon_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_coupon')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_coupon_franchise_id_id'))
    )
    with op.batch_alter_table('coupon', schema=None) as batch_op:
        batch_op.create_index('ix_coupon_open', ['franchise_id', 'person_id', 'valid_until'], unique=False, sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"))
        batch_op.create_index('ix_coupon_source', ['franchise_id', 'source_kind', 'source_id'], unique=False)
    op.create_table('tier_event',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('spend_fen', sa.BigInteger(), nullable=False),
    sa.Column('visits', sa.BigInteger(), nullable=False),
    sa.Column('points', sa.BigInteger(), nullable=False),
    sa.Column('topup_fen', sa.BigInteger(), nullable=False),
    sa.Column('effective_on', sa.Date(), nullable=False),
    sa.Column('booked_at', sa.BigInteger(), nullable=False),
    sa.Column('source_kind', sa.String(length=30), nullable=False),
    sa.Column('source_id', sa.BigInteger(), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id', 'person_id'], ['person.franchise_id', 'person.id'], name=op.f('fk_tier_event_franchise_id_person_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_tier_event_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tier_event')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_tier_event_franchise_id_id'))
    )
    with op.batch_alter_table('tier_event', schema=None) as batch_op:
        batch_op.create_index('ix_tier_event_day', ['franchise_id', 'effective_on', 'id'], unique=False)
        batch_op.create_index('ix_tier_event_person', ['franchise_id', 'person_id', 'effective_on', 'id'], unique=False)
    op.create_table('tier_standing',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('tier_code', sa.String(length=40), nullable=False),
    sa.Column('since_on', sa.Date(), nullable=False),
    sa.Column('keep_until_on', sa.Date(), nullable=True),
    sa.Column('cause', sa.String(length=40), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('source_kind', sa.String(length=30), nullable=False),
    sa.Column('source_id', sa.BigInteger(), nullable=False),
    sa.Column('programme_number', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id', 'person_id'], ['person.franchise_id', 'person.id'], name=op.f('fk_tier_standing_franchise_id_person_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_tier_standing_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tier_standing')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_tier_standing_franchise_id_id'))
    )
    with op.batch_alter_table('tier_standing', schema=None) as batch_op:
        batch_op.create_index('ix_tier_standing_person', ['franchise_id', 'person_id', 'id'], unique=False)
    op.create_table('card_seat',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('role', sa.String(length=20), nullable=False),
    sa.Column('joined_at', sa.BigInteger(), nullable=False),
    sa.Column('left_at', sa.BigInteger(), nullable=True),
    sa.Column('card_id', sa.BigInteger(), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id', 'card_id'], ['card.franchise_id', 'card.id'], name=op.f('fk_card_seat_franchise_id_card_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id', 'person_id'], ['person.franchise_id', 'person.id'], name=op.f('fk_card_seat_franchise_id_person_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_card_seat_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_card_seat')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_card_seat_franchise_id_id'))
    )
    with op.batch_alter_table('card_seat', schema=None) as batch_op:
        batch_op.create_index('ix_card_seat_person', ['franchise_id', 'person_id'], unique=False)
        batch_op.create_index('uq_card_seat_live', ['franchise_id', 'card_id', 'person_id'], unique=True, sqlite_where=sa.text('left_at IS NULL'), postgresql_where=sa.text('left_at IS NULL'))
    op.create_table('coupon_use',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=True),
    sa.Column('source_kind', sa.String(length=30), nullable=False),
    sa.Column('source_id', sa.BigInteger(), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('key', sa.String(length=160), nullable=False),
    sa.Column('ordinal', sa.BigInteger(), nullable=False),
    sa.Column('order_id', sa.BigInteger(), nullable=False),
    sa.Column('line_no', sa.BigInteger(), nullable=False),
    sa.Column('pieces', sa.BigInteger(), nullable=False),
    sa.Column('saved_fen', sa.BigInteger(), nullable=False),
    sa.Column('used_at', sa.BigInteger(), nullable=False),
    sa.Column('returned_at', sa.BigInteger(), nullable=True),
    sa.Column('coupon_id', sa.BigInteger(), nullable=True),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id', 'coupon_id'], ['coupon.franchise_id', 'coupon.id'], name=op.f('fk_coupon_use_franchise_id_coupon_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_coupon_use_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_coupon_use')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_coupon_use_franchise_id_id'))
    )
    with op.batch_alter_table('coupon_use', schema=None) as batch_op:
        batch_op.create_index('ix_coupon_use_order', ['franchise_id', 'order_id'], unique=False)
        batch_op.create_index('ix_coupon_use_person', ['franchise_id', 'person_id', 'id'], unique=False)
        batch_op.create_index('ix_coupon_use_source', ['franchise_id', 'source_kind', 'source_id', 'key'], unique=False)
        batch_op.create_index('uq_coupon_use_live', ['franchise_id', 'key', 'ordinal'], unique=True, sqlite_where=sa.text('returned_at IS NULL'), postgresql_where=sa.text('returned_at IS NULL'))
    op.create_table('household',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('holder_id', sa.BigInteger(), nullable=False),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('card_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id', 'card_id'], ['card.franchise_id', 'card.id'], name=op.f('fk_household_franchise_id_card_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_household_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_household')),
    sa.UniqueConstraint('franchise_id', 'card_id', name=op.f('uq_household_franchise_id_card_id')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_household_franchise_id_id'))
    )
    with op.batch_alter_table('household', schema=None) as batch_op:
        batch_op.create_index('ix_household_holder', ['franchise_id', 'holder_id'], unique=False)


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table('household', schema=None) as batch_op:
        batch_op.drop_index('ix_household_holder')
    op.drop_table('household')
    with op.batch_alter_table('coupon_use', schema=None) as batch_op:
        batch_op.drop_index('uq_coupon_use_live', sqlite_where=sa.text('returned_at IS NULL'), postgresql_where=sa.text('returned_at IS NULL'))
        batch_op.drop_index('ix_coupon_use_source')
        batch_op.drop_index('ix_coupon_use_person')
        batch_op.drop_index('ix_coupon_use_order')
    op.drop_table('coupon_use')
    with op.batch_alter_table('card_seat', schema=None) as batch_op:
        batch_op.drop_index('uq_card_seat_live', sqlite_where=sa.text('left_at IS NULL'), postgresql_where=sa.text('left_at IS NULL'))
        batch_op.drop_index('ix_card_seat_person')
    op.drop_table('card_seat')
    with op.batch_alter_table('tier_standing', schema=None) as batch_op:
        batch_op.drop_index('ix_tier_standing_person')
    op.drop_table('tier_standing')
    with op.batch_alter_table('tier_event', schema=None) as batch_op:
        batch_op.drop_index('ix_tier_event_person')
        batch_op.drop_index('ix_tier_event_day')
    op.drop_table('tier_event')
    with op.batch_alter_table('coupon', schema=None) as batch_op:
        batch_op.drop_index('ix_coupon_source')
        batch_op.drop_index('ix_coupon_open', sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"))
    op.drop_table('coupon')
    with op.batch_alter_table('card', schema=None) as batch_op:
        batch_op.drop_index('ix_card_person')
        batch_op.drop_index('ix_card_order')
    op.drop_table('card')
    with op.batch_alter_table('import_row', schema=None) as batch_op:
        batch_op.drop_index('ix_import_row_outcome')
    op.drop_table('import_row')
    op.drop_table('till_draft')
    with op.batch_alter_table('import_batch', schema=None) as batch_op:
        batch_op.drop_index('ix_import_batch_page')
    op.drop_table('import_batch')
