"""Pay later: B53 at the API, and every way an open order can go (docs/capabilities.md: B53)."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import func, select

from core.console import verification
from core.kernel.tenancy import acting
from core.programme.rules import Referral
from core.tiers.models import TierEvent
from tests.core.referrals import kit as referral_kit


def member(till, name="欧阳琳", phone="13800005353"):
    return till.enrol(name, phone)["id"]


def leave_open(till, who, *lines, paid, **more):
    quote = till.quote(who, *lines)
    tenders = [{"kind": "cash", "amount_fen": paid}] if paid else []
    body = {"quote_id": quote["quote_id"], "tenders": tenders, "allow_debt": True, **more}
    answer = till.call("POST", "/orders", body, key=f"open-{quote['quote_id']}")
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return answer.get_json()


def later(till, order_no, fen, kind="bank", key=None, **more):
    body = {"tenders": [{"kind": kind, "amount_fen": fen, **more}]}
    return till.call("POST", f"/orders/{order_no}/payments", body, key=key or f"pay-{order_no}-{fen}-{kind}")


def silent(till):
    report = verification.verify(till.installation.runtime, freeze=False)
    assert [row for row in report if row.difference] == []


def test_b53_an_implant_paid_in_two_parts(any_dental):
    till = any_dental
    who = member(till)
    order = leave_open(till, who, "IMPLANT", paid=500000)
    assert (order["state"], order["paid_fen"], order["owed_fen"]) == ("open", 500000, 1500000)
    assert order["earned_points"] == 5000
    told = till.ok("GET", f"/members/{who}")
    assert told["owed_fen"] == 1500000
    assert told["points"]["available"] == 5000
    assert told["tier"]["code"] == "silver"
    answer = later(till, order["order_no"], 1500000)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    paid = answer.get_json()
    assert (paid["state"], paid["paid_fen"], paid["owed_fen"]) == ("paid", 2000000, 0)
    assert paid["earned_points"] == 20000
    assert [one["points"] for one in paid["payments"]] == [15000]
    assert [tender["payment"] for tender in paid["tenders"]] == [None, 1]
    told = till.ok("GET", f"/members/{who}")
    assert (told["owed_fen"], told["points"]["available"], told["tier"]["code"]) == (0, 20000, "gold")


def test_b53_a_refund_while_open_gives_back_what_was_received(any_dental):
    till = any_dental
    who = member(till)
    order = leave_open(till, who, "IMPLANT", paid=500000)
    preview = till.preview(order["order_no"], {1: 1})
    done = till.refunded(order["order_no"], {1: 1}, preview_id=preview["preview_id"])
    assert (done["amount_fen"], done["released_fen"], done["owed_fen"]) == (500000, 1500000, 0)
    assert done["points"]["taken"] == 5000
    told = till.ok("GET", f"/members/{who}")
    assert (told["owed_fen"], told["points"]["available"], told["tier"]["code"]) == (0, 0, "regular")
    assert till.ok("GET", f"/orders/{order['order_no']}")["state"] == "refunded"
    assert till.problem(later(till, order["order_no"], 100))[:2] == (409, "nothing_owed")
    silent(till)


def test_a_deposit_of_nothing_earns_nothing(dental):
    who = member(dental)
    order = leave_open(dental, who, "CLEAN", paid=0)
    assert (order["paid_fen"], order["owed_fen"], order["earned_points"]) == (0, 20000, 0)
    assert later(dental, order["order_no"], 20000).get_json()["earned_points"] == 200
    silent(dental)


def test_who_may_leave_what_open(dental):
    quote = dental.quote(None, "CLEAN")
    answer = dental.pay(quote, {"kind": "cash", "amount_fen": 100}, allow_debt=True)
    assert dental.problem(answer)[:2] == (422, "debt_needs_member")
    who = member(dental)
    quote = dental.quote(who, "CLEAN")
    assert dental.problem(dental.pay(quote, {"kind": "cash", "amount_fen": 100}))[:2] == (422, "tenders_mismatch")
    dental.role = "front_desk"
    answer = dental.pay(quote, {"kind": "cash", "amount_fen": 100}, allow_debt=True)
    assert dental.problem(answer)[:2] == (403, "debt_not_allowed")
    dental.role = "owner"
    card = dental.quote(who, "CARD-FAMILY")
    answer = dental.pay(card, {"kind": "cash", "amount_fen": 100}, allow_debt=True)
    assert dental.problem(answer)[:2] == (422, "debt_not_allowed")
    assert dental.ok("GET", f"/members/{who}")["owed_fen"] == 0


def test_payments_that_do_not_fit(dental):
    who = member(dental)
    order = leave_open(dental, who, "CLEAN", "CHECK", paid=10000)
    no = order["order_no"]
    assert dental.problem(later(dental, no, 18001))[:2] == (422, "tenders_mismatch")
    assert dental.problem(later(dental, no, 100, kind="points", points=100))[0] == 422
    assert dental.problem(later(dental, "20260101-01-0001", 100))[0] == 404
    first = later(dental, no, 8000, key="same")
    again = later(dental, no, 8000, key="same")
    assert first.get_json() == again.get_json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert dental.ok("GET", f"/orders/{no}")["owed_fen"] == 10000


def test_an_insured_part_pays_later_for_its_line_and_earns_nothing(dental):
    who = member(dental)
    order = leave_open(dental, who, "CLEAN", "CHECK", paid=0)
    answer = later(dental, order["order_no"], 8000, kind="insurance_pooled", lines=[2])
    assert answer.get_json()["earned_points"] == 0
    done = later(dental, order["order_no"], 20000).get_json()
    assert (done["owed_fen"], done["earned_points"]) == (0, 200)
    assert [line["owed_fen"] for line in done["lines"]] == [0, 0]
    silent(dental)


@pytest.mark.parametrize("seed", range(12))
def test_any_mixture_of_payments_and_refunds_ends_where_it_began(dental, seed):
    """Money received = money given back + what stays; a whole refund leaves no point, no debt, no metric (I27, I29)."""
    rng = random.Random(seed)
    who = member(dental)
    lines = [("CLEAN", rng.randint(1, 3)), ("PASTE", rng.randint(1, 7)), ("POLISH", rng.randint(1, 3))]
    total = dental.quote(who, *lines)["total_fen"]
    order = leave_open(dental, who, *lines, paid=rng.randint(0, total - 1))
    no, left = order["order_no"], {n: qty for n, (_code, qty) in enumerate(lines, 1)}
    received, returned, released = order["paid_fen"], 0, 0
    while any(left.values()):
        now = dental.ok("GET", f"/orders/{no}")
        assert now["owed_fen"] == total - received - released
        assert now["paid_fen"] == received
        if now["owed_fen"] and rng.random() < 0.5:
            fen = rng.randint(1, now["owed_fen"])
            kind = rng.choice(["bank", "wechat", "insurance_personal"])
            assert later(dental, no, fen, kind=kind, key=f"{seed}-{received}").status_code == 201
            received += fen
            continue
        n = rng.choice([n for n, qty in left.items() if qty])
        qty = rng.randint(1, left[n])
        done = dental.refunded(no, {n: qty})
        left[n] -= qty
        returned += done["amount_fen"]
        released += done["released_fen"]
    end = dental.ok("GET", f"/orders/{no}")
    assert (returned, end["owed_fen"], received + released) == (received, 0, total)
    assert all(t["refunded_fen"] == t["amount_fen"] for t in end["tenders"])
    told = dental.ok("GET", f"/members/{who}")
    assert (told["points"]["available"], told["points"]["debt"], told["owed_fen"]) == (0, 0, 0)
    with acting(dental.installation.actor(dental.house)), dental.installation.unit("read") as session:
        sums = session.execute(
            select(func.sum(TierEvent.spend_fen), func.sum(TierEvent.points), func.sum(TierEvent.visits))
        ).one()
    assert tuple(sums) == (0, 0, 0)
    silent(dental)


def test_what_is_paid_in_steps_earns_what_is_paid_at_once(dental):
    once = dental.sell(member(dental), "CLEAN", ("PASTE", 3))
    order = leave_open(dental, member(dental, "司马懿", "13800005354"), "CLEAN", ("PASTE", 3), paid=101)
    for n, fen in enumerate([199, 4999, 1]):
        later(dental, order["order_no"], fen, key=f"part-{n}")
    rest = dental.ok("GET", f"/orders/{order['order_no']}")["owed_fen"]
    done = later(dental, order["order_no"], rest).get_json()
    assert done["earned_points"] == once["earned_points"]
    assert [line["points"] for line in done["lines"]] == [line["points"] for line in once["lines"]]


def test_a_referral_is_rewarded_by_the_last_payment_not_by_the_deposit(any_dental):
    """B14 with B53: the first order counts once it is paid; its refund takes the reward back."""
    till = any_dental
    with acting(till.installation.actor(till.house)):
        referral_kit.publish(till.installation, Referral("first_paid_order", 200, 100))
    referrer = till.enrol("陈老师", "13800007001")
    who = till.enrol("学生", "13800007002", referrer=referrer["member_no"])["id"]
    order = leave_open(till, who, "CLEAN", paid=10000)
    assert till.points(referrer["id"]) == 0
    assert later(till, order["order_no"], 9900, key="a").status_code == 201
    assert till.points(referrer["id"]) == 0
    assert later(till, order["order_no"], 100, key="b").status_code == 201
    assert (till.points(referrer["id"]), till.points(who)) == (200, 300)
    done = till.refunded(order["order_no"], {1: 1})
    assert sorted(one["points"] for one in done["referral"]) == [-200, -100]
    assert (till.points(referrer["id"]), till.points(who)) == (0, 0)
    silent(till)
