"""since when a tooth is missing by caries, sound first molars"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("dental_summary", schema=None) as batch_op:
        batch_op.add_column(sa.Column("gap_since", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("molars", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("dental_summary", schema=None) as batch_op:
        batch_op.drop_column("molars")
        batch_op.drop_column("gap_since")
