"""B41 and B42 at every door: the till's settling, a session of a course, the API; and who answers for the table."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.care import services as care
from core.care.models import Finding
from core.catalog import services as catalog
from core.kernel.errors import Conflict, Forbidden, Invalid, Refusal
from core.kernel.tenancy import acting
from core.orders.sessions import burn
from core.orders.types import OverrideRequest
from core.org.models import Staff
from core.org.proofs import make_proof
from core.people import services as people
from plugins.beauty import aftercare, contraindications, records, sign_off, treatments
from plugins.beauty.models import BeautyTreatment
from tests.core.api.conftest import api_app, till_of
from tests.core.care.kit import Desk
from tests.core.courses import kit as courses
from tests.installation import PIN, at
from tests.verticals import switch

WHY = "医师评估过，可以做"
PROCEDURES = {"BOTOX": "botulinum", "ABLATIVE": "ablative_laser", "HYDRA": "hydra"}


@pytest.fixture
def clinic(any_installation):
    """A house with beauty on, its items, and a physician with a licence; somebody's course is sold where asked for."""
    house = any_installation
    switch(house, house.dental, "beauty", True)
    actor = house.actor
    house.actor = lambda one, role="owner", door="test": replace(
        actor(one, role, door), plugins=frozenset({"dental", "beauty"})
    )
    with at("2026-09-01 10:00"), acting(house.actor(house.dental)):
        with house.unit() as session:
            for code, procedure in PROCEDURES.items():
                catalog.add(session, code, code, "service", 10_000, attributes={"beauty.procedure": procedure})
            catalog.add(
                session, "BOTOX3", "除皱三次", "course", 27_000, sessions=3, attributes={"core.session_of": "BOTOX"}
            )
            doctor = session.get(Staff, house.dental.staff["clinician"])
            doctor.licence_kind, doctor.licence_no, doctor.licence_until = "physician", "YS-7", "2999-12-31"
        yield house


def member(house, told=(), *kinds):
    """Enrol somebody with a questionnaire and consents."""
    person = house.enrol("王芳", f"138{len(told):04d}{len(kinds):04d}")
    with house.unit() as session:
        people.consent(session, people.get(session, person), "health", granted=True, evidence="单")
        answer(session, person, told)
        for kind in kinds:
            records.sign(session, person, kind, method="paper", evidence="纸 12")
    return person


def answer(session, person, told):
    records.answer(session, person, dict(told))


def blocked(call):
    with pytest.raises(Refusal) as refused:
        call()
    assert refused.value.code == "blocked"
    return refused.value.extra["findings"]


def passed_by_the_doctor(house, one, bound_to):
    """Return the override of a finding by the physician's PIN."""
    payload = hashlib.sha256(f"{bound_to}|{one['id']}|{WHY}".encode()).hexdigest()
    with house.unit() as session:
        made = make_proof(session, house.dental.numbers["clinician"], PIN, "override", payload)
    return OverrideRequest(one["id"], WHY, made.proof)


def test_b42_pregnancy_stops_botulinum_at_the_till_and_with_a_session(clinic):
    person = member(clinic, {}, "injection")
    clinic.sell(person, "BOTOX3", coupons=())
    with clinic.unit() as session:
        answer(session, person, {"pregnancy": None})
    [stop] = [one for one in blocked(lambda: clinic.sell(person, "BOTOX")) if one["severity"] == "contraindicated"]
    assert (stop["code"], stop["overridable_by"]) == ("beauty.contraindicated", [])
    assert clinic.sell(None, "BOTOX").order_no  # nobody known is treated: nothing is known against it
    [(course, _parts)] = courses.of(clinic, person)

    def use(*overrides):
        with clinic.unit() as session:
            return burn.burn(session, course.id, burn.Burning(overrides=list(overrides)))

    [stop] = [one for one in blocked(use) if one["severity"] == "contraindicated"]
    given = passed_by_the_doctor(clinic, stop, course.id)
    assert blocked(lambda: use(given))
    assert courses.left(clinic, course.id) == 3


def test_b41_isotretinoin_is_weighed_by_a_physician_and_kept_with_the_order(clinic):
    with clinic.unit():
        stopped = records.today() - timedelta(days=92)
    person = member(clinic, {"isotretinoin": stopped}, "energy")
    [warning] = blocked(lambda: clinic.sell(person, "ABLATIVE"))
    assert (warning["code"], warning["severity"]) == ("beauty.warning", "major")
    assert "间隔 92 天，不足 183 天" in warning["text"]
    assert "演示数据" in warning["text"]
    with clinic.unit() as session:
        from core.orders.quoting import quotes
        from core.orders.selling import settle
        from core.orders.types import BasketRequest, LineRequest, TenderRequest

        quote, priced = quotes.store(session, BasketRequest((LineRequest("ABLATIVE"),), person))
        quote_id, total = quote.id, priced.quote.total_fen
    given = passed_by_the_doctor(clinic, warning, quote_id)
    with clinic.unit() as session:
        settle.settle(session, quote_id, [TenderRequest("cash", total)], [given])
    with clinic.unit("read") as session:
        kept = session.scalars(select(Finding).where(Finding.override_by.is_not(None))).one()
        assert (kept.code, kept.licence_kind, kept.licence_no) == ("beauty.warning", "physician", "YS-7")
        assert "isotretinoin" in (kept.evidence or "")


def test_the_api_finds_and_refuses_what_the_till_does(clinic):
    person = member(clinic, {"pregnancy": None}, "injection")
    till = till_of(clinic, api_app(clinic), clinic.dental)
    quote = till.quote(str(person), "BOTOX")
    codes = {one["code"]: one["severity"] for one in quote["findings"]}
    assert codes == {"beauty.contraindicated": "contraindicated"}
    body = {"quote_id": quote["quote_id"], "tenders": [{"kind": "cash", "amount_fen": quote["total_fen"]}]}
    assert till.refused("POST", "/orders", body, key="k1") == (422, "blocked")


def test_a_missing_consent_is_told_at_the_till_and_stops_the_treatment(clinic):
    """Sold is not treated: the paper is signed in the room, and there nothing goes without it (decision)."""
    person = member(clinic)
    assert clinic.sell(person, "HYDRA").order_no
    done = treatments.Done("hydra", records.today(), products=[treatments.Product("玻尿酸", "B-1", "1 mL")])
    with acting(clinic.actor(clinic.dental, "clinician")):
        with pytest.raises(Refusal) as refused, clinic.unit() as session:
            treatments.record(session, person, done)
        assert refused.value.code == "beauty_no_consent"
        with clinic.unit() as session:
            records.sign(session, person, "injection", method="paper", evidence="纸 3")
            assert treatments.record(session, person, done).stage == "department"


def test_b35_the_hand_off_on_both_databases(clinic):
    person = member(clinic, {}, "surgery")
    with at("2026-01-31 10:00"), acting(clinic.actor(clinic.dental, "clinician")), clinic.unit() as session:
        answer(session, person, {})
        made = treatments.record(session, person, treatments.Done("surgery", records.today())).id
    seen = []
    for day in ("2026-02-27", "2026-02-28", "2027-01-30", "2027-01-31"):
        with at(f"{day} 10:00"), clinic.unit() as session:
            aftercare.hand_over(session, records.today())
            seen.append(session.get(BeautyTreatment, made).stage)
    assert seen == ["department", "consultant", "consultant", "service"]


def test_a_physician_answers_for_the_table_and_findings_say_so_no_more(clinic):
    digest, house = contraindications.digest(), clinic.dental
    with acting(clinic.actor(house)), pytest.raises(Forbidden), clinic.unit() as session:
        sign_off.sign(session, digest, "李医生")
    with acting(clinic.actor(house, "clinician")):
        for wrong, name in (("x" * 64, "李医生"), (digest, "李")):
            with pytest.raises((Conflict, Invalid)), clinic.unit() as session:
                sign_off.sign(session, wrong, name)
    desk = Desk(clinic)
    page = desk.client("owner").get("/p/beauty/table").get_data(as_text=True)
    assert "演示数据，须医师核定" in page
    assert "半年内服用过异维A酸" in page
    assert 'name="digest"' not in page  # an owner without a licence reads, and does not sign
    client = desk.client("clinician")
    assert client.post("/p/beauty/table", data={"digest": digest, "name": "李"}).status_code == 422
    assert client.post("/p/beauty/table", data={"digest": digest, "name": "李医生"}).status_code == 303
    assert "李医生 已核定" in client.get("/p/beauty/table").get_data(as_text=True)
    with acting(clinic.actor(house)):
        with clinic.unit():
            stopped = records.today() - timedelta(days=92)
        person = member(clinic, {"isotretinoin": stopped}, "energy")
        [warning] = blocked(lambda: clinic.sell(person, "ABLATIVE"))
        assert "演示数据" not in warning["text"]


def test_care_facts_count_without_a_questionnaire(clinic):
    """What core knows of a person protects them although nobody asked here (principle 9)."""
    person = clinic.enrol("李雷", "13900000000")
    with clinic.unit() as session:
        from core.care import rules

        care.note(session, person, rules.physiology(today=care.today(), state="pregnancy", value="yes"))
    assert [one["code"] for one in blocked(lambda: clinic.sell(person, "BOTOX"))] == ["beauty.contraindicated"]
