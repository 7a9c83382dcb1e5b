"""facts that protect a person"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "health_fact",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("code_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("code_blind", sa.LargeBinary(), nullable=True),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("emergency", sa.Boolean(), nullable=False),
        sa.Column("source_ref", sa.String(length=60), nullable=False),
        sa.Column("noted_at", sa.BigInteger(), nullable=False),
        sa.Column("noted_by", sa.BigInteger(), nullable=True),
        sa.Column("store_id", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=True),
        sa.Column("changed_by", sa.BigInteger(), nullable=True),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("franchise_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["franchise_id", "person_id"],
            ["person.franchise_id", "person.id"],
            name=op.f("fk_health_fact_franchise_id_person_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["franchise_id"], ["franchise.id"], name=op.f("fk_health_fact_franchise_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_health_fact")),
        sa.UniqueConstraint("franchise_id", "id", name=op.f("uq_health_fact_franchise_id_id")),
    )
    with op.batch_alter_table("health_fact", schema=None) as batch_op:
        batch_op.create_index("ix_health_fact_code", ["franchise_id", "code_blind", "person_id"], unique=False)
        batch_op.create_index("ix_health_fact_person", ["franchise_id", "person_id", "id"], unique=False)
        batch_op.create_index("ix_health_fact_source", ["franchise_id", "source_ref"], unique=False)

    op.create_table(
        "health_glass",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("store_id", sa.BigInteger(), nullable=True),
        sa.Column("reason_code", sa.String(length=20), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("reads", sa.BigInteger(), nullable=False),
        sa.Column("reviewed_at", sa.BigInteger(), nullable=True),
        sa.Column("reviewed_by", sa.BigInteger(), nullable=True),
        sa.Column("ruling", sa.String(length=20), nullable=False),
        sa.Column("remark_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("franchise_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("reviewed_by IS NULL OR reviewed_by <> staff_id", name=op.f("ck_health_glass_not_ones_own")),
        sa.ForeignKeyConstraint(
            ["franchise_id", "person_id"],
            ["person.franchise_id", "person.id"],
            name=op.f("fk_health_glass_franchise_id_person_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["franchise_id"], ["franchise.id"], name=op.f("fk_health_glass_franchise_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_health_glass")),
        sa.UniqueConstraint("franchise_id", "id", name=op.f("uq_health_glass_franchise_id_id")),
    )
    with op.batch_alter_table("health_glass", schema=None) as batch_op:
        batch_op.create_index("ix_health_glass_open", ["franchise_id", "reviewed_at", "due_at", "id"], unique=False)
        batch_op.create_index("ix_health_glass_person", ["franchise_id", "person_id", "id"], unique=False)
        batch_op.create_index(
            "ix_health_glass_reader", ["franchise_id", "staff_id", "person_id", "until_at"], unique=False
        )

    op.create_table(
        "health_record",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("allergy_status", sa.String(length=12), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=True),
        sa.Column("asked_by", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("franchise_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["franchise_id", "person_id"],
            ["person.franchise_id", "person.id"],
            name=op.f("fk_health_record_franchise_id_person_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["franchise_id"], ["franchise.id"], name=op.f("fk_health_record_franchise_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_health_record")),
        sa.UniqueConstraint("franchise_id", "id", name=op.f("uq_health_record_franchise_id_id")),
        sa.UniqueConstraint("franchise_id", "person_id", name=op.f("uq_health_record_franchise_id_person_id")),
    )
    op.create_table(
        "health_change",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("store_id", sa.BigInteger(), nullable=True),
        sa.Column("door", sa.String(length=10), nullable=False),
        sa.Column("status_from", sa.String(length=12), nullable=False),
        sa.Column("status_to", sa.String(length=12), nullable=False),
        sa.Column("before_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("why_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("health_fact_id", sa.BigInteger(), nullable=False),
        sa.Column("franchise_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["franchise_id", "health_fact_id"],
            ["health_fact.franchise_id", "health_fact.id"],
            name=op.f("fk_health_change_franchise_id_health_fact_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["franchise_id"], ["franchise.id"], name=op.f("fk_health_change_franchise_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_health_change")),
        sa.UniqueConstraint("franchise_id", "id", name=op.f("uq_health_change_franchise_id_id")),
    )
    with op.batch_alter_table("health_change", schema=None) as batch_op:
        batch_op.create_index("ix_health_change_fact", ["franchise_id", "health_fact_id", "id"], unique=False)

    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reason_code", sa.String(length=40), server_default="", nullable=False))
        batch_op.add_column(sa.Column("licence_kind", sa.String(length=30), server_default="", nullable=False))
        batch_op.add_column(sa.Column("licence_no", sa.String(length=60), server_default="", nullable=False))
        batch_op.add_column(sa.Column("data_version", sa.String(length=40), server_default="", nullable=False))
        batch_op.add_column(sa.Column("second_by", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("evidence_sealed", sa.LargeBinary(), nullable=True))
        batch_op.create_index("ix_finding_override", ["franchise_id", "override_at", "id"], unique=False)


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.drop_index("ix_finding_override")
        batch_op.drop_column("evidence_sealed")
        batch_op.drop_column("second_by")
        batch_op.drop_column("data_version")
        batch_op.drop_column("licence_no")
        batch_op.drop_column("licence_kind")
        batch_op.drop_column("reason_code")

    with op.batch_alter_table("health_change", schema=None) as batch_op:
        batch_op.drop_index("ix_health_change_fact")

    op.drop_table("health_change")
    op.drop_table("health_record")
    with op.batch_alter_table("health_glass", schema=None) as batch_op:
        batch_op.drop_index("ix_health_glass_reader")
        batch_op.drop_index("ix_health_glass_person")
        batch_op.drop_index("ix_health_glass_open")

    op.drop_table("health_glass")
    with op.batch_alter_table("health_fact", schema=None) as batch_op:
        batch_op.drop_index("ix_health_fact_source")
        batch_op.drop_index("ix_health_fact_person")
        batch_op.drop_index("ix_health_fact_code")

    op.drop_table("health_fact")
