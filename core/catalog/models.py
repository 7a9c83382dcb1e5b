"""Items (service, goods, course, card, topup), their prices by day, and stock."""

from __future__ import annotations

from datetime import date

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
    day_col,
    fen_col,
    flag_col,
    label_col,
    owned_index,
    owned_unique,
    ref_col,
)
from core.kernel.db import Base, FranchiseOwned, belongs_to


class Item(FranchiseOwned, Base):
    """A service or goods in the catalogue. `attributes` is JSON: what plugins know of it, by key.

    `sensitive` items (drugs, treatments that tell a diagnosis) have their names sealed on orders.
    `price_fen` is what it cost when it was added and until the first dated price: what counts on a day is
    `catalog.prices.of`. `desk_script` stands beside its sale at the till, a line a sentence (S1-17).
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
    desk_script: Mapped[str] = col(Text, INTERNAL, default="", server_default="")
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


class ItemPrice(FranchiseOwned, Base):
    """What an item costs from a day on (S2-25): at every store (`scope` 0) or at one (`scope` its id).

    A store's price without an amount ends that store's own: the one of every store counts there again.
    A row whose day has passed is never changed.
    """

    __tablename__ = "item_price"
    item = belongs_to("item")
    store = belongs_to("store", nullable=True)
    # An empty store would not be unique.
    scope: Mapped[int] = count_col()
    valid_on: Mapped[date] = day_col()
    price_fen: Mapped[int | None] = fen_col(nullable=True)
    set_at: Mapped[int] = at_col()
    set_by: Mapped[int | None] = ref_col()
    __table_args__ = (
        owned_unique("item_id", "scope", "valid_on"),
        CheckConstraint("price_fen >= 0", name="price"),
        CheckConstraint("price_fen IS NOT NULL OR scope <> 0", name="amount"),
    )


class Stock(FranchiseOwned, Base):
    """How many of a goods item a store has."""

    __tablename__ = "stock"
    item = belongs_to("item")
    store = belongs_to("store")
    qty: Mapped[int] = count_col()
    __table_args__ = (owned_unique("item_id", "store_id"), CheckConstraint("qty >= 0", name="qty"))
