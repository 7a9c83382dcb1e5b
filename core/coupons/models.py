"""Coupons and their uses. A coupon knows its source (kind, id), never a card."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from core.kernel.columns import (
    INTERNAL,
    Text,
    at_col,
    code_col,
    col,
    count_col,
    day_col,
    fen_col,
    label_col,
    owned_index,
    ref_col,
)
from core.kernel.db import Base, FranchiseOwned, belongs_to


class Coupon(FranchiseOwned, Base):
    """A coupon that one person holds. `terms` is the JSON of its rule on the day it was issued (S2-25).

    Coupons bundled in a card or a tier have no row: they are derived, and only their uses are kept.
    """

    __tablename__ = "coupon"
    person = belongs_to("person")
    code: Mapped[str] = code_col(40)
    name: Mapped[str] = label_col()
    terms: Mapped[str] = col(Text, INTERNAL, default="{}")
    valid_from: Mapped[date] = day_col()
    valid_until: Mapped[date | None] = day_col(nullable=True)
    state: Mapped[str] = code_col(10, default="open")
    source_kind: Mapped[str] = code_col(30)
    source_id: Mapped[int] = ref_col(nullable=False)
    made_at: Mapped[int] = at_col()
    __table_args__ = (
        owned_index(
            "ix_coupon_open", "person_id", "valid_until",
            sqlite_where=text("state = 'open'"), postgresql_where=text("state = 'open'"),
        ),
        owned_index("ix_coupon_source", "source_kind", "source_id"),
    )  # fmt: skip


class CouponUse(FranchiseOwned, Base):
    """A use of a coupon for the person treated.

    `key` names what may be used once (a coupon row, or a card's coupon of a person and card year) and
    `ordinal` the use within it, so a second use is impossible by constraint. A use that was given back
    (`returned_at`) no longer counts. `coupon_id` is empty for a coupon bundled in a card or a tier.
    """

    __tablename__ = "coupon_use"
    coupon = belongs_to("coupon", nullable=True)
    person_id: Mapped[int | None] = ref_col()
    source_kind: Mapped[str] = code_col(30)
    source_id: Mapped[int] = ref_col(nullable=False)
    code: Mapped[str] = code_col(40)
    key: Mapped[str] = code_col(160)
    ordinal: Mapped[int] = count_col(default=1)
    order_id: Mapped[int] = ref_col(nullable=False)
    line_no: Mapped[int] = count_col()
    pieces: Mapped[int] = count_col(default=1)
    saved_fen: Mapped[int] = fen_col()
    used_at: Mapped[int] = at_col()
    returned_at: Mapped[int | None] = at_col(nullable=True)
    __table_args__ = (
        Index(
            "uq_coupon_use_live",
            "franchise_id",
            "key",
            "ordinal",
            unique=True,
            sqlite_where=text("returned_at IS NULL"),
            postgresql_where=text("returned_at IS NULL"),
        ),
        owned_index("ix_coupon_use_order", "order_id"),
        owned_index("ix_coupon_use_source", "source_kind", "source_id", "key"),
        owned_index("ix_coupon_use_person", "person_id", "id"),
    )
