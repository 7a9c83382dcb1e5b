"""Who sees what of a person on the pages: alert, facts, behind the glass; and the review."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from core.care import access, rules, services
from core.care.models import HealthGlass
from core.kernel import clock
from core.kernel.models import AuditEntry
from core.kernel.tenancy import acting
from core.org.models import Notification
from core.people.models import Person
from tests.core.care.kit import Desk, note, plant
from tests.installation import PIN

SECRET = ("癫痫", "华法林秘密", "反应秘密", "芒果秘密")


@pytest.fixture
def desk(installation):
    return Desk(installation)


@pytest.fixture
def member(desk):
    """Somebody with a coded allergy, one in words, a condition and a medicine; enrolled long ago elsewhere."""
    house = desk.installation
    with acting(house.actor(house.dental)):
        person = house.enrol()
        plant(house, person)
        with house.unit() as session:
            session.execute(update(Person).where(Person.id == person).values(joined_at=1, store_id=None))
    return person


def test_a_cashier_sees_the_alert_and_not_the_diagnosis(desk, member):
    """S4-38: on the member page, at the till and on the page itself."""
    client = desk.client("front_desk")
    client.post("/till/member", data={"person_id": str(member)})
    for path in (f"/members/{member}", "/till", f"/members/{member}/health"):
        text = client.get(path).get_data(as_text=True)
        assert "青霉素类" in text, path
        assert "有安全提示" in text, path
        assert not [secret for secret in SECRET if secret in text], path


def test_who_treats_reads_and_who_does_not_treat_breaks_the_glass(desk, member):
    client = desk.client("clinician")
    page = f"/members/{member}/health"
    assert "癫痫" not in client.get(page).get_data(as_text=True)
    house = desk.installation
    with acting(house.actor(house.dental, "clinician")):
        house.sell(member, "CLEAN")
    text = client.get(page).get_data(as_text=True)
    assert all(secret in text for secret in SECRET)


def glass(client, member, **more):
    form = {"reason_code": "emergency", "reason": "顾客在候诊区晕倒了，需要马上知道用药", "pin": PIN, **more}
    return client.post(f"/members/{member}/health/glass", data=form)


def test_the_glass_opens_thirty_minutes_and_is_told_counted_and_audited(desk, member):
    house, client = desk.installation, desk.client("manager")
    page = f"/members/{member}/health"
    assert "癫痫" not in client.get(page).get_data(as_text=True)
    assert glass(client, member).status_code == 303
    text = client.get(page).get_data(as_text=True)
    assert "癫痫" in text
    assert "紧急查看中" in text
    with acting(house.actor(house.dental)), house.unit("read") as session:
        row = session.scalars(select(HealthGlass)).one()
        assert (row.reads, row.until_at - row.opened_at, row.due_at - row.opened_at) == (1, 1_800_000, 259_200_000)
        told = select(Notification.staff_id).where(Notification.kind == access.OPENED)
        assert set(session.scalars(told)) == {house.dental.staff["owner"]}
        actions = set(session.scalars(select(AuditEntry.action).where(AuditEntry.person_id == member)))
        assert {"care.glass.opened", "care.read"} <= actions
    for path in (f"/members/{member}/visits", f"/members/{member}/photos"):
        assert "紧急查看中" in client.get(path).get_data(as_text=True), path
    with acting(house.actor(house.dental)), house.unit("read") as session:
        assert session.scalars(select(HealthGlass.reads)).one() == 3
    with clock.frozen_at(clock.now() + timedelta(minutes=31)):
        assert desk.client("manager").get(f"/members/{member}/visits").status_code == 403
        assert "癫痫" not in desk.client("manager").get(page).get_data(as_text=True)


@pytest.mark.parametrize(
    ("wrong", "status"),
    [({"reason": "太短了"}, 422), ({"reason_code": "x"}, 422), ({"pin": "000000"}, 401)],
)
def test_a_poor_reason_or_a_wrong_pin_opens_nothing(desk, member, wrong, status):
    house, client = desk.installation, desk.client("manager")
    assert glass(client, member, **wrong).status_code == status
    with acting(house.actor(house.dental)), house.unit("read") as session:
        assert session.scalars(select(HealthGlass)).all() == []


def test_a_look_is_reviewed_once_by_somebody_else(desk, member):
    client = desk.client("manager")
    glass(client, member)
    house = desk.installation
    with acting(house.actor(house.dental)), house.unit("read") as session:
        number = session.scalars(select(HealthGlass.id)).one()
    path = f"/care/reviews/{number}"
    assert client.post(path, data={"ruling": "justified"}).status_code == 403
    owner = desk.client("owner")
    assert "刘超明" in owner.get("/care/reviews").get_data(as_text=True)
    assert owner.post(path, data={"ruling": "not_justified"}).status_code == 422
    assert owner.post(path, data={"ruling": "not_justified", "remark": "已谈话"}).status_code == 303
    assert owner.post(path, data={"ruling": "justified"}).status_code == 409
    assert "癫痫" not in client.get(f"/members/{member}/health").get_data(as_text=True), "the review ends the look"
    assert "已谈话" in owner.get("/care/reviews").get_data(as_text=True)


def test_a_late_review_shows_red(desk, member):
    glass(desk.client("manager"), member)
    with clock.frozen_at(clock.now() + timedelta(hours=73)):
        text = desk.client("owner").get("/care/reviews").get_data(as_text=True)
    assert re.search(r'bdg bad">超过 72 小时', text)


def test_not_asked_is_asked_with_one_click_at_the_till(desk):
    house = desk.installation
    with acting(house.actor(house.dental)):
        person = house.enrol()
    client = desk.client("front_desk")
    client.post("/till/member", data={"person_id": str(person)})
    assert "过敏史：未询问" in client.get("/till").get_data(as_text=True)
    form = {"status": "none_known", "version": "0", "back": "till"}
    answer = client.post(f"/members/{person}/health/asked", data=form)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/till")
    assert "无已知过敏" in client.get("/till").get_data(as_text=True)
    assert client.post(f"/members/{person}/health/asked", data=form).status_code == 409


def test_a_cashier_notes_an_allergy_and_nothing_else(desk):
    house = desk.installation
    with acting(house.actor(house.dental)):
        person = house.enrol()
    client = desk.client("front_desk")
    form = {"substance": "class:penicillins", "criticality": "high", "reaction": "休克"}
    assert client.post(f"/members/{person}/health/allergies", data=form).status_code == 303
    text = client.get(f"/members/{person}").get_data(as_text=True)
    assert "过敏：青霉素类" in text
    assert "紧急记录，待补同意" in text
    assert (
        client.post(f"/members/{person}/health/facts", data={"kind": "condition", "code": "asthma"}).status_code == 403
    )
    assert client.post(f"/members/{person}/health/allergies", data={}).status_code == 422


def test_the_clinician_notes_and_resolves(desk):
    house = desk.installation
    with acting(house.actor(house.dental)):
        person = house.enrol()
    client, page = desk.client("clinician"), f"/members/{person}/health"
    for form in (
        {"kind": "condition", "code": "asthma", "since": "2020-01-01"},
        {"kind": "medicine", "ingredient": "ingredient:amoxicillin", "dose": "每日三次"},
        {"kind": "physiology", "state": "pregnancy", "value_pregnancy": "yes", "until": "2027-05-01"},
        {"kind": "physiology", "state": "egfr", "value": "28"},
    ):
        assert client.post(f"{page}/facts", data=form).status_code == 303, form
    text = client.get(page).get_data(as_text=True)
    assert all(word in text for word in ("哮喘", "阿莫西林", "每日三次", "2027-05-01", "严重肾功能不全", "28 mL/min"))
    with acting(house.actor(house.dental)), house.unit("read") as session:
        fact = next(row.id for row in services.facts_of(session, person) if row.kind == rules.CONDITION)
    assert client.post(f"{page}/facts/{fact}", data={"status": "resolved", "why": "已痊愈"}).status_code == 303
    assert "已缓解" in client.get(page).get_data(as_text=True)
    assert client.post(f"{page}/facts/{fact}", data={"status": "gone"}).status_code == 422
    assert client.post(f"{page}/facts", data={"kind": "condition", "since": "x"}).status_code == 422


def test_substances_are_found_by_name(desk):
    text = desk.client("front_desk").get("/health/substances?q=青霉素").get_data(as_text=True)
    assert 'data-value="class:penicillins"' in text


def test_another_franchise_is_absent(desk, member):
    house = desk.installation
    client = Desk(house, house.pharmacy).client("pharmacist")
    for path in (f"/members/{member}/health", f"/members/{member}/health/glass"):
        assert client.get(path).status_code == 404
    assert client.post(f"/members/{member}/health/allergies", data={"substance_text": "x"}).status_code == 404


def test_overrides_are_counted_by_month(desk):
    house = desk.installation
    with acting(house.actor(house.dental)):
        note(house, house.enrol())
    text = desk.client("owner").get("/care/overrides?month=2026-01").get_data(as_text=True)
    assert "这个月没有放行" in text
