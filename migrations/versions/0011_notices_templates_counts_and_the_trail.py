"""notices, templates, counts, the audit trail's indexes"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('franchise_count',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.Column('members', sa.BigInteger(), nullable=False),
    sa.Column('orders', sa.BigInteger(), nullable=False),
    sa.Column('recent_orders', sa.BigInteger(), nullable=False),
    sa.Column('points', sa.BigInteger(), nullable=False),
    sa.Column('counted_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_franchise_count')),
    sa.UniqueConstraint('franchise_id', name=op.f('uq_franchise_count_franchise_id'))
    )
    op.create_table('programme_template',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('chain_id', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('note', sa.String(length=200), nullable=False),
    sa.Column('key', sa.String(length=40), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('origin', sa.String(length=120), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_programme_template'))
    )
    with op.batch_alter_table('programme_template', schema=None) as batch_op:
        batch_op.create_index('ix_programme_template_chain', ['chain_id', 'active', 'id'], unique=False)

    op.create_table('audit_check',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('checked_at', sa.BigInteger(), nullable=False),
    sa.Column('whole', sa.Boolean(), nullable=False),
    sa.Column('from_block', sa.BigInteger(), nullable=False),
    sa.Column('blocks', sa.BigInteger(), nullable=False),
    sa.Column('entries', sa.BigInteger(), nullable=False),
    sa.Column('problem', sa.String(length=20), nullable=False),
    sa.Column('block', sa.BigInteger(), nullable=False),
    sa.Column('entry_id', sa.BigInteger(), nullable=True),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_audit_check_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_check')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_audit_check_franchise_id_id'))
    )
    with op.batch_alter_table('audit_check', schema=None) as batch_op:
        batch_op.create_index('ix_audit_check_page', ['franchise_id', 'id'], unique=False)

    op.create_table('notification',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('params', sa.Text(), nullable=False),
    sa.Column('endpoint', sa.String(length=60), nullable=False),
    sa.Column('link', sa.Text(), nullable=False),
    sa.Column('about', sa.String(length=80), nullable=False),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.Column('read_at', sa.BigInteger(), nullable=False),
    sa.Column('staff_id', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id', 'staff_id'], ['staff.franchise_id', 'staff.id'], name=op.f('fk_notification_franchise_id_staff_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_notification_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notification')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_notification_franchise_id_id'))
    )
    with op.batch_alter_table('notification', schema=None) as batch_op:
        batch_op.create_index('ix_notification_about', ['franchise_id', 'kind', 'about'], unique=False)
        batch_op.create_index('ix_notification_made', ['franchise_id', 'made_at'], unique=False)
        batch_op.create_index('ix_notification_page', ['franchise_id', 'staff_id', 'id'], unique=False)
        batch_op.create_index('ix_notification_staff', ['franchise_id', 'staff_id', 'read_at', 'id'], unique=False)

    with op.batch_alter_table('audit_entry', schema=None) as batch_op:
        batch_op.create_index('ix_audit_entry_action', ['franchise_id', 'action', 'at', 'id'], unique=False)
        batch_op.create_index('ix_audit_entry_at', ['franchise_id', 'at', 'id'], unique=False)
        batch_op.create_index('ix_audit_entry_staff', ['franchise_id', 'staff_id', 'at', 'id'], unique=False)



def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('audit_entry', schema=None) as batch_op:
        batch_op.drop_index('ix_audit_entry_staff')
        batch_op.drop_index('ix_audit_entry_at')
        batch_op.drop_index('ix_audit_entry_action')

    with op.batch_alter_table('notification', schema=None) as batch_op:
        batch_op.drop_index('ix_notification_staff')
        batch_op.drop_index('ix_notification_page')
        batch_op.drop_index('ix_notification_made')
        batch_op.drop_index('ix_notification_about')

    op.drop_table('notification')
    with op.batch_alter_table('audit_check', schema=None) as batch_op:
        batch_op.drop_index('ix_audit_check_page')

    op.drop_table('audit_check')
    with op.batch_alter_table('programme_template', schema=None) as batch_op:
        batch_op.drop_index('ix_programme_template_chain')

    op.drop_table('programme_template')
    op.drop_table('franchise_count')
