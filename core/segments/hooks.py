"""What segments answers to the house's hooks: membership and classes as facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.hookfacts import Fact, Named, Of, Rows
from core.kernel.i18n import _l
from core.kernel.plugins import hookimpl
from core.people.facts import TIES
from core.people.models import Person, PersonTag
from core.segments.models import Segment
from core.segments.services import known_tags, spec_of, trees_of
from core.segments.words import VALUE_NAMES

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

CLASSES, SEGMENTS = _l("等级与分级"), _l("人群")
MANY = 500


def _grades(session: Session) -> list[tuple[str, Any]]:
    return [(step.code, step.code) for step in spec_of(session, "grade").steps]


def _segments(session: Session) -> list[tuple[str, Any]]:
    rows = session.execute(
        select(Segment.code, Segment.name).where(Segment.active.is_(True)).order_by(Segment.code).limit(MANY)
    )
    return [(row[0], row[1]) for row in rows]


@hookimpl
def register_facts() -> list[Fact]:
    """Return the facts of tags, grade, value class, ABC class, and membership of a saved segment."""
    return [
        Fact("tag", _l("标签"), "set", lambda _s, _p: Rows(select(PersonTag.person_id), PersonTag.tag), group=TIES,
             choices=lambda session: [(tag, tag) for tag in known_tags(session)], order=30),
        Fact("grade", _l("消费分级"), "choice", lambda _s, _p: Of(Person.grade), group=CLASSES, missing="",
             choices=_grades, order=47),
        Fact("value_class", _l("价值"), "choice", lambda _s, _p: Of(Person.value_class), group=CLASSES, missing="",
             choices=lambda _s: tuple(VALUE_NAMES.items()), extra={"fixed": True}, order=48),
        Fact("abc", _l("ABC 分类"), "choice", lambda _s, _p: Of(Person.abc), group=CLASSES, missing="",
             choices=lambda _s: (("A", "A"), ("B", "B"), ("C", "C")), extra={"fixed": True}, order=49),
        Fact("segment", _l("属于人群"), "set", lambda _s, _p: Named(trees_of), group=SEGMENTS, choices=_segments,
             prices=False, extra={"named": True}, order=60),
    ]  # fmt: skip
