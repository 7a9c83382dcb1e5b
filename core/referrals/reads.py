"""Referrals as people see them: who brought whom, what that brought in money and in points. Reads only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from core.people.models import Person
from core.referrals import services
from core.referrals.models import Referral, ReferralCode, ReferralGrant

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

PAGE = 30
BELOW = 5  # of each line's own; the rest is a page of its own


@dataclass(frozen=True, slots=True)
class Seen:
    """A member's place: who brought them and how that stands, whom they brought, what they were given.

    `brought` counts persons, `bought` those who paid, `spent_fen` what these paid less refunds; `points` stand.
    """

    by: Person | None
    row: Referral | None
    brought: int
    bought: int
    spent_fen: int
    points: int
    code: ReferralCode | None


@dataclass(slots=True)
class Line:
    """Somebody in the outline: with what they paid (fen), and what the one it begins with was given for them."""

    person: Person
    row: Referral | None
    points: int = 0
    brought: int = 0
    spent_fen: int = 0
    below: list[Line] = field(default_factory=list)


def see(session: Session, person: Person) -> Seen:
    """Return a member's place among referrals, in a fixed number of statements."""
    by = session.get(Person, person.referrer_id) if person.referrer_id else None
    row = services.of_person(session, person.id) if by is not None else None
    brought, bought, spent = _sums(session, [person.id]).get(person.id, (0, 0, 0))
    given = session.scalar(
        select(func.coalesce(func.sum(ReferralGrant.points), 0)).where(
            ReferralGrant.person_id == person.id, ReferralGrant.reversal_id.is_(None)
        )
    )
    return Seen(by, row, brought, bought, spent, int(given or 0), services.code_of(session, person.id))


def _sums(session: Session, person_ids: Iterable[int]) -> dict[int, tuple[int, int, int]]:
    """Return (persons brought, of these who paid, money received fen) of each."""
    ids = list(person_ids)
    if not ids:
        return {}
    paid = func.sum(Person.spent_fen)
    bought = func.count(Person.id).filter(Person.spent_fen > 0)
    rows = session.execute(
        select(Person.referrer_id, func.count(Person.id), bought, paid)
        .where(Person.referrer_id.in_(ids))
        .group_by(Person.referrer_id)
    )
    return {row[0]: (int(row[1]), int(row[2]), int(row[3] or 0)) for row in rows}


def outline(session: Session, root: int, before: int | None = None) -> tuple[list[Line], int | None]:
    """Return whom `root` brought with whom these brought, the latest first, and where the next page begins.

    Two levels, as deep as the law lets anybody be rewarded; five of the second are shown of each line.
    """
    wanted = select(Person, Referral).outerjoin(Referral, Referral.person_id == Person.id)
    wanted = wanted.where(Person.referrer_id == root).order_by(Person.id.desc()).limit(PAGE + 1)
    if before:
        wanted = wanted.where(Person.id < before)
    rows = session.execute(wanted).all()
    lines = [Line(person, row) for person, row in rows[:PAGE]]
    below = _below(session, [line.person.id for line in lines])
    sums = _sums(session, [line.person.id for line in lines])
    everybody = [*lines, *(one for found in below.values() for one in found)]
    given = _given(session, root, [line.person.id for line in everybody])
    for line in everybody:
        line.points = given.get(line.person.id, 0)
    for line in lines:
        line.below = below.get(line.person.id, [])
        line.brought, _bought, line.spent_fen = sums.get(line.person.id, (0, 0, 0))
    return lines, (lines[-1].person.id if len(rows) > PAGE else None)


def _below(session: Session, person_ids: Sequence[int]) -> dict[int, list[Line]]:
    if not person_ids:
        return {}
    place = func.row_number().over(partition_by=Person.referrer_id, order_by=Person.id.desc()).label("place")
    ranked = select(Person.id.label("id"), place).where(Person.referrer_id.in_(person_ids)).subquery()
    one = aliased(Person)
    rows = session.execute(
        select(one, Referral).join(ranked, ranked.c.id == one.id).outerjoin(Referral, Referral.person_id == one.id)
        .where(ranked.c.place <= BELOW).order_by(one.id.desc())
    )  # fmt: skip
    found: dict[int, list[Line]] = {}
    for person, row in rows:
        found.setdefault(person.referrer_id, []).append(Line(person, row))
    return found


def _given(session: Session, root: int, person_ids: Sequence[int]) -> dict[int, int]:
    """Return the points that stand which `root` has for each of the persons."""
    if not person_ids:
        return {}
    rows = session.execute(
        select(Referral.person_id, func.sum(ReferralGrant.points))
        .join(Referral, Referral.id == ReferralGrant.referral_id)
        .where(
            ReferralGrant.person_id == root, ReferralGrant.level > 0, ReferralGrant.reversal_id.is_(None),
            Referral.person_id.in_(person_ids),
        )
        .group_by(Referral.person_id)
    )  # fmt: skip
    return {row[0]: int(row[1]) for row in rows}
