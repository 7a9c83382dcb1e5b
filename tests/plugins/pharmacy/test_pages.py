"""The pharmacy's pages as people of its roles use them."""

from __future__ import annotations

import io
import re

import pytest
from sqlalchemy import select

from core.kernel import clock
from core.kernel.errors import Refusal
from core.kernel.tenancy import acting
from core.people.models import Person
from plugins.pharmacy import datasets, knowledge, papers
from plugins.pharmacy.models import PharmacyPrescription
from tests.core.care.picture_kit import jpeg
from tests.core.desk.desk_kit import Desk, plain, web_of
from tests.plugins.pharmacy.test_till import with_digit

NUMBER = with_digit("11010119860307001")


@pytest.fixture
def sit(embedded):
    app = web_of(embedded.house)
    return lambda role: Desk(embedded.house, app, embedded.house.pharmacy, role)


def test_a_pharmacist_signs_on_and_off(sit):
    desk = sit("pharmacist")
    assert "签退" in plain(desk.get("/p/pharmacy/duty").text)
    assert desk.post("/p/pharmacy/duty", {"act": "off"}).status_code == 303
    assert "处方药和甲类非处方药暂停销售" in plain(sit("front_desk").get("/p/pharmacy/duty").text)
    assert desk.post("/p/pharmacy/duty", {"act": "on"}).status_code == 303
    assert "ZY-001" in desk.get("/p/pharmacy/duty").text
    assert sit("front_desk").post("/p/pharmacy/duty", {"act": "on"}).status_code == 403


def test_a_prescription_is_noted_used_and_made_void(embedded, sit):
    member, desk = embedded.member(), sit("pharmacist")
    embedded.takes(member, "warfarin")
    embedded.takes(member, "aspirin", item="D0139")
    page = f"/p/pharmacy/members/{member}"
    text = plain(desk.get(page).text)
    assert "华法林" in text and "重大" in text and "没有记录不等于安全" not in text and "built-in" not in text
    told = {
        "number": "8812", "prescriber": "李医生", "hospital": "市一医院", "issued_on": "2026-01-01",
        "code": ["D0001", ""], "pieces": ["2", ""],
    }  # fmt: skip
    wrong = desk.post(f"{page}/prescriptions", {**told, "code": ["D0033", ""]})
    assert wrong.status_code == 422 and "不是处方药" in plain(wrong.text) and 'value="8812"' in wrong.text
    told["issued_on"] = clock.today("Asia/Shanghai").isoformat()
    assert desk.post(f"{page}/prescriptions", told).status_code == 303
    assert desk.post(f"{page}/prescriptions", told).status_code == 409
    assert "阿莫西林胶囊 × 2" in plain(desk.get(page).text)
    assert embedded.sell(member, "D0001").order_no
    assert "8812" in sit("manager").get("/p/pharmacy/books").text
    assert sit("front_desk").get(page).status_code == 403
    with embedded.unit("read") as session:
        [row] = session.scalars(select(PharmacyPrescription.id)).all()
    assert desk.post(f"/p/pharmacy/prescriptions/{row}/void", {"why": "错"}).status_code == 422
    assert desk.post(f"/p/pharmacy/prescriptions/{row}/void", {"why": "医生改了方案"}).status_code == 303
    assert "已作废" in plain(desk.get(page).text)
    assert desk.post("/p/pharmacy/prescriptions/999/void", {"why": "医生改了方案"}).status_code == 404


def test_the_register_masks_the_number(embedded, sit):
    member, desk = embedded.member(), sit("front_desk")
    page = f"/p/pharmacy/members/{member}/register"
    assert desk.post(page, {"name": "王芳", "id_number": "1", "packs": "1"}).status_code == 422
    assert desk.post(page, {"name": "王芳", "id_number": NUMBER, "packs": "2"}).status_code == 303
    assert "今天已登记 2 个" in plain(desk.get(page).text)
    text = sit("manager").get("/p/pharmacy/books").text
    assert NUMBER not in text and NUMBER[-4:] in text
    assert desk.get("/p/pharmacy/books").status_code == 403


def test_refills_and_demand_show_what_was_sold(embedded, sit):
    from core.hooktypes import Event
    from plugins.pharmacy import dispensing

    member = embedded.member()
    done = embedded.sell(member, ("D0035", 2))
    with embedded.unit() as session:
        dispensing.heard(session, Event("order.paid", 0, {"order_id": done.order_id}))
    assert "对乙酰氨基酚片" in plain(sit("manager").get("/p/pharmacy/demand").text)
    desk = sit("front_desk")
    text = plain(desk.get("/p/pharmacy/refills").text)
    assert "没有要提醒的" in text
    with embedded.unit() as session:
        from core.kernel import settings

        settings.change(session, "pharmacy.refill_notice_days", 30)
    page = desk.get("/p/pharmacy/refills").text
    assert "对乙酰氨基酚片" in plain(page)
    from plugins.pharmacy.models import PharmacyRefill

    with embedded.unit("read") as session:
        [row] = session.scalars(select(PharmacyRefill.id)).all()
    assert desk.post(f"/p/pharmacy/refills/{row}").status_code == 303
    assert "已提醒" in plain(desk.get("/p/pharmacy/refills").text)
    assert desk.get(f"/members/{member}?tab=pharmacy.person").status_code == 200


def csv(text, name="interactions.csv"):
    return io.BytesIO(text.encode()), name


def test_a_new_version_is_compared_taken_in_counts_and_is_taken_back(embedded, sit):
    desk, member = sit("owner"), embedded.member()
    assert "演示数据，须执业药师核定" in plain(desk.get("/p/pharmacy/data?q=warfarin").text)
    lines = knowledge.shipped_text(knowledge.INTERACTIONS).splitlines(keepends=True)
    ours = "".join(one for one in lines if "paracetamol" not in one) + (
        "paracetamol,N02BE01,对乙酰氨基酚,loratadine,R06AX13,氯雷他定,contraindicated,x,试验条目,本店,high,0,,\n"
    )
    answer = desk.post("/p/pharmacy/data", {"act": "compare", "kind": "interactions", "file": csv(ours)})
    assert answer.status_code == 200 and "与正在使用的版本比较" in answer.text
    embedded.takes(member, "loratadine")
    assert not [one for one in embedded.findings(member, "D0035") if one[0] == "interaction"]
    data = {"act": "take", "kind": "interactions", "version": "2026.12", "file": csv(ours)}
    assert desk.post("/p/pharmacy/data", data).status_code == 303
    assert ("interaction", "contraindicated", 1) in embedded.findings(member, "D0035")
    data["file"] = csv(ours)
    assert desk.post("/p/pharmacy/data", data).status_code == 409
    bad = {**data, "version": "2026.13", "file": csv("a,b\n1,2\n")}
    assert desk.post("/p/pharmacy/data", bad).status_code == 422
    assert desk.post("/p/pharmacy/data", {"act": "back", "kind": "interactions"}).status_code == 303
    assert not [one for one in embedded.findings(member, "D0035") if one[0] == "interaction"]


def test_only_a_licensed_pharmacist_signs_and_for_this_version_alone(embedded, sit):
    assert sit("owner").post("/p/pharmacy/data", {"act": "sign", "digest": "x", "name": "店主"}).status_code == 403
    with acting(embedded.house.actor(embedded.house.pharmacy, "pharmacist")), embedded.unit() as session:
        digest = datasets.digest_of(datasets.standing(session))
        with pytest.raises(Refusal):
            datasets.sign(session, "0" * 64, "周药师")
    desk = sit("pharmacist")
    assert desk.post("/p/pharmacy/data", {"act": "sign", "digest": digest, "name": "周药师"}).status_code == 303
    assert "周药师 已核定" in plain(desk.get("/p/pharmacy/data").text)
    member = embedded.member()
    embedded.takes(member, "warfarin")
    assert all("演示数据" not in one.text for one in embedded.quoted(member, "D0033")[2])


def test_a_pharmacist_reads_no_strangers_medicines_and_notes_none(embedded, sit):
    """Security C16: who was neither enrolled nor served here is behind the glass."""
    member, desk = embedded.member(), sit("pharmacist")
    page = f"/p/pharmacy/members/{member}"
    assert desk.get(page).status_code == 200
    with embedded.unit() as session:
        session.get(Person, member).joined_at = 0
    refused = desk.get(page)
    assert (refused.status_code, "近期没有在你的门店就诊" in plain(refused.text)) == (403, True)
    told = {"number": "8812", "prescriber": "李医生", "hospital": "市一医院", "issued_on": "2026-01-01"}
    assert desk.post(f"{page}/prescriptions", {**told, "code": "D0001", "pieces": "1"}).status_code == 403


def test_a_prescription_carries_its_picture_to_the_pharmacist_alone(embedded, sit):
    member, desk, cashier = embedded.member(), sit("pharmacist"), sit("front_desk")
    page = f"/p/pharmacy/members/{member}"
    today = clock.today("Asia/Shanghai").isoformat()
    told = {
        "number": "8812", "prescriber": "李医生", "hospital": "市一医院", "issued_on": today, "code": "D0001", "pieces": "2",
    }  # fmt: skip
    form = 'name="file" accept="image/*" capture="environment"'
    assert form in desk.get(page).text
    bad = desk.post(
        f"{page}/prescriptions",
        {**told, "file": (io.BytesIO(b"%PDF-1.4"), "a.pdf")},
        content_type="multipart/form-data",
    )
    assert bad.status_code == 415 and "不能上传 PDF" in plain(bad.text) and 'value="8812"' in bad.text
    with embedded.as_("pharmacist"), embedded.unit("read") as session:
        assert session.scalars(select(PharmacyPrescription.id)).all() == []  # nothing half done
    sent = {**told, "file": [(io.BytesIO(jpeg()), "a.jpg"), (io.BytesIO(b""), "")]}
    assert desk.post(f"{page}/prescriptions", sent, content_type="multipart/form-data").status_code == 303
    [code] = set(re.findall(r"/documents/([0-9a-zA-Z_-]+)/small", desk.get(page).text))
    assert desk.get(f"/documents/{code}").content_type == "image/webp"
    for path in ("/till", page, f"/members/{member}", f"/members/{member}/documents", "/p/pharmacy/books"):
        answer = cashier.get(path)
        assert code not in answer.text and answer.content_type != "image/webp"
    refused = cashier.get(f"/documents/{code}")
    assert refused.status_code == 403 and refused.content_type != "image/webp"
    assert desk.post(f"{page}/prescriptions", {**told, "number": "8813"}).status_code == 303
    [bare] = re.findall(r"/prescriptions/(\d+)/pictures", desk.get(page).text)
    add = f"{page}/prescriptions/{bare}/pictures"
    assert desk.post(add, {}).status_code == 422
    more = {"file": (io.BytesIO(jpeg()), "c.jpg")}
    assert cashier.post(add, {}).status_code == 403
    assert desk.post(add, more, content_type="multipart/form-data").status_code == 303
    assert "/pictures" not in desk.get(page).text
    other = embedded.member()
    assert desk.post(f"/p/pharmacy/members/{other}/prescriptions/{bare}/pictures", {}).status_code == 404


def test_the_picture_stands_in_the_queue_for_who_may_read_the_member(embedded, sit):
    member, till, desk = embedded.member(), sit("front_desk"), sit("pharmacist")
    embedded.takes(member, "warfarin")
    row = embedded.prescribed(member, D0001=1)
    with embedded.as_("pharmacist"), embedded.unit() as session:
        papers.keep(session, session.get(PharmacyPrescription, row), [jpeg()])
    till.take(member)
    till.add("D0033")
    finding = re.search(r'/p/pharmacy/ask/([0-9a-f]+)"', till.till()).group(1)
    till.post(f"/p/pharmacy/ask/{finding}")
    assert "/documents/" not in desk.get("/p/pharmacy/asks").text  # only who takes it looks
    take = re.search(r'action="(/p/pharmacy/asks/\d+/take)"', desk.get("/p/pharmacy/asks").text).group(1)
    assert desk.post(take).status_code == 303
    assert "处方图片" in plain(desk.get("/p/pharmacy/asks").text)
    assert "/documents/" in desk.get("/p/pharmacy/asks").text
    assert "/documents/" not in till.till()
    with embedded.as_("pharmacist"), embedded.unit() as session:
        session.get(Person, member).joined_at = 0  # enrolled long ago and never served here
    assert "/documents/" not in desk.get("/p/pharmacy/asks").text
