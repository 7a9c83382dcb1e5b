"""A shift whose difference is above the setting, when nobody who may confirm it is there: closed by the approval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.cash import services
from core.cash.models import Shift
from core.cash.permissions import APPROVE, SHIFT
from core.hooktypes import ApprovalSummary
from core.kernel.errors import Conflict, NotFound
from core.kernel.i18n import _, _l
from core.kernel.money import show_yuan
from core.org import approvals
from core.org.models import Staff

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from core.hooktypes import HookContext
    from core.org.models import ApprovalRequest

KIND = "cash.difference"
ASK, DECIDE = SHIFT, APPROVE
LABEL = _l("交班差额")


def ask(session: Session, shift_id: Any, counted_fen: int, reason: str) -> ApprovalRequest:
    """Ask for closing a shift with this count; the shift stays open and sells on until somebody decided."""
    row = services.get(session, shift_id, held=True)
    payload = {"shift_id": str(row.id), "counted_fen": counted_fen, "reason": reason.strip()}
    return approvals.ask(session, KIND, payload, reason)


def _row(session: Session, payload: Mapping[str, Any]) -> Shift:
    row = session.get(Shift, int(payload["shift_id"]))
    if row is None:
        raise NotFound(_("没有找到这个班次。"))
    if row.closed_at is not None:
        raise Conflict(_("这个班已经交过了。"), code="shift_closed")
    return row


def describe(ctx: HookContext, payload: Mapping[str, Any]) -> ApprovalSummary:
    """Return the close in words; its subject is what the drawer should hold: a sale since then makes it stale."""
    session: Session = ctx.session  # type: ignore[assignment]
    row = _row(session, payload)
    expected = services.figures(session, row).expected_fen
    counted = int(payload["counted_fen"])
    staff = session.get(Staff, row.staff_id)
    rows = [
        (_("班次"), staff.name if staff else "—"),
        (_("营业日"), row.business_on.isoformat()),
        (_("应有现金"), _("%(y)s 元", y=show_yuan(expected))),
        (_("清点现金"), _("%(y)s 元", y=show_yuan(counted))),
        (_("差额"), _("%(y)s 元", y=show_yuan(counted - expected))),
    ]
    return ApprovalSummary(tuple(rows), f"{row.version}:{expected}", None, row.store_id)


def execute(ctx: HookContext, payload: Mapping[str, Any], _request_id: int) -> dict[str, Any]:
    """Close the shift as approved."""
    session: Session = ctx.session  # type: ignore[assignment]
    row = _row(session, payload)
    services.close(session, row.id, int(payload["counted_fen"]), payload["reason"], approved=True)
    return {"shift_id": str(row.id), "difference_fen": row.difference_fen}
