"""Verbs of visit records: open, write, sign, change by a new revision, find and read.

What is signed is never touched again: a change is a new revision with its reason, and the mac of each revision covers
the one before it. Signing takes the signer's own PIN (proof purpose `approve`) over exactly what is signed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.care import visit_marks, visit_parts
from core.care import visit_rules as rules
from core.care.visit_marks import Marks
from core.care.visit_models import Visit, VisitDraft, VisitRevision
from core.kernel import audit, clock, keys
from core.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refusal
from core.kernel.i18n import _
from core.kernel.ids import parse_id
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.org.approvals import sha_of
from core.org.models import Staff, Store
from core.org.proofs import consume_proof
from core.people import consents
from core.people import services as people

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

PURPOSE = "approve"  # contract.md names six purposes of a proof; a signature is its signer's approval
MAC = "visit"


def open_visit(
    session: Session, person_id: int, *, kind: str = "treatment", practitioner_id: int | None = None,
    order_id: int | None = None, store_id: int | None = None, on: date | None = None,
) -> Visit:  # fmt: skip
    """Open a visit of a person with an empty draft and return it.

    By default: today, at the actor's store, by the actor. Raises NotFound for an absent or foreign person, Invalid for
    an unknown kind, practitioner or store, or a day to come.
    """
    actor = current_actor()
    person = people.get(session, person_id)
    today = clock.today(actor.tz)
    content = rules.blank(
        (on or today).isoformat(), kind, practitioner_id or actor.staff_id or 0, store_id or actor.store_id or 0,
        order_id,
    )  # fmt: skip
    now = clock.now_ms()
    visit = Visit(person_id=person.id, order_id=order_id, made_at=now, made_by=actor.staff_id)
    _take_header(session, visit, content)
    session.add(visit)
    session.flush()
    draft = VisitDraft(visit_id=visit.id, base=0, saved_at=now, saved_by=actor.staff_id)
    draft.content = rules.canonical(content)
    session.add(draft)
    audit.record(session, "care.visit.opened", "visit", visit.id, person_id=person.id)
    session.flush()
    return visit


def get(session: Session, visit_id: Any) -> Visit:
    """Return a visit of the franchise; raise NotFound for an absent, foreign or malformed id."""
    wanted = visit_id if isinstance(visit_id, int) else parse_id(visit_id)
    row = session.get(Visit, wanted) if wanted else None
    if row is None:
        raise NotFound
    return row


def draft_of(session: Session, visit: Visit) -> VisitDraft | None:
    """Return what is being written of a visit, or None."""
    return session.scalar(select(VisitDraft).where(VisitDraft.visit_id == visit.id))


def content_of(row: VisitDraft | VisitRevision) -> dict[str, Any]:
    """Return the record that a draft or a revision holds."""
    return json.loads(row.content or "{}")  # type: ignore[no-any-return]


def revisions_of(session: Session, visit: Visit) -> list[VisitRevision]:
    """Return the signed revisions of a visit, the first one first."""
    query = select(VisitRevision).where(VisitRevision.visit_id == visit.id)
    return list(session.scalars(query.order_by(VisitRevision.number)))


# -- writing ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed into a record: header, note, and the fields of parts by their key."""

    kind: str
    on: str
    practitioner: str
    note: str
    parts: Mapping[str, Mapping[str, str]]


def save(session: Session, visit_id: Any, typed: Typed, version: int | None) -> VisitDraft:
    """Save what was typed into the draft and return it.

    Raises Conflict `stale` when somebody saved it meanwhile, Conflict `visit_signed` when nothing is being written.
    """
    visit, draft = _locked(session, visit_id)
    _check_version(draft, version)
    content = content_of(draft)
    content.update(kind=typed.kind, on=typed.on, practitioner=typed.practitioner, note=typed.note.strip())
    for key, fields in typed.parts.items():
        part = content["parts"].setdefault(key, {"schema": visit_parts.schema_of(key), "fields": {}})
        part["fields"].update({name: value.strip() for name, value in fields.items()})
    _keep(session, visit, draft, content)
    return draft


def attach_part(session: Session, visit_id: Any, key: str, schema: int, fields: Mapping[str, Any]) -> VisitDraft:
    """Put a plugin's part into the draft of a visit, in place of what it held there, and return the draft.

    `fields` is plain JSON data; it is sealed and signed with the visit. Raises Conflict `visit_signed` for a visit that
    is signed and not being amended, Invalid for a record that grows too large.
    """
    visit, draft = _locked(session, visit_id)
    content = content_of(draft)
    content["parts"][key] = {"schema": schema, "fields": dict(fields)}
    _keep(session, visit, draft, content)
    return draft


def part_of(session: Session, visit_id: Any, key: str) -> dict[str, Any]:
    """Return the fields of a part: of the draft if one is being written, else of the newest revision; {} for none."""
    visit = get(session, visit_id)
    row = draft_of(session, visit) or next(iter(revisions_of(session, visit)[::-1]), None)
    return content_of(row)["parts"].get(key, {}).get("fields", {}) if row else {}


def amend(session: Session, visit_id: Any) -> VisitDraft:
    """Begin a change of a signed visit: a draft of its newest revision. One that is begun goes on."""
    visit = get(session, visit_id)
    Statements(session, visit.franchise_id).lock("visit", [visit.id])
    begun = draft_of(session, visit)
    if begun is not None:
        return begun
    newest = next(iter(revisions_of(session, visit)[::-1]), None)
    if newest is None or newest.state == rules.VOID:
        raise Conflict(_("这份记录已作废或已放弃，不能再改。需要时请新建一份。"), code="visit_closed")
    draft = VisitDraft(
        visit_id=visit.id, base=newest.number, saved_at=clock.now_ms(), saved_by=current_actor().staff_id
    )
    draft.content = newest.content
    session.add(draft)
    session.flush()
    return draft


def drop(session: Session, visit_id: Any) -> None:
    """Throw away what is being written; a visit that was never signed is dropped with it."""
    visit, draft = _locked(session, visit_id)
    if visit.signed_at is None:
        visit.state = rules.DROPPED
    session.delete(draft)
    audit.record(session, "care.visit.dropped", "visit", visit.id, person_id=visit.person_id)
    session.flush()


def _locked(session: Session, visit_id: Any) -> tuple[Visit, VisitDraft]:
    visit = get(session, visit_id)
    Statements(session, visit.franchise_id).lock("visit", [visit.id])
    session.refresh(visit)
    draft = draft_of(session, visit)
    if draft is None:
        raise Conflict(_("这份记录已签名，不能直接改。要改请点“修订”，会另存一版并写明原因。"), code="visit_signed")
    session.refresh(draft)
    return visit, draft


def _check_version(draft: VisitDraft, version: int | None) -> None:
    if version is not None and version != draft.version:
        raise Conflict(_("这份草稿刚被别处保存过。你写的内容还在本页，请先核对再保存。"), code="stale_version")


def _keep(session: Session, visit: Visit, draft: VisitDraft, content: dict[str, Any]) -> None:
    wrong = rules.problem_of(content)
    if wrong:
        raise Invalid.field("content", wrong)
    if visit.signed_at is None:
        _take_header(session, visit, content)
    else:
        _header(session, content)
    draft.content = rules.canonical(content)
    draft.version += 1
    draft.saved_at, draft.saved_by = clock.now_ms(), current_actor().staff_id
    session.flush()


def _header(session: Session, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns that a record's header says; raise Invalid for a staff member, store or day that is none."""
    if content["kind"] not in rules.KINDS:
        raise Invalid.field("kind", _("没有“%(kind)s”这种就诊类型。", kind=str(content["kind"])[:20]))
    staff = session.get(Staff, parse_id(content["practitioner"]) or 0)
    if staff is None:
        raise Invalid.field("practitioner", _("请选择诊治人。"))
    store = session.get(Store, parse_id(content["store"]) or 0)
    if store is None:
        raise Invalid.field("store", _("请先选择门店。"))
    try:
        day = date.fromisoformat(content["on"])
    except ValueError as problem:
        raise Invalid.field("on", _("请填写就诊日期。")) from problem
    if day > clock.today(current_actor().tz):
        raise Invalid.field("on", _("就诊日期不能晚于今天。"))
    return {"kind": content["kind"], "visited_on": day, "practitioner_id": staff.id, "store_id": store.id}


def _take_header(session: Session, visit: Visit, content: Mapping[str, Any]) -> None:
    for name, value in _header(session, content).items():
        setattr(visit, name, value)


# -- signing ---------------------------------------------------------------------------------------


def payload_of(
    session: Session, visit_id: Any, reason: str = "", *, void: bool = False, marks: Marks | None = None
) -> str:
    """Return the hash that the signer's PIN is bound to: this draft as it stands, its reason, what was drawn."""
    visit = get(session, visit_id)
    draft = draft_of(session, visit)
    if draft is None:
        raise Conflict(_("这份记录已签名，不能直接改。要改请点“修订”，会另存一版并写明原因。"), code="visit_signed")
    drawn = visit_marks.packed(marks) if marks else None
    text = f"visit|{visit.id}|{draft.version}|{int(void)}|{reason.strip()}|{draft.content}"
    return sha_of(f"{text}|{drawn}" if drawn else text)


def sign(
    session: Session, visit_id: Any, *, proof: str | None, payload_sha256: str, reason: str = "", void: bool = False,
    marks: Marks | None = None,
) -> VisitRevision:  # fmt: skip
    """Sign what is being written, as the acting staff member, and return the new revision.

    The first revision is its practitioner's to sign; a later one needs a reason. Raises Unauthorized for a PIN that was
    not given for exactly this, Forbidden for somebody else's visit, Refusal `licence_needed` for a licence that ended.
    """
    visit, draft = _locked(session, visit_id)
    actor, reason = current_actor(), reason.strip()[:200]
    content = content_of(draft)
    _refuse_unsignable(content, draft, reason, void=void)
    given = check_marks(session, visit, marks)
    signer = consume_proof(session, proof, PURPOSE, payload_sha256)
    if payload_sha256 != payload_of(session, visit.id, reason, void=void, marks=given):
        raise Conflict(_("这份草稿刚被别处保存过。你写的内容还在本页，请先核对再保存。"), code="stale_version")
    if signer.id != actor.staff_id:
        raise Forbidden(_("签名要用你自己的 PIN。"), code="own_pin_needed")
    header = _header(session, content)
    if not draft.base and header["practitioner_id"] != signer.id:
        raise Forbidden(
            _("这份记录写的诊治人不是你，须由本人签名。若是你做的，请先把诊治人改成自己。"), code="not_practitioner"
        )
    _refuse_ended_licence(signer)
    row = _revision(session, visit, draft, header, signer)
    row.state = rules.VOID if void else rules.SIGNED
    row.content, row.reason = draft.content, reason
    row.marks = visit_marks.packed(given)
    session.add(row)
    row.mac = _mac(row, content, _previous(session, row))
    if visit.signed_at is None:
        visit.state, visit.signed_at = rules.SIGNED, row.signed_at
    session.delete(draft)
    _note(session, row)
    session.flush()
    return row


def check_marks(session: Session, visit: Visit, marks: Marks | None) -> Marks:
    """Return what was drawn and typed beside the PIN, as it may be kept; raise Invalid where it may not."""
    if marks is None or not marks.given:
        return Marks()
    return visit_marks.checked(marks, child=consents.needs_guardian(people.get(session, visit.person_id)))


def _refuse_unsignable(content: Mapping[str, Any], draft: VisitDraft, reason: str, *, void: bool) -> None:
    if rules.is_empty(content):
        raise Invalid.field("content", _("记录还是空的，没有内容可以签名。"))
    if draft.base and len(reason) < 2:
        raise Invalid.field("reason", _("修订已签名的记录要写明原因，会和签名一起留档。"))
    if void and not draft.base:
        raise Invalid.field("reason", _("还没签名的记录直接放弃即可，不用作废。"))


def _refuse_ended_licence(signer: Staff) -> None:
    today = clock.today(current_actor().tz).isoformat()
    if signer.licence_until and signer.licence_until < today:
        raise Refusal(
            _("你的执照已于 %(day)s 到期，不能签名。请先到“员工”更新执照有效期。", day=signer.licence_until),
            code="licence_needed", status=403,
        )  # fmt: skip


def _revision(
    session: Session, visit: Visit, draft: VisitDraft, header: dict[str, Any], signer: Staff
) -> VisitRevision:
    newest = session.scalar(
        select(VisitRevision.number).where(VisitRevision.visit_id == visit.id).order_by(VisitRevision.number.desc())
    )
    return VisitRevision(
        visit_id=visit.id, number=(newest or 0) + 1, person_id=visit.person_id, order_id=visit.order_id, **header,
        signed_by=signer.id, signer_name=signer.name, licence_kind=signer.licence_kind, licence_no=signer.licence_no,
        licence_until=signer.licence_until, signed_at=clock.now_ms(), door=current_actor().door,
    )  # fmt: skip


def _previous(session: Session, row: VisitRevision) -> bytes:
    query = select(VisitRevision.mac).where(
        VisitRevision.visit_id == row.visit_id, VisitRevision.number == row.number - 1
    )
    with session.no_autoflush:
        return bytes(session.scalar(query) or b"")


def _mac(row: VisitRevision, content: Mapping[str, Any], previous: bytes) -> bytes:
    header = {
        "visit": row.visit_id, "number": row.number, "person": row.person_id, "store": row.store_id,
        "practitioner": row.practitioner_id, "kind": row.kind, "on": row.visited_on.isoformat(), "order": row.order_id,
        "state": row.state, "reason": row.reason or "", "by": row.signed_by, "name": row.signer_name,
        "licence": [row.licence_kind, row.licence_no, row.licence_until], "at": row.signed_at, "door": row.door,
    }  # fmt: skip
    if row.marks:  # revisions from before there was a pad have none, and keep their mac
        header["marks"] = row.marks
    return keys.ring().mac(MAC, rules.signed_text(header, content, previous))


def _note(session: Session, row: VisitRevision) -> None:
    action = "care.visit.amended" if row.number > 1 else "care.visit.signed"
    if row.state == rules.VOID:
        action = "care.visit.voided"
    audit.record(
        session, action, "visit", row.visit_id, person_id=row.person_id,
        detail={"revision": row.number, "reason": row.reason or "", "sha256": bytes(row.mac).hex()[:16]},
    )  # fmt: skip


def broken_revisions(session: Session, visit: Visit) -> list[int]:
    """Return the numbers of the revisions whose text or header is not what was signed, or that miss their turn."""
    previous, wrong = b"", []
    for turn, row in enumerate(revisions_of(session, visit), 1):
        try:
            good = row.number == turn and bytes(row.mac) == _mac(row, content_of(row), previous)
        except keys.CannotOpen:
            good = False
        if not good:
            wrong.append(row.number)
        previous = bytes(row.mac)
    return wrong


def is_signed_since(session: Session, visit_id: int | None, instant: int) -> bool:
    """Return whether a visit was signed at or after an instant (ms): what hung on it then belongs to it."""
    query = select(VisitRevision.id).where(VisitRevision.visit_id == visit_id, VisitRevision.signed_at >= instant)
    return session.scalar(query.limit(1)) is not None
