"""Calls of the plugin over the POS API: duty, prescriptions; who may, and absent where the plugin is off."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.api import extensions
from core.kernel import clock
from core.kernel.runtime import runtime
from plugins.pharmacy import calls
from tests.core.api.conftest import api_app, till_of

AMOXICILLIN = "D0001"


@pytest.fixture
def till(embedded):
    app = api_app(embedded.house)
    made = till_of(embedded.house, app, embedded.house.pharmacy)
    made.role = "pharmacist"
    return made


def prescription(member, **more):
    return {
        "member_id": str(member), "number": "8812", "prescriber": "李医生", "hospital": "市一医院",
        "issued_on": clock.today("Asia/Shanghai").isoformat(), "items": [{"item": AMOXICILLIN, "pieces": 2}], **more,
    }  # fmt: skip


def test_a_pharmacist_signs_on_and_off_over_the_api(embedded, till):
    member = embedded.member()
    assert till.ok("POST", "/x/pharmacy/duty", {"act": "off"}) == {"on_duty": False, "since": None, "pharmacists": 0}
    assert ("no_pharmacist", "contraindicated", 1) in embedded.findings(member, "D0033")
    told = till.ok("POST", "/x/pharmacy/duty", {"act": "on"}, key="on-1")
    assert (told["on_duty"], told["pharmacists"]) == (True, 1) and told["since"].endswith("Z")
    again = till.call("POST", "/x/pharmacy/duty", {"act": "on"}, key="on-1")
    assert again.headers["Idempotent-Replayed"] == "true" and again.get_json() == told
    till.role = "front_desk"
    assert till.refused("POST", "/x/pharmacy/duty", {"act": "on"}) == (403, "forbidden")
    till.role = "pharmacist"
    assert till.refused("POST", "/x/pharmacy/duty", {"act": "on"}, X_Staff=None) == (400, "staff_required")
    assert till.refused("POST", "/x/pharmacy/duty", {"act": "sideways"})[0] == 422


def test_a_prescription_noted_over_the_api_lets_the_drug_be_sold_once(embedded, till):
    member = embedded.member()
    told = till.ok("POST", "/x/pharmacy/prescriptions", prescription(member), key="rx-1")
    assert told["left"] == [{"item": AMOXICILLIN, "pieces": 2}]
    assert till.ok("POST", "/x/pharmacy/prescriptions", prescription(member), key="rx-1") == told
    twice = till.refused("POST", "/x/pharmacy/prescriptions", prescription(member))
    assert twice == (409, "pharmacy_prescription_twice")
    assert till.refused("POST", "/x/pharmacy/prescriptions", prescription(member, shelf="A"))[0] == 422
    assert till.refused("POST", "/x/pharmacy/prescriptions", prescription(999))[0] == 404
    for wrong in ({"issued_on": "9999-12-31"}, {"valid_until": "0001-01-01"}, {"items": []}):
        assert till.refused("POST", "/x/pharmacy/prescriptions", prescription(member, **wrong)) == (422, "invalid")
    assert embedded.sell(member, (AMOXICILLIN, 2)).order_no
    assert ("prescription", "contraindicated", 1) in embedded.findings(member, AMOXICILLIN)


def test_a_token_needs_the_scope_and_a_house_the_plugin(embedded, till):
    house = embedded.house
    app = till.client.application
    poor = replace(till_of(house, app, house.pharmacy, ("members",)), role="pharmacist")
    assert poor.refused("POST", "/x/pharmacy/duty", {"act": "on"}) == (403, "scope_missing")
    elsewhere = till_of(house, app, house.dental, ("members",))
    assert elsewhere.refused("POST", "/x/pharmacy/duty", {"act": "on"}) == (404, "not_found")
    assert elsewhere.refused("POST", "/x/pharmacy/no_such_verb", {}) == (404, "not_found")


def test_a_verb_that_fails_undoes_all_and_says_its_number(embedded, till, monkeypatch):
    def fails(ctx, data):
        calls.books.sign_off(ctx.session)
        raise RuntimeError("secret words")

    monkeypatch.setattr(extensions, "_made", type(extensions._made)())
    one = next(one for one in calls.CALLS if one.verb == "duty")
    monkeypatch.setattr(calls, "CALLS", [replace(one, run=fails)])
    runtime().host._declared.pop("register_calls", None)
    try:
        broken = till_of(embedded.house, api_app(embedded.house), embedded.house.pharmacy)
        broken.role = "pharmacist"
        answer = broken.call("POST", "/x/pharmacy/duty", {"act": "off"})
        assert (answer.status_code, answer.get_json()["code"]) == (503, "plugin_failed")
        assert "secret words" not in answer.text
        with embedded.unit("read") as session:
            assert len(calls.gates.on_duty(session, embedded.house.pharmacy.store_id, clock.now_ms())) == 1
    finally:
        runtime().host._declared.pop("register_calls", None)
