"""What a franchise keeps of its members: industry, interests, economy (protected), own fields, adviser (S3-03, S4-20)."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select, update

from core.kernel import audit
from core.kernel.models import AuditEntry
from core.kernel.tenancy import acting
from core.people import custom
from core.people import services as people
from core.people.models import Person, PersonField, PersonValue
from core.programme import conditions as lang
from core.programme import facts
from tests.core.desk.desk_kit import alert, plain

SKIN = {
    "label": "肤质",
    "key": "skin",
    "kind": "choice",
    "choices": "干性\n油性\n混合",
    "position": "10",
    "active": "y",
}


def define(owner, **values):
    """Define a field through the record view."""
    answer = owner.post("/records/person_fields/new/", {**SKIN, **values})
    assert answer.status_code == 303, alert(answer.text)
    return int(re.search(r"id=(\d+)", answer.location).group(1))


def form_of(desk, person):
    page = desk.get(f"/members/{person}/edit").text
    return {"name": "刘超明", "version": re.search(r'name="version" value="(\d+)"', page).group(1)}


def save(desk, person, **values):
    return desk.post(f"/members/{person}/edit", {**form_of(desk, person), **values})


def held(desk, person):
    with acting(desk.actor), desk.installation.unit("read") as session:
        row = people.get(session, person)
        session.expunge_all()
        return row


@pytest.fixture
def owner(sit):
    return sit("owner")


def test_a_field_of_ones_own_from_definition_to_the_member_page(owner, desk):
    define(owner)
    define(owner, label="身高", key="height", kind="number", choices="")
    define(owner, label="过敏原检测", key="tested", kind="yes_no", choices="")
    answer = desk.post("/members/new", {"name": "王芳", "phone": "13900001234", "cf_skin": "油性", "cf_height": "165"})
    assert answer.status_code == 303, alert(answer.text)
    page = plain(desk.get(answer.location).text)
    assert "肤质 油性" in page
    assert "身高 165" in page
    person = int(answer.location.rsplit("/", 1)[1])
    assert 'value="165"' in desk.get(f"/members/{person}/edit").text
    assert save(desk, person, cf_skin="", cf_tested="1").status_code == 303
    page = plain(desk.get(f"/members/{person}").text)
    assert "肤质" not in page
    assert "过敏原检测 是" in page
    with acting(desk.actor), desk.installation.unit("read") as session:
        rows = session.scalars(select(AuditEntry).where(AuditEntry.action == "people.person.changed"))
        assert {"fields": ["custom.skin", "custom.tested"]} in [audit.detail_of(row) for row in rows]


@pytest.mark.parametrize(
    ("kind", "typed", "says"),
    [
        ("choice", "绿色", "没有选项"), ("number", "十", "须填写整数"), ("date", "昨天", "1990-05-02"),
        ("yes_no", "maybe", "只能是"), ("text", "长" * 201, "最多 200 个字"), ("text", "", "请填写“肤质”"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said_at_the_field(owner, desk, kind, typed, says):
    define(owner, kind=kind, required="y" if not typed else "")
    answer = desk.post("/members/new", {"name": "王芳", "phone": "13900001234", "cf_skin": typed})
    assert answer.status_code == 422
    assert says in alert(answer.text)
    assert 'href="#cf_skin"' in answer.text
    with acting(desk.actor), desk.installation.unit("read") as session:
        assert people.owner_of_phone(session, "13900001234") is None, "nothing half done"


@pytest.mark.parametrize(
    "wrong",
    [{"key": "Skin Type"}, {"label": ""}, {"choices": "一个"}, {"kind": "photo"}, {"choices": "长" * 41 + "\n短"}],
)
def test_a_definition_that_cannot_be(owner, wrong):
    assert owner.post("/records/person_fields/new/", {**SKIN, **wrong}).status_code == 422


def test_a_definition_keeps_its_key_kind_and_sealing(owner, desk):
    field = define(owner)
    assert owner.post("/records/person_fields/new/", SKIN).status_code == 409
    path = f"/records/person_fields/edit/?id={field}"
    changed = owner.post(path, {**SKIN, "label": "皮肤", "version": "1", "choices": "干性\n油性"})
    assert changed.status_code == 303
    assert owner.post(path, {**SKIN, "kind": "text", "version": "2"}).status_code == 422
    assert owner.post(path, {**SKIN, "sealed": "y", "version": "2"}).status_code == 422
    assert desk.get("/records/person_fields/").status_code == 403
    assert "皮肤" in desk.get("/members/new").text


def test_sealed_and_protected_fields(owner, desk):
    define(owner, label="证件", key="paper", kind="text", choices="", sealed="y", protected="y")
    person = desk.enrol()
    assert "cf_paper" not in desk.get(f"/members/{person}/edit").text
    assert save(desk, person, cf_paper="X-1").status_code == 303
    assert save(owner, person, cf_paper="E12345678").status_code == 303
    assert "E12345678" in owner.get(f"/members/{person}").text
    assert "E12345678" not in desk.get(f"/members/{person}").text
    with acting(owner.actor), owner.installation.unit("read") as session:
        row = session.scalar(select(PersonValue))
        assert (row.value, row.code, row.text) == ("", "", "E12345678")
        assert b"E12345678" not in bytes(row.text_sealed)
        assert custom.fact_choices(session) == []


def test_conditions_ask_own_choices(owner, desk):
    define(owner)
    oily, dry = desk.enrol("油甲", "13900000001"), desk.enrol("干乙", "13900000002")
    for person, skin in ((oily, "油性"), (dry, "干性")):
        form = {**form_of(desk, person), "name": skin, "cf_skin": skin}
        assert desk.post(f"/members/{person}/edit", form).status_code == 303
    with acting(desk.actor), desk.installation.unit("read") as session:
        assert ("skin:油性", "肤质：油性") in custom.fact_choices(session)
        tree = lang.parse({"fact": "custom", "op": "any_of", "value": ["skin:油性"]})
        found = set(session.scalars(facts.persons(session, tree)))
    assert found == {oily}


# -- economy and adviser ---------------------------------------------------------------------------


def test_economy_is_for_those_who_may(owner, desk):
    person = desk.enrol()
    assert "economy" not in desk.get(f"/members/{person}/edit").text
    assert save(desk, person, economy="high", industry="教育", interests="跑步、钢琴").status_code == 303
    assert (held(desk, person).economy, held(desk, person).industry) == ("", "教育")
    assert save(owner, person, economy="high").status_code == 303
    assert held(desk, person).economy == "high"
    assert "消费能力 高" in plain(owner.get(f"/members/{person}").text)
    page = plain(desk.get(f"/members/{person}").text)
    assert "消费能力" not in page
    assert "跑步、钢琴" in page
    assert save(owner, person, economy="rich").status_code == 422


def test_platinum_without_an_adviser_is_missed_until_there_is_one(installation, sit):
    house = installation.pharmacy
    desk, owner = sit("front_desk", house), sit("owner", house)
    person = desk.enrol("贵宾", "13900000009")
    assert "专属顾问" not in plain(owner.get("/").text)
    with acting(desk.actor), installation.unit() as session:
        session.execute(update(Person).where(Person.id == person).values(tier_code="platinum"))
    assert "白金会员还没有专属顾问" in plain(desk.get(f"/members/{person}").text)
    home = owner.get("/").text
    assert "还没有专属顾问：1 位" in plain(home)
    assert "f.adviser=due" in home
    assert "贵宾" in plain(desk.get("/members?f.adviser=due").text)
    adviser = house.staff["pharmacist"]
    form = {**form_of(desk, person), "name": "贵宾", "adviser_id": str(adviser)}
    assert desk.post(f"/members/{person}/edit", form).status_code == 303
    page = plain(desk.get(f"/members/{person}").text)
    assert "专属顾问 pharmacist员" in page
    assert "还没有专属顾问" not in page + plain(owner.get("/").text)
    assert "贵宾" in plain(sit("pharmacist", house).get("/members?f.adviser=mine").text)


def test_an_adviser_is_staff_of_ones_own(desk):
    person = desk.enrol()
    foreign = desk.installation.pharmacy.staff["pharmacist"]
    refused = save(desk, person, adviser_id=str(foreign))
    assert refused.status_code == 422
    assert "没有找到这位员工" in alert(refused.text)
    assert save(desk, person, adviser_id="abc").status_code == 404
    assert held(desk, person).adviser_id is None


def test_a_stale_edit_shows_the_new_fields_too(owner, desk):
    person = desk.enrol()
    stale = form_of(desk, person)
    assert save(owner, person, industry="教育").status_code == 303
    answer = desk.post(f"/members/{person}/edit", {**stale, "industry": "医疗"})
    assert answer.status_code == 409
    assert "教育" in plain(answer.text)
    assert "医疗" in plain(answer.text)
    assert 'name="economy"' not in answer.text


def test_fields_are_the_franchises_own(owner, sit):
    define(owner)
    other = sit("owner", owner.installation.pharmacy)
    with acting(owner.actor), owner.installation.unit("read") as session:
        field = session.scalar(select(PersonField.id))
    assert other.get(f"/records/person_fields/details/?id={field}").status_code == 404
    assert "肤质" not in other.get("/members/new").text
