"""Kernel and organisation: doors, keys, audit, outbox, chain, franchises, staff."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
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


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table('web_session', schema=None) as batch_op:
        batch_op.drop_index('ix_web_session_staff')
    op.drop_table('web_session')
    op.drop_table('staff_role')
    op.drop_table('pin_proof')
    op.drop_table('staff')
    op.drop_table('api_token')
    op.drop_table('store')
    op.drop_table('setting')
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
    op.drop_table('idempotency_key')
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
