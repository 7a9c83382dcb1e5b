"""Who agrees for whom: a child's everything, a minor's health and photos, and what a birthday changes (PIPL art. 28, 31)."""

from __future__ import annotations

import datetime as dt

import pytest

from core.care import rules as care_rules
from core.care import services as care
from core.kernel import clock
from core.kernel.errors import Invalid
from core.kernel.tenancy import acting
from core.people import consents
from core.people import services as people
from core.people.consents import Said
from tests.core.desk.desk_kit import Desk, plain, web_of

NOW = dt.datetime(2026, 11, 22, 4, tzinfo=dt.UTC)
BORN_13, BORN_15 = dt.date(2013, 3, 1), dt.date(2011, 3, 1)


@pytest.fixture
def house(installation):
    with clock.frozen_at(NOW), acting(installation.actor(installation.dental)):
        yield installation


def say(house, person, purpose, said=None, granted=True):
    with house.unit() as session:
        row = consents.record(session, people.get(session, person), purpose, granted=granted, said=said)
        session.flush()
        return row.said_by, consents.guardian_words(session, row)


def state(house, person, purpose):
    with house.unit("read") as session:
        found = consents.states_of(session, people.get(session, person))[purpose]
        session.expunge_all()
        return found


def test_a_child_s_everything_and_a_minor_s_health_and_photos_are_a_guardian_s_to_agree_to(house):
    mother = house.enrol("王芳", "13800000001", birth_on=dt.date(1990, 1, 1))
    child = house.enrol("王小宝", None, contact_of=mother, birth_on=BORN_13)
    alone = house.enrol("王大", "13800000002", birth_on=BORN_15)
    assert say(house, child, "marketing_sms") == ("guardian", "王芳")
    assert say(house, alone, "marketing_sms") == ("self", "")
    for purpose in ("health", "photo_record", "photo_education", "photo_publicity"):
        with pytest.raises(Invalid) as refused:
            say(house, alone, purpose)
        assert refused.value.code == "guardian_required" and "未满 18 岁" in refused.value.message
        assert say(house, alone, purpose, Said(guardian_name="王父", relation="father"))[1] == "王父（父亲）"
        assert say(house, alone, purpose, Said(), granted=False)[0] == "self"  # to take back is always one's own
    with pytest.raises(Invalid) as refused:
        say(house, child, "health", Said(guardian_id=alone))
    assert "成年人" in refused.value.errors[0].message


def test_an_allergy_is_kept_before_any_guardian_was_asked(house):
    teen = house.enrol("王大", "13800000002", birth_on=BORN_15)
    with house.unit() as session:
        assert care.note(session, teen, care_rules.allergy(today=care.today(), text="芒果")).emergency
    say(house, teen, "health", Said(guardian_name="王父", relation="father"))
    with house.unit() as session:
        assert not care.note(session, teen, care_rules.allergy(today=care.today(), text="花生")).emergency


def test_a_birthday_asks_anew_and_ends_nothing(house):
    """At fourteen one speaks for oneself, at eighteen of health and photos too; the guardian's word counts until then."""
    mother = house.enrol("王芳", "13800000001", birth_on=dt.date(1990, 1, 1))
    child = house.enrol("王小宝", None, contact_of=mother, birth_on=BORN_13)
    for purpose in ("marketing_sms", "health"):
        say(house, child, purpose)
    for day, outgrown in (
        (dt.date(2027, 2, 28), (False, False)), (dt.date(2027, 3, 1), (True, False)), (dt.date(2031, 3, 1), (True, True)),
    ):  # fmt: skip
        with clock.frozen_at(dt.datetime(day.year, day.month, day.day, 4, tzinfo=dt.UTC)):
            found = [state(house, child, one) for one in ("marketing_sms", "health")]
            assert tuple(one.outgrown for one in found) == outgrown, day
            assert all(one.good for one in found)
    with clock.frozen_at(dt.datetime(2031, 3, 1, 4, tzinfo=dt.UTC)):
        assert say(house, child, "health") == ("self", "")
        assert not state(house, child, "health").outgrown


def test_the_page_asks_for_the_guardian_and_for_one_s_own_word_later(house):
    desk = Desk(house, web_of(house), house.dental, "front_desk")
    teen = house.enrol("王大", "13800000002", birth_on=BORN_15)
    page = f"/members/{teen}/consents/health"
    assert "监护人（必填）" in plain(desk.get(page).text)
    assert "监护人（必填）" not in plain(desk.get(f"/members/{teen}/consents/marketing_sms").text)
    refused = desk.post(page, {"granted": "1", "method": "staff_attested"})
    assert refused.status_code == 422 and "须由监护人同意" in plain(refused.text)
    said = {"granted": "1", "method": "paper", "guardian_name": "王父", "relation": "father"}
    assert desk.post(page, said).status_code == 303
    assert "监护人 王父（父亲）" in plain(desk.get(f"/members/{teen}/consents").text)
    assert "监护人 王父（父亲）" in plain(desk.get(page + "/sheet").text)
    with clock.frozen_at(dt.datetime(2029, 3, 1, 4, tzinfo=dt.UTC)):
        later = Desk(house, web_of(house), house.dental, "front_desk")
        assert "请本人确认" in plain(later.get(f"/members/{teen}/consents").text)
        text = plain(later.get(page).text)
        assert "监护人以前替本人同意" in text and "确认撤回" in text and "已同意，记录" in text
        assert later.post(page, {"granted": "1", "method": "staff_attested"}).status_code == 303
        assert "请本人确认" not in plain(later.get(f"/members/{teen}/consents").text)
