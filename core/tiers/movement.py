"""What a new programme does to the tiers of all members: the preview, and the same thing booked on its day.

Both read the same members in the same way, so the number shown is the number that moves (ux 2.6). A member is
looked at only when the two programmes can differ for them (`candidates`); everybody else keeps the standing that
is stored.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from core.kernel import audit, clock
from core.kernel.ids import new_id
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.programme.document import FULL_BP, DiscountBenefit, Programme, Tier
from core.tiers import rules, services
from core.tiers.candidates import BATCH, Member, candidates
from core.tiers.rules import Standing

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

NAMED = 500
MOVED, KEPT_BY_PROMISE = "programme_moved", "programme"
"""Causes of a standing: computed by the new rules, or promised to a holder until the old period ends."""


@dataclass(frozen=True, slots=True)
class Move:
    """One member's change. `kept`: they would fall, but keep the tier through `until` (None: a full period)."""

    person_id: int
    before: str
    after: str
    kept: bool
    until: date | None
    spend_fen: int


@dataclass
class Outcome:
    """The moves of all members: counts by (from, to), the first ones by id, and what discounts would cost."""

    matrix: dict[tuple[str, str], int] = field(default_factory=dict)
    kept: int = 0
    examined: int = 0
    cost_fen: int = 0
    first: list[Move] = field(default_factory=list)

    @property
    def moved(self) -> int:
        """Return how many members change their tier."""
        return sum(self.matrix.values())


def preview(session: Session, old: Programme, new: Programme, as_of: date, tz: str, *, keep_holders: bool) -> Outcome:
    """Return what would move on the day `as_of` if `new` took the place of `old`."""
    found = Outcome()
    for move in moves(session, old, new, as_of, tz, keep_holders=keep_holders, outcome=found):
        if move.kept:
            found.kept += 1
            continue
        key = (move.before, move.after)
        found.matrix[key] = found.matrix.get(key, 0) + 1
        found.cost_fen += _cost(old.tier(move.before), new.tier(move.after), move.spend_fen)
        if len(found.first) < NAMED:
            found.first.append(move)
    return found


def _cost(before: Tier | None, after: Tier | None, spend_fen: int) -> int:
    """Return what a year like the last one would cost more (fen) by the whole-shop discounts of two tiers."""
    was, will = _pay_bp(before), _pay_bp(after)
    return spend_fen * (was - will) // was if was else 0


def _pay_bp(tier: Tier | None) -> int:
    rates = [b.pay_bp for b in (tier.benefits if tier else ()) if isinstance(b, DiscountBenefit) and b.items.everything]
    return min(rates, default=FULL_BP)


def moves(
    session: Session, old: Programme, new: Programme, as_of: date, tz: str, *, keep_holders: bool,
    outcome: Outcome | None = None, after: int = 0,
) -> Iterator[Move]:  # fmt: skip
    """Yield every member (id above `after`, ascending) whose tier would change, or is kept by promise."""
    st = Statements(session, current_actor().franchise_id)
    for member in candidates(st, old, new, as_of, tz, after):
        if outcome is not None:
            outcome.examined += 1
        move = _move(member, old, new, as_of, keep_holders)
        if move is not None:
            yield move


_YEAR = rules.Window(12)


def _move(member: Member, old: Programme, new: Programme, as_of: date, keep_holders: bool) -> Move | None:
    before, metrics = member.tier, rules.known_by(member.events, as_of, member.joined_on)
    if member.until is not None and member.until < as_of:
        before = rules.standing_by(metrics, old.tiers, as_of, member.held, member.override).tier
    then = rules.standing_by(metrics, new.tiers, as_of, member.held, member.override)
    if then.tier == before:
        return None
    falls = new.rank(then.tier) < new.rank(before)
    year = metrics.over(_YEAR, as_of, as_of)["spend_fen"]
    if keep_holders and falls:
        return Move(member.id, before, before, True, member.until, year)
    return Move(member.id, before, then.tier, False, then.until, year)


# -- booking it ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Due:
    """A version in force whose moves are not all booked: what was in force before, and how far it is."""

    number: int
    before: int
    keep_holders: bool
    position: int


def announce(session: Session, number: int, effective_at: int, *, keep_holders: bool, previewed: int) -> None:
    """Note at publishing what was promised to holders and how many moves were shown."""
    st = Statements(session, current_actor().franchise_id)
    st.insert(
        "tier_movement",
        {
            "id": new_id(), "franchise_id": st.franchise_id, "programme_number": number, "effective_at": effective_at,
            "keep_holders": keep_holders, "previewed": previewed, "position": 0, "moved": 0, "kept": 0,
            "ended_at": None,
        },
    )  # fmt: skip


def due(session: Session, in_force: int) -> Due | None:
    """Return what is left to book of the version in force; None when its moves are booked.

    A version that was published without a preview (a command, a preset) promised nobody anything.
    """
    st = Statements(session, current_actor().franchise_id)
    row = st.one(
        "SELECT keep_holders, position, ended_at FROM tier_movement WHERE franchise_id = ? AND programme_number = ?",
        [st.franchise_id, in_force],
    )
    if in_force <= 1 or (row is not None and row[2] is not None):
        return None
    last = st.one(
        "SELECT programme_number FROM tier_movement WHERE franchise_id = ? AND ended_at IS NOT NULL"
        " ORDER BY ended_at DESC, programme_number DESC LIMIT 1",
        [st.franchise_id],
    )
    before = int(last[0]) if last else in_force - 1
    return Due(in_force, before, bool(row[0]) if row else False, int(row[1]) if row else 0)


def begin(session: Session, what: Due, effective_at: int) -> None:
    """See that the movement has its row, whoever published the version."""
    st = Statements(session, current_actor().franchise_id)
    found = st.one(
        "SELECT id FROM tier_movement WHERE franchise_id = ? AND programme_number = ?", [st.franchise_id, what.number]
    )
    if found is None:
        announce(session, what.number, effective_at, keep_holders=False, previewed=0)


def book(session: Session, old: Programme, new: Programme, as_of: date, tz: str, *, keep_holders: bool,
         after: int, limit: int = BATCH) -> int:  # fmt: skip
    """Book the next moves (ids above `after`), at most `limit`; return how many. Fewer than `limit`: all is done."""
    st = Statements(session, current_actor().franchise_id)
    batch: list[Move] = []
    for move in moves(session, old, new, as_of, tz, keep_holders=keep_holders, after=after):
        batch.append(move)
        if len(batch) == limit:
            break
    st.lock("person", [move.person_id for move in batch])
    for move in batch:
        _book(st, move, new, as_of)
    moved = sum(not move.kept for move in batch)
    done = len(batch) < limit
    st.run(
        "UPDATE tier_movement SET position = ?, moved = moved + ?, kept = kept + ?, ended_at = ?"
        " WHERE franchise_id = ? AND programme_number = ?",
        [batch[-1].person_id if batch else after, moved, len(batch) - moved, clock.now_ms() if done else None,
         st.franchise_id, new.version],
    )  # fmt: skip
    return len(batch)


def _book(st: Statements, move: Move, new: Programme, as_of: date) -> None:
    cause = KEPT_BY_PROMISE if move.kept else MOVED
    standing = Standing(move.after, as_of, move.until, move.after)
    services.append(st, move.person_id, standing, as_of, cause, "programme", new.version, new.version)
    if move.kept:
        return
    st.run(
        "UPDATE person SET tier_code = ?, tier_since = ?, tier_until = ? WHERE franchise_id = ? AND id = ?",
        [move.after, as_of, move.until, st.franchise_id, move.person_id],
    )
    audit.insert(
        st, "tiers.standing.changed", "person", move.person_id, person_id=move.person_id,
        detail={"from": move.before, "to": move.after, "cause": cause},
    )  # fmt: skip
