"""The invoice of an order: noted at the till or on the order's page, its number written down when it is issued."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import request

from core.desk.blueprint import bp
from core.desk.selling import order_views
from core.kernel.errors import Invalid
from core.kernel.i18n import _
from core.kernel.web.render import go, toast
from core.kernel.web.routes import on_refusal, page, session
from core.orders.selling import invoices


@page(
    bp, "/orders/<order_no>/invoice", permission=invoices.SELL, unit="write", methods=("POST",), endpoint="invoice_act"
)
def invoice_act(order_no: str) -> Any:
    """Note, withdraw, issue or take back the invoice of an order."""
    form = request.form
    on_refusal(
        lambda refusal: order_views.show_order(
            session(), order_no, invoice_refusal=refusal, typed=form, status=refusal.status
        )
    )
    act = form.get("act", "")
    if act == "request":
        invoices.request(session(), order_no, form.get("title", ""), form.get("taxpayer_id", ""))
        toast(_("已登记开票，开好后回订单页填发票号码。"))
    elif act == "withdraw":
        invoices.withdraw(session(), order_no)
        toast(_("已撤销开票登记。"))
    elif act == "issue":
        invoices.issue(session(), order_no, form.get("number", ""), _day())
        toast(_("已填发票号码。"))
    elif act == "red":
        invoices.red_letter(session(), order_no, form.get("number", ""), _day())
        toast(_("已填红字发票号码。"))
    else:
        raise Invalid(_("请选择要做什么。"))
    return go("desk.order", order_no=order_no)


def _day() -> dt.date | None:
    raw = request.form.get("issued_on", "").strip()
    try:
        return dt.date.fromisoformat(raw) if raw else None
    except ValueError:
        raise Invalid.field("issued_on", _("日期请写成 2026-01-31 这样。")) from None
