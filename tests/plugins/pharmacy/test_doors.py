"""No way around the check: API, facts that changed, a family member, points, a check that fails, two at once."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date

import pytest

from core.catalog import services as catalog
from core.kernel.errors import Refusal
from core.kernel.runtime import runtime
from core.kernel.statements import Statements
from core.kernel.tenancy import acting
from core.orders.rewarding import redeem, redeem_checks
from core.orders.selling import settle
from core.orders.types import LineRequest, TenderRequest
from core.programme.document import Reward
from core.rewards.services import Asked
from plugins.pharmacy import checks
from tests.core.api.conftest import api_app, till_of
from tests.core.rewards import kit as rewards_kit
from tests.plugins.pharmacy.kit import WHY

IBUPROFEN, SUSPENSION, AMOXICILLIN = "D0033", "D0034", "D0001"


def blocked(call):
    with pytest.raises(Refusal) as refused:
        call()
    assert refused.value.code == "blocked"


def test_the_api_finds_and_refuses_what_the_till_does(embedded):
    member = embedded.member()
    embedded.takes(member, "warfarin")
    house = embedded.house
    till = till_of(house, api_app(house), house.pharmacy)
    quote = till.quote(str(member), IBUPROFEN)
    [found] = [one for one in quote["findings"] if one["severity"] == "major"]
    assert (found["code"], found["overridable_by"]) == ("pharmacy.interaction", ["pharmacist"])
    body = {"quote_id": quote["quote_id"], "tenders": [{"kind": "cash", "amount_fen": quote["total_fen"]}]}
    assert till.refused("POST", "/orders", body, key="k1") == (422, "blocked")
    proof = till.proof("override", f"{quote['quote_id']}|{found['id']}|{WHY}".encode(), "owner")
    given = {**body, "overrides": [{"finding": found["id"], "reason": WHY, "proof": proof}]}
    assert till.refused("POST", "/orders", given, key="k2") == (403, "override_forbidden")
    proof = till.proof("override", f"{quote['quote_id']}|{found['id']}|{WHY}".encode(), "pharmacist")
    given["overrides"][0]["proof"] = proof
    assert till.ok("POST", "/orders", given, key="k3")["order_no"]


def test_facts_that_changed_after_the_quote_count_at_the_settle(pharmacy):
    member = pharmacy.member()
    quote_id, total, found = pharmacy.quoted(member, IBUPROFEN)
    assert all(one.severity == "info" for one in found), found
    pharmacy.takes(member, "warfarin")

    def settle_it():
        with pharmacy.unit() as session:
            settle.settle(session, quote_id, [TenderRequest("cash", total)])

    blocked(settle_it)


def test_the_person_treated_counts_whoever_pays(pharmacy):
    payer, treated = pharmacy.member(), pharmacy.member()
    pharmacy.takes(treated, "warfarin")
    line = LineRequest(IBUPROFEN, for_member_id=treated)
    blocked(lambda: pharmacy.sell(payer, line))
    assert pharmacy.sell(payer, IBUPROFEN).order_no
    apart = [LineRequest("D0035", for_member_id=treated), LineRequest("D0046")]
    assert not [one for one in pharmacy.findings(payer, *apart) if one[0] == "duplicate"]


def test_points_buy_nothing_that_money_could_not(pharmacy):
    house, member = pharmacy.house, pharmacy.member()
    pharmacy.takes(member, "warfarin")
    rewards_kit.publish(house, Reward("R-IBU", "布洛芬混悬液", "goods", 10, item=SUSPENSION))
    with pharmacy.unit() as session:
        item = catalog.by_code(session, SUSPENSION)
        catalog.move_stock(Statements(session, house.pharmacy.franchise_id), item.id, house.pharmacy.store_id, 5)

    def take(hold=False):
        with pharmacy.unit() as session:
            return redeem.redeem(session, member, Asked("R-IBU", hold=hold))

    blocked(take)
    blocked(lambda: take(hold=True))
    other = pharmacy.member()
    rewards_kit.give(replace(house, dental=house.pharmacy), other, 100, date(2099, 1, 1))
    with pharmacy.unit() as session:
        held = redeem.redeem(session, other, Asked("R-IBU", hold=True)).id
    pharmacy.takes(other, "warfarin")

    def confirm():
        with pharmacy.unit() as session:
            redeem_checks.confirm(session, held)

    blocked(confirm)
    assert {row.state for row in rewards_kit.redemptions(house)} == {"reserved"}


def test_a_checker_that_fails_says_so_and_stops_its_own_lines_alone(pharmacy, monkeypatch):
    member = pharmacy.member()

    def fails(*_args, **_kw):
        raise RuntimeError("out of order")

    monkeypatch.setattr(checks, "checks", fails)
    assert pharmacy.findings(member, IBUPROFEN, "MISC-100") == [("check_unavailable", "major", 1)]
    blocked(lambda: pharmacy.sell(member, IBUPROFEN))
    assert pharmacy.sell(member, "MISC-100").order_no


def test_a_prescription_is_not_used_twice_by_two_tills(pharmacy):
    member = pharmacy.member()
    for _round in range(3):
        pharmacy.prescribed(member, **{AMOXICILLIN: 1})
        made = [_quote(pharmacy, member) for _n in range(2)]
        done, refused = _both(pharmacy, made)
        assert (len(done), refused) == (1, ["blocked"]), (done, refused)


def _quote(pharmacy, member):
    quote_id, total, found = pharmacy.quoted(member, AMOXICILLIN)
    assert all(one.severity == "info" for one in found), "an unlocked look finds the prescription free, for both"
    return quote_id, total


def _both(pharmacy, made):
    done, refused, start = [], [], threading.Barrier(len(made))
    actor = pharmacy.house.actor(pharmacy.house.pharmacy)

    def sell(quote_id, total):
        with acting(actor):
            start.wait()
            try:
                with pharmacy.unit() as session:
                    done.append(settle.settle(session, quote_id, [TenderRequest("cash", total)]).order_no)
            except Refusal as one:
                refused.append(one.code)

    threads = [threading.Thread(target=sell, args=one) for one in made]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert runtime() is not None
    return done, refused
