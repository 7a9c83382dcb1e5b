"""Findings that were shown on a settled basket, and who let them pass."""

from __future__ import annotations

from sqlalchemy.orm import Mapped

from core.care import visit_models  # noqa: F401 (tables of visits and photos)
from core.kernel.columns import (
    at_col,
    code_col,
    count_col,
    owned_index,
    ref_col,
    sealed_blob,
)
from core.kernel.db import Base, FranchiseOwned
from core.kernel.sealed import Sealed
from core.kernel.triggers import written_once


class Finding(FranchiseOwned, Base):
    """A finding kept with its order (or, in `order_id`, its course use), with the override that passed it."""

    __tablename__ = "finding"
    order_id: Mapped[int] = ref_col(nullable=False)
    person_id: Mapped[int | None] = ref_col()
    line_no: Mapped[int] = count_col()
    plugin: Mapped[str] = code_col(40)
    code: Mapped[str] = code_col(80)
    severity: Mapped[str] = code_col(20)
    text_sealed: Mapped[bytes | None] = sealed_blob()
    text = Sealed("text_sealed")
    override_by: Mapped[int | None] = ref_col()
    override_at: Mapped[int | None] = at_col(nullable=True)
    reason_sealed: Mapped[bytes | None] = sealed_blob()
    reason = Sealed("reason_sealed")
    __table_args__ = (
        owned_index("ix_finding_order", "order_id"),
        owned_index("ix_finding_person", "person_id", "id"),
    )


written_once(Finding)
