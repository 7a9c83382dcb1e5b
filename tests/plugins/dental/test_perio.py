"""Periodontal examinations: figures by hand (B45–B47), saved tooth by tooth, closed after their day, by plain form too."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError

from core.kernel import clock
from core.kernel.errors import Conflict, Invalid, NotFound
from core.kernel.models import AuditEntry
from core.kernel.tenancy import acting
from plugins.dental import chart, exams, perio, perio_board, staging, teeth
from plugins.dental.chart import Entry
from plugins.dental.models import DentalPerioEntry
from plugins.dental.perio import Head, Measured, Site
from tests.core.desk.desk_kit import HX, plain
from tests.installation import at as at_time

BORN = date(1976, 3, 1)


# -- rules -----------------------------------------------------------------------------------------


def healthy(depth=2):
    return {fdi: Measured({name: Site(depth) for name in perio.SITES}) for fdi in teeth.PERMANENT if fdi[1] != "8"}


def test_no_stage_is_suggested_for_a_healthy_mouth():
    told = staging.suggest(healthy(3), Head(), 40)
    assert (told.stage, told.name, len(told.reasons)) == (0, "", 1)
    assert staging.worst_of(healthy(3)) == (0, "")


def test_attachment_lost_at_two_neighbours_is_no_case_at_two_others_it_is():
    mouth = healthy()
    for fdi in ("16", "15"):
        mouth[fdi] = Measured({"MB": Site(4, -1)})
    assert not staging.is_case(mouth)
    mouth["13"] = Measured({"DB": Site(5, -2)})
    assert staging.is_case(mouth)
    cheek = healthy() | {fdi: Measured({"B": Site(4, 0)}) for fdi in ("36", "37")}
    assert staging.is_case(cheek)


def test_b47_stage_and_grade_come_with_their_reasons():
    mouth = healthy() | {"16": Measured({"MB": Site(5, 0)}), "26": Measured({"DB": Site(6, 1)})}
    told = staging.suggest(mouth, Head(loss_percent=40, lost=3), 50)
    assert told.name == "III 期 B 级"
    assert told.reasons[:4] == (
        "附着丧失最重 5 毫米（16）", "探诊最深 6 毫米", "因牙周病失牙 3 颗", "骨丧失 40%，50 岁：比值 0.80",
    )  # fmt: skip
    assert told.extent_bp == 10_000 * 2 // 28
    assert "局限型：7% 的牙" in told.reasons
    assert staging.suggest(mouth, Head(loss_percent=40, lost=3, smokes=10), 50).grade == "C"
    assert staging.suggest(mouth, Head(lost=3), 50).name == "III 期"


def test_boxes_are_read_as_they_are_seen_from_left_to_right():
    assert perio_board.sites_of("16", "B", "325") == {"DB": Site(3), "B": Site(2), "MB": Site(5)}
    assert perio_board.sites_of("26", "L", "3b - 5/-2") == {"ML": Site(3, 0, 1), "DL": Site(5, -2)}
    assert perio_board.text_of(Measured(perio_board.sites_of("26", "L", "3b - 5/-2")), "26", "L") == "3b - 5/-2"
    assert perio_board.percent(952) == "9.5%"


# -- verbs -----------------------------------------------------------------------------------------


@pytest.fixture
def house(any_installation):
    with acting(any_installation.actor(any_installation.dental, "clinician")):
        yield any_installation


def test_a_tooth_is_saved_sealed_audited_and_the_newest_entry_counts(house):
    member = house.enrol()
    with house.unit() as session:
        exam = exams.begin(session, member)
        assert exams.begin(session, member) == exam
        exams.save(session, member, exam, {"16": Measured({"MB": Site(5, -2, perio.BLEEDS)})})
        exams.save(session, member, exam, {"16": Measured({"MB": Site(4, -2)}, mobility=1)}, Head(loss_percent=20))
    with house.unit() as session:
        [found] = exams.exams_of(session, member)
        assert found.teeth == {"16": Measured({"MB": Site(4, -2)}, mobility=1)}
        assert found.teeth["16"].sites["MB"].cal == 6
        assert found.head == Head(loss_percent=20)
        rows = session.scalars(select(DentalPerioEntry)).all()
        assert len(rows) == 3
        assert all(b"16" not in row.body_sealed for row in rows)
        exams.save(session, member, exam, found.teeth, found.head)  # as it was: nothing is written
        assert session.scalar(select(func.count(DentalPerioEntry.id))) == 3
        kept = session.scalars(select(AuditEntry).where(AuditEntry.action == "dental.perio.saved")).all()
        assert [entry.person_id for entry in kept] == [member] * 2


@pytest.mark.parametrize(
    ("fdi", "tooth"),
    [("19", Measured()), ("55", Measured()), ("16", Measured({"MB": Site(16)})), ("16", Measured({"X": Site(3)})),
     ("16", Measured(mobility=4)), ("16", Measured({"MB": Site(3, -16)}))],
)  # fmt: skip
def test_what_cannot_be_measured_is_refused(fdi, tooth):
    with pytest.raises(Invalid):
        exams.checked(fdi, tooth)


def test_after_its_day_an_examination_stands(house):
    member = house.enrol()
    with at_time("2026-03-02 10:00"), house.unit() as session:
        exam = exams.begin(session, member)
        exams.save(session, member, exam, {"16": Measured({"MB": Site(3)})})
    with at_time("2026-03-03 10:00"), house.unit() as session:
        with pytest.raises(Conflict) as refused:
            exams.save(session, member, exam, {"16": Measured({"MB": Site(9)})})
        assert refused.value.code == "dental_exam_closed"
        again = exams.begin(session, member)
        assert again != exam
    with house.unit() as session:
        assert [one.on.day for one in exams.exams_of(session, member)] == [3, 2]
        with pytest.raises(NotFound):
            exams.save(session, member + 1, exam, {})


def test_the_database_refuses_to_change_an_entry_and_records_are_handed_over(house):
    one, other = house.enrol(), house.enrol("李雷", "13800005053")
    with house.unit() as session:
        for member in (one, other):
            exams.save(session, member, exams.begin(session, member), {"16": Measured({"MB": Site(3)})})
    with pytest.raises(DBAPIError), house.unit() as session:
        session.execute(update(DentalPerioEntry).values(body_sealed=b""))
    with house.unit() as session:
        assert exams.move(session, one, other) == 1
    with house.unit("read") as session:
        assert len(exams.exams_of(session, one)) == 2
        assert exams.exams_of(session, other) == []
    with acting(house.actor(house.pharmacy, "clinician")), house.unit("read") as session:
        assert exams.exams_of(session, one) == []


def test_an_examination_saved_in_any_order_is_what_an_independent_list_holds(house):
    member, rng, kept = house.enrol(), random.Random(7), {}
    with house.unit() as session:
        exam = exams.begin(session, member)
        for _n in range(60):
            fdi = rng.choice(teeth.PERMANENT)
            tooth = Measured(
                {name: Site(rng.randrange(10), rng.randrange(-4, 3), rng.randrange(16)) for name in perio.SITES
                 if rng.random() < 0.7}, rng.randrange(4), rng.randrange(4), rng.random() < 0.1,
            )  # fmt: skip
            exams.save(session, member, exam, {fdi: tooth})
            kept[fdi] = tooth
    with house.unit("read") as session:
        [found] = exams.exams_of(session, member)
    assert found.teeth == kept
    counted = [site for tooth in kept.values() if not tooth.skipped for site in tooth.sites.values()]
    sums = perio.figures(found.teeth)
    assert (sums.sites, sums.bleeding) == (len(counted), sum(site.flags % 2 for site in counted))


# -- pages -----------------------------------------------------------------------------------------


@pytest.fixture
def dentist(sit):
    return sit("clinician")


def at(member, more=""):
    return f"/p/dental/members/{member}/perio{more}"


def begun(dentist, member):
    answer = dentist.post(at(member))
    assert answer.status_code == 303
    return answer.location.partition("exam=")[2]


def test_a_tooth_is_saved_as_it_is_left_and_the_figures_come_back(dentist):
    member = dentist.enrol(birth_on=BORN)
    assert "还没有牙周检查" in plain(dentist.get(at(member)).text)
    exam = begun(dentist, member)
    answer = dentist.post(
        at(member, f"/{exam}"), {"fdi": "16", "B": "5b/-2 3 4", "L": "3 3 3", "mobility": "1"}, headers=HX
    )
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert 'data-saved="16"' in answer.text
    told = plain(answer.text)
    assert "16.7%" in told  # one of six
    assert "附着丧失最重 7 毫米 · 16" in told  # B45
    page = dentist.get(at(member)).text
    assert 'data-site="DB" data-n="6" data-pd="5" data-gm="-2" data-flags="1"' in page
    assert "Ⅰ°" in page


def test_a_refused_tooth_is_not_said_to_be_saved(dentist):
    member = dentist.enrol()
    exam = begun(dentist, member)
    answer = dentist.post(at(member, f"/{exam}"), {"fdi": "16", "B": "99 3 4"}, headers=HX)
    assert answer.status_code == 422
    assert 'data-saved=""' in answer.text
    assert 'role="alert"' in answer.text


def test_the_plain_form_saves_all_boxes_and_names_the_wrong_one(dentist):
    member = dentist.enrol()
    exam = begun(dentist, member)
    form = dentist.get(at(member, f"?exam={exam}&as=form")).text
    order = [int(form.index(f'name="{name}"')) for name in ("18B", "28B", "28L", "18L", "48B", "38B", "38L", "48L")]
    assert order == sorted(order)  # Tab goes the clinical path
    sent = {"as": "form", "16B": "325", "16L": "3b 2 3", "16m": "1", "46B": "3 3 6/-1", "46k": "0"}
    assert dentist.post(at(member, f"/{exam}"), sent).status_code == 303
    again = dentist.get(at(member, f"?exam={exam}&as=form")).text
    assert 'value="3 2 5"' in again
    assert 'value="3 3 6/-1"' in again
    wrong = dentist.post(at(member, f"/{exam}"), {**sent, "16B": "3 q 3", "17B": "333"})
    assert wrong.status_code == 422
    assert "16 看不懂“q”" in plain(wrong.text)
    assert 'value="3 q 3"' in wrong.text
    assert 'value="333"' in wrong.text


def test_missing_teeth_are_left_out_the_former_exam_stands_grey_and_may_not_be_written(dentist):
    member = dentist.enrol()
    with at_time("2026-03-02 10:00"):
        exam = begun(dentist, member)
        dentist.post(at(member, f"/{exam}"), {"fdi": "16", "B": "7 3 4"}, headers=HX)
    with at_time("2026-06-02 10:00"):
        with acting(dentist.actor), dentist.installation.unit() as session:
            chart.note(session, member, [Entry("17", "missing", cause="perio")], clock.today(dentist.actor.tz))
        now = begun(dentist, member)
        page = dentist.get(at(member)).text
        assert '<i class="po">7</i>' in page
        assert "跳过缺失和未萌的牙：17" in plain(page)
        assert 'class="pt gone" data-fdi="17"' in page
        assert "2026-03-02" in plain(page)
        old = dentist.get(at(member, f"?exam={exam}")).text
        assert "data-write" not in old
        assert "已封存" in plain(old)
        assert dentist.post(at(member, f"/{exam}"), {"fdi": "16", "B": "111"}, headers=HX).status_code == 409
        told = dentist.post(at(member, f"/{now}"), {"head": "1", "loss_percent": "40", "smokes": "12", "hba1c": "7.2"})
        assert told.status_code == 303
        told = plain(dentist.get(at(member)).text)
        assert "因牙周病失牙 1 颗" in told
        assert "糖化血红蛋白 7.2%" in told
        wrong = dentist.post(at(member, f"/{now}"), {"head": "1", "hba1c": "elf"})
        assert wrong.status_code == 422
        assert "糖化血红蛋白请填" in plain(wrong.text)


def test_who_does_not_treat_reads_nothing_and_every_look_is_written_down(dentist, sit):
    member = dentist.enrol()
    exam = begun(dentist, member)
    dentist.get(at(member))
    with acting(dentist.actor), dentist.installation.unit("read") as session:
        looked = select(func.count(AuditEntry.id)).where(AuditEntry.object_kind == "health:dental.chart")
        assert session.scalar(looked) >= 1
    desk, owner = sit("front_desk"), sit("owner")
    assert desk.get(at(member)).status_code == 403
    assert owner.get(at(member)).status_code == 200
    assert "data-write" not in owner.get(at(member)).text
    assert owner.post(at(member, f"/{exam}"), {"fdi": "16", "B": "333"}).status_code == 403
    assert dentist.get(at(1)).status_code == 404
    other = dentist.enrol("李雷", "13800005053")
    assert dentist.post(at(other, f"/{exam}"), {"fdi": "16", "B": "333"}, headers=HX).status_code == 404


def test_replaced_teeth_are_measured_and_a_skipped_one_does_not_count():
    mouth = healthy() | {"16": replace(Measured({"MB": Site(9, -5, 1)}), skipped=True)}
    assert perio.figures(mouth).bleeding == 0
    assert staging.worst_of(mouth) == (0, "")
