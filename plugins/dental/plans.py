"""Verbs of the treatment plan: which item does what is planned, in which phase, what the member accepted. No commit.

The plan (planned.py) adds to the chart the item, the phase and the member's word, as revisions that stay.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from core.sdk import Conflict, Invalid, _, clock, hold_basket, record_audit, tenancy
from plugins.dental.models import DentalPlan
from plugins.dental.planned import ACCEPTED, OFFERED, PHASES, SENT, Choice, Plan, Row, lines_of, with_prices

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

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
    for row in with_prices(session, person_id, plan.rows):
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
