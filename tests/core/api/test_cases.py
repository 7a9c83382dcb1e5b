"""Acceptance cases of capabilities.md, part B, through the API (B01–B10, B19–B25, B52, B55)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.kernel.tenancy import acting
from core.programme import services as programmes
from tests.installation import at

NAMES = ("刘母", "刘父", "刘兄", "刘姐", "刘弟", "刘妹")
MARCH = "2026-03-02 10:00"


def publish(till, **changes):
    """Publish the programme in force with changes."""
    with acting(till.installation.actor(till.house)), till.installation.unit() as session:
        programmes.publish(session, replace(programmes.in_force(session), **changes))


def family(till):
    """Enrol a holder with a family card; return (holder id, household id)."""
    holder = till.enrol("刘超明", "13800005051")["id"]
    till.sell(holder, "CARD-FAMILY")
    return holder, till.member(holder)["household"]["id"]


def steps(line):
    return [(s["stage"], s["before_fen"], s["after_fen"]) for s in line["steps"]]


def test_b01_b02_coupon_first_then_percentage(any_dental):
    till = any_dental
    holder, _household = family(till)
    quote = till.quote(holder, "F-RESIN")
    assert quote["total_fen"] == 16000  # B02: never 120.00
    assert quote["saved_fen"] == 24000
    assert quote["optimal"] is True
    assert steps(quote["lines"][0]) == [
        ("list", 40000, 40000), ("item_coupon", 40000, 20000), ("tier", 20000, 16000),
    ]  # fmt: skip
    assert quote["earn"] == {"points": 160, "parts": [{"rule": "base", "line": 1, "points": 160}]}
    order = till.pay(quote).get_json()
    assert (order["total_fen"], order["paid_fen"], order["owed_fen"]) == (16000, 16000, 0)
    assert order["earned_points"] == 160
    assert order["balances"]["points"]["available"] == 160
    assert "160.00" in order["receipt_text"]
    assert "+160" in order["receipt_text"]
    assert till.ok("GET", f"/orders/{order['order_no']}") == order


@pytest.mark.parametrize(("item", "total"), [("F-BASIC", 1600), ("F-TEMP", 0)])
def test_b03_b04_cheaper_materials(dental, item, total):
    holder, _household = family(dental)
    order = dental.sell(holder, item)
    assert order["total_fen"] == total
    assert dental.member(holder)["coupons"] == []
    assert dental.sell(holder, "F-RESIN")["total_fen"] == 32000


def test_b05_b06_eight_people_and_never_a_ninth(any_dental):
    till = any_dental
    holder, household = family(till)
    people = [holder, *(till.enrol(name, f"1380000{6000 + n}")["id"] for n, name in enumerate(NAMES))]
    people.append(
        till.enrol("刘小明", birth_date="2018-06-01", contact_of=holder, consents=[
            {"purpose": "membership", "granted": True, "evidence": "监护人签字"}])["id"]
    )  # fmt: skip
    for person in people[1:]:
        seated = till.ok("POST", f"/households/{household}/members", {"member_id": person, "role": "other"})
    assert seated["seats"] == {"used": 8, "total": 8}
    orders = [till.sell(person, "F-RESIN") for person in people]
    assert [order["total_fen"] for order in orders] == [16000] * 8
    saved = sum(order["list_fen"] - order["total_fen"] for order in orders)
    assert (saved, saved - 19900) == (192000, 172100)
    assert 40000 - orders[0]["total_fen"] - 19900 == 4100
    ninth = till.enrol("第九人", "13800009999")["id"]
    answer = till.call("POST", f"/households/{household}/members", {"member_id": ninth, "role": "other"})
    status, code, told = till.problem(answer)
    assert (status, code, told["seats"]) == (422, "household_full", {"used": 8, "total": 8})
    assert "8" in told["detail"]


def test_b07_tiers(dental):
    member = dental.enrol("王芳", "13800001234")["id"]
    seen = []
    for spend in ((), (("WHITEN", 3),), ("IMPLANT",), ("ORTHO", "RETAINER")):
        if spend:
            dental.sell(member, *spend)
        tier = dental.member(member)["tier"]["code"]
        seen.append((tier, dental.quote(member, "F-RESIN")["total_fen"]))
    assert seen == [("regular", 40000), ("silver", 36000), ("gold", 34000), ("diamond", 32000)]


def test_b08_multiplier_of_the_tier_held_before(pharmacy):
    member = pharmacy.enrol("王芳", "13800001234")["id"]
    points, tiers = [], []
    for hundreds in (2, 3, 4, 6, 1):
        order = pharmacy.sell(member, ("MISC-100", hundreds))
        points.append(order["earned_points"])
        tiers.append(order["tier"]["code"])
    assert points == [200, 300, 600, 900, 200]
    assert tiers == ["regular", "silver", "silver", "gold", "gold"]
    assert pharmacy.points(member) == 2200
    quote = pharmacy.quote(member, ("MISC-100", 1))  # B10: 2200 points are worth 22.00
    assert (quote["points_max"], quote["points_value_fen"]) == (2200, 2200)
    paid = pharmacy.pay(
        quote, {"kind": "points", "amount_fen": 2200, "points": 2200}, {"kind": "cash", "amount_fen": 7800}
    )
    assert paid.get_json()["balances"]["points"]["available"] == 78 * 2


def test_b09_points_are_floored(pharmacy):
    pharmacy.ok("POST", "/items", {"code": "ODD", "name": "零头商品", "kind": "goods", "price_fen": 3333})
    member = pharmacy.enrol("王芳", "13800001234")["id"]
    pharmacy.sell(member, ("MISC-100", 5))
    assert pharmacy.member(member)["tier"]["code"] == "silver"
    assert pharmacy.sell(member, "ODD")["earned_points"] == 49


def test_b10_points_go_by_whole_steps(pharmacy):
    pharmacy.ok("POST", "/items", {"code": "FIFTY", "name": "半百商品", "kind": "goods", "price_fen": 5000})
    member = pharmacy.enrol("王芳", "13800001234")["id"]
    pharmacy.sell(member, ("MISC-100", 2), "FIFTY")
    assert pharmacy.points(member) == 250
    quote = pharmacy.quote(member, "MISC-100")
    assert (quote["points_max"], quote["points_value_fen"]) == (200, 200)
    too_many = {"kind": "points", "amount_fen": 250, "points": 250}
    assert pharmacy.problem(pharmacy.pay(quote, too_many, {"kind": "cash", "amount_fen": 9750}))[:2] == (422, "invalid")
    order = pharmacy.pay(
        quote, {"kind": "points", "amount_fen": 200, "points": 200}, {"kind": "cash", "amount_fen": 9800}
    )
    assert order.get_json()["balances"]["points"]["available"] == 50 + 98


@pytest.mark.parametrize(
    ("earned", "last", "gone"),
    [("2025-03-01", "2026-02-28", "2026-03-01"), ("2024-02-29", "2025-02-27", "2025-02-28")],
)
def test_b19_b20_a_year_and_not_a_day_longer(dental, earned, last, gone):
    with at(f"{earned} 12:00"):
        member = dental.enrol("王芳", "13800001234")["id"]
        dental.sell(member, "CLEAN")
        assert dental.member(member)["points"]["expiring"] == [{"on": gone, "points": 200}]
    with at(f"{last} 23:59"):
        assert dental.points(member) == 200
        assert dental.quote(member, "CLEAN")["points_max"] == 200
    with at(f"{gone} 00:00"):
        assert dental.points(member) == 0
        assert dental.member(member)["points"]["expiring"] == []
        quote = dental.quote(member, "CLEAN")
        assert quote["points_max"] == 0


def test_b21_the_soonest_lot_first(pharmacy):
    programme_tender = {"points_step": 50, "fen_per_step": 50}
    with acting(pharmacy.installation.actor(pharmacy.house)), pharmacy.installation.unit("read") as session:
        tender = programmes.in_force(session).tender
    with at("2025-06-10 10:00"):
        publish(pharmacy, tender=replace(tender, **programme_tender))
        member = pharmacy.enrol("王芳", "13800001234")["id"]
        pharmacy.sell(member, "MISC-100")
    with at("2025-09-10 10:00"):
        pharmacy.sell(member, ("MISC-100", 2))
    with at("2025-10-01 10:00"):
        quote = pharmacy.quote(member, "MISC-100")
        order = pharmacy.pay(
            quote, {"kind": "points", "amount_fen": 150, "points": 150}, {"kind": "cash", "amount_fen": 9850}
        )
        assert order.status_code == 201
        expiring = pharmacy.member(member)["points"]["expiring"]
    assert expiring == [{"on": "2026-09-10", "points": 150}, {"on": "2026-10-01", "points": 98}]


def test_b22_points_of_an_expired_lot_come_back_for_thirty_days(dental):
    with at("2025-01-10 10:00"):
        member = dental.enrol("王芳", "13800001234")["id"]
        dental.sell(member, "CLEAN")
    with at("2026-01-09 10:00"):
        quote = dental.quote(member, "CHECK")
        order = dental.pay(
            quote, {"kind": "points", "amount_fen": 200, "points": 200}, {"kind": "cash", "amount_fen": 7800}
        ).get_json()
    with at("2026-01-20 10:00"):
        preview = dental.preview(order["order_no"], {1: 1})
        done = dental.refunded(order["order_no"], {1: 1}, preview_id=preview["preview_id"])
        assert done["points"] == {"taken": 78, "returned": 200, "debt": 0, "grace": 200}
        assert dental.member(member)["points"]["expiring"] == [{"on": "2026-02-19", "points": 200}]
    with at("2026-02-18 23:59"):
        assert dental.points(member) == 200
    with at("2026-02-19 00:00"):
        assert dental.points(member) == 0


def spring(till, **changes):
    publish(till, **changes)
    return till.enrol("王芳", "13800001234")["id"]


def test_b23_b24_spring_festival(pharmacy):
    with at("2027-02-08 10:00"):
        member = pharmacy.enrol("王芳", "13800001234")["id"]
        quote = pharmacy.quote(member, "BOX-SPRING")
        assert (quote["total_fen"], quote["earn"]["points"]) == (23840, 715)
        both = pharmacy.quote(member, "BOX-SPRING", "MISC-100")
        assert (both["total_fen"], both["earn"]["points"]) == (31840, 795)
        order = pharmacy.pay(both).get_json()
        assert order["earned_points"] == 795
        assert [line["points"] for line in order["lines"]] == [715, 80]
    with at("2027-02-20 10:00"):
        assert pharmacy.quote(member, "MISC-100")["total_fen"] == 10000


@pytest.mark.parametrize(("combine", "points"), [("best", 715), ("product", 1430)])
def test_b25_gold_on_a_tripled_box(pharmacy, combine, points):
    with at("2027-01-10 10:00"):
        with acting(pharmacy.installation.actor(pharmacy.house)), pharmacy.installation.unit("read") as session:
            rule = programmes.in_force(session).points
        member = spring(pharmacy, points=replace(rule, multipliers=combine))
        pharmacy.sell(member, ("MISC-100", 15))
        assert pharmacy.member(member)["tier"]["code"] == "gold"
    with at("2027-02-08 10:00"):
        assert pharmacy.sell(member, "BOX-SPRING")["earned_points"] == points


def test_b52_member_day_ends_at_midnight(pharmacy):
    with acting(pharmacy.installation.actor(pharmacy.house)), pharmacy.installation.unit("read") as session:
        promotions = programmes.in_force(session).promotions
    with at("2026-11-01 10:00"):
        on = tuple(replace(p, enabled=True) if p.code == "member-day" else p for p in promotions)
        member = spring(pharmacy, promotions=on)
    with at("2026-11-18 23:59"):
        assert pharmacy.sell(member, "MISC-100")["earned_points"] == 200
        quote = pharmacy.quote(member, "MISC-100")
    with at("2026-11-19 00:01"):
        status, code, told = pharmacy.problem(pharmacy.pay(quote))
        assert (status, code) == (409, "stale_quote")
        assert told["quote"]["earn"]["points"] == 100
        assert pharmacy.pay(told["quote"]).get_json()["earned_points"] == 100


def test_b55_a_child_under_the_mothers_phone(dental):
    mother = dental.enrol("李梅", "13912340001")["id"]
    child = {"name": "赵小禾", "birth_date": "2019-04-05"}
    assert dental.refused("POST", "/members", child) == (422, "guardian_required")
    status, code, told = dental.problem(dental.call("POST", "/members", {**child, "phone": "13912340001"}))
    assert (status, code) == (409, "duplicate_phone")
    assert told["candidates"][0]["id"] == mother
    assert told["candidates"][0]["phone_masked"] == "139****0001"
    made = dental.enrol(**child, phone="13912340001", contact_of=mother)
    assert (made["contact_of"], made["phone_masked"]) == (mother, "139****0001")
    for query in ("q=赵小禾", "q=zhaoxiaohe", "q=zxh", "phone=13912340001", "q=2019-04-05", "q=赵+2019年4月5日"):
        found = dental.ok("GET", f"/members?{query}")["items"]
        assert made["id"] in [one["id"] for one in found], query
    card = dental.sell(mother, "CARD-FAMILY")
    assert card["total_fen"] == 19900
    household = dental.member(mother)["household"]["id"]
    dental.ok("POST", f"/households/{household}/members", {"member_id": made["id"], "role": "child"})
    seen = dental.member(made["id"])
    assert seen["household"]["role"] == "child"
    assert [m["name"] for m in seen["household"]["members"]] == ["李梅", "赵小禾"]
    family_card = next(c for c in seen["cards"] if c["product"] == "CARD-FAMILY")
    found = dental.ok("GET", f"/members?card={family_card['number']}")["items"]
    assert [one["name"] for one in found] == ["李梅", "赵小禾"]
