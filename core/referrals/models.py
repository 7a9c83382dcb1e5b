"""Referrals, the codes they begin with, and the points each one gave (loyalty S22).

Points stand in the ledger; a grant says which transfer gave them and which took them back.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, text
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


class ReferralCode(FranchiseOwned, Base):
    """What a member hands on: 128 random bits for the QR code, and a short code to be read out."""

    __tablename__ = "referral_code"
    person = belongs_to("person")
    public_code: Mapped[str] = code_col(22)
    short_code: Mapped[str] = code_col(10)
    made_at: Mapped[int] = at_col()
    __table_args__ = (owned_unique("person_id"), owned_unique("public_code"), owned_unique("short_code"))


class Referral(FranchiseOwned, Base):
    """Who brought a person, once for ever. States: pending, rewarded, clawed_back, refused (`reason` says why).

    `door_key` names the sitting or token that enrolled them (a hash of its id), never a person's device.
    `order_id` is the order that decided it, `minimum_fen` the money it had to bring, as the setting was then.
    """

    __tablename__ = "referral"
    person = belongs_to("person")
    referrer = belongs_to("person")
    if TYPE_CHECKING:
        person_id: Mapped[int]
        referrer_id: Mapped[int]
    code_used: Mapped[str] = code_col(22, default="")
    source: Mapped[str] = code_col(10)
    state: Mapped[str] = code_col(12, default="pending")
    reason: Mapped[str] = code_col(20, default="")
    attached_at: Mapped[int] = at_col()
    attached_on: Mapped[date] = day_col()
    staff_id: Mapped[int | None] = ref_col()
    store_id: Mapped[int | None] = ref_col()
    why_sealed: Mapped[bytes | None] = sealed_blob()
    why = Sealed("why_sealed")
    order_id: Mapped[int | None] = ref_col()
    minimum_fen: Mapped[int] = fen_col()
    settled_on: Mapped[date | None] = day_col(nullable=True)
    clawed_on: Mapped[date | None] = day_col(nullable=True)
    door_key: Mapped[str] = code_col(40, default="", server_default="")
    __table_args__ = (
        owned_unique("person_id"),
        owned_index("ix_referral_referrer", "referrer_id", "id"),
        owned_index("ix_referral_order", "order_id"),
        owned_index(
            "ix_referral_door",
            "attached_on",
            "door_key",
            sqlite_where=text("door_key <> ''"),
            postgresql_where=text("door_key <> ''"),
        ),
        owned_index("ix_referral_state", "state", "id"),
        CheckConstraint("person_id <> referrer_id", name="self"),
        CheckConstraint("state IN ('pending', 'rewarded', 'clawed_back', 'refused')", name="state"),
    )


class ReferralGrant(FranchiseOwned, Base):
    """Points that a referral gave somebody: level 0 who came, 1 who brought them, 2 who brought these.

    A third level cannot be written down (Anti-pyramid Regulation 2005 art. 7; capabilities part D). `month` is
    year × 100 + month of the business date, `cap` the monthly most as it was then; `reversal_id` took them back.
    """

    __tablename__ = "referral_grant"
    referral = belongs_to("referral")
    person = belongs_to("person")
    level: Mapped[int] = count_col()
    points: Mapped[int] = count_col()
    month: Mapped[int] = count_col()
    cap: Mapped[int] = count_col()
    transfer_id: Mapped[int] = ref_col(nullable=False)
    reversal_id: Mapped[int | None] = ref_col()
    business_on: Mapped[date] = day_col()
    __table_args__ = (
        owned_unique("referral_id", "level"),
        owned_unique("transfer_id"),
        owned_index("ix_referral_grant_month", "person_id", "month"),
        CheckConstraint("level >= 0 AND level <= 2", name="level"),
        CheckConstraint("points > 0", name="points"),
    )
