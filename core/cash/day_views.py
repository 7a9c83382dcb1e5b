"""Pages of the store's day: its shifts and sums, ticking and closing it, the list of days, the printed sheet."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from flask import request
from sqlalchemy import select

from core.cash import days, lists, rules
from core.cash.blueprint import bp
from core.cash.permissions import CLOSE_DAY, SHIFT, VIEW
from core.cash.settings import REASONS
from core.kernel import clock, settings
from core.kernel.errors import NotFound, Refusal
from core.kernel.i18n import _, _l
from core.kernel.money import parse_yuan
from core.kernel.permissions import may
from core.kernel.tenancy import current_actor
from core.kernel.web import lists as web_lists
from core.kernel.web.render import MenuEntry, go, menu, render_page, toast
from core.kernel.web.routes import on_refusal, page, session
from core.orders.selling import tender_list
from core.org import franchises
from core.org.models import Staff

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

menu.add(
    MenuEntry("till", _l("现金班次"), "cash.mine", "wallet", SHIFT, 21),
    MenuEntry("till", _l("日结"), "cash.days", "check", VIEW, 22),
    MenuEntry("till", _l("所有班次"), "cash.shifts", "clock", VIEW, 23),
)


@page(bp, "/cash/shifts", permission=VIEW, endpoint="shifts")
def shifts_page() -> Any:
    """List the shifts of the stores one looks after."""
    listing = web_lists.load(session(), lists.shifts(session(), {}), request.args)
    return render_page("cash/shifts.html", listing=listing, title=_("所有班次"), sub=_("谁的抽屉、应有多少、清点多少"))


@page(bp, "/cash/days", permission=VIEW, endpoint="days")
def days_page() -> Any:
    """List the closed days; the day that is to be closed next stands above."""
    unit = session()
    listing = web_lists.load(unit, lists.day_closes(unit, {}), request.args)
    next_on, forgotten = None, None
    if current_actor().store_id and may(current_actor(), VIEW, current_actor().store_id):
        next_on, forgotten = days.due(unit, days.store_for(unit, None)), days.forgotten(unit)
    return render_page(
        "cash/days.html", listing=listing, title=_("日结"), sub=_("结过的营业日不能再改，更正记在下一个营业日"),
        next_on=next_on, forgotten=forgotten, may_close=may(current_actor(), CLOSE_DAY),
    )  # fmt: skip


def _day_of(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise NotFound(_("没有这个营业日。")) from None


@page(bp, "/cash/days/<on>", permission=VIEW, endpoint="day")
def day_page(on: str) -> Any:
    """Show a business day of a store: to tick and close, or as it was closed."""
    return _day(session(), on, request.args.get("store"))


def _day(unit: Session, on: str, store_id: Any, refusal: Refusal | None = None) -> Any:
    store = days.store_for(unit, store_id)
    seen = days.see(unit, store, _day_of(on))
    today = clock.today(current_actor().tz)
    return render_page(
        "cash/day.html", status=refusal.status if refusal else 200, day=seen, refusal=refusal, typed=request.form,
        words=tender_list.names(unit), reasons=settings.value(unit, REASONS), today=today, by=_closer(unit, seen),
        errors={error.field: error.message for error in refusal.errors} if refusal else {},
        may_close=may(current_actor(), CLOSE_DAY, store.id),
        locked=store.closed_through_on is not None and seen.on <= store.closed_through_on,
    )  # fmt: skip


def _closer(unit: Session, seen: days.Day) -> str:
    if seen.closed is None:
        return ""
    return unit.scalar(select(Staff.name).where(Staff.id == seen.closed.closed_by)) or "—"


@page(bp, "/cash/days/<on>/close", permission=CLOSE_DAY, unit="write", methods=("POST",))
def day_close(on: str) -> Any:
    """Close a business day with everything ticked."""
    form = request.form
    on_refusal(lambda refusal: _day(session(), on, form.get("store"), refusal))
    row = days.close(session(), form.get("store"), _day_of(on), _ticks(form), form.get("seen", "")[:64])
    toast(_("%(day)s 已日结。之后的收款、退款和更正记在下一个营业日。", day=row.business_on.isoformat()))
    return go("cash.day", on=row.business_on.isoformat(), store=str(row.store_id))


def _ticks(form: Mapping[str, str]) -> dict[str, rules.Tick]:
    """Return what the form says of each way to pay; an empty sum means: as the books say."""
    found = {}
    for name in form:
        if not name.startswith("counted_"):
            continue
        kind, raw = name[8:][:30], form[name].strip()[:20]
        counted = parse_yuan(raw, name) if raw else None
        found[kind] = rules.Tick(form.get(f"tick_{kind}") == "1", counted, form.get(f"reason_{kind}", ""))
    return found


@page(bp, "/cash/days/<on>/sheet", permission=VIEW, endpoint="sheet")
def sheet(on: str) -> Any:
    """Show a closed day on paper: A4, or 80 mm with `w=80`; raise NotFound for one that is open."""
    unit = session()
    store = days.store_for(unit, request.args.get("store"))
    seen = days.see(unit, store, _day_of(on))
    if seen.closed is None:
        raise NotFound(_("这一天还没有日结，没有日结单。"))
    return render_page(
        "cash/sheet.html", day=seen, by=_closer(unit, seen), words=tender_list.names(unit),
        narrow=request.args.get("w") == "80", franchise=franchises.get(unit, current_actor().franchise_id).name,
    )  # fmt: skip
