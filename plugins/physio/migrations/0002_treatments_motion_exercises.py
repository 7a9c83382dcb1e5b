"""treatments, range of motion, home exercises"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "physio_entry",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("chain", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("record_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("why_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("store_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("franchise_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["franchise_id"], ["franchise.id"], name=op.f("fk_physio_entry_franchise_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_physio_entry")),
        sa.UniqueConstraint("franchise_id", "chain", "revision", name=op.f("uq_physio_entry_franchise_id_chain_revision")),
        sa.UniqueConstraint("franchise_id", "id", name=op.f("uq_physio_entry_franchise_id_id")),
    )
    with op.batch_alter_table("physio_entry", schema=None) as batch_op:
        batch_op.create_index("ix_physio_entry_person", ["franchise_id", "person_id", "kind", "on"], unique=False)
        batch_op.create_index("ix_physio_entry_day", ["franchise_id", "kind", "on"], unique=False)


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("physio_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_physio_entry_day")
        batch_op.drop_index("ix_physio_entry_person")

    op.drop_table("physio_entry")
