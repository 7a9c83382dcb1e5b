"""Courses as people and programs see them: names, what is left, uses with who and when. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.catalog.models import Item
from core.courses import rules, services
from core.courses.models import Course, CourseUse, CourseUseUndo
from core.kernel import clock
from core.kernel.tenancy import current_actor
from core.org.models import Staff
from core.people.models import Person

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from sqlalchemy.orm import Session

    from core.courses.services import PartState

FAR = "9999-12-31"


@dataclass(frozen=True, slots=True)
class PartSeen:
    """A part with its item's name."""

    state: PartState
    name: str

    @property
    def code(self) -> str:
        """Return the code of the item."""
        return self.state.row.item_code

    @property
    def left(self) -> int:
        """Return the sessions usable today."""
        return self.state.usable

    @property
    def total(self) -> int:
        """Return the sessions it had in all, with those used before it was brought along, less those given back."""
        row = self.state.row
        return row.sessions + row.bonus_sessions + row.used_before - row.refunded


@dataclass(slots=True)
class CourseSeen:
    """A course with names and what is left of it, as of today."""

    row: Course
    name: str
    owner: str
    parts: list[PartSeen]

    @property
    def left(self) -> int:
        """Return the sessions usable today, frozen or not."""
        return sum(part.left for part in self.parts)

    @property
    def total(self) -> int:
        """Return the sessions it had in all, less those that were given back."""
        return sum(part.total for part in self.parts)

    def name_of(self, item_code: str) -> str:
        """Return what the item of a use is called."""
        return next((part.name for part in self.parts if part.code == item_code), item_code)

    @property
    def ends(self) -> date | None:
        """Return the first day on which the next session to be used can no longer be; None: it does not run out."""
        days = [part.state.soonest for part in self.parts if part.state.soonest]
        return min(days, default=self.row.expires_on)

    @property
    def until(self) -> date | None:
        """Return the last day on which the next session may be used; None: it does not run out."""
        return self.ends - timedelta(days=1) if self.ends else None

    @property
    def live(self) -> bool:
        """Return whether a session may be used today."""
        return self.row.state == rules.OPEN and self.left > 0

    @property
    def over(self) -> bool:
        """Return whether sessions were left when it ran out."""
        return self.left == 0 and any(part.state.left for part in self.parts)


def see(session: Session, rows: Iterable[Course]) -> list[CourseSeen]:
    """Return courses with their names and parts, live ones first and of these the soonest to end first."""
    found = list(rows)
    if not found:
        return []
    today = clock.today(current_actor().tz)
    parts = services.parts_of(session, [row.id for row in found], today)
    ids = {row.item_id for row in found} | {part.row.item_id for own in parts.values() for part in own}
    names = _names(session, Item, ids)
    owners = _names(session, Person, {row.person_id for row in found})
    seen = [
        CourseSeen(
            row, names.get(row.item_id, row.item_code), owners.get(row.person_id, ""),
            [PartSeen(part, names.get(part.row.item_id, part.row.item_code)) for part in parts[row.id]],
        )
        for row in found
    ]  # fmt: skip
    return sorted(seen, key=lambda one: (not one.live, str(one.ends or FAR), one.row.id))


def of_member(session: Session, person_id: int, kin: Iterable[int] = ()) -> list[CourseSeen]:
    """Return a member's courses and those that `kin` share with them, soonest to end first."""
    return see(session, services.owned_by(session, person_id, kin))


def of_order(session: Session, order_id: int, line_ids: Iterable[int]) -> list[CourseSeen]:
    """Return the courses that an order handed out, in the order of its pieces."""
    ids = list(line_ids)
    rows = session.scalars(select(Course).where(Course.order_line_id.in_(ids))).all() if ids else []
    return sorted(see(session, [row for row in rows if row.order_id == order_id]), key=lambda one: one.row.id)


def _names(session: Session, model: Any, ids: Iterable[int | None]) -> dict[int, str]:
    wanted = {one for one in ids if one}
    if not wanted:
        return {}
    return {row[0]: row[1] for row in session.execute(select(model.id, model.name).where(model.id.in_(wanted)))}


@dataclass(frozen=True, slots=True)
class UseSeen:
    """A use with the names of those who were there, and how it was taken back, if it was."""

    row: CourseUse
    treated: str
    performer: str
    staff: str
    undo: CourseUseUndo | None
    today: bool


def uses_of(session: Session, course_ids: Iterable[int], limit: int = 50) -> list[UseSeen]:
    """Return the latest uses of courses, newest first."""
    ids = list(course_ids)
    if not ids:
        return []
    rows = session.scalars(
        select(CourseUse).where(CourseUse.course_id.in_(ids)).order_by(CourseUse.id.desc()).limit(limit)
    ).all()
    undone = {
        row.course_use_id: row
        for row in session.scalars(
            select(CourseUseUndo).where(CourseUseUndo.course_use_id.in_([one.id for one in rows]))
        )
    }
    persons = _names(session, Person, {row.for_person_id for row in rows})
    staff = _names(session, Staff, {one for row in rows for one in (row.performer_id, row.staff_id)})
    today = clock.today(current_actor().tz)
    return [
        UseSeen(
            row, persons.get(row.for_person_id, ""), staff.get(row.performer_id or 0, ""),
            staff.get(row.staff_id or 0, ""), undone.get(row.id), row.business_on == today,
        )
        for row in rows
    ]  # fmt: skip


def to_json(seen: CourseSeen) -> dict[str, Any]:
    """Return a course as contract.md spells it, with its parts beside."""
    return {
        "id": str(seen.row.id), "item": seen.row.item_code, "name": seen.name, "remaining": seen.left,
        "total": seen.total, "expires_on": seen.ends.isoformat() if seen.ends else None, "state": seen.row.state,
        "shared": seen.row.shared, "owner": str(seen.row.person_id),
        "parts": [{"item": one.code, "remaining": one.left, "total": one.total} for one in seen.parts],
    }  # fmt: skip
