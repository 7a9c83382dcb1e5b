"""initial"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "plugin_demo_note",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("franchise_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["franchise_id"], ["franchise.id"], name=op.f("fk_plugin_demo_note_franchise_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plugin_demo_note")),
        sa.UniqueConstraint("franchise_id", "id", name=op.f("uq_plugin_demo_note_franchise_id_id")),
    )
    with op.batch_alter_table("plugin_demo_note", schema=None) as batch_op:
        batch_op.create_index("ix_plugin_demo_note_person", ["franchise_id", "person_id", "made_at"], unique=False)


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("plugin_demo_note", schema=None) as batch_op:
        batch_op.drop_index("ix_plugin_demo_note_person")

    op.drop_table("plugin_demo_note")
