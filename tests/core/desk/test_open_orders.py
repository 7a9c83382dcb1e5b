"""Deposits, debts and held baskets at the till's own forms (B53, B34)."""

from __future__ import annotations

import re

import pytest

from core.console import verification
from core.kernel.tenancy import acting
from core.orders import reads
from core.orders.models import Orders
from tests.core.desk.desk_kit import alert, field, plain


@pytest.fixture
def owner(sit):
    return sit("owner")


def leave_open(desk, person, *codes, now="5000"):
    desk.take(person)
    for code in codes:
        assert desk.add(code).status_code == 303
    answer = desk.pay(kind="cash", debt="1", now=now)
    assert answer.status_code == 303, alert(answer.text)
    return desk.order_of(answer)


def silent(desk):
    report = verification.verify(desk.installation.runtime, freeze=False)
    assert [row for row in report if row.difference] == []


def order_json(desk, order_id):
    with acting(desk.actor), desk.installation.unit("read") as unit:
        return reads.order_json(unit, unit.get(Orders, order_id))


def test_b53_a_deposit_now_and_the_rest_later(owner):
    person = owner.enrol("欧阳琳")
    assert "收定金、挂账" not in owner.till()
    order = leave_open(owner, person, "IMPLANT")
    assert (order.state, order.paid_fen, order.owed_fen, order.earned_points) == ("open", 500_000, 1_500_000, 5_000)
    page = owner.get(f"/orders/{order.order_no}")
    assert "还欠 15,000.00" in plain(page.text)
    form = {"once": field(page.text, "once"), "kind": "bank", "amount": "15,000.00"}
    paid = owner.post(f"/orders/{order.order_no}/payments", form)
    assert paid.status_code == 303
    again = owner.post(f"/orders/{order.order_no}/payments", form)
    assert again.status_code == 303
    told = order_json(owner, order.id)
    assert (told["state"], told["owed_fen"], told["earned_points"]) == ("paid", 0, 20_000)
    assert [one["amount_fen"] for one in told["payments"]] == [1_500_000]
    assert owner.points(person) == 20_000
    text = plain(owner.get(f"/orders/{order.order_no}").text)
    assert "补收 1" in text
    assert "还欠" not in text
    silent(owner)


def test_what_is_owed_is_seen_where_the_member_is(owner):
    person = owner.enrol("欧阳琳")
    order = leave_open(owner, person, "IMPLANT", now="")
    assert (order.paid_fen, order.owed_fen) == (0, 2_000_000)
    owner.take(person)
    for text in (owner.till(), owner.get(f"/members/{person}").text):
        assert "欠款 ¥20,000.00" in plain(text)
        assert order.order_no in text
    assert "还欠 20,000.00" in plain(owner.get(f"/orders/{order.order_no}/receipt").text)
    listed = plain(owner.get("/orders?f.look=owed").text)
    assert order.order_no in listed


def test_a_payment_that_does_not_fit_says_why_and_keeps_what_was_typed(owner):
    order = leave_open(owner, owner.enrol("欧阳琳"), "CLEAN", now="100")
    page = owner.get(f"/orders/{order.order_no}")
    once = field(page.text, "once")
    for amount, code in (("100.01", 422), ("", 422), ("abc", 422), ("-1", 422)):
        answer = owner.post(f"/orders/{order.order_no}/payments", {"once": once, "kind": "cash", "amount": amount})
        assert answer.status_code == code, amount
        assert alert(answer.text)
    assert (
        'value="100.01"'
        in owner.post(
            f"/orders/{order.order_no}/payments", {"once": once + "x", "kind": "cash", "amount": "100.01"}
        ).text
    )
    assert order_json(owner, order.id)["owed_fen"] == 10_000


def test_the_front_desk_leaves_nothing_open(desk, owner):
    person = desk.enrol()
    desk.take(person)
    desk.add("CLEAN")
    assert "收定金、挂账" not in desk.till()
    answer = desk.pay(kind="cash", debt="1", now="50")
    assert answer.status_code == 403
    assert "没有挂账的权限" in alert(answer.text)
    assert desk.orders() == []
    owner.take(person)
    owner.add("CLEAN")
    refused = owner.pay(kind="cash", debt="1", now="200.01")
    assert refused.status_code == 422
    assert "本次收的比应收还多" in alert(refused.text)


def test_insurance_pays_for_its_own_line_and_earns_nothing(desk):
    """B34: the insured part is tied to the lines that the insurance covers."""
    person = desk.enrol()
    desk.take(person)
    desk.add("CLEAN")
    desk.add("CHECK")
    assert "医保付哪几行" in desk.till()
    assert "付的部分不得积分" in plain(desk.till()), "what earns nothing is said before it is paid"
    answer = desk.pay(kind="wechat", split_insurance_pooled="80", insured_line="2")
    order = desk.order_of(answer)
    assert order.earned_points == 200
    lines = order_json(desk, order.id)["lines"]
    assert [line["points"] for line in lines] == [200, 0]
    silent(desk)


def held_of(page):
    return re.findall(r"/till/held/(\d+)/resume", page)


def test_a_basket_waits_through_lock_sign_out_and_another_cashier(desk, sit):
    person = desk.enrol()
    desk.take(person)
    desk.add("CLEAN")
    assert desk.post("/till/hold").status_code == 303
    page = desk.till()
    assert "挂起的单 1" in plain(page)
    assert "刘超明" in page
    desk.add("CHECK")
    [held] = dict.fromkeys(held_of(desk.till()))
    refused = desk.post(f"/till/held/{held}/resume")
    assert refused.status_code == 409
    assert "收银台上还有一单" in alert(refused.text)
    colleague = sit("manager")
    assert colleague.post(f"/till/held/{held}/resume").status_code == 303
    text = plain(colleague.till())
    assert "刘超明" in text
    assert "收款 ¥200.00" in text
    order = colleague.order_of(colleague.pay())
    assert (order.total_fen, order.person_id) == (20_000, person)
    desk.post("/till/clear")
    assert desk.post(f"/till/held/{held}/resume").status_code == 404
    assert len(desk.orders()) == 1


def test_an_empty_basket_is_not_held_and_a_held_one_can_be_thrown_away(desk, installation, sit):
    assert desk.post("/till/hold").status_code == 422
    desk.add("CLEAN")
    desk.post("/till/hold")
    [held] = dict.fromkeys(held_of(desk.till()))
    foreign = sit("front_desk", installation.pharmacy)
    assert foreign.post(f"/till/held/{held}/resume").status_code == 404
    assert foreign.post(f"/till/held/{held}/drop").status_code == 404
    assert desk.post(f"/till/held/{held}/drop").status_code == 303
    assert held_of(desk.till()) == []
