"""The dental plugin: categories, coupon classes, panel, finding, page."""

from __future__ import annotations

from datetime import date

import pytest

from core.hooktypes import BasketView, BoughtItem, CouponView, ItemView, LineView, PersonView, SeatView
from plugins.dental import rules
from tests.plugin_kit import A, B, empty_database, make_bench  # noqa: F401

FILLING = {"dental.category": "filling"}


@pytest.fixture
def bench(make_bench):  # noqa: F811
    made = make_bench()
    made.switch("dental", True)
    return made


def line(number, qty=1, attributes=FILLING, person=None):
    return LineView(number, number, "F", "树脂充填", qty, 40_000 * qty, 40_000 * qty, attributes, person)


def item(**attributes):
    return ItemView(1, "F", "树脂充填", "service", attributes)


@pytest.mark.parametrize(
    ("attributes", "classes"),
    [
        ({"dental.category": "filling"}, {"filling"}),
        ({"dental.category": "prevention"}, {"prevention"}),
        ({"dental.category": "implant"}, set()),
        ({}, set()),
        ({"dental.category": "filling", "core.coupon_classes": []}, set()),
    ],
)
def test_which_items_take_which_coupons(attributes, classes):
    assert rules.coupon_classes(ItemView(1, "F", "x", "service", attributes)) == classes


def test_the_mapping_reaches_core_by_the_hook(bench):
    answers = bench.call("coupon_classes_for_items", items=(item(**FILLING), item()))
    assert [(a.plugin, a.value.classes) for a in answers] == [("dental", {"filling"})]
    assert bench.call("coupon_classes_for_items", B, items=(item(**FILLING),)) == []


def test_one_filling_a_person_gives_no_finding(bench):
    family = BasketView(1, tuple(line(n, person=n) for n in range(1, 9)))
    assert bench.call("checkout_checks", basket=family) == []


def test_several_fillings_of_one_person_give_an_info_on_the_last_line(bench):
    basket = BasketView(1, (line(1), line(2, qty=2), line(3, person=9), line(4, attributes={})))
    findings = [a.value for a in bench.call("checkout_checks", basket=basket)]
    assert [(f.code, f.severity, f.line, f.evidence) for f in findings] == [
        ("dental.filling_count", "info", 2, {"teeth": 3})
    ]
    assert "3 颗牙" in findings[0].text


def test_the_panel_shows_the_households_coupons_and_the_last_dental_items(bench):
    coupon = CouponView("filling200", "补牙券", "open", frozenset({"filling"}), date(2027, 1, 1))
    used = CouponView("filling200", "补牙券", "used", frozenset({"filling"}), None, date(2026, 3, 1))
    other = CouponView("CHECK", "检查券", "open", frozenset())
    recent = tuple(BoughtItem("F", "树脂充填", date(2026, 3, n), 1, FILLING if n % 2 else {}) for n in range(9, 0, -1))
    person = PersonView(
        1,
        "王",
        recent=recent,
        household=(
            SeatView(1, "王", "holder", (coupon,)),
            SeatView(2, "李", "spouse", (used,)),
            SeatView(3, "小", "child", (other,)),
        ),
    )
    data = bench.call("person_panels", person=person)[0].value.data
    assert [(s["name"], s["own"], s["state"]) for s in data["seats"]] == [
        ("王", True, "open"),
        ("李", False, "used"),
        ("小", False, "none"),
    ]
    assert [r.on.day for r in data["recent"]] == [9, 7, 5]


def test_the_panel_renders(bench):
    from flask import render_template

    seats = [{"name": "王", "own": True, "state": "used", "day": date(2026, 3, 1)}]
    with bench.app().test_request_context("/"):
        bench.app().preprocess_request()
        text = render_template("dental/panel.html", panel={"recent": [], "seats": seats})
    assert "王" in text
    assert "还没有做过牙科项目" in text


def test_the_page_lists_the_franchises_dental_items(bench):
    from core.catalog import services as catalog

    with bench.unit() as session:
        catalog.add(session, "F-RESIN", "树脂充填", "service", 40_000, attributes=FILLING)
        catalog.add(session, "X", "无关项目", "service", 100, attributes={})
    with bench.unit(B) as session:
        catalog.add(session, "F-B", "别家的充填", "service", 100, attributes=FILLING)
    text = bench.client().get("/p/dental/items").get_data(as_text=True)
    assert "F-RESIN" in text
    assert "400.00" in text
    assert "补牙券" in text
    assert "无关项目" not in text
    assert "别家的充填" not in text
    assert A != B
