"""Items (service, goods, course, card, topup) and stock."""

from __future__ import annotations

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from core.kernel.columns import (
    INTERNAL,
    BigInteger,
    Text,
    at_col,
    code_col,
    col,
    count_col,
    fen_col,
    flag_col,
    label_col,
    owned_index,
    owned_unique,
)
from core.kernel.db import Base, FranchiseOwned, belongs_to


class Item(FranchiseOwned, Base):
    """A service or goods in the catalogue. `attributes` is JSON: what plugins know of it, by key.

    `sensitive` items (drugs, treatments that tell a diagnosis) have their names sealed on orders.
    """

    __tablename__ = "item"
    code: Mapped[str] = code_col(40)
    name: Mapped[str] = label_col()
    initials: Mapped[str] = label_col(60, default="")
    kind: Mapped[str] = code_col(10)
    price_fen: Mapped[int] = fen_col()
    category: Mapped[str] = label_col(40, default="")
    points_fixed: Mapped[int | None] = col(BigInteger, INTERNAL, nullable=True)
    sessions: Mapped[int] = count_col()
    bonus_fen: Mapped[int] = fen_col()
    barcode: Mapped[str] = code_col(40, default="")
    attributes: Mapped[str] = col(Text, INTERNAL, default="{}")
    sensitive: Mapped[bool] = flag_col()
    active: Mapped[bool] = flag_col(True)
    changed_at: Mapped[int] = at_col(default=0)
    version: Mapped[int] = count_col(default=1)
    __table_args__ = (
        owned_unique("code"),
        owned_index("ix_item_initials", "initials"),
        owned_index("ix_item_barcode", "barcode"),
        CheckConstraint("price_fen >= 0", name="price"),
    )


class Stock(FranchiseOwned, Base):
    """How many of a goods item a store has."""

    __tablename__ = "stock"
    item = belongs_to("item")
    store = belongs_to("store")
    qty: Mapped[int] = count_col()
    __table_args__ = (owned_unique("item_id", "store_id"), CheckConstraint("qty >= 0", name="qty"))
