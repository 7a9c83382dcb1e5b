"""who answers for the table"""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('beauty_sign_off',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('version', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('licence_no', sa.String(length=60), nullable=False),
    sa.Column('staff_id', sa.BigInteger(), nullable=True),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.Column('franchise_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['franchise_id'], ['franchise.id'], name=op.f('fk_beauty_sign_off_franchise_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_beauty_sign_off')),
    sa.UniqueConstraint('franchise_id', 'id', name=op.f('uq_beauty_sign_off_franchise_id_id'))
    )
    with op.batch_alter_table('beauty_sign_off', schema=None) as batch_op:
        batch_op.create_index('ix_beauty_sign_off_digest', ['franchise_id', 'digest', 'id'], unique=False)



def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('beauty_sign_off', schema=None) as batch_op:
        batch_op.drop_index('ix_beauty_sign_off_digest')

    op.drop_table('beauty_sign_off')
