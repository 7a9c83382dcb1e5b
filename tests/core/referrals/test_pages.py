"""Referrals at the desk and the till's API: the enrolment form, the outline, a code, a referrer attached later."""

from __future__ import annotations

import re

import pytest

from core.kernel.tenancy import acting
from core.programme.rules import Referral as Rule
from tests.core.desk.desk_kit import Desk, alert, plain, web_of
from tests.core.referrals import kit


@pytest.fixture
def desk(installation):
    made = Desk(installation, web_of(installation), installation.dental, "front_desk")
    with acting(made.actor):
        kit.publish(installation, kit.FIRST_ORDER)
    return made


def number(desk, person):
    with acting(desk.actor):
        return kit.number(desk.installation, person)


def enrol(desk, name, phone, referrer=""):
    """Enrol through the form; return the new member's id."""
    answer = desk.post("/members/new", {"name": name, "phone": phone, "referrer": referrer})
    assert answer.status_code == 303, alert(answer.text)
    return int(re.search(r"/members/(\d+)", answer.location).group(1))


def refund_all(desk, order_no):
    from core.orders.refunding import refunds

    with acting(desk.actor), desk.installation.unit() as session:
        return refunds.refund(session, order_no, {1: 1}, "测试退款")


def test_b14_at_the_desk(desk):
    a = enrol(desk, "刘超明", "13800005051")
    b = enrol(desk, "王芳", "13800005052", number(desk, a))
    assert (desk.points(a), desk.points(b)) == (0, 0)
    order = desk.ring_up(b, "CLEAN")
    assert (desk.points(a), desk.points(b)) == (200, 300)
    page = desk.post(f"/orders/{order.order_no}/refund/preview", {"qty_1": "1"}).text
    assert "收回推荐人所得的 200 分" in plain(page)
    refund_all(desk, order.order_no)
    assert (desk.points(a), desk.points(b)) == (0, 0)
    desk.ring_up(b, "CLEAN")
    assert (desk.points(a), desk.points(b)) == (0, 200)
    told = plain(desk.get(f"/members/{a}/referrals").text)
    assert "已收回" in told
    assert "1 人，其中 1 人消费过" in told


def test_b15_at_the_desk(desk):
    with acting(desk.actor):
        kit.publish(desk.installation, Rule("registration", 100))
    a = enrol(desk, "刘超明", "13800005051")
    enrol(desk, "王芳", "13800005052", "刘超明")
    assert desk.points(a) == 100
    again = desk.post("/members/new", {"name": "王芳", "phone": "13800005052", "referrer": number(desk, a)})
    assert again.status_code == 409
    own = desk.post("/members/new", {"name": "刘小明", "contact_of": a, "referrer": number(desk, a)})
    assert own.status_code == 422
    assert "不算推荐" in plain(own.text)
    assert desk.points(a) == 100


def test_a_code_is_made_once_shown_with_its_qr_and_taken_at_enrolment(desk):
    a = enrol(desk, "刘超明", "13800005051")
    assert "生成推荐码" in desk.get(f"/members/{a}/referrals").text
    for _n in range(2):
        assert desk.post(f"/members/{a}/referral-code").status_code == 303
    page = desk.get(f"/members/{a}/referrals").text
    code = re.search(r'codeword big2">([A-Z0-9]{8})<', page).group(1)
    assert "<svg" in page
    assert code in desk.get(f"/members/{a}").text
    b = enrol(desk, "王芳", "13800005052", f" {code[:4].lower()}-{code[4:]} ")
    assert "推荐码" in plain(desk.get(f"/members/{b}/referrals").text)
    assert "刘超明" in desk.get(f"/members/{b}").text
    wrong = desk.post("/members/new", {"name": "李雷", "phone": "13800005053", "referrer": "ZZZZ2222"})
    assert wrong.status_code == 422
    assert "没有找到推荐人" in plain(wrong.text)


def test_a_referrer_is_attached_later_with_a_reason_and_refusals_say_why(desk):
    a, b = enrol(desk, "刘超明", "13800005051"), enrol(desk, "王芳", "13800005052")
    path = f"/members/{b}/referrer"
    assert "至少两个字" in plain(desk.post(path, {"referrer": number(desk, a), "why": ""}).text)
    assert "自己的推荐人" in plain(desk.post(path, {"referrer": number(desk, b), "why": "登记漏了"}).text)
    assert desk.post(path, {"referrer": number(desk, a), "why": "登记漏了"}).status_code == 303
    page = plain(desk.get(f"/members/{b}/referrals").text)
    assert "登记漏了" in page
    assert "待首单" in page
    again = desk.post(path, {"referrer": number(desk, a), "why": "再来一次"})
    assert again.status_code == 409
    circle = desk.post(f"/members/{a}/referrer", {"referrer": number(desk, b), "why": "登记漏了"})
    assert circle.status_code == 422
    assert "绕成一圈" in plain(circle.text)


def test_the_outline_shows_two_levels_with_money_and_turns_pages(desk, monkeypatch):
    from core.referrals import reads

    monkeypatch.setattr(reads, "PAGE", 2)
    a = enrol(desk, "刘超明", "13800005051")
    b = enrol(desk, "王芳", "13800005052", number(desk, a))
    c = enrol(desk, "李雷", "13800005053", number(desk, b))
    enrol(desk, "韩梅", "13800005054", number(desk, c))
    for n in range(2):
        enrol(desk, f"甲{n}", f"1380000506{n}", number(desk, a))
    desk.ring_up(c, "CLEAN")
    first = desk.get(f"/members/{a}/referrals").text
    assert "王芳" not in first
    older = re.search(r'href="([^"]*before=[^"]*)"', first).group(1)
    page = plain(desk.get(older).text)
    assert "王芳" in page
    assert "李雷" in page
    assert "王芳 带来 1 人，净付 ¥200" in page or "王芳 带来 1 人，净付 200.00" in page
    assert "韩梅" not in page


def test_another_franchise_finds_nothing(installation, desk):
    a = enrol(desk, "刘超明", "13800005051")
    other = Desk(installation, web_of(installation), installation.pharmacy, "owner")
    assert other.get(f"/members/{a}/referrals").status_code == 404
    assert other.post(f"/members/{a}/referral-code").status_code == 404
    assert other.post(f"/members/{a}/referrer", {"referrer": "x", "why": "登记漏了"}).status_code == 404


def test_a_second_level_waits_for_the_owner(installation, desk):
    owner = Desk(installation, web_of(installation), installation.dental, "owner")
    keeper = Desk(installation, web_of(installation), installation.dental, "rule_keeper")
    assert keeper.post("/programme/draft").status_code == 303
    from core.programme import drafts

    with acting(owner.actor), installation.unit() as session:
        draft = drafts.required(session)
        part = drafts.section("referral")
        row = next(e for e in drafts.entries(session, draft) if e.section == "referral")
        drafts.save(session, draft, part, {**drafts.data_of(row), "depth": 2, "level2_points": 50}, row, row.version)
    assert "待加盟主确认" in plain(keeper.get("/programme/").text)
    assert keeper.post("/programme/referral-depth", {"read": "1"}).status_code == 403
    made = keeper.post("/programme/preview", {"day": ""})
    wanted = re.search(r"id=(\d+)", made.location).group(1)
    refused = keeper.post("/programme/publish", {"preview": wanted})
    assert refused.status_code == 422
    assert "加盟主" in plain(refused.text)
    assert owner.post("/programme/referral-depth", {}).status_code == 422
    assert owner.post("/programme/referral-depth", {"read": "1"}).status_code == 303
    assert "加盟主已确认" in plain(keeper.get("/programme/").text)
    assert keeper.post("/programme/publish", {"preview": wanted}).status_code == 303
