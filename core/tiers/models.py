"""Qualifying events, tier standings, tiers set by hand."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped

from core.kernel.columns import (
    at_col,
    code_col,
    count_col,
    day_col,
    flag_col,
    label_col,
    owned_index,
    owned_unique,
    ref_col,
    sealed_blob,
)
from core.kernel.db import Base, FranchiseOwned, belongs_to
from core.kernel.sealed import Sealed
from core.kernel.triggers import written_once


class TierEvent(FranchiseOwned, Base):
    """What counts towards a tier: money received, a visit, points, a top-up. A refund is negative,
    at the effective date of what it takes back (S14). Append-only."""

    __tablename__ = "tier_event"
    person = belongs_to("person")
    spend_fen: Mapped[int] = count_col()
    visits: Mapped[int] = count_col()
    points: Mapped[int] = count_col()
    topup_fen: Mapped[int] = count_col()
    effective_on: Mapped[date] = day_col()
    booked_at: Mapped[int] = at_col()
    source_kind: Mapped[str] = code_col(30)
    source_id: Mapped[int] = ref_col(nullable=False)
    __table_args__ = (
        owned_index("ix_tier_event_person", "person_id", "effective_on", "id"),
        owned_index("ix_tier_event_day", "effective_on", "id"),
    )


class TierStanding(FranchiseOwned, Base):
    """A dated standing: which tier from when, until when it is kept at least, and why. Append-only."""

    __tablename__ = "tier_standing"
    person = belongs_to("person")
    tier_code: Mapped[str] = code_col(40)
    since_on: Mapped[date] = day_col()
    keep_until_on: Mapped[date | None] = day_col(nullable=True)
    cause: Mapped[str] = code_col(40)
    reason: Mapped[str] = label_col(200, default="")
    source_kind: Mapped[str] = code_col(30)
    source_id: Mapped[int] = ref_col(nullable=False)
    programme_number: Mapped[int] = count_col()
    at: Mapped[int] = at_col()
    __table_args__ = (owned_index("ix_tier_standing_person", "person_id", "id"),)


class TierMovement(FranchiseOwned, Base):
    """What a new programme version does to the tiers of all members, booked once at its day by a job.

    `position` is the last person done, so a killed run goes on; `previewed` the moves shown before publishing.
    """

    __tablename__ = "tier_movement"
    programme_number: Mapped[int] = count_col()
    effective_at: Mapped[int] = at_col()
    keep_holders: Mapped[bool] = flag_col()
    previewed: Mapped[int] = count_col()
    position: Mapped[int] = count_col()
    moved: Mapped[int] = count_col()
    kept: Mapped[int] = count_col()
    ended_at: Mapped[int | None] = at_col(nullable=True)
    __table_args__ = (owned_unique("programme_number"),)


class TierOverride(FranchiseOwned, Base):
    """A tier set by hand from `start_on` through `until_on`, with its reason; ended early at `ended_at`.

    A person has at most one that is not ended.
    """

    __tablename__ = "tier_override"
    person = belongs_to("person")
    tier_code: Mapped[str] = code_col(40)
    start_on: Mapped[date] = day_col()
    until_on: Mapped[date] = day_col()
    reason_sealed: Mapped[bytes | None] = sealed_blob()
    reason = Sealed("reason_sealed")
    staff_id: Mapped[int | None] = ref_col()
    made_at: Mapped[int] = at_col()
    approval_id: Mapped[int | None] = ref_col()
    ended_at: Mapped[int | None] = at_col(nullable=True)
    ended_by: Mapped[int | None] = ref_col()
    __table_args__ = (
        Index(
            "uq_tier_override_live", "franchise_id", "person_id", unique=True,
            sqlite_where=text("ended_at IS NULL"), postgresql_where=text("ended_at IS NULL"),
        ),
        CheckConstraint("until_on >= start_on", name="days"),
    )  # fmt: skip


written_once(TierEvent)
written_once(TierStanding)
