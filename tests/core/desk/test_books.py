"""Read-only records: lists, searches, filters, a record's page; and no way to change one, whatever the method."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import event, select

from core.cards.models import Card
from core.coupons import services as coupons
from core.coupons.models import Coupon
from core.kernel.tenancy import acting
from core.ledger.models import Lot, Transfer
from core.orders.models import OrderLine, Orders
from core.programme import services as programmes
from tests.core.desk.desk_kit import plain

BOOKS = {
    "orders": Orders, "order_lines": OrderLine, "transfers": Transfer, "lots": Lot, "cards": Card, "coupons": Coupon,
}  # fmt: skip


@pytest.fixture
def filled(desk):
    """A member with an order, points, a card and a coupon, seen by the owner."""
    person = desk.enrol("刘超明", "13800005051")
    desk.ring_up(person, "CHECK", "PASTE")
    with acting(desk.actor), desk.installation.unit() as session:
        programme = programmes.in_force(session)
        coupons.issue(session, person, programme.coupons[0], programme_day(), "gift", 1)
    desk.enrol("王芳", "13900001111")
    return person


def programme_day():
    from core.catalog import prices

    return prices.today()


def first(desk, model):
    with acting(desk.actor), desk.installation.unit("read") as session:
        return session.scalar(select(model.id).order_by(model.id))


def check_a_book_is_listed_searched_filtered_and_opened(sit, key):
    owner = sit("owner")
    page = owner.get(f"/records/{key}/")
    assert page.status_code == 200
    assert "新增" not in plain(page.text).split("跳到正文")[-1].split("查找会员")[0]
    found = owner.get(f"/records/{key}/?q=刘超明")
    assert found.text.count("<tr>") >= 2
    nobody = owner.get(f"/records/{key}/?q=zzzzzz")
    assert 'class="cell"' not in nobody.text
    for name in set(re.findall(r'name="f\.(\w+)"|f\.(\w+)=', page.text)):
        assert name
    details = owner.get(f"/records/{key}/details/?id={first(owner, BOOKS[key])}")
    assert details.status_code == 200
    assert "<dl" in details.text
    assert "修改资料" not in plain(details.text).split("返回列表")[1][:40]


def test_a_book_is_listed_searched_filtered_and_opened(filled, sit):
    for key in BOOKS:
        check_a_book_is_listed_searched_filtered_and_opened(sit, key)


def check_nothing_changes_a_book(sit, key):
    owner = sit("owner")
    row_id = first(owner, BOOKS[key])
    for path in (f"edit/?id={row_id}", "new/", f"delete/?id={row_id}", "action/", "ajax/update/"):
        for method in ("get", "post", "put", "patch", "delete"):
            send = getattr(owner.client, method)
            token = re.search(r'name="csrf" content="([^"]+)"', owner.get("/").text).group(1)
            data = {"id": row_id, "amount": "1", "status": "x", "csrf_token": token, "_method": "PUT"}
            answer = send(f"/records/{key}/{path}", **({} if method == "get" else {"data": data}))
            assert answer.status_code in (404, 405), (method, path)
    assert owner.post(f"/records/{key}/details/?id={row_id}", {"_method": "DELETE"}).status_code == 405


def test_nothing_changes_a_book(filled, sit):
    for key in BOOKS:
        check_nothing_changes_a_book(sit, key)


def test_each_offered_filter_answers(filled, sit):
    from core.desk.admin import RECORDS

    owner = sit("owner")
    for view in RECORDS:
        for one in view.listing.filters:
            with owner.client.application.test_request_context():
                options = one.options()
            for value, _label in options:
                assert owner.get(f"/records/{view.key}/?f.{one.key}={value}").status_code == 200, (view.key, one.key)
        for sort in view.listing.sorts:
            assert owner.get(f"/records/{view.key}/?sort={sort.key}").status_code == 200


def test_who_may_not_see_the_ledger(filled, sit):
    desk = sit("front_desk")
    for key, status in (("transfers", 403), ("lots", 403), ("orders", 200), ("cards", 200)):
        assert desk.get(f"/records/{key}/").status_code == status
    assert sit("auditor").get("/records/transfers/").status_code == 200
    other = sit("owner", desk.installation.pharmacy)
    for key, model in BOOKS.items():
        assert other.get(f"/records/{key}/details/?id={first(desk, model)}").status_code == 404
        assert "刘超明" not in other.get(f"/records/{key}/").text


def test_a_role_of_one_store_sees_its_own_orders(installation, sit):
    house = installation.dental
    with acting(installation.actor(house).at_store(house.other_store_id)):
        installation.sell(None, "CHECK")
    with acting(installation.actor(house)):
        installation.sell(None, "CLEAN")
    from core.org.models import StaffRole

    with acting(installation.actor(house)), installation.unit() as session:
        role = session.scalar(select(StaffRole).where(StaffRole.staff_id == house.staff["front_desk"]))
        role.store_id = house.store_id
    desk = sit("front_desk")
    assert desk.get("/records/orders/").text.count("<tr>") == 2
    lines = desk.get("/records/order_lines/").text
    assert "CLEAN" in lines
    assert "CHECK" not in lines
    assert desk.get(f"/records/orders/details/?id={first(desk, Orders)}").status_code == 404


def check_a_page_of_a_book_walks_an_index(sit, key):
    owner, seen = sit("owner"), []

    def heard(_connection, _cursor, sql, parameters, _context, _many):
        if f"FROM {BOOKS[key].__tablename__}" in sql and "ORDER BY" in sql and "LIMIT" in sql:
            seen.append((sql, parameters))

    engine = owner.installation.runtime.db.engine
    event.listen(engine, "before_cursor_execute", heard)
    owner.get(f"/records/{key}/")
    event.remove(engine, "before_cursor_execute", heard)
    assert seen
    with engine.connect() as connection:
        for sql, parameters in seen:
            plan = " ".join(str(row[-1]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters))
            assert "TEMP B-TREE FOR ORDER BY" not in plan, plan
            assert f"SCAN {BOOKS[key].__tablename__}" not in plan.replace(" USING", "_") or "INDEX" in plan, plan


def test_a_page_of_a_book_walks_an_index(filled, sit):
    """The walk by number never sorts; it reads along (franchise, id)."""
    for key in BOOKS:
        check_a_page_of_a_book_walks_an_index(sit, key)
