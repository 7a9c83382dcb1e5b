"""Visits as pages, plugins and a member's copy see them. Reading is written down by the caller's door."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select

from core.care import visit_marks, visit_parts, visits
from core.care import visit_rules as rules
from core.care.visit_models import Visit, VisitDraft, VisitRevision
from core.org.models import Staff, Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from core.care.visit_marks import Marks
    from core.care.visit_rules import Change, Line


@dataclass(frozen=True, slots=True)
class RevisionSeen:
    """A signed revision: its row, its lines, what it changed against the one before it, what was drawn on it."""

    row: VisitRevision
    lines: list[Line]
    changes: list[Change]
    marks: Marks


@dataclass(frozen=True, slots=True)
class VisitSeen:
    """A visit in a list: its header as of the newest revision (or the draft), who treated where, what stands open."""

    id: int
    person_id: int
    on: date
    kind: str
    state: str
    practitioner: str
    store: str
    revisions: int
    writing: bool
    signed_at: int | None
    signer: str = ""


@dataclass(frozen=True, slots=True)
class VisitWhole:
    """A visit with everything: the row, the revisions newest first, the draft, and numbers of broken revisions."""

    visit: Visit
    seen: VisitSeen
    revisions: list[RevisionSeen]
    draft: VisitDraft | None
    draft_lines: list[Line] = field(default_factory=list)
    broken: list[int] = field(default_factory=list)


def visits_of(
    session: Session, person_id: int, *, limit: int = 20, before: tuple[date, int] | None = None
) -> list[VisitSeen]:
    """Return a person's visits, the latest day first, without their content; dropped ones are left out.

    `before` is (day, id) of the last one shown. The header is the newest revision's.
    """
    query = select(Visit).where(Visit.person_id == person_id, Visit.state != rules.DROPPED)
    if before is not None:
        day, last = before
        query = query.where(or_(Visit.visited_on < day, (Visit.visited_on == day) & (Visit.id < last)))
    return seen(session, session.scalars(query.order_by(Visit.visited_on.desc(), Visit.id.desc()).limit(limit)).all())


def visits_of_order(session: Session, order_id: int) -> list[VisitSeen]:
    """Return the visits that belong to an order."""
    query = select(Visit).where(Visit.order_id == order_id, Visit.state != rules.DROPPED)
    return seen(session, session.scalars(query.order_by(Visit.id)).all())


def unsigned_of(session: Session, staff_id: int, limit: int = 50) -> list[VisitSeen]:
    """Return the visits that a practitioner has still to sign, the oldest first."""
    query = select(Visit).where(Visit.state == rules.DRAFT, Visit.practitioner_id == staff_id)
    return seen(session, session.scalars(query.order_by(Visit.id).limit(limit)).all())


def seen(session: Session, rows: Sequence[Visit]) -> list[VisitSeen]:
    """Return visits as lists show them, in the given order; five queries however many."""
    ids = [row.id for row in rows]
    newest = _newest(session, ids)
    writing = set(session.scalars(select(VisitDraft.visit_id).where(VisitDraft.visit_id.in_(ids))))
    heads = [newest.get(row.id, row) for row in rows]
    staff = staff_names(session, (one.practitioner_id for one in heads))
    stores = _names(session, Store, (one.store_id for one in heads))
    found = []
    for row, head in zip(rows, heads, strict=True):
        signed = head if isinstance(head, VisitRevision) else None
        found.append(
            VisitSeen(
                row.id, row.person_id, head.visited_on, head.kind, signed.state if signed else row.state,
                staff.get(head.practitioner_id, ""), stores.get(head.store_id, ""), signed.number if signed else 0,
                row.id in writing, signed.signed_at if signed else None, signed.signer_name if signed else "",
            )
        )  # fmt: skip
    return found


def _newest(session: Session, ids: list[int]) -> dict[int, VisitRevision]:
    last = (
        select(VisitRevision.visit_id, func.max(VisitRevision.number).label("number"))
        .where(VisitRevision.visit_id.in_(ids))
        .group_by(VisitRevision.visit_id)
        .subquery()
    )
    query = select(VisitRevision).join(
        last, (VisitRevision.visit_id == last.c.visit_id) & (VisitRevision.number == last.c.number)
    )
    return {row.visit_id: row for row in session.scalars(query)}


def staff_names(session: Session, ids: Iterable[int | None]) -> dict[int, str]:
    """Return the names of staff members by id."""
    return _names(session, Staff, (one for one in ids if one))


def _names(session: Session, model: Any, ids: Iterable[int]) -> dict[int, str]:
    return {row[0]: row[1] for row in session.execute(select(model.id, model.name).where(model.id.in_(set(ids))))}


def whole(session: Session, visit_id: Any) -> VisitWhole:
    """Return a visit with its revisions (newest first), each with what it changed, and the draft."""
    visit = visits.get(session, visit_id)
    words, titles = visit_parts.words(), visit_parts.titles()
    draft = visits.draft_of(session, visit)
    revisions, before = [], None
    for row in visits.revisions_of(session, visit):
        lines = rules.lines(visits.content_of(row), words, titles)
        revisions.append(
            RevisionSeen(
                row, lines, rules.difference(before, lines) if before is not None else [], visit_marks.opened(row.marks)
            )
        )
        before = lines
    draft_lines = rules.lines(visits.content_of(draft), words, titles) if draft else []
    return VisitWhole(
        visit, seen(session, [visit])[0], revisions[::-1], draft, draft_lines, visits.broken_revisions(session, visit)
    )
