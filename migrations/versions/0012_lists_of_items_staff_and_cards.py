"""lists of items, staff and cards: the record of a row, cards sold elsewhere"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("card", schema=None) as batch_op:
        batch_op.add_column(sa.Column("source", sa.String(length=10), nullable=False, server_default=""))

    with op.batch_alter_table("import_row", schema=None) as batch_op:
        batch_op.add_column(sa.Column("record_id", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("import_row", schema=None) as batch_op:
        batch_op.drop_column("record_id")

    with op.batch_alter_table("card", schema=None) as batch_op:
        batch_op.drop_column("source")
