"""What orders offers to conditions: visits, money and items within a window of days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from core.catalog.models import Item
from core.hookfacts import WINDOW, Fact, FactParam, FactScope, Rows, Total
from core.kernel.i18n import _l
from core.orders.models import OrderLine, Orders

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

GROUP = _l("到店与消费")
WITHIN = FactParam(WINDOW, _l("天内"), 365, before=_l("近"))
MANY = 2000


def _orders(scope: FactScope, params: Mapping[str, int]) -> Any:
    """Return the payers of orders of the last so many days (today and the days before)."""
    return select(Orders.person_id).where(
        Orders.person_id.is_not(None), Orders.business_on >= scope.day(params[WINDOW])
    )


def _lines(scope: FactScope, params: Mapping[str, int]) -> Any:
    """Return the persons who had an item, other than refunded, in the last so many days."""
    rows = select(OrderLine.for_person_id).join(Orders, Orders.id == OrderLine.orders_id)
    return rows.where(
        OrderLine.for_person_id.is_not(None), OrderLine.refunded_qty < OrderLine.qty,
        Orders.business_on >= scope.day(params[WINDOW]),
    )  # fmt: skip


def _items(scope: FactScope, params: Mapping[str, int]) -> Rows:
    """Return the items somebody had. Sensitive ones are left out: they would tell of an illness."""
    sensitive = select(Item.code).where(Item.sensitive.is_(True))
    return Rows(_lines(scope, params).where(OrderLine.item_code.not_in(sensitive)), OrderLine.item_code)


def _times(scope: FactScope, params: Mapping[str, int]) -> Total:
    rows = _orders(scope, params).where(Orders.paid_fen > Orders.refunded_fen)
    return Total(rows, func.count(Orders.business_on.distinct()))


def _spend(scope: FactScope, params: Mapping[str, int]) -> Total:
    return Total(_orders(scope, params), func.sum(Orders.paid_fen - Orders.refunded_fen))


def _item_choices(session: Session) -> list[tuple[str, Any]]:
    rows = session.execute(
        select(Item.code, Item.name).where(Item.sensitive.is_(False), Item.active.is_(True)).order_by(Item.code)
        .limit(MANY)
    )  # fmt: skip
    return [(row[0], row[1]) for row in rows]


def _category_choices(session: Session) -> list[tuple[str, Any]]:
    rows = session.scalars(select(Item.category).distinct().order_by(Item.category).limit(MANY))
    return [(one, one) for one in rows if one]


FACTS = (
    Fact("visits", _l("到店次数"), "number", _times, group=GROUP, unit=_l("次"), missing=0, params=(WITHIN,),
         sentence=_l("近 %(days)d 天到店"), help=_l("付过款的到店日，一天算一次。"), order=24),
    Fact("spend", _l("消费金额"), "money", _spend, group=GROUP, missing=0, params=(WITHIN,),
         sentence=_l("近 %(days)d 天消费"), help=_l("实收减退款。"), order=25),
    Fact("item", _l("做过的项目"), "set", _items, group=GROUP, params=(WITHIN,), choices=_item_choices,
         sentence=_l("近 %(days)d 天做过或买过"), help=_l("敏感项目（如处方药）不参与。"), order=26),
    Fact("category", _l("做过的类别"), "set",
         lambda scope, params: Rows(_lines(scope, params), OrderLine.category), group=GROUP, params=(WITHIN,),
         choices=_category_choices, sentence=_l("近 %(days)d 天做过的类别"), order=27),
)  # fmt: skip
