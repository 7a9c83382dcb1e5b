"""Read-only record of the money that came and went, one row for each way to pay: what the day's takings add up from."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from core.desk.books import books
from core.desk.permissions import ORDERS_VIEW
from core.kernel.i18n import _l
from core.kernel.web.book_view import BookView
from core.kernel.web.formats import day, moment, yuan
from core.kernel.web.lists import Column, Filter, ListSpec, Sort
from core.orders.models import Orders, Payment, Refund, TillEntry
from core.orders.words import KIND_NAMES
from core.org.models import Store
from core.wallet.giving_back import BROUGHT

SOURCES = (
    ("order", _l("开单收款")), ("payment", _l("补收欠款")), ("refund", _l("退款")), (BROUGHT, _l("退导入的储值")),
)  # fmt: skip


def _number(model: Any, label: str) -> Any:
    """Return the number of the order behind a source of one kind."""
    return (
        select(Orders.order_no).join(model, model.orders_id == Orders.id)
        .where(model.id == TillEntry.source_id).correlate(TillEntry).scalar_subquery().label(label)
    )  # fmt: skip


_sold = (
    select(Orders.order_no).where(Orders.id == TillEntry.source_id).correlate(TillEntry).scalar_subquery()
    .label("sold_no")
)  # fmt: skip
_paid, _back = _number(Payment, "paid_no"), _number(Refund, "back_no")
_store = select(Store.name).where(Store.id == TillEntry.store_id).correlate(TillEntry).scalar_subquery().label("place")


class MoneyBook(BookView):
    """Money in and out by way to pay: no points and no stored value, which came with its top-up."""

    record = TillEntry
    key = "till_entries"
    title = _l("收款流水")
    sub = _l("每一笔收进来、退出去的钱；充值算在充值那天，用储值付款不再算一次")
    view_permission = ORDERS_VIEW
    column_details_list = ("kind", "amount_fen", "source_kind", "business_on", "booked_at")
    column_labels = {
        "kind": _l("支付方式"), "amount_fen": _l("金额"), "source_kind": _l("来源"), "business_on": _l("营业日"),
        "booked_at": _l("记账时间"),
    }  # fmt: skip
    column_formatters_detail = books.shown(
        kind=lambda value: books.word(KIND_NAMES.items(), value), amount_fen=yuan,
        source_kind=lambda value: books.word(SOURCES, value), business_on=day, booked_at=moment,
    )  # fmt: skip
    listing = ListSpec(
        key="till_entries",
        model=TillEntry,
        noun=_l("笔"),
        search=lambda s, text: select(TillEntry.id).where(
            TillEntry.source_kind == "order", TillEntry.source_id.in_(books.search_order(s, text))
        ),
        search_hint=_l("单号开头，或会员"),
        where=lambda _s: books.at_stores(ORDERS_VIEW, TillEntry.store_id),
        columns=(
            Column(
                "at", _l("时间"), (TillEntry.booked_at,),
                lambda r: books.details("till_entries", r.id, moment(r.booked_at)), phone="title", fixed=True,
            ),
            Column("source", _l("来源"), (TillEntry.source_kind,), lambda r: books.word(SOURCES, r.source_kind)),
            Column(
                "no", _l("单号"), (_sold, _paid, _back),
                lambda r: books.order_link(r.sold_no or r.paid_no or r.back_no), phone="meta",
            ),
            Column("kind", _l("支付方式"), (TillEntry.kind,), lambda r: books.word(KIND_NAMES.items(), r.kind),
                   phone="note"),
            Column("amount", _l("金额"), (TillEntry.amount_fen,), lambda r: yuan(r.amount_fen), numeric=True,
                   phone="value"),
            Column("store", _l("门店"), (_store,), lambda r: r.place or "—", quiet=True),
            Column(
                "by", _l("收银"), (TillEntry.staff_id, books.staff_name(TillEntry.staff_id)), lambda r: r.by or "—",
                quiet=True,
            ),
        ),
        sorts=(Sort("latest", books.NEWEST, (TillEntry.id,), down=True, column="at"),),
        filters=(
            Filter("source", _l("来源"), SOURCES, lambda v: TillEntry.source_kind == v),
            Filter("kind", _l("支付方式"), tuple(KIND_NAMES.items()), lambda v: TillEntry.kind == v),
            Filter("since", _l("营业日"), books.DAYS, books.since(TillEntry.business_on)),
        ),
    )  # fmt: skip
