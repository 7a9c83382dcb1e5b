"""Health facts: what is noted, what follows, what never happens; on both databases."""

import json
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from core.care import rules, services
from core.care.models import HealthChange, HealthFact
from core.care.safety import safety_of
from core.kernel import clock
from core.kernel.errors import Conflict, Invalid, NotFound
from core.kernel.models import AuditEntry
from core.kernel.tenancy import acting
from core.people import services as people

PENICILLIN = {"code_kind": "class", "code": "penicillins"}


@pytest.fixture
def house(any_installation):
    return any_installation


@pytest.fixture
def member(house):
    with acting(house.actor(house.dental)):
        yield house.enrol(birth_on=date(1986, 5, 1))


def _today():
    return clock.today("Asia/Shanghai")


def _note(house, person_id, **more):
    with house.unit() as session:
        return services.note(session, person_id, rules.allergy(today=_today(), **more)).id


def _view(house, person_id, purpose="test"):
    with house.unit() as session:
        return safety_of(session, [person_id], purpose)[person_id]


def test_unknown_is_not_none_known(house, member):
    """S4-09: nobody was asked, asked and nothing, and a list are three different things."""
    assert _view(house, member).allergy_status == "unknown"
    with house.unit() as session:
        services.set_status(session, member, "none_known", 0)
    assert _view(house, member).allergy_status == "none_known"
    fact = _note(house, member, **PENICILLIN)
    seen = _view(house, member)
    assert (seen.allergy_status, seen.classes, seen.version) == ("listed", {"penicillins"}, 2)
    with house.unit() as session:
        with pytest.raises(Conflict) as caught:
            services.set_status(session, member, "none_known")
        assert caught.value.code == "allergies_listed"
    with house.unit() as session:
        services.change_status(session, member, fact, "refuted", "皮试阴性")
    seen = _view(house, member)
    assert (seen.allergy_status, seen.allergies) == ("unknown", ())


def test_a_refuted_fact_stays_with_who_and_when(house, member):
    fact = _note(house, member, **PENICILLIN, reaction="皮疹")
    with house.unit() as session:
        services.change_status(session, member, fact, "refuted", "皮试阴性")
    with house.unit("read") as session:
        row = session.get(HealthFact, fact)
        past = session.scalars(select(HealthChange)).one()
        assert (row.status, row.changed_by) == ("refuted", house.dental.staff["owner"])
        assert (past.status_from, past.status_to, past.why) == ("active", "refuted", "皮试阴性")
        assert json.loads(past.before)["reaction"] == "皮疹"


def test_the_database_keeps_every_fact(house, member):
    fact = _note(house, member, **PENICILLIN)
    with pytest.raises(Exception, match="never deleted"), house.unit() as session:
        session.delete(session.get(HealthFact, fact))


def test_words_that_name_a_class_become_its_code(house, member):
    _note(house, member, text="青霉素类")
    _note(house, member, text="芒果毛")
    seen = _view(house, member)
    assert [(one.code_kind, one.code, one.name) for one in seen.allergies] == [
        ("class", "penicillins", "青霉素类"), ("text", "", "芒果毛"),
    ]  # fmt: skip


def test_the_same_allergy_is_noted_once_and_brought_up_to_date(house, member):
    first = _note(house, member, **PENICILLIN, criticality="high", verification="confirmed")
    again = _note(house, member, **PENICILLIN, reaction="呼吸困难")
    seen = _view(house, member).allergies
    assert (first, len(seen)) == (again, 1)
    assert (seen[0].criticality, seen[0].verification, seen[0].reaction) == ("high", "confirmed", "呼吸困难")


def test_a_fact_without_consent_is_an_emergency_note(house, member):
    fact = _note(house, member, **PENICILLIN)
    with house.unit() as session:
        assert session.get(HealthFact, fact).emergency
        people.consent(session, people.get(session, member), "health", granted=True)
    other = _note(house, member, text="花生酱")
    with house.unit("read") as session:
        assert not session.get(HealthFact, other).emergency
        assert services.consented(session, [member]) == {member}


def test_a_stale_version_is_refused(house, member):
    _note(house, member, **PENICILLIN)
    with house.unit() as session, pytest.raises(Conflict) as caught:
        services.set_status(session, member, "unknown", 0)
    assert (caught.value.code, caught.value.extra["version"]) == ("stale_version", 1)


def test_ages_kidneys_and_pregnancy_are_computed(house):
    with acting(house.actor(house.dental)):
        child = house.enrol("小明", birth_on=_today() - timedelta(days=365 * 9), contact_of=house.enrol("妈妈"))
        for state, value in (("egfr", "25"), ("pregnancy", "yes"), ("weight", "30")):
            with house.unit() as session:
                services.note(session, child, rules.physiology(today=_today(), state=state, value=value))
        seen = _view(house, child)
        assert seen.condition_codes == {
            "age_lt_12", "age_lt_16", "age_lt_18", "renal_severe", "renal_impairment", "pregnancy",
        }  # fmt: skip
        assert (seen.pregnancy, seen.egfr, seen.weight_kg) == ("yes", 25, 30)
        with house.unit() as session:
            services.note(session, child, rules.physiology(today=_today(), state="egfr", value="90"))
        assert "renal_impairment" not in _view(house, child).condition_codes


def test_a_dispensing_is_noted_once_and_ends(house, member):
    def dispense():
        with house.unit() as session:
            return services.note_medicine(
                session, member, ingredients=["amoxicillin"], item="AMX", until=_today() + timedelta(days=5),
                source_ref="pharmacy:1",
            )  # fmt: skip

    assert dispense() == dispense()
    seen = _view(house, member).medicines
    assert [(one.ingredients, one.item, one.active, one.source) for one in seen] == [
        (("amoxicillin",), "AMX", True, "purchase")
    ]
    with house.unit() as session:
        assert services.stop_medicine(session, member, "pharmacy:1", refuted=True)
        assert not services.stop_medicine(session, member, "pharmacy:1")
    assert _view(house, member).medicines == ()


def test_what_was_bought_ends_with_its_supply(house, member):
    with house.unit() as session:
        services.note_medicine(session, member, text="头孢", started=_today() - timedelta(days=20),
                               until=_today() - timedelta(days=10))  # fmt: skip
        services.note_medicine(session, member, text="很久以前", started=date(2020, 1, 1), until=date(2020, 2, 1))
    assert [(one.text, one.active) for one in _view(house, member).medicines] == [("头孢", False)]


def test_a_foreign_person_is_absent(house, member):
    with acting(house.actor(house.pharmacy)), house.unit() as session:
        assert safety_of(session, [member], "test") == {}
        with pytest.raises(NotFound):
            services.set_status(session, member, "none_known")


def test_unknown_codes_and_values_are_refused():
    for wrong in ({"code": "nonsense"}, {}, {"text": "x", "criticality": "very"}, {"text": "x" * 201}):
        with pytest.raises(Invalid):
            rules.allergy(today=_today(), **wrong)
    with pytest.raises(Invalid):
        rules.condition(today=_today(), code="pregnancy")
    with pytest.raises(Invalid):
        rules.physiology(today=_today(), state="egfr", value="9.5")


def _reads(house, member):
    with house.unit("read") as session:
        query = select(AuditEntry.object_kind).where(AuditEntry.action == "care.read", AuditEntry.person_id == member)
        return sorted(session.scalars(query))


def test_every_read_is_audited_and_a_check_does_not_flood(house, member):
    _view(house, member, "pharmacy.check")
    _view(house, member, "pharmacy.check")
    with house.unit("read") as session:
        safety_of(session, [member], "pharmacy.check")
        safety_of(session, [member], "dental.check")
    assert _reads(house, member) == ["health:dental.check", "health:pharmacy.check"]
    with clock.frozen_at(clock.now() + timedelta(minutes=31)):
        _view(house, member, "pharmacy.check")
    assert len(_reads(house, member)) == 3


def test_no_audit_no_data(house, member, monkeypatch):
    """A read unit whose audit cannot be written fails as a whole: its answer never leaves."""
    from core.care import audits

    def broken(*_args, **_more):
        raise RuntimeError("no audit")

    monkeypatch.setattr(audits.audit, "record", broken)
    with pytest.raises(RuntimeError, match="no audit"), house.unit("read") as session:
        safety_of(session, [member], "test")


def test_codes_are_found_by_their_keyed_index_and_read_nowhere(house, member):
    fact = _note(house, member, **PENICILLIN)
    with house.unit("read") as session:
        row = session.get(HealthFact, fact)
        assert row.code == "allergy|class|penicillins"
        assert len(row.code_blind) == 16
        assert b"penicillins" not in bytes(row.code_sealed) + bytes(row.body_sealed) + bytes(row.code_blind)
