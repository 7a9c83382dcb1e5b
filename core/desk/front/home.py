"""Cards of the home page, by role: exceptions first, then the day's numbers, then who comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import render_template
from markupsafe import Markup
from sqlalchemy import select

from core.desk.front import figures, todo
from core.desk.permissions import FIGURES, TILL, VIEW
from core.hooktypes import hook_context
from core.kernel import clock
from core.kernel.audit_words import words
from core.kernel.i18n import _l
from core.kernel.models import AuditEntry
from core.kernel.permissions import may
from core.kernel.runtime import runtime
from core.kernel.web.slots import HomeCard, slots
from core.org.models import Staff

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.kernel.tenancy import Actor

AUDIT_ROWS = 8


def _draw(name: str, **context: Any) -> Markup:
    return Markup(render_template(f"desk/home/{name}.html", **context))  # noqa: S704


def exceptions(session: Session, actor: Actor) -> Markup:
    """Return what wants a look today."""
    rows = figures.exceptions(session, actor)
    return _draw("exceptions", rows=rows, grave=sum(row.tint == "bad" for row in rows))


def waiting(session: Session, actor: Actor) -> Markup | None:
    """Return what waits for somebody who does not see the exceptions: approvals, a licence, a draft."""
    if may(actor, FIGURES):
        return None
    rows = todo.rows(session, actor)
    return _draw("todo", rows=rows) if rows else None


def numbers(session: Session, actor: Actor) -> Markup:
    """Return the day's figures."""
    return _draw("numbers", day=figures.day(session, actor), today=clock.today(actor.tz))


def today(session: Session, actor: Actor) -> Markup:
    """Return the newest orders of the store."""
    return _draw("today", rows=figures.latest_orders(session, actor))


def coming(session: Session, actor: Actor) -> Markup | None:
    """Return today's birthdays and the cards that end soon, among recent members."""
    if not (may(actor, TILL) or may(actor, FIGURES)):
        return None
    day = clock.today(actor.tz)
    return _draw(
        "coming",
        birthdays=figures.birthdays(session, day),
        cards=figures.ending_cards(session, day),
        today=day,
    )


def tiers(session: Session, actor: Actor) -> Markup:
    """Return how the members spread over the tiers."""
    rows = figures.tier_counts(session)
    return _draw("tiers", rows=rows, total=sum(n for _name, _rank, n in rows), top=max([1, *(n for *_x, n in rows)]))


def mine(session: Session, actor: Actor) -> Markup | None:
    """Return what a clinician did today."""
    if "clinician" not in actor.roles:
        return None
    return _draw("mine", rows=figures.performed(session, actor))


def trail(session: Session, actor: Actor) -> Markup | None:
    """Return the newest entries of the audit trail, for the auditor."""
    if "auditor" not in actor.roles:
        return None
    rows = session.execute(
        select(AuditEntry, Staff.name)
        .outerjoin(Staff, Staff.id == AuditEntry.staff_id)
        .order_by(AuditEntry.id.desc())
        .limit(AUDIT_ROWS)
    ).all()
    return _draw("trail", rows=rows, words=words)


def plugins(session: Session, actor: Actor) -> Markup | None:
    """Return the plugins' own panels for the home page; one that fails says so and takes nothing with it."""
    host = runtime().host
    if host is None or not actor.plugins:
        return None
    specs = {a.value.key: a.value for a in host.declared("register_panels") if not a.failed and a.value.place == "home"}
    shown = []
    for answer in host.call("home_cards", hook_context(session)):
        if answer.failed:
            shown.append((None, None, answer.value.number))
            continue
        spec = specs.get(answer.value.key)
        if spec is not None and may(actor, spec.permission):
            body = Markup(render_template(spec.template, panel=answer.value.data))  # noqa: S704
            shown.append((spec.title, body, None))
    return _draw("plugins", shown=shown) if shown else None


slots.add_home_card(
    HomeCard("exceptions", _l("先处理这些"), exceptions, FIGURES, "top", 10),
    HomeCard("numbers", _l("今日数字"), numbers, FIGURES, "top", 20),
    HomeCard("todo", _l("等你处理"), waiting, None, "top", 15),
    HomeCard("mine", _l("我今天的项目"), mine, VIEW, "main", 30),
    HomeCard("today", _l("今日订单"), today, "orders.view", "main", 40),
    HomeCard("trail", _l("最近的操作"), trail, FIGURES, "main", 50),
    HomeCard("plugins", _l("业态"), plugins, None, "main", 55),
    HomeCard("coming", _l("生日与到期"), coming, VIEW, "side", 60),
    HomeCard("tiers", _l("等级分布"), tiers, FIGURES, "side", 70),
)
