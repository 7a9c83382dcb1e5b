"""Redemptions and what they handed out, notices of points that run out, looks at what seemed odd.

How many points a redemption cost stands in the ledger alone: its row names the transfers.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, text
from sqlalchemy.orm import Mapped

import core.ledger.models  # noqa: F401 (notices and held points name its tables)
from core.kernel.columns import (
    at_col,
    code_col,
    count_col,
    day_col,
    fen_col,
    label_col,
    owned_index,
    owned_unique,
    ref_col,
    sealed_blob,
)
from core.kernel.db import Base, FranchiseOwned, belongs_to
from core.kernel.sealed import Sealed
from core.kernel.triggers import written_once


class Redemption(FranchiseOwned, Base):
    """A reward that somebody takes for points (loyalty S23). `name`, `points`, `cash_fen` are those of that moment.

    `points` and `cash_fen` are of all pieces together. States: reserved (points held, stock aside, until
    `reserved_until`), confirmed (paid, to be handed over), fulfilled, cancelled, expired (the reservation ran out).
    """

    __tablename__ = "redemption"
    person = belongs_to("person")
    store_id: Mapped[int | None] = ref_col()
    staff_id: Mapped[int | None] = ref_col()
    reward: Mapped[str] = code_col(40)
    name: Mapped[str] = label_col()
    kind: Mapped[str] = code_col(10)
    programme_number: Mapped[int] = count_col()
    item = belongs_to("item", nullable=True)
    qty: Mapped[int] = count_col(default=1)
    points: Mapped[int] = count_col()
    cash_fen: Mapped[int] = fen_col()
    state: Mapped[str] = code_col(10, default="reserved")
    reserved_until: Mapped[int | None] = at_col(nullable=True)
    hold_id: Mapped[int | None] = ref_col()
    transfer_id: Mapped[int | None] = ref_col()
    restore_id: Mapped[int | None] = ref_col()
    order_id: Mapped[int | None] = ref_col()
    reason_sealed: Mapped[bytes | None] = sealed_blob()
    reason = Sealed("reason_sealed")
    business_on: Mapped[date] = day_col()
    made_at: Mapped[int] = at_col()
    confirmed_at: Mapped[int | None] = at_col(nullable=True)
    ended_at: Mapped[int | None] = at_col(nullable=True)
    door: Mapped[str] = code_col(10)
    version: Mapped[int] = count_col(default=1)
    __table_args__ = (
        owned_index("ix_redemption_person", "person_id", "id"),
        owned_index(
            "ix_redemption_open", "reserved_until", "id",
            sqlite_where=text("state = 'reserved'"), postgresql_where=text("state = 'reserved'"),
        ),
        owned_index("ix_redemption_day", "business_on", "id"),
        owned_index("ix_redemption_reward", "reward", "id"),
        owned_index("ix_redemption_order", "order_id"),
        CheckConstraint("qty > 0 AND points >= 0 AND cash_fen >= 0", name="amounts"),
        CheckConstraint("state <> 'reserved' OR reserved_until IS NOT NULL", name="until"),
    )  # fmt: skip


class RedemptionGift(FranchiseOwned, Base):
    """A coupon or a course that a redemption handed out. Append-only."""

    __tablename__ = "redemption_gift"
    redemption = belongs_to("redemption")
    kind: Mapped[str] = code_col(10)
    gift_id: Mapped[int] = ref_col(nullable=False)
    __table_args__ = (owned_unique("kind", "gift_id"), owned_index("ix_redemption_gift_of", "redemption_id", "id"))


class ExpiryNotice(FranchiseOwned, Base):
    """That a member was told (or could not be told) of a lot about to run out: once a lot, ever (S2-12).

    `state` is queued, or why nothing could be: no_consent, no_contact, no_template. Append-only.
    """

    __tablename__ = "expiry_notice"
    lot = belongs_to("lot")
    person = belongs_to("person")
    points: Mapped[int] = count_col()
    expires_on: Mapped[date] = day_col()
    state: Mapped[str] = code_col(12)
    channel: Mapped[str] = code_col(10, default="")
    business_on: Mapped[date] = day_col()
    made_at: Mapped[int] = at_col()
    __table_args__ = (
        owned_unique("lot_id"),
        owned_index("ix_expiry_notice_person", "person_id", "id"),
        owned_index("ix_expiry_notice_day", "business_on", "id"),
    )


class AnomalyReview(FranchiseOwned, Base):
    """Somebody looked at a row of the anomaly list and wrote down what it was (S2-26). Append-only."""

    __tablename__ = "anomaly_review"
    kind: Mapped[str] = code_col(20)
    subject_id: Mapped[int] = ref_col(nullable=False)
    business_on: Mapped[date] = day_col()
    staff_id: Mapped[int | None] = ref_col()
    note_sealed: Mapped[bytes | None] = sealed_blob()
    note = Sealed("note_sealed")
    made_at: Mapped[int] = at_col()
    __table_args__ = (owned_unique("kind", "subject_id", "business_on"),)


written_once(RedemptionGift)
written_once(ExpiryNotice)
written_once(AnomalyReview)
