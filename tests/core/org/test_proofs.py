"""PIN proofs: one purpose, one payload, once, 120 seconds (contract section 3); rules of sign-in."""

from __future__ import annotations

import datetime as dt

import pytest

from core.kernel import clock
from core.kernel.errors import Conflict, Invalid, Unauthorized
from core.kernel.tenancy import acting
from core.org import credentials, rules, staffing
from core.org.models import Staff
from core.org.proofs import consume_proof, make_proof
from tests.web_world import PIN

PAYLOAD = rules.payload_hash(b'{"lines":[1]}')


def made(world, pin=PIN, purpose="refund", number="1002", payload=PAYLOAD):
    with acting(world.actor()), world.runtime.db.unit("write") as s:
        return make_proof(s, number, pin, purpose, payload)


def used(world, proof, purpose="refund", payload=PAYLOAD, **actor):
    with acting(world.actor(**actor)), world.runtime.db.unit("write") as s:
        return consume_proof(s, proof, purpose, payload).id


def test_a_proof_is_good_once(world):
    outcome = made(world)
    assert outcome.refusal is None
    assert used(world, outcome.proof) == world.desk_id
    with pytest.raises(Unauthorized) as refused:
        used(world, outcome.proof)
    assert refused.value.code == "proof_invalid"


def test_a_proof_is_bound_to_purpose_payload_and_franchise(world):
    proof = made(world).proof
    with pytest.raises(Unauthorized):
        used(world, proof, purpose="adjust")
    with pytest.raises(Unauthorized):
        used(world, proof, payload=rules.payload_hash(b"{}"))
    with pytest.raises(Unauthorized):
        used(world, proof, franchise_id=world.other_franchise_id)
    with pytest.raises(Unauthorized):
        used(world, None)
    assert used(world, proof) == world.desk_id


def test_a_proof_lives_120_seconds(world):
    start = clock.now()
    with clock.frozen_at(start):
        one, two = made(world).proof, made(world).proof
    with clock.frozen_at(start + dt.timedelta(seconds=119)):
        used(world, one)
    with clock.frozen_at(start + dt.timedelta(seconds=120)), pytest.raises(Unauthorized):
        used(world, two)


def test_five_wrong_pins_lock_for_a_quarter_of_an_hour(world):
    start = clock.now()
    with clock.frozen_at(start):
        assert [made(world, pin="000001").refusal.status for _n in range(5)] == [401] * 5
        locked = made(world).refusal
        assert (locked.status, locked.extra["retry_after"]) == (429, 900)
    with clock.frozen_at(start + dt.timedelta(minutes=15, seconds=1)):
        assert made(world).proof


def test_an_unknown_number_reads_like_a_wrong_pin(world):
    assert made(world, number="4711").refusal.message == made(world, pin="000001").refusal.message


def test_purpose_and_hash_are_checked(world):
    for wrong in ({"purpose": "party"}, {"payload": "abc"}):
        with pytest.raises(Invalid):
            made(world, **wrong)


def test_a_stolen_database_does_not_tell_the_pin(world, monkeypatch):
    """Without the master key no PIN can be tried against the stored hash."""
    with acting(world.actor()), world.runtime.db.unit("read") as s:
        staff = s.get(Staff, world.desk_id)
        assert credentials.verify_pin(staff.id, staff.pin_hash, PIN)
        assert not credentials.verify_password(staff.pin_hash, PIN)
        assert not credentials.verify_pin(staff.id + 1, staff.pin_hash, PIN)
        assert staff.pin_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize(
    ("password", "fine"),
    [
        ("short", False),
        ("123456789012", False),
        ("aaaaaaaaaaaaaaa", False),
        ("huike1234567", False),
        ("李前台12345678!", True),
        ("zhangsan12345", False),
        ("green tea at noon", True),
        ("x" * 129, False),
    ],
)
def test_password_rules(password, fine):
    assert (rules.password_problem(password, ("zhangsan", "huike")) is None) is fine


@pytest.mark.parametrize(
    ("pin", "fine"),
    [
        ("123456", False),
        ("111111", False),
        ("654321", False),
        ("12345", False),
        ("12345a", False),
        ("１２３４５７", False),
        ("135790", True),
    ],
)
def test_pin_rules(pin, fine):
    assert (rules.pin_problem(pin) is None) is fine


def test_waiting_doubles_and_never_lasts_for_ever():
    minutes = [rules.lock_ms(n) // 60_000 for n in (4, 5, 6, 7, 8, 9, 50)]
    assert minutes == [0, 1, 2, 4, 8, 15, 15]


def test_stages_in_their_order():
    base = {"locked": False, "level": "password", "password_once": False, "enrol_due": False}
    assert rules.stage(**base) == "full"
    assert rules.stage(**{**base, "level": "totp", "locked": True}) == "totp"
    assert rules.stage(**{**base, "locked": True, "password_once": True}) == "locked"
    assert rules.stage(**{**base, "password_once": True, "enrol_due": True}) == "password"
    assert rules.stage(**{**base, "enrol_due": True}) == "enrol"


def test_staffing_refuses_what_is_taken_or_unknown(world):
    with acting(world.actor()), world.runtime.db.unit("write") as s:
        with pytest.raises(Conflict):
            staffing.add_staff(s, number="1002", name="x", roles=[("front_desk", None)])
        with pytest.raises(Conflict):
            staffing.add_staff(s, number="2000", name="x", roles=[("front_desk", None)], login="OWNER@example.com ")
        with pytest.raises(Invalid):
            staffing.add_staff(s, number="2001", name="x", roles=[("queen", None)])
        with pytest.raises(Conflict):
            staffing.add_store(s, "A01", "x")
