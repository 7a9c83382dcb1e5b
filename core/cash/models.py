"""Shifts, cash put in and taken out, day closes with the tenders that somebody ticked."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped

from core.kernel.columns import (
    at_col,
    code_col,
    count_col,
    day_col,
    fen_col,
    owned_index,
    owned_unique,
    ref_col,
    sealed_blob,
)
from core.kernel.db import Base, FranchiseOwned, belongs_to
from core.kernel.sealed import Sealed
from core.kernel.triggers import final_once, written_once


class Shift(FranchiseOwned, Base):
    """Somebody's time at the drawer of a store, from the float to the count. Final once it is closed.

    `expected_fen` is what should lie there at the close, `counted_fen` what was counted, `difference_fen` counted
    less expected. `first_counted_fen` is the very first count, made without knowing what is expected, and `counts`
    how often was counted: whoever counts again until it fits is seen. While a shift is open `counted_fen` is the
    last count that did not fit.
    """

    __tablename__ = "shift"
    store = belongs_to("store")
    staff = belongs_to("staff")
    float_fen: Mapped[int] = fen_col()
    opened_at: Mapped[int] = at_col()
    business_on: Mapped[date] = day_col()
    first_counted_fen: Mapped[int | None] = fen_col(nullable=True, default=None)
    counts: Mapped[int] = count_col()
    closed_at: Mapped[int | None] = at_col(nullable=True)
    closed_by: Mapped[int | None] = ref_col()
    approved_by: Mapped[int | None] = ref_col()
    expected_fen: Mapped[int | None] = fen_col(nullable=True, default=None)
    counted_fen: Mapped[int | None] = fen_col(nullable=True, default=None)
    difference_fen: Mapped[int] = fen_col()
    reason_sealed: Mapped[bytes | None] = sealed_blob()
    reason = Sealed("reason_sealed")
    version: Mapped[int] = count_col(default=1)
    __table_args__ = (
        CheckConstraint("float_fen >= 0", name="float"),
        CheckConstraint("closed_at IS NULL OR counted_fen - expected_fen = difference_fen", name="difference"),
        Index(
            "uq_shift_open", "franchise_id", "store_id", "staff_id", unique=True,
            sqlite_where=text("closed_at IS NULL"), postgresql_where=text("closed_at IS NULL"),
        ),
        owned_index("ix_shift_day", "store_id", "business_on", "id"),
        owned_index("ix_shift_since", "business_on", "id"),
        owned_index("ix_shift_page", "store_id", "id"),
        owned_index(
            "ix_shift_different", "id",
            sqlite_where=text("difference_fen <> 0"), postgresql_where=text("difference_fen <> 0"),
        ),
    )  # fmt: skip


class CashMovement(FranchiseOwned, Base):
    """Cash put into a drawer or taken out of it beside sales and refunds. Append-only."""

    __tablename__ = "cash_movement"
    shift = belongs_to("shift")
    staff_id: Mapped[int] = ref_col(nullable=False)
    kind: Mapped[str] = code_col(4)
    code: Mapped[str] = code_col(20)
    amount_fen: Mapped[int] = fen_col()
    reason_sealed: Mapped[bytes | None] = sealed_blob()
    reason = Sealed("reason_sealed")
    made_at: Mapped[int] = at_col()
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount"),
        CheckConstraint("kind IN ('in', 'out')", name="kind"),
        owned_index("ix_cash_movement_shift", "shift_id", "id"),
    )


class DayClose(FranchiseOwned, Base):
    """A store's business day that was shut: its sums, the differences, and the head of the audit chain then.

    `difference_fen` is what tenders were counted more or less than the books say, `shift_difference_fen` the sum of
    the shifts' differences. Append-only; a correction belongs to the next business date (B51).
    """

    __tablename__ = "day_close"
    store = belongs_to("store")
    business_on: Mapped[date] = day_col()
    received_fen: Mapped[int] = fen_col()
    refunded_fen: Mapped[int] = fen_col()
    difference_fen: Mapped[int] = fen_col()
    shift_difference_fen: Mapped[int] = fen_col()
    shifts: Mapped[int] = count_col()
    audit_block: Mapped[int] = count_col()
    audit_head: Mapped[str] = code_col(64, default="")
    closed_by: Mapped[int] = ref_col(nullable=False)
    closed_at: Mapped[int] = at_col()
    version: Mapped[int] = count_col(default=1)
    __table_args__ = (
        owned_unique("store_id", "business_on"),
        owned_index("ix_day_close_day", "business_on", "id"),
        owned_index("ix_day_close_page", "store_id", "id"),
        owned_index(
            "ix_day_close_different", "business_on", "id",
            sqlite_where=text("difference_fen <> 0 OR shift_difference_fen <> 0"),
            postgresql_where=text("difference_fen <> 0 OR shift_difference_fen <> 0"),
        ),
    )  # fmt: skip


class DayTender(FranchiseOwned, Base):
    """A way to pay of a closed day: what the books say, what was counted or stood on the terminal's slip, and why."""

    __tablename__ = "day_tender"
    day_close = belongs_to("day_close")
    kind: Mapped[str] = code_col(30)
    received_fen: Mapped[int] = fen_col()
    refunded_fen: Mapped[int] = fen_col()
    counted_fen: Mapped[int] = fen_col()
    difference_fen: Mapped[int] = fen_col()
    reason_sealed: Mapped[bytes | None] = sealed_blob()
    reason = Sealed("reason_sealed")
    __table_args__ = (
        owned_unique("day_close_id", "kind"),
        CheckConstraint("counted_fen - (received_fen - refunded_fen) = difference_fen", name="difference"),
    )


final_once(Shift, "closed_at")
written_once(CashMovement)
written_once(DayClose)
written_once(DayTender)
