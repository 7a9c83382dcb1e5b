"""A refund above the limit, when nobody who may confirm it is there: asked for, done by the approval.

The request is for exactly the refund that was previewed; when its effects moved meanwhile, it is void.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.hooktypes import ApprovalSummary
from core.kernel.i18n import _, _l
from core.kernel.money import show_yuan
from core.orders.refunding import refunds
from core.orders.value.top_up_refund import Choice
from core.org import approvals
from core.people.models import Person

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from core.hooktypes import HookContext
    from core.org.models import ApprovalRequest

KIND = "orders.refund"
ASK, APPROVE = "orders.refund", "orders.refund.large"
LABEL = _l("大额退款")


def ask(
    session: Session, order_no: str, asked: Mapping[int, int], reason: str, preview_id: str,
    sessions: Mapping[int, int] | None = None, choice: Choice | None = None,
) -> ApprovalRequest:  # fmt: skip
    """Ask for the refund that `preview_id` showed; raise Conflict `refund_moved` when it is another one now."""
    effects = refunds.preview(session, order_no, asked, sessions, choice)
    refunds.refuse_moved(effects, preview_id)
    payload = {
        "order_no": order_no, "lines": {str(n): qty for n, qty in sorted(asked.items())},
        "preview_id": effects.digest(), "amount_fen": effects.amount_fen, "reason": reason.strip(),
        **({"sessions": {str(n): times for n, times in sorted(sessions.items())}} if sessions else {}),
        **({"choice": choice.to_json()} if choice and effects.top_ups else {}),
    }  # fmt: skip
    return approvals.ask(session, KIND, payload, reason)


def describe(ctx: HookContext, payload: Mapping[str, Any]) -> ApprovalSummary:
    """Return a refund in words; its subject is the order as it stood."""
    session: Session = ctx.session  # type: ignore[assignment]
    row = refunds.find(session, str(payload["order_no"]))
    person = session.get(Person, row.person_id) if row.person_id else None
    lines = "、".join(_("第 %(n)s 行 %(qty)d 件", n=n, qty=qty) for n, qty in payload["lines"].items())
    counts = payload.get("sessions", {})
    lines += "".join("；" + _("第 %(n)s 行退 %(times)s 次", n=n, times=times) for n, times in counts.items())
    rows = [
        (_("订单"), row.order_no),
        (_("会员"), f"{person.name} · {person.member_no}" if person else _("不记名")),
        (_("退哪些"), lines),
        (_("退款"), _("%(y)s 元，订单实收 %(total)s 元", y=show_yuan(payload["amount_fen"]),
                      total=show_yuan(row.paid_fen))),
        (_("已退"), _("%(y)s 元", y=show_yuan(row.refunded_fen))),
    ]  # fmt: skip
    return ApprovalSummary(tuple(rows), f"{row.version}:{row.refunded_fen}", row.person_id, row.store_id)


def execute(ctx: HookContext, payload: Mapping[str, Any], _request_id: int) -> dict[str, Any]:
    """Refund what was approved, by the code of every refund."""
    session: Session = ctx.session  # type: ignore[assignment]
    asked = {int(n): int(qty) for n, qty in payload["lines"].items()}
    sessions = {int(n): int(times) for n, times in payload.get("sessions", {}).items()}
    effects = refunds.refund(
        session, payload["order_no"], asked, payload["reason"], preview_id=payload["preview_id"], approved=True,
        sessions=sessions, choice=Choice.from_json(payload.get("choice")),
    )  # fmt: skip
    return {"refund_no": effects.refund_no, "amount_fen": effects.amount_fen}
