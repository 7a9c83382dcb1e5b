"""Accounts, transfers, lots and lot uses (architecture.md section 3).

A transfer moves a positive amount of one unit from one account to another: one row, double entry by
construction, never updated or deleted. Owner accounts cache their balance: Σ lot.remaining − debt.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, text
from sqlalchemy.orm import Mapped

from core.kernel.columns import (
    at_col,
    code_col,
    count_col,
    day_col,
    label_col,
    owned_index,
    owned_unique,
    ref_col,
    sealed_blob,
)
from core.kernel.db import Base, FranchiseOwned, belongs_to
from core.kernel.sealed import Sealed
from core.kernel.triggers import written_once


class Account(FranchiseOwned, Base):
    """An account of one unit. Owner kinds: person, card, stored_value, house (owner id 0)."""

    __tablename__ = "account"
    owner_kind: Mapped[str] = code_col(20)
    owner_id: Mapped[int] = ref_col(nullable=False)
    person_id: Mapped[int | None] = ref_col()
    unit: Mapped[str] = code_col(20)
    bucket: Mapped[str] = code_col(20)
    balance: Mapped[int] = count_col()
    debt: Mapped[int] = count_col()
    __table_args__ = (
        owned_unique("owner_kind", "owner_id", "unit", "bucket"),
        CheckConstraint("debt >= 0", name="debt"),
        CheckConstraint("debt = 0 OR balance = -debt", name="debt_means_no_lot"),
        owned_index("ix_account_person", "person_id"),
    )


class Transfer(FranchiseOwned, Base):
    """A movement of value. Append-only (triggers)."""

    __tablename__ = "transfer"
    from_account = belongs_to("account")
    to_account = belongs_to("account")
    person_id: Mapped[int | None] = ref_col()
    unit: Mapped[str] = code_col(20)
    amount: Mapped[int] = count_col()
    reason: Mapped[str] = code_col(40)
    rule: Mapped[str] = code_col(60, default="")
    source_kind: Mapped[str] = code_col(30)
    source_id: Mapped[int] = ref_col(nullable=False)
    reverses_id: Mapped[int | None] = ref_col()
    business_on: Mapped[date] = day_col()
    booked_at: Mapped[int] = at_col()
    staff_id: Mapped[int | None] = ref_col()
    store_id: Mapped[int | None] = ref_col()
    door: Mapped[str] = code_col(10)
    note: Mapped[str] = label_col(200, default="")
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("from_account_id <> to_account_id", name="accounts"),
        owned_index("ix_transfer_from", "from_account_id", "id"),
        owned_index("ix_transfer_to", "to_account_id", "id"),
        owned_index("ix_transfer_person", "person_id", "unit", "id"),
        owned_index("ix_transfer_source", "source_kind", "source_id"),
    )


class Lot(FranchiseOwned, Base):
    """A credit with its own expiry. `expires_on` is the first day on which it can no longer be used.

    `opens_on` is the day on which a lot of a `pending` account becomes available.
    """

    __tablename__ = "lot"
    account = belongs_to("account")
    transfer = belongs_to("transfer")
    person_id: Mapped[int | None] = ref_col()
    amount: Mapped[int] = count_col()
    remaining: Mapped[int] = count_col()
    earned_on: Mapped[date] = day_col()
    expires_on: Mapped[date | None] = day_col(nullable=True)
    rule: Mapped[str] = code_col(60, default="")
    source_kind: Mapped[str] = code_col(30)
    source_id: Mapped[int] = ref_col(nullable=False)
    grace: Mapped[int] = count_col()
    opens_on: Mapped[date | None] = day_col(nullable=True)
    __table_args__ = (
        owned_index(
            "ix_lot_opening", "opens_on", "id",
            sqlite_where=text("remaining > 0 AND opens_on IS NOT NULL"),
            postgresql_where=text("remaining > 0 AND opens_on IS NOT NULL"),
        ),  # fmt: skip
        CheckConstraint("remaining >= 0 AND remaining <= amount", name="remaining"),
        owned_index(
            "ix_lot_open", "account_id", "expires_on", "id",
            sqlite_where=text("remaining > 0"), postgresql_where=text("remaining > 0"),
        ),
        owned_index(
            "ix_lot_expiry", "expires_on", "id",
            sqlite_where=text("remaining > 0"), postgresql_where=text("remaining > 0"),
        ),  # fmt: skip
        owned_index("ix_lot_source", "source_kind", "source_id"),
    )  # fmt: skip


class LotUse(FranchiseOwned, Base):
    """Which transfer took how much from which lot (negative: gave back). Append-only."""

    __tablename__ = "lot_use"
    transfer = belongs_to("transfer")
    lot = belongs_to("lot")
    amount: Mapped[int] = count_col()
    __table_args__ = (
        owned_unique("transfer_id", "lot_id"),
        owned_index("ix_lot_use_lot", "lot_id"),
        CheckConstraint("amount <> 0", name="amount"),
    )


class LotExtension(FranchiseOwned, Base):
    """A lot that was let live longer, from one first day of no use to a later one (S2-13). Append-only.

    `kind` is rule (the programme's) or hand (somebody's, with a reason).
    """

    __tablename__ = "lot_extension"
    lot = belongs_to("lot")
    person_id: Mapped[int | None] = ref_col()
    from_on: Mapped[date] = day_col()
    to_on: Mapped[date] = day_col()
    kind: Mapped[str] = code_col(10)
    reason_sealed: Mapped[bytes | None] = sealed_blob()
    reason = Sealed("reason_sealed")
    business_on: Mapped[date] = day_col()
    booked_at: Mapped[int] = at_col()
    staff_id: Mapped[int | None] = ref_col()
    store_id: Mapped[int | None] = ref_col()
    door: Mapped[str] = code_col(10)
    __table_args__ = (
        owned_unique("lot_id", "from_on"),
        owned_index("ix_lot_extension_person", "person_id", "id"),
        CheckConstraint("to_on > from_on", name="longer"),
    )


class LotBonus(FranchiseOwned, Base):
    """Points given because a large balance is about to end, instead of letting the lot live longer (S2-13), once a lot.

    `balance` is what could be used then, `transfer_id` the movement that gave `points`. Append-only.
    """

    __tablename__ = "lot_bonus"
    lot = belongs_to("lot")
    person_id: Mapped[int | None] = ref_col()
    points: Mapped[int] = count_col()
    balance: Mapped[int] = count_col()
    transfer_id: Mapped[int] = ref_col(nullable=False)
    business_on: Mapped[date] = day_col()
    booked_at: Mapped[int] = at_col()
    __table_args__ = (
        owned_unique("lot_id"),
        owned_index("ix_lot_bonus_person", "person_id", "id"),
        CheckConstraint("points > 0", name="points"),
    )


written_once(LotBonus)
written_once(Transfer)
written_once(LotUse)
written_once(LotExtension)
