"""Verbs of the treatment plan: which item does what is planned, in which phase, what the member accepted. No commit.

What is planned stands on the chart (fold.py). The plan adds the item of the catalogue, the phase and the member's word,
as revisions that stay. An item is done when the chart says so: payment alone does not make it done (S0-02, S0-25).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from core.sdk import (
    Conflict,
    Invalid,
    LineRequest,
    PricedLine,
    Refusal,
    _,
    _l,
    clock,
    hold_basket,
    items_with,
    prices_for,
    record_audit,
    tenancy,
)
from plugins.dental import board, fold, rules
from plugins.dental.fold import Event, Mouth
from plugins.dental.models import DentalPlan

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.sdk import ItemView

PHASES = (1, 2, 3)
OFFERED, ACCEPTED, SENT, DONE = "offered", "accepted", "sent", "done"
STATES: dict[str, Any] = {
    OFFERED: _l("待确认"), ACCEPTED: _l("已接受"), SENT: _l("已转收银"), DONE: _l("已完成"),
}  # fmt: skip
# Which category of items does what is planned.
CATEGORY_OF = {
    "filling": "filling", "sealant": "prevention", "rct": "endodontics", "crown": "prosthetics",
    "veneer": "prosthetics", "inlay": "prosthetics", "post": "prosthetics", "pontic": "prosthetics",
    "extraction": "extraction", "implant": "implant", "bracket": "ortho", "retainer": "ortho", "calculus": "prevention",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """What was decided about a planned treatment: item, phase, when it was accepted at which prices, when sent on."""

    item: str = ""
    phase: int = 1
    accepted: str = ""
    list_fen: int = 0
    net_fen: int = 0
    sent_at: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """A planned treatment as the plan shows it; `key` names it in forms. `price` None: nothing to price yet."""

    key: str
    plan: board.Plan
    choice: Choice
    state: str
    item: ItemView | None = None
    price: PricedLine | None = None
    done_on: date | None = None

    @property
    def site(self) -> str:
        """Return where it is done, as it goes with the line: 36 MO."""
        return " ".join(part for part in (self.plan.fdi, self.plan.surfaces) if part)


@dataclass(frozen=True, slots=True)
class Plan:
    """A person's plan: its revision's number (0: none yet), what is planned, what of it is done, items to choose."""

    number: int
    rows: Sequence[Row]
    done: Sequence[Row]
    items: Sequence[ItemView]
    problem: str = ""

    @property
    def list_fen(self) -> int:
        """Return the list prices of what is still planned, fen."""
        return sum(row.price.list_fen for row in self.rows if row.price)

    @property
    def net_fen(self) -> int:
        """Return what the member would pay for what is still planned, fen."""
        return sum(row.price.net_fen for row in self.rows if row.price)

    def ready(self) -> list[Row]:
        """Return what is accepted and can go to the till."""
        return [row for row in self.rows if row.state == ACCEPTED and row.item is not None]


def key_of(one: board.Plan) -> str:
    """Return what names a planned treatment: 36.filling (a tooth has each treatment once)."""
    return f"{one.fdi}.{one.code}"


# -- reading ---------------------------------------------------------------------------------------


def plan_of(session: Session, person_id: int, events: Sequence[Event], mouth: Mouth, *, priced: bool = True) -> Plan:
    """Return a person's plan as the chart has it, priced as the till would price it today (`priced`)."""
    number, choices = _newest(session, person_id)
    planned = board.plans(mouth)
    items = items_with(session, rules.CATEGORY) if planned else []
    by_code = {item.code: item for item in items}
    rows = []
    for one in planned:
        choice = choices.get(key_of(one)) or Choice(_usual(one.code, items))
        if choice.accepted and _done_on(key_of(one), choice, events) is not None:
            choice = Choice(choice.item, choice.phase)  # that one was done: this is planned anew
        state = SENT if choice.sent_at else ACCEPTED if choice.accepted else OFFERED
        rows.append(Row(key_of(one), one, choice, state, by_code.get(choice.item)))
    rows.sort(key=lambda row: (row.choice.phase, row.plan.fdi))
    problem = ""
    if priced:
        try:
            rows = _priced(session, person_id, rows)
        except Refusal as refusal:
            problem = refusal.message
    return Plan(number, rows, _done(choices, planned, events), items, problem)


def _newest(session: Session, person_id: int) -> tuple[int, dict[str, Choice]]:
    row = session.scalar(
        select(DentalPlan).where(DentalPlan.person_id == person_id).order_by(DentalPlan.id.desc()).limit(1)
    )
    if row is None:
        return 0, {}
    # Two records that became one have two rows of numbers: the next one follows the highest.
    highest = select(func.max(DentalPlan.number)).where(DentalPlan.person_id == person_id)
    number = session.scalar(highest) or row.number
    return number, {key: Choice(**one) for key, one in json.loads(row.body or "{}").items()}


def _usual(code: str, items: Iterable[ItemView]) -> str:
    """Return the first item of the category that does what is planned; empty where the franchise has none."""
    wanted = CATEGORY_OF.get(code, "")
    return next((item.code for item in items if wanted and item.attributes.get(rules.CATEGORY) == wanted), "")


def _priced(session: Session, person_id: int, rows: Sequence[Row]) -> list[Row]:
    asked = [row for row in rows if row.item is not None]
    prices = dict(zip((row.key for row in asked), prices_for(session, person_id, lines_of(asked)), strict=True))
    return [replace(row, price=prices.get(row.key)) for row in rows]


def lines_of(rows: Iterable[Row]) -> list[LineRequest]:
    """Return the rows as lines of a basket, the tooth on each."""
    who = tenancy.current_actor().staff_id
    return [LineRequest(row.item.code, performer=who, site=row.site) for row in rows if row.item is not None]


def _done(choices: Mapping[str, Choice], planned: Iterable[board.Plan], events: Sequence[Event]) -> list[Row]:
    """Return what was accepted and the chart has as done since; what was only taken off the plan is left out."""
    open_ = {key_of(one) for one in planned}
    found = []
    for key, choice in choices.items():
        on = _done_on(key, choice, events) if choice.accepted and key not in open_ else None
        if on is not None:
            fdi, _dot, code = key.partition(".")
            found.append(Row(key, board.Plan(fdi, "", code, ""), choice, DONE, done_on=on))
    return sorted(found, key=lambda row: (row.done_on or date.min, row.key))


def _done_on(key: str, choice: Choice, events: Sequence[Event]) -> date | None:
    """Return the day on which the chart has a treatment as done, not before it was accepted."""
    fdi, _dot, code = key.partition(".")
    codes = {code, "missing"} if code == "extraction" else {code}
    return max(
        (one.on for one in fold.live(events)
         if one.fdi == fdi and one.code in codes and one.kind == fold.DONE and one.on.isoformat() >= choice.accepted),
        default=None,
    )  # fmt: skip


# -- writing ---------------------------------------------------------------------------------------


def choose(session: Session, person_id: int, plan: Plan, given: Mapping[str, tuple[str, int]], number: int) -> Plan:
    """Keep item and phase of planned treatments, `given` as key to (item, phase); return the plan with them.

    An item changed after it was accepted has to be accepted again. Raises Conflict `stale` when somebody saved
    meanwhile, Invalid for an item or a phase that is none.
    """
    _refuse_stale(plan, number)
    known = {item.code: item for item in plan.items}
    rows = []
    for row in plan.rows:
        item, phase = given.get(row.key, (row.choice.item, row.choice.phase))
        if phase not in PHASES or (item and item not in known):
            raise Invalid.field(f"item.{row.key}", _("请从列表中选择项目和阶段。"))
        choice = replace(row.choice, phase=phase)
        if item != row.choice.item:
            choice = Choice(item, phase)
        rows.append(replace(row, choice=choice, item=known.get(item)))
    return _write(session, person_id, plan, rows, "dental.plan.saved")


def accept(session: Session, person_id: int, plan: Plan, keys: Iterable[str]) -> Plan:
    """Keep that the member agrees to these treatments at today's prices (fen); raise Invalid for none or no item."""
    wanted = set(keys)
    rows, today = [], clock.today(tenancy.current_actor().tz).isoformat()
    for row in _priced(session, person_id, plan.rows):
        if row.key in wanted and row.state == OFFERED:
            if row.price is None:
                raise Invalid.field(f"item.{row.key}", _("%(tooth)s 还没有选项目，不能接受。", tooth=row.plan.fdi))
            choice = replace(row.choice, accepted=today, list_fen=row.price.list_fen, net_fen=row.price.net_fen)
            rows.append(replace(row, choice=choice, state=ACCEPTED))
        else:
            rows.append(row)
    if not wanted & {row.key for row in plan.rows if row.state == OFFERED}:
        raise Invalid.field("pick", _("请先勾选会员接受的项目。"))
    return _write(session, person_id, plan, rows, "dental.plan.accepted")


def send(session: Session, person_id: int, plan: Plan) -> int:
    """Put what is accepted into a held basket of this store's till, the tooth on each line; return how many lines.

    Prices are worked out anew at the till. Raises Invalid where nothing is accepted, and what holding a basket raises.
    """
    ready = plan.ready()
    if not ready:
        raise Invalid.field("pick", _("还没有会员接受的项目。先勾选并点“会员接受”，再转收银。"))
    hold_basket(session, person_id, lines_of(ready))
    now, keys = clock.now_ms(), {row.key for row in ready}
    rows = [
        replace(row, choice=replace(row.choice, sent_at=now), state=SENT) if row.key in keys else row
        for row in plan.rows
    ]
    _write(session, person_id, plan, rows, "dental.plan.sent")
    return len(ready)


def _refuse_stale(plan: Plan, number: int) -> None:
    if plan.number != number:
        raise _stale()


def _stale() -> Conflict:
    return Conflict(_("别人刚刚改过这份计划，请刷新后再改。"), code="stale")


def _write(session: Session, person_id: int, plan: Plan, rows: Sequence[Row], action: str) -> Plan:
    """Add a revision; what was accepted and done stays in it."""
    actor = tenancy.current_actor()
    kept = {row.key: row.choice for row in (*plan.done, *rows)}
    made = DentalPlan(
        person_id=person_id, begun_for=person_id, number=plan.number + 1, staff_id=actor.staff_id,
        store_id=actor.store_id, made_at=clock.now_ms(),
    )  # fmt: skip
    made.body = json.dumps({key: asdict(choice) for key, choice in kept.items()})
    try:
        with session.begin_nested():
            session.add(made)
            session.flush()
    except IntegrityError:  # a colleague saved in the same moment
        raise _stale() from None
    record_audit(
        session, action, "dental_plan", made.id, person_id=person_id,
        detail={"revision": made.number, "lines": len(rows)},
    )  # fmt: skip
    return replace(plan, number=made.number, rows=rows)


def told(session: Session, person_id: int) -> list[tuple[str, str]]:
    """Return what was decided about planned treatments, in words, for a person's copy."""
    found = []
    for key, choice in _newest(session, person_id)[1].items():
        fdi, _dot, code = key.partition(".")
        agreed = _("%(day)s 接受", day=choice.accepted) if choice.accepted else str(STATES[OFFERED])
        found.append(
            (f"{fdi} {fold.CODES.get(code, code)}", " · ".join(part for part in (choice.item, agreed) if part))
        )
    return found


# -- duties ----------------------------------------------------------------------------------------


def kept_of(session: Session, person_id: int) -> int:
    """Return how many revisions of a person's plan are kept with their chart."""
    return session.scalar(select(func.count(DentalPlan.id)).where(DentalPlan.person_id == person_id)) or 0


def count(session: Session) -> int:
    """Return how many revisions the franchise keeps."""
    return session.scalar(select(func.count(DentalPlan.id))) or 0


def move(session: Session, winner_id: int, loser_id: int) -> int:
    """Hand a person's revisions over to another; return how many."""
    done = session.execute(update(DentalPlan).where(DentalPlan.person_id == loser_id).values(person_id=winner_id))
    return int(done.rowcount)
