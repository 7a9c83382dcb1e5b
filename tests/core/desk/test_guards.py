"""A second person at the till: prices, refunds, the cashier's own household, corrections by hand (C17, S1-18)."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from core.cards import services as cards
from core.kernel import audit
from core.kernel.models import AuditEntry
from core.kernel.tenancy import acting
from core.org import staff_changes
from core.org.models import ApprovalRequest
from core.people import services as people
from core.programme import services as programmes
from tests.core.desk.desk_kit import Desk, alert, field, plain, web_of
from tests.installation import PIN

ITEM = "F-TEMP"


@pytest.fixture
def app(installation):
    return web_of(installation)


@pytest.fixture
def desk(installation, app):
    """Sit down as a role of the dental house."""
    return lambda role="front_desk": Desk(installation, app, installation.dental, role)


def details(desk, action):
    with acting(desk.actor), desk.installation.unit("read") as s:
        rows = s.scalars(select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id))
        return [audit.detail_of(row) for row in rows]


def requests(desk):
    with acting(desk.actor), desk.installation.unit("read") as s:
        return [(r.id, r.kind, r.state) for r in s.scalars(select(ApprovalRequest).order_by(ApprovalRequest.id))]


def propose(desk, price="1.00", reason="老客户"):
    """Put an item into the basket and a price of one's own on it; return the till's page."""
    desk.add(ITEM)
    key = re.search(r'id="line-([0-9a-f]+)"', desk.till()).group(1)
    desk.post(f"/till/lines/{key}", {"act": "set", "qty": "1", "price": price, "price_reason": reason})
    return desk.till()


def approve(desk, request_id, pin=PIN, **more):
    page = desk.get(f"/approvals/{request_id}").text
    return desk.post(f"/approvals/{request_id}/approve", {"seen": field(page, "seen"), "pin": pin, **more})


# -- prices ----------------------------------------------------------------------------------------


def test_a_proposed_price_shows_as_a_step_and_cannot_be_paid_before_somebody_agreed(installation, desk):
    front = desk()
    page = propose(front)
    assert "老客户" in plain(page)
    assert "改过价" in plain(page)
    answer = front.pay()
    assert answer.status_code == 403
    assert "改价" in alert(answer.text)
    assert front.orders() == []


def test_the_rule_keepers_pin_at_the_till_lets_it_pass_once_and_dies_with_a_change(installation, desk):
    front = desk()
    propose(front)
    number = installation.dental.numbers
    refused = front.post("/till/confirm", {"what": "price", "number": number["manager"], "pin": PIN})
    assert refused.status_code == 403
    assert "没有改价的权限" in plain(refused.text)
    assert (
        front.post("/till/confirm", {"what": "price", "number": number["rule_keeper"], "pin": "000000"}).status_code
        == 401
    )
    good = front.post("/till/confirm", {"what": "price", "number": number["rule_keeper"], "pin": PIN})
    assert good.status_code == 303
    assert "rule_keeper员 已同意改价" in plain(front.till())
    front.add("CHECK")
    assert "已同意改价" not in plain(front.till()), "another basket than the one agreed to"
    front.post("/till/confirm", {"what": "price", "number": number["rule_keeper"], "pin": PIN})
    assert front.pay().status_code == 303
    told = details(front, "orders.price.changed")
    assert [(d["after_fen"], d["reason"]) for d in told] == [(100, "老客户")]
    assert told[0]["before_fen"] > 100


def test_an_approval_is_used_by_exactly_the_basket_it_was_given_for(installation, desk):
    front, keeper = desk(), desk("rule_keeper")
    propose(front)
    assert front.post("/till/price/ask").status_code == 303
    assert "已提交审批" in plain(front.till())
    ((request_id, kind, state),) = requests(front)
    assert (kind, state) == ("orders.price", "asked")
    assert front.pay().status_code == 403, "asked is not approved"
    assert approve(keeper, request_id).status_code == 303
    assert requests(front)[0][2] == "approved"
    assert "改价已批准" in plain(front.till())
    assert front.pay().status_code == 303
    assert requests(front)[0][2] == "executed"
    propose(front)
    assert front.pay().status_code == 403, "used up"


def test_a_lower_price_than_the_approved_one_is_not_approved(installation, desk):
    front, keeper = desk(), desk("rule_keeper")
    propose(front, "5.00")
    front.post("/till/price/ask")
    approve(keeper, requests(front)[0][0])
    front.post("/till/clear")
    propose(front, "1.00")
    assert front.pay().status_code == 403
    assert requests(front)[0][2] == "approved"


def test_prices_below_zero_or_above_list_and_without_reason_are_refused(desk):
    front = desk()
    front.add(ITEM)
    key = re.search(r'id="line-([0-9a-f]+)"', front.till()).group(1)
    assert front.post(f"/till/lines/{key}", {"price": "1.00", "price_reason": ""}).status_code == 422
    front.post(f"/till/lines/{key}", {"price": "999999.00", "price_reason": "高了"})
    assert "0 到原价之间" in plain(front.till())


# -- the cashier's own household -------------------------------------------------------------------


def link(desk, person_id, role="front_desk"):
    with acting(desk.installation.actor(desk.house)), desk.installation.unit() as s:
        staff_changes.link_person(s, desk.house.staff[role], person_id)


def test_nobody_rings_up_their_own_account_without_a_colleague(installation, desk):
    front = desk()
    me = front.enrol("前台本人", "13800001111")
    link(front, me)
    front.take(me)
    front.add(ITEM)
    page = plain(front.till())
    assert "这是你本人或家人的账户" in page
    refused = front.pay()
    assert refused.status_code == 403
    assert "不能由你经手" in alert(refused.text)
    numbers = installation.dental.numbers
    own = front.post("/till/confirm", {"what": "own_card", "number": numbers["front_desk"], "pin": PIN})
    assert own.status_code == 403, "not one's own witness"
    assert (
        front.post("/till/confirm", {"what": "own_card", "number": numbers["manager"], "pin": PIN}).status_code == 303
    )
    assert "manager员 已作证" in plain(front.till())
    assert front.pay().status_code == 303
    assert len(details(front, "org.own_card.witnessed")) == 1


def test_the_household_counts_too_by_card_and_by_phone(installation, desk):
    front = desk()
    me, wife = front.enrol("前台本人", "13800001111"), front.enrol("家人", "13800002222")
    child = front.enrol("孩子", None, contact_of=me)
    stranger = front.enrol("外人", "13800003333")
    with acting(front.actor), installation.unit() as s:
        product = next(p for p in programmes.in_force(s).card_products if p.seats > 1)
        card = cards.issue(s, people.get(s, wife), product, 1)
        cards.seat(s, card, people.get(s, me), "spouse")
    link(front, me)
    for person, status in ((wife, 403), (child, 403), (stranger, 303)):
        front.post("/till/clear")
        front.take(person)
        front.add(ITEM)
        assert front.pay().status_code == status, person


def test_a_witness_of_the_same_household_is_none(installation, desk):
    front = desk()
    me, wife = front.enrol("前台本人", "13800001111"), front.enrol("家人", "13800002222")
    with acting(front.actor), installation.unit() as s:
        people.relate(s, people.get(s, me), people.get(s, wife), "spouse")
    link(front, me)
    link(front, wife, "manager")
    front.take(me)
    front.add(ITEM)
    front.post("/till/confirm", {"what": "own_card", "number": installation.dental.numbers["manager"], "pin": PIN})
    assert front.pay().status_code == 403
    assert front.orders() == []


def test_their_own_order_is_not_refunded_by_them_either(installation, desk):
    owner, front = desk("owner"), desk()
    me = front.enrol("前台本人", "13800001111")
    order = owner.ring_up(me, ITEM)
    link(front, me)
    preview = front.post(f"/orders/{order.order_no}/refund/preview", {"qty_1": "1"})
    form = {"qty_1": "1", "preview_id": field(preview.text, "preview_id"), "reason": "顾客改约", "once": "a"}
    assert front.post(f"/orders/{order.order_no}/refund", form).status_code == 403
    number = installation.dental.numbers["manager"]
    done = front.post(f"/orders/{order.order_no}/refund", {**form, "once": "b", "number": number, "pin": PIN})
    assert done.status_code == 303


def test_nobody_adjusts_or_approves_for_their_own_household(installation, desk):
    front, manager = desk(), desk("manager")
    me, other = front.enrol("前台本人", "13800001111"), front.enrol("店长本人", "13800002222")
    link(front, me)
    link(front, other, "manager")
    refused = front.post(f"/members/{me}/adjust/points", {"delta": "100", "reason": "漏记积分"})
    assert refused.status_code == 403
    assert "不能由你经手" in alert(refused.text)
    assert front.post(f"/members/{other}/adjust/points", {"delta": "100", "reason": "漏记积分"}).status_code == 303
    request_id = requests(front)[0][0]
    assert "涉及你本人或家人" in manager.get(f"/approvals/{request_id}").text
    assert manager.post(f"/approvals/{request_id}/approve", {"pin": PIN}).status_code == 403
    assert approve(desk("owner"), request_id).status_code == 303
    assert front.points(other) == 100


def test_the_link_is_made_and_taken_away_by_member_number_and_audited(installation, desk):
    owner = desk("owner")
    person = owner.enrol("前台本人", "13800001111")
    with acting(owner.actor), installation.unit("read") as s:
        number = people.get(s, person).member_no
    staff_id = installation.dental.staff["front_desk"]
    assert owner.post(f"/records/staff/{staff_id}/person", {"member_no": "no-such"}).status_code == 422
    assert owner.post(f"/records/staff/{staff_id}/person", {"member_no": number}).status_code == 303
    again = owner.post(f"/records/staff/{installation.dental.staff['manager']}/person", {"member_no": number})
    assert again.status_code == 409, "one person is one colleague"
    owner.post(f"/records/staff/{staff_id}/person", {"member_no": ""})
    assert [d["after"] for d in details(owner, "staff.person_linked")] == [str(person), ""]


# -- refunds above the limit -----------------------------------------------------------------------


def test_a_large_refund_without_a_manager_is_asked_for_and_done_by_the_approval(installation, desk):
    front, manager = desk(), desk("manager")
    code = _dear_item(installation)
    order = desk("owner").ring_up(front.enrol(), code)
    assert order.total_fen > 20_000
    preview = front.post(f"/orders/{order.order_no}/refund/preview", {"qty_1": "1"})
    assert "提交审批" in preview.text
    form = {"qty_1": "1", "preview_id": field(preview.text, "preview_id"), "reason": "项目录错"}
    assert front.post(f"/orders/{order.order_no}/refund", {**form, "once": "x"}).status_code == 403
    moved = front.post(f"/orders/{order.order_no}/refund/ask", {**form, "preview_id": "f" * 32})
    assert moved.status_code == 409
    assert front.post(f"/orders/{order.order_no}/refund/ask", form).status_code == 303
    request_id = requests(front)[0][0]
    page = plain(manager.get(f"/approvals/{request_id}").text)
    assert order.order_no in page
    assert "项目录错" in page
    assert approve(manager, request_id).status_code == 303
    assert front.orders()[0].refunded_fen == order.total_fen
    assert manager.post(f"/approvals/{request_id}/approve", {"pin": PIN}).status_code == 409


def test_an_approval_of_a_refund_dies_when_the_order_moved(installation, desk):
    front, manager = desk(), desk("manager")
    code = _dear_item(installation)
    order = desk("owner").ring_up(front.enrol(), code, "CHECK")
    preview = front.post(f"/orders/{order.order_no}/refund/preview", {"qty_1": "1"})
    form = {"qty_1": "1", "preview_id": field(preview.text, "preview_id"), "reason": "项目录错"}
    front.post(f"/orders/{order.order_no}/refund/ask", form)
    with acting(front.actor):
        installation.refund(order.order_no, {2: 1})
    answer = approve(manager, requests(front)[0][0])
    assert answer.status_code == 409
    assert requests(front)[0][2] == "failed"


def _dear_item(installation):
    from core.catalog import services as catalog

    with acting(installation.actor(installation.dental)), installation.unit() as s:
        return catalog.add(s, "DEAR", "种植牙", "service", 800_000).code


# -- the inbox -------------------------------------------------------------------------------------


def test_the_bell_counts_what_waits_for_me_and_the_tabs_list_it(installation, desk):
    front, manager = desk(), desk("manager")
    person = front.enrol()
    assert "等你审批" not in manager.get("/").text
    front.post(f"/members/{person}/adjust/points", {"delta": "100", "reason": "漏记积分"})
    assert "有 1 条等你审批" in manager.get("/").text
    assert "等你审批" not in front.get("/").text
    assert "积分调整" in manager.get("/approvals").text
    assert "积分调整" in front.get("/approvals?tab=mine").text
    assert "没有等你审批" in front.get("/approvals").text
    request_id = requests(front)[0][0]
    assert desk("clinician").get(f"/approvals/{request_id}").status_code == 404, "not theirs to see"
    short = manager.post(f"/approvals/{request_id}/refuse", {"answer": ""})
    assert short.status_code == 422
    assert manager.post(f"/approvals/{request_id}/refuse", {"answer": "小票对不上"}).status_code == 303
    assert "小票对不上" in front.get(f"/approvals/{request_id}").text
    assert "等你审批" not in manager.get("/").text
    assert "积分调整" in manager.get("/approvals?tab=done").text


def test_a_wrong_pin_counts_and_the_request_stays(installation, desk):
    front, manager = desk(), desk("manager")
    person = front.enrol()
    front.post(f"/members/{person}/adjust/points", {"delta": "100", "reason": "漏记积分"})
    request_id = requests(front)[0][0]
    for _n in range(5):
        assert approve(manager, request_id, "111222").status_code == 401
    assert approve(manager, request_id, "111222").status_code == 429
    assert approve(manager, request_id).status_code == 429, "the PIN is locked"
    assert front.points(person) == 0


@pytest.mark.parametrize(
    ("delta", "says"), [("abc", "整数"), ("0", "多少积分"), ("10001", "最多"), ("-50", "积分不足")]
)
def test_adjustments_that_are_wrong_say_so_in_place(desk, delta, says):
    front = desk()
    person = front.enrol()
    answer = front.post(f"/members/{person}/adjust/points", {"delta": delta, "reason": "漏记积分"})
    assert answer.status_code == 422
    assert says in alert(answer.text)
    assert f'value="{delta}"' in answer.text


def test_a_tier_by_hand_goes_through_the_pages(installation, desk):
    front, manager = desk(), desk("manager")
    person = front.enrol()
    page = front.get(f"/members/{person}/adjust").text
    top = re.findall(r'<option value="([a-z0-9_]+)"', page)[-1]
    assert front.post(f"/members/{person}/adjust/tier", {"tier": top, "until": "", "reason": "转店"}).status_code == 422
    form = {"tier": top, "until": "2099-01-01", "reason": "转店"}
    assert front.post(f"/members/{person}/adjust/tier", form).status_code == 422, "too long"
    from core.kernel import clock

    form["until"] = clock.today("Asia/Shanghai").isoformat()
    assert front.post(f"/members/{person}/adjust/tier", form).status_code == 303
    assert approve(manager, requests(front)[0][0]).status_code == 303
    assert "手工等级到" in front.get(f"/members/{person}/adjust").text
