"""The open basket of a till."""

from __future__ import annotations

from sqlalchemy.orm import Mapped

from core.kernel.columns import (
    at_col,
    code_col,
    count_col,
    owned_unique,
    ref_col,
    sealed_blob,
)
from core.kernel.db import Base, FranchiseOwned
from core.kernel.sealed import Sealed


class TillDraft(FranchiseOwned, Base):
    """The open basket of one till session, sealed: lock, crash and restart keep it."""

    __tablename__ = "till_draft"
    web_session_id: Mapped[int] = ref_col(nullable=False)
    person_id: Mapped[int | None] = ref_col()
    basket_sealed: Mapped[bytes | None] = sealed_blob()
    basket = Sealed("basket_sealed")
    pay_key: Mapped[str] = code_col(40, default="")
    changed_at: Mapped[int] = at_col()
    version: Mapped[int] = count_col(default=1)
    __table_args__ = (owned_unique("web_session_id"),)
