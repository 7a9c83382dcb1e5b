"""Referrals through the API: B14, B15, B38 and the refusals of POST /members (contract.md section 4)."""

from __future__ import annotations

from core.kernel.tenancy import acting
from core.programme.rules import Referral as Rule
from tests.core.referrals import kit


def publish(till, rule):
    with acting(till.installation.actor(till.house)):
        kit.publish(till.installation, rule)


def brought(till, name, phone, by):
    made = till.enrol(name, phone, referrer=by["member_no"])
    assert made["referrer"] == by["member_no"]
    return made


def balance(till, member):
    told = till.member(member["id"])["points"]
    return told["available"] - told["debt"]


def test_b14(any_dental):
    till = any_dental
    publish(till, kit.FIRST_ORDER)
    a = till.enrol("刘超明", "13800005051")
    b = brought(till, "王芳", "13800005052", a)
    assert (balance(till, a), balance(till, b)) == (0, 0)
    order = till.sell(b["id"], "CLEAN")
    assert order["earned_points"] == 200
    assert (balance(till, a), balance(till, b)) == (200, 300)
    moved = [{"member_id": b["id"], "level": 0, "points": -100}, {"member_id": a["id"], "level": 1, "points": -200}]
    assert till.preview(order["order_no"], {1: 1})["referral"] == moved
    assert till.refunded(order["order_no"], {1: 1})["referral"] == moved
    assert (balance(till, a), balance(till, b)) == (0, 0)
    second = till.sell(b["id"], "CLEAN")
    assert (balance(till, a), balance(till, b)) == (0, 200)
    assert till.refunded(second["order_no"], {1: 1})["referral"] == []


def test_b15(dental):
    a = dental.enrol("刘超明", "13800005051")
    b = brought(dental, "王芳", "13800005052", a)
    assert (balance(dental, a), balance(dental, b)) == (100, 0)
    again = {"name": "王芳", "phone": "13800005052", "referrer": a["member_no"]}
    assert dental.refused("POST", "/members", again) == (409, "duplicate_phone")
    own = {"name": "刘小明", "contact_of": a["id"], "referrer": a["member_no"]}
    assert dental.refused("POST", "/members", own) == (422, "referrer_household")
    for n in range(12):
        brought(dental, "新人", f"138000060{n:02d}", a)
    assert balance(dental, a) == 1000


def test_b38(dental):
    publish(dental, kit.FIRST_ORDER)
    a = dental.enrol("刘超明", "13800005051")
    b = brought(dental, "王芳", "13800005052", a)
    c = brought(dental, "李雷", "13800005053", b)
    dental.sell(c["id"], "WHITEN")
    assert balance(dental, a) == 0
    publish(dental, Rule("first_paid_order", 200, 100, 2, 50))
    d = brought(dental, "韩梅", "13800005054", c)
    e = brought(dental, "赵云", "13800005055", b)
    dental.sell(e["id"], "CHECK")
    assert (balance(dental, a), balance(dental, b)) == (50, 400)
    dental.sell(d["id"], "CHECK")
    assert (balance(dental, a), balance(dental, b)) == (50, 450)


def test_a_code_names_a_referrer_and_an_unknown_one_is_refused(dental):
    from core.referrals import services as referrals

    a = dental.enrol("刘超明", "13800005051")
    with acting(dental.installation.actor(dental.house)), dental.installation.unit() as session:
        row = referrals.make_code(session, int(a["id"]))
        short, public = row.short_code, row.public_code
    for n, code in enumerate((short, public)):
        assert dental.enrol("新人", f"1380000606{n}", referrer=code)["referrer"] == a["member_no"]
    assert dental.refused("POST", "/members", {"name": "甲", "referrer": "99999999"}) == (422, "invalid")


def test_a_referrer_of_another_franchise_is_nobody(dental, pharmacy):
    for _n in range(3):
        other = pharmacy.enrol("外人", None)
    assert dental.refused("POST", "/members", {"name": "甲", "referrer": other["member_no"]}) == (422, "invalid")
