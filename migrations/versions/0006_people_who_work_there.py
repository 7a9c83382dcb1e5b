"""Roles of a franchise's own, approvals, tiers set by hand, staff as persons."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('approval_request',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('kind', sa.String(length=60), nullable=False),
    sa.Column('payload_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('payload_sha256', sa.String(length=64), nullable=False),
    sa.Column('subject', sa.String(length=120), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=True),
    sa.Column('store_id', sa.BigInteger(), nullable=True),
    sa.Column('asked_by', sa.BigInteger(), nullable=False),
    sa.Column('asked_at', sa.BigInteger(), nullable=False),
    sa.Column('reason_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('decided_by', sa.BigInteger(), nullable=True),
    sa.Column('decided_at', sa.BigInteger(), nullable=True),
    sa.Column('answer_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('expires_at', sa.BigInteger(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('decided_by IS NULL OR decided_by <> asked_by', name=op.f('ck_approval_request_four_eyes')),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_approval_request_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_approval_request')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_approval_request_franchise_id_id'))
    )
    with op.batch_alter_table('approval_request', schema=None) as batch_op:
        batch_op.create_index('ix_approval_request_asker', ['franchise_id', 'asked_by', 'id'], unique=False)
        batch_op.create_index('ix_approval_request_person', ['franchise_id', 'person_id', 'id'], unique=False)
        batch_op.create_index('ix_approval_request_state', ['franchise_id', 'state', 'expires_at', 'kind'], unique=False)

    op.create_table('own_role',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('code', sa.String(length=30), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('base', sa.String(length=30), nullable=False),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_own_role_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_own_role')),
    sa.UniqueConstraint('franchise_id', 'code', name=op.f('uq_own_role_franchise_id_code')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_own_role_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'name', name=op.f('uq_own_role_franchise_id_name'))
    )
    op.create_table('role_override',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('role', sa.String(length=30), nullable=False),
    sa.Column('permission', sa.String(length=80), nullable=False),
    sa.Column('granted', sa.Boolean(), nullable=False),
    sa.Column('changed_at', sa.BigInteger(), nullable=False),
    sa.Column('changed_by', sa.BigInteger(), nullable=True),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_role_override_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_role_override')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_role_override_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'role', 'permission', name=op.f('uq_role_override_franchise_id_role_permission'))
    )
    op.create_table('tier_override',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('tier_code', sa.String(length=40), nullable=False),
    sa.Column('start_on', sa.Date(), nullable=False),
    sa.Column('until_on', sa.Date(), nullable=False),
    sa.Column('reason_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('staff_id', sa.BigInteger(), nullable=True),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.Column('approval_id', sa.BigInteger(), nullable=True),
    sa.Column('ended_at', sa.BigInteger(), nullable=True),
    sa.Column('ended_by', sa.BigInteger(), nullable=True),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('until_on >= start_on', name=op.f('ck_tier_override_days')),
    sa.ForeignKeyConstraint(['franchise_id', 'person_id'], ['person.franchise_id', 'person.id'], name=op.f('fk_tier_override_franchise_id_person_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_tier_override_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tier_override')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_tier_override_franchise_id_id'))
    )
    with op.batch_alter_table('tier_override', schema=None) as batch_op:
        batch_op.create_index('uq_tier_override_live', ['franchise_id', 'person_id'], unique=True, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))

    with op.batch_alter_table('franchise', schema=None) as batch_op:
        batch_op.add_column(sa.Column('roles_version', sa.BigInteger(), server_default='0', nullable=False))

    with op.batch_alter_table('staff', schema=None) as batch_op:
        batch_op.add_column(sa.Column('person_id', sa.BigInteger(), nullable=True))
        batch_op.create_index('ix_staff_person', ['franchise_id', 'person_id'], unique=False)

    with op.batch_alter_table('staff_role', schema=None) as batch_op:
        batch_op.create_index('ix_staff_role_role', ['franchise_id', 'role'], unique=False)

    with op.batch_alter_table('web_session', schema=None) as batch_op:
        batch_op.add_column(sa.Column('view_role', sa.String(length=30), server_default='', nullable=False))



def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('web_session', schema=None) as batch_op:
        batch_op.drop_column('view_role')

    with op.batch_alter_table('staff_role', schema=None) as batch_op:
        batch_op.drop_index('ix_staff_role_role')

    with op.batch_alter_table('staff', schema=None) as batch_op:
        batch_op.drop_index('ix_staff_person')
        batch_op.drop_column('person_id')

    with op.batch_alter_table('franchise', schema=None) as batch_op:
        batch_op.drop_column('roles_version')

    with op.batch_alter_table('tier_override', schema=None) as batch_op:
        batch_op.drop_index('uq_tier_override_live', sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))

    op.drop_table('tier_override')
    op.drop_table('role_override')
    op.drop_table('own_role')
    with op.batch_alter_table('approval_request', schema=None) as batch_op:
        batch_op.drop_index('ix_approval_request_state')
        batch_op.drop_index('ix_approval_request_person')
        batch_op.drop_index('ix_approval_request_asker')

    op.drop_table('approval_request')
