"""Visit records: drafts, signatures that cannot be taken back, revisions and what they changed (clinic.md 2)."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from core.care import visit_reads, visits
from core.care.visit_models import Visit, VisitDraft, VisitRevision
from core.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refusal, Unauthorized
from core.kernel.models import AuditEntry
from core.kernel.tenancy import acting
from core.org.models import Staff
from core.org.proofs import make_proof
from tests.core.care import picture_kit as kit
from tests.installation import PIN, at


@pytest.fixture
def clinic(any_installation):
    with at("2026-11-22 10:00"), acting(any_installation.actor(any_installation.dental, "clinician")):
        yield any_installation


def opened(clinic, **more):
    """Open a visit of a new member and write into it; return (member, visit)."""
    person = clinic.enrol(**more)
    with clinic.unit() as session:
        visit = visits.open_visit(session, person)
        me = str(clinic.dental.staff["clinician"])
        visits.save(
            session, visit.id, kit.typed("两周后复查", complaint="右上后牙痛", treatment="充填", practitioner=me), 1
        )
        return person, visit.id


def rewrite(clinic, visit, version=None, **fields):
    with clinic.unit() as session:
        visits.amend(session, visit)
        fields = {
            "complaint": "右上后牙痛",
            "treatment": "充填",
            "practitioner": str(clinic.dental.staff["clinician"]),
            **fields,
        }
        note = fields.pop("note", "两周后复查")
        visits.save(session, visit, kit.typed(note, **fields), version)


def test_a_visit_is_written_signed_and_found(clinic):
    person, visit = opened(clinic)
    with clinic.unit("read") as session:
        [one] = visit_reads.visits_of(session, person)
        assert (one.state, one.writing, one.revisions) == ("draft", True, 0)
        assert [v.id for v in visit_reads.unsigned_of(session, clinic.dental.staff["clinician"])] == [visit]
    row = kit.sign(clinic, clinic.dental, visit)
    assert (row.number, row.state, row.signer_name) == (1, "signed", "clinician员")
    with clinic.unit("read") as session:
        [one] = visit_reads.visits_of(session, person)
        assert (one.state, one.writing, one.revisions, one.practitioner) == ("signed", False, 1, "clinician员")
        whole = visit_reads.whole(session, visit)
        assert [(line.label, line.text) for line in whole.revisions[0].lines] == [
            ("主诉", "右上后牙痛"),
            ("处置", "充填"),
            ("备注", "两周后复查"),
        ]
        assert whole.broken == []
        assert session.scalar(select(VisitDraft)) is None
        assert visit_reads.unsigned_of(session, clinic.dental.staff["clinician"]) == []
        actions = session.scalars(select(AuditEntry.action).where(AuditEntry.object_kind == "visit")).all()
        assert {"care.visit.opened", "care.visit.signed"} <= set(actions)


def test_the_database_refuses_to_change_what_was_signed(clinic):
    _person, visit = opened(clinic)
    kit.sign(clinic, clinic.dental, visit)
    for sql in (
        "UPDATE visit_revision SET signer_name = 'X'", "DELETE FROM visit_revision", "UPDATE visit SET kind = 'first'",
        "DELETE FROM visit", "UPDATE visit_revision SET licence_no = '9'", "UPDATE visit SET signed_at = NULL",
    ):  # fmt: skip
        with pytest.raises(DBAPIError), clinic.unit() as session:
            assert session.scalar(select(VisitRevision.signer_name)) == "clinician员"
            session.execute(text(sql))
    with pytest.raises(DBAPIError), clinic.unit() as session:
        session.scalar(select(VisitRevision)).kind = "first"
        session.flush()
    with pytest.raises(DBAPIError), clinic.unit() as session:
        session.delete(session.get(Visit, visit))
        session.flush()
    with clinic.unit() as session, pytest.raises(Conflict) as refused:
        visits.attach_part(session, visit, "dental", 1, {"tooth": "16"})
    assert refused.value.code == "visit_signed"


def test_a_text_put_in_behind_the_house_s_back_shows(clinic):
    _person, visit = opened(clinic)
    row = kit.sign(clinic, clinic.dental, visit)
    with clinic.unit() as session:
        # Re-sealing is what key rotation does; another text, even sealed with the right key, has no mac.
        forged = session.get(VisitRevision, row.id)
        forged.content = forged.content.replace("充填", "拔除")
        session.flush()
    with clinic.unit("read") as session:
        assert visits.broken_revisions(session, visits.get(session, visit)) == [1]


def test_a_change_is_a_revision_with_its_reason_and_shows_what_changed(clinic):
    _person, visit = opened(clinic)
    kit.sign(clinic, clinic.dental, visit)
    rewrite(clinic, visit, treatment="根管治疗", advice="三天后复诊", note="")
    with pytest.raises(Invalid):
        kit.sign(clinic, clinic.dental, visit)
    kit.sign(clinic, clinic.dental, visit, reason="处置写错")
    with clinic.unit("read") as session:
        newest, first = visit_reads.whole(session, visit).revisions
        assert (newest.row.number, newest.row.reason, first.changes) == (2, "处置写错", [])
        assert [(c.label, c.before, c.after) for c in newest.changes] == [
            ("处置", "充填", "根管治疗"),
            ("医嘱和复诊安排", "", "三天后复诊"),
            ("备注", "两周后复查", ""),
        ]
        assert [line.text for line in first.lines][:2] == ["右上后牙痛", "充填"]
        assert visit_reads.visits_of(session, newest.row.person_id)[0].revisions == 2


def test_a_visit_entered_by_mistake_is_voided_and_closed(clinic):
    _person, visit = opened(clinic)
    kit.sign(clinic, clinic.dental, visit)
    rewrite(clinic, visit)
    kit.sign(clinic, clinic.dental, visit, reason="开错了人", void=True)
    with clinic.unit() as session:
        assert visit_reads.whole(session, visit).seen.state == "void"
        with pytest.raises(Conflict) as refused:
            visits.amend(session, visit)
    assert refused.value.code == "visit_closed"


def test_only_the_practitioner_signs_with_their_own_pin_over_what_they_saw(clinic):
    _person, visit = opened(clinic)
    house = clinic.dental
    with clinic.unit() as session:
        payload = visits.payload_of(session, visit)
        other = make_proof(session, house.numbers["owner"], PIN, "approve", payload).proof
        mine = make_proof(session, house.numbers["clinician"], PIN, "approve", payload).proof
    with pytest.raises(Forbidden), clinic.unit() as session:
        visits.sign(session, visit, proof=other, payload_sha256=payload)
    with pytest.raises(Unauthorized), clinic.unit() as session:
        visits.sign(session, visit, proof="none", payload_sha256=payload)
    with clinic.unit() as session:
        visits.attach_part(session, visit, "dental", 1, {"tooth": "16"})
    with pytest.raises(Conflict), clinic.unit() as session:
        visits.sign(session, visit, proof=mine, payload_sha256=payload)
    with acting(clinic.actor(house, "owner")), pytest.raises(Forbidden) as refused:
        kit.sign(clinic, house, visit, "owner")
    assert refused.value.code == "not_practitioner"


def test_a_licence_is_kept_as_it_was_and_one_that_ended_signs_nothing(clinic):
    _person, visit = opened(clinic)
    me = clinic.dental.staff["clinician"]
    with clinic.unit() as session:
        staff = session.get(Staff, me)
        staff.licence_kind, staff.licence_no, staff.licence_until = "physician", "1103", "2026-11-21"
    with pytest.raises(Refusal) as refused:
        kit.sign(clinic, clinic.dental, visit)
    assert refused.value.code == "licence_needed"
    with clinic.unit() as session:
        session.get(Staff, me).licence_until = "2026-11-22"
    kit.sign(clinic, clinic.dental, visit)
    with clinic.unit() as session:
        session.get(Staff, me).licence_no = "9999"
    with clinic.unit("read") as session:
        row = visit_reads.whole(session, visit).revisions[0].row
        assert (row.licence_kind, row.licence_no, row.licence_until) == ("physician", "1103", "2026-11-22")


def test_two_who_write_at_once_are_told(clinic):
    _person, visit = opened(clinic)
    me = str(clinic.dental.staff["clinician"])
    with clinic.unit() as session:
        version = visits.draft_of(session, visits.get(session, visit)).version
        visits.save(session, visit, kit.typed("甲", practitioner=me), version)
    with clinic.unit() as session, pytest.raises(Conflict) as refused:
        visits.save(session, visit, kit.typed("乙", practitioner=me), version)
    assert refused.value.code == "stale_version"


def test_an_empty_visit_is_not_signed_and_may_be_dropped(clinic):
    person = clinic.enrol()
    with clinic.unit() as session:
        visit = visits.open_visit(session, person).id
    with pytest.raises(Invalid):
        kit.sign(clinic, clinic.dental, visit)
    with clinic.unit() as session:
        visits.drop(session, visit)
        assert visit_reads.visits_of(session, person) == []


@pytest.mark.parametrize(
    "wrong",
    [{"kind": "nothing"}, {"on": "2026-11-23"}, {"on": "x"}, {"practitioner": "1"}, {"complaint": "长" * 10_001}],
)
def test_a_record_beyond_its_limits_is_refused(clinic, wrong):
    _person, visit = opened(clinic)
    values = {"practitioner": str(clinic.dental.staff["clinician"]), **wrong}
    with clinic.unit() as session, pytest.raises(Invalid):
        visits.save(session, visit, kit.typed(**values), None)


def test_another_franchise_s_visit_is_absent(clinic):
    person, visit = opened(clinic)
    with acting(clinic.actor(clinic.pharmacy)), clinic.unit() as session:
        for act in (
            lambda: visit_reads.whole(session, visit), lambda: visits.open_visit(session, person),
            lambda: visits.attach_part(session, visit, "x", 1, {}), lambda: visits.amend(session, visit),
        ):  # fmt: skip
            with pytest.raises(NotFound):
                act()
        assert visit_reads.visits_of(session, person) == []


def test_what_was_written_lies_sealed(clinic):
    _person, visit = opened(clinic)
    kit.sign(clinic, clinic.dental, visit)
    with clinic.unit("read") as session:
        blobs = session.execute(text("SELECT content_sealed FROM visit_revision")).scalars().all()
    assert blobs
    assert not any("右上后牙痛".encode() in bytes(blob) for blob in blobs)
