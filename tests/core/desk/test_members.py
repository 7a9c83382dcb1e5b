"""Member pages: list, member, tabs, unmasking, enrolment, edit with conflict, family."""

from __future__ import annotations

import re
from datetime import date

from sqlalchemy import select

from core.kernel.models import AuditEntry
from core.kernel.statements import Statements
from core.kernel.tenancy import acting
from core.people.models import Person, Relation
from core.people.services import token_row
from tests.core.desk.desk_kit import HX, Desk, alert, field, plain
from tests.installation import at


def people_of(desk) -> list[Person]:
    with acting(desk.actor), desk.installation.unit("read") as unit:
        rows = list(unit.scalars(select(Person).order_by(Person.id)))
        unit.expunge_all()
        return rows


def actions(desk) -> list[str]:
    with acting(desk.actor), desk.installation.unit("read") as unit:
        return list(unit.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


# -- list ------------------------------------------------------------------------------------------


def test_the_list_masks_sorts_filters_and_searches(desk):
    one = desk.enrol("刘超明", "13800005051", gender="male")
    desk.enrol("林若兰", "13900008888", gender="female")
    desk.ring_up(one, "CARD-FAMILY")
    page = desk.get("/members")
    assert "13800005051" not in page.text
    assert "138****5051" in page.text
    assert "共 2 人" in plain(page.text)
    by_name = desk.get("/members?sort=name").text
    assert by_name.index("林若兰") < by_name.index("刘超明")
    assert "林若兰" not in desk.get("/members?f.card=yes").text
    assert "刘超明" not in desk.get("/members?f.card=no").text
    female = desk.get("/members?f.gender=female")
    assert "林若兰" in female.text
    assert "刘超明" not in female.text
    assert 'class="chip on"' in female.text
    assert "刘超明" in desk.get("/members?q=lcm").text
    assert "没有符合条件的记录" in desk.get("/members?q=zzzz").text
    assert "刘超明" in desk.get("/members?f.last=7").text
    assert "林若兰" not in desk.get("/members?f.last=7").text
    assert "刘超明" in desk.get("/members?f.joined=7&f.tier=regular").text


def test_an_old_card_number_is_found_at_list_till_and_box(desk):
    one = desk.enrol("王芳", "13800005051")
    desk.enrol("刘超明", "13800005052")
    house = desk.house.franchise_id
    with acting(desk.actor), desk.installation.unit("write") as unit:
        Statements(unit, house).insert("search_token", token_row(house, one, "vip00123"))
    for door in ("/members?q=VIP00123", "/find?q=vip00123", "/find?q=vip-00123"):
        found = desk.get(door).text
        assert "王芳" in found and "刘超明" not in found, door
    assert "王芳" in desk.get("/find?q=vip00123", headers={**HX, "HX-Current-URL": "/till"}).text


def test_the_way_to_the_import_is_for_those_who_may(installation, desk):
    owner = Desk(installation, desk.client.application, installation.dental, "owner")
    assert "/imports" in owner.get("/members").text
    assert "/imports" not in desk.get("/members").text
    assert desk.get("/imports/").status_code == 403


def test_sentences_about_others_are_whole_in_english(desk):
    parent = desk.enrol("林若兰", "13900008888")
    child = desk.enrol("林小宝", None, contact_of=parent, relation="child", birth_on=date(2018, 5, 2))
    assert "使用 林若兰 的手机" in plain(desk.get(f"/members/{child}").text)
    desk.post("/preferences", {"locale": "en"})
    page = desk.get(f"/members/{child}").text
    assert "Uses the phone of 林若兰" in plain(page)
    assert f'href="/members/{parent}">林若兰</a>' in page


def test_the_list_keeps_the_choice_of_columns(desk):
    desk.enrol()
    desk.post("/members/columns", {"column": ["phone", "birth"]})
    head = plain(desk.get("/members").text.split("<thead>")[1].split("</thead>")[0])
    assert head == "姓名 手机 生日"
    desk.post("/members/columns", {"reset": "1"})
    assert "累计消费" in desk.get("/members").text.split("<thead>")[1]


def test_an_empty_franchise_says_what_to_do(desk):
    text = desk.get("/members").text
    assert "还没有会员" in text
    assert "/members/new" in text


def test_points_in_the_list_are_those_of_the_ledger(desk):
    person = desk.enrol()
    desk.ring_up(person, "CLEAN")
    row = desk.get("/members").text.split("<tbody>")[1]
    assert ">200<" in row


# -- page ------------------------------------------------------------------------------------------


def test_the_page_shows_what_they_have_and_what_happened(desk):
    person = desk.enrol()
    desk.ring_up(person, "CARD-FAMILY")
    desk.ring_up(person, "F-RESIN")
    text = plain(desk.get(f"/members/{person}").text)
    assert "138****5051" in text
    assert "积分 兑换 到期 明细 160" in text
    assert "家庭 1 / 8" in text
    assert "消费 · 树脂充填" in text
    assert "办卡 · 家庭卡" in text
    assert "建档入会" in text
    orders = plain(desk.get(f"/members/{person}?tab=orders").text)
    assert "树脂充填 服务 1 400.00 160.00" in orders
    assert "家庭卡 会员卡 1 199.00 199.00" in orders
    assert "到店消费 1 天" in orders


def test_the_points_tab_runs_its_balance(desk):
    person = desk.enrol()
    desk.ring_up(person, "WHITEN")
    desk.take(person)
    desk.add("CLEAN")
    desk.post("/till/points", {"use": "1"})
    desk.pay(kind="cash")
    rows = re.findall(r"<tr>.*?</tr>", desk.get(f"/members/{person}?tab=points").text.split("<tbody>")[1], re.S)
    figures = [tuple(re.findall(r'class="num[^"]*">(?:<b>)?([+\u2212\d,]+)', row)) for row in rows]
    # Newest first: what the second order earned, what it used, what the first earned.
    assert figures == [("+188", "268"), ("−1,200", "80"), ("+1,280", "1,280")]
    assert desk.points(person) == 268


def test_the_timeline_pages_by_time_and_narrows_by_kind(desk):
    person = desk.enrol()
    for _n in range(23):
        desk.ring_up(person, "PASTE")
    page = desk.get(f"/members/{person}").text
    older = re.search(r"before=(\d+)", page).group(1)
    rest = desk.get(f"/members/{person}/tab/timeline?before={older}", headers=HX).text
    assert page.count("消费 · 含氟牙膏") + rest.count("消费 · 含氟牙膏") == 23
    assert "建档入会" in rest
    cards = desk.get(f"/members/{person}/tab/timeline?kind=cards", headers=HX).text
    assert "消费 ·" not in cards
    assert "办卡 · 会员卡" in cards
    assert desk.get(f"/members/{person}/tab/points").status_code == 303  # without htmx: the page at that tab


def test_a_phone_is_shown_to_who_may_for_a_reason_and_it_is_written_down(desk, sit):
    person = desk.enrol()
    nothing = desk.post(f"/members/{person}/unmask", {"reason": ""})
    assert nothing.status_code == 422
    assert "13800005051" not in nothing.text
    shown = desk.post(f"/members/{person}/unmask", {"reason": "联系改约"})
    assert "13800005051" in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    assert actions(desk).count("people.phone.unmasked") == 1
    assert "13800005051" in desk.post(f"/members/{person}/unmask", {"reason": "联系改约"}, headers=HX).text
    assert sit("auditor").post(f"/members/{person}/unmask", {"reason": "好奇一下"}).status_code == 403
    assert sit("clinician").post(f"/members/{person}/unmask", {"reason": "好奇一下"}).status_code == 403


def test_tags_and_consents(desk):
    person = desk.enrol()
    desk.post(f"/members/{person}/tags", {"tag": "怕疼"})
    assert "怕疼" in desk.get(f"/members/{person}").text
    assert "没有符合" not in desk.get("/members?f.tag=怕疼").text
    desk.post(f"/members/{person}/tags", {"remove": "怕疼"})
    assert 'value="怕疼"' not in desk.get(f"/members/{person}").text
    assert desk.post(f"/members/{person}/tags", {"tag": " "}).status_code == 422
    desk.post(f"/members/{person}/consents", {"purpose": "marketing_sms", "granted": "1"})
    assert "撤回" in plain(desk.get(f"/members/{person}").text)
    desk.post(f"/members/{person}/consents", {"purpose": "marketing_sms", "granted": "0"})
    assert actions(desk)[-2:] == ["people.consent.given", "people.consent.withdrawn"]
    assert desk.post(f"/members/{person}/consents", {"purpose": "x", "granted": "1"}).status_code == 422


# -- enrolment -------------------------------------------------------------------------------------


def test_enrolment_from_a_failed_search_keeps_what_was_typed(desk):
    assert field(desk.get("/members/new?q=13912345678").text, "phone") == "13912345678"
    assert field(desk.get("/members/new?q=刘小明").text, "name") == "刘小明"
    answer = desk.post(
        "/members/new",
        {"name": "刘小明", "phone": "139 1234 5678", "birth_date": "19900502", "gender": "male", "occupation": "教师",
         "consent_membership": "1", "tags": "怕疼，价敏", "back": "till"},
    )  # fmt: skip
    assert answer.location == "/till"
    assert "刘小明" in desk.till()
    person = people_of(desk)[0]
    page = plain(desk.get(f"/members/{person.id}").text)
    assert "男 36 岁" in page
    assert "139****5678" in page
    assert person.occupation == "教师"


def test_wrong_fields_are_named_and_nothing_typed_is_lost(desk):
    answer = desk.post("/members/new", {"name": "", "phone": "123", "address": "人民路 88 号"})
    assert answer.status_code == 422
    assert "还有 2 处要改" in plain(answer.text)
    assert 'href="#phone"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert field(answer.text, "address") == "人民路 88 号"
    wrong_day = desk.post("/members/new", {"name": "王小", "birth_date": "1990-13-40"})
    assert "请按 1990-05-02 的样子填写" in plain(wrong_day.text)
    assert people_of(desk) == []


def test_a_phone_of_someone_else_leads_to_them_or_to_their_family(desk):
    mother = desk.enrol("林若兰", "13900008888")
    answer = desk.post("/members/new", {"name": "刘子涵", "phone": "13900008888", "birth_date": "2020-05-02"})
    assert answer.status_code == 409
    text = plain(answer.text)
    assert "林*兰" in text
    assert "139****8888" in text
    assert "就用这位会员" in text
    assert f'name="contact_of" value="{mother}"' in answer.text
    done = desk.post(
        "/members/new",
        {"name": "刘子涵", "phone": "13900008888", "birth_date": "2020-05-02", "contact_of": mother},
    )
    assert done.status_code == 303
    child = people_of(desk)[1]
    assert child.contact_of_id == mother
    assert child.phone_sealed is None


def test_b55_a_child_without_a_phone_needs_a_guardian(desk):
    mother = desk.enrol("林若兰", "13900008888")
    answer = desk.post("/members/new", {"name": "刘子涵", "birth_date": "2020-05-02"})
    assert answer.status_code == 422
    assert "未满 14 周岁须由监护人同意" in plain(answer.text)
    assert 'name="guardian"' in answer.text
    done = desk.post("/members/new", {"name": "刘子涵", "birth_date": "2020-05-02", "guardian": "13900008888"})
    assert done.status_code == 303
    with acting(desk.actor), desk.installation.unit("read") as unit:
        assert unit.scalars(select(Relation.role)).all() == ["guardian"]
    assert "刘子涵" in desk.get("/find?q=lzh", headers=HX).text
    assert "使用本人手机" in plain(desk.get(f"/members/{mother}").text)
    many = desk.post("/members/new", {"name": "刘二", "birth_date": "2020-05-02", "guardian": "没有的人"})
    assert "没有找到监护人" in plain(many.text)


# -- edit ------------------------------------------------------------------------------------------


def test_edit_keeps_the_phone_out_of_sight_and_saves(desk):
    person = desk.enrol()
    page = desk.get(f"/members/{person}/edit").text
    assert "13800005051" not in page
    assert "138****5051" in page
    form = {"version": field(page, "version"), "name": "刘超明", "phone": "", "gender": "male", "birth_date": "",
            "birth_calendar": "solar", "email": "a@b.cn", "occupation": "工程师"}  # fmt: skip
    assert desk.post(f"/members/{person}/edit", form).status_code == 303
    saved = people_of(desk)[0]
    assert (saved.occupation, saved.phone_sealed is not None) == ("工程师", True)


def test_a_stale_edit_shows_both_values_and_lets_choose(desk):
    person = desk.enrol()
    version = field(desk.get(f"/members/{person}/edit").text, "version")
    desk.post(f"/members/{person}/edit", {"version": version, "name": "刘超明", "occupation": "教师"})
    late = desk.post(f"/members/{person}/edit", {"version": version, "name": "刘超", "occupation": "医生"})
    assert late.status_code == 409
    text = plain(late.text)
    assert "职业 教师 医生" in text
    assert "姓名 刘超明 刘超" in text
    chosen = {
        "version": field(late.text, "version"), "name": "刘超", "occupation": "医生", "take_name": "theirs",
        "take_occupation": "mine",
    }  # fmt: skip
    assert desk.post(f"/members/{person}/edit", chosen).status_code == 303
    saved = people_of(desk)[0]
    assert (saved.name, saved.occupation) == ("刘超明", "医生")


# -- family ----------------------------------------------------------------------------------------


def card_of(desk, person: int) -> str:
    return re.search(r"/cards/(\d+)/family", desk.get(f"/members/{person}").text).group(1)


def test_family_by_search_by_three_fields_and_leaving(desk):
    person = desk.enrol()
    desk.ring_up(person, "CARD-FAMILY")
    card = card_of(desk, person)
    friend = desk.enrol("何静", "13700001234")
    found = desk.get(f"/cards/{card}/family?q=hj").text
    assert "何静" in found
    assert desk.post(f"/cards/{card}/seats", {"person_id": friend, "role": "other"}).status_code == 303
    twice = desk.post(f"/cards/{card}/seats", {"person_id": friend, "role": "other"})
    assert twice.status_code == 409
    known = desk.post(f"/cards/{card}/seats", {"name": "林若兰", "phone": "13700001234", "role": "spouse"})
    assert known.status_code == 409
    assert "就是这位，加入" in plain(known.text)
    assert (
        desk.post(f"/cards/{card}/seats", {"name": "小宝", "phone": "", "role": "child", "back": "till"}).location
        == "/till"
    )
    page = plain(desk.get(f"/cards/{card}/family").text)
    assert "3 / 8 人" in page
    desk.post(f"/cards/{card}/seats/{friend}/leave")
    assert "何静" not in desk.get(f"/cards/{card}/family").text.split("添加家人")[0]
    holder = desk.post(f"/cards/{card}/seats/{person}/leave")
    assert holder.status_code == 422
    assert "持卡人不能移出" in alert(holder.text)
    assert desk.post(f"/cards/{card}/seats", {"name": "甲", "phone": "", "role": "x"}).status_code == 422


def test_the_page_says_what_is_missing_to_keep_the_tier(installation, desk):
    """1,000 in January and 2,200 in August make silver until next August; by then 2,400 are asked, 2,200 count."""
    with at("2026-01-10 10:00"):
        member = desk.enrol("刘超明", "13800005051")
        with acting(desk.actor):
            installation.sell(member, ("CLEAN", 5))
    with at("2026-08-10 10:00"):
        with acting(desk.actor):
            installation.sell(member, ("F-BASIC", 10))
        page = plain(desk.get(f"/members/{member}").text)
        assert "等级保至2027-08-09" in page.replace(" ", "")
        assert "保级还差¥200.00" in page.replace(" ", "")
        with acting(desk.actor):
            installation.sell(member, ("CLEAN", 2))
        assert "保级还差" not in desk.get(f"/members/{member}").text
