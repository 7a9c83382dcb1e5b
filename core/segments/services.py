"""Verbs of segments and tags: save, count, put and take; definitions and gradings with their defaults."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from sqlalchemy import func, select

from core.care import audits as care_audits
from core.kernel import audit, clock
from core.kernel.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from core.kernel.i18n import _
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.people import rules as people_rules
from core.people import services as people
from core.people.models import Person, PersonTag
from core.programme import conditions as lang
from core.programme import facts as engine
from core.segments import rules
from core.segments.models import Grading, Segment, TagDefinition, TagGroup

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.hookfacts import Fact
    from core.programme.conditions import Condition

SEGMENT_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
EXAMPLES = 5
MOST_TAGS = 500
DEFAULTS = Path(__file__).with_name("defaults.yaml")


# -- segments --------------------------------------------------------------------------------------


def get(session: Session, code: str) -> Segment:
    """Return a saved segment of the franchise; raise NotFound."""
    row = session.scalar(select(Segment).where(Segment.code == code))
    if row is None:
        raise NotFound(_("没有找到这个人群。"))
    return row


def condition_of(row: Segment) -> Condition:
    """Return a segment's condition."""
    return lang.from_text(row.tree)


def trees_of(session: Session, codes: tuple[str, ...]) -> dict[str, Any]:
    """Return the conditions of segments by code as plain data; unknown codes are left out."""
    rows = session.execute(select(Segment.code, Segment.tree).where(Segment.code.in_(codes)))
    return {row[0]: json.loads(row[1]) for row in rows}


def save(
    session: Session, *, code: str, name: str, condition: Condition, purpose: str = "marketing",
    version: int | None = None,
) -> Segment:  # fmt: skip
    """Save a segment, a new one (`version` None) or a change of the version shown; count it and return it.

    Raises Invalid for a bad name, code or condition, Conflict for a code in use or a stale version.
    """
    row = session.scalar(select(Segment).where(Segment.code == code))
    name = people_rules.clean(name)[:60]
    errors = [] if name else [FieldError("name", _("请给人群起个名字。"))]
    if purpose not in ("marketing", "care"):
        errors.append(FieldError("purpose", _("请选择用途。")))
    if not SEGMENT_CODE.fullmatch(code) or code == "new":
        errors.append(FieldError("code", _("代码用字母、数字、横线和下划线，最多 40 个。")))
    if errors:
        raise Invalid(_("有 %(n)d 处需要修改。", n=len(errors)), errors=errors)
    if version is None and row is not None:
        raise Conflict(
            _("代码 %(code)s 已被另一个人群使用，代码用过就不再重用。", code=code), code="code_taken",
            errors=[FieldError("code", _("代码已被使用。"))],
        )  # fmt: skip
    if version is not None and (row is None or row.version != version):
        raise Conflict(_("这个人群刚被别人修改过。请核对最新内容后再保存。"), code="stale_version")
    checked(session, condition, purpose, code)
    text, before = lang.to_text(condition), None
    if row is None:
        row = Segment(code=code, name=name, purpose=purpose, tree=text, made_by=current_actor().staff_id,
                      changed_at=clock.now_ms())  # fmt: skip
        session.add(row)
    else:
        before = {"name": row.name, "purpose": row.purpose, "tree": json.loads(row.tree)}
        row.name, row.purpose, row.tree = name, purpose, text
        row.changed_at, row.version = clock.now_ms(), row.version + 1
    session.flush()
    audit.record(
        session, "segments.segment.saved", "segment", row.id,
        detail={"code": code, "before": before,
                "after": {"name": name, "purpose": purpose, "tree": lang.dump(condition)}},
    )  # fmt: skip
    recount(session, row)
    return row


def checked(session: Session, condition: Condition, purpose: str, code: str = "") -> Condition:
    """Return the condition written out; raise Invalid when it may not be used so or goes in a circle."""
    facts = engine.offered()
    engine.ensure(condition, purpose, facts)  # type: ignore[arg-type]
    plain = engine.resolve(session, condition, facts, inside=(code,) if code else ())
    engine.ensure(plain, purpose, facts)  # type: ignore[arg-type]
    return plain


def usable_by_actor(session: Session, condition: Condition) -> bool:
    """Return whether the acting staff may use every fact in the condition, also those of named segments."""
    mine = engine.usable()
    return all(leaf.fact in mine for leaf in lang.leaves(engine.resolve(session, condition)))


def ensure_usable(session: Session, condition: Condition) -> None:
    """Raise Forbidden for a condition over facts that the acting staff may not see."""
    if not usable_by_actor(session, condition):
        raise Forbidden(_("这里用到你无权查看的事实，或它所属的业态没有启用。请让有权限的人处理。"))


def free_code(session: Session) -> str:
    """Return a code that no segment has had."""
    number = int(session.scalar(select(func.count()).select_from(Segment)) or 0) + 1
    while session.scalar(select(Segment.id).where(Segment.code == f"s{number}")) is not None:
        number += 1
    return f"s{number}"


def archive(session: Session, row: Segment, active: bool) -> None:
    """Put a segment away or take it back; what refers to it goes on working."""
    if row.active == active:
        return
    row.active, row.version, row.changed_at = active, row.version + 1, clock.now_ms()
    action = "segments.segment.restored" if active else "segments.segment.archived"
    audit.record(session, action, "segment", row.id, detail={"code": row.code})


def count(session: Session, condition: Condition) -> int:
    """Return how many active members a condition holds for, now."""
    found = engine.persons(session, condition).subquery()
    return int(session.scalar(select(func.count()).select_from(found)) or 0)


def recount(session: Session, row: Segment) -> int | None:
    """Count a segment's members and keep the number with its instant; None where a fact is not offered."""
    try:
        row.members = count(session, condition_of(row))
    except Invalid:
        row.members = None
    row.counted_at = clock.now_ms()
    return row.members


@dataclass(frozen=True, slots=True)
class Preview:
    """How many a condition holds for, and a few of them: (id, name as the viewer may see it)."""

    members: int
    examples: tuple[tuple[int, str], ...]


def preview(session: Session, condition: Condition, purpose: str, *, named: bool, code: str = "") -> Preview:
    """Return count and five example names, the latest visitors first; masked unless `named`."""
    checked(session, condition, purpose, code)
    found = engine.persons(session, condition)
    members = int(session.scalar(select(func.count()).select_from(found.subquery())) or 0)
    rows = session.execute(
        select(Person.id, Person.name).where(Person.id.in_(found))
        .order_by(Person.last_visit_at.desc(), Person.id.desc()).limit(EXAMPLES)
    )  # fmt: skip
    return Preview(members, tuple((row[0], row[1] if named else people.mask_name(row[1])) for row in rows))


@dataclass(frozen=True, slots=True)
class Use:
    """Something that refers to a segment: kind (segment, tag), its name and code."""

    kind: str
    name: str
    code: str


def used_by(session: Session, code: str) -> list[Use]:
    """Return the segments and tag rules that refer to a segment."""
    found = []
    mark = json.dumps(code, ensure_ascii=False)
    for row in session.scalars(select(Segment).where(Segment.tree.contains(mark, autoescape=True))):
        if _names(lang.from_text(row.tree), code):
            found.append(Use("segment", row.name, row.code))
    for tag in session.scalars(select(TagDefinition).where(TagDefinition.rule.contains(mark, autoescape=True))):
        if _names(lang.from_text(tag.rule), code):
            found.append(Use("tag", tag.tag, str(tag.id)))
    return found


def _names(condition: Condition, code: str) -> bool:
    return any(
        leaf.fact == "segment" and isinstance(leaf.value, tuple) and code in leaf.value
        for leaf in lang.leaves(condition)
    )


# -- tags ------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _defaults() -> dict[str, Any]:
    """Return the groups and tags of defaults.yaml."""
    return yaml.safe_load(DEFAULTS.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def ensure_defaults(session: Session) -> None:
    """Make the tag groups, tags and gradings that every franchise starts with (S0-13, S0-27, S1-11, S3-06)."""
    now = clock.now_ms()
    have = set(session.scalars(select(TagGroup.code)))
    session.add_all(TagGroup(**one) for one in _defaults()["groups"] if one["code"] not in have)
    have = set(session.scalars(select(TagDefinition.tag)))
    for one in _defaults()["tags"]:
        if one["tag"] not in have:
            rule = lang.to_text(lang.parse(one["rule"])) if "rule" in one else ""
            session.add(
                TagDefinition(tag=one["tag"], group_code=one["group"], note=one["note"], rule=rule, changed_at=now)
            )
    have = set(session.scalars(select(Grading.kind)))
    for kind, spec in rules.DEFAULTS.items():
        if kind not in have:
            session.add(Grading(kind=kind, spec=json.dumps(rules.dump(spec)), changed_at=now))
    session.flush()


def definition(session: Session, tag_id: int) -> TagDefinition:
    """Return a tag's definition; raise NotFound."""
    row = session.get(TagDefinition, tag_id)
    if row is None:
        raise NotFound(_("没有找到这个标签。"))
    return row


def groups(session: Session) -> list[TagGroup]:
    """Return the tag groups in their order."""
    return list(session.scalars(select(TagGroup).order_by(TagGroup.position, TagGroup.code)))


def save_tag(
    session: Session, row: TagDefinition | None, *, tag: str, group: str, note: str, condition: Condition | None,
    active: bool = True, version: int | None = None,
) -> TagDefinition:  # fmt: skip
    """Save a tag with its rule (None: by hand only) and return it.

    The tag's own text is fixed once saved: conditions and persons refer to it. Raises Invalid and Conflict.
    """
    text = people_rules.clean(tag)[:40]
    if row is None:
        if not text:
            raise Invalid.field("tag", _("请填写标签。"))
        if session.scalar(select(TagDefinition.id).where(TagDefinition.tag == text)):
            raise Conflict(_("标签“%(tag)s”已经有了。", tag=text), code="code_taken",
                           errors=[FieldError("tag", _("标签已经有了。"))])  # fmt: skip
    elif version != row.version:
        raise Conflict(_("这个标签刚被别人修改过。请核对最新内容后再保存。"), code="stale_version")
    if group and session.scalar(select(TagGroup.id).where(TagGroup.code == group)) is None:
        raise Invalid.field("group", _("没有这个标签组。"))
    if condition is not None:
        _check_rule(session, condition, row.tag if row is not None else text)
    before = None if row is None else _told(row)
    if row is None:
        row = TagDefinition(tag=text, changed_at=clock.now_ms())
        session.add(row)
    else:
        row.version += 1
    row.group_code, row.note, row.active = group, people_rules.clean(note)[:120], active
    row.rule = lang.to_text(condition) if condition is not None else ""
    row.changed_at, row.problem = clock.now_ms(), ""
    session.flush()
    audit.record(
        session, "segments.tag.saved", "tag_definition", row.id, detail={"before": before, "after": _told(row)}
    )
    return row


def _check_rule(session: Session, condition: Condition, tag: str) -> None:
    plain = checked(session, condition, "marketing")
    refuse_health(plain)
    if any(leaf.fact == "tag" and tag in leaf.value for leaf in lang.leaves(plain)):  # type: ignore[operator]
        raise Invalid.field("condition", _("标签的规则不能以这个标签自己为条件。"))


def note_names(session: Session, row: Segment) -> None:
    """Write down that the names of a segment were seen, where it asks about health (security C16)."""
    if _health_fact(engine.resolve(session, condition_of(row))) is not None:
        care_audits.note_list(session, "segment", row.id)


def _health_fact(condition: Condition) -> Fact | None:
    offered = engine.offered()
    named = [offered[leaf.fact] for leaf in lang.leaves(condition) if leaf.fact in offered]
    return next((fact for fact in named if fact.health), None)


def refuse_health(condition: Condition) -> None:
    """Raise Invalid where what follows from a condition stands on the member for everybody to see (security C16)."""
    told = _health_fact(condition)
    if told is not None:
        raise Invalid.field(
            "condition", _("标签人人看得到，不能按健康信息“%(fact)s”自动打。请改用人群。", fact=str(told.label))
        )


def _told(row: TagDefinition) -> dict[str, Any]:
    rule = json.loads(row.rule) if row.rule else None
    return {"tag": row.tag, "group": row.group_code, "note": row.note, "rule": rule, "active": row.active}


def known_tags(session: Session) -> list[str]:
    """Return the franchise's tags in use, in order: defined ones, and those the nightly job adopted."""
    # On the driver: every page of the member list asks.
    st = Statements(session, current_actor().franchise_id)
    rows = st.all(
        "SELECT tag FROM tag_definition WHERE franchise_id = ? AND active ORDER BY tag LIMIT ?",
        [st.franchise_id, MOST_TAGS],
    )
    return [str(row[0]) for row in rows]


def adopt(session: Session) -> int:
    """Define the tags that stand on persons (from lists and enrolments) and are not defined yet; return how many."""
    defined = select(TagDefinition.tag)
    loose = session.scalars(select(PersonTag.tag).where(PersonTag.tag.not_in(defined)).distinct()).all()
    session.add_all(TagDefinition(tag=tag, changed_at=clock.now_ms()) for tag in loose)
    session.flush()
    return len(loose)


def excluded_by(session: Session, tag: str, group: str) -> list[str]:
    """Return the other tags of an exclusive group; none for a group that lets several stand (S0-13)."""
    if not group or not session.scalar(select(TagGroup.exclusive).where(TagGroup.code == group)):
        return []
    return list(
        session.scalars(select(TagDefinition.tag).where(TagDefinition.group_code == group, TagDefinition.tag != tag))
    )


def put_tag(session: Session, person: Person, tag: str) -> None:
    """Put a tag on a person by hand (S0-28); of an exclusive group the others are taken off (S0-13)."""
    text = people_rules.clean(tag)[:40]
    known = session.scalar(select(TagDefinition).where(TagDefinition.tag == text))
    others = excluded_by(session, text, known.group_code if known is not None else "")
    if others:
        for row in session.scalars(
            select(PersonTag).where(PersonTag.person_id == person.id, PersonTag.tag.in_(others))
        ):
            take_tag(session, person, row.tag)
    people.add_tag(session, person, text)
    if known is None:
        session.add(TagDefinition(tag=text, changed_at=clock.now_ms()))
    audit.record(session, "people.tag.put", "person", person.id, person_id=person.id, detail={"tag": text})


def take_tag(session: Session, person: Person, tag: str) -> None:
    """Take a tag off a person; an automatic one comes back while its rule holds."""
    people.remove_tag(session, person, tag)
    audit.record(session, "people.tag.taken", "person", person.id, person_id=person.id, detail={"tag": tag})


# -- gradings --------------------------------------------------------------------------------------


def grading(session: Session, kind: str) -> Grading:
    """Return how the franchise classes its members by `kind`: grade, rfm or abc."""
    row = session.scalar(select(Grading).where(Grading.kind == kind))
    if row is None:
        ensure_defaults(session)
        row = session.scalar(select(Grading).where(Grading.kind == kind))
    if row is None:
        raise NotFound(_("没有这种分级。"))
    return row


def spec_of(session: Session, kind: str) -> Any:
    """Return the spec of `kind`, the default where the franchise has saved none; writes nothing."""
    st = Statements(session, current_actor().franchise_id)
    row = st.one("SELECT spec FROM grading WHERE franchise_id = ? AND kind = ?", [st.franchise_id, kind])
    return rules.load(kind, json.loads(row[0])) if row else rules.DEFAULTS[kind]


def save_grading(session: Session, kind: str, spec: rules.Spec, version: int) -> Grading:
    """Save how members are classed; the next run of the job applies it. Raises Invalid and Conflict."""
    row = grading(session, kind)
    if row.version != version:
        raise Conflict(_("分级刚被别人修改过。请核对最新内容后再保存。"), code="stale_version")
    rules.check(spec)
    before, after = json.loads(row.spec), rules.dump(spec)
    if json.loads(json.dumps(after)) == before:
        return row
    row.spec, row.version, row.cursor = json.dumps(after), row.version + 1, 0
    row.changed_at, row.changed_by = clock.now_ms(), current_actor().staff_id
    audit.record(
        session, "segments.grading.saved", "grading", row.id, detail={"kind": kind, "before": before, "after": after}
    )
    return row


def facts() -> dict[str, Fact]:
    """Return the facts that the acting staff may build conditions with."""
    return engine.usable()
