"""Acceptance: B27 and B28 stand on every path, and a checker that is stopped says "not checked" (one test a path)."""

from __future__ import annotations

import re

import pytest

from core.catalog import services as catalog
from core.kernel.errors import Refusal
from core.kernel.runtime import runtime
from core.orders.sessions import burn
from core.orders.types import LineRequest
from plugins.pharmacy import checks
from tests.core.api.conftest import api_app, till_of
from tests.core.courses import kit as courses_kit
from tests.core.desk.desk_kit import Desk, alert, plain, web_of
from tests.core.imports.kinds.kit import Bureau
from tests.plugins.pharmacy.kit import WHY
from tests.plugins.pharmacy.test_doors import blocked
from tests.plugins.pharmacy.test_till import code_of

IBUPROFEN = "D0033"
INTERACTS = ("interaction", "major", 1)
HEADINGS = ("项目编码", "商品名称", "项目类型", "单价（元）", "药品分类", "成分", "给药途径")


def test_b28_over_the_api_only_the_prescribers_signature_passes(embedded):
    member, code = embedded.member(), code_of(embedded, "西地那非")
    embedded.takes(member, "nitroglycerin")
    embedded.prescribed(member, **{code: 1})
    house = embedded.house
    till = till_of(house, api_app(house), house.pharmacy)
    quote = till.quote(str(member), code)
    [found] = [one for one in quote["findings"] if one["severity"] == "contraindicated"]
    body = {"quote_id": quote["quote_id"], "tenders": [{"kind": "cash", "amount_fen": quote["total_fen"]}]}
    assert till.refused("POST", "/orders", body, key="k1") == (422, "blocked")
    proof = till.proof("override", f"{quote['quote_id']}|{found['id']}|{WHY}".encode(), "pharmacist")
    given = {"finding": found["id"], "reason": WHY, "proof": proof}
    assert till.refused("POST", "/orders", {**body, "overrides": [given]}, key="k2")[0] == 422
    assert till.refused("POST", "/orders", {**body, "overrides": [{"finding": found["id"], "reason": WHY}]}, key="k3")[
        0
    ] in (401, 422)


def test_a_medicine_that_came_by_import_is_checked_however_its_ingredient_is_written(embedded):
    member = embedded.member()
    embedded.takes(member, "warfarin")
    bureau = Bureau(embedded.house, embedded.house.pharmacy, "items")
    rows = [
        [f"NEW-{n}", f"新药{n}", "商品", "10", "OTC-B", written, "全身用药"]
        for n, written in enumerate(("ibuprofen", "Ibuprofen", "布洛芬", " IBUPROFEN "))
    ]
    _batch, counts = bureau.take(HEADINGS, *rows)
    assert counts == {"created": 4}
    for n in range(4):
        assert INTERACTS in embedded.findings(member, f"NEW-{n}"), n
        blocked(lambda n=n: embedded.sell(member, f"NEW-{n}"))


def test_a_medicine_told_over_the_api_counts_however_it_is_written(embedded):
    member, house = embedded.member(), embedded.house
    till = till_of(house, api_app(house), house.pharmacy)
    version = till.ok("GET", f"/members/{member}/health")["version"]
    told = {"version": version, "medicines": [{"ingredients": ["Warfarin"]}]}
    till.ok("PUT", f"/members/{member}/health", told)
    assert INTERACTS in embedded.findings(member, IBUPROFEN)
    other = embedded.member()
    embedded.takes(other, "华法林")
    assert INTERACTS in embedded.findings(other, IBUPROFEN)


def test_an_ephedrine_that_came_by_import_wants_the_register(embedded):
    member = embedded.member()
    bureau = Bureau(embedded.house, embedded.house.pharmacy, "items")
    bureau.take(HEADINGS, ["NEW-E", "新感冒药", "商品", "10", "OTC-B", "Pseudoephedrine", "全身用药"])
    assert ("ephedrine_register", "contraindicated", 1) in embedded.findings(member, "NEW-E")


def test_a_held_basket_is_checked_anew_when_it_is_taken_up(embedded):
    member, house = embedded.member(), embedded.house
    desk = Desk(house, web_of(house), house.pharmacy, "front_desk")
    desk.take(member)
    desk.add(IBUPROFEN)
    assert desk.post("/till/hold").status_code == 303
    embedded.takes(member, "warfarin")
    held = re.search(r"/till/held/(\d+)/resume", desk.till()).group(1)
    assert desk.post(f"/till/held/{held}/resume").status_code == 303
    page = desk.till()
    assert "相互作用" in plain(page) and "华法林" not in plain(page)
    answer = desk.pay(desk.pay_form(page), kind="cash")
    assert answer.status_code == 422 and "没有处理" in alert(answer.text) and not desk.orders()


def test_what_was_let_pass_is_not_kept_over_a_hold(embedded):
    member, house = embedded.member(), embedded.house
    embedded.takes(member, "warfarin")
    desk = Desk(house, web_of(house), house.pharmacy, "front_desk")
    desk.take(member)
    desk.add(IBUPROFEN)
    finding = re.search(r"/till/findings/([0-9a-f]+)/override", desk.till()).group(1)
    told = {"reason": f"benefit_outweighs|{WHY}", "number": house.pharmacy.numbers["pharmacist"], "pin": "739146"}
    from tests.installation import PIN

    assert desk.post(f"/till/findings/{finding}/override", {**told, "pin": PIN}).status_code == 303
    assert "已放行" in plain(desk.till())
    desk.post("/till/hold")
    held = re.search(r"/till/held/(\d+)/resume", desk.till()).group(1)
    desk.post(f"/till/held/{held}/resume")
    page = desk.till()
    assert "已放行" not in plain(page)
    assert desk.pay(desk.pay_form(page), kind="cash").status_code == 422


def test_b28_for_a_family_member_whoever_pays(embedded):
    payer, treated, code = embedded.member(), embedded.member(), code_of(embedded, "西地那非")
    embedded.takes(treated, "nitroglycerin")
    embedded.prescribed(treated, **{code: 1})
    line = LineRequest(code, for_member_id=treated)
    assert ("interaction", "contraindicated", 1) in embedded.findings(payer, line)
    blocked(lambda: embedded.sell(payer, line))
    blocked(lambda: embedded.sell(None, line))


def test_a_medicine_in_a_bundle_is_checked_when_it_is_handed_out(embedded):
    member = embedded.member()
    with embedded.unit() as session:
        catalog.add(session, code="PACK", name="常备药包", kind="course", price_fen=9000,
                    attributes={"core.includes": ["D0034×2"]})  # fmt: skip
    embedded.sell(member, "PACK")
    embedded.takes(member, "warfarin")
    [(course, _parts)] = courses_kit.of(embedded.house, member)

    def hand_out():
        with embedded.unit() as session:
            burn.burn(session, course.id, burn.Burning())

    blocked(hand_out)


def test_a_stopped_checker_says_not_checked_and_nothing_of_its_own_is_sold(embedded, monkeypatch):
    member = embedded.member()

    def fails(*_args, **_kw):
        raise RuntimeError("out of order")

    monkeypatch.setattr(checks, "checks", fails)
    for _n in range(3):
        embedded.findings(member, IBUPROFEN)
    monkeypatch.undo()
    assert runtime().host.health.isolated("pharmacy", "checkout_checks"), "isolated: it is not even asked"
    [found] = embedded.quoted(member, IBUPROFEN)[2]
    assert (found.code, found.severity) == ("check_unavailable", "major") and "暂时不可用" in found.text
    with pytest.raises(Refusal) as refused:
        embedded.sell(member, IBUPROFEN)
    assert refused.value.code == "blocked"
    assert embedded.sell(member, "MISC-100").order_no
