"""tasks and saved views"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table('store', schema=None) as batch_op:
        batch_op.add_column(sa.Column('version', sa.BigInteger(), server_default='1', nullable=False))
        batch_op.create_index('ix_store_name', ['franchise_id', 'name', 'id'], unique=False)

    with op.batch_alter_table('staff', schema=None) as batch_op:
        batch_op.create_index('ix_staff_name', ['franchise_id', 'name', 'id'], unique=False)

    with op.batch_alter_table('segment', schema=None) as batch_op:
        batch_op.create_index('ix_segment_changed', ['franchise_id', 'changed_at', 'id'], unique=False)
        batch_op.create_index('ix_segment_name', ['franchise_id', 'name', 'id'], unique=False)

    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.create_index('ix_orders_unusual', ['franchise_id', 'state', 'id'], unique=False, sqlite_where=sa.text("state <> 'paid'"), postgresql_where=sa.text("state <> 'paid'"))

    op.create_table('saved_view',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('list_key', sa.String(length=60), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('staff_id', sa.BigInteger(), nullable=False),
    sa.Column('shared', sa.Boolean(), nullable=False),
    sa.Column('opens', sa.Boolean(), nullable=False),
    sa.Column('query', sa.Text(), nullable=False),
    sa.Column('columns', sa.Text(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('changed_at', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_saved_view_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_view')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_saved_view_franchise_id_id'))
    )
    with op.batch_alter_table('saved_view', schema=None) as batch_op:
        batch_op.create_index('ix_saved_view_list', ['franchise_id', 'list_key', 'id'], unique=False)

    op.create_table('task',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('kind', sa.String(length=60), nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('staff_id', sa.BigInteger(), nullable=True),
    sa.Column('store_id', sa.BigInteger(), nullable=True),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('params_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('progress_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('problem_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('counts', sa.Text(), nullable=False),
    sa.Column('done', sa.BigInteger(), nullable=False),
    sa.Column('total', sa.BigInteger(), nullable=False),
    sa.Column('slices', sa.BigInteger(), nullable=False),
    sa.Column('worked_ms', sa.BigInteger(), nullable=False),
    sa.Column('asked_at', sa.BigInteger(), nullable=False),
    sa.Column('started_at', sa.BigInteger(), nullable=True),
    sa.Column('ended_at', sa.BigInteger(), nullable=True),
    sa.Column('lease_until', sa.BigInteger(), nullable=False),
    sa.Column('undo_until', sa.BigInteger(), nullable=False),
    sa.Column('expires_at', sa.BigInteger(), nullable=False),
    sa.Column('file_name', sa.String(length=120), nullable=False),
    sa.Column('file_bytes', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_task_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_task')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_task_franchise_id_id'))
    )
    with op.batch_alter_table('task', schema=None) as batch_op:
        batch_op.create_index('ix_task_expiry', ['franchise_id', 'expires_at'], unique=False)
        batch_op.create_index('ix_task_open', ['franchise_id', 'id'], unique=False, sqlite_where=sa.text("state IN ('waiting', 'running', 'undoing')"), postgresql_where=sa.text("state IN ('waiting', 'running', 'undoing')"))
        batch_op.create_index('ix_task_page', ['franchise_id', 'id'], unique=False)
        batch_op.create_index('ix_task_staff', ['franchise_id', 'staff_id', 'id'], unique=False)

    op.create_table('task_part',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('rows', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('data_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('task_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id', 'task_id'], ['task.franchise_id', 'task.id'], name=op.f('fk_task_part_franchise_id_task_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_task_part_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_task_part')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_task_part_franchise_id_id')),
    sa.UniqueConstraint('franchise_id', 'task_id', 'kind', 'number', name=op.f('uq_task_part_franchise_id_task_id_kind_number'))
    )


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.drop_index('ix_orders_unusual')

    op.drop_table('task_part')
    with op.batch_alter_table('task', schema=None) as batch_op:
        batch_op.drop_index('ix_task_staff')
        batch_op.drop_index('ix_task_page')
        batch_op.drop_index('ix_task_open', sqlite_where=sa.text("state IN ('waiting', 'running', 'undoing')"), postgresql_where=sa.text("state IN ('waiting', 'running', 'undoing')"))
        batch_op.drop_index('ix_task_expiry')

    op.drop_table('task')
    with op.batch_alter_table('saved_view', schema=None) as batch_op:
        batch_op.drop_index('ix_saved_view_list')

    op.drop_table('saved_view')
    with op.batch_alter_table('segment', schema=None) as batch_op:
        batch_op.drop_index('ix_segment_name')
        batch_op.drop_index('ix_segment_changed')

    with op.batch_alter_table('staff', schema=None) as batch_op:
        batch_op.drop_index('ix_staff_name')

    with op.batch_alter_table('store', schema=None) as batch_op:
        batch_op.drop_index('ix_store_name')
        batch_op.drop_column('version')
