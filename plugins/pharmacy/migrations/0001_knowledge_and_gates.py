"""Versions of the knowledge, sign-offs, prescriptions, pharmacists on duty, the register, refills"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "pharmacy_dataset",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("version", sa.String(length=30), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("shipped", sa.Boolean(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("franchise_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["franchise_id"], ["franchise.id"], name=op.f("fk_pharmacy_dataset_franchise_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pharmacy_dataset")),
        sa.UniqueConstraint("franchise_id", "id", name=op.f("uq_pharmacy_dataset_franchise_id_id")),
    )
    with op.batch_alter_table("pharmacy_dataset", schema=None) as batch_op:
        batch_op.create_index("ix_pharmacy_dataset_kind", ["franchise_id", "kind", "id"], unique=False)

    op.create_table(
        "pharmacy_duty",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("licence_no", sa.String(length=60), nullable=False),
        sa.Column("from_at", sa.BigInteger(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=True),
        sa.Column("franchise_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["franchise_id"], ["franchise.id"], name=op.f("fk_pharmacy_duty_franchise_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pharmacy_duty")),
        sa.UniqueConstraint("franchise_id", "id", name=op.f("uq_pharmacy_duty_franchise_id_id")),
    )
    with op.batch_alter_table("pharmacy_duty", schema=None) as batch_op:
        batch_op.create_index("ix_pharmacy_duty_store", ["franchise_id", "store_id", "from_at"], unique=False)

    op.create_table(
        "pharmacy_prescription",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("prescriber", sa.String(length=60), nullable=False),
        sa.Column("hospital", sa.String(length=120), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("items_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("why_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("licence_no", sa.String(length=60), nullable=False),
        sa.Column("store_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("franchise_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["franchise_id"], ["franchise.id"], name=op.f("fk_pharmacy_prescription_franchise_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pharmacy_prescription")),
        sa.UniqueConstraint("franchise_id", "id", name=op.f("uq_pharmacy_prescription_franchise_id_id")),
    )
    with op.batch_alter_table("pharmacy_prescription", schema=None) as batch_op:
        batch_op.create_index("ix_pharmacy_prescription_made", ["franchise_id", "made_at", "id"], unique=False)
        batch_op.create_index(
            "ix_pharmacy_prescription_person", ["franchise_id", "person_id", "valid_until"], unique=False
        )

    op.create_table(
        "pharmacy_refill",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("item_code", sa.String(length=40), nullable=False),
        sa.Column("last_line_id", sa.BigInteger(), nullable=False),
        sa.Column("bought_on", sa.Date(), nullable=False),
        sa.Column("run_out_on", sa.Date(), nullable=False),
        sa.Column("store_id", sa.BigInteger(), nullable=True),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.Column("told_by", sa.BigInteger(), nullable=True),
        sa.Column("franchise_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["franchise_id"], ["franchise.id"], name=op.f("fk_pharmacy_refill_franchise_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pharmacy_refill")),
        sa.UniqueConstraint("franchise_id", "id", name=op.f("uq_pharmacy_refill_franchise_id_id")),
        sa.UniqueConstraint(
            "franchise_id", "person_id", "item_code", name=op.f("uq_pharmacy_refill_franchise_id_person_id_item_code")
        ),
    )
    with op.batch_alter_table("pharmacy_refill", schema=None) as batch_op:
        batch_op.create_index("ix_pharmacy_refill_day", ["franchise_id", "run_out_on", "id"], unique=False)

    op.create_table(
        "pharmacy_register",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("packs", sa.BigInteger(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id_number_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id_number_blind", sa.LargeBinary(), nullable=True),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("store_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("franchise_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["franchise_id"], ["franchise.id"], name=op.f("fk_pharmacy_register_franchise_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pharmacy_register")),
        sa.UniqueConstraint("franchise_id", "id", name=op.f("uq_pharmacy_register_franchise_id_id")),
    )
    with op.batch_alter_table("pharmacy_register", schema=None) as batch_op:
        batch_op.create_index("ix_pharmacy_register_day", ["franchise_id", "on", "id"], unique=False)
        batch_op.create_index("ix_pharmacy_register_number", ["franchise_id", "id_number_blind", "on"], unique=False)
        batch_op.create_index("ix_pharmacy_register_person", ["franchise_id", "person_id", "on"], unique=False)

    op.create_table(
        "pharmacy_sign_off",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("licence_no", sa.String(length=60), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("franchise_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["franchise_id"], ["franchise.id"], name=op.f("fk_pharmacy_sign_off_franchise_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pharmacy_sign_off")),
        sa.UniqueConstraint("franchise_id", "id", name=op.f("uq_pharmacy_sign_off_franchise_id_id")),
    )
    with op.batch_alter_table("pharmacy_sign_off", schema=None) as batch_op:
        batch_op.create_index("ix_pharmacy_sign_off_digest", ["franchise_id", "digest", "id"], unique=False)


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("pharmacy_sign_off", schema=None) as batch_op:
        batch_op.drop_index("ix_pharmacy_sign_off_digest")

    op.drop_table("pharmacy_sign_off")
    with op.batch_alter_table("pharmacy_register", schema=None) as batch_op:
        batch_op.drop_index("ix_pharmacy_register_person")
        batch_op.drop_index("ix_pharmacy_register_number")
        batch_op.drop_index("ix_pharmacy_register_day")

    op.drop_table("pharmacy_register")
    with op.batch_alter_table("pharmacy_refill", schema=None) as batch_op:
        batch_op.drop_index("ix_pharmacy_refill_day")

    op.drop_table("pharmacy_refill")
    with op.batch_alter_table("pharmacy_prescription", schema=None) as batch_op:
        batch_op.drop_index("ix_pharmacy_prescription_person")
        batch_op.drop_index("ix_pharmacy_prescription_made")

    op.drop_table("pharmacy_prescription")
    with op.batch_alter_table("pharmacy_duty", schema=None) as batch_op:
        batch_op.drop_index("ix_pharmacy_duty_store")

    op.drop_table("pharmacy_duty")
    with op.batch_alter_table("pharmacy_dataset", schema=None) as batch_op:
        batch_op.drop_index("ix_pharmacy_dataset_kind")

    op.drop_table("pharmacy_dataset")
