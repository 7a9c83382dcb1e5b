"""What wants a second person about rewards: taking back a redemption of another day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.hooktypes import ApprovalKind, ApprovalSummary
from core.kernel.i18n import _, _l
from core.org import approvals
from core.people import services as people
from core.rewards import releasing
from core.rewards.permissions import CANCEL_APPROVE, REDEEM

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from core.hooktypes import HookContext
    from core.org.models import ApprovalRequest

CANCEL = "rewards.cancel"


def ask_cancel(session: Session, redemption_id: Any, reason: str) -> ApprovalRequest:
    """Ask for taking back a redemption of an earlier day; raise what `releasing.check_cancel` raises."""
    row = releasing.get(session, redemption_id)
    return approvals.ask(session, CANCEL, {"redemption_id": str(row.id), "reason": reason.strip()}, reason)


def describe(ctx: HookContext, payload: Mapping[str, Any]) -> ApprovalSummary:
    """Return a redemption to take back in words."""
    session: Session = ctx.session  # type: ignore[assignment]
    row = releasing.get(session, payload["redemption_id"])
    releasing.check_cancel(row)
    person = people.get(session, row.person_id)
    rows = [
        (_("会员"), f"{person.name} · {person.member_no}"),
        (_("礼品"), row.name if row.qty == 1 else f"{row.name} × {row.qty}"),
        (_("兑换日"), row.business_on.isoformat()),
        (_("退回积分"), _("%(n)s 分", n=f"{row.points:,}")),
    ]
    return ApprovalSummary(tuple(rows), f"{row.id}:{row.version}", row.person_id, row.store_id)


def execute(ctx: HookContext, payload: Mapping[str, Any], _request_id: int) -> dict[str, Any]:
    """Take back what was approved."""
    session: Session = ctx.session  # type: ignore[assignment]
    row = releasing.cancel(session, payload["redemption_id"], str(payload["reason"]), approved=True)
    return {"points": row.points}


KINDS = (ApprovalKind(CANCEL, _l("隔天撤销兑换"), REDEEM, CANCEL_APPROVE, describe, execute, 45),)
