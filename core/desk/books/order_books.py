"""Read-only records of orders and their lines."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, literal_column, select

from core.catalog.words import KIND_NAMES as ITEM_KINDS
from core.desk.books import books
from core.desk.permissions import ORDERS_VIEW
from core.kernel.i18n import _, _l
from core.kernel.tenancy import current_actor
from core.kernel.web.book_view import BookView
from core.kernel.web.formats import moment, number, yuan
from core.kernel.web.lists import Column, Filter, ListSpec, Sort
from core.orders.models import OrderLine, Orders
from core.orders.words import INVOICE_ASKED, INVOICE_NAMES, STATE_NAMES


def _in_state(value: str) -> Any:
    """Return the criterion of a state; all but the usual one stand in an index of their own."""
    return (
        Orders.state == value
        if value == "paid"
        else and_(Orders.state == value, Orders.state != literal_column("'paid'"))
    )


def invoice_is(value: str) -> Any:
    """Return the criterion of an invoice state that was asked for: these orders stand in an index of their own."""
    return and_(Orders.invoice_state == value, Orders.invoice_state != literal_column("'none'"))


class OrderBook(BookView):
    """Orders of all days."""

    record = Orders
    key = "orders"
    title = _l("订单记录")
    sub = _l("只读；退款在订单页办")
    view_permission = ORDERS_VIEW
    column_details_list = (
        "order_no",
        "business_on",
        "booked_at",
        "list_fen",
        "total_fen",
        "paid_fen",
        "owed_fen",
        "refunded_fen",
        "earned_points",
        "state",
        "invoice_state",
        "tier_before",
        "programme_number",
        "door",
    )
    column_labels = {
        "order_no": _l("单号"),
        "business_on": _l("营业日"),
        "booked_at": _l("记账时间"),
        "list_fen": _l("原价"),
        "total_fen": _l("应收"),
        "paid_fen": _l("实收"),
        "owed_fen": _l("欠款"),
        "refunded_fen": _l("已退"),
        "earned_points": _l("得积分"),
        "state": _l("状态"),
        "invoice_state": _l("发票"),
        "tier_before": _l("当时等级"),
        "programme_number": _l("会员方案版本"),
        "door": _l("来路"),
    }
    column_formatters_detail = books.shown(
        booked_at=moment,
        list_fen=yuan,
        total_fen=yuan,
        paid_fen=yuan,
        owed_fen=yuan,
        refunded_fen=yuan,
        state=lambda value: books.word(STATE_NAMES.items(), value),
        invoice_state=lambda value: books.word(INVOICE_NAMES.items(), value),
    )
    listing = ListSpec(
        key="orders_all",
        model=Orders,
        noun=_l("单"),
        search=books.search_order,
        search_hint=_l("单号开头，或会员"),
        where=lambda _s: books.at_stores(ORDERS_VIEW, Orders.store_id),
        columns=(
            Column(
                "no", _l("单号"), (Orders.order_no,), lambda r: books.order_link(r.order_no), phone="title", fixed=True
            ),
            Column("at", _l("时间"), (Orders.booked_at,), lambda r: moment(r.booked_at), phone="meta"),
            Column(
                "who", _l("会员"), (Orders.person_id, books.name_of(Orders.person_id)), lambda r: r.who or _("不记名")
            ),
            Column("total", _l("实收"), (Orders.paid_fen,), lambda r: yuan(r.paid_fen), numeric=True, phone="value"),
            Column(
                "owed",
                _l("欠款"),
                (Orders.owed_fen,),
                lambda r: yuan(r.owed_fen) if r.owed_fen else "—",
                numeric=True,
            ),
            Column(
                "back",
                _l("已退"),
                (Orders.refunded_fen,),
                lambda r: yuan(r.refunded_fen) if r.refunded_fen else "—",
                numeric=True,
            ),
            Column("points", _l("得积分"), (Orders.earned_points,), lambda r: number(r.earned_points), numeric=True),
            Column(
                "state", _l("状态"), (Orders.state,), lambda r: books.word(STATE_NAMES.items(), r.state), phone="note"
            ),
            Column(
                "invoice",
                _l("发票"),
                (Orders.invoice_state,),
                lambda r: books.word(INVOICE_NAMES.items(), r.invoice_state) if r.invoice_state != "none" else "—",
                quiet=True,
            ),
            Column(
                "by",
                _l("收银"),
                (Orders.staff_id, books.staff_name(Orders.staff_id)),
                lambda r: r.by or "—",
                quiet=True,
            ),
            Column("more", _l("明细"), (Orders.id,), lambda r: books.details("orders", r.id, _("记录"))),
        ),
        sorts=(
            Sort("latest", books.NEWEST, (Orders.id,), down=True, column="at"),
            Sort("day", _l("营业日"), (Orders.business_on, Orders.id), down=True),
        ),
        filters=(
            Filter("state", _l("状态"), tuple(STATE_NAMES.items()), _in_state),
            Filter("invoice", _l("发票"), INVOICE_ASKED, invoice_is),
            Filter("since", _l("营业日"), books.DAYS, books.since(Orders.business_on)),
        ),
    )


_number = select(Orders.order_no).where(Orders.id == OrderLine.orders_id).correlate(OrderLine).scalar_subquery()


class LineBook(BookView):
    """Lines of orders; names of sensitive items stay sealed, the code is shown."""

    record = OrderLine
    key = "order_lines"
    title = _l("订单明细")
    sub = _l("每一行卖了什么、多少钱、谁做的")
    view_permission = ORDERS_VIEW
    column_details_list = (
        "line_no",
        "item_code",
        "category",
        "kind",
        "qty",
        "list_fen",
        "net_fen",
        "points",
        "refunded_qty",
        "refunded_fen",
    )
    column_labels = {
        "line_no": _l("行号"),
        "item_code": _l("项目编码"),
        "category": _l("类别"),
        "kind": _l("类型"),
        "qty": _l("数量"),
        "list_fen": _l("原价"),
        "net_fen": _l("实收"),
        "points": _l("得积分"),
        "refunded_qty": _l("已退件数"),
        "refunded_fen": _l("已退"),
    }
    column_formatters_detail = books.shown(
        list_fen=yuan, net_fen=yuan, refunded_fen=yuan, kind=lambda value: books.word(ITEM_KINDS.items(), value)
    )
    listing = ListSpec(
        key="order_lines",
        model=OrderLine,
        noun=_l("行"),
        search=lambda s, text: select(OrderLine.id).where(OrderLine.orders_id.in_(books.search_order(s, text))),
        search_hint=_l("单号开头，或会员"),
        where=lambda _s: (
            OrderLine.orders_id.in_(select(Orders.id).where(books.at_stores(ORDERS_VIEW, Orders.store_id)))
            if (current_actor().grants.get(ORDERS_VIEW) or frozenset())
            else OrderLine.id.is_not(None)
        ),
        columns=(
            Column(
                "item",
                _l("项目编码"),
                (OrderLine.item_code,),
                lambda r: books.details("order_lines", r.id, r.item_code),
                phone="title",
                fixed=True,
            ),
            Column(
                "no",
                _l("单号"),
                (OrderLine.orders_id, _number.label("no")),
                lambda r: books.order_link(r.no),
                phone="meta",
            ),
            Column("kind", _l("类型"), (OrderLine.kind,), lambda r: books.word(ITEM_KINDS.items(), r.kind)),
            Column(
                "for",
                _l("就诊人"),
                (OrderLine.for_person_id, books.name_of(OrderLine.for_person_id)),
                lambda r: r.who or "—",
            ),
            Column("qty", _l("数量"), (OrderLine.qty,), lambda r: number(r.qty), numeric=True),
            Column("list", _l("原价"), (OrderLine.list_fen,), lambda r: yuan(r.list_fen), numeric=True, quiet=True),
            Column("net", _l("实收"), (OrderLine.net_fen,), lambda r: yuan(r.net_fen), numeric=True, phone="value"),
            Column(
                "back",
                _l("已退"),
                (OrderLine.refunded_fen,),
                lambda r: yuan(r.refunded_fen) if r.refunded_fen else "—",
                numeric=True,
                phone="note",
            ),
            Column(
                "by",
                _l("服务人员"),
                (OrderLine.performer_id, books.staff_name(OrderLine.performer_id)),
                lambda r: r.by or "—",
                quiet=True,
            ),
        ),
        sorts=(Sort("latest", books.NEWEST, (OrderLine.id,), down=True),),
        filters=(
            Filter("sold", _l("统计"), (("1", _l("算消费额的（不含充值）")),), lambda _v: OrderLine.kind != "topup"),
            Filter(
                "since",
                _l("营业日"),
                books.DAYS,
                lambda v: OrderLine.orders_id.in_(select(Orders.id).where(books.since(Orders.business_on)(v))),
            ),
            Filter("kind", _l("类型"), tuple(ITEM_KINDS.items()), lambda v: OrderLine.kind == v),
            Filter("back", _l("退款"), (("1", _l("退过")),), lambda _v: OrderLine.refunded_qty > 0),
        ),
    )
