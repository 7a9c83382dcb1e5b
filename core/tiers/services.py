"""Verbs of tiers: note a qualifying event, refresh a standing, review those whose time has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from core.kernel import audit, clock
from core.kernel.ids import new_id
from core.kernel.statements import Statements, as_date
from core.tiers import rules
from core.tiers.rules import Held, Override, QualifyingEvent, Standing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from core.programme.rules import Programme

GRANTED = ("opening", "programme")


@dataclass(frozen=True, slots=True)
class Moved:
    """A refreshed standing and the tier held before."""

    before: str
    standing: Standing

    @property
    def changed(self) -> bool:
        """Return whether the tier is another one now."""
        return self.before != self.standing.tier


def note(
    st: Statements, person_id: int, event: QualifyingEvent, source_kind: str, source_id: int, booked_at: int
) -> None:
    """Write a qualifying event; a refund is negative, at the effective date of its sale (S14)."""
    st.insert(
        "tier_event",
        {
            "id": new_id(), "franchise_id": st.franchise_id, "person_id": person_id,
            "spend_fen": event.spend_fen, "visits": event.visits, "points": event.points,
            "topup_fen": event.topup_fen, "effective_on": event.on, "booked_at": booked_at,
            "source_kind": source_kind, "source_id": source_id,
        },
    )  # fmt: skip


def events_of(st: Statements, person_id: int, tz: str) -> list[QualifyingEvent]:
    """Return the person's qualifying events, oldest first."""
    rows = st.all(
        "SELECT effective_on, spend_fen, visits, points, topup_fen, booked_at, source_id FROM tier_event"
        " WHERE franchise_id = ? AND person_id = ? ORDER BY effective_on, id",
        [st.franchise_id, person_id],
    )
    return [event_of(row, tz) for row in rows]


def event_of(row: Sequence[Any], tz: str) -> QualifyingEvent:
    """Return the event of a row: effective_on, spend_fen, visits, points, topup_fen, booked_at, source_id."""
    return QualifyingEvent(
        on=as_date(row[0]) or date.min,
        spend_fen=int(row[1]),
        visits=int(row[2]),
        points=int(row[3]),
        topup_fen=int(row[4]),
        booked_on=_day_of_quarter(int(row[5]) // _QUARTER_MS, tz),
        source=str(row[6]),
    )


_QUARTER_MS = 15 * 60 * 1000


@lru_cache(maxsize=65_536)
def _day_of_quarter(quarter: int, tz: str) -> date:
    """Return the day of a quarter of an hour since the epoch: every zone's midnight lies on one."""
    return clock.business_date(clock.from_ms(quarter * _QUARTER_MS), tz)


def held_of(st: Statements, person_id: int) -> Held | None:
    """Return the tier granted from outside the events (an opening balance), or None."""
    row = st.one(
        "SELECT tier_code, since_on, keep_until_on FROM tier_standing WHERE franchise_id = ? AND person_id = ?"
        " AND cause IN ('opening', 'programme') ORDER BY id DESC LIMIT 1",
        [st.franchise_id, person_id],
    )
    return Held(row[0], as_date(row[1]) or date.min, as_date(row[2])) if row else None


def override_of(st: Statements, person_id: int) -> Override | None:
    """Return the tier that was set by hand and not ended, or None; the rules decide by its days."""
    row = st.one(
        "SELECT tier_code, start_on, until_on FROM tier_override"
        " WHERE franchise_id = ? AND person_id = ? AND ended_at IS NULL",
        [st.franchise_id, person_id],
    )
    return Override(row[0], as_date(row[1]) or date.min, as_date(row[2])) if row else None


def standing_of(st: Statements, person_id: int, programme: Programme, as_of: date, tz: str, joined_at: int) -> Standing:
    """Return the standing on the day `as_of`: what the person's events give (I37), or a tier set by hand."""
    return rules.standing(
        events_of(st, person_id, tz), programme.tiers, as_of, held_of(st, person_id), override_of(st, person_id),
        joined_day(joined_at, tz),
    )  # fmt: skip


def joined_day(joined_at: int, tz: str) -> date:
    """Return the day a member joined, from which anniversary windows count."""
    return clock.business_date(clock.from_ms(joined_at), tz)


def refresh(
    st: Statements, person_id: int, programme: Programme, as_of: date, tz: str, *, cause: str,
    source_kind: str, source_id: int,
) -> Moved:  # fmt: skip
    """Recompute a person's standing and write it where it changed; return what moved."""
    row = st.one(
        "SELECT tier_code, tier_since, tier_until, joined_at FROM person WHERE franchise_id = ? AND id = ?",
        [st.franchise_id, person_id],
    )
    assert row is not None
    before = row[0] or programme.base_tier().code
    now = standing_of(st, person_id, programme, as_of, tz, int(row[3]))
    moved = Moved(before, now)
    since = as_date(row[1])
    if moved.changed:
        since = now.since or as_of
        append(st, person_id, now, since, cause, source_kind, source_id, programme.version)
        audit.insert(
            st, "tiers.standing.changed", "person", person_id, person_id=person_id,
            detail={"from": before, "to": now.tier, "cause": cause},
        )  # fmt: skip
    if moved.changed or as_date(row[2]) != now.until or row[0] != now.tier:
        st.run(
            "UPDATE person SET tier_code = ?, tier_since = ?, tier_until = ? WHERE franchise_id = ? AND id = ?",
            [now.tier, since, now.until, st.franchise_id, person_id],
        )
    return moved


def grant(
    st: Statements, person_id: int, tier_code: str, since: date, cause: str, source_kind: str, source_id: int,
    programme_number: int,
) -> None:  # fmt: skip
    """Grant a tier from outside the events: an opening balance."""
    standing = Standing(tier_code, since, None, tier_code)
    append(st, person_id, standing, since, cause, source_kind, source_id, programme_number)


def append(
    st: Statements, person_id: int, standing: Standing, since: date, cause: str, source_kind: str,
    source_id: int, programme_number: int,
) -> None:  # fmt: skip
    """Write a standing: which tier from when, through when, and why."""
    st.insert(
        "tier_standing",
        {
            "id": new_id(), "franchise_id": st.franchise_id, "person_id": person_id,
            "tier_code": standing.tier, "since_on": since, "keep_until_on": standing.until, "cause": cause,
            "reason": "", "source_kind": source_kind, "source_id": source_id,
            "programme_number": programme_number, "at": clock.now_ms(),
        },
    )  # fmt: skip


def due_for_review(session: Session, franchise_id: int, today: date, after: int, limit: int) -> Sequence[int]:
    """Return ids (above `after`, ascending) of persons whose standing ended before `today`."""
    st = Statements(session, franchise_id)
    rows = st.all(
        "SELECT id FROM person WHERE franchise_id = ? AND tier_until < ? AND id > ? ORDER BY id LIMIT ?",
        [franchise_id, today, after, limit],
    )
    return [int(row[0]) for row in rows]
