"""Adjustments and approvals through the API: the same service as the screens, once per key."""

from __future__ import annotations

import hashlib
import itertools
import json

import pytest

from core.kernel import settings
from core.kernel.tenancy import acting
from core.org import staff_changes
from tests.installation import PIN

_keys = itertools.count(1)


def key():
    return f"approval-{next(_keys)}"


def by(till, role):
    from dataclasses import replace

    return replace(till, role=role)


def prove(till, body: bytes, purpose="approve", pin=PIN):
    sha = hashlib.sha256(body).hexdigest()
    asked = {"staff": till.house.numbers[till.role], "pin": pin, "purpose": purpose, "payload_sha256": sha}
    return till.ok("POST", "/staff/proofs", asked)["proof"]


def decide(till, approval_id, decision="approve", reason="核对过", *, k=None, proof=True, **more):
    body = json.dumps({"decision": decision, "reason": reason, **more}).encode()
    sent = {"x_staff_proof": prove(till, body)} if proof else {}
    return till.call("POST", f"/approvals/{approval_id}", body, key=k or key(), **sent)


def ask(till, member, delta=200, unit="points", reason="漏记积分"):
    body = {"unit": unit, "delta": delta, "reason": reason}
    return till.call("POST", f"/members/{member}/adjustments", body, key=key())


@pytest.fixture
def front(any_dental):
    return by(any_dental, "front_desk")


def test_asked_approved_posted_and_told_in_the_ledger(front):
    member = front.enrol("刘超明", "13800005051")["id"]
    answer = ask(front, member)
    assert answer.status_code == 202
    told = answer.get_json()
    assert (told["state"], told["kind"], told["member_id"], told["asked_by"]) == (
        "asked", "points.adjust", member, front.house.numbers["front_desk"],
    )  # fmt: skip
    assert front.points(member) == 0
    manager = by(front, "manager")
    assert manager.ok("GET", f"/approvals/{told['id']}")["payload_sha256"] == told["payload_sha256"]
    done = decide(manager, told["id"], payload_sha256=told["payload_sha256"]).get_json()
    assert (done["state"], done["decided_by"], done["failure"]) == ("executed", manager.house.numbers["manager"], None)
    assert front.points(member) == 200
    entry = front.ok("GET", f"/members/{member}/ledger?unit=points")["items"][0]
    assert (entry["amount"], entry["reason"], entry["order_no"]) == (200, "adjust", None)


def test_self_other_payload_no_proof_no_right_and_twice(front):
    member = front.enrol("刘超明", "13800005051")["id"]
    owner, manager = by(front, "owner"), by(front, "manager")
    request = ask(manager, member).get_json()["id"]
    assert front.problem(decide(manager, request))[:2] == (403, "approval_self")
    assert front.problem(decide(owner, request, proof=False))[:2] == (403, "approval_needs_proof")
    assert front.problem(decide(owner, request, payload_sha256="f" * 64))[:2] == (409, "approval_moved")
    assert front.problem(decide(by(front, "clinician"), request))[:2] == (403, "forbidden")
    body = json.dumps({"decision": "approve", "reason": "核对过"}).encode()
    proof = prove(owner, body)
    other = front.problem(
        manager.call("POST", f"/approvals/{request}", body, key=key(), x_staff_proof=proof)
    )[:2]  # fmt: skip
    assert other == (403, "approval_self")
    same = key()
    first = owner.call("POST", f"/approvals/{request}", body, key=same, x_staff_proof=proof)
    again = owner.call("POST", f"/approvals/{request}", body, key=same, x_staff_proof=proof)
    assert first.get_json() == again.get_json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert front.problem(decide(owner, request))[:2] == (409, "approval_decided")
    assert front.points(member) == 200


def test_a_request_that_cannot_be_done_ends_and_says_why_each_time(front):
    member = front.enrol("刘超明", "13800005051")["id"]
    manager = by(front, "manager")
    decide(manager, ask(front, member, 300).get_json()["id"])
    first, second = (ask(front, member, delta, reason="多记积分").get_json()["id"] for delta in (-250, -200))
    decide(manager, first)
    k = key()
    body = json.dumps({"decision": "approve", "reason": "核对过"}).encode()
    proof = prove(manager, body)
    for _n in range(2):
        answer = manager.call("POST", f"/approvals/{second}", body, key=k, x_staff_proof=proof)
        assert front.problem(answer)[:2] == (409, "not_enough_points")
    assert front.points(member) == 50
    assert manager.ok("GET", f"/approvals/{second}")["state"] == "failed"


def test_refused_with_a_reason(front):
    member = front.enrol("刘超明", "13800005051")["id"]
    request = ask(front, member).get_json()["id"]
    manager = by(front, "manager")
    assert front.problem(decide(manager, request, "refuse", "", proof=False))[:2] == (422, "invalid")
    assert decide(manager, request, "refuse", "小票对不上", proof=False).get_json()["state"] == "refused"


def test_what_is_wrong_is_refused(front):
    member = front.enrol("刘超明", "13800005051")["id"]
    for body, code in (
        ({"delta": 0}, "invalid"), ({"delta": 10_001}, "adjust_too_large"), ({"unit": "principal"}, "unit_not_adjustable"),
        ({"delta": -1}, "not_enough_points"),
    ):  # fmt: skip
        assert front.problem(ask(front, member, **body))[1] == code
    assert front.problem(ask(front, "4611686018427387904"))[:2] == (404, "not_found")
    clinician = by(front, "clinician")
    assert front.problem(ask(clinician, member))[:2] == (403, "forbidden")
    answer = front.call("POST", f"/members/{member}/adjustments", {"unit": "points", "delta": 1, "reason": "x"})
    assert front.problem(answer)[:2] == (400, "idempotency_key_required")


def test_within_the_setting_one_person_is_enough(front):
    member = front.enrol("刘超明", "13800005051")["id"]
    owner = front.installation.actor(front.house)
    with acting(owner), front.installation.unit() as s:
        settings.change(s, "orders.adjust_alone_points", 50)
    told = ask(front, member, 50).get_json()
    assert (told["id"], told["state"]) == (None, "executed")
    assert ask(front, member, 51).get_json()["state"] == "asked"
    assert front.points(member) == 50


def test_staff_do_not_serve_their_own_card_through_the_api_either(front):
    me, other = front.enrol("前台本人", "13800001111")["id"], front.enrol("外人", "13800002222")["id"]
    with acting(front.installation.actor(front.house)), front.installation.unit() as s:
        staff_changes.link_person(s, front.house.staff["front_desk"], int(me))
    assert front.problem(ask(front, me))[:2] == (403, "own_card")
    body = json.dumps({"unit": "points", "delta": 7, "reason": "漏记积分"}).encode()
    seen = prove(by(front, "clinician"), body)
    witnessed = front.call("POST", f"/members/{me}/adjustments", body, key=key(), x_staff_proof=seen)
    assert witnessed.status_code == 202
    assert ask(front, other).status_code == 202
    quote = front.quote(me, "F-TEMP")
    body = json.dumps(
        {"quote_id": quote["quote_id"], "tenders": [{"kind": "cash", "amount_fen": quote["total_fen"]}]}
    ).encode()
    assert front.problem(front.call("POST", "/orders", body, key=key()))[:2] == (403, "own_card")
    own = prove(front, body)
    assert front.problem(front.call("POST", "/orders", body, key=key(), x_staff_proof=own))[:2] == (403, "own_card")
    witness = prove(by(front, "manager"), body)
    assert front.call("POST", "/orders", body, key=key(), x_staff_proof=witness).status_code == 201
    colleague = by(front, "manager")
    quote = front.quote(me, "F-TEMP")
    done = colleague.pay(quote, {"kind": "cash", "amount_fen": quote["total_fen"]})
    assert done.status_code == 201
