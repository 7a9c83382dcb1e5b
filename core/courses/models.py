"""Courses that were sold, what each gives, their uses and what was undone (loyalty S18).

How many sessions are left stands in the ledger alone: an account of the unit `sessions` for each part, with a lot for
the sessions sold and one for those given on top.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from core.kernel.columns import (
    at_col,
    code_col,
    count_col,
    day_col,
    fen_col,
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


class Course(FranchiseOwned, Base):
    """A course pack or bundle that somebody owns. `expires_on` is the first day it can no longer be used.

    `legal_entity` was paid for it ("" is the franchise itself; None: sold before this was kept, its store says).
    `paid_fen` is what was paid for this piece, `refunded_fen` what of it was given back. States: open, frozen, ended
    (given back whole). What was agreed at the sale (`shared`, `transferable`, the days) stays as it was then.
    """

    __tablename__ = "course"
    person = belongs_to("person")
    item = belongs_to("item")
    item_code: Mapped[str] = code_col(40)
    source_kind: Mapped[str] = code_col(20)
    order_id: Mapped[int | None] = ref_col()
    order_line_id: Mapped[int | None] = ref_col()
    sessions: Mapped[int] = count_col()
    bonus_sessions: Mapped[int] = count_col()
    paid_fen: Mapped[int] = fen_col()
    refunded_fen: Mapped[int] = fen_col()
    starts_on: Mapped[date] = day_col()
    expires_on: Mapped[date | None] = day_col(nullable=True)
    state: Mapped[str] = code_col(10, default="open")
    frozen_on: Mapped[date | None] = day_col(nullable=True)
    frozen_days: Mapped[int] = count_col()
    shared: Mapped[bool] = flag_col()
    transferable: Mapped[bool] = flag_col()
    store_id: Mapped[int | None] = ref_col()
    made_at: Mapped[int] = at_col()
    legal_entity: Mapped[str | None] = label_col(nullable=True)
    version: Mapped[int] = count_col(default=1)
    __table_args__ = (
        owned_index("ix_course_person", "person_id", "id"),
        owned_index("ix_course_line", "order_line_id"),
        owned_index("ix_course_expiry", "expires_on", "id"),
        CheckConstraint("refunded_fen >= 0 AND refunded_fen <= paid_fen", name="refunded"),
        CheckConstraint("sessions >= 0 AND bonus_sessions >= 0", name="sessions"),
    )


class CoursePart(FranchiseOwned, Base):
    """What a course gives of one item. A pack has one part, a bundle one for each item in it.

    `paid_fen` is its share of the price by what the items cost alone; `refunded` sessions were given back.
    `used_before` were used in another system before the rest was brought along: shown, never booked.
    """

    __tablename__ = "course_part"
    course = belongs_to("course")
    item = belongs_to("item")
    item_code: Mapped[str] = code_col(40)
    number: Mapped[int] = count_col(default=1)
    sessions: Mapped[int] = count_col()
    bonus_sessions: Mapped[int] = count_col()
    paid_fen: Mapped[int] = fen_col()
    refunded: Mapped[int] = count_col()
    refunded_fen: Mapped[int] = fen_col()
    used_before: Mapped[int] = count_col(server_default="0")
    __table_args__ = (
        owned_unique("course_id", "number"),
        CheckConstraint("refunded >= 0 AND refunded <= sessions + bonus_sessions", name="refunded"),
        CheckConstraint("refunded_fen >= 0 AND refunded_fen <= paid_fen", name="refunded_fen"),
    )


class CourseUse(FranchiseOwned, Base):
    """One session used: who was treated by whom, where, worth how much, confirmed how. Append-only.

    `value_fen` is the share of the price that became revenue; `visit` whether it was the person's first visit of the
    day. `issuing` sold the course, `serving` treated: what they owe each other is settled (None: before this was kept).
    `person_id` owned the course then; `order_line_id` is the line of an order that the session paid for.
    """

    __tablename__ = "course_use"
    course = belongs_to("course")
    course_part = belongs_to("course_part")
    person_id: Mapped[int] = ref_col(nullable=False)
    for_person_id: Mapped[int] = ref_col(nullable=False)
    item_code: Mapped[str] = code_col(40)
    performer_id: Mapped[int | None] = ref_col()
    staff_id: Mapped[int | None] = ref_col()
    store_id: Mapped[int | None] = ref_col()
    order_id: Mapped[int | None] = ref_col()
    order_line_id: Mapped[int | None] = ref_col()
    value_fen: Mapped[int] = fen_col()
    visit: Mapped[bool] = flag_col()
    method: Mapped[str] = code_col(20)
    evidence_sealed: Mapped[bytes | None] = sealed_blob()
    evidence = Sealed("evidence_sealed")
    transfer_id: Mapped[int] = ref_col(nullable=False)
    issuing: Mapped[str | None] = label_col(nullable=True)
    serving: Mapped[str | None] = label_col(nullable=True)
    business_on: Mapped[date] = day_col()
    booked_at: Mapped[int] = at_col()
    door: Mapped[str] = code_col(10)
    __table_args__ = (
        owned_index("ix_course_use_part", "course_part_id"),
        owned_index("ix_course_use_course", "course_id", "id"),
        owned_index("ix_course_use_person", "for_person_id", "id"),
        owned_index("ix_course_use_line", "order_line_id"),
        owned_index("ix_course_use_day", "business_on", "id"),
        CheckConstraint("value_fen >= 0", name="value"),
    )


class CourseUseUndo(FranchiseOwned, Base):
    """A use that was taken back, once: the session is in its lot again. Append-only."""

    __tablename__ = "course_use_undo"
    course_use = belongs_to("course_use")
    transfer_id: Mapped[int] = ref_col(nullable=False)
    staff_id: Mapped[int | None] = ref_col()
    store_id: Mapped[int | None] = ref_col()
    reason_sealed: Mapped[bytes | None] = sealed_blob()
    reason = Sealed("reason_sealed")
    business_on: Mapped[date] = day_col()
    booked_at: Mapped[int] = at_col()
    door: Mapped[str] = code_col(10)
    __table_args__ = (owned_unique("course_use_id"),)


written_once(CourseUse)
written_once(CourseUseUndo)
