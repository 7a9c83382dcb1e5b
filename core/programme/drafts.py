"""Verbs of the draft: open one from what is published, edit it entry by entry, see what it says, publish it.

A draft is a full copy: publishing replaces the whole document, so nothing is half changed. Entries are
checked one by one when saved and against each other whenever the draft is read; a draft with faults may be
kept, but not previewed or published.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.kernel import audit, clock
from core.kernel.errors import Conflict, FieldError, Invalid, NotFound
from core.kernel.i18n import _
from core.kernel.ids import new_id
from core.kernel.tenancy import current_actor
from core.programme import sections, services
from core.programme.codec import Problems
from core.programme.models import DraftEntry, ProgrammeDraft, ProgrammePreview
from core.programme.rule_checks import rule_checks
from core.programme.rules import Problem, Programme, check, document_hash, dump, parse, parse_yaml
from core.programme.sections import SECTIONS, Section
from core.programme.vetoes import veto_problems

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.programme.models import ProgrammeVersion

OPEN, PUBLISHED, DISCARDED = "open", "published", "discarded"
PREVIEW_LIVES_MS = 30 * 60_000


@dataclass(frozen=True, slots=True)
class Reading:
    """A draft as a whole: the document when it has no faults, and everything that is wrong or odd."""

    programme: Programme | None
    document: dict[str, Any]
    problems: list[Problem] = field(default_factory=list)

    @property
    def errors(self) -> list[Problem]:
        """Return what stops publishing."""
        return [one for one in self.problems if one.severity == "error"]


def current(session: Session) -> ProgrammeDraft | None:
    """Return the franchise's open draft, or None."""
    return session.scalar(select(ProgrammeDraft).where(ProgrammeDraft.slot == OPEN))


def required(session: Session) -> ProgrammeDraft:
    """Return the open draft; raise NotFound when there is none."""
    draft = current(session)
    if draft is None:
        raise NotFound(_("没有打开的草稿。请先开始修改。"), code="no_draft")
    return draft


def open_from(session: Session, programme: Programme, origin: str = "") -> ProgrammeDraft:
    """Open a draft that says what `programme` says; raise Conflict while another one is open."""
    if current(session) is not None:
        raise Conflict(_("已经有一份打开的草稿，请先发布或放弃它。"), code="draft_open")
    now = clock.now_ms()
    newest = services.newest(session)
    draft = ProgrammeDraft(
        slot=OPEN, state=OPEN, key=programme.key, base_number=newest.number if newest else 0, origin=origin[:120],
        opened_at=now, opened_by=current_actor().staff_id, changed_at=now,
    )  # fmt: skip
    session.add(draft)
    session.flush()
    _fill(session, draft, dump(programme))
    audit.record(session, "programme.draft.opened", "programme_draft", draft.id, detail={"from": origin or draft.key})
    return draft


def _fill(session: Session, draft: ProgrammeDraft, document: dict[str, Any]) -> None:
    for position, (section, data) in enumerate(sections.split(document), 1):
        session.add(
            DraftEntry(
                draft_id=draft.id, section=section, code=str(data.get("code", "")), position=position * 10,
                data=_text(data),
            )
        )  # fmt: skip
    session.flush()


def _text(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, sort_keys=True)


def replace_by_yaml(session: Session, draft: ProgrammeDraft, text: str) -> None:
    """Make the draft say what a YAML file says; raise Invalid naming every path at fault."""
    programme = parse_yaml(text)
    for entry in entries(session, draft):
        session.delete(entry)
    session.flush()
    draft.key = programme.key
    _fill(session, draft, dump(programme))
    _touch(session, draft, "programme.draft.imported", {"key": programme.key})


def discard(session: Session, draft: ProgrammeDraft) -> None:
    """Give the draft up; it stays readable in the history."""
    draft.slot, draft.state = str(draft.id), DISCARDED
    _touch(session, draft, "programme.draft.discarded", {})


def _touch(session: Session, draft: ProgrammeDraft, action: str, detail: dict[str, Any]) -> None:
    draft.changed_at = clock.now_ms()
    draft.version += 1
    session.flush()
    audit.record(session, action, "programme_draft", draft.id, detail=detail)


# -- entries ------------------------------------------------------------------------------------------------


def entries(session: Session, draft: ProgrammeDraft) -> list[DraftEntry]:
    """Return the entries of a draft in order."""
    wanted = select(DraftEntry).where(DraftEntry.draft_id == draft.id)
    rows = session.scalars(wanted.order_by(DraftEntry.position, DraftEntry.id))
    order = {key: place for place, key in enumerate(SECTIONS)}
    return sorted(rows, key=lambda entry: order.get(entry.section, len(order)))


def entry(session: Session, draft: ProgrammeDraft, entry_id: int) -> DraftEntry:
    """Return an entry of the draft; raise NotFound."""
    row = session.get(DraftEntry, entry_id)
    if row is None or row.draft_id != draft.id:
        raise NotFound(_("草稿里没有这一条，可能已被删除。"))
    return row


def data_of(row: DraftEntry) -> dict[str, Any]:
    """Return the plain data of an entry."""
    found: dict[str, Any] = json.loads(row.data)
    return found


def section(key: str) -> Section:
    """Return a section; raise NotFound."""
    if key not in SECTIONS:
        raise NotFound(_("方案里没有这一部分。"))
    return SECTIONS[key]


def checked(part: Section, data: dict[str, Any]) -> dict[str, Any]:
    """Return an entry's data in canonical form; raise Invalid with the path of each fault (I: fields by their path)."""
    problems = Problems()
    value = part.entry.read(data, "", problems)
    if problems.errors:
        raise Invalid(_("还有 %(n)d 处要改。", n=len(problems.errors)), errors=problems.errors)
    plain: dict[str, Any] = part.entry.write(value)
    return plain


def save(session: Session, draft: ProgrammeDraft, part: Section, data: dict[str, Any], row: DraftEntry | None,
         version: int = 0) -> DraftEntry:  # fmt: skip
    """Write an entry, new (`row` None) or at the version that was read; raise Conflict when it moved meanwhile.

    The code of an entry that is published already stays: orders and cards know it by that.
    """
    plain = checked(part, data)
    code = str(plain.get("code", ""))
    _check_code(session, draft, part, code, row)
    before = data_of(row) if row else None
    if row is None:
        row = DraftEntry(draft_id=draft.id, section=part.key, position=_last(session, draft, part) + 10, data="")
        session.add(row)
    elif row.version != version:
        raise Conflict(_("这一条刚被别人改过。请重新打开，对照后再改。"), code="stale_version")
    else:
        row.version += 1
    row.code, row.data = code, _text(plain)
    _touch(
        session, draft, "programme.draft.changed", {"section": part.key, "code": code, "before": before, "after": plain}
    )
    return row


def _check_code(session: Session, draft: ProgrammeDraft, part: Section, code: str, row: DraftEntry | None) -> None:
    if not part.many:
        taken = [one for one in entries(session, draft) if one.section == part.key and one is not row]
        if taken:
            raise Conflict(_("“%(name)s”已经设过了，请直接修改。", name=part.name), code="taken")
        return
    if row is not None and row.code != code and row.code in _published_codes(session, part):
        raise Invalid.field("code", _("代码 %(code)s 已经发布过，不能再改；要换就新建一条。", code=row.code))
    same = [one for one in entries(session, draft) if one.section == part.key and one.code == code and one is not row]
    if same:
        raise Invalid.field("code", _("代码 %(code)s 已经有了，请换一个。", code=code))


def _published_codes(session: Session, part: Section) -> set[str]:
    newest = services.newest(session)
    if newest is None:
        return set()
    return {one.get("code", "") for one in json.loads(newest.document).get(part.key, [])}


def _last(session: Session, draft: ProgrammeDraft, part: Section) -> int:
    return max((one.position for one in entries(session, draft) if one.section == part.key), default=0)


def remove(session: Session, draft: ProgrammeDraft, row: DraftEntry) -> None:
    """Take an entry out; raise Invalid for one that a programme cannot be without."""
    part = SECTIONS[row.section]
    left = [one for one in entries(session, draft) if one.section == row.section]
    if part.needed and len(left) == 1:
        raise Invalid(_("“%(name)s”至少要有一条，不能删掉。", name=part.name))
    session.delete(row)
    _touch(session, draft, "programme.draft.removed", {"section": row.section, "code": row.code})


def move_up(session: Session, draft: ProgrammeDraft, row: DraftEntry) -> None:
    """Change places with the entry before: the order of tiers is their rank."""
    same = [one for one in entries(session, draft) if one.section == row.section]
    place = same.index(row)
    if place == 0:
        return
    above = same[place - 1]
    above.position, row.position = row.position, above.position
    _touch(session, draft, "programme.draft.moved", {"section": row.section, "code": row.code})


# -- the whole ----------------------------------------------------------------------------------------------


def document(session: Session, draft: ProgrammeDraft) -> dict[str, Any]:
    """Return the draft as the plain data of a document."""
    return sections.join(draft.key, [(one.section, data_of(one)) for one in entries(session, draft)])


def read(session: Session, draft: ProgrammeDraft, item_codes: frozenset[str] | None = None) -> Reading:
    """Return the draft as a whole with every problem; `item_codes` adds warnings about items that do not exist."""
    plain = document(session, draft)
    try:
        programme = parse(plain)
    except Invalid as refusal:
        return Reading(None, plain, [_problem(one) for one in refusal.errors])
    forbidden = veto_problems(session, programme)
    odd = rule_checks(programme, clock.today(current_actor().tz))
    problems = [*forbidden, *check(programme, item_codes), *odd]
    return Reading(None if forbidden else programme, plain, problems)


def _problem(error: FieldError) -> Problem:
    return Problem("error", error.field, error.message)


def differences(session: Session, draft: ProgrammeDraft) -> list[services.Change]:
    """Return what the draft changes against the newest version, entry by entry."""
    newest = services.newest(session)
    published = json.loads(newest.document) if newest else {}
    return services.changes(published, document(session, draft))


def keep_preview(
    session: Session, sha256: str, effective_at: int, keep_holders: bool, moved: int, result: dict[str, Any]
) -> ProgrammePreview:
    """Keep what publishing a document would do; publishing asks for it."""
    newest = services.newest(session)
    row = ProgrammePreview(
        id=new_id(), sha256=sha256, base_sha256=newest.sha256 if newest else "", effective_at=effective_at,
        keep_holders=keep_holders, made_at=clock.now_ms(), made_by=current_actor().staff_id, moved=moved,
        result=json.dumps(result, ensure_ascii=False),
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def preview(session: Session, preview_id: int) -> ProgrammePreview:
    """Return a kept preview; raise NotFound."""
    row = session.get(ProgrammePreview, preview_id)
    if row is None:
        raise NotFound(_("没有这次预览，请重新预览。"))
    return row


def publish(session: Session, draft: ProgrammeDraft, seen: ProgrammePreview) -> ProgrammeVersion:
    """Publish the draft as it was previewed; raise Conflict when draft or published version moved since.

    S3-33: a rule changes by version and date only.
    """
    reading = read(session, draft)
    if reading.programme is None:
        raise Invalid(
            _("草稿还有错误，改好才能发布。"), errors=[FieldError(p.field, p.message) for p in reading.errors]
        )
    newest = services.newest(session)
    old = clock.now_ms() - seen.made_at > PREVIEW_LIVES_MS
    moved = seen.sha256 != document_hash(reading.programme) or seen.base_sha256 != (newest.sha256 if newest else "")
    if old or moved:
        raise Conflict(_("预览之后草稿或现行方案又变了，请重新预览再发布。"), code="stale_preview")
    if newest is not None and newest.sha256 == seen.sha256:
        raise Conflict(_("草稿和现行方案一样，没有可发布的变化。"), code="nothing_changed")
    row = services.publish(session, reading.programme, max(seen.effective_at, clock.now_ms()))
    draft.slot, draft.state = str(draft.id), PUBLISHED
    _touch(session, draft, "programme.draft.published", {"number": row.number, "keep_holders": seen.keep_holders})
    return row
