"""chronic programmes"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "pharmacy_chronic",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("programme_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("programme_blind", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("agreed_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("why_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("store_id", sa.BigInteger(), nullable=True),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("franchise_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["franchise_id"], ["franchise.id"], name=op.f("fk_pharmacy_chronic_franchise_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pharmacy_chronic")),
        sa.UniqueConstraint("franchise_id", "id", name=op.f("uq_pharmacy_chronic_franchise_id_id")),
        sa.UniqueConstraint(
            "franchise_id",
            "person_id",
            "programme_blind",
            name=op.f("uq_pharmacy_chronic_franchise_id_person_id_programme_blind"),
        ),
    )
    with op.batch_alter_table("pharmacy_chronic", schema=None) as batch_op:
        batch_op.create_index(
            "ix_pharmacy_chronic_programme", ["franchise_id", "programme_blind", "state", "person_id"], unique=False
        )

    op.create_table(
        "pharmacy_reading",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("store_id", sa.BigInteger(), nullable=True),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("franchise_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["franchise_id"], ["franchise.id"], name=op.f("fk_pharmacy_reading_franchise_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pharmacy_reading")),
        sa.UniqueConstraint("franchise_id", "id", name=op.f("uq_pharmacy_reading_franchise_id_id")),
    )
    with op.batch_alter_table("pharmacy_reading", schema=None) as batch_op:
        batch_op.create_index("ix_pharmacy_reading_person", ["franchise_id", "person_id", "on", "id"], unique=False)

    op.create_table(
        "pharmacy_chronic_point",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("store_id", sa.BigInteger(), nullable=True),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("done_by", sa.BigInteger(), nullable=True),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("chronic_id", sa.BigInteger(), nullable=False),
        sa.Column("franchise_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["franchise_id", "chronic_id"],
            ["pharmacy_chronic.franchise_id", "pharmacy_chronic.id"],
            name=op.f("fk_pharmacy_chronic_point_franchise_id_chronic_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["franchise_id"], ["franchise.id"], name=op.f("fk_pharmacy_chronic_point_franchise_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pharmacy_chronic_point")),
        sa.UniqueConstraint("franchise_id", "id", name=op.f("uq_pharmacy_chronic_point_franchise_id_id")),
    )
    with op.batch_alter_table("pharmacy_chronic_point", schema=None) as batch_op:
        batch_op.create_index(
            "ix_pharmacy_chronic_point_chronic", ["franchise_id", "chronic_id", "state"], unique=False
        )
        batch_op.create_index(
            "ix_pharmacy_chronic_point_due", ["franchise_id", "state", "store_id", "due_on", "id"], unique=False
        )
        batch_op.create_index("ix_pharmacy_chronic_point_person", ["franchise_id", "person_id", "due_on"], unique=False)


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("pharmacy_chronic_point", schema=None) as batch_op:
        batch_op.drop_index("ix_pharmacy_chronic_point_person")
        batch_op.drop_index("ix_pharmacy_chronic_point_due")
        batch_op.drop_index("ix_pharmacy_chronic_point_chronic")

    op.drop_table("pharmacy_chronic_point")
    with op.batch_alter_table("pharmacy_reading", schema=None) as batch_op:
        batch_op.drop_index("ix_pharmacy_reading_person")

    op.drop_table("pharmacy_reading")
    with op.batch_alter_table("pharmacy_chronic", schema=None) as batch_op:
        batch_op.drop_index("ix_pharmacy_chronic_programme")

    op.drop_table("pharmacy_chronic")
