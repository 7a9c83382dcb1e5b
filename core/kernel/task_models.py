"""Tables of long work and of lists: tasks with their parts, saved views."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.orm import Mapped

from core.kernel.columns import (
    INTERNAL,
    Text,
    at_col,
    code_col,
    col,
    count_col,
    flag_col,
    label_col,
    owned_index,
    owned_unique,
    ref_col,
    sealed_blob,
)
from core.kernel.db import Base, FranchiseOwned, belongs_to
from core.kernel.sealed import Sealed


class Task(FranchiseOwned, Base):
    """Long work that somebody asked for; where it stands is in the row, so that a killed one resumes.

    States: waiting, running, done, failed, cancelled, undoing, undone. `counts` is JSON of whole numbers,
    `undo_until` the last instant of an undo, `expires_at` when parts and file are wiped.
    """

    __tablename__ = "task"
    kind: Mapped[str] = code_col(60)
    title: Mapped[str] = label_col(120)
    staff_id: Mapped[int | None] = ref_col()
    store_id: Mapped[int | None] = ref_col()
    state: Mapped[str] = code_col(10, default="waiting")
    params_sealed: Mapped[bytes | None] = sealed_blob()
    params = Sealed("params_sealed")
    progress_sealed: Mapped[bytes | None] = sealed_blob()
    progress = Sealed("progress_sealed")
    problem_sealed: Mapped[bytes | None] = sealed_blob()
    problem = Sealed("problem_sealed")
    counts: Mapped[str] = col(Text, INTERNAL, default="{}")
    done: Mapped[int] = count_col()
    total: Mapped[int] = count_col()
    slices: Mapped[int] = count_col()
    worked_ms: Mapped[int] = count_col()
    asked_at: Mapped[int] = at_col()
    started_at: Mapped[int | None] = at_col(nullable=True)
    ended_at: Mapped[int | None] = at_col(nullable=True)
    lease_until: Mapped[int] = at_col(default=0)
    undo_until: Mapped[int] = at_col(default=0)
    expires_at: Mapped[int] = at_col()
    file_name: Mapped[str] = label_col(120, default="")
    file_bytes: Mapped[int] = count_col()
    __table_args__ = (
        owned_index("ix_task_page", "id"),
        owned_index("ix_task_staff", "staff_id", "id"),
        owned_index("ix_task_expiry", "expires_at"),
        owned_index(
            "ix_task_open", "id",
            sqlite_where=text("state IN ('waiting', 'running', 'undoing')"),
            postgresql_where=text("state IN ('waiting', 'running', 'undoing')"),
        ),
    )  # fmt: skip


class TaskPart(FranchiseOwned, Base):
    """A piece of a task: the rows it is about with what was there before, or a piece of its file.

    `data_sealed` is compressed, then sealed; it is wiped with the task's expiry.
    """

    __tablename__ = "task_part"
    task = belongs_to("task")
    if TYPE_CHECKING:
        task_id: Mapped[int]
    kind: Mapped[str] = code_col(10)
    number: Mapped[int] = count_col()
    rows: Mapped[int] = count_col()
    state: Mapped[str] = code_col(10, default="waiting")
    data_sealed: Mapped[bytes | None] = sealed_blob()
    __table_args__ = (owned_unique("task_id", "kind", "number"),)


class SavedView(FranchiseOwned, Base):
    """A named state of a list: its address (filters and sort) and columns; never what was searched for.

    Shared ones are everybody's who may see the list; `opens` is the view that the list opens with: the
    owner's own, or (shared) the franchise's.
    """

    __tablename__ = "saved_view"
    list_key: Mapped[str] = code_col(60)
    name: Mapped[str] = label_col(40)
    staff_id: Mapped[int] = ref_col(nullable=False)
    shared: Mapped[bool] = flag_col()
    opens: Mapped[bool] = flag_col()
    query: Mapped[str] = col(Text, INTERNAL, default="")
    columns: Mapped[str] = col(Text, INTERNAL, default="")
    version: Mapped[int] = count_col(default=1)
    changed_at: Mapped[int] = at_col()
    __table_args__ = (owned_index("ix_saved_view_list", "list_key", "id"),)
