"""Automatic tags, grades and counts for all members: set-based, in slices, safe to stop and to run again.

What is left to do is read from the rows: a second run changes nothing. Writing goes in units of a few thousand
members, so the till never waits long for one. Audited in sum, never per person.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, and_, case, cast, delete, func, literal, or_, select, update

from core.hookfacts import Fact, Total
from core.kernel import audit, clock
from core.kernel.db import Database
from core.kernel.errors import Invalid
from core.kernel.i18n import SOURCE_LOCALE, in_locale
from core.kernel.ids import new_id
from core.kernel.jobs import Counts
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.people.models import Person, PersonTag
from core.programme import conditions as lang
from core.programme import facts as engine
from core.programme.fact_tests import Band
from core.programme.sentences import sentence
from core.segments import rules, services
from core.segments.models import Grading, Segment, TagDefinition

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.kernel.runtime import Runtime
    from core.kernel.tenancy import Actor

SLICE = 5_000
TAG_SLICE = 2_000
REASON = 200


def run(runtime: Runtime, _actor: Actor) -> Counts:
    """Bring grades, automatic tags and the counts of segments up to date; return what changed and what failed."""
    db = runtime.db
    db.refresh_statistics()
    with db.unit("write") as session:
        services.ensure_defaults(session)
        services.adopt(session)
    done = grade_all(db)
    failed = 0
    for changed in tag_all(db):
        failed += changed is None
        done += changed or 0
    count_all(db)
    return {"done": done, "skipped": 0, "failed": failed}


# -- grades ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Classes:
    """The three specs of a franchise, and where the A and B classes begin (fen; None: nobody bought)."""

    grade: rules.GradeSpec
    rfm: rules.RfmSpec
    abc: rules.AbcSpec
    bounds: tuple[int, int] | None


def classes(session: Session, **instead: rules.Spec) -> Classes:
    """Return the franchise's specs, with those of `instead` (a form not saved yet) in their place."""
    found = {kind: instead.get(kind) or services.spec_of(session, kind) for kind in rules.DEFAULTS}
    return Classes(found["grade"], found["rfm"], found["abc"], abc_bounds(session, found["abc"]))


def abc_bounds(session: Session, spec: rules.AbcSpec) -> tuple[int, int] | None:
    """Return the least money of class A and of class B: whoever ties with the last of a class belongs to it."""
    fact = engine.offered().get("spend")
    source = fact.source(engine.scope_of(session), {"days": spec.days}) if fact else None
    if not isinstance(source, Total):
        return None
    person = source.rows.selected_columns[0]
    figures = (
        source.rows.with_only_columns(person.label("person"), source.value.label("fen"), maintain_column_froms=True)
        .group_by(person).having(source.value > 0).subquery()
    )  # fmt: skip
    running = func.sum(figures.c.fen).over(order_by=(figures.c.fen.desc(), figures.c.person))
    ranked = select(figures.c.fen, running.label("upto"), func.sum(figures.c.fen).over().label("whole")).subquery()
    before = (ranked.c.upto - ranked.c.fen) * 10_000
    least = [
        func.min(case((before < ranked.c.whole * share, ranked.c.fen))) for share in (spec.a_bp, spec.b_bp)
    ]  # fmt: skip
    row = session.execute(select(*least)).one()
    return None if row[0] is None else (int(row[0]), int(row[1]))


def class_columns(found: Classes, scope: Any) -> dict[str, Any]:
    """Return the expressions of a person's classes: grade, the three scores and the ABC class."""
    facts = engine.offered()

    def banded(key: str, days: int, bands: list[tuple[Band, str]], rest: str) -> Any:
        fact: Fact | None = facts.get(key)
        if fact is None:
            return literal(rest)
        return engine.banded(fact, {"days": days} if fact.params else {}, bands, rest, scope)

    rfm, last = found.rfm, found.grade.steps[-1].code
    abc = literal("")
    if found.bounds is not None:
        a_from, b_from = found.bounds
        bands = [(Band(a_from, None), "A"), (Band(min(b_from, a_from), a_from - 1), "B"), (Band(1, b_from - 1), "C")]
        abc = banded("spend", found.abc.days, [one for one in bands if _possible(one[0])], "")
    return {
        "grade": banded(found.grade.figure, found.grade.days, found.grade.bands(), last),
        "r": banded("last_visit", rfm.days, rfm.recency_bands(), "1"),
        "f": banded("visits", rfm.days, rfm.falling_bands(rfm.frequency), "1"),
        "m": banded("spend", rfm.days, rfm.falling_bands(rfm.money), "1"),
        "abc": abc,
    }


def _possible(band: Band) -> bool:
    return band.low is None or band.high is None or band.low <= band.high


def _new_classes(found: Classes, scope: Any, *where: Any) -> Any:
    """Return a subquery of (id, grade, rfm, value_class, abc) as they should be."""
    columns = class_columns(found, scope)
    # Held once: a planner that folds it into the rest asks each sum again for every comparison.
    raw = select(Person.id, *(one.label(name) for name, one in columns.items())).where(*where).cte("figures")
    raw = raw.prefix_with("MATERIALIZED")
    total = cast(raw.c.r, Integer) + cast(raw.c.f, Integer) + cast(raw.c.m, Integer)
    value = case((total >= found.rfm.high, "high"), (total >= found.rfm.general, "general"), else_="low")
    return select(
        raw.c.id, raw.c.grade.label("grade"), (raw.c.r + raw.c.f + raw.c.m).label("rfm"), value.label("value_class"),
        raw.c.abc.label("abc"),
    ).subquery()  # fmt: skip


def spread(session: Session, found: Classes) -> dict[str, dict[str, int]]:
    """Return how many members each class would hold: {grade: {A: …}, value_class: {…}, abc: {…}}, in one SELECT."""
    new = _new_classes(found, engine.scope_of(session), _own(), Person.active.is_(True))
    rows = session.execute(
        select(new.c.grade, new.c.value_class, new.c.abc, func.count()).group_by(
            new.c.grade, new.c.value_class, new.c.abc
        )
    )
    counts: dict[str, dict[str, int]] = {"grade": {}, "value_class": {}, "abc": {}}
    for grade, value, abc, n in rows:
        for kind, code in (("grade", grade), ("value_class", value), ("abc", abc)):
            counts[kind][code] = counts[kind].get(code, 0) + int(n)
    return counts


def _own() -> Any:
    return Person.franchise_id == current_actor().franchise_id


def grade_all(db: Database) -> int:
    """Class every member anew, slice by slice, from where a stopped run left off; return how many changed."""
    with db.unit("read") as session:
        found = classes(session)
        last = int(session.scalar(select(Grading.cursor).where(Grading.kind == "grade")) or 0)
    changed = 0
    while True:
        with db.unit("write") as session:
            high = _slice_end(session, last)
            changed += _grade_slice(session, found, last, high)
            state = services.grading(session, "grade")
            state.cursor = high or 0
            if high is None:
                _graded(session, changed)
                return changed
            last = high


def _slice_end(session: Session, after: int) -> int | None:
    """Return the last id of the slice after an id; None: this is the last one."""
    return session.scalar(
        select(Person.id).where(_own(), Person.id > after).order_by(Person.id).offset(SLICE - 1).limit(1)
    )


def _grade_slice(session: Session, found: Classes, after: int, upto: int | None) -> int:
    inside = and_(_own(), Person.id > after, Person.id <= upto if upto is not None else literal(True))
    if session.get_bind().dialect.name == "postgresql":
        # One order of locks for all: a settle beside this one locks its persons by id too.
        session.execute(select(Person.id).where(inside).order_by(Person.id).with_for_update())
    new = _new_classes(found, engine.scope_of(session), inside)
    names = ("grade", "rfm", "value_class", "abc")
    done = session.execute(
        update(Person)
        .where(Person.id == new.c.id, or_(*(getattr(Person, name) != new.c[name] for name in names)))
        .values({name: new.c[name] for name in names})
        .execution_options(synchronize_session=False)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


def _graded(session: Session, changed: int) -> None:
    now = clock.now_ms()
    for row in session.scalars(select(Grading)):
        row.computed_at = now
    if changed:
        audit.record(session, "segments.grading.computed", "grading", None, detail={"changed": changed})


# -- tags ------------------------------------------------------------------------------------------


def tag_all(db: Database) -> Iterator[int | None]:
    """Put and take the automatic tags of every rule; yield what each changed, None for one that could not run."""
    with db.unit("read") as session:
        rows = session.execute(select(TagDefinition.id, TagDefinition.tag).order_by(TagDefinition.id)).all()
    for tag_id, _tag in rows:
        yield tag_one(db, tag_id)


@dataclass(frozen=True, slots=True)
class Difference:
    """What a rule changes: whom to tag, which automatic rows to take away, and why."""

    tag: str
    reason: str
    add: list[int]
    remove: list[int]


def tag_one(db: Database, tag_id: int) -> int | None:
    """Bring one tag up to date; return how many changed, None when its rule cannot be asked now."""
    try:
        with db.unit("read") as session:
            change = difference(session, services.definition(session, tag_id))
    except Invalid as refusal:
        with db.unit("write") as session:
            words = refusal.errors[0].message if refusal.errors else refusal.message
            services.definition(session, tag_id).problem = words[:REASON]
        return None
    changed = 0
    for start in range(0, len(change.add), TAG_SLICE):
        with db.unit("write") as session:
            changed += _put(session, change, change.add[start : start + TAG_SLICE])
    for start in range(0, len(change.remove), TAG_SLICE):
        with db.unit("write") as session:
            changed += _take(session, change.remove[start : start + TAG_SLICE])
    with db.unit("write") as session:
        _tagged(session, tag_id, change, changed)
    return changed


def difference(session: Session, row: TagDefinition) -> Difference:
    """Return whom a tag's rule newly covers and whom no more. A tag put by hand is left alone (S0-28).

    In an exclusive group whoever carries another tag of it is not covered: the hand's and the earlier rule's win.
    """
    auto = select(PersonTag.id).where(PersonTag.tag == row.tag, PersonTag.source == "auto")
    if not row.rule or not row.active:
        return Difference(row.tag, "", [], list(session.scalars(auto)))
    condition = lang.from_text(row.rule)
    engine.ensure(engine.resolve(session, condition), "marketing")
    covered = engine.persons(session, condition)
    others = services.excluded_by(session, row.tag, row.group_code)
    if others:
        covered = covered.where(Person.id.not_in(select(PersonTag.person_id).where(PersonTag.tag.in_(others))))
    have = select(PersonTag.person_id).where(PersonTag.tag == row.tag)
    add = session.scalars(covered.where(Person.id.not_in(have)).order_by(Person.id))
    remove = session.scalars(auto.where(PersonTag.person_id.not_in(covered)).order_by(PersonTag.id))
    with in_locale(SOURCE_LOCALE):  # kept with the tag: one language, whoever runs the job
        reason = sentence(session, condition)[:REASON]
    return Difference(row.tag, reason, list(add), list(remove))


def _put(session: Session, change: Difference, persons: list[int]) -> int:
    fid, now = current_actor().franchise_id, clock.now_ms()
    st = Statements(session, fid)
    return sum(
        st.run(
            "INSERT INTO person_tag (id, franchise_id, person_id, tag, source, reason, at) VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (franchise_id, person_id, tag) DO NOTHING",
            [new_id(), fid, person_id, change.tag, "auto", change.reason, now],
        )
        for person_id in persons
    )


def _take(session: Session, rows: list[int]) -> int:
    done = session.execute(
        delete(PersonTag)
        .where(PersonTag.id.in_(rows), PersonTag.source == "auto")
        .execution_options(synchronize_session=False)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


def _tagged(session: Session, tag_id: int, change: Difference, changed: int) -> None:
    if change.reason:
        session.execute(
            update(PersonTag)
            .where(PersonTag.tag == change.tag, PersonTag.source == "auto", PersonTag.reason != change.reason)
            .values(reason=change.reason)
            .execution_options(synchronize_session=False)
        )
    row = services.definition(session, tag_id)
    row.computed_at, row.problem = clock.now_ms(), ""
    row.automatic = int(
        session.scalar(select(func.count()).select_from(PersonTag).where(
            PersonTag.tag == change.tag, PersonTag.source == "auto")) or 0
    )  # fmt: skip
    if changed:
        audit.record(
            session, "segments.tag.computed", "tag_definition", row.id,
            detail={"tag": change.tag, "added": len(change.add), "removed": len(change.remove),
                    "rule": json.loads(row.rule) if row.rule else None},
        )  # fmt: skip


# -- counts ----------------------------------------------------------------------------------------


def count_all(db: Database) -> None:
    """Count every segment in use, each in a unit of its own: first read, then write the number."""
    with db.unit("read") as session:
        rows = list(session.scalars(select(Segment.id).where(Segment.active.is_(True)).order_by(Segment.id)))
    for segment_id in rows:
        members = None
        with db.unit("read") as session:
            row = session.get(Segment, segment_id)
            try:
                members = services.count(session, services.condition_of(row)) if row is not None else None
            except Invalid:
                members = None
        with db.unit("write") as session:
            row = session.get(Segment, segment_id)
            if row is not None:
                row.members, row.counted_at = members, clock.now_ms()
