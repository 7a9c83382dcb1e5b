"""The list of the audit trail: who, what, to which record, when; every filter walks an index."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from flask import request, url_for
from sqlalchemy import select

from core.console.audit_trail import DOORS
from core.kernel import clock
from core.kernel.audit_words import words
from core.kernel.i18n import _, _l
from core.kernel.ids import parse_id
from core.kernel.models import AuditEntry
from core.kernel.tenancy import current_actor
from core.kernel.web.formats import moment
from core.kernel.web.lists import Column, Filter, ListSpec, Sort, link
from core.lists.field_words import kind_word
from core.org.models import Staff, Store

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

STAFF_LIMIT = 500
DAYS = (("today", _l("今天")), ("yesterday", _l("昨天")), ("7", _l("7 天内")), ("30", _l("30 天内")))


def spec(session: Session) -> ListSpec:
    """Return the list of the acting franchise's trail."""
    row = AuditEntry
    staff = session.execute(select(Staff.id, Staff.name).order_by(Staff.number).limit(STAFF_LIMIT))
    names = {found[0]: found[1] for found in staff}
    who = select(Staff.name).where(Staff.id == row.staff_id).correlate(row).scalar_subquery()
    stores = {found[0]: found[1] for found in session.execute(select(Store.id, Store.name))}
    return ListSpec(
        key="audit", model=row, noun=_l("条"),
        columns=(
            Column("at", _l("时间"), (row.at,), lambda r: moment(r.at), phone="note", fixed=True),
            Column(
                "action", _l("做了什么"), (row.action,),
                lambda r: link(url_for("console.audit_entry", entry_id=r.id), words.label(r.action)), phone="title",
                fixed=True,
            ),
            Column("staff", _l("谁"), (row.staff_id, who.label("who")), lambda r: r.who or _who(r), phone="meta"),
            Column("object", _l("对象"), (row.object_kind, row.object_id), lambda r: kind_word(r.object_kind)),
            Column("store", _l("门店"), (row.store_id,), lambda r: stores.get(r.store_id, "—"), quiet=True),
            Column("door", _l("从哪里"), (row.door,), lambda r: str(DOORS.get(r.door, r.door)), quiet=True),
            Column("request", _l("请求号"), (row.request_id,), lambda r: r.request_id or "—", shown=False, quiet=True),
        ),
        sorts=(Sort("latest", _l("最新在前"), (row.at, row.id), down=True, column="at"),),
        filters=(
            Filter("staff", _l("谁"), tuple((str(k), v) for k, v in names.items()), lambda v: row.staff_id == int(v)),
            Filter("action", _l("做了什么"), words.all(), lambda v: row.action == v),
            Filter("day", _l("时间"), _days, _day_where),
            Filter("object", _l("对象"), _objects, _object_where),
            Filter("person", _l("会员"), _persons, lambda v: row.person_id == int(v)),
        ),
    )  # fmt: skip


def _who(row: Any) -> str:
    return _("系统") if row.staff_id is None else "—"


def _days() -> list[tuple[str, str]]:
    """Return the days to choose from: some near ones, and the one in the address."""
    asked = request.args.get("f.day", "")
    own = [(asked, asked)] if _parsed(asked) else []
    return [*((value, str(label)) for value, label in DAYS), *own]


def _parsed(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def _day_where(value: str) -> Any:
    today = clock.today(current_actor().tz)
    if value in {"7", "30"}:
        return AuditEntry.at >= _start(today - dt.timedelta(days=int(value) - 1))
    day = {"today": today, "yesterday": today - dt.timedelta(days=1)}.get(value) or _parsed(value) or today
    return AuditEntry.at.between(_start(day), _start(day + dt.timedelta(days=1)) - 1)


def _start(day: dt.date) -> int:
    return clock.to_ms(dt.datetime.combine(day, dt.time.min, clock.zone(current_actor().tz)))


def _objects() -> list[tuple[str, str]]:
    """Return the one record in the address (`kind:id`): the whole history of that record."""
    asked = request.args.get("f.object", "")
    kind, _sep, raw = asked.partition(":")
    return [(asked, _("%(kind)s 的全部历史", kind=kind_word(kind)))] if kind and parse_id(raw) else []


def _object_where(value: str) -> Any:
    kind, _sep, raw = value.partition(":")
    return (AuditEntry.object_kind == kind) & (AuditEntry.object_id == (parse_id(raw) or 0))


def _persons() -> list[tuple[str, str]]:
    """Return the one member in the address: everything that concerned them."""
    asked = request.args.get("f.person", "")
    return [(asked, _("这位会员的全部记录"))] if parse_id(asked) else []
