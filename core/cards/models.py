"""Cards, the households that share them, and their seats (S1-01..04, S1-12)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from core.kernel.columns import (
    SECRET,
    LargeBinary,
    at_col,
    code_col,
    col,
    count_col,
    day_col,
    owned_index,
    owned_unique,
    ref_col,
    sealed_blob,
)
from core.kernel.db import Base, FranchiseOwned, belongs_to
from core.kernel.sealed import Sealed


class Card(FranchiseOwned, Base):
    """A membership card. `product_code` names the card product of the programme it was sold under;
    `terms` freezes that product as sold. `valid_until` is the last usable day, empty for life.
    `source` is `import` for a card that was sold elsewhere: it has no order here, so no refund touches it."""

    __tablename__ = "card"
    person = belongs_to("person")
    number: Mapped[str] = code_col(20)
    product_code: Mapped[str] = code_col(40)
    status: Mapped[str] = code_col(10, default="active")
    seats: Mapped[int] = count_col(default=1)
    valid_from: Mapped[date] = day_col()
    valid_until: Mapped[date | None] = day_col(nullable=True)
    programme_number: Mapped[int] = count_col()
    order_id: Mapped[int | None] = ref_col()
    source: Mapped[str] = code_col(10, default="", server_default="")
    qr_hash: Mapped[bytes] = col(LargeBinary, SECRET)
    qr_sealed: Mapped[bytes | None] = sealed_blob()
    qr = Sealed("qr_sealed")
    issued_at: Mapped[int] = at_col()
    version: Mapped[int] = count_col(default=1)
    __table_args__ = (
        owned_unique("number"),
        owned_unique("qr_hash"),
        owned_index("ix_card_person", "person_id", "id"),
        owned_index("ix_card_order", "order_id"),
    )


class Household(FranchiseOwned, Base):
    """The people who share a card, around its holder."""

    __tablename__ = "household"
    card = belongs_to("card")
    holder_id: Mapped[int] = ref_col(nullable=False)
    made_at: Mapped[int] = at_col()
    version: Mapped[int] = count_col(default=1)
    __table_args__ = (owned_unique("card_id"), owned_index("ix_household_holder", "holder_id"))


class CardSeat(FranchiseOwned, Base):
    """A person's seat on a shared card; the holder has one too. Left seats stay as history."""

    __tablename__ = "card_seat"
    card = belongs_to("card")
    person = belongs_to("person")
    role: Mapped[str] = code_col(20)
    joined_at: Mapped[int] = at_col()
    left_at: Mapped[int | None] = at_col(nullable=True)
    __table_args__ = (
        Index(
            "uq_card_seat_live", "franchise_id", "card_id", "person_id", unique=True,
            sqlite_where=text("left_at IS NULL"), postgresql_where=text("left_at IS NULL"),
        ),
        owned_index("ix_card_seat_person", "person_id"),
    )  # fmt: skip
