"""Import batches and their staged rows."""

from __future__ import annotations

from sqlalchemy.orm import Mapped

from core.kernel.columns import (
    INTERNAL,
    LargeBinary,
    String,
    Text,
    at_col,
    code_col,
    col,
    count_col,
    label_col,
    owned_index,
    owned_unique,
    ref_col,
    sealed_blob,
)
from core.kernel.db import Base, FranchiseOwned, belongs_to
from core.kernel.sealed import Sealed


class ImportBatch(FranchiseOwned, Base):
    """One file being imported; `kind` is the key of a kind (kinds/).

    States: loading, uploaded, checking, checked, running, paused, done, undoing, undone, cancelled.
    `control` holds the totals that somebody typed from the old system, by unit; money in fen.
    """

    __tablename__ = "import_batch"
    kind: Mapped[str] = code_col(20)
    file_name: Mapped[str] = label_col(200)
    file_sha256: Mapped[bytes] = col(LargeBinary, INTERNAL)
    encoding: Mapped[str] = code_col(20, default="")
    columns: Mapped[str] = col(Text, INTERNAL, default="[]")
    mapping: Mapped[str] = col(Text, INTERNAL, default="{}")
    state: Mapped[str] = code_col(12, default="uploaded")
    rows: Mapped[int] = count_col()
    position: Mapped[int] = count_col()
    created: Mapped[int] = count_col()
    updated: Mapped[int] = count_col()
    unchanged: Mapped[int] = count_col()
    duplicates: Mapped[int] = count_col()
    failed: Mapped[int] = count_col()
    dry_run: Mapped[str] = col(Text, INTERNAL, default="{}")
    control: Mapped[str] = col(Text, INTERNAL, default="{}")
    staff_id: Mapped[int | None] = ref_col()
    store_id: Mapped[int | None] = ref_col()
    made_at: Mapped[int] = at_col()
    ended_at: Mapped[int | None] = at_col(nullable=True)
    __table_args__ = (owned_index("ix_import_batch_page", "id"),)


class ImportRow(FranchiseOwned, Base):
    """A staged row: its cells sealed until the batch is done, then what became of it.

    `person_id` is the member of a member list's row; `record_id` the item, staff member or card of the others.
    """

    __tablename__ = "import_row"
    import_batch = belongs_to("import_batch")
    number: Mapped[int] = count_col()
    cells_sealed: Mapped[bytes | None] = sealed_blob()
    cells = Sealed("cells_sealed")
    outcome: Mapped[str] = code_col(12, default="waiting")
    column: Mapped[str] = col(String(120), INTERNAL, default="")
    problem: Mapped[str] = col(Text, INTERNAL, default="")
    person_id: Mapped[int | None] = ref_col()
    record_id: Mapped[int | None] = ref_col()
    __table_args__ = (
        owned_unique("import_batch_id", "number"),
        owned_index("ix_import_row_outcome", "import_batch_id", "outcome", "number"),
    )
