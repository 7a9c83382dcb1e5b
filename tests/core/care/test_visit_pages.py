"""Visits, photos and consents on screen: written, signed, compared, hidden; nothing foreign, nothing without a right."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image
from sqlalchemy import select

from core.care import photos
from core.care.visit_models import Attachment
from core.kernel.models import AuditEntry
from core.kernel.tenancy import acting
from tests.core.care import picture_kit as kit
from tests.core.desk.desk_kit import HX, PIN, field, plain


@pytest.fixture
def doctor(sit):
    return sit("clinician")


def opened(doctor):
    """Open a visit through the tab's form; return (member, path of the visit)."""
    person = doctor.enrol()
    answer = doctor.post(f"/members/{person}/visits", {"kind": "first"})
    assert answer.status_code == 303
    return person, answer.location.removesuffix("/edit").replace("http://localhost", "")


def form_of(doctor, path, **more):
    page = doctor.get(path + "/edit").text
    values = {name: field(page, name) for name in ("version", "on")}
    return {**values, "kind": "first", "practitioner": str(doctor.house.staff["clinician"]), **more}


def test_a_visit_is_written_saved_by_itself_and_signed(doctor):
    person, path = opened(doctor)
    assert "还没有签名" in plain(doctor.get(path).text)
    form = form_of(doctor, path, **{"care.complaint": "牙痛三天", "note": "怕痛"})
    saved = doctor.post(path + "/edit", {**form, "act": "auto"}, headers=HX)
    assert "已保存" in saved.text
    form["version"] = re.search(r'name="version" value="(\d+)"', saved.text).group(1)
    wrong = doctor.post(path + "/edit", {**form, "care.treatment": "充填", "act": "sign", "pin": "000000"})
    assert wrong.status_code == 401
    assert "牙痛三天" in wrong.text
    form = form_of(doctor, path, **{"care.complaint": "牙痛三天", "care.treatment": "充填", "note": "怕痛"})
    done = doctor.post(path + "/edit", {**form, "act": "sign", "pin": PIN})
    assert done.status_code == 303, plain(done.text)
    page = plain(doctor.get(path).text)
    assert "已签名" in page
    assert "牙痛三天" in page
    assert "签名指纹" in page
    tab = plain(doctor.get(f"/members/{person}?tab=care.visits").text)
    assert "初诊" in tab
    assert "已签名" in tab
    assert "牙痛三天" not in tab


def test_a_signed_visit_changes_by_a_revision_alone(doctor):
    person, path = opened(doctor)
    form = form_of(doctor, path, **{"care.treatment": "充填"})
    assert doctor.post(path + "/edit", {**form, "act": "sign", "pin": PIN}).status_code == 303
    refused = doctor.post(path + "/edit", {**form, "care.treatment": "改", "act": "save"})
    assert refused.status_code in (303, 409)
    assert "改" not in plain(doctor.get(path).text).split("签名")[0]
    assert doctor.post(path + "/amend").status_code == 303
    form = form_of(doctor, path, **{"care.treatment": "根管治疗", "reason": "处置写错"})
    assert doctor.post(path + "/edit", {**form, "act": "sign", "pin": PIN}).status_code == 303
    page = doctor.get(path).text
    assert "第 2 版" in plain(page)
    assert re.search(r"<del[^>]*>充填</del>", page)
    assert re.search(r"<ins[^>]*>根管治疗</ins>", page)
    assert "处置写错" in page
    assert plain(page).count("clinician员") >= 2  # each revision says who signed it
    assert "第 2 版" in plain(doctor.get(f"/members/{person}/visits").text)


def test_a_draft_saved_elsewhere_keeps_what_was_typed(doctor):
    _person, path = opened(doctor)
    form = form_of(doctor, path, note="甲")
    assert doctor.post(path + "/edit", {**form, "act": "save"}).status_code == 303
    late = doctor.post(path + "/edit", {**form, "note": "乙写的", "act": "save"})
    assert late.status_code == 409
    assert "乙写的" in late.text


def test_a_cashier_opens_no_visit_and_no_photo(doctor, desk):
    person, path = opened(doctor)
    for address in (
        path,
        path + "/edit",
        f"/members/{person}/visits",
        f"/members/{person}/photos",
        "/photos/" + "0" * 32,
    ):
        assert desk.get(address).status_code == 403, address
    assert "就诊记录" not in plain(desk.get(f"/members/{person}").text)


def test_another_franchise_finds_nothing(doctor, sit, installation):
    person, path = opened(doctor)
    with acting(doctor.actor), installation.unit() as session:
        kit.agree(session, person)
        kept = session.get(Attachment, kit.photo(session, person).attachment_id)
        code = kept.code
    theirs = sit("owner", installation.pharmacy)
    for address in (
        path,
        f"/members/{person}/visits",
        f"/members/{person}/photos",
        f"/photos/{code}",
        f"/photos/{code}/small",
        f"/members/{person}/consents",
        f"/members/{person}/consents/health",
    ):
        assert theirs.get(address).status_code == 404, address
    assert theirs.post(f"/photos/{code}/remove", {"reason": "试试"}).status_code == 404
    assert doctor.get(f"/photos/{code}").status_code == 200


def upload(doctor, person, data=None, name="p.jpg", **more):
    files = {"file": (io.BytesIO(kit.jpeg() if data is None else data), name)}
    form = {"angle": "front", "phase": "before", "set_name": "面部", **more}
    return doctor.post(f"/members/{person}/photos", {**form, **files}, content_type="multipart/form-data")


def test_photos_are_taken_in_shown_compared_and_hidden_at_every_door(doctor, installation):
    person = doctor.enrol()
    refused = upload(doctor, person)
    assert refused.status_code == 409
    assert "还没有同意拍照存档" in plain(refused.text)
    assert doctor.post(f"/members/{person}/consents/photo_record", {"granted": "1"}).status_code == 403
    with acting(doctor.actor), installation.unit() as session:
        kit.agree(session, person)
    assert upload(doctor, person).status_code == 303
    with acting(doctor.actor), installation.unit("read") as session:
        [group] = photos.photos_of(session, person)
    assert upload(doctor, person, kit.jpeg(colour=(20, 90, 160)), phase="m1", set=str(group.id)).status_code == 303
    gallery = doctor.get(f"/members/{person}/photos").text
    codes = re.findall(r"/photos/([0-9a-f]{32})/small", gallery)
    assert len(codes) == 2
    pair = re.search(r"/members/\d+/photos/compare\?a=\d+(?:&amp;|&)b=\d+", gallery).group(0).replace("&amp;", "&")
    for view in ("slide", "ghost"):  # one over the other: both pictures, no style in the page
        over = doctor.get(f"{pair}&view={view}").text
        assert f'class="over {view}"' in over
        assert over.count(f'/photos/{codes[0]}"') == over.count(f'/photos/{codes[1]}"') == 1
        assert 'style="' not in over
        assert "/assets/photos." in over
    assert "/assets/photos." not in doctor.get(f"{pair}&view=x").text
    doors = [pair, f"{pair}&view=slide", *(f"/photos/{c}{s}" for c in codes for s in ("", "/small"))]
    answers = [doctor.get(one) for one in doors]
    assert [a.status_code for a in answers] == [200] * 6
    picture = answers[2]
    assert picture.headers["Cache-Control"] == "no-store"
    assert picture.headers["Content-Type"] == "image/webp"
    assert "sandbox" in picture.headers["Content-Security-Policy"]
    with Image.open(io.BytesIO(picture.data)) as shown:
        assert shown.getexif() == {}
        assert len(shown.convert("RGB").getcolors(1 << 20)) > 50  # a plain picture, but for the viewer's mark
    with acting(doctor.actor), installation.unit() as session:
        reads = session.scalars(select(AuditEntry.id).where(AuditEntry.action == "care.photo.read")).all()
        assert len(reads) == 4
        kit.agree(session, person, granted=False)
    assert [doctor.get(one).status_code for one in doors] == [404] * 6
    hidden = plain(doctor.get(f"/members/{person}/photos").text)
    assert "没有“照片存档”的同意" in hidden
    assert "保存了 2 张照片" in hidden
    with acting(doctor.actor), installation.unit() as session:
        kit.agree(session, person)
    assert [doctor.get(one).status_code for one in doors] == [200] * 6
    assert "没有“照片宣传”的同意" in plain(doctor.get(f"/members/{person}/photos?use=publicity").text)


@pytest.mark.parametrize(
    ("data", "status", "words"),
    [(b"GIF89a" + bytes(50), 415, "只能上传"), (b"<svg xmlns='x'/>", 415, "只能上传"), (kit.bomb(), 413, "像素太多"),
     (kit.jpeg()[:400], 422, "已损坏"), (b"", 422, "请选择一张照片")],
)  # fmt: skip
def test_what_is_no_picture_is_refused_in_words(doctor, installation, data, status, words):
    person = doctor.enrol()
    with acting(doctor.actor), installation.unit() as session:
        kit.agree(session, person)
    answer = upload(doctor, person, data)
    assert answer.status_code == status
    assert words in plain(answer.text)


def test_a_photo_is_removed_for_good_with_a_reason(doctor, installation):
    person = doctor.enrol()
    with acting(doctor.actor), installation.unit() as session:
        kit.agree(session, person)
    upload(doctor, person)
    code = re.search(r"/photos/([0-9a-f]{32})/small", doctor.get(f"/members/{person}/photos").text).group(1)
    assert doctor.post(f"/photos/{code}/remove", {"reason": ""}).status_code == 422
    assert doctor.post(f"/photos/{code}/remove", {"reason": "拍错人"}).status_code == 303
    assert doctor.get(f"/photos/{code}").status_code == 404


def test_a_document_hangs_on_its_visit_and_is_signed_with_it(doctor):
    _person, path = opened(doctor)
    files = {"file": (io.BytesIO(kit.png()), "lab.png"), "note": "血常规"}
    assert doctor.post(path + "/documents", files, content_type="multipart/form-data").status_code == 303
    page = doctor.get(path).text
    assert "血常规" in page
    code = re.search(r"/photos/([0-9a-f]{32})/small", page).group(1)
    assert doctor.get(f"/photos/{code}").status_code == 200
    form = form_of(doctor, path, **{"care.treatment": "抽血"})
    assert doctor.post(path + "/edit", {**form, "act": "sign", "pin": PIN}).status_code == 303
    assert doctor.post(f"/photos/{code}/remove", {"reason": "不要了"}).status_code == 409


def test_consents_are_given_with_their_text_and_taken_back_after_seeing_what_that_does(desk, sit):
    person = desk.enrol()
    page = plain(desk.get(f"/members/{person}/consents/photo_record").text)
    assert "拍摄并保存我的治疗照片" in page
    path = "M10 10L20 20L30 30L40 40"
    drawn = {"granted": "1", "method": "signature", "signature": path}
    bad = desk.post(f"/members/{person}/consents/photo_record", {**drawn, "signature": '"><script>'})
    assert bad.status_code == 422
    assert "签名框" in plain(bad.text)
    assert desk.post(f"/members/{person}/consents/photo_record", drawn).status_code == 303
    again = desk.get(f"/members/{person}/consents/photo_record").text
    assert path in again
    assert "全部照片马上在所有页面、接口和导出里隐藏" in plain(again)
    assert desk.post(f"/members/{person}/consents/photo_record", {"granted": "0"}).status_code == 303
    assert "已撤回" in plain(desk.get(f"/members/{person}/consents").text)
    assert desk.get("/consent-texts").status_code == 403
    owner = sit("owner")
    assert owner.post("/consent-texts/health", {"body": "短"}).status_code == 422
    desk.post(f"/members/{person}/consents/health", {"granted": "1"})
    assert "文本已改" not in plain(desk.get(f"/members/{person}/consents").text)
    body = {"body": "我同意本机构保存我的健康信息，并用于慢病随访。", "material": "1"}
    assert owner.post("/consent-texts/health", body).status_code == 303
    assert "文本已改，须重新同意" in plain(desk.get(f"/members/{person}/consents").text)
    assert "慢病随访" in plain(desk.get(f"/members/{person}/consents/health").text)


def test_a_child_s_guardian_says_it(desk):
    import datetime as dt

    parent = desk.enrol("刘妈妈", "13800005052")
    child = desk.enrol("刘小宝", None, birth_on=dt.date(2020, 1, 1), contact_of=parent)
    assert "监护人（必填）" in plain(desk.get(f"/members/{child}/consents/health").text)
    said = {"granted": "1", "guardian": "", "guardian_name": "刘奶奶", "relation": "grandparent"}
    assert desk.post(f"/members/{child}/consents/health", {**said, "relation": ""}).status_code == 422
    assert desk.post(f"/members/{child}/consents/health", said).status_code == 303
    assert "监护人 刘奶奶（祖父母或外祖父母）" in plain(desk.get(f"/members/{child}/consents").text)
