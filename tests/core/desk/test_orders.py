"""Orders and refunds at the desk: the preview is the effect, above the limit a PIN, once."""

from __future__ import annotations

import re

from core.desk.settings import RECEIPT_WIDTH
from core.kernel import settings
from core.kernel.tenancy import acting
from tests.core.desk.desk_kit import PIN, alert, field, plain


def preview(desk, order_no: str, **qty: int):
    return desk.post(f"/orders/{order_no}/refund/preview", {f"qty_{n[1:]}": q for n, q in qty.items()})


def confirm(desk, order_no: str, page: str, **more):
    form = {name: field(page, name) for name in ("preview_id", "once")}
    form |= dict(re.findall(r'name="(qty_\d+)" value="(\d+)"', page))
    return desk.post(f"/orders/{order_no}/refund", {**form, **more})


def test_the_preview_equals_the_effect(desk):
    person = desk.enrol()
    desk.ring_up(person, "CARD-FAMILY")
    order = desk.ring_up(person, "F-RESIN")
    page = preview(desk, order.order_no, l1=1)
    text = plain(page.text)
    assert "¥ 160.00" in text
    assert "扣回消费所得积分 160 分" in text
    assert "“补牙券”退回，可再次使用" in text
    assert desk.points(person) == 160  # nothing was done yet
    assert confirm(desk, order.order_no, page.text).status_code == 422  # a reason is asked for
    done = confirm(desk, order.order_no, page.text, reason="顾客改约")
    assert done.status_code == 303, alert(done.text)
    shown = plain(desk.get(f"/orders/{order.order_no}").text)
    for sentence in ("扣回消费所得积分 160 分", "“补牙券”退回，可再次使用", "已全退", "顾客改约"):
        assert sentence in shown
    assert desk.points(person) == 0
    desk.take(person)
    desk.add("szct")
    assert "收款 ¥160.00" in plain(desk.till())  # the coupon is back


def test_a_refund_sent_twice_happens_once(desk):
    order = desk.ring_up(desk.enrol(), "CLEAN")
    page = preview(desk, order.order_no, l1=1).text
    first, again = (
        confirm(desk, order.order_no, page, reason="重复收款"),
        confirm(desk, order.order_no, page, reason="重复收款"),
    )
    assert (first.status_code, again.status_code) == (303, 303)
    desk.get("/")  # takes the toasts away
    assert plain(desk.get(f"/orders/{order.order_no}").text).count("-R1") == 1
    assert "-R2" not in plain(desk.get(f"/orders/{order.order_no}").text)


def test_effects_that_moved_since_the_preview_are_shown_anew(desk):
    person = desk.enrol()
    order = desk.ring_up(person, "CLEAN")
    page = preview(desk, order.order_no, l1=1).text
    desk.take(person)
    desk.add("PASTE")
    desk.post("/till/points", {"use": "1"})
    desk.pay(kind="cash")  # points of the first order were used meanwhile
    answer = confirm(desk, order.order_no, page, reason="项目录错")
    assert answer.status_code == 409
    assert "预览之后情况有变" in alert(answer.text)
    assert field(answer.text, "preview_id") != field(page, "preview_id")
    assert confirm(desk, order.order_no, answer.text, reason="项目录错").status_code == 303


def test_above_the_limit_a_manager_confirms_with_a_pin(desk, installation):
    order = desk.ring_up(desk.enrol(), "WHITEN")
    page = preview(desk, order.order_no, l1=1).text
    assert "须店长确认" in plain(page)
    numbers = installation.dental.numbers
    bare = confirm(desk, order.order_no, page, reason="疗效不满意")
    assert bare.status_code == 403
    wrong = confirm(desk, order.order_no, page, reason="疗效不满意", number=numbers["manager"], pin="111111")
    assert wrong.status_code == 401
    assert "PIN 不对" in alert(wrong.text)
    own = confirm(desk, order.order_no, page, reason="疗效不满意", number=numbers["front_desk"], pin=PIN)
    assert own.status_code == 403
    done = confirm(desk, order.order_no, page, reason="疗效不满意", number=numbers["manager"], pin=PIN)
    assert done.status_code == 303, alert(done.text)
    assert "-R1" in desk.get(f"/orders/{order.order_no}").text


def test_partial_pieces_and_too_many(desk):
    person = desk.enrol()
    desk.take(person)
    for _n in range(3):
        desk.add("PASTE")
    order = desk.order_of(desk.pay(kind="cash"))
    page = preview(desk, order.order_no, l1=2).text
    assert "¥ 78.00" in plain(page)
    confirm(desk, order.order_no, page, reason="项目录错")
    assert "部分退款" in plain(desk.get(f"/orders/{order.order_no}").text)
    too_many = preview(desk, order.order_no, l1=2)
    assert too_many.status_code == 422
    assert "还可退 1 件" in alert(too_many.text)
    assert preview(desk, order.order_no).status_code == 422
    assert preview(desk, order.order_no, l9=1).status_code == 422


def test_the_days_list_finds_by_number_and_by_what_wants_a_look(desk):
    one, two = desk.ring_up(None, "PASTE"), desk.ring_up(None, "CLEAN")
    confirm(desk, one.order_no, preview(desk, one.order_no, l1=1).text, reason="项目录错")
    page = desk.get("/orders").text
    assert one.order_no in page
    assert two.order_no in page
    refunded = desk.get("/orders?f.look=refunded").text
    assert one.order_no in refunded
    assert two.order_no not in refunded
    assert one.order_no not in desk.get(f"/orders?q={two.order_no[-4:]}").text
    assert "这一天没有订单" in desk.get("/orders?on=2020-01-01").text
    assert desk.get("/orders?on=nonsense").status_code == 200


def test_home_shows_the_days_figures_and_each_opens_its_rows(desk, sit):
    person = desk.enrol()
    desk.ring_up(person, "WHITEN")
    order = desk.ring_up(None, "CLEAN")
    confirm(desk, order.order_no, preview(desk, order.order_no, l1=1).text, reason="项目录错")
    manager = sit("manager")
    home = manager.get("/")
    text = plain(home.text)
    assert "营业实收 ¥1,280.00" in text
    assert "到店 2 人次" in text
    assert "新会员 1 人" in text
    assert "积分发放 +1,280" in text
    assert "退款 ¥200.00" in text
    assert "等级分布" in text
    for link in re.findall(r'class="kpi[^"]*" href="([^"]+)"', home.text):
        assert manager.get(link.replace("&amp;", "&")).status_code == 200
    front = plain(desk.get("/").text)
    assert "今日订单" in front
    assert "营业实收" not in front
    assert "我今天的项目" in plain(sit("clinician").get("/").text)
    assert "最近的操作" in plain(sit("auditor").get("/").text)


def test_a_receipt_printed_again_says_so_and_fits_the_roll(sit):
    owner = sit("owner")
    order = owner.ring_up(owner.enrol(), "CLEAN")
    path = f"/orders/{order.order_no}/receipt"
    assert "补打" not in owner.get(path).text
    assert owner.post(path).status_code == 303
    assert "补打 · 第 2 次" in owner.get(path).text
    assert 'class="rc"' in owner.get(path).text
    with acting(owner.actor), owner.installation.unit() as unit:
        settings.change(unit, RECEIPT_WIDTH, "58")
    assert 'class="rc w58"' in owner.get(path).text
    foreign = sit("owner", owner.installation.pharmacy)
    assert foreign.post(path).status_code == 404
