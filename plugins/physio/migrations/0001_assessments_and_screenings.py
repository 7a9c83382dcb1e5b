"""assessments and screenings"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "physio_assessment",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("chain", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("instrument", sa.String(length=10), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("record_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("why_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("store_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("franchise_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["franchise_id"], ["franchise.id"], name=op.f("fk_physio_assessment_franchise_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_physio_assessment")),
        sa.UniqueConstraint(
            "franchise_id", "chain", "revision", name=op.f("uq_physio_assessment_franchise_id_chain_revision")
        ),
        sa.UniqueConstraint("franchise_id", "id", name=op.f("uq_physio_assessment_franchise_id_id")),
    )
    with op.batch_alter_table("physio_assessment", schema=None) as batch_op:
        batch_op.create_index(
            "ix_physio_assessment_person", ["franchise_id", "person_id", "instrument", "on"], unique=False
        )

    op.create_table(
        "physio_screening",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("found_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("store_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("franchise_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["franchise_id"], ["franchise.id"], name=op.f("fk_physio_screening_franchise_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_physio_screening")),
        sa.UniqueConstraint("franchise_id", "id", name=op.f("uq_physio_screening_franchise_id_id")),
    )
    with op.batch_alter_table("physio_screening", schema=None) as batch_op:
        batch_op.create_index("ix_physio_screening_person", ["franchise_id", "person_id", "id"], unique=False)


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("physio_screening", schema=None) as batch_op:
        batch_op.drop_index("ix_physio_screening_person")

    op.drop_table("physio_screening")
    with op.batch_alter_table("physio_assessment", schema=None) as batch_op:
        batch_op.drop_index("ix_physio_assessment_person")

    op.drop_table("physio_assessment")
