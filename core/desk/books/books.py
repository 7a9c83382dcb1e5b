"""What the read-only records share: whose rows they are, words, searches by order and member number."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from sqlalchemy import false, or_, select

from core.kernel import clock
from core.kernel.i18n import _l
from core.kernel.tenancy import current_actor
from core.kernel.web.lists import address, link
from core.orders.models import Orders
from core.org.models import Staff
from core.people import rules as people_rules
from core.people import services as people
from core.people.models import Person

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

_TOP = "\U0010ffff"


def at_stores(permission: str, column: Any) -> ColumnElement[bool]:
    """Return the criterion: of a store at which the actor holds the permission; all of them franchise-wide."""
    stores = current_actor().grants.get(permission) or frozenset()
    return column.in_(stores) if stores else column.is_not(None) | column.is_(None)


def name_of(column: Any, label: str = "who") -> Any:
    """Return the expression of the name of the person whose id a column of the list holds."""
    return select(Person.name).where(Person.id == column).correlate(column.class_).scalar_subquery().label(label)


def staff_name(column: Any, label: str = "by") -> Any:
    """Return the expression of the name of the staff member whose id a column of the list holds."""
    return select(Staff.name).where(Staff.id == column).correlate(column.class_).scalar_subquery().label(label)


def person_link(person_id: int | None, name: str | None) -> Any:
    """Return a link to a member, or a dash."""
    return link(address("desk.member", person_id=person_id), name or "—") if person_id else "—"


def order_link(order_no: str | None) -> Any:
    """Return a link to an order, or a dash."""
    return link(address("desk.order", order_no=order_no), order_no) if order_no else "—"


def of_person(text: str) -> Any:
    """Return a query of the persons that were searched for; of nobody for a text without letters or digits."""
    found = people.matching(people_rules.parse_query(text))
    return select(Person.id).where(false()) if found is None else found


def search_owner(column: Any, model: Any) -> Any:
    """Return a list's search: rows whose person is found by name, number, phone or card."""
    return lambda _session, text: select(model.id).where(column.in_(of_person(text)))


def search_order(_session: Session, text: str) -> Any:
    """Return the ids of orders whose number begins so, or whose payer is found so."""
    typed = text.strip()[:30]
    by_number = Orders.order_no.between(typed, typed + _TOP)
    return select(Orders.id).where(or_(by_number, Orders.person_id.in_(of_person(typed))))


NEWEST = _l("最新在前")
WHO_HINT = _l("会员姓名、会员号、手机、卡号")
DAYS = (("0", _l("今天")), ("7", _l("近 7 天")), ("30", _l("近 30 天")), ("365", _l("近一年")))


def since(column: Any) -> Any:
    """Return the criterion of a filter by days: the business day is at most so many days ago."""
    return lambda value: column >= clock.today(current_actor().tz) - dt.timedelta(days=int(value))


def word(pairs: Any, key: str) -> str:
    """Return what a code is called, or the code."""
    return str(dict(pairs).get(key, key))


def details(key: str, row_id: int, text: str) -> Any:
    """Return a link to a record's page."""
    return link(address(f"record_{key}.details_view", id=row_id), text)


def shown(**formats: Any) -> dict[str, Any]:
    """Return Flask-Admin's formatters of a record's page from functions of a value."""
    return {name: _formatter(tell) for name, tell in formats.items()}


def _formatter(tell: Any) -> Any:
    return lambda _view, _context, row, name: tell(getattr(row, name))
