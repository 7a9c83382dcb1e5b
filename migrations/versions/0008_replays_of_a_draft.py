"""replays of a draft"""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('replay',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('base_number', sa.BigInteger(), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('since_on', sa.Date(), nullable=False),
    sa.Column('until_on', sa.Date(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('orders', sa.BigInteger(), nullable=False),
    sa.Column('seen', sa.BigInteger(), nullable=False),
    sa.Column('person_at', sa.BigInteger(), nullable=False),
    sa.Column('order_at', sa.BigInteger(), nullable=False),
    sa.Column('result', sa.Text(), nullable=False),
    sa.Column('made_by', sa.BigInteger(), nullable=True),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.Column('ended_at', sa.BigInteger(), nullable=True),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_replay_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_replay')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_replay_franchise_id_id'))
    )
    with op.batch_alter_table('replay', schema=None) as batch_op:
        batch_op.create_index('ix_replay_made', ['franchise_id', 'made_at', 'id'], unique=False)
        batch_op.create_index('ix_replay_state', ['franchise_id', 'state', 'id'], unique=False)



def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('replay', schema=None) as batch_op:
        batch_op.drop_index('ix_replay_state')
        batch_op.drop_index('ix_replay_made')

    op.drop_table('replay')
