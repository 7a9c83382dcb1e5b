"""Pages of roles: the matrix, a change with its preview, roles of one's own, seeing as another role."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flask import request

from core.kernel.errors import Conflict, Invalid, Refusal
from core.kernel.i18n import _, _l
from core.kernel.permissions import ROLES, Permission, RoleChanges, may, registry
from core.kernel.tenancy import current_actor
from core.kernel.web.render import MenuEntry, go, menu, render_page, toast
from core.kernel.web.routes import on_refusal, own_unit, page, session
from core.org import approvals, role_rules, roles, sittings
from core.org.blueprint import bp, own_proof, who
from core.org.permissions import ROLES_EDIT, ROLES_VIEW, ROLES_VIEW_AS, USE
from core.org.proofs import consume_proof
from core.org.role_rules import Change

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

menu.add(MenuEntry("settings", _l("角色与权限"), "org.roles", "shield", ROLES_VIEW, 80))
NAMES_SHOWN = 40


@dataclass(slots=True)
class Cell:
    """What a role holds of one permission, and why that cannot be changed (empty: it can)."""

    role: str
    held: bool
    fixed: str


@dataclass(slots=True)
class Row:
    """A permission across the roles."""

    item: Permission
    cells: list[Cell]


@dataclass(slots=True)
class Group:
    """The permissions of one room or plugin."""

    key: str
    label: str
    rows: list[Row] = field(default_factory=list)


def matrix(changes: RoleChanges, shown: list[str], text: str, plugins: frozenset[str]) -> list[Group]:
    """Return the matrix of `shown` roles, narrowed to permissions whose words or group contain `text`."""
    groups: dict[str, Group] = {}
    pairs = approvals.pairs()
    low = text.strip().lower()
    for item in registry.all():
        if not role_rules.in_matrix(item, plugins):
            continue
        key = role_rules.group_of(item)
        label = str(role_rules.GROUPS.get(key, key))
        if low and low not in f"{item.label} {label} {item.code}".lower():
            continue
        group = groups.setdefault(key, Group(key, label))
        group.rows.append(Row(item, [_cell(changes, role, item, pairs) for role in shown]))
    order = list(role_rules.GROUPS)
    return sorted(groups.values(), key=lambda g: (order.index(g.key) if g.key in order else len(order), g.key))


def _cell(changes: RoleChanges, role: str, item: Permission, pairs: list[tuple[str, str]]) -> Cell:
    held = changes.holds(role, item)
    return Cell(role, held, role_rules.why_fixed(changes, role, item, not held, pairs) or "")


def _shown(changes: RoleChanges, wanted: str) -> list[str]:
    every = changes.roles()
    return [wanted] if wanted in every else every


@page(bp, "/roles", permission=ROLES_VIEW, endpoint="roles")
def roles_page() -> Any:
    """Show which role may do what."""
    return _matrix_page(session())


def _matrix_page(unit: Session, refusal: Refusal | None = None, status: int = 200) -> Any:
    changes = roles.current(unit)
    text, one = request.values.get("q", "")[:40], request.values.get("role", "")[:30]
    shown = _shown(changes, one)
    return render_page(
        "org/roles.html", status=status, groups=matrix(changes, shown, text, current_actor().plugins), shown=shown,
        one=one if one in changes.roles() else "", text=text, changes=changes, version=roles.version_of(unit),
        holders=roles.holders(unit), built_in=ROLES, refusal=refusal, typed=request.form,
        may_edit=may(current_actor(), ROLES_EDIT), may_view_as=may(current_actor(), ROLES_VIEW_AS),
    )  # fmt: skip


def _again() -> None:
    on_refusal(lambda refusal: _matrix_page(session(), refusal, refusal.status))


def wanted_of(changes: RoleChanges, plugins: frozenset[str]) -> list[Change]:
    """Return what the posted matrix changes: only what was shown, and only what may be changed."""
    ticked = set(request.form.getlist("g"))
    shown = _shown(changes, request.form.get("role", "")[:30])
    text = request.form.get("q", "")[:40]
    return [
        Change(cell.role, row.item.code, f"{cell.role}|{row.item.code}" in ticked)
        for group in matrix(changes, shown, text, plugins)
        for row in group.rows
        for cell in row.cells
        if not cell.fixed and cell.held != (f"{cell.role}|{row.item.code}" in ticked)
    ]


def _version() -> int:
    raw = request.form.get("version", "")
    return int(raw) if raw.isdigit() and len(raw) < 20 else -1


@page(bp, "/roles/preview", permission=ROLES_EDIT, methods=("POST",))
def roles_preview() -> Any:
    """Show who gains and who loses what, by name, before anything is changed."""
    _again()
    unit = session()
    if _version() != roles.version_of(unit):
        raise Conflict(_("角色刚被别人改过。请看最新的权限表，再改一次。"), code="stale_version")
    changes = roles.current(unit)
    wanted = roles.check(changes, wanted_of(changes, current_actor().plugins), approvals.pairs())
    if not wanted:
        raise Invalid(_("没有改动任何权限。"))
    return _preview_page(unit, wanted)


def _preview_page(unit: Session, wanted: list[Change], refusal: Refusal | None = None) -> Any:
    effects = roles.preview(unit, wanted)
    return render_page(
        "org/roles_preview.html", wanted=wanted, effects=effects[:NAMES_SHOWN], touched=len(effects),
        changes=roles.current(unit), registry=registry, version=request.form.get("version", ""), refusal=refusal,
        status=refusal.status if refusal else 200, text=request.form.get("q", "")[:40],
        one=request.form.get("role", "")[:30],
    )  # fmt: skip


def _asked() -> list[Change]:
    """Return the changes that the preview posted."""
    found = []
    for raw in request.form.getlist("change")[:2_000]:
        role, _bar, rest = raw.partition("|")
        code, _bar, granted = rest.partition("|")
        found.append(Change(role[:30], code[:80], granted == "1"))
    return found


@page(bp, "/roles/save", permission=ROLES_EDIT, unit="own", methods=("POST",))
def roles_save() -> Any:
    """Change what roles hold, confirmed by PIN; effective at everybody's next request."""
    wanted = _asked()
    payload = approvals.sha_of("|".join(sorted(map(str, wanted))))
    try:
        proof = own_proof(request.form.get("pin", ""), payload)
        with own_unit("write") as unit:
            consume_proof(unit, proof, "approve", payload)
            real = roles.save(unit, _version(), wanted, approvals.pairs())
    except Refusal as refusal:
        with own_unit("read") as unit:
            if refusal.code in {"stale_version", "role_fixed"}:
                return _matrix_page(unit, refusal, refusal.status)
            return _preview_page(unit, wanted, refusal)
    toast(_("已改 %(n)d 项权限，下一次点击就生效。", n=len(real)))
    return go("org.roles", role=request.form.get("role") or None)


@page(bp, "/roles/new", permission=ROLES_EDIT, unit="write", methods=("POST",))
def role_new() -> Any:
    """Make a role of the franchise's own, like an existing one."""
    _again()
    row = roles.make(session(), request.form.get("name", "").strip(), request.form.get("like", "")[:30])
    toast(_("已新增角色“%(name)s”，现在可以改它的权限。", name=row.name))
    return go("org.roles", role=row.code)


@page(bp, "/roles/<code>/drop", permission=ROLES_EDIT, unit="write", methods=("POST",))
def role_drop(code: str) -> Any:
    """Remove a role that nobody has."""
    _again()
    roles.drop(session(), code[:30])
    toast(_("角色已删除。"))
    return go("org.roles")


@page(bp, "/roles/view-as", permission=ROLES_VIEW_AS, unit="write", methods=("POST",))
def view_as() -> Any:
    """Look at the house with another role's eyes, without touching anything."""
    _again()
    sittings.view_as(session(), who().session_id, request.form.get("role", "")[:30])
    return go("org.home")


@page(bp, "/roles/view-as/leave", permission=USE, unit="write", methods=("POST",), while_viewing=True)
def view_as_leave() -> Any:
    """See with one's own eyes again."""
    sittings.stop_viewing(session(), who().session_id)
    toast(_("已回到你自己的权限。"))
    return go("org.roles")
