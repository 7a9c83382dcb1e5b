"""asks of stored quotes (the API)"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("pharmacy_ask", schema=None) as batch_op:
        batch_op.add_column(sa.Column("quote_id", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("pass_sealed", sa.LargeBinary(), nullable=True))
        batch_op.create_index("ix_pharmacy_ask_quote", ["franchise_id", "quote_id", "finding"], unique=False)


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("pharmacy_ask", schema=None) as batch_op:
        batch_op.drop_index("ix_pharmacy_ask_quote")
        batch_op.drop_column("pass_sealed")
        batch_op.drop_column("quote_id")
