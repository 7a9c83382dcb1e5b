"""control totals of an import, stored value that comes with its bonus alone"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

OLD = "principal_fen > 0 AND bonus_fen >= 0"
NEW = "principal_fen >= 0 AND bonus_fen >= 0 AND principal_fen + bonus_fen > 0"


def _amounts(text: str) -> None:
    with op.batch_alter_table("top_up", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_top_up_amounts"), type_="check")
        batch_op.create_check_constraint(batch_op.f("ck_top_up_amounts"), text)


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("import_batch", schema=None) as batch_op:
        batch_op.add_column(sa.Column("control", sa.Text(), server_default="{}", nullable=False))
    _amounts(NEW)


def downgrade() -> None:
    """Take back."""
    _amounts(OLD)
    with op.batch_alter_table("import_batch", schema=None) as batch_op:
        batch_op.drop_column("control")
