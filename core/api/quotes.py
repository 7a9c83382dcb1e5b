"""Quotes: a priced basket, kept for thirty minutes; posts nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.api import order_answers, schemas
from core.api.auth import scope_missing
from core.api.calls import ApiBlueprint, Work, call
from core.courses import services as courses
from core.kernel import clock
from core.kernel.errors import Invalid
from core.kernel.i18n import _
from core.kernel.ids import parse_id
from core.kernel.statements import Statements
from core.orders.quoting import quotes
from core.orders.types import BasketRequest, LineRequest
from core.org import business_day, staffing
from core.people import services as people

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.api.auth import Caller

bp = ApiBlueprint("quotes", "Quotes")
BACKDATE_MS = 72 * 3600 * 1000


@call(
    bp, "POST", "/quotes", permission="orders.sell", scopes=("orders",), unit="write", status=201,
    body=schemas.NewQuote, answer=order_answers.Quote,
    example={"member_id": "7101880533221376", "lines": [{"item": "F-RESIN", "qty": 1}], "coupons": "auto"},
)  # fmt: skip
def quote(work: Work, data: dict[str, Any]) -> dict[str, Any]:
    """Price a basket: every line explains itself, with what did not apply and what would make it apply."""
    at = backdated(work.caller, data.get("occurred_at"))
    business_day.book_on(Statements(work.session, work.caller.actor.franchise_id), at)
    row, priced = quotes.store(work.session, _basket(work.session, data), at=at)
    return quotes.to_json(row, priced)


def backdated(caller: Caller, at: int | None) -> int | None:
    """Return the instant (milliseconds) at which it occurred, or None for now.

    Raises Forbidden without the scope `backdate`, Invalid for the future and for more than 72 h ago.
    """
    if at is None:
        return None
    if not caller.has("backdate"):
        raise scope_missing("backdate")
    if not clock.now_ms() - BACKDATE_MS <= at <= clock.now_ms():
        raise Invalid.field("occurred_at", _("补录时刻须在最近 72 小时以内，且不晚于现在。"))
    return at


def _basket(session: Session, data: dict[str, Any]) -> BasketRequest:
    payer = people.get(session, data["member_id"]).id if data["member_id"] else None
    paid = {one["line"]: one["course_id"] for one in data["courses"]}
    unknown = [n for n in paid if n > len(data["lines"])]
    if unknown or len(paid) != len(data["courses"]):
        raise Invalid.field("courses", _("疗程抵扣的行号不对：每行写一次，且须在本单里。"))
    lines = tuple(_line(session, n, line, paid.get(n + 1)) for n, line in enumerate(data["lines"]))
    return BasketRequest(lines, payer, data["coupons"])


def _line(session: Session, n: int, line: dict[str, Any], course: str | None) -> LineRequest:
    treated = line.get("for_member_id")
    price = line.get("price_fen")
    return LineRequest(
        item=line["item"],
        qty=line["qty"],
        price_fen=price,
        price_reason=line.get("price_reason", "") or (_("接口改价") if price is not None else ""),
        for_member_id=people.get(session, treated).id if treated else None,
        performer=staff_id(session, f"lines.{n}.performer", line.get("performer")),
        seller=staff_id(session, f"lines.{n}.seller", line.get("seller")),
        course_id=courses.get(session, course).id if course else None,
        site=line["site"],
    )


def staff_id(session: Session, field: str, given: str | None) -> int | None:
    """Return the id of the staff member with this number (or id); raise Invalid when there is none."""
    if not given:
        return None
    row = staffing.find(session, given, parse_id(given))
    if row is None:
        raise Invalid.field(field, _("没有找到这位员工，或已停用。"))
    return row.id
