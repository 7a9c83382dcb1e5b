"""perio exams, plans, recalls"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "dental_perio_exam",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("begun_for", sa.BigInteger(), nullable=False),
        sa.Column("examined_on", sa.Date(), nullable=False),
        sa.Column("visit_id", sa.BigInteger(), nullable=True),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("store_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("franchise_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["franchise_id"], ["franchise.id"], name=op.f("fk_dental_perio_exam_franchise_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dental_perio_exam")),
        sa.UniqueConstraint(
            "franchise_id",
            "begun_for",
            "examined_on",
            name=op.f("uq_dental_perio_exam_franchise_id_begun_for_examined_on"),
        ),
        sa.UniqueConstraint("franchise_id", "id", name=op.f("uq_dental_perio_exam_franchise_id_id")),
    )
    with op.batch_alter_table("dental_perio_exam", schema=None) as batch_op:
        batch_op.create_index(
            "ix_dental_perio_exam_person", ["franchise_id", "person_id", "examined_on", "id"], unique=False
        )

    op.create_table(
        "dental_plan",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("begun_for", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("store_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("franchise_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["franchise_id"], ["franchise.id"], name=op.f("fk_dental_plan_franchise_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dental_plan")),
        sa.UniqueConstraint(
            "franchise_id", "begun_for", "number", name=op.f("uq_dental_plan_franchise_id_begun_for_number")
        ),
        sa.UniqueConstraint("franchise_id", "id", name=op.f("uq_dental_plan_franchise_id_id")),
    )
    with op.batch_alter_table("dental_plan", schema=None) as batch_op:
        batch_op.create_index("ix_dental_plan_person", ["franchise_id", "person_id", "id"], unique=False)

    op.create_table(
        "dental_recall",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("programme", sa.String(length=12), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("store_id", sa.BigInteger(), nullable=True),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.Column("told_by", sa.BigInteger(), nullable=True),
        sa.Column("off", sa.Boolean(), nullable=False),
        sa.Column("franchise_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["franchise_id"], ["franchise.id"], name=op.f("fk_dental_recall_franchise_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dental_recall")),
        sa.UniqueConstraint("franchise_id", "id", name=op.f("uq_dental_recall_franchise_id_id")),
        sa.UniqueConstraint(
            "franchise_id", "person_id", "programme", name=op.f("uq_dental_recall_franchise_id_person_id_programme")
        ),
    )
    with op.batch_alter_table("dental_recall", schema=None) as batch_op:
        batch_op.create_index("ix_dental_recall_due", ["franchise_id", "due_on", "id"], unique=False)

    op.create_table(
        "dental_summary",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("missing", sa.BigInteger(), nullable=False),
        sa.Column("gaps", sa.BigInteger(), nullable=False),
        sa.Column("decayed", sa.BigInteger(), nullable=False),
        sa.Column("filled", sa.BigInteger(), nullable=False),
        sa.Column("dmft", sa.BigInteger(), nullable=False),
        sa.Column("milk_dmft", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.BigInteger(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.Column("franchise_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["franchise_id"], ["franchise.id"], name=op.f("fk_dental_summary_franchise_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dental_summary")),
        sa.UniqueConstraint("franchise_id", "id", name=op.f("uq_dental_summary_franchise_id_id")),
        sa.UniqueConstraint("franchise_id", "person_id", name=op.f("uq_dental_summary_franchise_id_person_id")),
    )
    op.create_table(
        "dental_work",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("redoes_id", sa.BigInteger(), nullable=True),
        sa.Column("first_staff_id", sa.BigInteger(), nullable=True),
        sa.Column("first_on", sa.Date(), nullable=True),
        sa.Column("franchise_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["franchise_id"], ["franchise.id"], name=op.f("fk_dental_work_franchise_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dental_work")),
        sa.UniqueConstraint("franchise_id", "event_id", name=op.f("uq_dental_work_franchise_id_event_id")),
        sa.UniqueConstraint("franchise_id", "id", name=op.f("uq_dental_work_franchise_id_id")),
    )
    with op.batch_alter_table("dental_work", schema=None) as batch_op:
        batch_op.create_index("ix_dental_work_day", ["franchise_id", "done_on", "staff_id"], unique=False)
        batch_op.create_index("ix_dental_work_first", ["franchise_id", "first_on", "first_staff_id"], unique=False)
        batch_op.create_index("ix_dental_work_person", ["franchise_id", "person_id", "id"], unique=False)

    op.create_table(
        "dental_perio_entry",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("exam_id", sa.BigInteger(), nullable=False),
        sa.Column("franchise_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["franchise_id", "exam_id"],
            ["dental_perio_exam.franchise_id", "dental_perio_exam.id"],
            name=op.f("fk_dental_perio_entry_franchise_id_exam_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["franchise_id"], ["franchise.id"], name=op.f("fk_dental_perio_entry_franchise_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dental_perio_entry")),
        sa.UniqueConstraint("franchise_id", "id", name=op.f("uq_dental_perio_entry_franchise_id_id")),
    )
    with op.batch_alter_table("dental_perio_entry", schema=None) as batch_op:
        batch_op.create_index("ix_dental_perio_entry_exam", ["franchise_id", "exam_id", "id"], unique=False)


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("dental_perio_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_dental_perio_entry_exam")

    op.drop_table("dental_perio_entry")
    with op.batch_alter_table("dental_work", schema=None) as batch_op:
        batch_op.drop_index("ix_dental_work_person")
        batch_op.drop_index("ix_dental_work_first")
        batch_op.drop_index("ix_dental_work_day")

    op.drop_table("dental_work")
    op.drop_table("dental_summary")
    with op.batch_alter_table("dental_recall", schema=None) as batch_op:
        batch_op.drop_index("ix_dental_recall_due")

    op.drop_table("dental_recall")
    with op.batch_alter_table("dental_plan", schema=None) as batch_op:
        batch_op.drop_index("ix_dental_plan_person")

    op.drop_table("dental_plan")
    with op.batch_alter_table("dental_perio_exam", schema=None) as batch_op:
        batch_op.drop_index("ix_dental_perio_exam_person")

    op.drop_table("dental_perio_exam")
