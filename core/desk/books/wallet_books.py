"""Read-only records of stored value: top-ups, and what legal entities owe each other line by line."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from core.desk.assets.wallet_words import DRAW_NAMES
from core.desk.books import books
from core.kernel.i18n import _, _l
from core.kernel.web.book_view import BookView
from core.kernel.web.formats import day, moment, yuan
from core.kernel.web.lists import Column, Filter, ListSpec, Sort, address, link
from core.ledger.models import Account, Lot
from core.orders.models import Orders
from core.org.models import Store
from core.wallet.models import SettlementLine, TopUp
from core.wallet.permissions import SETTLEMENT, VIEW

STATES = (("open", _l("有效")), ("refunded", _l("已退")), ("undone", _l("导入已撤销")))


def _left(unit: str) -> Any:
    return (
        select(func.coalesce(func.sum(Lot.remaining), 0))
        .join(Account, Account.id == Lot.account_id)  # type: ignore[attr-defined]
        .where(Lot.source_kind == "top_up", Lot.source_id == TopUp.id, Account.unit == unit)
        .correlate(TopUp).scalar_subquery().label(f"{unit}_left")
    )  # fmt: skip


_store = select(Store.name).where(Store.id == TopUp.store_id).correlate(TopUp).scalar_subquery().label("store_name")


class TopUpBook(BookView):
    """Top-ups: whose, what was paid and given, what is left, until when it may go back without a reason."""

    record = TopUp
    key = "top_ups"
    title = _l("充值记录")
    sub = _l("每一笔充值：实付、赠送、剩余；退款在订单上办")
    view_permission = VIEW
    column_details_list = (
        "item_code", "state", "principal_fen", "bonus_fen", "draw", "legal_entity", "made_on", "cooling_until",
        "bonus_expires_on", "contract_sha256", "made_at",
    )  # fmt: skip
    column_labels = {
        "item_code": _l("项目编码"), "state": _l("状态"), "principal_fen": _l("实付"), "bonus_fen": _l("赠送"),
        "draw": _l("怎么扣"), "legal_entity": _l("法人主体"), "made_on": _l("充值日"),
        "cooling_until": _l("无理由退到"), "bonus_expires_on": _l("赠金从哪天起不能用"),
        "contract_sha256": _l("合同文本指纹"), "made_at": _l("充值时间"),
    }  # fmt: skip
    column_formatters_detail = books.shown(
        state=lambda value: books.word(STATES, value), principal_fen=yuan, bonus_fen=yuan, made_on=day,
        cooling_until=day, made_at=moment, draw=lambda value: str(DRAW_NAMES.get(value, value)),
        bonus_expires_on=lambda value: day(value) if value else _("不过期"),
        legal_entity=lambda value: value or "—",
    )  # fmt: skip
    listing = ListSpec(
        key="top_ups",
        model=TopUp,
        noun=_l("笔"),
        search=books.search_owner(TopUp.person_id, TopUp),
        search_hint=books.WHO_HINT,
        where=lambda _session: books.at_stores(VIEW, TopUp.store_id),
        columns=(
            Column(
                "at", _l("时间"), (TopUp.made_at,),
                lambda r: books.details("top_ups", r.id, moment(r.made_at)), phone="title", fixed=True,
            ),
            Column(
                "who", _l("会员"), (TopUp.person_id, books.name_of(TopUp.person_id)),
                lambda r: link(address("desk.wallet", person_id=r.person_id), r.who or "—"), phone="meta",
            ),
            Column("paid", _l("实付"), (TopUp.principal_fen,), lambda r: yuan(r.principal_fen), numeric=True),
            Column("given", _l("赠送"), (TopUp.bonus_fen,), lambda r: yuan(r.bonus_fen), numeric=True),
            Column(
                "principal", _l("剩本金"), (_left("principal"),), lambda r: yuan(r.principal_left), numeric=True,
                phone="value",
            ),
            Column("bonus", _l("剩赠金"), (_left("bonus"),), lambda r: yuan(r.bonus_left), numeric=True),
            Column("cooling", _l("无理由退到"), (TopUp.cooling_until,), lambda r: day(r.cooling_until), phone="note"),
            Column("store", _l("门店"), (_store,), lambda r: r.store_name or "—", quiet=True),
            Column("state", _l("状态"), (TopUp.state,), lambda r: books.word(STATES, r.state)),
        ),
        sorts=(Sort("latest", books.NEWEST, (TopUp.id,), down=True, column="at"),),
        filters=(
            Filter("state", _l("状态"), STATES, lambda v: TopUp.state == v),
            Filter("since", _l("充值日"), books.DAYS, books.since(TopUp.made_on)),
        ),
    )  # fmt: skip


_no = (
    select(Orders.order_no).where(Orders.id == SettlementLine.source_id).correlate(SettlementLine).scalar_subquery()
    .label("order_no")
)  # fmt: skip
_served = (
    select(Store.name).where(Store.id == SettlementLine.store_id).correlate(SettlementLine).scalar_subquery()
    .label("store_name")
)  # fmt: skip
KINDS = (("order", _l("消费")), ("refund", _l("退款冲回")), ("course_use", _l("疗程核销")),
         ("course_undo", _l("撤销核销冲回")))  # fmt: skip


class SettlementBook(BookView):
    """Lines of the settlement between legal entities: each use of value that another one was paid for."""

    record = SettlementLine
    key = "settlements"
    title = _l("主体结算明细")
    sub = _l("每一笔跨主体使用的储值；可以导出对账")
    view_permission = SETTLEMENT
    column_details_list = (
        "issuing", "serving", "source_kind", "principal_fen", "bonus_fen", "month", "business_on", "booked_at",
    )  # fmt: skip
    column_labels = {
        "issuing": _l("收款的主体"), "serving": _l("提供服务的主体"), "source_kind": _l("来源"),
        "principal_fen": _l("本金"), "bonus_fen": _l("赠金"), "month": _l("月份"), "business_on": _l("营业日"),
        "booked_at": _l("记账时间"),
    }  # fmt: skip
    column_formatters_detail = books.shown(
        issuing=lambda value: value or _("加盟主体本身"), serving=lambda value: value or _("加盟主体本身"),
        source_kind=lambda value: books.word(KINDS, value), principal_fen=yuan, bonus_fen=yuan, business_on=day,
        booked_at=moment,
    )  # fmt: skip
    listing = ListSpec(
        key="settlements",
        model=SettlementLine,
        noun=_l("笔"),
        search=lambda _session, text: select(SettlementLine.id).where(SettlementLine.month == text.strip()[:7]),
        search_hint=_l("月份，如 2026-11"),
        columns=(
            Column(
                "at", _l("时间"), (SettlementLine.booked_at,),
                lambda r: books.details("settlements", r.id, moment(r.booked_at)), phone="title", fixed=True,
            ),
            Column("month", _l("月份"), (SettlementLine.month,), lambda r: r.month, phone="meta"),
            Column(
                "issuing", _l("收款的主体"), (SettlementLine.issuing,), lambda r: r.issuing or _("加盟主体本身")
            ),
            Column(
                "serving", _l("提供服务的主体"), (SettlementLine.serving,),
                lambda r: r.serving or _("加盟主体本身"), phone="note",
            ),
            Column(
                "principal", _l("本金"), (SettlementLine.principal_fen,), lambda r: yuan(r.principal_fen),
                numeric=True, phone="value",
            ),
            Column("bonus", _l("赠金"), (SettlementLine.bonus_fen,), lambda r: yuan(r.bonus_fen), numeric=True),
            Column(
                "kind", _l("来源"), (SettlementLine.source_kind,), lambda r: books.word(KINDS, r.source_kind)
            ),
            Column("no", _l("单号"), (_no,), lambda r: books.order_link(r.order_no)),
            Column("store", _l("门店"), (_served,), lambda r: r.store_name or "—", quiet=True),
        ),
        sorts=(Sort("latest", books.NEWEST, (SettlementLine.id,), down=True, column="at"),),
        filters=(
            Filter("kind", _l("来源"), KINDS, lambda v: SettlementLine.source_kind == v),
            Filter("since", _l("营业日"), books.DAYS, books.since(SettlementLine.business_on)),
        ),
    )  # fmt: skip
