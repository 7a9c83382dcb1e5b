"""What the seeds contradict each other in, built by an owner in the editor's forms and proven at the till.

Capabilities part C; S0-10, S0-12, S4-15, S4-18, S4-19, S2-23; B23–B25, B52. No file, no JSON, no code: every change
goes through the pages that `form_of` reads.
"""

from __future__ import annotations

import re
from datetime import date

import pytest

from core.kernel import clock
from core.kernel.statements import Statements
from core.kernel.tenancy import acting
from core.orders.granting.birthday_gifts import birthday_gifts
from core.orders.jobs import expire_points
from core.people.models import Person
from core.programme import services as programmes
from core.tiers import services as tiers
from tests.core.desk.desk_kit import Desk, alert, plain, web_of
from tests.core.programme.test_editor import change, data_of, entry_id, start
from tests.forms import form_of
from tests.installation import at


class Keeper:
    """An owner at the editor, and a front desk of the same franchise."""

    def __init__(self, installation, web, house):
        self.installation, self.web, self.house = installation, web, house
        self.owner = Desk(installation, web, house, "owner")
        start(self.owner)

    def change(self, section, code="", /, **values):
        answer = change(self.owner, section, code, **values)
        assert answer.status_code == 303, re.findall(r"help err[^<]*", answer.text)

    def add(self, section, adds=(), /, **values):
        """Fill the form of a new entry; `adds` presses its buttons first (for example add:benefits:discount)."""
        self._fill(f"/programme/draft/{section}/new", adds, values)

    def edit(self, section, code, adds=(), /, **values):
        self._fill(f"/programme/draft/entry/{entry_id(self.owner, section, code)}", adds, values)

    def _fill(self, path, adds, values):
        form = form_of(self.owner.get(path).text, path)
        for act in adds:
            form = form_of(self.owner.post(path, {**form, "act": act}).text, path)
        for name, value in values.items():
            form[name.replace("__", ".").replace("_kind", "_kind")] = value if isinstance(value, list) else [value]
        answer = self.owner.post(path, form)
        assert answer.status_code == 303, (alert(answer.text), re.findall(r'help err"[^<]*<?', answer.text))

    def drop(self, section, code, place):
        path = f"/programme/draft/entry/{entry_id(self.owner, section, code)}"
        form = form_of(self.owner.get(path).text, path)
        form = form_of(self.owner.post(path, {**form, "act": f"drop:benefits:{place}"}).text, path)
        assert self.owner.post(path, form).status_code == 303

    def publish(self):
        answer = self.owner.post("/programme/preview", {"day": "", "keep": "1"})
        assert answer.status_code == 303, alert(answer.text)
        number = re.search(r'name="preview" value="(\d+)"', self.owner.get(answer.location).text).group(1)
        assert self.owner.post("/programme/publish", {"preview": number}).status_code == 303

    def desk(self):
        return Desk(self.installation, self.web, self.house, "front_desk")

    def member(self, name, phone, tier="", **more):
        """Enrol somebody who holds a tier as if opened with it."""
        person = self.desk().enrol(name, phone, **more)
        if tier:
            with acting(self.owner.actor), self.installation.unit() as session:
                st = Statements(session, self.house.franchise_id)
                today = clock.today("Asia/Shanghai")
                tiers.grant(st, person, tier, today, "opening", "test", 1, 1)
                programme = programmes.in_force(session)
                tiers.refresh(
                    st, person, programme, today, "Asia/Shanghai", cause="test", source_kind="test", source_id=1
                )
        return person

    def tier_of(self, person):
        with acting(self.owner.actor), self.installation.unit("read") as session:
            return session.get(Person, person).tier_code

    def coupons(self, person):
        page = self.desk().get(f"/members/{person}").text
        return re.findall(r'<span class="el">([^<]+)</span><span class="xs">(\d{4}-\d{2}-\d{2})', page)


@pytest.fixture
def web(installation):
    return web_of(installation)


@pytest.fixture
def dental(installation, web):
    return Keeper(installation, web, installation.dental)


@pytest.fixture
def pharmacy(installation, web):
    return Keeper(installation, web, installation.pharmacy)


def place_of(keeper, tier, kind):
    return next(n for n, one in enumerate(data_of(keeper.owner, "tiers", tier)["benefits"]) if one["kind"] == kind)


# -- C1, C8: another discount, another name -----------------------------------------------------------------


def test_gold_pays_80_per_cent_instead_of_85_and_is_called_otherwise(dental):
    gold = dental.member("刘金", "13800005051", "gold")
    assert dental.desk().ring_up(gold, "F-RESIN").total_fen == 34000
    n = place_of(dental, "gold", "discount")
    dental.change("tiers", "gold", name="白金卡", **{f"benefits__{n}__pay_bp": "80"})
    dental.publish()
    assert dental.desk().ring_up(gold, "F-RESIN").total_fen == 32000
    assert "白金卡" in dental.desk().get(f"/members/{gold}").text


# -- C3, C4: value and life of points -----------------------------------------------------------------------


def test_points_live_two_years_instead_of_one(dental):
    dental.change("points", "", expires="24")
    dental.publish()
    member = dental.member("刘超明", "13800005051")
    dental.desk().ring_up(member, "CLEAN")
    today = clock.today("Asia/Shanghai")
    with at(f"{today.year + 1}-{today:%m-%d} 10:00"):
        with acting(dental.owner.actor):
            expire_points(dental.installation.runtime, dental.owner.actor)
        assert dental.desk().points(member) == 200
    with at(f"{today.year + 2}-{today:%m-%d} 10:00"):
        assert dental.desk().points(member) == 0


def test_100_points_are_worth_10_yuan_instead_of_1(dental):
    dental.change("tender", "", fen_per_step="10", cap_bp="100")
    dental.publish()
    member = dental.member("刘超明", "13800005051")
    desk = dental.desk()
    desk.ring_up(member, "CLEAN")
    desk.take(member)
    desk.add("CLEAN")
    desk.post("/till/points", {"use": "1", "points": "200"})
    assert "收款 ¥180.00" in plain(desk.till())
    desk.post("/till/points", {"use": "0"})
    assert desk.points(member) == 200


# -- C6, S4-15: by spend, by count, by points, any or all ---------------------------------------------------


@pytest.mark.parametrize(
    ("values", "after"),
    [
        ({"from__spend_fen": "300"}, ["regular", "silver", "silver"]),
        ({"from__spend_fen": "", "from__visits": "3"}, ["regular", "regular", "silver"]),
        ({"from__spend_fen": "", "from__points": "400"}, ["regular", "silver", "silver"]),
        ({"from__spend_fen": "9000", "from__visits": "2", "from__match": "any"}, ["regular", "silver", "silver"]),
        ({"from__spend_fen": "600", "from__visits": "2", "from__match": "all"}, ["regular", "regular", "silver"]),
    ],
)  # fmt: skip
def test_s4_15_silver_by_spend_visits_or_points(dental, values, after):
    dental.change("tiers", "silver", **values)
    dental.publish()
    member = dental.member("刘超明", "13800005051")
    seen = []
    for day in ("2026-12-01", "2026-12-02", "2026-12-03"):
        with at(f"{day} 10:00"):
            dental.desk().ring_up(member, "CLEAN")
            seen.append(dental.tier_of(member))
    assert seen == after


def test_silver_within_a_calendar_year(dental):
    dental.change("tiers", "silver", from__spend_fen="300", from__window="12", from__window_kind="calendar")
    dental.publish()
    with at("2026-12-31 10:00"):
        member = dental.member("刘超明", "13800005051")
        dental.desk().ring_up(member, "CLEAN")
    with at("2027-01-01 10:00"):
        dental.desk().ring_up(member, "CLEAN")
        assert dental.tier_of(member) == "regular"
    with at("2027-01-02 10:00"):
        dental.desk().ring_up(member, "CLEAN")
        assert dental.tier_of(member) == "silver"


# -- C7, S0-10, S4-18: birthdays ----------------------------------------------------------------------------


@pytest.mark.parametrize(("birth", "calendar"), [(date(1990, 11, 21), "solar"), (date(1990, 11, 27), "lunar")])
def test_s0_10_a_birthday_discount_on_the_day_and_only_on_eligible_items(dental, birth, calendar):
    """Born 27 November 1990 is the 11th of the 10th month; in 2026 that is 19 November."""
    the_day = {"solar": "2026-11-21", "lunar": "2026-11-19"}[calendar]
    day_after = {"solar": "2026-11-22", "lunar": "2026-11-20"}[calendar]
    with at(f"{the_day} 10:00"):
        member = dental.member("刘超明", "13800005051", birth_on=birth, birth_calendar=calendar)
        assert dental.desk().ring_up(member, "CLEAN").total_fen == 19000
        assert dental.desk().ring_up(member, "F-RESIN").total_fen == 40000
    with at(f"{day_after} 10:00"):
        assert dental.desk().ring_up(member, "CLEAN").total_fen == 20000


def test_birthday_month_instead_of_the_day(dental):
    n = place_of(dental, "regular", "birthday")
    dental.change("tiers", "regular", **{f"benefits__{n}__on": "month"})
    dental.publish()
    with at("2026-12-01 10:00"):
        member = dental.member("刘超明", "13800005051", birth_on=date(1990, 12, 24))
        assert dental.desk().ring_up(member, "CLEAN").total_fen == 19000
    with at("2027-01-01 10:00"):
        assert dental.desk().ring_up(member, "CLEAN").total_fen == 20000


def test_s4_18_silver_earns_half_as_much_again_and_a_coupon_in_the_birthday_month(pharmacy):
    with at("2026-11-30 10:00"):
        member = pharmacy.member("刘银", "13800005051", "silver", birth_on=date(1990, 12, 24))
        pharmacy.desk().ring_up(member, "MISC-100")
        assert pharmacy.desk().points(member) == 150
        gifts(pharmacy)
        assert pharmacy.coupons(member) == []
    with at("2026-12-01 10:00"):
        assert gifts(pharmacy) == 1
        assert gifts(pharmacy) == 0
        assert pharmacy.coupons(member) == [("生日月券", "2026-12-31")]
        assert pharmacy.desk().ring_up(member, "MISC-100").total_fen == 9000
    with at("2027-12-01 10:00"):
        assert gifts(pharmacy) == 1


def test_a_lunar_birthday_month_gives_once_though_the_year_turns(pharmacy):
    """The 11th lunar month of 2026 begins on 9 December and ends on 7 January 2027."""
    member = pharmacy.member("刘农", "13800005051", "silver", birth_on=date(1991, 1, 5), birth_calendar="lunar")
    seen = []
    for day in ("2026-12-08", "2026-12-09", "2027-01-02", "2027-01-08"):
        with at(f"{day} 10:00"):
            seen.append(gifts(pharmacy))
    assert seen == [0, 1, 0, 0]
    with at("2026-12-20 10:00"):
        assert pharmacy.coupons(member) == [("生日月券", "2027-01-07")]


def test_birthday_points_are_built_and_given_once(dental):
    n = place_of(dental, "regular", "birthday")
    dental.change(
        "tiers", "regular", **{f"benefits__{n}__pay_bp": "", f"benefits__{n}__points": "100"}
    )  # fmt: skip
    dental.publish()
    member = dental.member("刘超明", "13800005051", birth_on=date(1990, 12, 24))
    with at("2026-12-24 10:00"):
        assert gifts(dental) == 1
        assert gifts(dental) == 0
        assert dental.desk().points(member) == 100
        assert "生日礼" in dental.desk().get(f"/members/{member}?tab=points").text


def gifts(keeper):
    with acting(keeper.owner.actor):
        return birthday_gifts(keeper.installation.runtime, keeper.owner.actor)["done"]


# -- S0-12, S4-19: once a membership year, one of two -------------------------------------------------------


def test_s0_12_a_free_item_once_a_membership_year(dental):
    dental.edit(
        "tiers", "silver", ["add:benefits:entitlement"],
        benefits__2__code="care", benefits__2__name="年度护理", benefits__2__item="PKG-CARE",
    )  # fmt: skip
    dental.publish()
    with at("2026-11-25 10:00"):
        member = dental.member("刘银", "13800005051", "silver")
        assert dental.desk().ring_up(member, "PKG-CARE", kind="cash").total_fen == 0
        assert dental.desk().ring_up(member, "PKG-CARE").total_fen == 17910
    with at("2027-11-24 10:00"):
        assert dental.desk().ring_up(member, "PKG-CARE").total_fen > 0
    with at("2027-11-25 10:00"):
        assert dental.desk().ring_up(member, "PKG-CARE").total_fen == 0


def test_s4_19_gold_doubles_and_has_one_of_two_rights_by_choice(pharmacy):
    with at("2026-11-25 10:00"):
        member = pharmacy.member("刘金", "13800005051", "gold")
        desk = pharmacy.desk()
        desk.ring_up(member, "MISC-100")
        assert desk.points(member) == 200
        assert "优先配送" in desk.get(f"/members/{member}").text
        assert desk.post(f"/members/{member}/rights/priority_delivery").status_code == 303
        assert "本期已选" in desk.get(f"/members/{member}").text
        assert desk.post(f"/members/{member}/rights/priority_delivery").status_code == 409
        assert desk.ring_up(member, "CHECKUP").total_fen == 6000
        assert desk.post(f"/members/{member}/rights/priority_delivery", {"undo": "1"}).status_code == 303
        assert desk.ring_up(member, "CHECKUP").total_fen == 0
        assert "本期已选其他" in desk.get(f"/members/{member}").text
        assert desk.post(f"/members/{member}/rights/priority_delivery").status_code == 409
        assert desk.post(f"/members/{member}/rights/adviser").status_code == 404
    with at("2027-11-25 10:00"):
        assert pharmacy.desk().ring_up(member, "CHECKUP").total_fen == 0


# -- S2-23: a right by points, a gift line ------------------------------------------------------------------


def test_s2_23_who_has_many_points_books_first(dental):
    path = "/programme/draft/privileges/new"
    form = form_of(dental.owner.get(path).text, path) | {"code": ["first"], "name": ["高分优先预约"]}
    page = dental.owner.post(path, {**form, "when_member.do": "row:0"})
    form = form_of(page.text, path) | {"when_member.0.0.fact": ["points"], "when_member.do": ["show"]}
    form = form_of(dental.owner.post(path, form).text, path)
    form |= {"when_member.0.0.op": ["ge"], "when_member.0.0.v": ["300"]}
    assert dental.owner.post(path, form).status_code == 303
    dental.publish()
    member = dental.member("刘超明", "13800005051")
    desk = dental.desk()
    desk.ring_up(member, "CLEAN")
    assert "高分优先预约" not in desk.get(f"/members/{member}").text
    desk.ring_up(member, "CLEAN")
    assert "高分优先预约" in desk.get(f"/members/{member}").text


def test_a_gift_line_is_built_and_rung_up(dental):
    dental.edit(
        "tiers", "silver", ["add:benefits:gift"], benefits__2__code="paste", benefits__2__name="满额赠牙膏",
        benefits__2__item="PASTE", benefits__2__min_spend_fen="300", benefits__2__per="day",
    )  # fmt: skip
    dental.publish()
    member = dental.member("刘银", "13800005051", "silver")
    assert dental.desk().ring_up(member, "F-RESIN", "PASTE").total_fen == 36000
    desk = dental.desk()
    desk.take(member)
    desk.add("F-RESIN")
    assert "本单" in desk.till()


# -- B23–B25: Spring Festival -------------------------------------------------------------------------------


def spring(pharmacy, multipliers):
    pharmacy.change("points", "", multipliers=multipliers, notice_months="2")
    pharmacy.publish()


def test_b23_b24_spring_festival(pharmacy):
    with at("2027-02-06 10:00"):
        member = pharmacy.member("刘超明", "13800005051")
        assert pharmacy.desk().ring_up(member, "BOX-SPRING").total_fen == 23840
        assert pharmacy.desk().points(member) == 715
        other = pharmacy.member("王二", "13800005052")
        assert pharmacy.desk().ring_up(other, "BOX-SPRING", "MISC-100").total_fen == 31840
        assert pharmacy.desk().points(other) == 795
    with at("2027-02-13 10:00"):
        assert pharmacy.desk().ring_up(member, "BOX-SPRING").total_fen == 29800


@pytest.mark.parametrize(("multipliers", "points"), [("best", 715), ("product", 1430)])
def test_b25_gold_and_threefold(pharmacy, multipliers, points):
    spring(pharmacy, multipliers)
    with at("2027-02-06 10:00"):
        gold = pharmacy.member("刘金", "13800005051", "gold")
        pharmacy.desk().ring_up(gold, "BOX-SPRING")
        assert pharmacy.desk().points(gold) == points


def test_b23_built_from_nothing_in_another_house(dental):
    """The festival, its days, the price and the factor, made in the form of a new promotion."""
    dental.add("promotions", code="spring", name="春节八折", pay_bp="80", when__festival="spring", when__days="7")
    dental.add(
        "promotions", code="spring-x3", name="三倍积分", factor_bp="3", when__festival="spring", when__days="7",
        items=["some"], items__codes="PASTE",
    )  # fmt: skip
    dental.publish()
    with at("2027-02-12 10:00"):
        member = dental.member("刘超明", "13800005051")
        assert dental.desk().ring_up(member, "PASTE").total_fen == 3120
        assert dental.desk().points(member) == 93
    with at("2027-02-05 10:00"):
        assert dental.desk().ring_up(member, "PASTE").total_fen == 3900


# -- B52: member days ---------------------------------------------------------------------------------------


def test_b52_a_member_day_ends_at_midnight(pharmacy):
    pharmacy.change("promotions", "member-day", enabled="1")
    pharmacy.publish()
    with at("2026-12-18 23:59"):
        member = pharmacy.member("刘超明", "13800005051")
        pharmacy.desk().ring_up(member, "MISC-100")
        assert pharmacy.desk().points(member) == 200
    with at("2026-12-19 00:01"):
        pharmacy.desk().ring_up(member, "MISC-100")
        assert pharmacy.desk().points(member) == 300


def test_b52_a_lunar_member_day(pharmacy):
    """The 1st and 15th of the 11th month of 2026 are 9 and 23 December."""
    pharmacy.add("promotions", code="lunar", name="初一十五", factor_bp="2", when__lunar_day=["1", "15"])
    assert "农历每月初一、十五" in pharmacy.owner.get("/programme/").text
    pharmacy.publish()
    with at("2026-12-08 10:00"):
        member = pharmacy.member("刘超明", "13800005051")
    earned = []
    for day in ("2026-12-08", "2026-12-09", "2026-12-15", "2026-12-23", "2026-12-24"):
        with at(f"{day} 10:00"):
            before = pharmacy.desk().points(member)
            pharmacy.desk().ring_up(member, "MISC-100")
            earned.append(pharmacy.desk().points(member) - before)
    assert earned == [100, 200, 100, 200, 100]


def test_s3_17_members_first_is_built_with_two_dates(dental):
    dental.add(
        "promotions", code="open", name="周年庆", pay_bp="50", when__from="2026-12-01", when__until="2026-12-10",
        public_from="2026-12-05",
    )  # fmt: skip
    dental.publish()
    with at("2026-12-02 10:00"):
        member = dental.member("刘超明", "13800005051")
        assert dental.desk().ring_up(member, "CLEAN").total_fen == 10000
        assert dental.desk().ring_up(None, "CLEAN").total_fen == 20000
    with at("2026-12-05 10:00"):
        assert dental.desk().ring_up(None, "CLEAN").total_fen == 10000


def test_a_sum_reached_and_an_nth_piece_are_built(dental):
    dental.add("promotions", code="off", name="满减", amount_off__from_fen="300", amount_off__off_fen="50",
               **{"amount_off:on": "1"})  # fmt: skip
    dental.add("promotions", code="half", name="第二件半价", nth_unit__nth="2", nth_unit__pay_bp="50", items=["some"],
               items__codes="PASTE", **{"nth_unit:on": "1"})  # fmt: skip
    dental.publish()
    member = dental.member("刘超明", "13800005051")
    assert dental.desk().ring_up(member, "CLEAN", "CHECK", "POLISH").total_fen == 29000
    desk = dental.desk()
    desk.take(member)
    desk.add("PASTE")
    desk.add("PASTE")
    assert desk.order_of(desk.pay()).total_fen == 5850
