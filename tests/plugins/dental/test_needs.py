"""The segments that dental brings ready made: who is in, and for each rule the one who is not."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from core.cards import services as cards
from core.care import rules as care_rules
from core.care import services as care
from core.catalog import services as catalog
from core.kernel.tenancy import acting
from core.people import services as people
from core.programme import conditions as lang
from core.programme import facts as engine
from core.sdk import Event
from core.segments import ready, services
from core.segments.models import Segment
from plugins.dental import chart, fold, recalls, summaries
from plugins.dental.chart import Entry
from tests.installation import at

GROWN, CHILD = date(1990, 1, 1), date(2019, 1, 1)
LOST = Entry("36", "missing", cause="caries")


@pytest.fixture
def clinic(installation):
    with at("2026-11-20 10:00"), acting(installation.actor(installation.dental, "owner")):
        installation.made = {}
        yield installation


def person(clinic, name, birth=GROWN, *, consent=False, guardian=None):
    if birth > date(2012, 11, 20) and guardian is None:  # a child has somebody who answers for them
        guardian = clinic.enrol("监护人", f"138000053{len(clinic.made):02d}", birth_on=GROWN)
    phone = None if guardian else f"138000052{len(clinic.made):02d}"
    made = clinic.enrol(name, phone, birth_on=birth, contact_of=guardian)
    clinic.made[made] = name
    if consent:
        with clinic.unit() as session:
            people.consent(session, people.get(session, made), "health", granted=True, evidence="单")
    return made


def noted(clinic, member, on, *entries):
    with acting(clinic.actor(clinic.dental, "clinician")), clinic.unit() as session:
        chart.note(session, member, list(entries), on)


def sold(clinic, member, *codes, on="2026-06-01"):
    with at(f"{on} 10:00"):
        return clinic.sell(member, *codes)


def inside(clinic, code):
    """Return the names of those in a ready-made segment."""
    with clinic.unit("read") as session:
        tree = lang.from_text(session.scalar(select(Segment.tree).where(Segment.code == code)))
        return {clinic.made[one] for one in session.scalars(engine.persons(session, tree)) if one in clinic.made}


def test_they_are_kept_once_lawful_and_then_the_franchises_own(clinic):
    with clinic.unit() as session:
        found = {row.code: row for row in session.scalars(select(Segment))}
        ours = ("CHILD", "IMPLANT", "RETAINER", "SEALANT", "SPT", "WHITEN")
        assert sorted(found) == [f"DENTAL-{one}" for one in ours]
        for row in found.values():
            services.checked(session, services.condition_of(row), row.purpose, row.code)
        text = "segments: [{code: DENTAL-CHILD, name: 另一个, purpose: care, condition: {fact: age, op: ge, value: 1}}]"
        assert ready.ready_segments(session, text) == []
        assert found["DENTAL-CHILD"].name == "家有不满 12 岁孩子的家长"
    with acting(clinic.actor(clinic.pharmacy, "owner")), clinic.unit("read") as session:
        assert session.scalars(select(Segment)).all() == []


def test_s0_08_whitening_for_well_adults_with_a_filling(clinic):
    named = {name: person(clinic, name) for name in ("可推", "做过美白", "有龋", "牙周炎", "妊娠", "没补过")}
    named["未成年"] = person(clinic, "未成年", date(2009, 1, 1))
    for name, member in named.items():
        if name != "没补过":
            sold(clinic, member, "F-RESIN")
    sold(clinic, named["做过美白"], "WHITEN")
    noted(clinic, named["有龋"], date(2026, 6, 1), Entry("16", "caries", "O"))
    with acting(clinic.actor(clinic.dental, "clinician")), clinic.unit() as session:
        expecting = care_rules.physiology(today=date(2026, 11, 20), state="pregnancy", value="yes")
        care.note(session, named["妊娠"], expecting)
        summaries.refresh(session, named["牙周炎"], [])
        summaries.of(session, named["牙周炎"]).stage = 2
    assert inside(clinic, "DENTAL-WHITEN") == {"可推"}
    noted(clinic, named["有龋"], date(2026, 6, 2), Entry("16", "filling", "O", fold.DONE))
    assert inside(clinic, "DENTAL-WHITEN") == {"可推", "有龋"}  # treated since


def test_a_retainer_after_orthodontics(clinic):
    for name, codes in (("正畸", ["ORTHO"]), ("有保持器", ["ORTHO", "RETAINER"]), ("没正畸", ["CLEAN"])):
        sold(clinic, person(clinic, name), *codes)
    assert inside(clinic, "DENTAL-RETAINER") == {"正畸"}


def test_an_implant_after_three_months_without_a_prosthesis_and_by_consent_alone(clinic):
    cases = {
        "可谈": [(date(2026, 8, 22), LOST)], "刚拔": [(date(2026, 8, 23), LOST)],
        "外伤": [(date(2026, 1, 1), Entry("36", "missing", cause="trauma"))],
        "已修复": [(date(2026, 1, 1), LOST), (date(2026, 9, 1), Entry("36", "implant", kind=fold.DONE))],
        "智齿": [(date(2026, 1, 1), Entry("38", "missing", cause="caries"))],
    }  # fmt: skip
    for name, entries in cases.items():
        member = person(clinic, name, consent=True)
        for on, entry in entries:
            noted(clinic, member, on, entry)
    noted(clinic, person(clinic, "未同意"), date(2026, 1, 1), LOST)
    noted(clinic, person(clinic, "孩子", CHILD, consent=True), date(2026, 1, 1), LOST)
    assert inside(clinic, "DENTAL-IMPLANT") == {"可谈"}


def test_a_sealant_from_six_to_nine_where_a_first_molar_is_sound(clinic):
    sound, day = Entry("16", "sound"), date(2026, 11, 1)
    born = {
        "六岁": date(2020, 11, 20), "差一天六岁": date(2020, 11, 21), "九岁": date(2016, 11, 21),
        "十岁": date(2016, 11, 20),
    }  # fmt: skip
    for name, birth in born.items():
        noted(clinic, person(clinic, name, birth, consent=True), day, sound)
    noted(clinic, person(clinic, "有龋", CHILD, consent=True), day, Entry("16", "caries", "O"))
    noted(clinic, person(clinic, "已封闭", CHILD, consent=True), day, sound, Entry("16", "sealant", "O", fold.DONE))
    noted(clinic, person(clinic, "未同意", CHILD), day, sound)
    person(clinic, "没检查", CHILD, consent=True)
    assert inside(clinic, "DENTAL-SEALANT") == {"六岁", "九岁"}


def test_s0_20_parents_of_a_child_under_twelve(clinic):
    for parent, child, birth in (("家长", "十一岁", date(2014, 11, 21)), ("大孩家长", "十二岁", date(2014, 11, 20))):
        holder = person(clinic, parent)
        sold(clinic, holder, "CARD-FAMILY")
        with clinic.unit() as session:
            card = next(one for one in cards.cards_of(session, [holder])[holder] if one.seats > 1)
        kid = person(clinic, child, birth, guardian=holder)
        with clinic.unit() as session:
            cards.seat(session, cards.get(session, card.id), people.get(session, kid), "child")
    assert inside(clinic, "DENTAL-CHILD") == {"家长"}


def test_supportive_care_that_is_due(clinic):
    with clinic.unit() as session:
        catalog.add(session, "SCALE", "龈下刮治", "service", 10_000, attributes={"dental.category": "periodontics"})
    for name, on in (("到期", "2026-05-20"), ("未到期", "2026-05-21")):
        done = sold(clinic, person(clinic, name), "SCALE", on=on)
        with clinic.unit() as session:
            recalls.heard(session, Event("order.paid", 0, {"order_id": done.order_id}))
    sold(clinic, person(clinic, "洗牙"), "CLEAN", on="2026-01-01")
    assert inside(clinic, "DENTAL-SPT") == {"到期"}


def test_the_same_on_both_databases(any_installation):
    house = any_installation
    with at("2026-11-20 10:00"), acting(house.actor(house.dental, "owner")):
        house.made = {}
        noted(house, person(house, "可谈", consent=True), date(2026, 8, 22), LOST)
        noted(house, person(house, "未同意"), date(2026, 8, 22), LOST)
        assert inside(house, "DENTAL-IMPLANT") == {"可谈"}
        assert inside(house, "DENTAL-CHILD") == inside(house, "DENTAL-SEALANT") == set()
