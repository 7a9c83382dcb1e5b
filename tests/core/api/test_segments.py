"""POST /segments/preview: the count and a few names, by the same verb as the page; nothing is written."""

from __future__ import annotations

from tests.core.api.conftest import till_of

FEMALE = {"all": [{"fact": "gender", "op": "in", "value": ["female"]}]}


def test_a_condition_is_counted_with_a_few_of_those_it_holds_for(dental):
    for n, gender in enumerate(("female", "female", "male")):
        dental.ok("POST", "/members", {"name": f"李会员{n}", "phone": f"1390000000{n}", "gender": gender})
    told = dental.ok("POST", "/segments/preview", {"condition": FEMALE})
    assert told["count"] == 2
    assert sorted(one["name"] for one in told["sample"]) == ["李会员0", "李会员1"]
    rest = dental.ok("POST", "/segments/preview", {"condition": {"not": FEMALE}, "purpose": "care"})
    assert rest["count"] == 1


def test_a_condition_that_cannot_be_read_names_the_place(dental):
    answer = dental.call(
        "POST", "/segments/preview", {"condition": {"all": [{"fact": "height", "op": "ge", "value": 1}]}}
    )
    assert answer.status_code == 422
    assert "height" in answer.get_data(as_text=True)
    assert dental.refused("POST", "/segments/preview", {"condition": {"some": []}})[0] == 422
    assert dental.refused("POST", "/segments/preview", {"condition": FEMALE, "purpose": "fun"})[0] == 422


def test_a_token_sees_what_its_scopes_allow(installation, web, dental):
    dental.ok("POST", "/members", {"name": "李会员", "phone": "13900000000", "gender": "female"})
    orders = till_of(installation, web, installation.dental, ("orders",))
    assert orders.refused("POST", "/segments/preview", {"condition": FEMALE}) == (403, "scope_missing")
    away = till_of(installation, web, installation.pharmacy)
    assert away.ok("POST", "/segments/preview", {"condition": FEMALE})["count"] == 0
