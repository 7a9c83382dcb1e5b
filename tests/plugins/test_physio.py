"""The physio plugin: B48, B49, B50, its record page, entry by keyboard, corrections, contraindications."""

from __future__ import annotations

import re
from datetime import date

import pytest
from sqlalchemy import func, select

from core.hooktypes import BasketView, LineView, PersonView, hook_context
from core.kernel.errors import Invalid, NotFound, Refusal
from core.kernel.models import AuditEntry
from core.people import services as people
from plugins.physio import contraindications, instruments, records
from plugins.physio.instruments import DASH, NRS, ODI
from plugins.physio.models import PhysioAssessment
from tests.core.desk.desk_kit import plain
from tests.plugin_kit import A, B, empty_database, make_bench  # noqa: F401

SUM_22 = [3, 2, 2, 3, 2, 2, 2, 2, 2, 2]
SUM_30 = [3] * 10


# -- the scores ------------------------------------------------------------------------------------


def test_b48_odi_is_severe_and_the_change_from_sixty_is_important():
    assert sum(SUM_22) == 22
    score = ODI.score(SUM_22)
    assert ODI.show(score) == "44%"
    assert str(ODI.band(score)) == "重度"
    moved = instruments.change(ODI, ODI.score(SUM_30), score)
    assert (ODI.show(ODI.score(SUM_30)), moved.by, moved.important) == ("60%", -1600, 1)
    assert instruments.change(ODI, 6000, 5001).important == 0
    assert instruments.change(ODI, 4000, 5000).important == -1


def test_b48_a_section_left_out_is_left_out_of_the_whole():
    assert ODI.score([*SUM_22[:9], None]) == 4444  # 20 of 45
    assert ODI.score([5] * 9 + [None]) == 10000
    assert ODI.score([None] * 10) is None


@pytest.mark.parametrize(
    ("score", "band"),
    [
        (0, "轻度"),
        (2000, "轻度"),
        (2001, "中度"),
        (4000, "中度"),
        (4100, "重度"),
        (6000, "重度"),
        (8000, "残疾"),
        (10000, "卧床"),
    ],
)
def test_b48_bands(score, band):
    assert str(ODI.band(score)) == band


def test_b49_dash():
    answers = [3] * 15 + [2] * 15
    assert sum(answers) == 75
    assert DASH.show(DASH.score(answers)) == "37.5"
    assert DASH.score([3] * 26 + [None] * 4) is None
    assert DASH.score([3] * 27 + [None] * 3) == 5000


def test_b50_nrs_responder():
    moved = instruments.change(NRS, NRS.score([7]), NRS.score([4]))
    assert (moved.by, moved.percent, moved.important) == (-300, 43, 1)
    assert instruments.change(NRS, 800, 600).important == 0  # 25 %
    assert instruments.change(NRS, 200, 100).important == 0  # one point
    assert instruments.change(NRS, 0, 200).important == -1
    assert instruments.change(NRS, None, 200) is None


def test_answers_are_read_in_one_go_or_box_by_box():
    assert instruments.read(ODI, "3 2 2 3 2 2 2 2 2 -", []) == [3, 2, 2, 3, 2, 2, 2, 2, 2, None]
    assert instruments.read(NRS, "", ["10"]) == [10]
    assert instruments.read(ODI, "", ["5", "", "-"]) == [5, None, None] + [None] * 7
    for quick, typed, field in (
        ("222", [], "quick"),
        ("6222222222", [], "a1"),
        ("", ["", "9"], "a2"),
        ("", [], "quick"),
    ):
        with pytest.raises(Invalid) as refused:
            instruments.read(ODI, quick, typed)
        assert refused.value.errors[0].field == field


def test_the_table_of_contraindications_is_sound():
    for modality, condition in contraindications.TABLE:
        assert condition in contraindications.CONDITIONS, modality
    assert {
        m for m, _l in __import__("plugins.physio.attributes", fromlist=["x"]).MODALITIES
    } >= contraindications.ASKED_FOR
    found = contraindications.against("electrotherapy", {"metal_implant", "pacemaker", "raynaud"})
    assert [(one.condition, one.severity) for one in found] == [("pacemaker", "major"), ("metal_implant", "moderate")]
    assert contraindications.against("exercise", set(contraindications.CONDITIONS)) == []


# -- the franchise ---------------------------------------------------------------------------------


@pytest.fixture
def bench(make_bench):  # noqa: F811
    made = make_bench()
    made.switch("physio", True)
    return made


def enrol(bench, franchise=A, consent=True):
    with bench.unit(franchise) as session:
        person = people.enrol(session, people.NewPerson("王芳", phone="13800005052"))
        if consent:
            people.consent(session, person, "health", granted=True)
        return person.id


def line(modality, n=1, person=None):
    return LineView(n, n, "X", "理疗", 1, 10_000, 10_000, {"physio.modality": modality}, person)


def findings(bench, *lines, payer=None):
    answers = bench.call("checkout_checks", basket=BasketView(payer, lines))
    return [(a.value.code, a.value.severity, a.value.line, a.value.override) for a in answers]


def test_modalities_are_checked_against_what_the_person_treated_was_found_to_have(bench):
    one, other = enrol(bench), None
    with bench.unit() as session:
        other = people.enrol(session, people.NewPerson("李雷", phone="13800005053")).id
        records.screen(session, one, ["pacemaker", "anticoagulant"])
        records.screen(session, other, [])
    basket = (line("electrotherapy"), line("acupuncture", 2), line("electrotherapy", 3, other), line("exercise", 4))
    assert findings(bench, *basket, payer=one) == [
        ("physio.contraindicated", "major", 1, "physio.override"), ("physio.caution", "moderate", 2, None),
    ]  # fmt: skip
    with bench.unit() as session:
        records.screen(session, one, ["raynaud"])
    assert findings(bench, *basket, payer=one) == []


def test_who_was_never_asked_is_said_not_to_be_checked(bench):
    one = enrol(bench)
    assert findings(bench, line("traction"), payer=one) == [("physio.not_screened", "info", 1, None)]
    assert findings(bench, line("traction"), payer=None) == []
    assert findings(bench, line("assessment"), payer=one) == []


def test_an_assessment_wants_consent_a_day_and_its_correction_a_reason(bench):
    one = enrol(bench, consent=False)
    with bench.unit() as session, pytest.raises(Refusal) as refused:
        records.assess(session, one, ODI, date(2026, 3, 2), SUM_22)
    assert refused.value.code == "physio_no_consent"
    with bench.unit() as session:
        people.consent(session, people.get(session, one), "health", granted=True)
        with pytest.raises(Invalid):
            records.assess(session, one, ODI, date(2999, 1, 1), SUM_22)
        first = records.assess(session, one, ODI, date(2026, 3, 2), SUM_30)
        with pytest.raises(Invalid):
            records.assess(session, one, ODI, date(2026, 3, 2), SUM_22, replaces=first.chain)
        with pytest.raises(NotFound):
            records.assess(session, one, DASH, date(2026, 3, 2), [3] * 30, replaces=first.chain, why="看错了")
        records.assess(session, one, ODI, date(2026, 3, 2), SUM_22, replaces=first.chain, why="看错了")
    with bench.unit() as session:
        [counts] = records.assessments(session, one)["odi"]
        assert (counts.score, counts.row.revision, counts.row.why) == (4400, 2, "看错了")
        assert session.scalar(select(func.count(PhysioAssessment.id))) == 2
        assert b"answers" not in counts.row.record_sealed


def page_of(bench, person, role="clinician"):
    return bench.client(role=role).get(f"/p/physio/members/{person}")


def test_the_page_shows_scores_bands_change_chart_and_every_look_is_audited(bench):
    one = enrol(bench)
    client = bench.client(role="clinician")
    for day, quick in (("2026-03-02", "3333333333"), ("2026-04-02", "3223222222")):
        answer = client.post(f"/p/physio/members/{one}/assess/odi", data={"on": day, "quick": quick})
        assert answer.status_code == 303, plain(answer.text)
    for day, pain in (("2026-03-02", "7"), ("2026-04-02", "4")):
        assert client.post(f"/p/physio/members/{one}/assess/nrs", data={"on": day, "a1": pain}).status_code == 303
    client.post(f"/p/physio/members/{one}/assess/dash", data={"on": "2026-04-02", "quick": "3" * 26 + "----"})
    page = page_of(bench, one).text
    told = plain(page)
    for words in ("44%", "重度", "比第一次 −16 分（27%） 有意义的好转", "−3 分（43%） 有意义的好转", "Ostelo 2008", "Farrar 2001",
                  "答了 26 / 30 题，不计分"):  # fmt: skip
        assert words in told, words
    assert page.count('class="c1" viewBox') == 2
    assert "60%" in told
    with bench.unit() as session:
        reads = session.scalar(select(func.count(AuditEntry.id)).where(AuditEntry.action == "care.read"))
    assert reads >= 1
    assert page_of(bench, one, "front_desk").status_code == 403
    assert bench.client(B, "clinician").get(f"/p/physio/members/{one}").status_code == 404


def test_a_wrong_entry_keeps_what_was_typed_and_names_the_item(bench):
    one = enrol(bench)
    path = f"/p/physio/members/{one}/assess/odi"
    answer = bench.client(role="clinician").post(path, data={"on": "2026-03-02", "a1": "3", "a2": "9"})
    assert answer.status_code == 422
    assert "第 2 题只能填 0 到 5" in plain(answer.text)
    assert re.search(r'name="a1" value="3"', answer.text)
    assert bench.client(role="clinician").get(f"/p/physio/members/{one}/assess/none").status_code == 404
    form = bench.client(role="clinician").get(path)
    assert form.text.count('name="a') == 10


def test_a_correction_is_a_further_revision(bench):
    one = enrol(bench)
    client = bench.client(role="clinician")
    client.post(f"/p/physio/members/{one}/assess/nrs", data={"on": "2026-03-02", "a1": "7"})
    link = re.search(r'href="([^"]*replaces=(\d+))"', page_of(bench, one).text)
    assert 'value="7"' in client.get(link.group(1).replace("&amp;", "&")).text
    data = {"on": "2026-03-02", "a1": "5", "replaces": link.group(2)}
    assert client.post(f"/p/physio/members/{one}/assess/nrs", data=data).status_code == 422
    assert client.post(f"/p/physio/members/{one}/assess/nrs", data={**data, "why": "看错了"}).status_code == 303
    assert "更正过 看错了" in plain(page_of(bench, one).text)


def test_screening_is_saved_without_consent_and_nothing_must_be_said(bench):
    one = enrol(bench, consent=False)
    client = bench.client(role="clinician")
    path = f"/p/physio/members/{one}/screening"
    assert client.post(path, data={}).status_code == 422
    assert client.post(path, data={"found": "unknown"}).status_code == 422
    assert client.post(path, data={"found": ["pacemaker", "fracture"]}).status_code == 303
    assert "心脏起搏器或植入式除颤器" in plain(page_of(bench, one).text)
    assert client.post(path, data={"none": "1"}).status_code == 303
    with bench.unit() as session:
        assert records.screening(session, one)[1] == frozenset()


def test_the_panel_tells_days_never_scores(bench):
    from flask import render_template

    one = enrol(bench)
    with bench.unit() as session:
        records.assess(session, one, NRS, date(2026, 3, 2), [7])
    data = bench.call("person_panels", person=PersonView(one, "王芳"))[0].value.data
    with bench.app().test_request_context("/"):
        bench.app().preprocess_request()
        told = plain(render_template("physio/panel.html", panel=data))
    assert "1 次，最近 2026-03-02" in told
    assert "没有做过" in told
    assert "7" not in told.replace("2026", "")


def duty(bench, hook, **arguments):
    """Ask what holds of every installed plugin, on or off."""
    with bench.unit() as session:
        return bench.host.call_installed(hook, hook_context(session), **arguments)


def test_a_copy_an_erasure_and_a_merge_take_the_records_along(bench):
    one, other = enrol(bench), None
    with bench.unit() as session:
        other = people.enrol(session, people.NewPerson("李雷", phone="13800005053")).id
        records.assess(session, one, ODI, date(2026, 3, 2), SUM_22)
        records.screen(session, one, ["pacemaker"])
    section = duty(bench, "personal_data", person_id=one)[0].value
    assert ("ODI 2026-03-02", "44%") in [(str(k), v) for k, v in section.rows]
    duty(bench, "merge_people", winner_id=other, loser_id=one)
    with bench.unit() as session:
        assert records.assessments(session, other)["odi"][0].score == 4400
        assert records.screening(session, other)[1] == {"pacemaker"}
    duty(bench, "erase_person", person_id=other, mode="erase")
    with bench.unit() as session:
        assert records.days(session, other) == {}
        assert records.screening(session, other) is None
