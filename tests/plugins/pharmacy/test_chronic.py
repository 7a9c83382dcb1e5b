"""The chronic programmes (S4-03): joining with consent, the plan, readings and bands, goods that may be shown, leaving."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest
from sqlalchemy import select

from core.care import rules as care_rules
from core.care import safety
from core.care import services as care
from core.care.codes import condition_codes
from core.kernel.errors import Conflict, Invalid, NotFound, Refusal
from core.kernel.models import AuditEntry
from core.kernel.tenancy import acting
from core.people import consents
from core.people.models import Person
from core.programme import conditions as lang
from core.programme import facts as engine
from plugins.pharmacy import chronic, chronic_audience, duties
from plugins.pharmacy import chronic_rules as rules
from plugins.pharmacy.models import PharmacyChronic, PharmacyChronicPoint, PharmacyReading
from tests.core.desk.desk_kit import Desk, alert, plain, web_of
from tests.installation import at

SPOKEN = "当面说明后同意"


def agree(house, person, purpose="health"):
    with house.unit() as session:
        consents.record(session, session.get(Person, person), purpose, granted=True)


def ill(house, condition="hypertension", **more):
    """A member with a condition who agrees to health data."""
    person = house.member(**more)
    agree(house, person)
    house.has(person, condition)
    return person


def view_of(session, person):
    return safety.safety_of(session, [person], "test")[person]


def joined(house, person, key="hypertension"):
    with house.as_("pharmacist"), house.unit() as session:
        return chronic.enrol(session, person, key, view_of(session, person), SPOKEN).id


def measured(house, person, upper, lower, on=None):
    with house.as_("pharmacist"), house.unit() as session:
        typed = {"systolic": str(upper), "diastolic": str(lower)}
        return chronic.read(session, person, "hypertension", typed, on or care.today())


def points(house, person):
    with house.unit("read") as session:
        return [(row.due_on, row.kind) for row in chronic.points_of(session, person)]


@pytest.mark.parametrize(
    ("upper", "lower", "band", "urgent"),
    [(119, 79, "正常范围", False), (120, 79, "正常高值", False), (119, 90, "1 级", False), (140, 80, "1 级", False),
     (179, 109, "2 级", False), (180, 80, "3 级", True), (150, 110, "3 级", True), (300, 200, "3 级", True)],
)  # fmt: skip
def test_the_graver_value_decides_the_band(upper, lower, band, urgent):
    values = {"systolic": upper, "diastolic": lower}
    assert str(rules.band_of(rules.MEASURES["bp"], values).name) == band
    assert rules.urgent(rules.MEASURES["bp"], values) is urgent


@pytest.mark.parametrize(
    ("typed", "value", "band", "urgent"),
    [("3.9", 39, "偏低", True), ("4", 40, "正常范围", False), ("6.1", 61, "空腹血糖受损", False),
     ("7.0", 70, "高于控制目标", False), ("16.7", 167, "很高", True)],
)  # fmt: skip
def test_glucose_is_whole_tenths(typed, value, band, urgent):
    one = rules.MEASURES["glucose"]
    values = rules.values_of(one, {"fasting": typed})
    assert values == {"fasting": value}
    assert (str(rules.band_of(one, values).name), rules.urgent(one, values)) == (band, urgent)


@pytest.mark.parametrize(
    ("measure", "typed", "band", "urgent"),
    [("ldl", "2.5", "理想水平", False), ("ldl", "2.6", "合适水平", False), ("ldl", "3.4", "边缘升高", False),
     ("ldl", "4.1", "升高", False), ("urate", "359", "达到控制目标", False), ("urate", "420", "高于控制目标", False),
     ("urate", "421", "升高", False), ("mmrc", "1", "症状较少", False), ("mmrc", "2", "症状较多", False),
     ("mmrc", "4", "很重", True)],
)  # fmt: skip
def test_lipids_urate_and_breath_have_their_bands(measure, typed, band, urgent):
    one = rules.MEASURES[measure]
    values = rules.values_of(one, {measure: typed})
    assert (str(rules.band_of(one, values).name), rules.urgent(one, values)) == (band, urgent)


@pytest.mark.parametrize("key", rules.PROGRAMMES)
def test_each_programme_measures_what_it_can_band_and_draw(key):
    one = rules.PROGRAMMES[key]
    measure = rules.MEASURES[one.measure]
    assert one.condition in condition_codes()
    for name, _label, least, most in measure.fields:
        assert measure.bands[name][-1].upper == most + 1
        assert least <= measure.drawn[name][0] < measure.drawn[name][1] <= most
    assert {kind for _day, kind in one.first} >= {rules.TALK, rules.READING, rules.CHECK}


def test_two_decimals_are_refused_with_the_way_out():
    with pytest.raises(Invalid) as refused:
        rules.values_of(rules.MEASURES["ldl"], {"ldl": "2.65"})
    assert "小数点后一位" in refused.value.errors[0].message


@pytest.mark.parametrize("typed", ["", "0.9", "35.1", "7.25", "７", "-7", "1e1", "７.1"])
def test_what_is_no_reading_is_refused(typed):
    with pytest.raises(Invalid):
        rules.values_of(rules.MEASURES["glucose"], {"fasting": typed})


def test_joining_wants_condition_consent_and_the_persons_word(pharmacy):
    person = pharmacy.member()

    def tries(key="hypertension", word=SPOKEN):
        with pytest.raises(Refusal) as refused:
            joined(pharmacy, person, key) if word else None
        return refused.value.code

    assert tries() == "pharmacy_chronic_no_consent"
    agree(pharmacy, person)
    assert tries() == "invalid", "the condition is not noted"
    with pharmacy.unit() as session:
        care.note(session, person, care_rules.condition(today=care.today(), icd10="I11.9"))
    with pharmacy.as_("pharmacist"), pharmacy.unit() as session, pytest.raises(Invalid):
        chronic.enrol(session, person, "hypertension", view_of(session, person), " ")
    joined(pharmacy, person)
    assert tries() == "pharmacy_chronic_twice"
    assert tries("diabetes") == "invalid"
    with pytest.raises(NotFound), pharmacy.as_("pharmacist"), pharmacy.unit() as session:
        chronic.enrol(session, 999, "hypertension", safety.SafetyView(999), SPOKEN)
    with pharmacy.unit("read") as session:
        [row] = session.scalars(select(PharmacyChronic)).all()
        assert b"hypertension" not in row.programme_sealed
        kept = session.scalars(select(AuditEntry).where(AuditEntry.action == "pharmacy.chronic.enrolled")).all()
        assert len(kept) == 1


def test_the_plan_goes_on_and_readings_do_what_is_due(pharmacy):
    with at("2026-11-01 10:00"):
        person = ill(pharmacy)
        joined(pharmacy, person)
        start = date(2026, 11, 1)
        assert points(pharmacy, person)[:2] == [
            (start + timedelta(days=7), "talk"),
            (start + timedelta(days=14), "reading"),
        ]
        with pharmacy.unit("read") as session:
            store = pharmacy.house.pharmacy.store_id
            assert [row.kind for row in chronic.due(session, store, start + chronic.NEAR)] == ["talk"]
            assert chronic.due(session, 1, start + chronic.NEAR) == []
        made = measured(pharmacy, person, 150, 95)
        assert (made.written, str(made.band.name)) == ("150/95", "1 级")
        assert len(points(pharmacy, person)) == 5, "no reading is due yet"
    with at("2026-11-14 10:00"):
        measured(pharmacy, person, 142, 91)
        assert [kind for _day, kind in points(pharmacy, person)] == ["talk", "reading", "reading", "check"]
    with at("2026-12-01 10:00"), pharmacy.as_("pharmacist"), pharmacy.unit() as session:
        for row in chronic.points_of(session, person):
            chronic.do(session, person, row.id, "少盐", "")
        assert [row.kind for row in chronic.points_of(session, person)] == ["reading", "talk", "reading", "check"]
        with pytest.raises(Conflict):
            chronic.do(session, person, chronic.done_of(session, person)[0].id, "", "")
    with at("2026-12-02 10:00"), pharmacy.as_("pharmacist"):
        with pharmacy.unit() as session:
            chronic.leave(session, person, "hypertension", "搬家")
            assert chronic.points_of(session, person) == []
            with pytest.raises(Conflict):
                chronic.read(session, person, "hypertension", {"systolic": "120", "diastolic": "80"}, care.today())
        joined(pharmacy, person)
        with pharmacy.unit("read") as session:
            [row] = chronic.of_person(session, person)
            assert (row.state, row.why, row.from_on) == ("active", None, date(2026, 12, 2))


def test_only_goods_that_may_be_promoted_are_shown(pharmacy):
    person = ill(pharmacy)
    joined(pharmacy, person)
    with pharmacy.as_("pharmacist"), pharmacy.unit() as session:
        point = chronic.points_of(session, person)[0].id
        for code in ("D0001", "D0033"):
            with pytest.raises(Refusal) as refused:
                chronic.do(session, person, point, "", code)
            assert refused.value.code == "pharmacy_not_public"
            assert "广告法第 15 条" in refused.value.message
        with pytest.raises(Invalid):
            chronic.do(session, person, point, "", "NO-SUCH")
        done = chronic.do(session, person, point, "教测血压", "BPM，VITC")
        assert json.loads(done.note)["offered"] == ["BPM", "VITC"]


def test_figures_and_conditions_ask_the_index_alone(pharmacy):
    inside, might, never = ill(pharmacy), ill(pharmacy), pharmacy.member()
    pharmacy.has(never, "hypertension")  # did not agree
    joined(pharmacy, inside)
    with pharmacy.unit("read") as session:
        [pressure, *others] = chronic_audience.figures(session)
        assert (pressure.inside, pressure.might, pressure.more) == (1, 1, False)
        assert [one.programme.key for one in others] == ["diabetes", "lipids", "gout", "copd"]
        assert {(one.inside, one.might) for one in others} == {(0, 0)}
        assert might
    tree = {"fact": "pharmacy.chronic", "op": "any_of", "value": ["hypertension"]}
    here = replace(pharmacy.house.actor(pharmacy.house.pharmacy), plugins=frozenset({"pharmacy"}))
    with acting(here), pharmacy.unit("read") as session:
        assert list(session.scalars(engine.persons(session, lang.parse(tree)))) == [inside]
        assert list(session.scalars(engine.persons(session, lang.parse({**tree, "value": ["diabetes"]})))) == []
        assert engine.offered()["pharmacy.chronic"].health, "it selects for marketing beside the consent alone"


def test_a_person_gets_a_copy_is_erased_and_merged(pharmacy):
    one, two = ill(pharmacy), ill(pharmacy)
    for person in (one, two):
        joined(pharmacy, person)
        measured(pharmacy, person, 131, 82)
    with pharmacy.unit() as session:
        [section] = duties.copy_of(session, one)
        assert any("131/82" in text for _label, text in section.rows)
        duties.merge(session, one, two)
        assert len(chronic.of_person(session, one)) == 1
        assert len(chronic.readings_of(session, one)) == 2
        assert len(chronic.points_of(session, one)) == 5
        assert chronic.of_person(session, two) == []
        duties.erase(session, one)
    with pharmacy.unit("read") as session:
        for model in (PharmacyChronic, PharmacyChronicPoint, PharmacyReading):
            assert session.scalars(select(model)).all() == []


def test_of_two_who_enrol_at_once_one_does(pharmacy):
    person, home = ill(pharmacy), pharmacy.house.pharmacy
    done, refused, start = [], [], threading.Barrier(2)

    def enrols():
        with acting(pharmacy.house.actor(home, "pharmacist")):
            start.wait()
            try:
                with pharmacy.unit() as session:
                    done.append(chronic.enrol(session, person, "hypertension", view_of(session, person), SPOKEN).id)
            except Exception as one:  # the second sees the first, or the unique row refuses it
                refused.append(type(one).__name__)

    threads = [threading.Thread(target=enrols) for _n in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert (len(done), len(refused)) == (1, 1), refused
    assert len(points(pharmacy, person)) == 5


def test_a_model_of_plans_agrees_over_random_steps(pharmacy):
    """An independent model: sets of open points, a cycle that begins anew when the last is done."""
    draw, person = Random(11), ill(pharmacy)
    active, open_, readings = False, [], 0
    with pharmacy.as_("pharmacist"), pharmacy.unit() as session:
        now, view = care.today(), view_of(session, person)
        for step in range(300):
            what = draw.choice(["enrol", "read", "read", "do", "do", "do", "leave"])
            try:
                if what == "enrol":
                    chronic.enrol(session, person, "hypertension", view, SPOKEN)
                    assert not active
                    active, open_ = True, plan(now, rules.PROGRAMMES["hypertension"].first)
                elif what == "leave":
                    if draw.random() < 0.8:
                        continue
                    chronic.leave(session, person, "hypertension", "不想做了")
                    assert active
                    active, open_ = False, []
                elif what == "read":
                    on = now - timedelta(days=draw.randint(0, 20))
                    chronic.read(session, person, "hypertension", {"systolic": "130", "diastolic": "80"}, on)
                    assert active
                    readings += 1
                    waits = [one for one in open_ if one[1] == "reading" and one[0] <= on + timedelta(days=7)]
                    if waits:
                        open_.remove(min(waits))
                else:
                    rows = chronic.points_of(session, person)
                    if not rows:
                        continue
                    row = draw.choice(rows)
                    open_.remove((row.due_on, row.kind))
                    chronic.do(session, person, row.id, "", "")
            except Conflict as refused:
                assert (refused.code == "pharmacy_chronic_twice") == active, step
            if active and not open_:
                open_ = plan(now, rules.PROGRAMMES["hypertension"].again)
            assert sorted((row.due_on, row.kind) for row in chronic.points_of(session, person)) == sorted(open_), step
        found = session.scalars(select(PharmacyReading).where(PharmacyReading.person_id == person)).all()
        assert len(found) == readings


def plan(start, days):
    return [(start + timedelta(days=n), kind) for n, kind in days]


def test_the_pages_as_a_pharmacist_uses_them(embedded):
    person, house = ill(embedded), embedded.house
    app = web_of(house)
    desk, cashier = (Desk(house, app, house.pharmacy, role) for role in ("pharmacist", "front_desk"))
    page = f"/p/pharmacy/members/{person}/chronic"
    assert "没有在慢病项目里" in plain(desk.get(page).text)
    assert desk.post(page, {"programme": "hypertension", "agreed": ""}).status_code == 422
    assert desk.post(page, {"programme": "hypertension", "agreed": SPOKEN}).status_code == 303
    today = care.today().isoformat()
    wrong = desk.post(
        f"{page}/readings", {"programme": "hypertension", "systolic": "80", "diastolic": "90", "on": today}
    )
    assert wrong.status_code == 422
    assert "舒张压应低于收缩压" in plain(wrong.text)
    told = {"programme": "hypertension", "systolic": "182", "diastolic": "96", "on": today}
    assert desk.post(f"{page}/readings", told).status_code == 303
    shown = desk.get(page).text
    assert "182/96" in shown
    assert "需尽快就医" in plain(shown)
    assert "<svg" in shown
    point = re.search(rf"{page}/points/(\d+)", shown).group(1)
    refused = desk.post(f"{page}/points/{point}", {"offered": "D0001"})
    assert refused.status_code == 422
    assert "不能向会员推荐" in alert(refused.text) or "不能向会员推荐" in plain(refused.text)
    assert desk.post(f"{page}/points/{point}", {"note": "少盐", "offered": "BPM"}).status_code == 303
    assert "少盐" in plain(desk.get(page).text)
    void = re.search(r'name="void" value="(\d+)"', shown).group(1)
    assert desk.post(f"{page}/readings", {"void": void}).status_code == 303
    assert "182/96" not in desk.get(page).text
    assert "在项目里" in plain(desk.get("/p/pharmacy/chronic").text)
    assert cashier.get(page).status_code == 403
    assert cashier.get("/p/pharmacy/chronic").status_code == 403
    assert desk.get("/p/pharmacy/members/999/chronic").status_code == 404
    assert desk.post(page, {"act": "leave", "programme": "hypertension", "why": "搬家"}).status_code == 303


def test_the_list_of_a_store_is_walked_by_keyset(embedded, monkeypatch):
    monkeypatch.setattr(chronic, "SHOWN", 2)
    with at("2026-11-01 10:00"):
        people = [ill(embedded) for _n in range(5)]
        for person in people:
            joined(embedded, person)
    with at("2026-11-08 10:00"):
        house = embedded.house
        desk, seen, where = Desk(house, web_of(house), house.pharmacy, "pharmacist"), [], "/p/pharmacy/chronic"
        while where:
            text = desk.get(where).text
            seen += re.findall(r"/p/pharmacy/members/(\d+)/chronic", text)
            found = re.search(r'rel="next" href="([^"]+)"', text)
            where = found.group(1) if found else ""
        assert sorted(map(int, seen)) == sorted(people * 2), "a talk and a reading of each, none twice"
