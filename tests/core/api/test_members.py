"""Members, households and cards through the API."""

from __future__ import annotations

import pytest


def test_enrolment_gives_the_base_tier_and_the_free_card(dental):
    made = dental.enrol(
        "刘超明", "138 0000 5051", gender="male", birth_date="1986-05-01", birth_calendar="lunar",
        email="a@example.com", address="人民路 1 号", occupation="教师", tags=["VIP", "过敏体质"],
        consents=[{"purpose": "marketing_sms", "granted": True, "evidence": "签字单"}],
    )  # fmt: skip
    assert made["tier"]["code"] == "regular"
    assert [c["product"] for c in made["cards"]] == ["CARD-FREE"]
    assert made["phone_masked"] == "138****5051"
    assert made["tags"] == ["VIP", "过敏体质"]
    assert [(c["purpose"], c["granted"]) for c in made["consents"]] == [("marketing_sms", True)]
    assert made["birth_calendar"] == "lunar"
    assert "example.com" not in str(made)
    assert dental.member(made["id"]) == made
    friend = dental.enrol("王芳", referrer=made["member_no"])
    assert friend["referrer"] == made["member_no"]
    assert dental.refused("POST", "/members", {"name": "甲", "referrer": "99999999"}) == (422, "invalid")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "名" * 61}, "name"),
        ({"name": 5}, "name"),
        ({}, "name"),
        ({"name": "甲", "phone": "12345"}, "phone"),
        ({"name": "甲", "birth_date": "1899-12-31"}, "birth_date"),
        ({"name": "甲", "birth_date": "2099-01-01"}, "birth_date"),
        ({"name": "甲", "birth_date": "2020-02-30"}, "birth_date"),
        ({"name": "甲", "birth_date": "20200101"}, "birth_date"),
        ({"name": "甲", "gender": "x"}, "gender"),
        ({"name": "甲", "birth_calendar": "maya"}, "birth_calendar"),
        ({"name": "甲", "email": "nobody"}, "email"),
        ({"name": "甲", "consents": [{"purpose": "spam", "granted": True}]}, "consents.0.purpose"),
        ({"name": "甲", "consents": [{"purpose": "health", "granted": "yes"}]}, "consents.0.granted"),
        ({"name": "甲", "consents": [{"purpose": "health", "granted": 1}]}, "consents.0.granted"),
        ({"name": "甲", "contact_of": 12}, "contact_of"),
        ({"name": "甲", "tier": "gold"}, "tier"),
        ({"name": "甲", "franchise_id": "1"}, "franchise_id"),
        ({"name": "甲", "points": 100}, "points"),
    ],
)
def test_a_wrong_field_is_named(dental, wrong, field):
    status, code, told = dental.problem(dental.call("POST", "/members", wrong))
    assert (status, code) == (422, "invalid")
    assert [e["field"] for e in told["errors"]] == [field]
    assert all(ord(e["message"][0]) > 0x2E7F or e["message"][0] in "“" for e in told["errors"])
    assert dental.ok("GET", "/members?q=甲甲")["items"] == []


@pytest.mark.parametrize(
    "query", ["q=刘超明", "q=超明", "q=liuchaoming", "q=lcm", "q=lcm+5051", "q=5051", "q=刘+5051", "phone=13800005051",
              "phone=138-0000-5051", "q=13800005051"],
)  # fmt: skip
def test_any_mix_finds_a_member(any_dental, query):
    member = any_dental.enrol("刘超明", "13800005051")
    any_dental.enrol("刘德华", "13900001111")
    found = any_dental.ok("GET", f"/members?{query}")
    assert [one["id"] for one in found["items"]] == [member["id"]]
    assert found["next_cursor"] is None
    assert set(found["items"][0]) >= {"id", "member_no", "name", "phone_masked", "tier"}


def test_a_card_number_finds_its_holder_even_after_a_replacement(dental):
    member = dental.enrol("刘超明", "13800005051")
    card = member["cards"][0]
    assert dental.ok("GET", f"/members?card={card['number']}")["items"][0]["id"] == member["id"]
    new = dental.ok("POST", f"/cards/{card['id']}/actions", {"action": "replace", "reason": "卡片损坏"})
    assert new["number"] != card["number"]
    for number in (card["number"], new["number"]):
        assert dental.ok("GET", f"/members?card={number}")["items"][0]["id"] == member["id"]


@pytest.mark.parametrize("query", ["", "?q=a", "?q=ab&phone=13800005051", "?name=a", "?q=ab&limit=21", "?q=ab&limit=x",
                                   "?phone=1", "?q=%20%20%20", "?q=ab&q=cd"])  # fmt: skip
def test_searches_that_say_too_little_or_too_much(dental, query):
    assert dental.refused("GET", f"/members{query}") == (422, "invalid")


def test_at_most_twenty_are_found(dental):
    for n in range(23):
        dental.enrol(f"赵{'一二三四五六七八九十'[n % 10]}")
    assert len(dental.ok("GET", "/members?q=zh")["items"]) == 20
    assert len(dental.ok("GET", "/members?q=zh&limit=3")["items"]) == 3


def test_a_change_needs_the_version_it_was_read_at(dental):
    member = dental.enrol("刘超明", "13800005051", tags=["旧"])
    path = f"/members/{member['id']}"
    changed = dental.ok("PATCH", path, {"version": 1, "occupation": "教师", "phone": "13800005052", "tags": ["新"]})
    assert (changed["version"], changed["occupation"], changed["tags"]) == (2, "教师", ["新"])
    assert changed["phone_masked"] == "138****5052"
    status, code, told = dental.problem(dental.call("PATCH", path, {"version": 1, "name": "别人"}))
    assert (status, code, told["version"]) == (409, "stale_version", 2)
    assert dental.refused("PATCH", path, {"name": "别人"}) == (422, "invalid")
    assert dental.refused("PATCH", path, {"version": 2, "member_no": "1"}) == (422, "invalid")
    tags = dental.ok("PATCH", path, {"version": 2, "tags": []})
    assert (tags["version"], tags["tags"]) == (3, [])
    none = dental.ok("PATCH", path, {"version": 3, "phone": None, "birth_date": None})
    assert none["phone_masked"] == ""
    other = dental.enrol("王芳", "13900001111")
    taken = {"version": other["version"], "phone": "13900001111"}
    assert dental.refused("PATCH", path, {**taken, "version": 4}) == (409, "duplicate_phone")


def test_consents_are_given_and_withdrawn(dental):
    member = dental.enrol("刘超明")["id"]
    path = f"/members/{member}/consents"
    dental.ok("POST", path, {"purpose": "profiling", "granted": True, "evidence": "签字单"})
    dental.ok("POST", path, {"purpose": "profiling", "granted": False, "evidence": "来电"})
    consents = dental.member(member)["consents"]
    assert [(c["purpose"], c["granted"]) for c in consents] == [("profiling", False)]
    assert dental.refused("POST", path, {"purpose": "profiling"}) == (422, "invalid")
    assert dental.refused("POST", "/members/1/consents", {"purpose": "profiling", "granted": True}) == (
        404,
        "not_found",
    )


def test_households(dental):
    holder = dental.enrol("刘超明")
    single = holder["cards"][0]["id"]
    assert dental.refused("POST", "/households", {"card_id": single}) == (422, "not_shared")
    dental.sell(holder["id"], "CARD-FAMILY")
    card = dental.member(holder["id"])["cards"][0]
    household = dental.ok("POST", "/households", {"card_id": card["id"]})
    assert household["members"] == [{"member_id": holder["id"], "name": "刘超明", "role": "holder"}]
    assert household["id"] == dental.member(holder["id"])["household"]["id"]
    path = f"/households/{household['id']}/members"
    child = dental.enrol("刘小明")["id"]
    seated = dental.ok("POST", path, {"member_id": child, "role": "child"})
    assert seated["seats"] == {"used": 2, "total": 8}
    assert dental.refused("POST", path, {"member_id": child, "role": "child"}) == (409, "already_seated")
    assert dental.refused("POST", path, {"member_id": child, "role": "boss"}) == (422, "invalid")
    assert dental.refused("POST", path, {"member_id": "1", "role": "child"}) == (404, "not_found")
    assert dental.refused("POST", "/households", {"card_id": "1"}) == (404, "not_found")
    assert dental.refused("POST", "/households/1/members", {"member_id": child, "role": "child"}) == (404, "not_found")


def test_card_actions(dental):
    holder = dental.enrol("刘超明")["id"]
    dental.sell(holder, "CARD-FAMILY")
    card = dental.member(holder)["cards"][0]
    path = f"/cards/{card['id']}/actions"

    def act(action):
        return dental.ok("POST", path, {"action": action, "reason": "顾客要求"})

    assert act("freeze")["status"] == "frozen"
    assert dental.quote(holder, "F-RESIN")["total_fen"] == 40000
    assert dental.refused("POST", path, {"action": "report_lost", "reason": "x"}) == (409, "card_state")
    assert act("unfreeze")["status"] == "active"
    assert dental.quote(holder, "F-RESIN")["total_fen"] == 16000
    assert act("report_lost")["status"] == "lost"
    replaced = act("replace")
    assert (replaced["status"], replaced["number"] != card["number"]) == ("active", True)
    assert act("renew")["valid_until"] > card["valid_until"]
    assert dental.refused("POST", path, {"action": "eat", "reason": "x"}) == (422, "invalid")
    assert dental.refused("POST", path, {"action": "freeze"}) == (422, "invalid")
    assert dental.refused("POST", "/cards/1/actions", {"action": "freeze", "reason": "x"}) == (404, "not_found")


def test_the_ledger_runs_backwards_with_balances(any_dental):
    till = any_dental
    member = till.enrol("王芳", "13800001234")["id"]
    orders = [till.sell(member, "CHECK") for _n in range(5)]
    till.refunded(orders[1]["order_no"], {1: 1})
    path = f"/members/{member}/ledger?unit=points"
    whole = till.ok("GET", path)["items"]
    assert [e["amount"] for e in whole] == [-80, 80, 80, 80, 80, 80]
    assert [e["balance_after"] for e in whole] == [320, 400, 320, 240, 160, 80]
    assert whole[0]["order_no"] == orders[1]["order_no"]
    assert whole[0]["reverses"] == whole[4]["transfer"]
    assert {e["channel"] for e in whole} == {"api"}
    seen, cursor = [], ""
    while cursor is not None:
        page = till.ok("GET", f"{path}&limit=4{'&cursor=' + cursor if cursor else ''}")
        seen += page["items"]
        cursor = page["next_cursor"]
    assert seen == whole
    assert till.ok("GET", f"/members/{member}/ledger")["items"] == whole
    assert till.ok("GET", f"/members/{member}/ledger?unit=principal")["items"] == []
    assert till.refused("GET", f"{path}&cursor=forged") == (422, "invalid")
    assert till.refused("GET", f"{path}&limit=201") == (422, "invalid")
    assert till.refused("GET", "/members/1/ledger") == (404, "not_found")
