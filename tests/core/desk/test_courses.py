"""Courses at the desk: sold at the till, used by Shift+F2's page, undone, refunded by the session, frozen, extended."""

from __future__ import annotations

import re

import pytest

from core.catalog import services as catalog
from core.kernel.tenancy import acting
from tests.core.courses import kit
from tests.core.desk.desk_kit import PIN, alert, field, plain
from tests.installation import at


@pytest.fixture
def shop(desk):
    with acting(desk.actor):
        kit.add_items(desk.installation, valid_months="1", transferable="1")
    return desk


def sold(shop):
    """Sell a course at the till; return (member, order, course id)."""
    person = shop.enrol()
    order = shop.ring_up(person, "MOXA10")
    with acting(shop.actor):
        [(course, _parts)] = kit.of(shop.installation, person)
    return person, order, course.id


def burn_form(shop, person, back=""):
    page = shop.get(f"/members/{person}/courses/use", query_string={"back": back}).text
    return {"once": field(page, "once"), "pick": re.search(r'name="pick" value="([^"]+)"', page).group(1), "back": back}


def left(shop, course):
    with acting(shop.actor):
        return kit.left(shop.installation, course)


def test_a_course_is_sold_shown_used_and_undone(shop):
    person, order, course = sold(shop)
    done = plain(shop.get(f"/till?done={order.id}").text)
    assert "开出的疗程" in done
    assert "剩 10 / 10 次" in plain(shop.get(f"/members/{person}").text)
    shop.take(person)
    assert "⇧F2" in shop.till()
    form = burn_form(shop, person, "till")
    answer = shop.post(f"/members/{person}/courses/use", form)
    assert answer.location.endswith("/till")
    toast = shop.till()
    assert "已核销 艾灸，还剩 9 次" in plain(toast)
    undo = re.search(r'action="(/members/courses/\d+/uses/\d+/undo\?back=till)"', toast).group(1)
    again = shop.post(f"/members/{person}/courses/use", form)  # the same showing of the page: done once
    assert again.status_code == 303
    assert left(shop, course) == 9
    assert shop.post(undo).status_code == 303
    assert left(shop, course) == 10
    page = plain(shop.get(f"/members/courses/{course}").text)
    assert "已撤销" in page
    assert "当场撤销" in page
    assert "核销 · 艾灸（已撤销）" in plain(shop.get(f"/members/{person}").text)


def test_without_a_member_the_till_says_why(shop):
    shop.add("MOXA10")
    assert "是疗程或套餐，请先查找或新建会员" in plain(shop.till())


def test_a_part_of_a_course_is_refunded_as_it_was_shown(shop, sit):
    person, order, course = sold(shop)
    path = f"/orders/{order.order_no}/refund"
    asked = {"qty_1": "1", "ses_1": "4"}
    page = shop.post(f"{path}/preview", asked).text
    assert "收回“艾灸”未用的 4 次" in plain(page)
    assert "432.00" in plain(page)
    values = {name: field(page, name) for name in ("preview_id", "once", "ses_1")}
    manager = shop.house.numbers["manager"]
    done = shop.post(path, {**values, "qty_1": "1", "reason": "顾客改约", "number": manager, "pin": PIN})
    assert done.status_code == 303, alert(done.text)
    assert left(shop, course) == 6
    assert "未用 6 次" in plain(shop.get(path).text)


def test_the_next_day_an_undo_is_asked_for_and_done_by_the_manager(shop, sit):
    with at("2026-11-20 10:00"):
        person, _order, course = sold(shop)
        shop.post(f"/members/{person}/courses/use", burn_form(shop, person))
    with at("2026-11-21 10:00"):
        shop = sit("front_desk")
        page = shop.get(f"/members/courses/{course}").text
        undo = re.search(r'action="(/members/courses/\d+/uses/\d+/undo)"', page).group(1)
        refused = shop.post(undo, {"reason": "点错了人"})
        assert (refused.status_code, "须店长批准" in plain(refused.text)) == (403, True)
        assert shop.post(undo, {"reason": "点错了人", "act": "ask"}).status_code == 303
        manager = sit("manager")
        request = re.search(r"/approvals/(\d+)", manager.get("/approvals").text).group(1)
        page = manager.get(f"/approvals/{request}").text
        assert "隔天撤销核销" in plain(page)
        seen = {name: field(page, name) for name in re.findall(r'name="(seen|payload_sha256)"', page)}
        done = manager.post(f"/approvals/{request}/approve", {**seen, "pin": PIN})
        assert done.status_code == 303, alert(done.text)
        assert left(shop, course) == 10


def test_a_course_is_frozen_goes_on_is_extended_and_handed_over(shop):
    person, _order, course = sold(shop)
    friend = shop.enrol("李娜", "13800002222")
    assert shop.post(f"/members/courses/{course}/freeze", {"reason": "出差"}).status_code == 303
    assert "先恢复再核销" in plain(shop.get(f"/members/{person}/courses/use").text)
    assert shop.post(f"/members/courses/{course}/freeze", {"act": "unfreeze"}).status_code == 303
    assert shop.post(f"/members/courses/{course}/extend", {"days": "10", "reason": "住院"}).status_code == 303
    wrong = shop.post(f"/members/courses/{course}/extend", {"days": "abc", "reason": "住院"})
    assert (wrong.status_code, "延期天数应在" in plain(wrong.text)) == (422, True)
    waits = shop.post(f"/members/courses/{course}/extend", {"days": "90", "reason": "住院"})
    assert waits.status_code == 303
    assert "已提交申请" in plain(shop.get(f"/members/courses/{course}").text)
    with acting(shop.actor), shop.installation.unit("read") as unit:
        from core.people import services as people

        number = people.get(unit, friend).member_no
    wrong = shop.post(f"/members/courses/{course}/transfer", {"member_no": "nobody", "reason": "送人"})
    assert (wrong.status_code, "没有找到这位会员" in plain(wrong.text)) == (422, True)
    assert shop.post(f"/members/courses/{course}/transfer", {"member_no": number, "reason": "送人"}).status_code == 303
    assert "剩 10 / 10 次" in plain(shop.get(f"/members/{friend}").text)


def test_the_books_of_courses_and_uses(shop, sit):
    person, _order, course = sold(shop)
    shop.post(f"/members/{person}/courses/use", burn_form(shop, person))
    for path in ("/records/courses/?f.ends=soon", "/records/courses/?q=lcm", "/records/courses/?f.state=open"):
        assert "9 / 10" in plain(shop.get(path).text), path
    for path in ("/records/course_uses/?f.since=0", "/records/course_uses/?f.undone=0", "/records/course_uses/?q=lcm"):
        assert "108.00" in plain(shop.get(path).text), path
    assert "108.00" not in plain(shop.get("/records/course_uses/?f.undone=1").text)
    assert shop.get(f"/records/courses/details/?id={course}").status_code == 200


def test_the_form_of_a_course_asks_for_its_terms_and_a_bundle_is_written_in_words(shop, sit):
    owner = sit("owner")
    made = owner.post(
        "/records/items/add",
        {"kind": "course", "code": "BUNDLE", "name": "两样各两次", "price_fen": "100.00", "sessions": "4", "active": "1",
         "a.core.includes": "CLEAN×2、CHECK×2", "a.core.valid_months": "6", "a.core.shared": "1"},
    )  # fmt: skip
    assert made.status_code == 303, plain(made.text)[:600]
    person = shop.enrol()
    shop.ring_up(person, "BUNDLE")
    with acting(shop.actor):
        [(course, parts)] = kit.of(shop.installation, person)
        assert [(one.row.item_code, one.usable) for one in parts] == [("CLEAN", 2), ("CHECK", 2)]
        assert course.shared
        with shop.installation.unit("read") as unit:
            assert catalog.attributes_of(catalog.by_code(unit, "BUNDLE"))["core.valid_months"] == "6"
