"""Sessions as people see them: my devices, a staff member's devices, ending one or all; viewing as a role."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.kernel import audit, clock, doors
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import _
from core.kernel.ids import parse_id
from core.kernel.permissions import authorize
from core.kernel.tenancy import current_actor
from core.org import roles, services
from core.org.models import Store, WebSession
from core.org.permissions import ROLES_VIEW_AS

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sitting:
    """A live session: on what device, at which store, since when (milliseconds), and whether it is this one."""

    id: int
    device: str
    store: str
    started_at: int
    seen_at: int
    locked: bool
    level: str
    here: bool


def device_words(agent: str) -> str:
    """Return a browser's own words shortened to browser and system."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    if browser or system:
        return " · ".join(part for part in (browser, system) if part)
    return re.sub(r"[^\w .()/-]", "", agent)[:40] or _("未知设备")


def of(session: Session, staff_id: int, here: int | None = None) -> list[Sitting]:
    """Return a staff member's live sessions, the one in use last first."""
    rows = session.execute(
        select(WebSession, Store.name)
        .outerjoin(Store, Store.id == WebSession.store_id)
        .where(WebSession.staff_id == staff_id, WebSession.expires_at > clock.now_ms())
        .order_by(WebSession.seen_at.desc(), WebSession.id.desc())
    )
    return [
        Sitting(
            row.id, device_words(row.device), store or "", row.started_at, row.seen_at, row.locked_at is not None,
            row.level, row.id == here,
        )
        for row, store in rows
    ]  # fmt: skip


def end(session: Session, staff_id: int, session_id: Any) -> None:
    """End one session of a staff member: its cookie leads nowhere from now on. Raises NotFound."""
    row = session.scalar(
        select(WebSession).where(
            WebSession.id == parse_id(str(session_id)), WebSession.staff_id == staff_id,
            WebSession.expires_at > clock.now_ms(),
        )
    )  # fmt: skip
    if row is None:
        raise NotFound(_("这个登录已经退出了。"))
    doors.close(session, doors.SESSION, row.id)
    row.expires_at = clock.now_ms()
    _note(session, staff_id, 1)


def end_all(session: Session, staff_id: int, *, but: int | None = None) -> int:
    """End every session of a staff member except `but` and return how many."""
    ended = services.end_sessions(session, staff_id, but=but)
    if ended:
        _note(session, staff_id, ended)
    return ended


def _note(session: Session, staff_id: int, ended: int) -> None:
    audit.record(session, "session.ended", "staff", staff_id, detail={"sessions": ended})


def view_as(session: Session, session_id: int, role: str) -> str:
    """Look with the eyes of `role` from the next request on, without touching anything; return what it is called.

    Raises Forbidden without the permission, Invalid for an unknown role.
    """
    authorize(current_actor(), ROLES_VIEW_AS)
    changes = roles.current(session)
    if role not in changes.roles():
        raise Invalid(_("没有“%(role)s”这个角色。", role=role[:30]))
    row = services.session_row(session, session_id)
    row.view_role = role
    audit.record(session, "session.view_as", "staff", row.staff_id, detail={"role": role})
    return changes.label(role)


def stop_viewing(session: Session, session_id: int) -> None:
    """See with one's own eyes again; doing it twice is no error."""
    row = services.session_row(session, session_id)
    if row.view_role:
        audit.record(session, "session.view_as_ended", "staff", row.staff_id, detail={"role": row.view_role})
    row.view_role = ""
