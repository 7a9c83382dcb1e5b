"""Physio's treatments, range of motion, home exercises, suggestions, report and facts; the further instruments."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from core.hooktypes import CourseView, PersonView
from core.kernel import clock
from core.kernel.errors import Invalid, NotFound, Refusal
from core.people import services as people
from plugins.physio import entries, exercises, instruments, motion, suggestions, treatments
from plugins.physio.instruments import LEFS, NDI, PSFS, QUICKDASH, RMDQ
from tests.core.desk.desk_kit import plain
from tests.plugin_kit import A, B, empty_database, make_bench  # noqa: F401

DAY = date(2026, 3, 2)
FORM = {"on": "2026-03-02", "region": "lumbar", "side": "both", "modality": ["moxibustion_cupping", "manipulation"],
        "minutes_moxibustion_cupping": "20", "dose_moxibustion_cupping": "温和灸", "before": "7", "after": "4"}  # fmt: skip


# -- the rules -------------------------------------------------------------------------------------


def test_the_further_instruments_score_as_published():
    assert NDI.show(NDI.score([2, 1, 2, 1, 2, 1, 2, 1, 2, 1])) == "30%"  # 15 of 50
    assert str(NDI.band(3000)) == "中度"
    assert QUICKDASH.score([3] * 11) == 5000
    assert QUICKDASH.score([3] * 9 + [None] * 2) is None  # ten of eleven are needed
    assert LEFS.score([4] * 20) == 8000
    assert LEFS.score([4] * 19 + [None]) is None
    assert PSFS.score([3, 4, 6, None, None]) == 433  # mean 4.33 of three activities
    assert PSFS.score([3, 4, None, None, None]) is None
    assert RMDQ.score([1] * 12 + [0] * 12) == 1200


def test_where_more_is_better_a_rise_is_the_improvement():
    assert LEFS.important(4000, 4900) == 1
    assert LEFS.important(4900, 4000) == -1
    assert LEFS.important(4000, 4800) == 0  # eight points
    assert PSFS.important(300, 500) == 1
    assert RMDQ.important(1200, 700) == 1


def read(**changed):
    form = {**FORM, **changed}
    return treatments.read({k: v for k, v in form.items() if isinstance(v, str)}, form["modality"])


def test_a_treatment_is_read_kept_and_opened_alike():
    one = read(response="better", note="腰松了", plan="加手法")
    assert one.modalities == (("moxibustion_cupping", 20, "温和灸"), ("manipulation", None, ""))
    assert treatments.of_plain(one.to_plain()) == one
    assert one.responder  # B50: 7 to 4
    assert not read(after="6").responder
    assert not read(before="").responder


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"modality": []}, "modality"),
        ({"modality": ["magic"]}, "modality"),
        ({"region": "nose"}, "region"),
        ({"before": "11"}, "before"),
        ({"minutes_moxibustion_cupping": "999"}, "minutes_moxibustion_cupping"),
        ({"response": "adverse"}, "note"),
    ],
)
def test_a_wrong_treatment_names_its_field(changed, field):
    with pytest.raises(Invalid) as refused:
        read(**changed)
    assert refused.value.errors[0].field == field


def test_degrees_stand_against_what_is_normal():
    way, found = motion.read({"way": "active", "knee_flexion_left": "90", "knee_flexion_left_pain": "1"})
    assert (way, found[0].normal, found[0].percent, found[0].pain) == ("active", 135, 66, True)
    assert motion.of_plain(motion.to_plain(way, found)) == (way, found)
    for form in ({"way": "active"}, {"way": "active", "knee_flexion_left": "900"}, {"knee_flexion_left": "90"}):
        with pytest.raises(Invalid):
            motion.read(form)


def test_exercises_are_few_and_counted():
    [task] = exercises.read({"sets_bridge": "2", "times_bridge": "8"}, ["bridge"])
    assert (task.name, task.sets, task.times) == ("臀桥", 2, 8)
    for form, chosen in (({}, []), ({}, list(exercises.EXERCISES)[:9]), ({"sets_bridge": "0"}, ["bridge"])):
        with pytest.raises(Invalid):
            exercises.read(form, chosen)


def went(*pains, start=DAY):
    return [(start + timedelta(days=3 * n), read(before=str(pain))) for n, pain in enumerate(pains)]


def kinds(*args, **more):
    return [one.kind for one in suggestions.suggest(*args, **more)]


def test_who_does_not_get_better_is_assessed_again_and_not_sold_a_course():
    today, course = DAY + timedelta(days=16), [CourseView("MOXA10", "艾灸", 2, 10)]
    better = suggestions.Course(went(8, 7, 6, 5, 4, 3), DAY + timedelta(days=14))
    assert kinds(better, course, today, 6) == ["renew"]
    stuck = suggestions.Course(went(8, 8, 7, 8, 7, 7), DAY + timedelta(days=14))
    assert kinds(stuck, course, today, 6) == ["reassess"]


def test_every_six_treatments_want_an_assessment_and_who_stays_away_is_called():
    done = went(8, 7, 6, 5, 4, 3)
    assert kinds(suggestions.Course(done, None), [], DAY, 6) == ["reassess"]
    assert kinds(suggestions.Course(done[:5], None), [], DAY, 6) == []
    many = [CourseView("MOXA10", "艾灸", 5, 10, DAY + timedelta(days=40))]
    away = done[-1][0] + timedelta(days=14)
    assert kinds(suggestions.Course(done[:5], None), many, done[4][0] + timedelta(days=13), 6) == ["ending"]
    assert "return" in kinds(suggestions.Course(done[:5], None), many, away, 6)


def test_shares_count_people_once_and_only_what_was_measured():
    rows = [(1, read()), (1, read(after="7")), (2, read(before=""))]
    moxa = next(one for one in treatments.shares(rows) if one.code == "moxibustion_cupping")
    assert (moxa.treatments, moxa.people, moxa.measured, moxa.mean_fall, moxa.responders) == (3, 2, 2, 150, 1)


# -- the franchise ---------------------------------------------------------------------------------


@pytest.fixture
def bench(make_bench):  # noqa: F811
    made = make_bench()
    made.switch("physio", True)
    return made


def enrol(bench, franchise=A, consent=True, phone="13800005052"):
    with bench.unit(franchise) as session:
        person = people.enrol(session, people.NewPerson("王芳", phone=phone))
        if consent:
            people.consent(session, person, "health", granted=True)
        return person.id


def page_of(bench, person, role="clinician"):
    return plain(bench.client(role=role).get(f"/p/physio/members/{person}").text)


def test_a_treatment_by_the_form_stands_on_the_page_and_fills_the_next_form(bench):
    one = enrol(bench)
    client, path = bench.client(role="clinician"), f"/p/physio/members/{one}/treatment"
    assert client.post(path, data=FORM).status_code == 303
    told = page_of(bench, one)
    assert "艾灸与拔罐 20 分钟 温和灸 · 手法推拿" in told
    assert "疼痛 7 → 4 有效" in told
    form = client.get(path).text
    assert "已按上次填好" in plain(form)
    assert re.search(r'name="minutes_moxibustion_cupping"[^>]*value="20"', form)
    assert not re.search(r'name="before" value="7" checked', form)
    wrong = client.post(path, data={**FORM, "before": "12", "note": "还在这里"})
    assert wrong.status_code == 422
    assert "还在这里" in wrong.text
    assert bench.client(role="front_desk").get(path).status_code == 403
    assert bench.client(B, "clinician").get(path).status_code == 404


def test_without_consent_nothing_is_kept(bench):
    one = enrol(bench, consent=False)
    answer = bench.client(role="clinician").post(f"/p/physio/members/{one}/treatment", data=FORM)
    assert answer.status_code == 409 or answer.status_code == 422
    assert "还没有同意记录健康信息" in plain(answer.text)
    with bench.unit() as session, pytest.raises(Refusal):
        entries.write(session, one, entries.SESSION, DAY, read().to_plain())


def test_a_correction_keeps_what_stood_before_and_says_why(bench):
    one = enrol(bench)
    client, path = bench.client(role="clinician"), f"/p/physio/members/{one}/treatment"
    client.post(path, data=FORM)
    with bench.unit() as session:
        [(first, _what)] = entries.treatments_of(session, one)
    again = {**FORM, "after": "2", "replaces": str(first.row.chain)}
    assert client.post(path, data=again).status_code == 422
    assert client.post(path, data={**again, "why": "记反了"}).status_code == 303
    with bench.unit() as session:
        [(last, what)] = entries.treatments_of(session, one)
        assert (last.row.revision, what.after, last.row.why) == (2, 2, "记反了")
        with pytest.raises(NotFound):
            entries.newest(session, one, entries.ROM, last.row.chain)
        with pytest.raises(Invalid):
            entries.write(session, one, entries.SESSION, date(2999, 1, 1), what.to_plain())


def test_motion_and_exercises_by_their_forms_and_the_sheet_for_home(bench):
    one = enrol(bench)
    client = bench.client(role="clinician")
    base = f"/p/physio/members/{one}"
    data = {"on": "2026-03-02", "way": "active", "lumbar_flexion_middle": "45", "lumbar_flexion_middle_pain": "1"}
    assert client.post(f"{base}/motion", data=data).status_code == 303
    assert "腰 前屈 痛 45° / 60°" in page_of(bench, one)
    assert client.get(f"{base}/exercises/sheet").status_code == 422
    data = {"on": "2026-03-02", "exercise": ["bridge"], "sets_bridge": "2", "times_bridge": "8"}
    assert client.post(f"{base}/exercises", data=data).status_code == 303
    sheet = plain(client.get(f"{base}/exercises/sheet").text)
    assert "臀桥" in sheet
    assert "2 组 × 8 次" in sheet
    assert client.post(f"{base}/motion", data={"on": "x", "way": "active"}).status_code == 422


def test_the_report_hides_groups_of_fewer_than_five(bench):
    for n in range(5):
        one = enrol(bench, phone=f"1380000600{n}")
        with bench.unit() as session:
            today = clock.today("Asia/Shanghai")
            entries.write(session, one, entries.SESSION, today, read().to_plain())
            if n == 0:
                entries.write(session, one, entries.SESSION, today, read(modality=["traction"]).to_plain())
    told = plain(bench.client(role="manager").get("/p/physio/report").text)
    assert "近 90 天 · 6 次治疗 · 5 人" in told
    assert "艾灸与拔罐 5 5 −3 100%" in told
    assert "牵引 1 少于 5 人不显示" in told
    assert bench.client(role="clinician").get("/p/physio/report").status_code == 403


def test_home_and_panel_say_who_is_due_without_a_score(bench):
    one = enrol(bench)
    with bench.unit() as session:
        today = clock.today("Asia/Shanghai")
        for n in range(6):
            entries.write(session, one, entries.SESSION, today - timedelta(days=n), read().to_plain())
        assert entries.due(session, today, 6) == [(one, 6)]
        assert entries.due(session, today, 7) == []
    home = bench.call("home_cards")[0].value.data
    assert (home["today"], [(person.name, n) for person, n in home["due"]]) == (1, [("王芳", 6)])
    panel = bench.call("person_panels", person=PersonView(one, "王芳"))[0].value.data
    assert [todo.kind for todo in panel["todo"]] == ["reassess"]


def test_a_copy_an_erasure_and_a_merge_take_them_along(bench):
    from tests.plugins.test_physio import duty

    one, other = enrol(bench), enrol(bench, phone="13800005053")
    with bench.unit() as session:
        entries.write(session, one, entries.SESSION, DAY, read(note="腰松了").to_plain())
    section = duty(bench, "personal_data", person_id=one)[0].value
    assert any("NRS 7 → 4" in str(value) and "腰松了" in str(value) for _key, value in section.rows)
    duty(bench, "merge_people", winner_id=other, loser_id=one)
    with bench.unit() as session:
        assert len(entries.treatments_of(session, other)) == 1
    duty(bench, "erase_person", person_id=other, mode="erase")
    with bench.unit() as session:
        assert entries.treatments_of(session, other) == []


def test_every_instrument_can_be_entered(bench):
    one = enrol(bench)
    client = bench.client(role="clinician")
    for key, instrument in instruments.ALL.items():
        answers = {f"a{n}": str(instrument.low) for n in range(1, instrument.items + 1)}
        posted = client.post(f"/p/physio/members/{one}/assess/{key}", data={"on": "2026-03-02", **answers})
        assert posted.status_code == 303, (key, plain(posted.text))
    assert page_of(bench, one).count("分越高越好。") == 2
