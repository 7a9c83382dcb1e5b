"""The lists of shifts and of closed days."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select

from core.cash.models import DayClose, Shift
from core.cash.permissions import VIEW
from core.cash.words import STATES
from core.kernel import clock
from core.kernel.i18n import _l
from core.kernel.tenancy import current_actor
from core.kernel.web.formats import fen_signed, moment, number, yuan
from core.kernel.web.lists import Column, Filter, ListSpec, Sort, address, link
from core.kernel.web.offered import Offered, offer
from core.org.franchises import store_choices
from core.org.models import Staff, Store

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

SINCE = (("0", _l("今天")), ("7", _l("近 7 天")), ("30", _l("近 30 天")), ("365", _l("近一年")))


def _at_stores(column: Any) -> ColumnElement[bool]:
    stores = current_actor().grants.get(VIEW) or frozenset()
    return column.in_(stores) if stores else column.is_not(None)


def _since(column: Any) -> Any:
    return lambda value: column >= clock.today(current_actor().tz) - dt.timedelta(days=int(value))


def _name(model: Any, column: Any, label: str) -> Any:
    return select(model.name).where(model.id == column).correlate(column.class_).scalar_subquery().label(label)


def _gap(fen: int) -> str:
    return fen_signed(fen) if fen else "—"


def shifts(session: Session, _state: Mapping[str, str]) -> ListSpec:
    """Return the shifts of the stores that the actor looks after."""
    return ListSpec(
        key="shifts", model=Shift, noun=_l("班"), where=lambda _s: _at_stores(Shift.store_id),
        columns=(
            Column(
                "who", _l("员工"), (_name(Staff, Shift.staff_id, "who"),),
                lambda r: link(address("cash.shift", shift_id=r.id), r.who or "—"), phone="title", fixed=True,
            ),
            Column("day", _l("营业日"), (Shift.business_on,), lambda r: r.business_on.isoformat(), phone="meta"),
            Column("store", _l("门店"), (_name(Store, Shift.store_id, "at_store"),), lambda r: r.at_store, quiet=True),
            Column("from", _l("开班"), (Shift.opened_at,), lambda r: moment(r.opened_at), quiet=True),
            Column(
                "to", _l("交班"), (Shift.closed_at,),
                lambda r: moment(r.closed_at) if r.closed_at else str(STATES["open"]), phone="note",
            ),
            Column("float", _l("备用金"), (Shift.float_fen,), lambda r: yuan(r.float_fen), numeric=True),
            Column(
                "expected", _l("应有"), (Shift.expected_fen,),
                lambda r: yuan(r.expected_fen) if r.closed_at else "—", numeric=True,
            ),
            Column(
                "counted", _l("清点"), (Shift.counted_fen,),
                lambda r: yuan(r.counted_fen) if r.closed_at else "—", numeric=True,
            ),
            Column("gap", _l("差额"), (Shift.difference_fen,), lambda r: _gap(r.difference_fen), numeric=True,
                   phone="value"),
            Column("counts", _l("清点次数"), (Shift.counts,), lambda r: number(r.counts), numeric=True, quiet=True,
                   shown=False),
        ),
        sorts=(
            Sort("latest", _l("最新在前"), (Shift.id,), down=True),
            Sort("day", _l("营业日"), (Shift.business_on, Shift.id), down=True, column="day"),
        ),
        filters=(
            Filter("store", _l("门店"), store_choices(session), lambda v: Shift.store_id == int(v)),
            Filter("gap", _l("差额"), (("1", _l("有差额")),), lambda _v: Shift.difference_fen != 0),
            Filter("since", _l("时间"), SINCE, _since(Shift.business_on)),
        ),
    )  # fmt: skip


def day_closes(session: Session, _state: Mapping[str, str]) -> ListSpec:
    """Return the closed days of the stores that the actor looks after."""
    return ListSpec(
        key="day_closes", model=DayClose, noun=_l("天"), where=lambda _s: _at_stores(DayClose.store_id),
        columns=(
            Column(
                "day", _l("营业日"), (DayClose.business_on, DayClose.store_id),
                lambda r: link(
                    address("cash.day", on=r.business_on.isoformat(), store=r.store_id), r.business_on.isoformat()
                ),
                phone="title", fixed=True,
            ),
            Column("store", _l("门店"), (_name(Store, DayClose.store_id, "at_store"),), lambda r: r.at_store,
                   phone="meta"),
            Column("in", _l("收款"), (DayClose.received_fen,), lambda r: yuan(r.received_fen), numeric=True,
                   phone="value"),
            Column("out", _l("退款"), (DayClose.refunded_fen,),
                   lambda r: yuan(-r.refunded_fen) if r.refunded_fen else "—", numeric=True),
            Column("gap", _l("支付差额"), (DayClose.difference_fen,), lambda r: _gap(r.difference_fen), numeric=True,
                   phone="note"),
            Column("shifts", _l("班次"), (DayClose.shifts,), lambda r: number(r.shifts), numeric=True, quiet=True),
            Column("shift_gap", _l("班次差额"), (DayClose.shift_difference_fen,),
                   lambda r: _gap(r.shift_difference_fen), numeric=True),
            Column("by", _l("日结人"), (_name(Staff, DayClose.closed_by, "by"),), lambda r: r.by or "—", quiet=True),
            Column("at", _l("日结时间"), (DayClose.closed_at,), lambda r: moment(r.closed_at)),
        ),
        sorts=(
            Sort("day", _l("营业日"), (DayClose.business_on, DayClose.id), down=True, column="day"),
            Sort("latest", _l("最新在前"), (DayClose.id,), down=True, column="at"),
        ),
        filters=(
            Filter("store", _l("门店"), store_choices(session), lambda v: DayClose.store_id == int(v)),
            Filter(
                "gap", _l("差额"), (("1", _l("有差额")),),
                lambda _v: or_(DayClose.difference_fen != 0, DayClose.shift_difference_fen != 0),
            ),
            Filter("since", _l("时间"), SINCE, _since(DayClose.business_on)),
        ),
    )  # fmt: skip


offer(Offered("shifts", _l("班次"), VIEW, shifts, "cash.shifts", "shift"))
offer(Offered("day_closes", _l("日结"), VIEW, day_closes, "cash.days", "day_close"))
