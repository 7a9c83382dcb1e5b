"""Health facts over the API (contract.md section 4): versions, nothing removed, every read audited, rights of X-Staff."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from core.care import visits
from core.care.models import HealthGlass
from core.kernel.models import AuditEntry
from core.kernel.tenancy import acting
from core.people.models import Person

FIRST = {
    "version": 0, "allergies": [{"code": "penicillins", "reaction": "皮疹"}, {"text": "芒果"}],
    "conditions": [{"code": "epilepsy"}], "medicines": [{"ingredients": ["warfarin"], "dose": "每晚一片"}],
}  # fmt: skip


@pytest.fixture
def member(dental):
    return dental.enrol("王芳", "13800001234")["id"]


def put(dental, member, body):
    return dental.ok("PUT", f"/members/{member}/health", body, X_Staff=None)


def test_what_is_told_is_noted_and_nothing_is_removed(dental, member):
    path = f"/members/{member}/health"
    empty = dental.ok("GET", path, X_Staff=None)
    assert (empty["allergy_status"], empty["allergies"], empty["version"]) == ("unknown", [], 0)
    told = put(dental, member, FIRST)
    assert told["allergy_status"] == "listed"
    assert {one["name"] for one in told["allergies"]} == {"青霉素类", "芒果"}
    assert told["medicines"][0]["ingredients"] == ["warfarin"]
    assert all(one["emergency"] for one in told["allergies"]), "no consent yet: kept as emergency notes"
    again = put(dental, member, {"version": told["version"], "allergies": [{"text": "芒果", "status": "refuted"}]})
    assert {one["name"]: one["status"] for one in again["allergies"]} == {"青霉素类": "active", "芒果": "refuted"}
    assert len(again["conditions"]) == 1
    one = next(row["id"] for row in again["allergies"] if row["status"] == "active")
    last = put(dental, member, {"version": again["version"], "allergies": [{"id": one, "status": "resolved"}]})
    assert (last["allergy_status"], len(last["allergies"])) == ("unknown", 2)


def test_refusals_leave_nothing_half_done(dental, member):
    path = f"/members/{member}/health"
    told = put(dental, member, FIRST)
    for body, expected in (
        (FIRST, (409, "stale_version")),
        ({"version": told["version"], "allergy_status": "none_known"}, (409, "allergies_listed")),
        ({"version": told["version"], "allergies": [{"code": "nonsense"}]}, (422, "invalid")),
        (
            {"version": told["version"], "conditions": [{"text": "新"}], "allergies": [{"status": "gone"}]},
            (422, "invalid"),
        ),
        ({"version": told["version"], "blood": "A"}, (422, "invalid")),
        ({"version": told["version"], "allergies": [{"id": "1", "status": "refuted"}]}, (404, "not_found")),
    ):
        assert dental.refused("PUT", path, body, X_Staff=None)[:2] == expected, body
    assert dental.ok("GET", path, X_Staff=None) == told


def test_a_person_s_own_rights_count(dental, member, installation):
    """S4-38: a cashier gets the alert, a clinician who treats gets the facts, one who does not gets the alert."""
    put(dental, member, FIRST)
    path = f"/members/{member}/health"
    cashier = dental.ok("GET", path, X_Staff=dental.house.numbers["front_desk"])
    assert (cashier["restricted"], cashier["conditions"], cashier["medicines"]) == (True, None, None)
    assert [(one["name"], one["reaction"]) for one in cashier["allergies"]] == [("青霉素类", None)]
    assert not dental.ok("GET", path, X_Staff=dental.house.numbers["clinician"])["restricted"]
    beyond = {"version": cashier["version"], "conditions": [{"code": "asthma"}]}
    assert dental.refused("PUT", path, beyond, X_Staff=dental.house.numbers["front_desk"])[:2] == (
        403,
        "no_care_relation",
    )
    with acting(installation.actor(installation.dental)), installation.unit() as session:
        session.execute(update(Person).where(Person.id == int(member)).values(joined_at=1))
    assert dental.ok("GET", path, X_Staff=dental.house.numbers["clinician"])["restricted"]
    assert dental.refused("GET", path, X_Staff=dental.house.numbers["auditor"])[:2] == (403, "no_care_relation")


def test_a_relation_that_the_reader_made_alone_is_put_on_the_list(dental, member, installation):
    """C16: a visit opened by the reader opens the facts, and the call is reviewed like a look behind the glass."""
    put(dental, member, FIRST)
    with acting(installation.actor(installation.dental)), installation.unit() as session:
        session.execute(update(Person).where(Person.id == int(member)).values(joined_at=1))
    with acting(installation.actor(installation.dental, "clinician")), installation.unit() as session:
        visits.open_visit(session, int(member))
    told = dental.ok("GET", f"/members/{member}/health", X_Staff=dental.house.numbers["clinician"])
    assert not told["restricted"]
    with acting(installation.actor(installation.dental)), installation.unit("read") as session:
        [row] = session.scalars(select(HealthGlass)).all()
        assert (row.reason_code, row.reads) == ("self_made", 1)


def test_every_read_is_audited(dental, member, installation):
    for _n in range(2):
        dental.ok("GET", f"/members/{member}/health", X_Staff=None)
    with acting(installation.actor(installation.dental)), installation.unit("read") as session:
        rows = select(AuditEntry.id).where(AuditEntry.action == "care.read", AuditEntry.object_kind == "health:api")
        assert len(session.scalars(rows).all()) == 2


def test_another_franchise_is_absent(pharmacy, member):
    assert pharmacy.refused("GET", f"/members/{member}/health", X_Staff=None)[:2] == (404, "not_found")
