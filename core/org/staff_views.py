"""Pages of the people who work here: a record, its roles and stores, sign-in, devices; my own devices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request, url_for
from sqlalchemy import select

from core.kernel import clock
from core.kernel.errors import NotFound, Refusal
from core.kernel.i18n import _, _l
from core.kernel.ids import parse_id
from core.kernel.permissions import may
from core.kernel.tenancy import current_actor
from core.kernel.web import record_conflict
from core.kernel.web.render import go, render_page, toast
from core.kernel.web.routes import on_refusal, page, session
from core.org import licences, roles, rules, sittings, staff_changes
from core.org.blueprint import bp, id_of, who
from core.org.forms import Typed
from core.org.models import Staff, Store
from core.org.permissions import STAFF_EDIT, STAFF_VIEW, USE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

LICENCES = licences.KINDS
ROWS = 8
FIELD_NAMES = (
    ("name", _l("姓名")), ("store_id", _l("所属门店")), ("licence_kind", _l("执照种类")),
    ("licence_no", _l("执照编号")),
    ("licence_until", _l("执照有效期至")), ("performs", _l("做项目")),
)  # fmt: skip
FIELDS = tuple(key for key, _label in FIELD_NAMES)


def _stores(unit: Session) -> list[tuple[str, str]]:
    rows = unit.scalars(select(Store).where(Store.active.is_(True)).order_by(Store.code))
    return [(str(row.id), row.name) for row in rows]


def _role_choices(unit: Session) -> list[tuple[str, str]]:
    """Return the roles that the signed-in person may give, and those above as not to be had without approval."""
    changes = roles.current(unit)
    return [(role, changes.label(role)) for role in changes.roles()]


# -- a record ------------------------------------------------------------------------------------


@page(bp, "/records/staff/<staff_id>", permission=STAFF_VIEW)
def staff_member(staff_id: str) -> Any:
    """Show a staff member: record, roles, sign-in, devices."""
    return _staff_page(session(), staff_id)


def _staff_page(unit: Session, staff_id: str, refusal: Refusal | None = None, password: str = "") -> Any:
    row = staff_changes.get(unit, id_of(staff_id))
    pairs = roles.pairs_of(unit, row.id)
    changes = roles.current(unit)
    stores = dict(_stores(unit))
    actor = current_actor()
    bases = {changes.base(role) for role, _store in pairs}
    return render_page(
        "org/staff.html", S=row, status=refusal.status if refusal else 200, refusal=refusal, password=password,
        roles=[(changes.label(role), stores.get(str(store), "") if store else "") for role, store in pairs],
        store=stores.get(str(row.store_id), ""), licences=dict(LICENCES), sittings=sittings.of(unit, row.id),
        may_edit=may(actor, STAFF_EDIT), is_self=row.id == actor.staff_id, must_totp=rules.must_use_totp(bases),
        above=roles.rank_of(unit, row.id) > roles.rank_of(unit, actor.staff_id),
        today=clock.today(actor.tz).isoformat(),
    )  # fmt: skip


def _again(staff_id: str) -> None:
    on_refusal(lambda refusal: _staff_page(session(), staff_id, refusal))


@page(bp, "/records/staff/hire", permission=STAFF_EDIT)
def staff_new() -> Any:
    """Show the form of somebody new."""
    return _form_page(session(), None, Typed())


def _form_page(unit: Session, row: Staff | None, typed: Typed, status: int = 200) -> Any:
    values = _values_of(row) if row else {}
    was = record_conflict.was() or (_words(unit, values) if row else {})
    values.update(typed.values)
    return render_page(
        "org/staff_form.html", status=status, S=row, V=values, typed=typed, stores=_stores(unit),
        roles=_role_choices(unit), licences=LICENCES, was=record_conflict.was_text(was),
    )  # fmt: skip


def _values_of(row: Staff) -> dict[str, str]:
    """Return the fields of a record as the form types them."""
    values = {key: str(getattr(row, key) or "") for key in FIELDS}
    return {**values, "performs": "1" if row.performs else ""}


def _words(unit: Session, values: Mapping[str, str]) -> dict[str, str]:
    """Return typed fields as people read them."""
    choices = {"store_id": {"": _("全部门店"), **dict(_stores(unit))}, "licence_kind": dict(LICENCES)}
    said = {key: str(choices.get(key, {}).get(values.get(key, ""), values.get(key, ""))) for key in FIELDS}
    return {**said, "performs": _("是") if values.get("performs") in {"1", "True"} else _("否")}


def _conflict_page(unit: Session, row: Staff, typed: Typed) -> Any:
    """Show both versions side by side, one choice a field."""
    labels = [(key, str(label)) for key, label in FIELD_NAMES]
    return render_page(
        "lists/conflict.html", status=409, row=row, name=row.name, typed=record_conflict.typed(),
        action=url_for("org.staff_edit_post", staff_id=row.id), give_up=url_for("org.staff_member", staff_id=row.id),
        was=record_conflict.was_text(record_conflict.was()),
        clashes=record_conflict.clashes(
            labels, record_conflict.was(), _words(unit, _values_of(row)), _words(unit, typed.values)
        ),
        **record_conflict.context(unit, ("staff",), row.id),
    )  # fmt: skip


def _typed() -> Typed:
    names = (*FIELDS, "number", "role", "role_store", "version")
    return Typed({name: request.form.get(name, "").strip()[:120] for name in names})


def _values(typed: Typed) -> dict[str, Any]:
    given = typed.values
    return {
        "name": given["name"], "store_id": parse_id(given["store_id"]) if given["store_id"] else None,
        "licence_kind": given["licence_kind"][:40], "licence_no": given["licence_no"][:60],
        "licence_until": given["licence_until"][:10], "performs": given["performs"] == "1",
    }  # fmt: skip


@page(bp, "/records/staff/hire", permission=STAFF_EDIT, unit="write", methods=("POST",), endpoint="staff_new_post")
def staff_new_post() -> Any:
    """Add somebody; their one-time password is shown once."""
    typed = _typed()
    on_refusal(lambda refusal: _form_page(session(), None, typed.of_refusal(refusal), refusal.status))
    values = _values(typed)
    number = typed.values["number"]
    if not 1 <= len(number) <= 20 or not number.replace("-", "").isalnum():
        typed.errors["number"] = _("工号用 1 到 20 个字母或数字。")
        return _form_page(session(), None, typed, 422)
    if not values["name"]:
        typed.errors["name"] = _("请填写姓名，最多 60 个字。")
        return _form_page(session(), None, typed, 422)
    where = typed.values["role_store"]
    row, password = staff_changes.hire(
        session(), roles_given=[(typed.values["role"], id_of(where) if where else None)], number=number,
        name=values["name"], store_id=values["store_id"], performs=values["performs"],
        licence=(values["licence_kind"], values["licence_no"], values["licence_until"]),
    )  # fmt: skip
    return _staff_page(session(), str(row.id), password=password)


@page(bp, "/records/staff/<staff_id>/edit", permission=STAFF_EDIT)
def staff_edit(staff_id: str) -> Any:
    """Show the form of a record."""
    return _form_page(session(), staff_changes.get(session(), id_of(staff_id)), Typed())


@page(
    bp, "/records/staff/<staff_id>/edit", permission=STAFF_EDIT, unit="write", methods=("POST",),
    endpoint="staff_edit_post",
)  # fmt: skip
def staff_edit_post(staff_id: str) -> Any:
    """Change a record; when somebody else did meanwhile, both versions stand side by side."""
    typed = _typed()

    def again(refusal: Refusal) -> Any:
        fresh = staff_changes.get(session(), id_of(staff_id))
        if refusal.code == "stale_version":
            return _conflict_page(session(), fresh, typed)
        return _form_page(session(), fresh, typed.of_refusal(refusal), refusal.status)

    on_refusal(again)
    theirs = record_conflict.taken() & set(FIELDS)
    if theirs:
        now = _values_of(staff_changes.get(session(), id_of(staff_id)))
        typed.values.update({key: now[key] for key in theirs})
    row = staff_changes.change(session(), id_of(staff_id), typed.values["version"], _values(typed))
    toast(_("已保存%(name)s的资料。", name=row.name))
    return go("org.staff_member", staff_id=row.id)


# -- roles and stores ----------------------------------------------------------------------------


@page(bp, "/records/staff/<staff_id>/roles", permission=STAFF_EDIT)
def staff_roles(staff_id: str) -> Any:
    """Show the roles of a staff member, each with its store."""
    return _roles_page(session(), staff_id)


def _roles_page(
    unit: Session, staff_id: str, refusal: Refusal | None = None, pairs: list[tuple[str, int | None]] | None = None
) -> Any:
    row = staff_changes.get(unit, id_of(staff_id))
    shown = roles.pairs_of(unit, row.id) if pairs is None else pairs
    blank = [("", None)] * max(1, min(2, ROWS - len(shown)))
    return render_page(
        "org/staff_roles.html", S=row, status=refusal.status if refusal else 200, refusal=refusal,
        rows=[*shown, *blank][:ROWS], stores=_stores(unit), roles=_role_choices(unit),
        reason=request.form.get("reason", "")[:200], version=row.version,
        ask=refusal is not None and refusal.code == "role_above",
    )  # fmt: skip


def _pairs() -> list[tuple[str, int | None]]:
    """Return the roles and stores of the form; a row without a role is left out, twins count once."""
    found: list[tuple[str, int | None]] = []
    for n in range(ROWS):
        role, store = request.form.get(f"role_{n}", "")[:30], request.form.get(f"store_{n}", "")
        pair = (role, id_of(store) if store else None)
        if role and pair not in found:
            found.append(pair)
    return found


@page(
    bp, "/records/staff/<staff_id>/roles", permission=STAFF_EDIT, unit="write", methods=("POST",),
    endpoint="staff_roles_post",
)  # fmt: skip
def staff_roles_post(staff_id: str) -> Any:
    """Give roles, or ask somebody higher to."""
    wanted: list[tuple[str, int | None]] = []
    on_refusal(lambda refusal: _roles_page(session(), staff_id, refusal, wanted or None))
    wanted.extend(_pairs())
    if request.form.get("act") == "ask":
        row = staff_changes.ask_roles(session(), id_of(staff_id), wanted, request.form.get("reason", ""))
        toast(_("已提交审批，批准后立即生效。"))
        return go("org.approval", request_id=row.id)
    staff = staff_changes.set_roles(session(), id_of(staff_id), request.form.get("version", ""), wanted)
    toast(_("已更新%(name)s的角色，下一次点击就生效。", name=staff.name))
    return go("org.staff_member", staff_id=staff.id)


# -- sign-in -------------------------------------------------------------------------------------


@page(bp, "/records/staff/<staff_id>/reset", permission=STAFF_EDIT, unit="write", methods=("POST",))
def staff_reset(staff_id: str) -> Any:
    """Give a new one-time password; PIN and sessions are gone."""
    _again(staff_id)
    password = staff_changes.reset_sign_in(session(), id_of(staff_id))
    return _staff_page(session(), staff_id, password=password)


@page(bp, "/records/staff/<staff_id>/totp", permission=STAFF_EDIT, unit="write", methods=("POST",))
def staff_totp(staff_id: str) -> Any:
    """Clear a lost second factor."""
    _again(staff_id)
    staff_changes.reset_totp(session(), id_of(staff_id))
    toast(_("动态口令已清除，所有设备已退出。"))
    return go("org.staff_member", staff_id=staff_id)


@page(bp, "/records/staff/<staff_id>/active", permission=STAFF_EDIT, unit="write", methods=("POST",))
def staff_active(staff_id: str) -> Any:
    """Let somebody leave or come back."""
    _again(staff_id)
    active = request.form.get("active") == "1"
    ended = staff_changes.set_active(session(), id_of(staff_id), active)
    toast(_("已恢复在职。") if active else _("已停用，%(n)d 台设备已退出。", n=ended))
    return go("org.staff_member", staff_id=staff_id)


@page(bp, "/records/staff/<staff_id>/sessions/end", permission=STAFF_EDIT, unit="write", methods=("POST",))
def staff_sessions_end(staff_id: str) -> Any:
    """End one session of a staff member, or all of them."""
    _again(staff_id)
    row = staff_changes.get(session(), id_of(staff_id))
    staff_changes.refuse_above(session(), row)
    one = request.form.get("session", "")
    if one:
        sittings.end(session(), row.id, one)
        toast(_("这台设备已退出。"))
    else:
        toast(_("已退出 %(n)d 台设备。", n=sittings.end_all(session(), row.id, but=_mine(row.id))))
    return go("org.staff_member", staff_id=staff_id)


def _mine(staff_id: int) -> int | None:
    """Return the session of this request when it is the staff member's own: it stays."""
    return who().session_id if current_actor().staff_id == staff_id else None


@page(bp, "/security/sessions/end", permission=USE, unit="write", methods=("POST",))
def my_sessions_end() -> Any:
    """End one of my own sessions, or all but this one."""
    own = current_actor().staff_id
    if own is None:
        raise NotFound
    one = request.form.get("session", "")
    if one:
        sittings.end(session(), own, one)
        toast(_("这台设备已退出。"))
    else:
        toast(_("已退出 %(n)d 台设备。", n=sittings.end_all(session(), own, but=who().session_id)))
    return go("org.security")
