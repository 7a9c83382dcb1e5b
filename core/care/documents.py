"""Papers of a person, kept as pictures: a prescription, a report from elsewhere, a consent signed on paper.

They are taken in as photos are: painted anew, sealed under a key of their own, marked with who looks. A paper that a
law asks the house to keep needs no consent (PIPL art. 13(1)3), any other one wants the person's consent to health data
when it is added; a withdrawal adds no more and hides none, as the consent's own text says. Papers are for keeping a
record alone: no use for teaching or publicity ever reads them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.care import document_kinds, photos
from core.care.document_models import Document
from core.care.photos import PAPER, Opened
from core.care.visit_models import Attachment
from core.kernel import audit, clock
from core.kernel.errors import Invalid, NotFound, Refusal
from core.kernel.i18n import _
from core.kernel.permissions import authorize
from core.kernel.tenancy import current_actor
from core.people import consents
from core.people import services as people

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from sqlalchemy.orm import Session

NOTE_MOST = 200
MOST = 500  # papers on a page


@dataclass(frozen=True, slots=True)
class Paper:
    """A kept paper: `code` is what its address is made of, `subject_id` the record that it belongs to."""

    id: int
    person_id: int
    code: str
    kind: str
    name: Any
    note: str
    dated_on: date
    made_at: int
    made_by: int | None
    subject_id: int | None
    width: int
    height: int


def keep(
    session: Session, person_id: int, kind: str, data: bytes, *, subject_id: int | None = None, note: str = "",
    on: date | None = None,
) -> Document:  # fmt: skip
    """Keep a picture of a paper and return its row. `on` is the day that the paper bears (None: today).

    Raises NotFound for a foreign person, Invalid for an unknown kind or a day to come, Forbidden for who may not add
    this kind, Refusal `consent_needed` where a consent is needed and missing, and what `images.clean` raises for a file
    that is no picture.
    """
    person = people.get(session, person_id)
    known = document_kinds.declared().get(kind)
    if known is None:
        raise Invalid.field("kind", _("请选择是哪一种资料。"))
    authorize(current_actor(), known.write)
    today = clock.today(current_actor().tz)
    if on is not None and on > today:
        raise Invalid.field("on", _("资料日期不能晚于今天。"))
    if not known.by_law and not consents.has(session, person.id, "health"):
        raise Refusal(
            _("这位会员还没有同意保存健康信息，这类资料不能存。请先到“同意”登记。"), code="consent_needed", status=409
        )
    kept = photos.keep_picture(session, person.id, data, PAPER, None)
    kept.note = note.strip()[:NOTE_MOST] or None
    row = Document(attachment_id=kept.id, kind=known.key, subject_id=subject_id, dated_on=on or today)
    session.add(row)
    session.flush()
    audit.record(
        session, "care.document.added", "attachment", kept.id, person_id=person.id,
        detail={"kind": known.key, "bytes": kept.size},
    )  # fmt: skip
    return row


def documents_of(
    session: Session, person_id: int, *, kind: str | None = None, subject_ids: Collection[int] | None = None
) -> list[Paper]:
    """Return a person's papers of the kinds that the acting one may see, the newest day first, at most 500.

    `kind` and `subject_ids` choose those of one kind and of these records. Raises NotFound for a foreign person. The
    caller's page is one with a health record (`page(…, health=True)`): it asks who may read and writes it down.
    """
    person = people.get(session, person_id)
    kinds = {key: one for key, one in document_kinds.readable().items() if kind in (None, key)}
    query = (
        select(Document, Attachment)
        .join(Attachment, Attachment.id == Document.attachment_id)
        .where(Attachment.person_id == person.id, Attachment.kind == PAPER, Attachment.removed_at.is_(None))
        .where(Document.kind.in_(kinds))
    )
    if subject_ids is not None:
        query = query.where(Document.subject_id.in_(subject_ids))
    rows = session.execute(query.order_by(Document.dated_on.desc(), Document.id).limit(MOST)).all()
    return [_seen(row, kept, kinds[row.kind].label) for row, kept in rows]


def _seen(row: Document, kept: Attachment, name: Any) -> Paper:
    return Paper(
        row.id, kept.person_id, kept.code, row.kind, name, kept.note or "", row.dated_on, kept.made_at, kept.made_by,
        row.subject_id, kept.width, kept.height,
    )  # fmt: skip


def find(session: Session, code: str) -> tuple[Document, Attachment]:
    """Return a paper and its picture by code; raise NotFound for an absent, foreign or removed one, or a kind not for
    the acting one: who may not see it does not hear that it is there."""
    found = session.execute(
        select(Document, Attachment)
        .join(Attachment, Attachment.id == Document.attachment_id)
        .where(Attachment.code == code, Attachment.kind == PAPER, Attachment.removed_at.is_(None))
    ).first()
    if found is None or found[1].file_key_sealed is None or found[0].kind not in document_kinds.readable():
        raise NotFound
    return found[0], found[1]


def open_paper(session: Session, code: str) -> Opened:
    """Return what opens a paper, after writing down who looks at it: the caller commits before it reads the file."""
    row, kept = find(session, code)
    audit.record(
        session, "care.document.read", "attachment", kept.id, person_id=kept.person_id, detail={"kind": row.kind}
    )
    return photos.opened(kept)


def remove(session: Session, code: str, reason: str) -> Attachment:
    """Take a paper away for good (of somebody else, unreadable): its key is thrown away. The row says who and why.

    Raises NotFound, Forbidden for who may not add this kind, Invalid without a reason.
    """
    row, kept = find(session, code)
    authorize(current_actor(), document_kinds.declared()[row.kind].write)
    photos.take_away([kept], photos.why_of(reason))
    audit.record(
        session, "care.document.removed", "attachment", kept.id, person_id=kept.person_id,
        detail={"kind": row.kind, "reason": kept.removed_why},
    )  # fmt: skip
    session.flush()
    return kept


def erase(session: Session, person_id: int) -> int:
    """Throw away the keys of the papers that no law asks to keep, and return how many."""
    kept_by_law = [key for key, one in document_kinds.declared().items() if one.by_law]
    rows = session.scalars(
        select(Attachment)
        .join(Document, Document.attachment_id == Attachment.id)
        .where(Attachment.person_id == person_id, Attachment.removed_at.is_(None))
        .where(Document.kind.not_in(kept_by_law))
    ).all()
    photos.take_away(rows, _("按本人要求删除个人信息"))
    session.flush()
    return len(rows)


def told_of(session: Session, person_id: int) -> list[tuple[Any, str]]:
    """Return (kind, day) of every kept paper of a person, for their copy of their data."""
    names = document_kinds.declared()
    rows = session.execute(
        select(Document.kind, Document.dated_on)
        .join(Attachment, Attachment.id == Document.attachment_id)
        .where(Attachment.person_id == person_id, Attachment.removed_at.is_(None))
        .order_by(Document.dated_on, Document.id)
    )
    return [(names[kind].label if kind in names else kind, on.isoformat()) for kind, on in rows]
