"""Recalls by programme, redone work by dentist, what is suggested and why, figures that facts ask for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from core.catalog import services as catalog
from core.kernel.tenancy import acting
from core.orders.types import LineRequest
from core.sdk import Event, SoldLine
from plugins.dental import advice, chart, fold, recalls, summaries
from plugins.dental.chart import Entry
from plugins.dental.models import DentalRecall, DentalSummary, DentalWork
from tests.core.desk.desk_kit import plain
from tests.installation import at as at_time

DAY, TODAY = date(2026, 3, 2), date(2026, 11, 20)


@pytest.fixture
def house(installation):
    with acting(installation.actor(installation.dental, "owner")):
        yield installation


def noted(house, member, on, *entries):
    with acting(house.actor(house.dental, "clinician")), house.unit() as session:
        return chart.note(session, member, list(entries), on)


# -- what facts ask for ----------------------------------------------------------------------------


def test_s0_24_the_figures_follow_the_chart_and_what_is_taken_back(house):
    member = house.enrol(birth_on=date(1990, 1, 1))
    made = noted(house, member, DAY, Entry("36", "missing", cause="caries"), Entry("16", "caries", "O"),
                 Entry("46", "filling", "O", fold.EXISTING), Entry("18", "missing"))  # fmt: skip
    with house.unit("read") as session:
        row = summaries.of(session, member)
        assert (row.missing, row.gaps, row.decayed, row.filled, row.dmft, row.last_on) == (2, 1, 1, 1, 4, DAY)
    with acting(house.actor(house.dental, "clinician")), house.unit() as session:
        chart.void(session, member, made[0].id)
    with house.unit("read") as session:
        row = session.scalars(select(DentalSummary)).one()
        assert (row.missing, row.gaps, row.dmft) == (1, 0, 3)


# -- redone work -----------------------------------------------------------------------------------


def e(n, on, surfaces="O", fdi="36", staff=1):
    return fold.Event(n, on, fdi, "filling", fold.DONE, surfaces, made_ms=n, staff_id=staff)


def test_s1_20_the_same_place_within_a_year_is_redone():
    events = [e(1, DAY), e(2, DAY + timedelta(365), "MO", staff=2), e(3, DAY + timedelta(731), staff=2),
              e(4, DAY, "B"), e(5, DAY + timedelta(9), fdi="37"), e(6, DAY, "O")]  # fmt: skip
    found = {work.event.id: work.redoes.id if work.redoes else None for work in summaries.works_of(events)}
    assert found == {1: None, 2: 6, 3: None, 4: None, 5: None, 6: None}


def test_the_report_counts_each_dentist_by_hand(any_installation):
    house = any_installation
    with acting(house.actor(house.dental, "clinician")):
        member = house.enrol()
    noted(house, member, DAY, *(Entry(fdi, "filling", "O", fold.DONE) for fdi in ("16", "15", "14", "26", "25")))
    [again] = noted(house, member, DAY + timedelta(100), Entry("16", "filling", "OM", fold.DONE))
    with acting(house.actor(house.dental, "clinician")), house.unit() as session:
        [first] = summaries.rates(session, DAY, DAY)
        assert (first.staff_id, first.works, first.redone, first.bp) == (house.dental.staff["clinician"], 5, 1, 2000)
        [later] = summaries.rates(session, DAY + timedelta(1), DAY + timedelta(200))
        assert (later.works, later.redone, later.bp) == (1, 0, None)  # one work says nothing
        chart.void(session, member, again.id)
        assert [row.redoes_id for row in session.scalars(select(DentalWork))] == [None] * 5
        assert summaries.rates(session, DAY, DAY)[0].redone == 0


# -- recalls ---------------------------------------------------------------------------------------


def sell(house, member, code, on):
    with at_time(f"{on} 10:00"):
        done = house.sell(member, code)
        with house.unit() as session:
            recalls.heard(session, Event("order.paid", 0, {"order_id": done.order_id}))
    return done


def rows(house):
    with house.unit("read") as session:
        return {row.programme: (row.last_on, row.due_on) for row in session.scalars(select(DentalRecall))}


def test_the_day_to_come_again_is_the_newest_kept_treatment_plus_the_months(house):
    member = house.enrol()
    assert recalls.months_after(date(2026, 8, 31), 6) == date(2027, 2, 28)
    with at_time("2026-07-01 10:00"):
        sell(house, member, "CLEAN", "2026-03-02")
        newest = sell(house, member, "CHECK", "2026-05-02")
        sell(house, member, "PASTE", "2026-06-02")
        assert rows(house) == {"check": (date(2026, 5, 2), date(2026, 11, 2))}
        house.refund(newest.order_no, {1: 1})
        for _twice in range(2):
            with house.unit() as session:
                recalls.heard(session, Event("order.refunded", 0, {"order_id": newest.order_id}))
        assert rows(house) == {"check": (date(2026, 3, 2), date(2026, 9, 2))}


def test_stage_three_comes_every_three_months(house):
    member = house.enrol()
    with house.unit() as session:
        catalog.add(session, "SCALE", "龈下刮治", "service", 10_000, attributes={"dental.category": "periodontics"})
        summaries.refresh(session, member, [])
        summaries.of(session, member).stage = 3
    sell(house, member, "SCALE", "2026-03-02")
    assert rows(house)["perio"] == (DAY, date(2026, 6, 2))


def test_who_is_due_is_listed_reminded_once_and_can_be_left_alone(sit):
    with at_time("2026-09-03 10:00"):
        desk = sit("front_desk")
        assert "没有要提醒的" in plain(desk.get("/p/dental/recalls").text)
        member = desk.enrol()
        with acting(desk.actor):
            sell(desk.installation, member, "CLEAN", "2026-03-02")
        page = plain(desk.get("/p/dental/recalls").text)
        assert "刘超明" in page
        assert "已逾期" in page
        with acting(desk.actor), desk.installation.unit("read") as session:
            recall = session.scalars(select(DentalRecall.id)).one()
        assert desk.post(f"/p/dental/recalls/{recall}", {"act": "told"}).status_code == 303
        assert ">已提醒</span>" in desk.get("/p/dental/recalls").text
        assert desk.post(f"/p/dental/recalls/{recall}", {"act": "off"}).status_code == 303
        listed = desk.get("/p/dental/recalls").text
        assert "刘超明" not in plain(listed.partition("<main")[2].partition("</main>")[0])
        assert desk.post("/p/dental/recalls/5", {"act": "off"}).status_code == 404
        assert sit("clinician").get("/p/dental/recalls").status_code == 403


def test_the_report_page_is_the_managers(sit):
    dentist, manager = sit("clinician"), sit("manager")
    member = dentist.enrol()
    with acting(dentist.actor), dentist.installation.unit() as session:
        chart.note(session, member, [Entry(x, "filling", "O", fold.DONE) for x in ("16", "15", "14", "26", "25")])
    told = plain(manager.get("/p/dental/report").text)
    assert "clinician员 5 0 0.0%" in told
    assert "没有完成的治疗" in plain(manager.get("/p/dental/report?year=before").text)
    assert dentist.get("/p/dental/report").status_code == 403


# -- suggestions -----------------------------------------------------------------------------------


def sold(n, code, category):
    return SoldLine(n, n, 1, code, code, {"dental.category": category}, 1, 1, 1, 1, None, DAY + timedelta(n))


def charted(**more):
    return SimpleNamespace(**{"decayed": 0, "gaps": 0, "stage": 0, "gap_since": None, "molars": 0, **more})


def codes(*args, pregnant=False):
    return [one.code for one in advice.advise(*args, TODAY, pregnant=pregnant)]


def test_s0_32_a_retainer_after_several_visits_for_orthodontics_with_its_reason():
    visits = [sold(n, "ORTHO", "ortho") for n in (1, 2, 3)]
    [told] = advice.advise(None, visits, 20, TODAY, pregnant=False)
    assert (told.code, told.reason) == ("retainer", "3 次正畸就诊")
    assert codes(None, visits[:1], 20) == []
    assert codes(None, [*visits, sold(4, "RETAINER", "ortho")], 20) == []


def test_whitening_after_a_filling_for_healthy_adults_only():
    filled, well = [sold(1, "F-RESIN", "filling")], charted()
    assert codes(well, filled, 30) == ["whitening"]
    assert codes(well, filled, 17) == []
    assert codes(well, filled, None) == []
    assert codes(well, filled, 30, pregnant=True) == []
    assert codes(charted(decayed=1), filled, 30) == ["caries"]
    assert codes(charted(gaps=1, stage=2), filled, 30) == ["perio", "gaps"]


def test_a_sealant_from_six_to_nine_where_a_first_molar_is_sound():
    assert [codes(charted(molars=4), [], age) for age in (5, 6, 9, 10, None)] == [[], ["sealant"], ["sealant"], [], []]
    assert codes(charted(molars=0), [], 7) == codes(None, [], 7) == []


def test_an_implant_is_talked_about_three_months_after_a_loss_by_caries():
    assert codes(charted(gaps=1, gap_since=TODAY - timedelta(90)), [], 40) == ["implant"]
    assert codes(charted(gaps=1, gap_since=TODAY - timedelta(89)), [], 40) == ["gaps"]
    assert codes(charted(gaps=1, gap_since=TODAY - timedelta(90)), [], 17) == ["gaps"]  # still growing
    assert codes(charted(gaps=1), [], 40) == ["gaps"]  # lost for another cause


@pytest.mark.parametrize(("stage", "months"), [(1, 6), (2, 6), (3, 3), (4, 3)])
def test_supportive_care_follows_the_stage(stage, months):
    treated = recalls.months_after(TODAY, -months)
    care = SoldLine(1, 1, 1, "SPT", "SPT", {"dental.category": "periodontics"}, 1, 1, 1, 1, None, treated)
    assert codes(charted(stage=stage), [care], 40) == ["perio"]
    assert codes(charted(stage=stage), [replace(care, on=treated + timedelta(1))], 40) == []
    assert codes(charted(stage=stage), [replace(care, left=0)], 40) == ["perio"]  # given back: not treated
    assert codes(charted(stage=0), [care], 40) == []


def test_the_desk_is_told_what_to_offer_and_no_finding(sit):
    desk, dentist = sit("front_desk"), sit("clinician")
    member = desk.enrol(birth_on=date(1990, 1, 1))
    for day in ("2026-03-02", "2026-04-02", "2026-04-02"):  # two lines of one day are one visit
        with at_time(f"{day} 10:00"), acting(desk.actor):
            desk.installation.sell(member, LineRequest("ORTHO"))
    noted(desk.installation, member, DAY, Entry("16", "caries", "O"))
    told = {who.role: plain(who.get(f"/members/{member}?tab=dental.person").text) for who in (desk, dentist)}
    assert "2 次正畸就诊" in told["front_desk"]
    assert "先治龋齿" not in told["front_desk"]
    assert "先治龋齿" in told["clinician"]
