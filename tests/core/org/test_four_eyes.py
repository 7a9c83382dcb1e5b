"""Generated cases of deciding: whoever, whenever, whatever proof (security 6.18). An oracle says who may."""

from __future__ import annotations

import datetime as dt
import hashlib
import random

import pytest

from core.kernel import clock
from core.kernel.errors import Refusal
from core.kernel.ids import new_id
from core.kernel.statements import Statements
from core.kernel.tenancy import acting
from core.ledger import services as ledger
from core.orders.granting import adjustments
from core.org import approvals
from core.org.models import ApprovalRequest, PinProof
from tests.installation import ROLES

CASES = 240
ASKERS = ("owner", "manager", "front_desk", "rule_keeper")
MAY_APPROVE = {"owner", "manager"}
PROOFS = ("right", "none", "other_purpose", "other_payload", "somebody_else", "used", "stale")


def proof_row(session, staff_id, purpose, payload, *, used=False, stale=False):
    """Write a proof as a PIN would leave it, without hashing one."""
    secret = str(new_id())
    session.add(
        PinProof(
            staff_id=staff_id, secret_hash=hashlib.sha256(f"proof:{secret}".encode()).digest(), purpose=purpose,
            payload_sha256=payload, expires_at=clock.now_ms() + (-1 if stale else 60_000),
            used_at=clock.now_ms() if used else None,
        )
    )  # fmt: skip
    session.flush()
    return secret


def prove(session, house, kind, decider, payload):
    """Return the secret of a proof of `kind`, or None."""
    others = [role for role in ("owner", "manager", "clinician") if role != decider]
    if kind == "none":
        return None
    return proof_row(
        session, house.staff[others[0] if kind == "somebody_else" else decider],
        "refund" if kind == "other_purpose" else "approve",
        "0" * 64 if kind == "other_payload" else payload, used=kind == "used", stale=kind == "stale",
    )  # fmt: skip


@pytest.mark.parametrize("seed", [20261122])
def test_no_generated_case_gets_round_four_eyes(installation, seed):
    rng, house = random.Random(seed), installation.dental
    deciders = ("owner", *ROLES)
    with acting(installation.actor(house)):
        member = installation.enrol("刘超明", "13800005051")
    expected = done = 0
    for n in range(CASES):
        asker, decider = rng.choice(ASKERS), rng.choice((*deciders, *["manager", "owner"] * 4))
        late, altered = rng.random() < 0.1, rng.random() < 0.1
        seen, proof = rng.choice(("", "", "right", "wrong")), rng.choice((*["right"] * 8, *PROOFS))
        delta = 1 + n
        with acting(installation.actor(house, asker)), installation.unit() as s:
            row = adjustments.adjust(s, member, "points", delta, "生成的").request
            request_id, payload = row.id, approvals.proof_payload(row)
            wanted = {"": "", "right": row.payload_sha256, "wrong": "e" * 64}[seen]
            if altered:
                row.payload = approvals.canonical({"person_id": str(member), "delta": delta + 1_000})
        allowed = (
            decider in MAY_APPROVE and decider != asker and not late and not altered and seen != "wrong"
            and proof == "right"
        )  # fmt: skip
        moment = clock.now() + dt.timedelta(hours=25) if late else clock.now()
        with clock.frozen_at(moment), acting(installation.actor(house, decider)):
            with installation.unit() as s:
                secret = prove(s, house, proof, decider, payload)
            state = None
            for _twice in range(2):
                try:
                    with installation.unit() as s:
                        state = (
                            state
                            or approvals.decide(
                                s, request_id, approve=True, seen=wanted, proof=secret, proof_payload_sha256=payload
                            ).row.state
                        )
                except Refusal:
                    continue
        assert (state == "executed") is allowed, (n, asker, decider, late, altered, seen, proof, state)
        expected += delta if allowed else 0
        done += allowed
        with acting(installation.actor(house)), installation.unit() as s:
            row = s.get(ApprovalRequest, request_id)
            if row.state == "asked":
                row.state = "withdrawn"
    assert done > 25, "the cases prove nothing when none may"
    with acting(installation.actor(house)), installation.unit("read") as s:
        st = Statements(s, house.franchise_id)
        usable = ledger.available_of(st, [member], "points", clock.today("Asia/Shanghai"))[member][0]
    assert usable == expected
