"""The day close of a store: what a day brought, what keeps it open, and shutting it for good (case B51)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, select

from core.cash import rules
from core.cash.models import DayClose, DayTender, Shift
from core.cash.permissions import CLOSE_DAY, VIEW
from core.kernel import audit, clock
from core.kernel.errors import Conflict, Invalid, NotFound
from core.kernel.i18n import _
from core.kernel.ids import parse_id
from core.kernel.permissions import authorize, may
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.orders.models import TillEntry
from core.orders.selling import tender_list
from core.orders.selling.till_entries import DRAWER
from core.orders.words import KIND_NAMES
from core.org import business_day
from core.org.models import Staff, Store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from sqlalchemy.orm import Session

# So many blocks of a thousand entries a close seals at most; a longer backlog is the job's.
MOST_BLOCKS = 3


@dataclass(frozen=True, slots=True)
class ShiftLine:
    """A shift as the day's page lists it, with the name of whose it is."""

    row: Shift
    name: str


@dataclass(frozen=True, slots=True)
class Day:
    """A store's business day: its sums by way to pay, its shifts, and what keeps it from being closed.

    `loose_fen` is drawer money that belongs to no shift; `closed` is the closed day with its tenders, if it is.
    """

    store: Store
    on: date
    sums: Sequence[rules.TenderSum]
    shifts: Sequence[ShiftLine]
    loose_fen: int
    blockers: rules.Blockers
    closed: DayClose | None
    tenders: Sequence[DayTender]

    @property
    def received_fen(self) -> int:
        """Return everything received."""
        return sum(one.received_fen for one in self.sums)

    @property
    def refunded_fen(self) -> int:
        """Return everything given back."""
        return sum(one.refunded_fen for one in self.sums)

    @property
    def shift_difference_fen(self) -> int:
        """Return the differences of the day's shifts together."""
        return sum(line.row.difference_fen for line in self.shifts)

    def digest(self) -> str:
        """Return the identity of what is shown."""
        shifts = [(line.row.id, line.row.difference_fen) for line in self.shifts]
        return rules.DaySeen(self.sums, shifts).digest()


def store_for(session: Session, store_id: Any, permission: str = VIEW) -> Store:
    """Return a store whose days the actor may see, the acting one by default; raise NotFound."""
    actor = current_actor()
    wanted = parse_id(store_id) if store_id else actor.store_id
    row = session.get(Store, wanted) if wanted else None
    if row is None or row.franchise_id != actor.franchise_id or not may(actor, permission, row.id):
        raise NotFound(_("没有这家门店。"))
    return row


def see(session: Session, store: Store, on: date) -> Day:
    """Return a business day of a store as it stands."""
    received = func.sum(case((TillEntry.amount_fen > 0, TillEntry.amount_fen), else_=0))
    refunded = func.sum(case((TillEntry.amount_fen < 0, -TillEntry.amount_fen), else_=0))
    loose = func.sum(case((TillEntry.shift_id.is_(None), TillEntry.amount_fen), else_=0))
    found = session.execute(
        select(TillEntry.kind, received, refunded, loose)
        .where(TillEntry.store_id == store.id, TillEntry.business_on == on)
        .group_by(TillEntry.kind)
    ).all()
    rows = sorted(found, key=lambda row: _rank(row[0]))
    shifts = [
        ShiftLine(row, name)
        for row, name in session.execute(
            select(Shift, Staff.name)
            .join(Staff, Staff.id == Shift.staff_id)
            .where(Shift.store_id == store.id, Shift.business_on == on)
            .order_by(Shift.id)
        )
    ]
    closed = session.scalar(select(DayClose).where(DayClose.store_id == store.id, DayClose.business_on == on))
    tenders: list[DayTender] = []
    if closed is not None:
        query = select(DayTender).where(DayTender.day_close_id == closed.id).order_by(DayTender.kind)
        tenders = sorted(session.scalars(query), key=lambda one: _rank(one.kind))
    return Day(
        store, on, [rules.TenderSum(kind, int(got), int(back)) for kind, got, back, _l in rows], shifts,
        sum(int(fen) for kind, _g, _b, fen in rows if kind in DRAWER), _blockers(session, store, on), closed, tenders,
    )  # fmt: skip


def _rank(kind: str) -> int:
    """Return the place of a way to pay on the sheet: cash first."""
    return list(KIND_NAMES).index(kind) if kind in KIND_NAMES else len(KIND_NAMES)


def _blockers(session: Session, store: Store, on: date) -> rules.Blockers:
    names = session.scalars(
        select(Staff.name)
        .join(Shift, Shift.staff_id == Staff.id)
        .where(Shift.store_id == store.id, Shift.closed_at.is_(None), Shift.business_on <= on)
        .order_by(Shift.id)
    ).all()
    earlier = first_open(session, store)
    return rules.Blockers(
        names, earlier if earlier is not None and earlier < on else None, on > clock.today(current_actor().tz)
    )


def first_open(session: Session, store: Store) -> date | None:
    """Return the first day with money or a shift that is not closed; None before a store's first day close.

    A store that never closed a day begins with any: what lay before is not asked for.
    """
    closed = store.closed_through_on
    if closed is None:
        return None
    money = session.scalar(
        select(func.min(TillEntry.business_on)).where(
            TillEntry.store_id == store.id, TillEntry.business_on > closed
        )
    )  # fmt: skip
    shift = session.scalar(
        select(func.min(Shift.business_on)).where(Shift.store_id == store.id, Shift.business_on > closed)
    )
    return min((day for day in (money, shift) if day is not None), default=None)


def due(session: Session, store: Store) -> date:
    """Return the day that is to be closed next: the first open one with anything in it, else the store's today."""
    today = clock.today(current_actor().tz)
    st = Statements(session, current_actor().franchise_id)
    closed = business_day.closed_through(st, store.id)
    earlier = first_open(session, store)
    if earlier is not None:
        return earlier
    if closed is None:
        shift = session.scalar(select(func.min(Shift.business_on)).where(Shift.store_id == store.id))
        return min(shift, today) if shift else today
    return max(today, closed)


def forgotten(session: Session) -> date | None:
    """Return a day before today that the acting store has not closed, though it closes days or keeps shifts."""
    actor = current_actor()
    store = session.get(Store, actor.store_id) if actor.store_id else None
    if store is None:
        return None
    day = due(session, store)
    closed = store.closed_through_on
    return day if day < clock.today(actor.tz) and (closed is None or day > closed) else None


def close(
    session: Session, store_id: Any, on: date, ticks: Mapping[str, rules.Tick], seen: str
) -> DayClose:  # fmt: skip
    """Close a store's business day and return it; from now on the store books on the day after.

    `seen` is the digest of what was ticked. Raises NotFound, Conflict `day_closed` when it is closed already,
    `stale_version` when figures moved meanwhile, Refusal `day_not_ready` with what is to be done first, Invalid
    `day_not_ticked`.
    """
    store = store_for(session, store_id, CLOSE_DAY)
    authorize(current_actor(), CLOSE_DAY, store.id)
    Statements(session, current_actor().franchise_id).lock("store", [store.id])
    session.refresh(store)
    if store.closed_through_on is not None and on <= store.closed_through_on:
        raise Conflict(_("%(day)s 已经日结了。更正会记在下一个营业日。", day=on.isoformat()), code="day_closed")
    day = see(session, store, on)
    rules.refuse_blocked(day.blockers)
    if seen != day.digest():
        raise Conflict(_("核对的时候又有收退款，数字变了。请按新的数字重新核对。"), code="stale_version")
    found = rules.ticked(day.sums, ticks, tender_list.names(session))
    return _write(session, day, found)


def _write(session: Session, day: Day, found: Sequence[rules.Ticked]) -> DayClose:
    actor = current_actor()
    if actor.staff_id is None:
        raise Invalid(_("日结要由一位员工来做。"))
    # What the day did is sealed before its sheet is printed: the head on paper speaks for all of it (security C24).
    for _block in range(MOST_BLOCKS):
        if audit.seal(session) is None:
            break
    block = audit.last_block(session)
    row = DayClose(
        store_id=day.store.id, business_on=day.on, received_fen=day.received_fen, refunded_fen=day.refunded_fen,
        difference_fen=sum(one.difference_fen for one in found), shift_difference_fen=day.shift_difference_fen,
        shifts=len(day.shifts), audit_block=block.number if block else 0,
        audit_head=bytes(block.head).hex() if block else "", closed_by=actor.staff_id, closed_at=clock.now_ms(),
    )  # fmt: skip
    session.add(row)
    session.flush()
    for one in found:
        line = DayTender(
            day_close_id=row.id, kind=one.sum.kind, received_fen=one.sum.received_fen,
            refunded_fen=one.sum.refunded_fen, counted_fen=one.counted_fen, difference_fen=one.difference_fen,
        )  # fmt: skip
        line.reason = one.reason or None
        session.add(line)
    before = day.store.closed_through_on
    day.store.closed_through_on = day.on
    session.flush()
    audit.record(
        session, "cash.day.closed", "day_close", row.id,
        detail={
            "business_on": day.on.isoformat(), "received_fen": row.received_fen, "refunded_fen": row.refunded_fen,
            "difference_fen": row.difference_fen, "shift_difference_fen": row.shift_difference_fen,
            "changes": {"closed_through_on": [before.isoformat() if before else None, day.on.isoformat()]},
        },
    )  # fmt: skip
    return row
