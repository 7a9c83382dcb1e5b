"""Verbs of courses: issue what was bought, find, say what is left; take a session, give one back.

The caller holds the write unit; `lock` comes before anything that reads what it will change. Orders own the events
(sale, use, refund): these verbs only keep the books of a course.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.catalog.models import Item
from core.courses import rules
from core.courses.models import Course, CoursePart, CourseUse, CourseUseUndo
from core.kernel import audit
from core.kernel.days import add_months
from core.kernel.errors import NotFound
from core.kernel.i18n import _
from core.kernel.ids import new_id, parse_id
from core.kernel.money import split_largest_remainder
from core.kernel.statements import Statements, as_date
from core.kernel.tenancy import current_actor
from core.ledger import services as ledger

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

OWNER = "course"
MOST = 100  # of one person's courses, the latest: what is older was used up long ago


@dataclass(frozen=True, slots=True)
class Pack:
    """What a piece of an item hands out, with the items it names: `terms.parts[n]` gives `items[n]`.

    `weights` are what the parts cost alone, fen: the price of the piece is shared by them (S20).
    """

    item_id: int
    code: str
    terms: rules.Terms
    items: tuple[Item, ...]
    weights: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a course comes from: `kind` order, reward or opening."""

    kind: str
    order_id: int | None = None
    order_line_id: int | None = None


@dataclass(frozen=True, slots=True)
class PartState:
    """A part as of a day: usable sessions, the soonest day they end, live uses and what these were worth (fen)."""

    row: CoursePart
    usable: int
    soonest: date | None
    used: int
    used_fen: int

    @property
    def open_fen(self) -> int:
        """Return what of the price is neither used nor given back."""
        return self.row.paid_fen - self.row.refunded_fen - self.used_fen

    @property
    def left(self) -> int:
        """Return the sessions neither used nor given back, run out or not: they share `open_fen`."""
        return self.row.sessions + self.row.bonus_sessions - self.row.refunded - self.used


# -- issuing ---------------------------------------------------------------------------------------


def issue(
    st: Statements, pack: Pack, person_id: int, paid_fen: int, posting: ledger.Posting, origin: Origin, *,
    house: str = "issued", starts_on: date | None = None, entity: str | None = None,
) -> int:  # fmt: skip
    """Hand out one piece of `pack` to a person who paid `paid_fen` for it; return the course's id.

    `entity` is the legal entity that was paid (None: that of the store says).

    Runs from `starts_on` (None: the posting's day); its sessions are credited as lots `sold` and `bonus` of each part.
    """
    course_id, terms, begins = new_id(), pack.terms, starts_on or posting.business_on
    ends = add_months(begins, terms.months) if terms.months else None
    st.insert(
        "course",
        {
            "id": course_id, "franchise_id": st.franchise_id, "person_id": person_id, "item_id": pack.item_id,
            "item_code": pack.code, "source_kind": origin.kind, "order_id": origin.order_id,
            "order_line_id": origin.order_line_id, "sessions": terms.sessions, "bonus_sessions": terms.bonus,
            "paid_fen": paid_fen, "refunded_fen": 0, "starts_on": begins, "expires_on": ends,
            "state": rules.OPEN, "frozen_on": None, "frozen_days": 0, "shared": terms.shared,
            "transferable": terms.transferable, "store_id": posting.store_id, "made_at": posting.booked_at,
            "legal_entity": entity, "version": 1,
        },
    )  # fmt: skip
    shares = split_largest_remainder(paid_fen, list(pack.weights)) if sum(pack.weights) else [paid_fen, *[0] * 99]
    for number, (part, item) in enumerate(zip(terms.parts, pack.items, strict=True), 1):
        part_id = new_id()
        st.insert(
            "course_part",
            {
                "id": part_id, "franchise_id": st.franchise_id, "course_id": course_id, "item_id": item.id,
                "item_code": item.code, "number": number, "sessions": part.sessions, "bonus_sessions": part.bonus,
                "paid_fen": shares[number - 1], "refunded": 0, "refunded_fen": 0,
            },
        )  # fmt: skip
        balance = ledger.balance_of(st, OWNER, part_id, ledger.SESSIONS, person_id)
        for amount, rule in ((part.sessions, "sold"), (part.bonus, "bonus")):
            if amount:
                ledger.credit(
                    st, balance, ledger.SESSIONS, amount, posting.of(OWNER, course_id), reason="sale", rule=rule,
                    expires_on=ends, house=house,
                )  # fmt: skip
    audit.insert(
        st, "courses.issued", "course", course_id, person_id=person_id,
        detail={"item": pack.code, "course_sessions": terms.sessions, "bonus_sessions": terms.bonus,
                "paid_fen": paid_fen},
    )  # fmt: skip
    return course_id


# -- finding ---------------------------------------------------------------------------------------


def get(session: Session, course_id: Any) -> Course:
    """Return a course of the franchise; raise NotFound."""
    wanted = course_id if isinstance(course_id, int) else parse_id(course_id)
    row = session.get(Course, wanted) if wanted else None
    if row is None:
        raise NotFound(_("没有找到这个疗程。"))
    return row


def lock(session: Session, course_ids: Iterable[int]) -> list[Course]:
    """Lock courses in order of id and return them as they are now."""
    ids = sorted(set(course_ids))
    Statements(session, current_actor().franchise_id).lock("course", ids)
    if not ids:
        return []
    return list(
        session.scalars(
            select(Course).where(Course.id.in_(ids)).order_by(Course.id).execution_options(populate_existing=True)
        )
    )


def of_lines(session: Session, line_ids: Iterable[int]) -> list[int]:
    """Return the ids of the courses that order lines handed out."""
    ids = list(line_ids)
    return list(session.scalars(select(Course.id).where(Course.order_line_id.in_(ids)))) if ids else []


def owned_by(session: Session, person_id: int, kin: Iterable[int] = ()) -> list[Course]:
    """Return a person's courses and those that `kin` share, in the order of sale, but for those given back whole."""
    own = list(
        session.scalars(
            select(Course)
            .where(Course.person_id == person_id, Course.state != rules.ENDED)
            .order_by(Course.id.desc())
            .limit(MOST)
        )
    )
    others = sorted(set(kin) - {person_id})
    if others:
        shared = select(Course).where(
            Course.person_id.in_(others), Course.shared.is_(True), Course.state != rules.ENDED
        ).order_by(Course.id.desc()).limit(MOST)  # fmt: skip
        own += session.scalars(shared)
    return sorted(own, key=lambda one: one.id)


def parts_of(session: Session, course_ids: Iterable[int], on: date) -> dict[int, list[PartState]]:
    """Return the parts of courses as of the day `on`, by course id, in three statements however many there are."""
    ids = list(course_ids)
    found: dict[int, list[PartState]] = {one: [] for one in ids}
    if not ids:
        return found
    rows = session.scalars(
        select(CoursePart).where(CoursePart.course_id.in_(ids)).order_by(CoursePart.course_id, CoursePart.number)
        .execution_options(populate_existing=True)
    ).all()  # fmt: skip
    st = Statements(session, current_actor().franchise_id)
    usable, used = _usable(st, [row.id for row in rows], on), _used(st, [row.id for row in rows])
    for row in rows:
        amount, soonest = usable.get(row.id, (0, None))
        times, worth = used.get(row.id, (0, 0))
        found[row.course_id].append(PartState(row, amount, soonest, times, worth))
    return found


def _usable(st: Statements, part_ids: Sequence[int], on: date) -> dict[int, tuple[int, date | None]]:
    if not part_ids:
        return {}
    marks = ", ".join("?" * len(part_ids))
    rows = st.all(
        "SELECT a.owner_id, SUM(l.remaining), MIN(l.expires_on) FROM account a JOIN lot l"  # noqa: S608
        " ON l.franchise_id = a.franchise_id AND l.account_id = a.id AND l.remaining > 0"
        " AND (l.expires_on IS NULL OR l.expires_on > ?) WHERE a.franchise_id = ? AND a.owner_kind = 'course'"
        f" AND a.unit = 'sessions' AND a.bucket = 'available' AND a.owner_id IN ({marks}) GROUP BY a.owner_id",
        [on, st.franchise_id, *part_ids],
    )
    return {int(owner): (int(amount), as_date(soonest)) for owner, amount, soonest in rows}


def _used(st: Statements, part_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    if not part_ids:
        return {}
    marks = ", ".join("?" * len(part_ids))
    rows = st.all(
        "SELECT u.course_part_id, COUNT(*), SUM(u.value_fen) FROM course_use u LEFT JOIN course_use_undo x"  # noqa: S608
        " ON x.franchise_id = u.franchise_id AND x.course_use_id = u.id"
        f" WHERE u.franchise_id = ? AND u.course_part_id IN ({marks}) AND x.id IS NULL GROUP BY u.course_part_id",
        [st.franchise_id, *part_ids],
    )
    return {int(part): (int(times), int(worth)) for part, times, worth in rows}


def use_of(session: Session, course_id: int, use_id: Any) -> CourseUse:
    """Return a use of a course; raise NotFound."""
    wanted = use_id if isinstance(use_id, int) else parse_id(use_id)
    row = session.get(CourseUse, wanted) if wanted else None
    if row is None or row.course_id != course_id:
        raise NotFound(_("没有找到这次核销。"))
    return row


def undo_of(session: Session, use_id: int) -> CourseUseUndo | None:
    """Return how a use was taken back, or None."""
    return session.scalar(select(CourseUseUndo).where(CourseUseUndo.course_use_id == use_id))


# -- sessions --------------------------------------------------------------------------------------


def take(st: Statements, course: Course, part: PartState, posting: ledger.Posting) -> int:
    """Take one session, soonest expiry first; return the transfer's id. The caller looked that one is left."""
    balance = ledger.balance_of(st, OWNER, part.row.id, ledger.SESSIONS, course.person_id)
    return ledger.redeem(st, balance, ledger.SESSIONS, 1, posting, reason="use")


def put_back(st: Statements, course: Course, use: CourseUse, posting: ledger.Posting) -> ledger.rules.Giving:
    """Give a used session back to its lot, or into a lot of 30 days where that has run out."""
    balance = ledger.balance_of(st, OWNER, use.course_part_id, ledger.SESSIONS, course.person_id)
    return ledger.restore(st, balance, ledger.SESSIONS, 1, posting, redemption_id=use.transfer_id)


def give_back(st: Statements, course: Course, part: PartState, n: int, fen: int, posting: ledger.Posting) -> None:
    """Take `n` unused sessions out of a part because `fen` of its price is given back."""
    balance = ledger.balance_of(st, OWNER, part.row.id, ledger.SESSIONS, course.person_id)
    ledger.redeem(st, balance, ledger.SESSIONS, n, posting, reason="refund", house="reversed")
    st.run(
        "UPDATE course_part SET refunded = refunded + ?, refunded_fen = refunded_fen + ?"
        " WHERE franchise_id = ? AND id = ?",
        [n, fen, st.franchise_id, part.row.id],
    )
    st.run(
        "UPDATE course SET refunded_fen = refunded_fen + ?, version = version + 1 WHERE franchise_id = ? AND id = ?",
        [fen, st.franchise_id, course.id],
    )


def end(st: Statements, course_id: int) -> None:
    """Note that a course was given back whole."""
    st.run("UPDATE course SET state = 'ended' WHERE franchise_id = ? AND id = ?", [st.franchise_id, course_id])
