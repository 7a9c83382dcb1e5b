"""core"""

import sqlalchemy as sa
from alembic import op

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('chain',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_chain')),
    sa.UniqueConstraint('name', name=op.f('uq_chain_name'))
    )
    op.create_table('chain_plugin',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('chain_id', sa.BigInteger(), nullable=False),
    sa.Column('key', sa.String(length=40), nullable=False),
    sa.Column('allowed', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_chain_plugin')),
    sa.UniqueConstraint('chain_id', 'key', name=op.f('uq_chain_plugin_chain_id_key'))
    )
    op.create_table('data_key',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('wrapped', sa.LargeBinary(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_data_key')),
    sa.UniqueConstraint('number', name=op.f('uq_data_key_number'))
    )
    op.create_table('door',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('key_hash', sa.LargeBinary(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.Column('actor_id', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_door')),
    sa.UniqueConstraint('kind', 'key_hash', name=op.f('uq_door_kind_key_hash'))
    )
    with op.batch_alter_table('door', schema=None) as batch_op:
        batch_op.create_index('ix_door_actor', ['kind', 'actor_id'], unique=False)

    op.create_table('franchise',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('chain_id', sa.BigInteger(), nullable=False),
    sa.Column('code', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('tz', sa.String(length=40), nullable=False),
    sa.Column('frozen_reason', sa.String(length=400), nullable=False),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_franchise')),
    sa.UniqueConstraint('code', name=op.f('uq_franchise_code'))
    )
    with op.batch_alter_table('franchise', schema=None) as batch_op:
        batch_op.create_index('ix_franchise_chain', ['chain_id', 'id'], unique=False)

    op.create_table('installation',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('key', sa.String(length=60), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_installation')),
    sa.UniqueConstraint('key', name=op.f('uq_installation_key'))
    )
    op.create_table('throttle',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('key_hash', sa.LargeBinary(), nullable=False),
    sa.Column('fails', sa.BigInteger(), nullable=False),
    sa.Column('until_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_throttle')),
    sa.UniqueConstraint('key_hash', name=op.f('uq_throttle_key_hash'))
    )
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

    op.create_table('audit_block',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('entries', sa.BigInteger(), nullable=False),
    sa.Column('first_id', sa.BigInteger(), nullable=False),
    sa.Column('last_id', sa.BigInteger(), nullable=False),
    sa.Column('previous', sa.LargeBinary(), nullable=False),
    sa.Column('head', sa.LargeBinary(), nullable=False),
    sa.Column('format', sa.BigInteger(), nullable=False),
    sa.Column('sealed_at', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_audit_block_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_block')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_audit_block_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'number', name=op.f('uq_audit_block_franchise_id_number'))
    )
    op.create_table('audit_entry',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('staff_id', sa.BigInteger(), nullable=True),
    sa.Column('store_id', sa.BigInteger(), nullable=True),
    sa.Column('door', sa.String(length=10), nullable=False),
    sa.Column('action', sa.String(length=80), nullable=False),
    sa.Column('object_kind', sa.String(length=40), nullable=False),
    sa.Column('object_id', sa.BigInteger(), nullable=True),
    sa.Column('person_id', sa.BigInteger(), nullable=True),
    sa.Column('request_id', sa.String(length=40), nullable=False),
    sa.Column('detail_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_audit_entry_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_entry')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_audit_entry_franchise_id_id'))
    )
    with op.batch_alter_table('audit_entry', schema=None) as batch_op:
        batch_op.create_index('ix_audit_entry_object', ['franchise_id', 'object_kind', 'object_id', 'id'], unique=False)
        batch_op.create_index('ix_audit_entry_page', ['franchise_id', 'id'], unique=False)
        batch_op.create_index('ix_audit_entry_person', ['franchise_id', 'person_id', 'id'], unique=False)

    op.create_table('audit_link',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('block', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_audit_link_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_link')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_audit_link_franchise_id_id'))
    )
    with op.batch_alter_table('audit_link', schema=None) as batch_op:
        batch_op.create_index('ix_audit_link_block', ['franchise_id', 'block', 'id'], unique=False)

    op.create_table('counter',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('value', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('value >= 0', name=op.f('ck_counter_positive')),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_counter_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_counter')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_counter_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'name', name=op.f('uq_counter_franchise_id_name'))
    )
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

    op.create_table('idempotency_key',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('scope', sa.String(length=160), nullable=False),
    sa.Column('key', sa.String(length=255), nullable=False),
    sa.Column('body_sha256', sa.LargeBinary(), nullable=False),
    sa.Column('status', sa.BigInteger(), nullable=False),
    sa.Column('answer_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_idempotency_key_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_idempotency_key')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_idempotency_key_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'scope', 'key', name=op.f('uq_idempotency_key_franchise_id_scope_key'))
    )
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

    op.create_table('job_run',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('started_at', sa.BigInteger(), nullable=False),
    sa.Column('ended_at', sa.BigInteger(), nullable=True),
    sa.Column('cursor', sa.Text(), nullable=False),
    sa.Column('done', sa.BigInteger(), nullable=False),
    sa.Column('skipped', sa.BigInteger(), nullable=False),
    sa.Column('failed', sa.BigInteger(), nullable=False),
    sa.Column('staff_id', sa.BigInteger(), nullable=True),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_job_run_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_job_run')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_job_run_franchise_id_id'))
    )
    with op.batch_alter_table('job_run', schema=None) as batch_op:
        batch_op.create_index('ix_job_run_name', ['franchise_id', 'name', 'started_at'], unique=False)

    op.create_table('outbox_message',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('topic', sa.String(length=80), nullable=False),
    sa.Column('dedupe_key', sa.String(length=120), nullable=False),
    sa.Column('payload_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('person_id', sa.BigInteger(), nullable=True),
    sa.Column('due_at', sa.BigInteger(), nullable=False),
    sa.Column('attempts', sa.BigInteger(), nullable=False),
    sa.Column('lease_until', sa.BigInteger(), nullable=False),
    sa.Column('done_at', sa.BigInteger(), nullable=True),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('last_error', sa.String(length=400), nullable=True),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_outbox_message_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox_message')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_outbox_message_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'topic', 'dedupe_key', name=op.f('uq_outbox_message_franchise_id_topic_dedupe_key'))
    )
    with op.batch_alter_table('outbox_message', schema=None) as batch_op:
        batch_op.create_index('ix_outbox_message_due', ['franchise_id', 'due_at', 'id'], unique=False, sqlite_where=sa.text("state = 'waiting'"), postgresql_where=sa.text("state = 'waiting'"))

    op.create_table('plugin_failure',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('key', sa.String(length=40), nullable=False),
    sa.Column('hook', sa.String(length=60), nullable=False),
    sa.Column('number', sa.String(length=12), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('what', sa.String(length=300), nullable=False),
    sa.Column('micros', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_plugin_failure_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_plugin_failure')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_plugin_failure_franchise_id_id'))
    )
    with op.batch_alter_table('plugin_failure', schema=None) as batch_op:
        batch_op.create_index('ix_plugin_failure_key', ['franchise_id', 'key', 'at'], unique=False)

    op.create_table('plugin_state',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('key', sa.String(length=40), nullable=False),
    sa.Column('enabled', sa.Boolean(), nullable=False),
    sa.Column('version', sa.String(length=20), nullable=False),
    sa.Column('changed_at', sa.BigInteger(), nullable=False),
    sa.Column('changed_by', sa.BigInteger(), nullable=True),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_plugin_state_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_plugin_state')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_plugin_state_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'key', name=op.f('uq_plugin_state_franchise_id_key'))
    )
    op.create_table('preference',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('staff_id', sa.BigInteger(), nullable=False),
    sa.Column('key', sa.String(length=80), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_preference_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_preference')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_preference_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'staff_id', 'key', name=op.f('uq_preference_franchise_id_staff_id_key'))
    )
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

    op.create_table('setting',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('key', sa.String(length=80), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('changed_at', sa.BigInteger(), nullable=False),
    sa.Column('changed_by', sa.BigInteger(), nullable=True),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_setting_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_setting')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_setting_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'key', name=op.f('uq_setting_franchise_id_key'))
    )
    op.create_table('store',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('code', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('legal_entity', sa.String(length=120), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_store_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_store')),
    sa.UniqueConstraint('franchise_id', 'code', name=op.f('uq_store_franchise_id_code')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_store_franchise_id_id'))
    )
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
    op.create_table('api_token',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('scopes', sa.String(length=200), nullable=False),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.Column('revoked_at', sa.BigInteger(), nullable=True),
    sa.Column('store_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id', 'store_id'], ['store.franchise_id', 'store.id'], name=op.f('fk_api_token_franchise_id_store_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_api_token_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_token')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_api_token_franchise_id_id'))
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

    op.create_table('staff',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('number', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('login', sa.String(length=120), nullable=False),
    sa.Column('password_hash', sa.String(length=200), nullable=False),
    sa.Column('password_once', sa.Boolean(), nullable=False),
    sa.Column('pin_hash', sa.String(length=200), nullable=False),
    sa.Column('totp_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('totp_since', sa.BigInteger(), nullable=True),
    sa.Column('totp_step', sa.BigInteger(), nullable=False),
    sa.Column('recovery_hashes', sa.Text(), nullable=False),
    sa.Column('licence_kind', sa.String(length=40), nullable=False),
    sa.Column('licence_no', sa.String(length=60), nullable=False),
    sa.Column('licence_until', sa.String(length=10), nullable=False),
    sa.Column('performs', sa.Boolean(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('store_id', sa.BigInteger(), nullable=True),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id', 'store_id'], ['store.franchise_id', 'store.id'], name=op.f('fk_staff_franchise_id_store_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_staff_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_staff')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_staff_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'login', name=op.f('uq_staff_franchise_id_login')),
    sa.UniqueConstraint('franchise_id', 'number', name=op.f('uq_staff_franchise_id_number'))
    )
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

    op.create_table('pin_proof',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('secret_hash', sa.LargeBinary(), nullable=False),
    sa.Column('purpose', sa.String(length=20), nullable=False),
    sa.Column('payload_sha256', sa.String(length=64), nullable=False),
    sa.Column('expires_at', sa.BigInteger(), nullable=False),
    sa.Column('used_at', sa.BigInteger(), nullable=True),
    sa.Column('staff_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id', 'staff_id'], ['staff.franchise_id', 'staff.id'], name=op.f('fk_pin_proof_franchise_id_staff_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_pin_proof_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_pin_proof')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_pin_proof_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'secret_hash', name=op.f('uq_pin_proof_franchise_id_secret_hash'))
    )
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

    op.create_table('staff_role',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('role', sa.String(length=30), nullable=False),
    sa.Column('staff_id', sa.BigInteger(), nullable=False),
    sa.Column('store_id', sa.BigInteger(), nullable=True),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id', 'staff_id'], ['staff.franchise_id', 'staff.id'], name=op.f('fk_staff_role_franchise_id_staff_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id', 'store_id'], ['store.franchise_id', 'store.id'], name=op.f('fk_staff_role_franchise_id_store_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_staff_role_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_staff_role')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_staff_role_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'staff_id', 'role', 'store_id', name=op.f('uq_staff_role_franchise_id_staff_id_role_store_id'))
    )
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

    op.create_table('web_session',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('store_id', sa.BigInteger(), nullable=True),
    sa.Column('device', sa.String(length=200), nullable=False),
    sa.Column('started_at', sa.BigInteger(), nullable=False),
    sa.Column('seen_at', sa.BigInteger(), nullable=False),
    sa.Column('expires_at', sa.BigInteger(), nullable=False),
    sa.Column('locked_at', sa.BigInteger(), nullable=True),
    sa.Column('level', sa.String(length=20), nullable=False),
    sa.Column('data_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('staff_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id', 'staff_id'], ['staff.franchise_id', 'staff.id'], name=op.f('fk_web_session_franchise_id_staff_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_web_session_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_web_session')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_web_session_franchise_id_id'))
    )
    with op.batch_alter_table('web_session', schema=None) as batch_op:
        batch_op.create_index('ix_web_session_staff', ['franchise_id', 'staff_id', 'expires_at'], unique=False)

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
    """Take back."""
    op.drop_table('refund_line')
    with op.batch_alter_table('lot_use', schema=None) as batch_op:
        batch_op.drop_index('ix_lot_use_lot')

    op.drop_table('lot_use')
    op.drop_table('line_tender')
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
    with op.batch_alter_table('web_session', schema=None) as batch_op:
        batch_op.drop_index('ix_web_session_staff')

    op.drop_table('web_session')
    with op.batch_alter_table('tier_standing', schema=None) as batch_op:
        batch_op.drop_index('ix_tier_standing_person')

    op.drop_table('tier_standing')
    with op.batch_alter_table('tier_event', schema=None) as batch_op:
        batch_op.drop_index('ix_tier_event_person')
        batch_op.drop_index('ix_tier_event_day')

    op.drop_table('tier_event')
    op.drop_table('tender')
    op.drop_table('staff_role')
    with op.batch_alter_table('search_token', schema=None) as batch_op:
        batch_op.drop_index('ix_search_token_person')

    op.drop_table('search_token')
    op.drop_table('relation')
    with op.batch_alter_table('refund', schema=None) as batch_op:
        batch_op.drop_index('ix_refund_orders')

    op.drop_table('refund')
    op.drop_table('pin_proof')
    with op.batch_alter_table('person_tag', schema=None) as batch_op:
        batch_op.drop_index('ix_person_tag_tag')

    op.drop_table('person_tag')
    with op.batch_alter_table('order_line', schema=None) as batch_op:
        batch_op.drop_index('ix_order_line_person')

    op.drop_table('order_line')
    with op.batch_alter_table('lot', schema=None) as batch_op:
        batch_op.drop_index('ix_lot_source')
        batch_op.drop_index('ix_lot_open', sqlite_where=sa.text('remaining > 0'), postgresql_where=sa.text('remaining > 0'))
        batch_op.drop_index('ix_lot_expiry', sqlite_where=sa.text('remaining > 0'), postgresql_where=sa.text('remaining > 0'))

    op.drop_table('lot')
    with op.batch_alter_table('coupon', schema=None) as batch_op:
        batch_op.drop_index('ix_coupon_source')
        batch_op.drop_index('ix_coupon_open', sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"))

    op.drop_table('coupon')
    with op.batch_alter_table('consent', schema=None) as batch_op:
        batch_op.drop_index('ix_consent_person')

    op.drop_table('consent')
    with op.batch_alter_table('card', schema=None) as batch_op:
        batch_op.drop_index('ix_card_person')
        batch_op.drop_index('ix_card_order')

    op.drop_table('card')
    with op.batch_alter_table('transfer', schema=None) as batch_op:
        batch_op.drop_index('ix_transfer_to')
        batch_op.drop_index('ix_transfer_source')
        batch_op.drop_index('ix_transfer_person')
        batch_op.drop_index('ix_transfer_from')

    op.drop_table('transfer')
    op.drop_table('stock')
    op.drop_table('staff')
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
    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.drop_index('ix_orders_store')
        batch_op.drop_index('ix_orders_person')
        batch_op.drop_index('ix_orders_day')

    op.drop_table('orders')
    with op.batch_alter_table('import_row', schema=None) as batch_op:
        batch_op.drop_index('ix_import_row_outcome')

    op.drop_table('import_row')
    op.drop_table('api_token')
    op.drop_table('till_draft')
    with op.batch_alter_table('stored_quote', schema=None) as batch_op:
        batch_op.drop_index('ix_stored_quote_expiry')

    op.drop_table('stored_quote')
    op.drop_table('store')
    op.drop_table('setting')
    with op.batch_alter_table('programme_version', schema=None) as batch_op:
        batch_op.drop_index('ix_programme_version_effective')

    op.drop_table('programme_version')
    op.drop_table('preference')
    op.drop_table('plugin_state')
    with op.batch_alter_table('plugin_failure', schema=None) as batch_op:
        batch_op.drop_index('ix_plugin_failure_key')

    op.drop_table('plugin_failure')
    with op.batch_alter_table('outbox_message', schema=None) as batch_op:
        batch_op.drop_index('ix_outbox_message_due', sqlite_where=sa.text("state = 'waiting'"), postgresql_where=sa.text("state = 'waiting'"))

    op.drop_table('outbox_message')
    with op.batch_alter_table('job_run', schema=None) as batch_op:
        batch_op.drop_index('ix_job_run_name')

    op.drop_table('job_run')
    with op.batch_alter_table('item', schema=None) as batch_op:
        batch_op.drop_index('ix_item_initials')
        batch_op.drop_index('ix_item_barcode')

    op.drop_table('item')
    with op.batch_alter_table('import_batch', schema=None) as batch_op:
        batch_op.drop_index('ix_import_batch_page')

    op.drop_table('import_batch')
    op.drop_table('idempotency_key')
    with op.batch_alter_table('finding', schema=None) as batch_op:
        batch_op.drop_index('ix_finding_person')
        batch_op.drop_index('ix_finding_order')

    op.drop_table('finding')
    op.drop_table('counter')
    with op.batch_alter_table('audit_link', schema=None) as batch_op:
        batch_op.drop_index('ix_audit_link_block')

    op.drop_table('audit_link')
    with op.batch_alter_table('audit_entry', schema=None) as batch_op:
        batch_op.drop_index('ix_audit_entry_person')
        batch_op.drop_index('ix_audit_entry_page')
        batch_op.drop_index('ix_audit_entry_object')

    op.drop_table('audit_entry')
    op.drop_table('audit_block')
    with op.batch_alter_table('account', schema=None) as batch_op:
        batch_op.drop_index('ix_account_person')

    op.drop_table('account')
    op.drop_table('throttle')
    op.drop_table('installation')
    with op.batch_alter_table('franchise', schema=None) as batch_op:
        batch_op.drop_index('ix_franchise_chain')

    op.drop_table('franchise')
    with op.batch_alter_table('door', schema=None) as batch_op:
        batch_op.drop_index('ix_door_actor')

    op.drop_table('door')
    op.drop_table('data_key')
    op.drop_table('chain_plugin')
    op.drop_table('chain')
