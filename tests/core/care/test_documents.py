"""Papers kept as pictures: cleaned, sealed, seen by kind and need, kept by law or by consent, gone when they are gone."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from sqlalchemy import select

from core.care import documents, photos, visit_duties
from core.care.document_models import Document
from core.care.visit_models import Attachment
from core.kernel.errors import Forbidden, Invalid, NotFound, Refusal
from core.kernel.models import AuditEntry
from core.kernel.tenancy import acting
from tests.core.care import picture_kit as kit
from tests.core.desk.desk_kit import Desk, plain, web_of


@pytest.fixture
def clinic(any_installation):
    with acting(any_installation.actor(any_installation.dental, "clinician")):
        yield any_installation


def kept(clinic, person, kind="care.report", **more):
    """Keep a paper and return its code."""
    with clinic.unit() as session:
        row = documents.keep(session, person, kind, more.pop("data", None) or kit.jpeg(), **more)
        return session.get(Attachment, row.attachment_id).code


def test_a_paper_is_cleaned_sealed_marked_and_every_look_is_written_down(clinic):
    person = clinic.enrol()
    code = kept(clinic, person, note="血常规")
    with clinic.unit() as session:
        [seen] = documents.documents_of(session, person)
        opened = documents.open_paper(session, code)
        assert (seen.kind, seen.note, str(seen.name)) == ("care.report", "血常规", "外院报告、化验单")
    data = photos.shown(opened, photos.FULL, "刘医生 103")
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.size == (480, 640)
        assert dict(picture.getexif()) == {}
    folder = clinic.runtime.environment.data_dir
    files = [path.read_bytes() for path in folder.rglob("*") if path.suffix in (".full", ".thumb")]
    assert len(files) == 2
    assert not any(word in one for one in files for word in (b"WEBP", b"CANARYPHONE", kit.PLACE.encode()))
    with clinic.unit("read") as session:
        done = session.scalars(select(AuditEntry.action).where(AuditEntry.person_id == person)).all()
    assert {"care.document.added", "care.document.read"} <= set(done)


def test_a_paper_is_no_photo_and_no_visit_s_attachment(clinic):
    """The doors of photos never open one: it has no code there, no count, and a withdrawn photo consent hides none."""
    person = clinic.enrol()
    code = kept(clinic, person)
    with clinic.unit() as session:
        for use in ("record", "education", "publicity"):
            assert photos.photos_of(session, person, use) == []
        assert photos.count_of(session, person) == 0
        with pytest.raises(NotFound):
            photos.open_file(session, code)
        with pytest.raises(NotFound):
            photos.remove(session, code, "不该能删")
        kit.agree(session, person, "photo_record")
        kit.agree(session, person, "photo_record", granted=False)
        assert len(documents.documents_of(session, person)) == 1


def test_what_no_law_asks_for_wants_a_consent_and_a_withdrawal_hides_nothing(clinic):
    person = clinic.enrol()
    with pytest.raises(Refusal) as refused:
        kept(clinic, person, "care.other")
    assert refused.value.code == "consent_needed"
    with clinic.unit() as session:
        kit.agree(session, person, "health")
    kept(clinic, person, "care.other")
    with clinic.unit() as session:
        kit.agree(session, person, "health", granted=False)
    with pytest.raises(Refusal):
        kept(clinic, person, "care.other")
    kept(clinic, person, "care.consent")
    with clinic.unit() as session:
        assert {one.kind for one in documents.documents_of(session, person)} == {"care.other", "care.consent"}


def test_only_pictures_come_in_and_a_pdf_is_told_the_way_out(clinic):
    person = clinic.enrol()
    with pytest.raises(Refusal) as refused:
        kept(clinic, person, data=b"%PDF-1.7\n/JavaScript")
    assert (refused.value.code, refused.value.status) == ("file_type", 415)
    assert "拍照或截图" in refused.value.message
    for data in (b"<svg onload=alert(1)>", b"MZ" + bytes(50)):
        with pytest.raises(Refusal):
            kept(clinic, person, data=data)
    with pytest.raises(Invalid):
        kept(clinic, person, "pharmacy.nothing")


def test_who_may_not_see_a_kind_does_not_hear_of_it(clinic):
    person = clinic.enrol()
    code = kept(clinic, person)
    for role in ("front_desk", "manager", "call_agent"):
        with acting(clinic.actor(clinic.dental, role)), clinic.unit() as session:
            assert documents.documents_of(session, person) == []
            with pytest.raises(NotFound):
                documents.open_paper(session, code)
            with pytest.raises(Forbidden):
                documents.keep(session, person, "care.report", kit.png())
    with acting(clinic.actor(clinic.pharmacy, "owner")), clinic.unit() as session:
        with pytest.raises(NotFound):
            documents.documents_of(session, person)
        with pytest.raises(NotFound):
            documents.find(session, code)


def test_taken_away_erased_and_merged(clinic):
    winner, loser = clinic.enrol(), clinic.enrol("刘超", "13800005052")
    with clinic.unit() as session:
        kit.agree(session, loser, "health")
    wrong, other, report = kept(clinic, loser), kept(clinic, loser, "care.other"), kept(clinic, loser)
    with clinic.unit() as session:
        with pytest.raises(Invalid):
            documents.remove(session, wrong, " ")
        assert documents.remove(session, wrong, "传错了人").file_key is None
        with pytest.raises(NotFound):
            documents.find(session, wrong)
    with clinic.unit() as session:
        sections = visit_duties.copy_of(session, loser)
        assert [row[0] for row in sections[-1].rows] == ["其他资料", "外院报告、化验单"]
    with clinic.unit() as session:
        visit_duties.merge(session, winner, loser)
        assert len(documents.documents_of(session, winner)) == 2
        assert documents.documents_of(session, loser) == []
    with clinic.unit() as session:
        counts = {str(one.label): one.count for one in visit_duties.erase(session, winner)}
        assert counts["处方、报告等资料"] == 1
        assert [one.code for one in documents.documents_of(session, winner)] == [report]
        with pytest.raises(NotFound):
            documents.find(session, other)
        assert session.scalar(select(Document.id).limit(1)) is not None


def test_the_page_takes_in_shows_and_removes(installation):
    app = web_of(installation)
    doctor, cashier = (Desk(installation, app, installation.dental, role) for role in ("clinician", "front_desk"))
    person = doctor.enrol()
    page = f"/members/{person}/documents"
    assert "还没有资料" in plain(doctor.get(page).text)
    sent = {
        "kind": "care.report",
        "note": "市一血常规",
        "file": [(io.BytesIO(kit.jpeg()), "a.jpg"), (io.BytesIO(kit.png()), "b.png")],
    }
    assert doctor.post(page, sent, content_type="multipart/form-data").status_code == 303
    shown = doctor.get(page)
    assert "市一血常规" in plain(shown.text) and shown.headers["Cache-Control"] == "no-store"
    with acting(doctor.actor), installation.unit("read") as session:
        code = documents.documents_of(session, person)[0].code
    for address in (f"/documents/{code}", f"/documents/{code}/small"):
        answer = doctor.get(address)
        assert (answer.status_code, answer.content_type) == (200, "image/webp")
        assert answer.headers["Cache-Control"] == "no-store" and "sandbox" in answer.headers["Content-Security-Policy"]
        assert "ETag" not in answer.headers
        for head in (
            {"If-None-Match": "*"},
            {"Range": "bytes=0-9"},
            {"If-Modified-Since": "Sat, 01 Jan 2033 00:00:00 GMT"},
        ):
            assert doctor.get(address, headers=head).status_code == 200
        assert cashier.get(address).status_code == 403
        assert doctor.client.head(address).status_code == 200
    assert cashier.get(page).status_code == 403
    assert doctor.get(f"/photos/{code}").status_code == 404
    pdf = {"kind": "care.report", "note": "n", "file": (io.BytesIO(b"%PDF-1.4"), "a.pdf")}
    refused = doctor.post(page, pdf, content_type="multipart/form-data")
    assert refused.status_code == 415 and "不能上传 PDF" in plain(refused.text) and 'value="n"' in refused.text
    assert doctor.post(page, {"kind": "care.report"}).status_code == 422
    assert doctor.post(f"/documents/{code}/remove", {"reason": ""}).status_code == 422
    assert doctor.post(f"/documents/{code}/remove", {"reason": "传错了人"}).status_code == 303
    for head in ({}, {"Range": "bytes=0-9"}, {"If-None-Match": "*"}):
        assert doctor.get(f"/documents/{code}", headers=head).status_code == 404
