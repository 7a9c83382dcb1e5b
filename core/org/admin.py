"""Records of the organisation room: stores, and staff to read."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from markupsafe import Markup
from sqlalchemy import select

from core.kernel import clock
from core.kernel.errors import Conflict
from core.kernel.i18n import _, _l
from core.kernel.tenancy import current_actor
from core.kernel.web import routes
from core.kernel.web.admin_view import AdminView
from core.kernel.web.lists import Column, Filter, ListSpec, Sort, address, link
from core.kernel.web.render import MenuEntry, menu
from core.org import roles
from core.org.models import Staff, StaffRole, Store
from core.org.permissions import STAFF_VIEW, STORE_EDIT, STORE_VIEW

_IN_OUT = (("1", _l("在职")), ("0", _l("已离职")))
SOON_DAYS = 30
_LICENCE = (
    ("due", _l("30 天内到期或已过期")), ("soon", _l("30 天内到期")), ("over", _l("已过期")), ("valid", _l("有效")),
    ("none", _l("没有登记")),
)  # fmt: skip
_YES_NO = (("1", _l("在用")), ("0", _l("已停用")))


def _store_link(row: Any) -> Markup:
    return link(address("record_stores.details_view", id=row.id), row.name)


def _staff_link(row: Any) -> Markup:
    return link(address("org.staff_member", staff_id=row.id), row.name)


def _employed(row: Any) -> str:
    return _("在职") if row.active else _("已离职")


def licence_in(state: str) -> Any:
    """Return the criterion of staff by licence: soon (ends within 30 days), over, due (both), valid, none."""
    today = clock.today(current_actor().tz)
    now, later = today.isoformat(), (today + dt.timedelta(days=SOON_DAYS)).isoformat()
    until, has = Staff.licence_until, Staff.licence_until != ""
    return {
        "soon": has & until.between(now, later), "over": has & (until < now), "due": has & (until <= later),
        "valid": until > later, "none": (Staff.licence_no == "") & (Staff.licence_kind == ""),
    }[state]  # fmt: skip


def _licence(row: Any) -> Any:
    """Return the last day of a licence, with a badge when it ends soon or has ended."""
    if not row.licence_until:
        return "—"
    today = clock.today(current_actor().tz)
    if row.licence_until < today.isoformat():
        return Markup('{} <span class="bdg bad">{}</span>').format(row.licence_until, _("已过期"))
    if row.licence_until <= (today + dt.timedelta(days=SOON_DAYS)).isoformat():
        return Markup('{} <span class="bdg warn">{}</span>').format(row.licence_until, _("快到期"))
    return row.licence_until


def _state(active: bool) -> str:
    return _("在用") if active else _("已停用")


class StoreAdmin(AdminView):
    """Stores of the franchise."""

    record = Store
    key = "stores"
    title = _l("门店")
    view_permission = STORE_VIEW
    edit_permission = STORE_EDIT
    form_columns = ("code", "name", "legal_entity", "active")
    column_details_list = ("code", "name", "legal_entity", "active")
    column_labels = {
        "code": _l("编号"), "name": _l("名称"), "legal_entity": _l("法人主体"), "active": _l("在用"),
    }  # fmt: skip
    column_descriptions = {"legal_entity": _l("用另一家主体发行的储值时，要按它分开结算。")}
    listing = ListSpec(
        key="stores",
        model=Store,
        noun=_l("家"),
        columns=(
            Column(
                "name", _l("名称"), (Store.name,),
                _store_link, phone="title", fixed=True,
            ),
            Column("code", _l("编号"), (Store.code,), lambda r: r.code, phone="meta", quiet=True),
            Column("legal_entity", _l("法人主体"), (Store.legal_entity,), lambda r: r.legal_entity or "—"),
            Column("active", _l("状态"), (Store.active,), lambda r: _state(r.active), phone="value"),
        ),
        sorts=(
            Sort("code", _l("编号"), (Store.code, Store.id), column="code"),
            Sort("name", _l("名称"), (Store.name, Store.id), column="name"),
        ),
        filters=(Filter("active", _l("状态"), _YES_NO, lambda v: Store.active.is_(v == "1")),),
    )  # fmt: skip

    def _taken(self, code: str, but: int | None) -> None:
        found = routes.session().scalar(select(Store.id).where(Store.code == code))
        if found is not None and found != but:
            raise Conflict(_("门店编号 %(code)s 已经有了。", code=code))

    def make(self, form):  # type: ignore[no-untyped-def]
        """Return a new store; raise Conflict when the code is taken."""
        self._taken(form.code.data, None)
        return super().make(form)

    def change(self, form, row):  # type: ignore[no-untyped-def]
        """Return the changed store; raise Conflict when the code is taken."""
        self._taken(form.code.data, row.id)
        return super().change(form, row)


class StaffAdmin(AdminView):
    """Staff of the franchise, to read; making and changing them has rules of its own."""

    record = Staff
    key = "staff"
    title = _l("员工")
    view_permission = STAFF_VIEW
    list_template = "org/staff_list.html"
    column_details_list = ("number", "name", "licence_kind", "licence_until", "performs", "active")
    column_labels = {
        "number": _l("工号"), "name": _l("姓名"), "licence_kind": _l("执照种类"),
        "licence_until": _l("执照有效期至"), "performs": _l("做项目"), "active": _l("在职"),
    }  # fmt: skip
    listing = ListSpec(
        key="staff",
        model=Staff,
        noun=_l("人"),
        columns=(
            Column(
                "name", _l("姓名"), (Staff.name,),
                _staff_link, phone="title", fixed=True,
            ),
            Column("number", _l("工号"), (Staff.number,), lambda r: r.number, phone="meta", quiet=True),
            Column("licence", _l("执照有效期至"), (Staff.licence_until,), _licence),
            Column("active", _l("状态"), (Staff.active,), _employed, phone="value"),
        ),
        sorts=(
            Sort("number", _l("工号"), (Staff.number, Staff.id), column="number"),
            Sort("name", _l("姓名"), (Staff.name, Staff.id), column="name"),
        ),
        filters=(
            Filter(
                "role", _l("角色"), (),
                lambda v: Staff.id.in_(select(StaffRole.staff_id).where(StaffRole.role == v)),
            ),
            Filter("licence", _l("执照"), _LICENCE, licence_in),
            Filter("active", _l("状态"), _IN_OUT, lambda v: Staff.active.is_(v == "1")),
        ),
    )  # fmt: skip

    def listing_for(self, session):  # type: ignore[no-untyped-def]
        """Return the list with the franchise's roles to choose from."""
        changes = roles.current(session)
        choices = tuple((role, changes.label(role)) for role in changes.roles())
        role, *others = self.listing.filters
        return replace(self.listing, filters=(replace(role, choices=choices), *others))


RECORDS = (StoreAdmin, StaffAdmin)
menu.add(
    MenuEntry("settings", _l("门店"), "record_stores.index_view", "store", STORE_VIEW, 60),
    MenuEntry("settings", _l("员工"), "record_staff.index_view", "users", STAFF_VIEW, 70),
)
