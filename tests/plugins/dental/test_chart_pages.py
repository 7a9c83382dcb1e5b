"""The chart on screen: noted by form and by what is typed, looked at in the past, taken back; nothing foreign."""

from __future__ import annotations

import gzip
import re
from datetime import date

import pytest
from sqlalchemy import func, select

from core.kernel.models import AuditEntry
from core.kernel.tenancy import acting
from plugins.dental import chart, exams, fold, teeth
from plugins.dental.chart import Entry
from plugins.dental.demo import DEMO
from plugins.dental.perio import SITES, Measured, Site
from tests.core.desk.desk_kit import HX, plain

DAY = date(2026, 3, 2)


@pytest.fixture
def dentist(sit):
    return sit("clinician")


def at(member, more=""):
    return f"/p/dental/members/{member}{more}"


def noted(dentist, member, *entries, on=DAY):
    with acting(dentist.actor), dentist.installation.unit() as session:
        return chart.note(session, member, list(entries), on)


def test_a_finding_and_a_plan_are_noted_without_a_page_load(dentist):
    member = dentist.enrol()
    typed = {"e": ["36|O|caries||2|", "36|O|filling|planned||"], "tooth": "36", "s": "O"}
    answer = dentist.post(at(member, "/teeth"), typed, headers=HX)
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert 'aria-label="36 左下第一磨牙：龋（牙本质） 咬合面；计划充填 咬合面"' in answer.text
    assert "已记录 36：充填 · 咬合面 · 计划。" in plain(answer.text)
    page = dentist.get(at(member))
    assert "1 项计划" in plain(page.text)
    assert page.text.count('class="tth') == 32
    assert len(gzip.compress(page.data)) < 16 * 1024


def test_the_form_works_without_a_script(dentist):
    member = dentist.enrol()
    page = dentist.get(at(member, "?tooth=16&s=O")).text
    assert re.search(r'name="s" value="O" checked', page)
    data = {"fdi": "16", "s": ["M", "O"], "code": "caries", "grade": "3", "note": "冷诊敏感"}
    answer = dentist.post(at(member, "/teeth"), data)
    assert answer.status_code == 303
    told = plain(dentist.get(answer.location).text)
    assert "龋（近髓） · 近中面、咬合面" in told
    assert "冷诊敏感" in told


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"fdi": "36", "code": "caries"}, "请先选牙面"),
        ({"fdi": "39", "code": "crown"}, "没有“39”这颗牙"),
        ({"fdi": "36", "code": ""}, "请选择诊断或处置"),
        ({"e": "36|O|caries"}, "请选择诊断或处置"),
        ({"fdi": "36", "code": "crown", "noted": "gestern"}, "的样子填写日期"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_noted(dentist, data, told):
    member = dentist.enrol()
    answer = dentist.post(at(member, "/teeth"), data)
    assert answer.status_code == 422
    assert told in plain(answer.text)
    with acting(dentist.actor), dentist.installation.unit("read") as session:
        assert chart.events_of(session, member) == []


def test_the_past_is_shown_as_it_was_and_cannot_be_written_in(dentist):
    member = dentist.enrol()
    noted(dentist, member, Entry("36", "caries", "O"))
    noted(dentist, member, Entry("36", "filling", "O", fold.DONE), on=date(2026, 5, 4))
    now, then = dentist.get(at(member)).text, dentist.get(at(member, "?on=2026-03-02&tooth=36")).text
    assert "36 左下第一磨牙：充填（本院完成） 咬合面" in now
    assert "36 左下第一磨牙：龋（牙本质） 咬合面" in then
    assert "这是 2026-03-02 的样子" in plain(then)
    assert "data-panel" not in then
    assert "2 次检查" in plain(now)
    assert 'href="/p/dental/members/' in now


def test_a_table_says_the_same_as_the_picture(dentist):
    member = dentist.enrol()
    noted(dentist, member, Entry("36", "missing", cause="caries"), Entry("16", "caries", "O"))
    told = plain(dentist.get(at(member, "?as=table")).text)
    assert "4 因龋缺失" in told
    assert "缺失（因龋）" in told
    assert "1 龋" in told
    numbers = dentist.get(at(member, "?num=universal")).text
    assert ">19</text>" in numbers


def test_an_event_is_taken_back(dentist):
    member = dentist.enrol()
    [made] = noted(dentist, member, Entry("36", "caries", "O"))
    assert "撤回" in plain(dentist.get(at(member, "?tooth=36")).text)
    answer = dentist.post(at(member, f"/void/{made.id}"), {"tooth": "36"}, headers=HX)
    assert "这颗牙还没有记录" in plain(answer.text)
    assert dentist.post(at(member, f"/void/{made.id}"), headers=HX).status_code == 409
    assert dentist.post(at(member, "/void/1")).status_code == 404


def test_every_look_is_written_down_and_only_who_treats_looks(dentist, sit):
    member = dentist.enrol()
    dentist.get(at(member))
    with acting(dentist.actor), dentist.installation.unit("read") as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.object_kind == "health:dental.chart")).first()
        assert entry.person_id == member
        before = session.scalar(select(func.count(AuditEntry.id)))
    desk = sit("front_desk")
    assert desk.get(at(member)).status_code == 403
    assert desk.post(at(member, "/teeth"), {"fdi": "36", "code": "crown"}).status_code == 403
    owner = sit("owner")
    assert owner.get(at(member)).status_code == 200
    assert "data-panel" not in owner.get(at(member, "?tooth=36")).text
    assert owner.post(at(member, "/teeth"), {"fdi": "36", "code": "crown"}).status_code == 403
    assert dentist.get(at(1)).status_code == 404
    assert before


def test_the_plan_is_printed_with_a_palmer_cross(dentist):
    member = dentist.enrol()
    assert "还没有计划" in plain(dentist.get(at(member, "/plan")).text)
    noted(dentist, member, Entry("36", "caries", "O"), Entry("36", "filling", "O", fold.PLANNED),
          Entry("14", "crown", kind=fold.PLANNED), Entry("55", "extraction", kind=fold.PLANNED))  # fmt: skip
    told = plain(dentist.get(at(member, "/plan")).text)
    assert "左下第一磨牙 · 咬合面" in told
    assert "龋（牙本质）" in told
    assert "E4" in told


def test_milk_teeth_are_shown_by_age_and_tooth_by_tooth(dentist):
    child = dentist.enrol("小刘", None, birth_on=date(2018, 5, 1), contact_of=dentist.enrol())
    page = dentist.get(at(child)).text
    assert 'data-fdi="55"' in page
    assert 'data-fdi="16"' in page
    noted(dentist, child, Entry("55", "missing", cause="exfoliated"))
    page = dentist.get(at(child)).text
    assert 'data-fdi="15"' in page
    assert 'data-fdi="55"' not in page
    assert dentist.get(at(child, "?view=primary")).text.count('class="tth') == 20


def test_the_page_with_all_it_asks_for_stays_within_its_weight(dentist):
    """Issue 5: at most 75 KB compressed, six requests: a mouth of seven visits, an examination and a plan."""
    member = dentist.enrol(birth_on=date(1980, 5, 4))
    for _ago, entries in DEMO:
        noted(dentist, member, *entries)
    with acting(dentist.actor), dentist.installation.unit() as session:
        tooth = Measured({name: Site(5, -1, 5) for name in SITES})
        exam = exams.begin(session, member)
        exams.save(session, member, exam, {fdi: tooth for fdi in teeth.PERMANENT if fdi not in ("18", "28", "48")})
    for path in (at(member, "?tooth=36&s=O"), at(member, "/perio")):
        page = dentist.get(path)
        asked = sorted(set(re.findall(r"/assets/[\w.-]+", page.text)))
        sizes = {one: len(dentist.get(one, headers={"Accept-Encoding": "gzip"}).data) for one in asked}
        weight = len(gzip.compress(page.data)) + sum(sizes.values())
        assert weight <= 75 * 1024, (path, weight, sizes)
        assert len(asked) + 1 <= 6


def test_pockets_of_the_latest_examination_stand_outside_the_roots_and_members_lights_up(dentist):
    member = dentist.enrol(birth_on=date(1980, 5, 4))
    assert 'viewBox="0 24' in dentist.get(at(member)).text
    with acting(dentist.actor), dentist.installation.unit() as session:
        exams.save(
            session, member, exams.begin(session, member), {"16": Measured({"MB": Site(4), "ML": Site(6, 0, 1)})}
        )
    page = dentist.get(at(member)).text
    assert 'class="t12 pb5t">6</text>' in page  # the deeper of cheek and palate
    assert "探诊 ≥ 4 毫米 2 处 · 出血 1 牙" in plain(page)
    for path in (at(member), at(member, "/plan"), at(member, "/perio")):
        assert re.search(
            r'class="nav on" href="[^"]*" aria-current="page" data-go="members"', dentist.get(path).text
        ), path
