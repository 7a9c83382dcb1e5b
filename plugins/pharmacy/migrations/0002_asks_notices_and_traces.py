"""asks, refill notices and trace codes"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "pharmacy_ask",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("sitting", sa.BigInteger(), nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("finding", sa.String(length=16), nullable=False),
        sa.Column("rule", sa.String(length=80), nullable=False),
        sa.Column("severity", sa.String(length=20), nullable=False),
        sa.Column("item_code", sa.String(length=40), nullable=False),
        sa.Column("told_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("taken_by", sa.BigInteger(), nullable=True),
        sa.Column("taken_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("licence_no", sa.String(length=60), nullable=False),
        sa.Column("answer_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("franchise_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["franchise_id"], ["franchise.id"], name=op.f("fk_pharmacy_ask_franchise_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pharmacy_ask")),
        sa.UniqueConstraint("franchise_id", "id", name=op.f("uq_pharmacy_ask_franchise_id_id")),
    )
    with op.batch_alter_table("pharmacy_ask", schema=None) as batch_op:
        batch_op.create_index("ix_pharmacy_ask_person", ["franchise_id", "person_id"], unique=False)
        batch_op.create_index("ix_pharmacy_ask_sitting", ["franchise_id", "sitting", "finding", "id"], unique=False)
        batch_op.create_index("ix_pharmacy_ask_state", ["franchise_id", "state", "asked_at", "id"], unique=False)

    op.create_table(
        "pharmacy_trace",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("item_code", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("store_id", sa.BigInteger(), nullable=True),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("franchise_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["franchise_id"], ["franchise.id"], name=op.f("fk_pharmacy_trace_franchise_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pharmacy_trace")),
        sa.UniqueConstraint("franchise_id", "code", name=op.f("uq_pharmacy_trace_franchise_id_code")),
        sa.UniqueConstraint("franchise_id", "id", name=op.f("uq_pharmacy_trace_franchise_id_id")),
    )
    with op.batch_alter_table("pharmacy_trace", schema=None) as batch_op:
        batch_op.create_index("ix_pharmacy_trace_line", ["franchise_id", "line_id", "id"], unique=False)
        batch_op.create_index("ix_pharmacy_trace_person", ["franchise_id", "person_id"], unique=False)

    with op.batch_alter_table("pharmacy_refill", schema=None) as batch_op:
        batch_op.add_column(sa.Column("noticed_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("notice", sa.String(length=12), server_default="", nullable=False))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("pharmacy_refill", schema=None) as batch_op:
        batch_op.drop_column("notice")
        batch_op.drop_column("noticed_at")

    with op.batch_alter_table("pharmacy_trace", schema=None) as batch_op:
        batch_op.drop_index("ix_pharmacy_trace_person")
        batch_op.drop_index("ix_pharmacy_trace_line")

    op.drop_table("pharmacy_trace")
    with op.batch_alter_table("pharmacy_ask", schema=None) as batch_op:
        batch_op.drop_index("ix_pharmacy_ask_state")
        batch_op.drop_index("ix_pharmacy_ask_sitting")
        batch_op.drop_index("ix_pharmacy_ask_person")

    op.drop_table("pharmacy_ask")
