"""Points live longer: by the programme's rule shortly before their end, or by hand with a reason (S2-13, I14).

A large balance near its end is extended once (or gets a bonus instead, bonus.py); every extension is a row of its own
(core/ledger/extensions.py), the balance stays, nothing ever ends sooner.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from core.kernel import audit, clock, settings
from core.kernel.errors import Conflict, Invalid, NotFound
from core.kernel.i18n import _
from core.kernel.ids import new_id, parse_id
from core.kernel.permissions import authorize
from core.kernel.statements import Statements, as_date
from core.kernel.tenancy import current_actor
from core.ledger import extensions
from core.ledger.services import Posting
from core.org import business_day, dealing, franchises
from core.people import services as people
from core.points import bonus
from core.points.permissions import EXTEND
from core.points.rules import extended
from core.points.settings import EXTEND_BEFORE, EXTEND_MONTHS, EXTENSIONS
from core.programme import services as programmes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

MIN_REASON, MAX_REASON = 2, 200
BATCH = 500

_POINTS = "a.owner_kind = 'person' AND a.unit = 'points' AND a.bucket = 'available'"
_TIMES = "(SELECT COUNT(*) FROM lot_extension e WHERE e.franchise_id = l.franchise_id AND e.lot_id = l.id)"
_OPEN = (
    f"SELECT l.id, l.remaining, l.expires_on, l.earned_on, l.rule, {_TIMES} FROM lot l JOIN account a"  # noqa: S608
    f" ON a.franchise_id = l.franchise_id AND a.id = l.account_id AND {_POINTS}"
    " WHERE l.franchise_id = ? AND l.person_id = ? AND l.remaining > 0 AND l.expires_on > ?"
    " ORDER BY l.expires_on, l.id LIMIT 50"
)
_DUE = (
    f"SELECT l.id, l.person_id, l.expires_on FROM lot l JOIN account a"  # noqa: S608 (our own words)
    f" ON a.franchise_id = l.franchise_id AND a.id = l.account_id AND {_POINTS} AND a.debt = 0"
    " WHERE l.franchise_id = ? AND l.remaining > 0 AND l.expires_on > ? AND l.expires_on <= ?"
    f" AND (l.expires_on > ? OR (l.expires_on = ? AND l.id > ?)) AND {_TIMES} < ?"
    " AND (SELECT SUM(o.remaining) FROM lot o WHERE o.franchise_id = l.franchise_id AND o.account_id = l.account_id"
    " AND o.remaining > 0 AND (o.expires_on IS NULL OR o.expires_on > ?)) >= ?"
    " ORDER BY l.expires_on, l.id LIMIT ?"
)


@dataclass(frozen=True, slots=True)
class OpenLot:
    """A person's lot that will run out: `to_on` is its end after an extension by hand, None where it had its share."""

    id: int
    points: int
    expires_on: date
    earned_on: date
    rule: str
    times: int
    to_on: date | None


def lots_of(session: Session, person_id: int) -> list[OpenLot]:
    """Return the person's lots that will run out, soonest first."""
    actor = current_actor()
    st = Statements(session, actor.franchise_id)
    most, months = int(settings.value(session, EXTENSIONS)), int(settings.value(session, EXTEND_MONTHS))
    found = []
    for row in st.all(_OPEN, [st.franchise_id, person_id, clock.today(actor.tz)]):
        ends, earned = as_date(row[2]), as_date(row[3])
        if ends is None or earned is None:
            continue
        to_on = extended(ends, months) if int(row[5]) < most else None
        found.append(OpenLot(int(row[0]), int(row[1]), ends, earned, row[4], int(row[5]), to_on))
    return found


def by_hand(session: Session, person_id: Any, lot_id: Any, reason: str) -> extensions.Longer:
    """Let one lot of a member live longer by the franchise's months, and return what was done.

    Raises NotFound for a foreign person or lot, or one that has run out; Conflict `extended_already`; Invalid without
    a reason; Forbidden without the permission or for one's own household.
    """
    authorize(current_actor(), EXTEND)
    why = " ".join(reason.split())[:MAX_REASON]
    if len(why) < MIN_REASON:
        raise Invalid.field("reason", _("请写明原因，至少 %(n)d 个字。", n=MIN_REASON))
    franchises.refuse_when_frozen(session, member=True)
    person = people.get(session, person_id)
    dealing.refuse_own(session, [person.id])
    st = Statements(session, current_actor().franchise_id)
    st.lock("person", [person.id])
    wanted = lot_id if isinstance(lot_id, int) else parse_id(lot_id)
    lot = next((one for one in lots_of(session, person.id) if one.id == wanted), None)
    if lot is None:
        raise NotFound(_("没有找到这批积分，也许刚刚用完或到期了。"))
    if lot.to_on is None:
        raise Conflict(_("这批积分已经延期过 %(n)d 次，不能再延。", n=lot.times), code="extended_already")
    done = extensions.Longer(lot.id, person.id, lot.expires_on, lot.to_on)
    extensions.extend(st, [done], _posting(st), kind=extensions.HAND, reason=why)
    audit.insert(
        st, "points.extended", "person", person.id, person_id=person.id,
        detail={"lot": str(lot.id), "points": lot.points, "reason": why,
                "expires_on": [lot.expires_on.isoformat(), lot.to_on.isoformat()]},
    )  # fmt: skip
    return done


def by_rule(session: Session, after: tuple[date, int]) -> tuple[int, tuple[date, int] | None]:
    """Extend the next block of lots that the programme's rule is about; return (how many, where to go on or None).

    The rule looks at what the member may use in all (Extension.min_points), `points.extend_days_before` days before a
    lot ends; a job that comes later finds it until its last day.
    """
    actor = current_actor()
    rule = programmes.in_force(session).points.extension
    most = int(settings.value(session, EXTENSIONS))
    if rule is None or not (most or rule.bonus_points):
        return 0, None
    if rule.bonus_points:
        return bonus.give_block(session, after, rule, programmes.in_force(session).points.expires_months)
    st, today = Statements(session, actor.franchise_id), clock.today(actor.tz)
    until = today + timedelta(days=int(settings.value(session, EXTEND_BEFORE)))
    args = [st.franchise_id, today, until, after[0], after[0], after[1], most, today, rule.min_points, BATCH]
    rows = st.all(_DUE, args)
    if st.locks_rows and rows:
        # Persons first, in order of id, as a sale does; then as the lots are now.
        st.lock("person", [int(row[1]) for row in rows])
        rows = st.all(_DUE, args)
    lots = [_longer(row, rule.months) for row in rows]
    extensions.extend(st, lots, _posting(st), kind=extensions.RULE)
    for one in lots:
        audit.insert(
            st, "points.extended_by_rule", "person", one.person_id or 0, person_id=one.person_id, detail=_detail(one)
        )
    if len(rows) < BATCH:
        return len(lots), None
    return len(lots), (lots[-1].from_on, lots[-1].lot_id)


def _longer(row: Sequence[Any], months: int) -> extensions.Longer:
    ends = as_date(row[2])
    assert ends is not None
    return extensions.Longer(int(row[0]), int(row[1]), ends, extended(ends, months))


def _detail(one: extensions.Longer) -> dict[str, Any]:
    return {"lot": str(one.lot_id), "expires_on": [one.from_on.isoformat(), one.to_on.isoformat()]}


def _posting(st: Statements) -> Posting:
    actor = current_actor()
    return Posting(
        business_day.book_on(st), clock.now_ms(), "extension", new_id(), actor.staff_id, actor.store_id, actor.door
    )
