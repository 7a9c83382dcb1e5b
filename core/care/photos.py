"""Photos and attached pictures: taken in, found, shown, taken away (S3-34, B43).

A photo is seen only by who may, and only while its person agrees to the purpose: `photo_record` to see it at all,
`photo_education` or `photo_publicity` besides for these uses. Every door asks `visible`; nothing else reads a file.
A file is on the disk before its row is committed: when the commit fails, what stays behind is a sealed file whose key
nobody has, and the sweep takes it away.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import func, select

from core.care import images, visits
from core.care.visit_models import Attachment, Photo, PhotoSet
from core.kernel import audit, clock, files, keys
from core.kernel.errors import Conflict, Invalid, NotFound, Refusal
from core.kernel.i18n import _, _l
from core.kernel.ids import parse_id
from core.kernel.runtime import runtime
from core.kernel.tenancy import current_actor
from core.people import consents
from core.people import services as people

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

Use = Literal["record", "education", "publicity"]
ANGLES: dict[str, Any] = {
    "front": _l("正面"), "L45": _l("左 45°"), "R45": _l("右 45°"), "L90": _l("左 90°"), "R90": _l("右 90°"),
    "close": _l("特写"),
}  # fmt: skip
PHASES: dict[str, Any] = {
    "before": _l("术前"), "day0": _l("当天"), "w1": _l("1 周"), "m1": _l("1 个月"), "m3": _l("3 个月"),
    "m6": _l("6 个月"),
}  # fmt: skip
# A paper belongs to core/care/documents.py alone: the doors of this module never find one.
PHOTO, DOCUMENT, PAPER = "photo", "document", "paper"
FULL, THUMB = "full", "thumb"
MOST = 500  # photos of one person on a page; more than that is not one person's treatment
MAC = "file"


@dataclass(frozen=True, slots=True)
class Seen:
    """A photo that may be shown: its place, and the code that its address is made of."""

    photo_id: int
    attachment_id: int
    set_id: int
    code: str
    angle: str
    phase: str
    taken_on: date
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class SetSeen:
    """A set with its photos, by phase and angle."""

    id: int
    name: str
    photos: tuple[Seen, ...]

    def at(self, phase: str, angle: str) -> list[Seen]:
        """Return the photos of a phase from an angle, the oldest first."""
        return [one for one in self.photos if (one.phase, one.angle) == (phase, angle)]


@dataclass(frozen=True, slots=True)
class Opened:
    """What a viewer may see of a file: where it lies and what opens it. Only after the audit was written."""

    franchise_id: int
    code: str
    key: bytes
    mac: bytes
    kind: str


def purposes_of(use: Use) -> tuple[str, ...]:
    """Return the consents that a use of photos needs, all of them."""
    return ("photo_record",) if use == "record" else ("photo_record", f"photo_{use}")


def may_show(session: Session, person_id: int, use: Use = "record") -> bool:
    """Return whether a person's photos may be shown for a use today."""
    return all(consents.has(session, person_id, purpose) for purpose in purposes_of(use))


def photos_of(session: Session, person_id: int, use: Use = "record") -> list[SetSeen]:
    """Return a person's photo sets for a use; [] without the consents (B43). Raises NotFound for a foreign person."""
    person = people.get(session, person_id)
    if not may_show(session, person.id, use):
        return []
    sets = session.scalars(select(PhotoSet).where(PhotoSet.person_id == person.id).order_by(PhotoSet.id)).all()
    rows = session.execute(
        select(Photo, Attachment)
        .join(Attachment, Attachment.id == Photo.attachment_id)
        .where(Attachment.person_id == person.id, Attachment.removed_at.is_(None))
        .order_by(Photo.taken_on, Photo.id)
        .limit(MOST)
    ).all()
    by_set: dict[int, list[Seen]] = {}
    for photo, kept in rows:
        by_set.setdefault(photo.photo_set_id, []).append(_seen(photo, kept))
    return [SetSeen(row.id, row.name or "", tuple(by_set[row.id])) for row in sets if by_set.get(row.id)]


def _seen(photo: Photo, kept: Attachment) -> Seen:
    return Seen(
        photo.id, kept.id, photo.photo_set_id, kept.code, photo.angle, photo.phase, photo.taken_on, kept.width,
        kept.height,
    )  # fmt: skip


def count_of(session: Session, person_id: int) -> int:
    """Return how many photos are kept of a person, shown or not: what their copy and a withdrawal tell."""
    query = select(func.count()).select_from(Attachment)
    wheres = (Attachment.person_id == person_id, Attachment.kind == PHOTO, Attachment.removed_at.is_(None))
    return session.scalar(query.where(*wheres)) or 0


def set_names(session: Session, person_id: int) -> list[tuple[int, str]]:
    """Return (id, name) of a person's sets, the newest first."""
    rows = session.scalars(select(PhotoSet).where(PhotoSet.person_id == person_id).order_by(PhotoSet.id.desc()))
    return [(row.id, row.name or "") for row in rows]


# -- taking in -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NewPhoto:
    """Where a photo belongs: a set by id, or a new one by name; angle, phase, day (None: today), visit."""

    angle: str
    phase: str
    set_id: int | None = None
    set_name: str = ""
    taken_on: date | None = None
    visit_id: int | None = None


def add_photo(session: Session, person_id: int, data: bytes, new: NewPhoto) -> Photo:
    """Take a photo in and return its row.

    Raises Refusal `consent_needed` without the person's consent to keep photos, Invalid for an unknown angle or phase,
    and what `images.clean` raises for a file that is no picture.
    """
    person = people.get(session, person_id)
    if not may_show(session, person.id):
        raise Refusal(
            _("这位会员还没有同意拍照存档，不能上传照片。请先到“同意”登记。"), code="consent_needed", status=409
        )
    if new.angle not in ANGLES:
        raise Invalid.field("angle", _("请选择拍摄角度。"))
    if new.phase not in PHASES:
        raise Invalid.field("phase", _("请选择拍摄阶段。"))
    today = clock.today(current_actor().tz)
    taken_on = new.taken_on or today
    if taken_on > today:
        raise Invalid.field("taken_on", _("拍摄日期不能晚于今天。"))
    kept = keep_picture(session, person.id, data, PHOTO, new.visit_id)
    group = _set(session, person.id, new)
    row = Photo(photo_set_id=group.id, attachment_id=kept.id, angle=new.angle, phase=new.phase, taken_on=taken_on)
    session.add(row)
    session.flush()
    audit.record(
        session, "care.photo.added", "attachment", kept.id, person_id=person.id,
        detail={"angle": new.angle, "phase": new.phase, "bytes": kept.size},
    )  # fmt: skip
    return row


def add_document(session: Session, visit_id: Any, data: bytes, note: str = "") -> Attachment:
    """Attach a picture (a lab report, a signed form) to a visit and return its row."""
    visit = visits.get(session, visit_id)
    kept = keep_picture(session, visit.person_id, data, DOCUMENT, visit.id)
    kept.note = note.strip()[:200]
    session.flush()
    audit.record(
        session, "care.document.added", "attachment", kept.id, person_id=visit.person_id, detail={"bytes": kept.size}
    )
    return kept


def documents_of(session: Session, visit_id: int) -> list[Attachment]:
    """Return the pictures attached to a visit, the first one first."""
    query = select(Attachment).where(
        Attachment.visit_id == visit_id, Attachment.kind == DOCUMENT, Attachment.removed_at.is_(None)
    )
    return list(session.scalars(query.order_by(Attachment.id)))


def _set(session: Session, person_id: int, new: NewPhoto) -> PhotoSet:
    if new.set_id:
        found = session.get(PhotoSet, new.set_id)
        if found is None or found.person_id != person_id:
            raise Invalid.field("set", _("没有找到这组照片。"))
        return found
    name = new.set_name.strip()[:60]
    if not name:
        raise Invalid.field("set_name", _("请给这组照片起个名字，如“面部”或“右上 6”。"))
    row = PhotoSet(person_id=person_id, made_at=clock.now_ms(), made_by=current_actor().staff_id)
    row.name = name
    session.add(row)
    session.flush()
    return row


def keep_picture(session: Session, person_id: int, data: bytes, kind: str, visit_id: int | None) -> Attachment:
    """Clean a picture, write its sealed files and add their row; raise what `images.clean` raises."""
    if visit_id and visits.get(session, visit_id).person_id != person_id:
        raise NotFound
    picture = images.clean(data)
    actor, code, key = current_actor(), files.new_code(), files.new_key()
    row = Attachment(
        person_id=person_id, visit_id=visit_id, kind=kind, code=code, media_type=images.MEDIA_TYPE,
        size=len(picture.full), width=picture.width, height=picture.height,
        mac=keys.ring().mac(MAC, picture.full), store_id=actor.store_id, made_at=clock.now_ms(),
        made_by=actor.staff_id,
    )  # fmt: skip
    row.file_key = key.hex()
    store = _files()
    store.put(row.franchise_id, code, FULL, key, picture.full)
    store.put(row.franchise_id, code, THUMB, key, picture.thumb)
    session.add(row)
    session.flush()
    return row


def _files() -> files.Files:
    return files.Files(runtime().environment.data_dir)


# -- showing ---------------------------------------------------------------------------------------


def find(session: Session, code: str) -> Attachment:
    """Return the picture at a code; raise NotFound for an absent, foreign or removed one."""
    row = session.scalar(
        select(Attachment).where(
            Attachment.code == code, Attachment.kind.in_((PHOTO, DOCUMENT)), Attachment.removed_at.is_(None)
        )
    )
    if row is None or row.file_key_sealed is None:
        raise NotFound
    return row


def open_file(session: Session, code: str, *, use: Use = "record") -> Opened:
    """Return what opens a picture, after writing down who looks at it: the caller commits before it reads.

    Raises NotFound for a photo whose person does not agree (any more): it is nowhere.
    """
    row = find(session, code)
    if row.kind == PHOTO and not may_show(session, row.person_id, use):
        raise NotFound
    audit.record(session, "care.photo.read", "attachment", row.id, person_id=row.person_id, detail={"kind": row.kind})
    return opened(row)


def opened(row: Attachment) -> Opened:
    """Return what opens a kept picture; the caller has asked who may, and written it down."""
    return Opened(row.franchise_id, row.code, bytes.fromhex(row.file_key or ""), bytes(row.mac), row.kind)


def shown(opened: Opened, variant: str, mark: str) -> bytes:
    """Return the bytes of an opened picture with the viewer's mark on them.

    Raises Refusal `file_missing` when the file is gone or is not what was kept.
    """
    try:
        data = _files().get(opened.franchise_id, opened.code, variant, opened.key)
        if variant == FULL and keys.ring().mac(MAC, data) != opened.mac:
            raise keys.CannotOpen("not the picture that was kept")
    except keys.KeyError_ as problem:
        raise Refusal(
            _("照片文件缺失或已损坏，无法显示。请联系管理员从备份恢复，记录本身没有受影响。"),
            code="file_missing", status=410,
        ) from problem  # fmt: skip
    return images.marked(data, mark)


# -- taking away -----------------------------------------------------------------------------------


def remove(session: Session, code: str, reason: str) -> Attachment:
    """Take a picture away for good: its key is thrown away, so that no copy of the file opens; say why."""
    row = find(session, code)
    why = why_of(reason)
    if row.kind == DOCUMENT and visits.is_signed_since(session, row.visit_id, row.made_at):
        raise Conflict(_("这张附件已随就诊记录签名，不能删除。"), code="visit_signed")
    take_away([row], why)
    audit.record(session, "care.photo.removed", "attachment", row.id, person_id=row.person_id, detail={"reason": why})
    session.flush()
    return row


def why_of(reason: str) -> str:
    """Return why something is taken away; raise Invalid without a word."""
    why = reason.strip()[:200]
    if len(why) < 2:
        raise Invalid.field("reason", _("请写明为什么删除，会记入日志。删除后不能恢复。"))
    return why


def erase(session: Session, person_id: int) -> int:
    """Throw away the keys of all photos of a person and return how many; documents of signed visits are kept by law."""
    query = select(Attachment).where(
        Attachment.person_id == person_id, Attachment.kind == PHOTO, Attachment.removed_at.is_(None)
    )
    rows = session.scalars(query).all()
    take_away(rows, _("按本人要求删除个人信息"))
    for group in session.scalars(select(PhotoSet).where(PhotoSet.person_id == person_id)):
        group.name = None
    session.flush()
    return len(rows)


def take_away(rows: Sequence[Attachment], why: str) -> None:
    """Throw away the keys of these pictures: no copy of their files opens any more."""
    for row in rows:
        row.file_key = None
        row.removed_at, row.removed_by = clock.now_ms(), current_actor().staff_id
        row.removed_why = why


def of_set(session: Session, photo_id: Any) -> tuple[Photo, Attachment]:
    """Return a photo with its picture; raise NotFound for an absent or foreign one, or one nobody may see now."""
    wanted = parse_id(photo_id)
    photo = session.get(Photo, wanted) if wanted else None
    kept = session.get(Attachment, photo.attachment_id) if photo else None
    if photo is None or kept is None or kept.removed_at is not None or not may_show(session, kept.person_id):
        raise NotFound
    return photo, kept
