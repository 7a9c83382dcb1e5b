"""sessions used in another system before the rest of a course was brought along"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table('course_part', schema=None) as batch_op:
        batch_op.add_column(sa.Column('used_before', sa.BigInteger(), server_default='0', nullable=False))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('course_part', schema=None) as batch_op:
        batch_op.drop_column('used_before')
