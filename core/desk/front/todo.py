"""What waits for somebody: approvals to decide, a day to close, licences that end, a draft that is not published."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.cash import days
from core.cash.permissions import CLOSE_DAY
from core.kernel import clock
from core.kernel.i18n import _, ngettext
from core.kernel.permissions import may
from core.kernel.web import state
from core.kernel.web.formats import moment
from core.org.models import Staff
from core.org.permissions import STAFF_VIEW
from core.programme import drafts
from core.programme.permissions import EDIT as DRAFT_EDIT

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.kernel.tenancy import Actor

SOON_DAYS = 30
LIST = 6


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to look at: how grave, what, and the rows behind it."""

    tint: str
    icon: str
    title: str
    note: str
    endpoint: str = ""
    values: tuple[tuple[str, Any], ...] = ()


def rows(session: Session, actor: Actor) -> list[Notice]:
    """Return what waits for the actor: approvals, a day that was not closed, licences that end, an open draft."""
    return [*_approvals(), *_day(session, actor), *_licences(session, actor), *_draft(session, actor)]


def _approvals() -> list[Notice]:
    who = state.identity()
    n = who.waiting if who else 0
    if not n:
        return []
    title = ngettext("有 %(n)d 条等你审批", "有 %(n)d 条等你审批", n)
    return [Notice("warn", "check", title, _("24 小时没人处理就失效"), "org.approvals")]


def _day(session: Session, actor: Actor) -> list[Notice]:
    """Return the day before today that the store has not closed, for who may close it (B51)."""
    if not may(actor, CLOSE_DAY, actor.store_id):
        return []
    on = days.forgotten(session)
    if on is None:
        return []
    title = _("%(day)s 还没日结", day=on.isoformat())
    return [
        Notice(
            "warn",
            "wallet",
            title,
            _("核对支付方式后日结，之后的账记在下一个营业日"),
            "cash.day",
            (("on", on.isoformat()),),
        )
    ]


def _licences(session: Session, actor: Actor) -> list[Notice]:
    """Return licences that end within thirty days: everybody's for who sees the staff, else one's own."""
    soon = (clock.today(actor.tz) + dt.timedelta(days=SOON_DAYS)).isoformat()
    query = select(Staff.id, Staff.name, Staff.licence_until).where(
        Staff.active.is_(True), Staff.licence_until != "", Staff.licence_until <= soon
    )
    everybody = may(actor, STAFF_VIEW)
    if not everybody:
        query = query.where(Staff.id == (actor.staff_id or 0))
    found = session.execute(query.order_by(Staff.licence_until).limit(LIST)).all()
    if not found:
        return []
    staff_id, name, until = found[0]
    if not everybody:
        note = _("%(day)s 到期", day=until)
        return [Notice("warn", "shield", _("你的执业证快到期了"), note, "org.security")]
    title = ngettext("%(n)d 人的执业证 30 天内到期", "%(n)d 人的执业证 30 天内到期", len(found))
    note = _("最早 %(name)s · %(day)s", name=name, day=until)
    return [Notice("warn", "shield", title, note, "org.staff_member", (("staff_id", staff_id),))]


def _draft(session: Session, actor: Actor) -> list[Notice]:
    if not may(actor, DRAFT_EDIT):
        return []
    row = drafts.current(session)
    if row is None:
        return []
    note = _("打开于 %(at)s，发布前不影响收银", at=moment(row.opened_at))
    return [Notice("", "edit", _("会员方案有一份没发布的草稿"), note, "programme.index")]
