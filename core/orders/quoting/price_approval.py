"""A price changed by hand at the till: a PIN of somebody who may, or an approval asked for (S1-18, S3-33).

What is approved is a list of lines with the price of one piece and its reason, for one member. The approval
waits; the settle of exactly such a basket uses it up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.catalog import prices
from core.catalog import services as catalog
from core.hooktypes import ApprovalSummary
from core.kernel import audit
from core.kernel.errors import Invalid
from core.kernel.i18n import _, _l
from core.kernel.money import show_yuan
from core.people import services as people

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from core.hooktypes import HookContext
    from core.kernel.statements import Statements
    from core.orders.types import BasketRequest, Priced

KIND = "orders.price"
ASK, APPROVE = "orders.sell", "orders.price.override"
LABEL = _l("改价")


def claim(request: BasketRequest) -> dict[str, Any]:
    """Return what a changed price is approved for: payer and the lines whose price was changed; {} for none."""
    lines = [
        {"item": line.item, "qty": line.qty, "price_fen": line.price_fen, "reason": line.price_reason.strip()}
        for line in request.lines
        if line.price_fen is not None
    ]
    return {"member_id": str(request.member_id or ""), "lines": lines} if lines else {}


def describe(ctx: HookContext, payload: Mapping[str, Any]) -> ApprovalSummary:
    """Return changed prices in words; the subject is the list prices they start from."""
    session: Session = ctx.session  # type: ignore[assignment]
    lines = payload.get("lines") or []
    if not lines:
        raise Invalid(_("没有改过价的行。"))
    items = catalog.by_codes(session, [line["item"] for line in lines])
    costs = prices.of(session, items.values())
    person = people.get(session, payload["member_id"]) if payload.get("member_id") else None
    rows = [(_("会员"), f"{person.name} · {person.member_no}" if person else _("不记名"))]
    for line in lines:
        item = items[line["item"]]
        if not 0 <= int(line["price_fen"]) <= costs[item.id]:
            raise Invalid(_("手工改价只能在 0 到原价之间"))
        rows.append((
            f"{item.name} × {line['qty']}",
            _("单价 %(a)s → %(b)s 元 · %(why)s", a=show_yuan(costs[item.id]), b=show_yuan(line["price_fen"]),
              why=line["reason"]),
        ))  # fmt: skip
    subject = ",".join(f"{code}:{costs[items[code].id]}" for code in sorted(items))
    return ApprovalSummary(tuple(rows), subject[:120], person.id if person else None)


def note(st: Statements, priced: Priced, order_id: int) -> None:
    """Put every changed price of an order into the trail: line, list price → price, reason (S1-18)."""
    for n, line in enumerate(priced.request.lines, 1):
        listed = priced.basket.lines[n - 1].item.price_fen
        if line.price_fen is None or line.price_fen == listed:
            continue
        audit.insert(
            st, "orders.price.changed", "orders", order_id, person_id=priced.request.member_id,
            detail={"line": n, "item": line.item, "qty": line.qty, "before_fen": listed,
                    "after_fen": line.price_fen, "reason": line.price_reason.strip()},
        )  # fmt: skip
