"""A treatment plan as it is read: what the chart has as planned, with its item, phase, price and the member's word.

What is planned stands on the chart (fold.py); plans.py keeps what was decided about it. An item is done when the chart
says so: payment alone does not make it done (S0-02, S0-25).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from core.sdk import (
    LineRequest,
    PricedLine,
    Refusal,
    _,
    _l,
    items_with,
    prices_for,
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
    number, choices = newest(session, person_id)
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
            rows = with_prices(session, person_id, rows)
        except Refusal as refusal:
            problem = refusal.message
    return Plan(number, rows, _done(choices, planned, events), items, problem)


def newest(session: Session, person_id: int) -> tuple[int, dict[str, Choice]]:
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


def with_prices(session: Session, person_id: int, rows: Sequence[Row]) -> list[Row]:
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


def told(session: Session, person_id: int) -> list[tuple[str, str]]:
    """Return what was decided about planned treatments, in words, for a person's copy."""
    found = []
    for key, choice in newest(session, person_id)[1].items():
        fdi, _dot, code = key.partition(".")
        agreed = _("%(day)s 接受", day=choice.accepted) if choice.accepted else str(STATES[OFFERED])
        found.append(
            (f"{fdi} {fold.CODES.get(code, code)}", " · ".join(part for part in (choice.item, agreed) if part))
        )
    return found
