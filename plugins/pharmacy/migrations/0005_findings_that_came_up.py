"""findings that came up"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "pharmacy_seen",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("rule", sa.String(length=80), nullable=False),
        sa.Column("item_code", sa.String(length=40), nullable=False),
        sa.Column("franchise_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["franchise_id"], ["franchise.id"], name=op.f("fk_pharmacy_seen_franchise_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pharmacy_seen")),
        sa.UniqueConstraint("franchise_id", "id", name=op.f("uq_pharmacy_seen_franchise_id_id")),
        sa.UniqueConstraint(
            "franchise_id",
            "person_id",
            "on",
            "store_id",
            "rule",
            "item_code",
            name=op.f("uq_pharmacy_seen_franchise_id_person_id_on_store_id_rule_item_code"),
        ),
    )
    with op.batch_alter_table("pharmacy_seen", schema=None) as batch_op:
        batch_op.create_index("ix_pharmacy_seen_day", ["franchise_id", "on", "rule", "store_id"], unique=False)


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("pharmacy_seen", schema=None) as batch_op:
        batch_op.drop_index("ix_pharmacy_seen_day")

    op.drop_table("pharmacy_seen")
