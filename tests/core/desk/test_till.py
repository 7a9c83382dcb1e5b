"""The till through its own forms, as a browser without scripts sends them."""

from __future__ import annotations

from core.kernel.tenancy import acting
from tests.core.desk.desk_kit import HX, alert, field, plain


def family(desk) -> int:
    """Enrol a member and sell them the family card; return their id."""
    person = desk.enrol()
    order = desk.ring_up(person, "CARD-FAMILY")
    assert (order.total_fen, order.earned_points) == (19_900, 0)
    return person


def test_an_empty_till_says_how_to_begin_and_cannot_be_paid(desk):
    page = desk.till()
    assert "先在上方查找会员" in page
    assert 'data-focus="find"' in page
    assert "data-paybtn" in page
    assert "disabled" in page[page.index("data-paybtn") :][:200]


def test_b01_a_filling_with_the_card_explains_its_price_and_earns(desk):
    person = family(desk)
    desk.take(person)
    desk.add("szct")
    text = plain(desk.till())
    assert "400.00" in text
    assert "160.00" in text
    assert "−200.00" in text
    assert "−40.00" in text
    assert "收款 ¥160.00" in text
    done = desk.get(desk.pay().location)
    strip = plain(done.text[done.text.index('id="done"') :])
    assert "已收款 ¥160.00" in strip
    assert "本次得积分 +160" in strip
    assert "积分余额 160" in strip
    order = desk.orders()[-1]
    assert (order.list_fen, order.total_fen, order.earned_points) == (40_000, 16_000, 160)
    assert desk.points(person) == 160
    assert 'data-focus="find"' in done.text
