"""Acceptance 3, in a real browser, by keyboard alone; with the keys counted."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core.kernel.tenancy import acting
from core.people.models import Person

pytestmark = pytest.mark.browser

SETTLE = "() => !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')"


class Keys:
    """A keyboard that counts."""

    def __init__(self, page) -> None:
        self.page, self.count = page, 0

    def type(self, text: str) -> None:
        self.count += len(text)
        self.page.keyboard.type(text)

    def press(self, *names: str) -> None:
        for name in names:
            self.count += 1
            self.page.keyboard.press(name)

    def tab_to(self, selector: str) -> None:
        """Walk with Tab until the focus stands on `selector`."""
        for _n in range(80):
            if self.page.evaluate("sel => document.activeElement?.matches(sel) ?? false", selector):
                return
            self.press("Tab")
        raise AssertionError(f"Tab never reaches {selector}")


def focus(page, selector: str) -> None:
    page.wait_for_function("sel => document.activeElement?.matches(sel)", arg=selector)


def take(page, keys: Keys, typed: str) -> None:
    """From the empty till: find by what is typed, Enter takes row one, the item box has the focus."""
    focus(page, "#find")
    keys.type(typed)
    keys.press("Enter")
    focus(page, "#item")
    page.wait_for_selector(".mem h2")


def add(page, keys: Keys, typed: str, lines: int) -> None:
    keys.type(typed)
    keys.press("Enter")
    page.wait_for_function("n => document.querySelectorAll('.lines .ln').length === n", arg=lines)
    focus(page, "#item")


def pay(page, keys: Keys, kind: str = "1") -> str:
    keys.press("F9")
    focus(page, "input[name=kind]")
    keys.press(kind, "Enter")
    page.wait_for_selector("#done")
    return page.inner_text("#done")


def test_one_filling_takes_at_most_sixteen_keys(page, desk):
    person = desk.enrol()
    desk.ring_up(person, "CARD-FAMILY")
    page.goto("/till")
    keys = Keys(page)
    take(page, keys, "lcm5051")
    add(page, keys, "szct", 1)
    done = pay(page, keys)
    assert "已收款 ¥160.00" in done
    assert "+160" in done
    assert keys.count <= 16
    focus(page, "#find")  # ready for the next customer
    page.reload()
    assert "已收款 ¥160.00" in page.inner_text("#done")
    assert len(desk.orders()) == 2


def test_the_walk_of_a_family(page, desk):
    """Find, sell the card, seat seven, refuse the ninth, ring up eight, refund one: keyboard only."""
    desk.enrol()
    keys = Keys(page)
    page.goto("/till")
    take(page, keys, "lcm5051")
    add(page, keys, "jtk", 1)
    assert "家庭卡怎么介绍" in page.inner_text("#till")
    assert "已收款 ¥199.00" in pay(page, keys)

    page.goto("/members")
    keys.press("/")
    keys.type("lcm5051")
    keys.press("Enter")
    page.wait_for_url("**/members/*")
    keys.press("f")
    page.wait_for_url("**/family")
    kin = [("林若兰", "13900008888", "p"), ("刘子涵", "", "z"), ("刘建国", "13900007777", "f"), ("刘一", "", "z"),
           ("刘二", "", "z"), ("刘三", "", "z"), ("刘四", "", "z")]  # fmt: skip
    for n, (name, phone, _role) in enumerate(kin):
        focus(page, "input[name=name]")
        page.keyboard.insert_text(name)  # an input method commits whole words
        keys.press("Tab")
        keys.type(phone)
        keys.press("Tab")
        if not phone:
            keys.press("ArrowDown")
        keys.press("Tab", "Enter")
        page.wait_for_function("n => document.querySelectorAll('.frl').length === n", arg=n + 2)
    assert "8 / 8 人" in page.inner_text("main")
    keys.tab_to("input[name=name]")
    page.keyboard.insert_text("刘九")
    keys.press("Tab")
    keys.type("13900009999")
    keys.press("Enter")
    page.wait_for_selector("[role=alert]")
    assert "最多 8 人共用" in page.inner_text("main")
    assert "8 个名额已用完" in page.inner_text("main")
    with acting(desk.actor), desk.installation.unit("read") as unit:
        names = unit.scalars(select(Person.name)).all()
    assert len(names) == 8
    assert "刘九" not in names

    page.goto("/till")
    take(page, keys, "lcm5051")
    for n in range(8):
        if n:
            keys.press("ArrowDown")
        add(page, keys, "szct", n + 1)
    trails = page.locator(".lines .why").all_inner_texts()
    assert len(trails) == 8
    assert all("−200.00" in text and "−40.00" in text and "160.00" in text for text in trails)
    assert "已收款 ¥1,280.00" in pay(page, keys, "4")

    keys.tab_to("#done a[href*='/orders/']:not([target])")
    keys.press("Enter")
    page.wait_for_url("**/orders/*")
    keys.press("r")
    page.wait_for_url("**/refund")
    keys.tab_to("select[name=qty_1]")
    keys.press("1")
    keys.tab_to("form[action$=preview] button")
    keys.press("Enter")
    page.wait_for_selector("input[name=preview_id]", state="attached")
    shown = page.locator("form[action$=refund] .effl li").all_inner_texts()
    assert "退还 160.00 元，按原支付方式退回。" in shown
    assert "扣回消费所得积分 160 分。" in shown
    focus(page, "input[name=reason]")
    keys.press("Space", "Enter")
    page.wait_for_url("**/orders/*-0002")
    assert page.locator(".effl li").all_inner_texts() == shown


def test_a_second_card_cheaper_fillings_and_the_receipt(page, desk):
    desk.enrol("王英娟", "13800003494")
    keys = Keys(page)
    page.goto("/till")
    take(page, keys, "wyj")
    add(page, keys, "CARD-FAMILY", 1)
    pay(page, keys)
    for code, total in (("F-BASIC", "16.00"), ("F-TEMP", "0.00")):
        person = desk.enrol(f"新{code[2]}", None)
        desk.ring_up(person, "CARD-FAMILY")
        desk.take(person)
        page.goto("/till")
        focus(page, "#item")
        add(page, keys, code, 1)
        assert f"已收款 ¥{total}" in pay(page, keys, "4")
    order = desk.orders()[2]
    assert order.total_fen == 1_600
    page.goto(f"/orders/{order.order_no}/receipt")
    text = page.inner_text(".rc")
    assert "220.00" in text
    assert "16.00" in text


def test_enter_while_an_input_method_composes_does_nothing(page, desk):
    desk.enrol()
    page.goto("/till")
    focus(page, "#find")
    page.keyboard.type("lcm")
    page.wait_for_selector("#found a")
    compose = """sel => {
      const box = document.querySelector(sel);
      box.dispatchEvent(new CompositionEvent('compositionstart', { bubbles: true }));
      return box.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true, cancelable: true }));
    }"""
    page.evaluate(compose, "#find")
    page.wait_for_timeout(200)
    assert "不记名" in page.inner_text("#till")
    page.evaluate("() => document.querySelector('#item').focus()")
    page.keyboard.type("szct")
    page.evaluate(compose, "#item")
    page.wait_for_timeout(200)
    assert page.locator(".lines .ln").count() == 0
    assert desk.orders() == []


def test_enter_never_takes_a_row_of_an_older_text(page, desk):
    desk.enrol("李娜", "13700001111")
    desk.enrol()
    page.goto("/till")
    focus(page, "#find")
    page.keyboard.type("l")
    page.wait_for_selector("#found a")
    page.keyboard.type("cm5051")
    page.keyboard.press("Enter")  # before the list of the longer text has come
    focus(page, "#item")
    assert page.inner_text(".mem h2") == "刘超明"


def test_f9_twice_pays_once_and_esc_posts_nothing(page, desk):
    page.goto("/till")
    page.keyboard.press("F2")
    keys = Keys(page)
    focus(page, "#item")
    add(page, keys, "hf", 1)
    keys.press("F9")
    focus(page, "input[name=kind]")
    keys.press("Escape")
    focus(page, "#item")
    assert desk.orders() == []
    keys.press("F9")
    focus(page, "input[name=kind]")
    page.evaluate(
        "() => { const form = document.querySelector('[data-pay]'); form.requestSubmit(); form.requestSubmit(); }"
    )
    page.wait_for_selector("#done")
    assert len(desk.orders()) == 1


def test_a_scanner_adds_an_item_and_while_paying_fills_the_payment_code(page, desk, installation):
    from core.catalog import services as catalog

    with acting(desk.actor), installation.unit() as unit:
        catalog.change(unit, catalog.by_code(unit, "PASTE"), {"barcode": "6901234567892"})
    page.goto("/till")
    page.evaluate("() => document.activeElement.blur()")
    page.keyboard.type("6901234567892")
    page.keyboard.press("Enter")
    page.wait_for_selector(".lines .ln")
    page.keyboard.press("F9")
    focus(page, "input[name=kind]")
    page.keyboard.type("134512345678901234")
    page.keyboard.press("Enter")
    page.wait_for_selector("#done")
    assert "微信" in page.inner_text("#done")  # the code's digits chose no other kind
    assert len(desk.orders()) == 1


def test_without_scripts_search_sell_pay_and_refund_work(browser, served, desk):
    address, _app = served
    desk.enrol()
    context = browser.new_context(java_script_enabled=False, base_url=address, locale="zh-CN")
    context.add_cookies([{"name": "huike", "value": desk.client.get_cookie("huike").value, "url": address}])
    page = context.new_page()
    page.goto("/till")
    page.fill("#find", "lcm5051")
    page.press("#find", "Enter")
    page.click("text=为其开单")
    page.fill("#item", "CLEAN")
    page.click(".tadd button")
    page.click("[data-paybtn]")
    assert "已收款 ¥200.00" in page.inner_text("#done")
    page.click("text=看订单")
    page.click("text=退款…")
    page.select_option("select[name=qty_1]", "1")
    page.click("text=预览退款结果")
    page.check("input[name=reason][value=项目录错]")
    page.click("text=确认退款 ¥200.00")
    assert "已全退" in page.inner_text("main")
    context.close()
