"""Remote checking over the API: a quote asks, a pharmacist answers with licence, PIN and reason, the order settles."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from core.care.models import Finding
from core.org.models import Staff
from plugins.pharmacy.models import PharmacyAsk
from tests.core.api.conftest import api_app, till_of
from tests.core.desk.desk_kit import PIN, Desk, plain, web_of
from tests.installation import at
from tests.plugins.pharmacy.test_till import code_of

IBUPROFEN, WHY = "D0033", "获益大于风险，已告知"


@pytest.fixture
def till(embedded):
    """The till of the pharmacy; its cashier asks."""
    made = till_of(embedded.house, api_app(embedded.house), embedded.house.pharmacy)
    made.role = "front_desk"
    return made


@pytest.fixture
def quote(embedded, till):
    member = embedded.member()
    embedded.takes(member, "warfarin")
    return till.quote(str(member), IBUPROFEN)


def major(quote):
    return next(one["id"] for one in quote["findings"] if one["severity"] in ("major", "contraindicated"))


def asked(till, quote, **more):
    return till.ok("POST", "/x/pharmacy/ask", {"quote_id": quote["quote_id"], "finding": major(quote)}, **more)


def by_pharmacist(till, verb, body, *, works=True, **more):
    role, till.role = till.role, "pharmacist"
    try:
        return (till.ok if works else till.refused)("POST", f"/x/pharmacy/{verb}", body, **more)
    finally:
        till.role = role


def passing(ask, **more):
    return {"ask_id": ask["ask_id"], "act": "pass", "reason": WHY, "pin": PIN, **more}


def state(till, ask):
    return till.ok("POST", "/x/pharmacy/ask_state", {"ask_id": ask["ask_id"]})


def test_an_order_is_refused_asked_about_answered_and_settles(embedded, till, quote):
    assert till.pay(quote).get_json()["code"] == "blocked"
    ask = asked(till, quote, key="ask-1")
    assert (ask["state"], ask["proof"]) == ("waiting", None)
    assert asked(till, quote)["ask_id"] == ask["ask_id"], "asking twice is the same question"
    [waiting] = by_pharmacist(till, "asks", {})["items"]
    assert (waiting["ask_id"], waiting["item"]) == (ask["ask_id"], IBUPROFEN)
    assert "华法林" in waiting["seen"], "the pharmacist sees what the rule saw"
    assert by_pharmacist(till, "answer", {"ask_id": ask["ask_id"], "act": "take"})["state"] == "taken"
    assert state(till, ask)["state"] == "taken"
    assert state(till, ask)["pharmacist"]
    done = by_pharmacist(till, "answer", passing(ask), key="answer-1")
    assert done["state"] == "passed"
    assert by_pharmacist(till, "answer", passing(ask), key="answer-1") == done
    told = state(till, ask)
    assert (told["state"], told["reason"]) == ("passed", WHY)
    given = {"finding": told["finding"], "reason": told["reason"], "proof": told["proof"]}
    order = till.pay(quote, overrides=[given])
    assert order.status_code == 201, order.text
    with embedded.unit("read") as session:
        [kept] = session.scalars(select(Finding).where(Finding.severity == "major")).all()
        assert (kept.override_by, kept.licence_no) == (embedded.house.pharmacy.staff["pharmacist"], "ZY-001")
        assert kept.second_by == embedded.house.pharmacy.staff["front_desk"]
        [row] = session.scalars(select(PharmacyAsk)).all()
        assert WHY.encode() not in row.pass_sealed
        assert told["proof"].encode() not in row.pass_sealed
    again = {"quote_id": quote["quote_id"], "finding": major(quote)}
    assert till.refused("POST", "/x/pharmacy/ask", again) == (409, "quote_used")


def test_nobody_without_right_licence_and_pin_answers(embedded, till, quote):
    ask = asked(till, quote)
    for role in ("front_desk", "manager"):
        till.role = role
        assert till.refused("POST", "/x/pharmacy/answer", passing(ask)) == (403, "forbidden")
    till.role = "front_desk"
    assert till.refused("POST", "/x/pharmacy/asks", {}) == (403, "forbidden")
    assert by_pharmacist(till, "answer", passing(ask, pin=None), works=False) == (422, "invalid")
    assert by_pharmacist(till, "answer", passing(ask, reason="好"), works=False) == (422, "invalid")
    for n in range(5):
        assert by_pharmacist(till, "answer", passing(ask, pin="000000"), works=False, key=f"w-{n}")[0] == 401
    assert by_pharmacist(till, "answer", passing(ask), works=False)[0] == 429, (
        "five wrong PINs lock, over this door too"
    )
    assert state(till, ask)["state"] == "waiting"
    with embedded.unit() as session:
        session.get(Staff, embedded.house.pharmacy.staff["pharmacist"]).licence_until = "2020-01-01"
    assert by_pharmacist(till, "answer", passing(ask), works=False) == (403, "licence_needed")


def test_what_is_anothers_is_absent(embedded, till, quote):
    ask, house = asked(till, quote), embedded.house
    elsewhere = till_of(house, till.client.application, house.dental)
    body = {"quote_id": quote["quote_id"], "finding": major(quote)}
    assert elsewhere.refused("POST", "/x/pharmacy/ask", body) == (404, "not_found")
    for verb, told in (("ask_state", {"ask_id": "999"}), ("answer", passing({"ask_id": "999"}))):
        assert by_pharmacist(till, verb, told, works=False) == (404, "not_found")
    assert till.refused("POST", "/x/pharmacy/ask", {**body, "quote_id": "999"}) == (404, "not_found")
    assert till.refused("POST", "/x/pharmacy/ask", {**body, "finding": "0" * 16}) == (409, "finding_gone")
    with embedded.as_("pharmacist"), embedded.unit() as unit:
        unit.get(PharmacyAsk, int(ask["ask_id"])).store_id = 1  # another store of the franchise
    assert till.refused("POST", "/x/pharmacy/ask_state", {"ask_id": ask["ask_id"]}) == (404, "not_found")


def test_a_refusal_is_told_and_a_pass_lives_two_minutes(embedded, till):
    with at("2026-11-01 10:00"):
        member = embedded.member()
        embedded.takes(member, "warfarin")
        quote = till.quote(str(member), IBUPROFEN)
        ask = asked(till, quote)
        no = {"ask_id": ask["ask_id"], "act": "refuse", "reason": "换对乙酰氨基酚"}
        assert by_pharmacist(till, "answer", no)["state"] == "refused"
        told = state(till, ask)
        assert (told["reason"], told["proof"]) == ("换对乙酰氨基酚", None)
        assert by_pharmacist(till, "answer", passing(ask), works=False) == (409, "pharmacy_ask_taken")
        ask = asked(till, quote)
        by_pharmacist(till, "answer", passing(ask))
        assert state(till, ask)["proof"]
    with at("2026-11-01 10:03"):
        assert state(till, ask)["proof"] is None
        assert asked(till, quote)["ask_id"] != ask["ask_id"]
    with at("2026-11-01 10:31"):
        late = by_pharmacist(till, "asks", {})["items"][0]
        gone = by_pharmacist(till, "answer", passing(late))
        assert (gone["ask_id"], gone["state"]) == (late["ask_id"], "gone"), "the quote ran out"


def test_a_contraindication_passes_by_the_prescribers_signature_alone(embedded, till):
    code, member = code_of(embedded, "西地那非"), embedded.member()
    embedded.takes(member, "nitroglycerin")
    embedded.prescribed(member, **{code: 1})
    quote = till.quote(str(member), code)
    ask = asked(till, quote)
    assert by_pharmacist(till, "answer", passing(ask), works=False) == (422, "invalid")
    more = {"reason_code": "prescriber_resigned", "evidence": "市一医院李医生 10:20 电话更正"}
    assert by_pharmacist(till, "answer", passing(ask, **more))["state"] == "passed"
    told = state(till, ask)
    given = {key: told[key] for key in ("finding", "reason", "proof", "reason_code", "evidence")}
    assert till.pay(quote, overrides=[given]).status_code == 201


def test_both_doors_are_one_queue(embedded, till, quote):
    """What the API asked is answered on the page, what a till's page asked over the API."""
    app = web_of(embedded.house)
    ask = asked(till, quote)
    page = Desk(embedded.house, app, embedded.house.pharmacy, "pharmacist")
    assert "布洛芬" in plain(page.get("/p/pharmacy/asks").text)
    page.post(f"/p/pharmacy/asks/{ask['ask_id']}/take")
    given = {"act": "pass", "reason": f"benefit_outweighs|{WHY}", "pin": PIN}
    assert page.post(f"/p/pharmacy/asks/{ask['ask_id']}", given).status_code == 303
    assert state(till, ask)["reason_code"] == "benefit_outweighs"
    desk = Desk(embedded.house, app, embedded.house.pharmacy, "front_desk")
    member = embedded.member()
    embedded.takes(member, "warfarin")
    desk.take(member)
    desk.add(IBUPROFEN)
    finding = re.search(r'/p/pharmacy/ask/([0-9a-f]+)"', desk.till()).group(1)
    desk.post(f"/p/pharmacy/ask/{finding}")
    [waiting] = by_pharmacist(till, "asks", {})["items"]
    assert by_pharmacist(till, "answer", passing(waiting))["state"] == "passed"
    assert desk.order_of(desk.pay(desk.pay_form(desk.till()), kind="cash"))
