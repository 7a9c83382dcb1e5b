"""What cards offers to conditions: which card somebody has a seat on, and the household around it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from core.cards.models import Card, CardSeat
from core.hookfacts import Fact, FactParam, FactScope, Rows, Total
from core.kernel.i18n import _l
from core.people.models import Person
from core.programme import services as programmes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

GROUP = _l("会员卡与家庭")
ROLES = (
    ("holder", _l("持卡人")), ("spouse", _l("配偶")), ("child", _l("子女")), ("parent", _l("父母")),
    ("other", _l("其他")),
)  # fmt: skip


def _usable(scope: FactScope) -> Any:
    return and_(
        Card.status == "active", Card.valid_from <= scope.today,
        or_(Card.valid_until.is_(None), Card.valid_until >= scope.today),
    )  # fmt: skip


def _products(scope: FactScope, _params: Mapping[str, int]) -> Rows:
    rows = select(CardSeat.person_id).join(Card, Card.id == CardSeat.card_id)
    return Rows(rows.where(CardSeat.left_at.is_(None), _usable(scope)), Card.product_code)


def _shared(scope: FactScope) -> Any:
    rows = select(CardSeat.person_id).join(Card, Card.id == CardSeat.card_id)
    return rows.where(CardSeat.left_at.is_(None), Card.seats > 1, _usable(scope))


def _size(scope: FactScope, _params: Mapping[str, int]) -> Total:
    """Return how many share the person's cards, themselves included; each person counts once."""
    other = aliased(CardSeat)
    rows = _shared(scope).join(other, and_(other.card_id == CardSeat.card_id, other.left_at.is_(None)))
    return Total(rows, func.count(other.person_id.distinct()))


def _with_child(scope: FactScope, params: Mapping[str, int]) -> Rows:
    """Return who shares a card with somebody else who is younger than so many years."""
    other, born = aliased(CardSeat), _years_before(scope.today, params["years"])
    rows = _shared(scope).join(
        other, and_(other.card_id == CardSeat.card_id, other.left_at.is_(None), other.person_id != CardSeat.person_id)
    )
    return Rows(rows.join(Person, Person.id == other.person_id).where(Person.birth_on > born))


def _years_before(day: date, years: int) -> date:
    """Return the same day so many years earlier, 28 February for a 29th where there is none."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def _choices(session: Session) -> list[tuple[str, Any]]:
    return [(product.code, product.name) for product in programmes.in_force(session).card_products]


FACTS = (
    Fact("card", _l("使用中的会员卡"), "set", _products, group=GROUP, choices=_choices,
         help=_l("本人持有，或在家庭卡里有名额。"), order=50),
    Fact("household_size", _l("家庭人数"), "number", _size, group=GROUP, unit=_l("人"), missing=1,
         help=_l("共用家庭卡的人数，含本人。"), order=51),
    Fact("household_role", _l("在家庭卡里是"), "set", lambda scope, _p: Rows(_shared(scope), CardSeat.role),
         group=GROUP, choices=lambda _s: ROLES, extra={"fixed": True}, order=52),
    Fact("household_child", _l("家里有孩子"), "flag", _with_child, group=GROUP, missing=False, order=53,
         params=(FactParam("years", _l("岁"), 12, 1, 18, before=_l("未满")),),
         sentence=_l("家庭卡里有不满 %(years)d 岁的孩子")),
)  # fmt: skip
