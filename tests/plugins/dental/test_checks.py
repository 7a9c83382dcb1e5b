"""Checkout: work on a missing tooth, a filling under warranty, a repeated picture, health; by service, till and API."""

from __future__ import annotations

from datetime import date

import pytest

from core.care import rules as care_rules
from core.care import services as care
from core.catalog import services as catalog
from core.kernel.errors import Refusal
from core.kernel.tenancy import acting
from core.orders.types import LineRequest, OverrideRequest
from plugins.dental import banners, chart, fold, sites, warranty
from plugins.dental.chart import Entry
from tests.core.api.conftest import api_app, till_of
from tests.installation import at as at_time

pytestmark = pytest.mark.usefixtures("clock_2026")


@pytest.fixture
def clock_2026():
    with at_time("2026-11-20 10:00"):
        yield


@pytest.fixture
def house(installation):
    with acting(installation.actor(installation.dental, "clinician")), installation.unit() as session:
        for code, name, category in (("XRAY", "根尖片", "imaging"), ("EXTRACT", "拔牙", "extraction")):
            catalog.add(session, code, name, "service", 5_000, attributes={"dental.category": category})
    with acting(installation.actor(installation.dental, "owner")):
        yield installation


def noted(house, member, on, *entries):
    with acting(house.actor(house.dental, "clinician")), house.unit() as session:
        chart.note(session, member, list(entries), on)


def told(house, member, *lines):
    from core.orders.quoting.basket import price_basket
    from core.orders.types import BasketRequest

    with house.unit() as session:
        found = price_basket(session, BasketRequest(tuple(lines), member)).findings
    return [(one.code, one.severity, one.text) for one in found]


@pytest.mark.parametrize(
    ("text", "site"),
    [("36 MO", ("36", "MO")), ("36", ("36", "")), ("11-i", ("11", "I")), ("36 P", ("36", "L")), ("39", None),
     ("左下", None), ("", None), ("36 Q", None)],
)  # fmt: skip
def test_a_site_is_a_tooth_and_its_surfaces(text, site):
    assert sites.site_of(text) == site


def test_the_month_before_a_long_one():
    assert warranty.months_before(date(2026, 3, 31), 1) == date(2026, 2, 28)
    assert warranty.months_before(date(2026, 11, 20), 12) == date(2025, 11, 20)


def test_work_on_a_missing_tooth_cannot_be_sold_and_one_just_extracted_can(house):
    member = house.enrol()
    noted(house, member, date(2026, 3, 2), Entry("36", "missing", cause="caries"))
    line = LineRequest("F-RESIN", site="36 O")
    [(code, severity, text)] = told(house, member, line)
    assert (code, severity) == ("dental.missing_tooth", "contraindicated")
    assert "36 在牙位图上已缺失" in text
    with pytest.raises(Refusal) as refused:
        house.sell(member, line)
    assert refused.value.code == "blocked"
    assert told(house, member, LineRequest("IMPLANT", site="36"), LineRequest("F-RESIN", site="46 O")) == []
    noted(house, member, date(2026, 11, 19), Entry("46", "extraction"))
    assert told(house, member, LineRequest("EXTRACT", site="46")) == []
    assert told(house, member, LineRequest("EXTRACT", site="36"))[0][0] == "dental.missing_tooth"


def test_the_same_surface_under_warranty_names_the_earlier_day(house):
    member = house.enrol()
    noted(house, member, date(2025, 11, 20), Entry("36", "filling", "O", fold.DONE))  # a year ago to the day: over
    noted(house, member, date(2025, 11, 21), Entry("46", "filling", "MO", fold.DONE))
    noted(house, member, date(2026, 11, 20), Entry("16", "filling", "O", fold.DONE))  # today: what is being paid
    assert told(house, member, *(LineRequest("F-RESIN", site=site) for site in ("36 O", "46 D"))) == [
        ("dental.filling_count", "info", "本次为同一人补 2 颗牙：请核对每颗的牙位都已写进病历。"),
    ]  # fmt: skip
    assert told(house, member, LineRequest("F-RESIN", site="16 O")) == []
    [(code, severity, text)] = told(house, member, LineRequest("F-RESIN", site="46 OD"))
    assert (code, severity) == ("dental.warranty", "moderate")
    assert "46 OD 在 2025-11-21 补过" in text


def test_what_was_sold_counts_too_until_it_is_given_back(house):
    member = house.enrol()
    with at_time("2026-06-01 10:00"):
        sold = house.sell(member, LineRequest("F-TEMP", site="24 OD"))
    line = LineRequest("F-RESIN", site="24 D")
    [(code, _severity, text)] = told(house, member, line)
    assert code == "dental.warranty"
    assert "2026-06-01" in text
    [finding] = findings_of(house, member, line)
    assert house.sell(member, line, overrides=(OverrideRequest(finding.id, "已和医师确认"),)).order_no
    house.refund(sold.order_no, {1: 1})
    with at_time("2026-11-20 10:01"):
        assert told(house, member, line) == []  # the other one was sold today


def findings_of(house, member, line):
    from core.orders.quoting.basket import price_basket
    from core.orders.types import BasketRequest

    with house.unit() as session:
        return price_basket(session, BasketRequest((line,), member)).findings


def test_s0_26_a_picture_taken_twenty_days_ago_is_told_of(house):
    member = house.enrol()
    with at_time("2026-10-31 10:00"):
        house.sell(member, LineRequest("XRAY", site="16"))
    [(code, severity, text)] = told(house, member, LineRequest("XRAY", site="16"))
    assert (code, severity) == ("dental.xray_repeat", "moderate")
    assert "16 在 2026-10-31 拍过（20 天前）" in text
    assert told(house, member, LineRequest("XRAY", site="26")) == []
    assert told(house, member, LineRequest("XRAY")) == []
    with at_time("2027-01-30 10:00"):
        assert told(house, member, LineRequest("XRAY", site="16")) == []


def test_health_asks_for_a_dentists_look_and_names_no_diagnosis(house):
    member = house.enrol()
    with acting(house.actor(house.dental, "clinician")), house.unit() as session:
        care.note_medicine(session, member, ingredients=("warfarin",), text="华法林", started=date(2026, 11, 1),
                           until=date(2027, 1, 1), source="told", source_ref="test:1")  # fmt: skip
    [(code, severity, text)] = told(house, member, LineRequest("EXTRACT", site="36"))
    assert (code, severity) == ("dental.health", "moderate")
    assert "华法林" not in text
    assert "出血" not in text
    assert told(house, member, LineRequest("WHITEN")) == []


def test_a_pacemaker_speaks_against_a_cleaning_though_no_tooth_is_named(house):
    member = house.enrol()
    assert told(house, member, LineRequest("CLEAN")) == []
    with acting(house.actor(house.dental, "clinician")), house.unit() as session:
        care.note(session, member, care_rules.condition(today=date(2026, 11, 20), code="pacemaker_icd"))
    [(code, severity, text)] = told(house, member, LineRequest("CLEAN"))
    assert (code, severity, "起搏器" in text) == ("dental.health", "moderate", False)


def test_every_warning_is_asked_for_by_some_category():
    known = {category for _code, _word, where in banners.AT for category in where}
    from plugins.dental import rules

    assert known <= {code for code, _label in rules.CATEGORIES}


# -- by the API ------------------------------------------------------------------------------------


def test_the_api_refuses_work_on_a_missing_tooth_and_takes_the_site(installation):
    till = till_of(installation, api_app(installation), installation.dental)
    with acting(till.installation.actor(till.house, "owner")):
        member = till.installation.enrol()
    noted(till.installation, member, date(2026, 3, 2), Entry("36", "missing", cause="caries"))
    basket = {"member_id": str(member), "lines": [{"item": "F-RESIN", "qty": 1, "site": "36 O"}]}
    quote = till.ok("POST", "/quotes", basket)
    assert [one["code"] for one in quote["findings"]] == ["dental.missing_tooth"]
    order = {"quote_id": quote["quote_id"], "tenders": [{"kind": "cash", "amount_fen": 40_000}]}
    assert till.refused("POST", "/orders", order, key="d-1") == (422, "blocked")
    basket["lines"][0]["site"] = "16 O"
    assert till.ok("POST", "/quotes", basket)["findings"] == []
    basket["lines"][0]["site"] = "x" * 41
    assert till.refused("POST", "/quotes", basket)[0] == 422
