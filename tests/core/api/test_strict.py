"""What the API does not take: bad JSON, bad headers, wrong methods, strangers (security sections 4 and 6.10)."""

from __future__ import annotations

import json

import pytest

from core.kernel.tenancy import acting
from core.org import staffing, tokens
from core.org.models import ApiToken
from tests.core.api.conftest import till_of

GOOD = b'{"name": "\xe7\x94\xb2"}'


@pytest.mark.parametrize(
    "body",
    [
        b'{"name": "a", "name": "b"}', b'{"name": "a", "gender": NaN}', b'{"name": Infinity}', b"{", b"[]", b'"a"',
        b"null", b"1", b'{"name": "a\\u0000b"}', b'{"name": "\\ud800"}', b'{"na\\u0000me": "a"}', b"\xff\xfe{}",
        b'{"name": "\xff"}', b'{"tags": ' + b"[" * 40 + b"]" * 40 + b"}", b"[" * 100_000, b'{"name": 1e999}',
        b'{"name": ' + b"9" * 5000 + b"}", b'{"consents": [{"purpose": "health", "purpose": "health"}]}',
        b'{"name": "a"} x', b"{'name': 'a'}",
    ],
)  # fmt: skip
def test_json_that_is_none(dental, body):
    assert dental.refused("POST", "/members", body) == (400, "bad_json")


def test_an_empty_body_misses_what_is_required(dental):
    assert dental.refused("POST", "/members", b"") == (422, "invalid")
    assert dental.refused("POST", "/members", b"{}") == (422, "invalid")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_another_media_type(dental, kind):
    answer = dental.client.post(
        "/api/v1/members", data=GOOD, content_type=kind, headers={"Authorization": f"Bearer {dental.token}"}
    )
    assert dental.problem(answer)[:2] == (415, "media_type")


def test_a_body_has_at_most_two_megabytes(dental):
    big = b'{"name": "' + b"a" * (2 * 1024 * 1024) + b'"}'
    assert dental.refused("POST", "/members", big) == (413, "too_large")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("DELETE", "/members", {"GET", "POST"}), ("PUT", "/orders", {"POST"}), ("POST", "/whoami", {"GET"}),
     ("DELETE", "/orders/x", {"GET"}), ("POST", "/items/x", {"GET", "PATCH"})],
)  # fmt: skip
def test_a_wrong_method_names_the_right_ones(dental, method, path, allowed):
    answer = dental.call(method, path)
    assert dental.problem(answer)[:2] == (405, "method_not_allowed")
    assert allowed <= set(answer.headers["Allow"].replace(" ", "").split(","))


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/campaigns/preview", "/x/dental/y"],
)
def test_what_nobody_asked_for_yet_is_absent(dental, path):
    assert dental.refused("GET", path) == (404, "not_found")
    assert dental.refused("POST", path, {}) == (404, "not_found")


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer nonsense", "Bearer hk_" + "x" * 43,
                                    "Bearer " + "x" * 5000, "hk_abc"])  # fmt: skip
def test_without_a_good_token_nothing_is_told(dental, header):
    answer = dental.call("GET", "/whoami", Authorization=header)
    assert dental.problem(answer)[:2] == (401, "unauthorized")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    bad = dental.call("POST", "/members", b"{", Authorization=header)
    assert dental.problem(bad)[:2] == (401, "unauthorized")


def test_a_revoked_token_is_dead_at_once(dental):
    dental.ok("GET", "/whoami")
    with acting(dental.installation.actor(dental.house)), dental.installation.unit() as session:
        for row in session.query(ApiToken):
            tokens.revoke(session, row.id)
    assert dental.refused("GET", "/whoami") == (401, "unauthorized")


def test_cookies_are_ignored(dental):
    dental.client.set_cookie("huike", "anything")
    dental.client.set_cookie("huike-ui", "dark|cozy|en")
    answer = dental.call("GET", "/members/1")
    assert dental.problem(answer)[2]["detail"] == "没有找到这位会员。"
    assert "Set-Cookie" not in answer.headers
    assert dental.refused("GET", "/whoami", Authorization=None) == (401, "unauthorized")


def test_answers_are_never_stored_by_the_way(dental):
    answer = dental.call("GET", "/whoami")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


NEEDS = {
    ("POST", "/members"): "members", ("PATCH", "/members/1"): "members", ("POST", "/members/1/consents"): "members",
    ("POST", "/households"): "members", ("POST", "/cards/1/actions"): "members", ("POST", "/items"): "catalog",
    ("PUT", "/items/x/stock"): "catalog", ("POST", "/quotes"): "orders", ("POST", "/orders"): "orders",
    ("POST", "/orders/x/refunds"): "refunds", ("POST", "/orders/x/refunds/preview"): "refunds",
}  # fmt: skip


@pytest.mark.parametrize(("call", "scope"), NEEDS.items())
def test_a_scope_that_is_missing(installation, web, call, scope):
    others = tuple(s for s in tokens.SCOPES if s != scope)
    till = till_of(installation, web, installation.dental, others)
    status, code, told = till.problem(till.call(*call, {}, key="k"))
    assert (status, code) == (403, "scope_missing")
    assert scope in told["scopes"]


def test_backdating_is_a_scope_of_its_own(installation, web):
    till = till_of(installation, web, installation.dental, ("orders",))
    asked = {"lines": [{"item": "CHECK", "qty": 1}], "occurred_at": "2026-11-20T10:00:00Z"}
    assert till.refused("POST", "/quotes", asked) == (403, "scope_missing")
    quote = till.quote(None, "CHECK")
    answer = till.pay(quote, occurred_at="2026-11-20T10:00:00Z")
    assert till.problem(answer)[:2] == (403, "scope_missing")


def test_value_moves_only_by_a_named_person_who_may(dental):
    quote = dental.quote(None, "CHECK")
    body = {"quote_id": quote["quote_id"], "tenders": [{"kind": "cash", "amount_fen": 8000}]}
    assert dental.refused("POST", "/orders", body, key="k", X_Staff=None) == (400, "staff_required")
    assert dental.refused("POST", "/orders", body, key="k", X_Staff="999") == (403, "staff_unknown")
    assert dental.refused("GET", "/whoami", X_Staff="999") == (403, "staff_unknown")
    for role in ("auditor", "rule_keeper", "platform_admin", "clinician"):
        dental.role = role
        assert dental.refused("POST", "/orders", body, key="k") == (403, "forbidden")
    dental.role = "front_desk"
    order = dental.ok("POST", "/orders", body, key="k")
    dental.role = "pharmacist"
    asked = {"lines": [{"line": 1, "qty": 1}], "reason": "退"}
    assert dental.refused("POST", f"/orders/{order['order_no']}/refunds", asked, key="r") == (403, "forbidden")


def test_a_person_of_another_store_only_may_not(dental):
    with acting(dental.installation.actor(dental.house)), dental.installation.unit() as session:
        staffing.add_staff(session, number="900", name="外店", roles=[("front_desk", dental.house.other_store_id)])
    quote = dental.quote(None, "CHECK")
    body = {"quote_id": quote["quote_id"], "tenders": [{"kind": "cash", "amount_fen": 8000}]}
    assert dental.refused("POST", "/orders", body, key="k", X_Staff="900") == (403, "forbidden")


def test_who_sold_stands_in_the_order(dental):
    from core.orders.models import Orders

    dental.role = "front_desk"
    order = dental.sell(None, "CHECK")
    with acting(dental.installation.actor(dental.house)), dental.installation.unit("read") as session:
        row = session.get(Orders, int(order["id"]))
        assert (row.staff_id, row.store_id, row.door) == (
            dental.house.staff["front_desk"], dental.house.store_id, "api",
        )  # fmt: skip


def test_tenders(dental):
    quote = dental.quote(None, "CHECK")
    cash = {"kind": "cash", "amount_fen": 8000}
    wrong = [
        [], [{"kind": "gold", "amount_fen": 8000}], [{"kind": "cash", "amount_fen": -1}],
        [{"kind": "cash", "amount_fen": 80.0}], [{**cash, "points": 5}], [{**cash, "lines": [1]}],
        [{"kind": "points", "amount_fen": 8000, "points": 8000}], [{**cash, "extra": 1}],
    ]  # fmt: skip
    for tenders in wrong:
        body = {"quote_id": quote["quote_id"], "tenders": tenders}
        status, _code = dental.refused("POST", "/orders", body, key=json.dumps(tenders).replace(" ", ""))
        assert status == 422, tenders
    order = dental.pay(
        quote, {"kind": "wechat", "amount_fen": 5000, "reference": "4200"}, {"kind": "cash", "amount_fen": 3000}
    )
    assert [t["kind"] for t in order.get_json()["tenders"]] == ["wechat", "cash"]


def test_probes(dental, monkeypatch):
    from core.kernel import keys

    client = dental.client
    assert client.get("/healthz").get_json() == {"status": "ok"}
    assert client.get("/readyz").get_json() == {"status": "ready"}
    monkeypatch.setattr(keys, "ring", lambda: (_ for _ in ()).throw(keys.KeyError_("no")))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()) == (503, {"status": "not_ready"})
    assert client.get("/healthz").status_code == 200


def test_whoami(dental):
    told = dental.ok("GET", "/whoami")
    assert told["franchise"]["id"] == str(dental.house.franchise_id)
    assert told["store"]["id"] == str(dental.house.store_id)
    assert told["plugins"] == ["dental"]
    assert (told["programme"], told["programme_version"]) == ("dental", 1)
    assert set(told["scopes"]) == set(tokens.SCOPES)


def test_a_proof_that_is_too_long_is_refused_also_where_none_is_needed(dental):
    member = dental.enrol("刘超明", "13800005051")["id"]
    order = dental.sell(member, "CLEAN")["order_no"]
    body = {"lines": [{"line": 1, "qty": 1}], "reason": "顾客改约"}
    answer = dental.refused("POST", f"/orders/{order}/refunds", body, key="long", x_staff_proof="x" * 101)
    assert answer == (422, "invalid")
    assert (
        dental.ok("POST", f"/orders/{order}/refunds", body, key="short", x_staff_proof="x" * 100)["amount_fen"]
        == 20_000
    )
