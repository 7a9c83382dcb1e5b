"""The card beside the member at the till: what to ask, what runs out; a cashier never sees what the member has."""

from __future__ import annotations

from datetime import timedelta

from core.care import services as care
from plugins.pharmacy.models import PharmacyRefill
from tests.core.desk.desk_kit import HX, Desk, plain, web_of


def test_the_assistant_sees_what_to_ask_and_what_runs_out_but_no_diagnosis(embedded):
    member = embedded.house.enrol("李雷", "13900001111", birth_on=None, gender="female")
    embedded.has(member, "peptic_ulcer")
    embedded.takes(member, "warfarin")
    embedded.takes(member, text="进口胶囊")
    with embedded.unit() as session:
        day = care.today()
        session.add(PharmacyRefill(person_id=member, item_code="D0035", last_line_id=1, bought_on=day,
                                   run_out_on=day + timedelta(days=3), store_id=None))  # fmt: skip
    desk = Desk(embedded.house, web_of(embedded.house), embedded.house.pharmacy, "front_desk")
    assert "pharmacy.till" not in desk.till()
    desk.take(member)
    assert f"/members/{member}/tab/pharmacy.till" in desk.till()
    text = plain(desk.get(f"/members/{member}/tab/pharmacy.till", headers=HX).text)
    for said in ("还没有问过敏史", "用文字写的在用药", "没有登记出生日期", "没有问过是否怀孕", "对乙酰氨基酚片"):
        assert said in text, said
    for hidden in ("溃疡", "华法林", "进口胶囊"):
        assert hidden not in text, hidden
    asked = embedded.member()
    assert "没有要问的" in plain(desk.get(f"/members/{asked}/tab/pharmacy.till", headers=HX).text)


def test_where_the_plugin_is_off_there_is_no_card(embedded):
    house = embedded.house
    desk = Desk(house, web_of(house), house.dental, "front_desk")
    member = desk.enrol()
    desk.take(member)
    assert "pharmacy.till" not in desk.till()
    assert desk.get(f"/members/{member}/tab/pharmacy.till", headers=HX).status_code == 404
