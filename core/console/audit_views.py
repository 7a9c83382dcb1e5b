"""Pages of the audit trail: the list with the state of its chain, an entry, its sealed detail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request

from core.console import audit_trail
from core.console.audit_list import spec
from core.console.blueprint import bp, id_of
from core.console.permissions import AUDIT_DETAIL, AUDIT_VIEW
from core.kernel import permissions
from core.kernel.audit_words import words
from core.kernel.i18n import _, _l
from core.kernel.runtime import runtime
from core.kernel.tenancy import current_actor
from core.kernel.web import lists
from core.kernel.web.render import MenuEntry, go, link_if, menu, render_page, toast
from core.kernel.web.routes import page, session
from core.lists.field_words import kind_word
from core.org.models import Staff, Store

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.kernel.models import AuditEntry

menu.add(MenuEntry("settings", _l("操作日志"), "console.audit", "doc", AUDIT_VIEW, order=70))


@page(bp, "/audit", permission=AUDIT_VIEW)
def audit() -> Any:
    """Show the trail, newest first, and whether its chain is whole."""
    unit = session()
    state = audit_trail.chain(unit)
    return render_page(
        "console/audit.html", listing=lists.load(unit, spec(unit), request.args), title=_("操作日志"), chain=state,
        problem=audit_trail.problem_words(state.last) if state.last else "", cap=audit_trail.UNSEALED_CAP,
    )  # fmt: skip


@page(bp, "/audit/check", permission=AUDIT_VIEW, unit="own", methods=("POST",))
def audit_check() -> Any:
    """Walk the newest blocks of the chain now; the whole chain is walked every night."""
    found = audit_trail.check(runtime().db, whole=False)
    if not found.problem:
        toast(_("最近 %(n)d 个区块完整，共 %(entries)d 条。", n=found.blocks, entries=found.entries))
    return go("console.audit")


@page(bp, "/audit/<entry_id>", permission=AUDIT_VIEW)
def audit_entry(entry_id: str) -> Any:
    """Show an entry: who, what, when, from where; the detail stays sealed."""
    return _entry_page(session(), audit_trail.entry(session(), id_of(entry_id)))


@page(bp, "/audit/<entry_id>", permission=AUDIT_DETAIL, unit="write", methods=("POST",), endpoint="audit_open")
def audit_open(entry_id: str) -> Any:
    """Open the sealed detail of an entry, which is itself written down first."""
    row = audit_trail.entry(session(), id_of(entry_id))
    return _entry_page(session(), row, audit_trail.open_detail(session(), row))


def _entry_page(unit: Session, row: AuditEntry, told: Any = None) -> Any:
    staff = unit.get(Staff, row.staff_id) if row.staff_id else None
    store = unit.get(Store, row.store_id) if row.store_id else None
    return render_page(
        "console/audit_entry.html", R=row, told=told, action=words.label(row.action),
        kind=kind_word(row.object_kind), staff=staff, store=store, block=audit_trail.block_of(unit, row),
        door=str(audit_trail.DOORS.get(row.door, row.door)), person_url=_person_url(row),
        may_open=permissions.may(current_actor(), AUDIT_DETAIL),
    )  # fmt: skip


def _person_url(row: AuditEntry) -> str | None:
    """Return the way to the member an entry is about, for those who may see members."""
    if row.person_id is None or not permissions.may(current_actor(), "people.view"):
        return None
    return link_if("desk.member", person_id=row.person_id)
