"""How numbers, days and names are shown; the filters of every template."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from core.kernel import clock
from core.kernel.i18n import _, current_locale, listed
from core.kernel.tenancy import maybe_actor

if TYPE_CHECKING:
    from flask import Flask

MINUS = "\N{MINUS SIGN}"


def fen(amount: int | None) -> str:
    """Return fen as yuan with two decimals and thousands: 123456 is 1,234.56."""
    if amount is None:
        return "—"
    whole, rest = divmod(abs(amount), 100)
    return f"{MINUS if amount < 0 else ''}{whole:,}.{rest:02d}"


def yuan(amount: int | None) -> str:
    """Return fen as money with its sign: 123456 is ¥1,234.56."""
    if amount is None:
        return "—"
    return f"{MINUS if amount < 0 else ''}¥{fen(abs(amount))}"


def fen_signed(amount: int) -> str:
    """Return fen with a plus or minus before it."""
    return f"{'+' if amount > 0 else ''}{fen(amount)}"


def number(value: int | None) -> str:
    """Return a whole number with thousands."""
    return "—" if value is None else f"{value:,}".replace("-", MINUS)


def signed(value: int) -> str:
    """Return a whole number with thousands and its sign."""
    return f"{'+' if value > 0 else ''}{number(value)}"


def percent(bp: int) -> str:
    """Return basis points as per cent: 8000 is 80%."""
    whole, rest = divmod(bp, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".") + "%"


def _local(ms: int) -> datetime:
    actor = maybe_actor()
    return clock.from_ms(ms).astimezone(clock.zone(actor.tz if actor else "Asia/Shanghai"))


def moment(ms: int | None) -> str:
    """Return an instant (milliseconds) in the franchise's zone: 2026-11-21 10:32."""
    return "—" if ms is None else _local(ms).strftime("%Y-%m-%d %H:%M")


def local_day(ms: int) -> date:
    """Return the day of an instant in the franchise's zone."""
    return _local(ms).date()


def clock_time(ms: int | None) -> str:
    """Return the time of day of an instant: 10:32."""
    return "—" if ms is None else _local(ms).strftime("%H:%M")


def day(value: date | str | None) -> str:
    """Return a day as 2026-11-21."""
    if value is None or value == "":
        return "—"
    return value if isinstance(value, str) else value.isoformat()


def short_day(value: date | None, today: date | None = None) -> str:
    """Return a day as people say it: 今天, 昨天, 11-20 this year, else the whole date."""
    if value is None:
        return "—"
    actor = maybe_actor()
    now = today or clock.today(actor.tz if actor else "Asia/Shanghai")
    gap = (now - value).days
    if gap == 0:
        return _("今天")
    if gap == 1:
        return _("昨天")
    return value.strftime("%m-%d") if value.year == now.year else value.isoformat()


def long_day(value: date) -> str:
    """Return a day with its weekday: 11 月 21 日 星期六."""
    if current_locale() == "en":
        return value.strftime("%A, %B ") + str(value.day)
    names = (_("星期一"), _("星期二"), _("星期三"), _("星期四"), _("星期五"), _("星期六"), _("星期日"))
    return f"{_('%(m)d 月 %(d)d 日', m=value.month, d=value.day)} {names[value.weekday()]}"


def mask_phone(phone: str | None) -> str:
    """Return a phone with its middle hidden: 138****5051 (security C14)."""
    if not phone:
        return "—"
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 8 else "****" + phone[-2:]


def attrs(values: dict[str, Any]) -> Markup:
    """Return keyword arguments as HTML attributes: hx_get becomes hx-get; None and False are left out."""
    parts = []
    for name, value in values.items():
        if value is None or value is False:
            continue
        shown = escape(name.rstrip("_").replace("_", "-"))
        parts.append(f" {shown}" if value is True else f' {shown}="{escape(str(value))}"')
    return Markup("".join(parts))  # noqa: S704 - names and values were escaped above


def described(_field: Any, error: str, note: str) -> dict[str, Any]:
    """Return the aria attributes that tie a WTForms field to its error and help."""
    values: dict[str, Any] = {}
    ids = [f"{_field.id}-err"] if error else []
    if note:
        ids.append(f"{_field.id}-help")
    if ids:
        values["aria-describedby"] = " ".join(ids)
    if error:
        values["aria-invalid"] = "true"
    return values


def toast_data(raw: str) -> dict[str, Any]:
    """Return the text and the undo path of a flashed toast."""
    try:
        found = json.loads(raw)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"text": raw, "undo": None}


def field_pair(error: Any) -> tuple[str, str]:
    """Return a refused field as the errors summary links it: (the field's id, what is wrong)."""
    return error.field, error.message


FILTERS = {
    "fen": fen, "yuan": yuan, "fen_signed": fen_signed, "number": number, "signed": signed,
    "percent": percent, "moment": moment, "local_day": local_day, "fieldpair": field_pair,
    "clock_time": clock_time, "day": day, "short_day": short_day,
    "long_day": long_day, "mask_phone": mask_phone, "attrs": attrs, "described": described,
    "toast_data": toast_data, "listed": listed,
}  # fmt: skip


def install(app: Flask) -> None:
    """Register the filters."""
    app.jinja_env.filters.update(FILTERS)
