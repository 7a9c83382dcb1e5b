"""What the editor's pages show: sections in words, choices for the fields, faults by entry. Read-only."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.catalog.models import Item
from core.catalog.words import category_names
from core.kernel.i18n import _
from core.programme import drafts, labels, sections, sentences, services, words
from core.programme.checks import member_conditions
from core.programme.codec import Problems
from core.programme.rules import Problem, Programme
from core.programme.sections import SECTIONS, Section

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.programme.fields import Choices
    from core.programme.models import DraftEntry, ProgrammeDraft

ITEMS_OFFERED = 300


@dataclass
class ShownEntry:
    """An entry of the draft as the overview lists it."""

    id: int
    title: str
    lines: tuple[str, ...]
    faults: list[Problem] = field(default_factory=list)
    first: bool = False


@dataclass
class ShownSection:
    """A section of the draft as the overview lists it."""

    part: Section
    entries: list[ShownEntry] = field(default_factory=list)
    faults: list[Problem] = field(default_factory=list)

    @property
    def may_add(self) -> bool:
        """Return whether another entry fits."""
        return self.part.many or not self.entries


def item_names(session: Session) -> dict[str, str]:
    """Return the names of all items by code, and of item classes and categories by `class:<code>`."""
    return class_names() | {row[0]: row[1] for row in session.execute(select(Item.code, Item.name))}


def class_names() -> dict[str, str]:
    """Return what item classes and categories are called, by `class:<code>`."""
    return {f"class:{code}": str(label) for code, label in category_names().items()}


def shown(session: Session, draft: ProgrammeDraft, reading: drafts.Reading) -> list[ShownSection]:
    """Return every section with its entries in words and the faults beside them."""
    names = item_names(session)
    found = {key: ShownSection(part) for key, part in SECTIONS.items()}
    for row in drafts.entries(session, draft):
        part = found[row.section]
        part.entries.append(_entry(session, row, part.part, names, first=not part.entries))
    for problem in reading.problems:
        key, _dot, rest = problem.field.partition(".")
        place = rest.split(".", 1)[0]
        if key not in found:
            continue
        holder: Any = found[key]
        if SECTIONS[key].many and place.isdigit() and int(place) < len(holder.entries):
            holder = holder.entries[int(place)]
        holder.faults.append(problem)
    return list(found.values())


def _entry(session: Session, row: DraftEntry, part: Section, names: dict[str, str], *, first: bool) -> ShownEntry:
    value = part.entry.read(drafts.data_of(row), "", Problems())
    said = words.say(value, names) if value is not None else words.Words(row.code or str(part.one), (_("还没填完"),))
    condition = getattr(value, "when_member", None)
    who = (_("会员：%(who)s", who=sentences.sentence(session, condition)),) if condition else ()
    return ShownEntry(row.id, said.title, (*said.lines, *who), first=first)


def choices(session: Session, draft: ProgrammeDraft) -> Choices:
    """Return what the fields offer: tiers and coupons of the draft; items, categories and classes of the catalogue."""
    rows = drafts.entries(session, draft)
    found: dict[str, list[tuple[str, str]]] = {"tiers": [], "coupons": []}
    for row in rows:
        if row.section in found:
            found[row.section].append((row.code, str(drafts.data_of(row).get("name") or row.code)))
    items = session.execute(
        select(Item.code, Item.name, Item.category, Item.attributes).where(Item.active.is_(True)).order_by(Item.code)
    ).all()
    found["items"] = [(row.code, row.name) for row in items[:ITEMS_OFFERED]]
    said = class_names()
    categories = sorted({row.category for row in items if row.category})
    found["categories"] = [(one, said.get(f"class:{one}", one)) for one in categories]
    classes = {one for row in items for one in json.loads(row.attributes or "{}").get("core.coupon_classes", [])}
    found["classes"] = [(one, said.get(f"class:{one}", one)) for one in sorted(classes)]
    return found


@dataclass(frozen=True)
class ShownChange:
    """A change in words: which entry, what kind, and (label, before, after) of each leaf."""

    kind: str
    section: str
    title: str
    leaves: list[tuple[str, str, str]]
    before: tuple[str, ...]
    after: tuple[str, ...]


def told(changes: list[services.Change], names: dict[str, str]) -> list[ShownChange]:
    """Return changes as people read them."""
    return [_told(change, names) for change in changes]


def _told(change: services.Change, names: dict[str, str]) -> ShownChange:
    part = SECTIONS[change.section]
    if change.kind == "moved":
        return ShownChange("moved", str(part.name), _("顺序"), [], (), ())
    before, after = _words(part, change.before, names), _words(part, change.after, names)
    title = (after or before or words.Words(change.code, ())).title
    leaves = [(label_of(part, path), _plain(old), _plain(new)) for path, old, new in change.leaves]
    return ShownChange(
        change.kind, str(part.name), title, leaves if change.kind == "changed" else [],
        before.lines if before else (), after.lines if after else (),
    )  # fmt: skip


def _words(part: Section, data: dict[str, Any] | None, names: dict[str, str]) -> words.Words | None:
    if data is None:
        return None
    value = part.entry.read(data, "", Problems())
    return words.say(value, names) if value is not None else words.Words(str(data.get("code", "")), ())


def _plain(value: Any) -> str:
    if value is None:
        return "—"
    if isinstance(value, bool):
        return _("是") if value else _("否")
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


def label_of(part: Section, path: str) -> str:
    """Return a path of an entry in words: `from.spend_fen` is 升级门槛 · 累计消费满."""
    found: list[str] = []
    records = sections.records(part.entry)
    for step in path.replace("[", ".").replace("]", "").split("."):
        if step.isdigit():
            found.append(_("第 %(n)d 条", n=int(step) + 1))
            continue
        hit = next(((r, f) for r in records for f in r.fields if f.key == step), None)
        if hit is None:
            found.append(step)
            continue
        record, one = hit
        found.append(str(labels.label_of(record.cls.__name__, step)[0]))
        inner = getattr(one.codec, "other", None) or getattr(one.codec, "item", None) or one.codec
        records = sections.records(inner) or records
    return " · ".join(found)


def history(session: Session) -> list[dict[str, Any]]:
    """Return the published versions, newest first, with the one in force marked."""
    rows = services.versions(session)
    now = services.version_in_force(session).number if rows else 0
    return [{"row": row, "in_force": row.number == now} for row in rows]


def sheet_of(session: Session, programme: Programme) -> list[words.Chapter]:
    """Return the rule sheet of a programme (S2-17)."""
    return words.sheet(programme, item_names(session) | _audience_names(session, programme))


def _audience_names(session: Session, programme: Programme) -> dict[str, str]:
    """Return the names of tiers and the conditions of rules in words, as words.py looks them up."""
    found = {f"tier:{tier.code}": tier.name for tier in programme.tiers}
    for _path, code, condition in member_conditions(programme):
        found[f"when:{code}"] = sentences.sentence(session, condition)
    return found
