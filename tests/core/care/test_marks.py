"""Drawn signatures of visits and consents: beside the PIN, sealed, covered by the mac, on paper, never needed."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from sqlalchemy import select, text

from core.care import visit_marks, visit_reads, visits
from core.care.visit_marks import Marks
from core.care.visit_models import VisitRevision
from core.kernel import drawn
from core.kernel.errors import Conflict, Invalid
from core.kernel.tenancy import acting
from core.org.proofs import make_proof
from tests.core.care import picture_kit as kit
from tests.core.desk.desk_kit import Desk, field, plain, web_of
from tests.installation import PIN

INK = "M10 10L20 20L30 15L41 22L50 50"
OTHER = "M5 5L6 6L7 7L90 90"


@pytest.fixture
def clinic(any_installation):
    with acting(any_installation.actor(any_installation.dental, "clinician")):
        yield any_installation


def written(clinic, person):
    with clinic.unit() as session:
        visit = visits.open_visit(session, person)
        visits.attach_part(session, visit.id, "care", 1, {"complaint": "牙痛"})
        return visit.id


def signed(clinic, visit_id, marks, other=None):
    """Enter the PIN over these marks and sign with them, or with others."""
    with clinic.unit() as session:
        payload = visits.payload_of(
            session, visit_id, marks=visits.check_marks(session, visits.get(session, visit_id), marks)
        )
        made = make_proof(session, clinic.dental.numbers["clinician"], PIN, visits.PURPOSE, payload)
    with clinic.unit() as session:
        row = visits.sign(session, visit_id, proof=made.proof, payload_sha256=payload, marks=other or marks)
        session.expunge_all()
        return row


def test_a_path_is_moves_and_lines_and_nothing_else():
    assert drawn.is_signature(INK)
    for wrong in ("", "M1 1L2 2", "L1 1L2 2L3 3L4 4", INK + '"><script>', INK + "\n", "M" + "L1 1" * 5000, "Mzz" + INK):
        assert not drawn.is_signature(wrong), wrong[:30]


def test_what_is_drawn_is_sealed_bound_to_the_pin_and_covered_by_the_mac(clinic):
    visit_id = written(clinic, clinic.enrol())
    marks = Marks(INK, OTHER, "刘超明")
    with pytest.raises(Conflict):
        signed(clinic, visit_id, marks, Marks(OTHER, OTHER, "刘超明"))
    signed(clinic, visit_id, marks)
    with clinic.unit() as session:
        [row] = session.scalars(select(VisitRevision)).all()
        assert visit_marks.opened(row.marks) == marks
        kept = session.execute(text("SELECT marks_sealed FROM visit_revision")).scalar_one()
        assert INK.encode() not in bytes(kept)
        visit = visits.get(session, visit_id)
        assert visits.broken_revisions(session, visit) == []
        assert visit_reads.whole(session, visit_id).revisions[0].marks == marks
        row.marks = visit_marks.packed(Marks(OTHER, OTHER, "别人"))
        assert visits.broken_revisions(session, visit) == [1]
        session.expire(row)
    plain_one = written(clinic, clinic.enrol("刘超", "13800005052"))
    kit.sign(clinic, clinic.dental, plain_one)
    with clinic.unit("read") as session:
        assert visits.broken_revisions(session, visits.get(session, plain_one)) == []
        assert not visit_reads.whole(session, plain_one).revisions[0].marks.given


@pytest.mark.parametrize(
    ("marks", "child", "wrong"),
    [
        (Marks(signer="M1 1L2 2"), False, "signer_ink"),
        (Marks(member=INK + "<"), False, "member_ink"),
        (Marks(member=INK, by="guardian"), False, "member_name"),
        (Marks(member=INK), True, "member_name"),
        (Marks(name="孩子"), True, "member_name"),
        (Marks(member=INK, by="guardian"), True, "member_name"),
        (Marks(name="名" * 61), False, "member_name"),
        (Marks(member=INK, by="friend"), False, "member_by"),
        (Marks(member=INK), False, None),
        (Marks(name="刘超明"), False, None),
        (Marks(member=INK, name="刘父", by="guardian"), True, None),
        (Marks(signer=INK), True, None),
    ],
)
def test_whose_hand_may_stand_there(marks, child, wrong):
    if wrong is None:
        assert visit_marks.checked(marks, child=child).given
        return
    with pytest.raises(Invalid) as refused:
        visit_marks.checked(marks, child=child)
    assert [one.field for one in refused.value.errors] == [wrong]


def test_the_pad_the_typed_name_and_the_paper(installation):
    doctor = Desk(installation, web_of(installation), installation.dental, "clinician")
    person = doctor.enrol("刘小宝", None, birth_on=dt.date(2019, 5, 5), contact_of=doctor.enrol())
    path = (
        doctor.post(f"/members/{person}/visits", {"kind": "first"})
        .location.removesuffix("/edit")
        .replace("http://localhost", "")
    )
    page = doctor.get(path + "/edit").text
    assert page.count("data-sign-path") == 2 and "不满 14 岁，须由监护人签字" in page
    form = {
        "version": field(page, "version"), "on": field(page, "on"), "kind": "first", "care.complaint": "牙痛", "act": "sign",
        "practitioner": str(doctor.house.staff["clinician"]), "signer_ink": INK, "member_ink": OTHER, "pin": PIN,
    }  # fmt: skip
    refused = doctor.post(path + "/edit", {**form, "member_by": "self"})
    assert refused.status_code == 422 and "须由监护人签字" in plain(refused.text)
    assert f'value="{OTHER}"' in refused.text  # nobody signs twice
    again = {
        "version": re.search(r'name="version" value="(\d+)"', refused.text).group(1),
        "member_name": "刘父",
        "member_by": "guardian",
    }
    assert doctor.post(path + "/edit", {**form, **again}).status_code == 303
    shown = doctor.get(path).text
    assert INK in shown and OTHER in shown and "刘父" in shown and "监护人" in plain(shown)
    hostile = doctor.post(path + "/amend")
    assert hostile.status_code == 303
    edit = doctor.get(path + "/edit").text
    bad = doctor.post(
        path + "/edit", {**form, "version": field(edit, "version"), "reason": "补充", "signer_ink": '"><script>x'}
    )
    assert bad.status_code == 422 and "<script>x" not in bad.text


def test_a_consent_on_paper_shows_its_text_and_the_hand(installation):
    desk = Desk(installation, web_of(installation), installation.dental, "front_desk")
    person = desk.enrol()
    page = f"/members/{person}/consents/photo_record"
    assert desk.get(page + "/sheet").status_code == 404
    assert desk.post(page, {"granted": "1", "method": "signature", "signature": INK}).status_code == 303
    sheet = desk.get(page + "/sheet")
    assert INK in sheet.text and "我同意本机构拍摄并保存我的治疗照片" in sheet.text and "屏幕签名" in sheet.text
    assert sheet.headers["Cache-Control"] == "no-store"
    assert "打印同意书" in desk.get(page).text
    desk.post(page, {"granted": "0"})
    assert desk.post(page, {"granted": "1", "method": "signature", "signature": "M1 1"}).status_code == 422
    assert desk.post(page, {"granted": "1", "method": "staff_attested"}).status_code == 303
    assert "会员签字" in plain(desk.get(page + "/sheet").text)
