"""The franchise's tags as the pages show them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from core.kernel.i18n import _
from core.people.models import PersonTag
from core.programme import conditions as lang
from core.programme.sentences import sentence
from core.segments import services
from core.segments.models import TagDefinition

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Shown:
    """A tag with its rule in words and how many carry it by hand and by rule."""

    row: TagDefinition
    rule: str
    manual: int
    auto: int


@dataclass
class Shelf:
    """A group of tags."""

    code: str
    name: str
    exclusive: bool
    tags: list[Shown] = field(default_factory=list)


def shelves(session: Session) -> list[Shelf]:
    """Return the tags by group, those without one last; counts are of today."""
    counts = {
        (row[0], row[1]): int(row[2])
        for row in session.execute(
            select(PersonTag.tag, PersonTag.source, func.count()).group_by(PersonTag.tag, PersonTag.source)
        )
    }
    found = {group.code: Shelf(group.code, group.name, group.exclusive) for group in services.groups(session)}
    found[""] = Shelf("", _("其他标签"), False)
    for row in session.scalars(select(TagDefinition).order_by(TagDefinition.id)):
        rule = sentence(session, lang.from_text(row.rule)) if row.rule else ""
        shelf = found.get(row.group_code) or found[""]
        shelf.tags.append(Shown(row, rule, counts.get((row.tag, "manual"), 0), counts.get((row.tag, "auto"), 0)))
    return [shelf for shelf in found.values() if shelf.tags]
