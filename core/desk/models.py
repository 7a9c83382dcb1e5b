"""The open basket of a till, and baskets that wait."""

from __future__ import annotations

from sqlalchemy.orm import Mapped

from core.kernel.columns import (
    at_col,
    code_col,
    count_col,
    owned_index,
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


class HeldBasket(FranchiseOwned, Base):
    """A basket put aside at a store until somebody takes it up again: sealed, whoever signs in (挂单)."""

    __tablename__ = "held_basket"
    store_id: Mapped[int] = ref_col(nullable=False)
    staff_id: Mapped[int | None] = ref_col()
    person_id: Mapped[int | None] = ref_col()
    lines: Mapped[int] = count_col()
    basket_sealed: Mapped[bytes | None] = sealed_blob()
    basket = Sealed("basket_sealed")
    held_at: Mapped[int] = at_col()
    __table_args__ = (owned_index("ix_held_basket_store", "store_id", "held_at"),)
