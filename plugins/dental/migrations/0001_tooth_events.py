"""tooth events"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "dental_tooth_event",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("noted_on", sa.Date(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("voids", sa.BigInteger(), nullable=True),
        sa.Column("visit_id", sa.BigInteger(), nullable=True),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("store_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("franchise_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["franchise_id"], ["franchise.id"], name=op.f("fk_dental_tooth_event_franchise_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dental_tooth_event")),
        sa.UniqueConstraint("franchise_id", "id", name=op.f("uq_dental_tooth_event_franchise_id_id")),
        sa.UniqueConstraint("franchise_id", "voids", name=op.f("uq_dental_tooth_event_franchise_id_voids")),
    )
    with op.batch_alter_table("dental_tooth_event", schema=None) as batch_op:
        batch_op.create_index("ix_dental_tooth_event_person", ["franchise_id", "person_id", "noted_on", "id"], unique=False)


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("dental_tooth_event", schema=None) as batch_op:
        batch_op.drop_index("ix_dental_tooth_event_person")

    op.drop_table("dental_tooth_event")
