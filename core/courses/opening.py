"""Courses that were sold elsewhere: what is left of them comes along, and goes back untouched (issue "going live")."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from core.courses import rules, services
from core.kernel import audit
from core.kernel.ids import new_id
from core.ledger import opening as ledger_opening
from core.ledger import services as ledger
from core.ledger.opening import Opening

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from core.kernel.statements import Statements
    from core.ledger.services import Posting

ORIGIN = "opening"


@dataclass(frozen=True, slots=True)
class Sort:
    """A course of the catalogue in plain values, which outlive the unit that read them: sessions of one item."""

    item_id: int
    code: str
    of_item_id: int
    of_code: str
    months: int | None
    shared: bool
    transferable: bool


def sort_of(pack: services.Pack) -> Sort | None:
    """Return the sort of a course, or None for a bundle: one number does not say what is left of several items."""
    if len(pack.items) != 1:
        return None
    item, terms = pack.items[0], pack.terms
    return Sort(pack.item_id, pack.code, item.id, item.code, terms.months, terms.shared, terms.transferable)


@dataclass(frozen=True, slots=True)
class Brought:
    """What is left of a course: sessions of its one part, and what of the price they are worth (fen).

    `id` becomes that of the course; `expires_on` is the first day on which it can no longer be used; `used_before`
    sessions were used in the other system.
    """

    id: int
    person_id: int
    sort: Sort
    sessions: int
    paid_fen: int
    expires_on: date | None = None
    used_before: int = 0


def bring(st: Statements, brought: Sequence[Brought], posting: Posting) -> None:
    """Hand out the courses: each with one part and one lot of sessions."""
    courses, parts, openings = [], [], []
    for one in brought:
        sort, part_id = one.sort, new_id()
        courses.append({
            "id": one.id, "franchise_id": st.franchise_id, "person_id": one.person_id, "item_id": sort.item_id,
            "item_code": sort.code, "source_kind": ORIGIN, "order_id": None, "order_line_id": None,
            "sessions": one.sessions, "bonus_sessions": 0, "paid_fen": one.paid_fen, "refunded_fen": 0,
            "starts_on": posting.business_on, "expires_on": one.expires_on, "state": rules.OPEN, "frozen_on": None,
            "frozen_days": 0, "shared": sort.shared, "transferable": sort.transferable,
            "store_id": posting.store_id, "made_at": posting.booked_at, "version": 1,
        })  # fmt: skip
        parts.append({
            "id": part_id, "franchise_id": st.franchise_id, "course_id": one.id, "item_id": sort.of_item_id,
            "item_code": sort.of_code, "number": 1, "sessions": one.sessions, "bonus_sessions": 0,
            "paid_fen": one.paid_fen, "refunded": 0, "refunded_fen": 0, "used_before": one.used_before,
        })  # fmt: skip
        openings.append(
            Opening(
                services.OWNER, part_id, one.person_id, ledger.SESSIONS, one.sessions, services.OWNER, one.id,
                one.expires_on, "sold",
            )
        )  # fmt: skip
    st.insert_many("course", courses)
    st.insert_many("course_part", parts)
    ledger_opening.credit_many(st, openings, posting)


def used(st: Statements, course_ids: Collection[int]) -> set[int]:
    """Return the courses of which a session was used, or that were changed since."""
    if not course_ids:
        return set()
    marks = ", ".join("?" * len(course_ids))
    rows = st.all(
        f"SELECT id FROM course WHERE franchise_id = ? AND id IN ({marks}) AND (state <> 'open' OR version <> 1)"  # noqa: S608
        f" UNION SELECT course_id FROM course_use WHERE franchise_id = ? AND course_id IN ({marks})",
        [st.franchise_id, *course_ids, st.franchise_id, *course_ids],
    )
    return {int(row[0]) for row in rows} | ledger_opening.touched(st, (services.OWNER,), course_ids)


def take_back(st: Statements, course_ids: Collection[int], posting: Posting) -> None:
    """End untouched courses: their sessions go back whole, no money moves."""
    if not course_ids:
        return
    ledger_opening.take_back(st, (services.OWNER,), course_ids, posting)
    marks = ", ".join("?" * len(course_ids))
    st.run(
        "UPDATE course_part SET refunded = sessions + bonus_sessions, refunded_fen = paid_fen"  # noqa: S608 (marks)
        f" WHERE franchise_id = ? AND course_id IN ({marks})",
        [st.franchise_id, *course_ids],
    )
    st.run(
        "UPDATE course SET refunded_fen = paid_fen, state = 'ended', version = version + 1"  # noqa: S608 (marks)
        f" WHERE franchise_id = ? AND id IN ({marks})",
        [st.franchise_id, *course_ids],
    )


def note(st: Statements, one: Brought) -> None:
    """Write into the trail what a member brought along."""
    audit.insert(
        st, "courses.brought", "course", one.id, person_id=one.person_id,
        detail={"item": one.sort.code, "course_sessions": one.sessions, "paid_fen": one.paid_fen},
    )  # fmt: skip
