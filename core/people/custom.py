"""Fields that a franchise adds to its persons: definitions, values, and what is typed into them (S3-03)."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.kernel import audit
from core.kernel.errors import Conflict, FieldError, Invalid
from core.kernel.i18n import _, _l
from core.people.models import Person, PersonField, PersonValue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

KINDS: dict[str, Any] = {
    "text": _l("文字"), "number": _l("数字"), "date": _l("日期"), "choice": _l("单选"), "yes_no": _l("是或否"),
}  # fmt: skip
KEY = re.compile(r"[a-z][a-z0-9_]{0,38}")
PREFIX = "cf_"
MOST, CHOICES, LONGEST = 30, 30, 40
ASKED = ("choice", "yes_no")


@dataclass(frozen=True, slots=True)
class Shown:
    """A field of a person's: its definition, the name of its input, and its value as text."""

    field: PersonField
    value: str

    @property
    def name(self) -> str:
        """Return the name of the input."""
        return PREFIX + self.field.key

    @property
    def options(self) -> list[tuple[str, str]]:
        """Return the choices, and a value that is none any more."""
        known = choices_of(self.field.choices)
        return [(one, one) for one in dict.fromkeys([*known, *([self.value] if self.value else [])])]

    @property
    def words(self) -> str:
        """Return the value as people read it."""
        if self.field.kind == "yes_no":
            return {"1": _("是"), "0": _("否")}.get(self.value, "")
        return self.value


def choices_of(text: str) -> list[str]:
    """Return the choices of a field, a line each."""
    return list(dict.fromkeys(one.strip() for one in text.splitlines() if one.strip()))


# -- definitions -----------------------------------------------------------------------------------


def fields(session: Session, *, protected: bool) -> Sequence[PersonField]:
    """Return the fields in use, in order; `protected` with those that need people.protected.view."""
    query = select(PersonField).where(PersonField.active.is_(True))
    if not protected:
        query = query.where(PersonField.protected.is_(False))
    return session.scalars(query.order_by(PersonField.position, PersonField.id).limit(MOST)).all()


def check_definition(session: Session, values: Mapping[str, Any], row: PersonField | None) -> None:
    """Raise Invalid or Conflict for a definition that cannot be; what was filled in keeps its meaning."""
    errors = []
    if not KEY.fullmatch(values["key"] or ""):
        errors.append(FieldError("key", _("代号用小写字母开头，由小写字母、数字和下划线组成，最多 39 位。")))
    if not (values["label"] or "").strip():
        errors.append(FieldError("label", _("请填写名称。")))
    if values["kind"] not in KINDS:
        errors.append(FieldError("kind", _("请从列出的类型里选。")))
    options = choices_of(values["choices"] or "")
    if values["kind"] == "choice" and not 2 <= len(options) <= CHOICES:
        errors.append(FieldError("choices", _("单选要有 2 到 %(n)d 个选项，一行一个。", n=CHOICES)))
    if any(len(one) > LONGEST for one in options):
        errors.append(FieldError("choices", _("每个选项最多 %(n)d 个字。", n=LONGEST)))
    if row is not None and (row.key, row.kind, row.sealed) != (values["key"], values["kind"], values["sealed"]):
        errors.append(FieldError("kind", _("代号、类型和是否加密建好后不能改；请停用它，另建一个。")))
    if errors:
        raise Invalid(_("有 %(n)d 处需要修改。", n=len(errors)), errors=errors)
    taken = session.scalar(select(PersonField.id).where(PersonField.key == values["key"]))
    if taken is not None and (row is None or taken != row.id):
        message = _("代号 %(key)s 已经用过了。", key=values["key"])
        raise Conflict(message, code="code_taken", errors=[FieldError("key", message)])


# -- values ----------------------------------------------------------------------------------------


def shown(session: Session, person_id: int | None, *, protected: bool) -> list[Shown]:
    """Return the fields that may be seen, with a person's values; None for somebody new."""
    have = {row.person_field_id: row for row in _rows(session, person_id)} if person_id else {}
    return [Shown(one, _text(have.get(one.id))) for one in fields(session, protected=protected)]


def _rows(session: Session, person_id: int) -> Sequence[PersonValue]:
    return session.scalars(select(PersonValue).where(PersonValue.person_id == person_id)).all()


def _text(row: PersonValue | None) -> str:
    return (row.text or row.value) if row is not None else ""


def read(session: Session, form: Mapping[str, str], *, protected: bool) -> dict[int, str]:
    """Return what was typed into the fields, by field id; raise Invalid naming every fault."""
    errors, found = [], {}
    for one in fields(session, protected=protected):
        name = PREFIX + one.key
        if name not in form:
            continue
        text = form[name].strip()
        problem = _problem(one, text)
        if problem:
            errors.append(FieldError(name, problem))
        found[one.id] = text
    if errors:
        raise Invalid(_("有 %(n)d 处需要修改。", n=len(errors)), errors=errors)
    return found


def _problem(field: PersonField, text: str) -> str:
    if not text:
        return _("请填写“%(label)s”。", label=field.label) if field.required else ""
    if len(text) > 200:
        return _("最多 %(n)d 个字。", n=200)
    if field.kind == "number" and not (re.fullmatch(r"-?\d{1,12}", text) and text.isascii()):
        return _("“%(label)s”须填写整数。", label=field.label)
    if field.kind == "date":
        return "" if _is_day(text) else _("请按 1990-05-02 的样子填写。")
    if field.kind == "choice" and text not in choices_of(field.choices):
        return _("“%(label)s”没有选项 %(value)s。", label=field.label, value=text[:40])
    if field.kind == "yes_no" and text not in ("0", "1"):
        return _("“%(label)s”只能是“是”或“否”。", label=field.label)
    return ""


def _is_day(text: str) -> bool:
    try:
        return bool(dt.date.fromisoformat(text))
    except ValueError:
        return False


def take(session: Session, values: Mapping[str, str], path: str = "own_fields") -> dict[int, str]:
    """Return values given by key, by field id; protected fields are unknown here. Raises Invalid naming every fault."""
    known = {one.key for one in fields(session, protected=False)}
    errors = [
        FieldError(f"{path}.{key}", _("没有“%(key)s”这项自定义资料。", key=key[:40]))
        for key in values if key not in known
    ]  # fmt: skip
    found: dict[int, str] = {}
    try:
        found = read(session, {PREFIX + key: text for key, text in values.items()}, protected=False)
    except Invalid as problem:
        errors += [FieldError(one.field.replace(PREFIX, f"{path}.", 1), one.message) for one in problem.errors]
    if errors:
        raise Invalid(_("有 %(n)d 处需要修改。", n=len(errors)), errors=errors)
    return found


def save(session: Session, person: Person, values: Mapping[int, str]) -> list[str]:
    """Keep what was typed; return the keys of the fields that changed. An empty value takes it away."""
    if not values:
        return []
    defined = {row.id: row for row in session.scalars(select(PersonField).where(PersonField.id.in_(values)))}
    have = {row.person_field_id: row for row in _rows(session, person.id)}
    changed = []
    for field_id, text in values.items():
        field, row = defined[field_id], have.get(field_id)
        if text == _text(row):
            continue
        changed.append(field.key)
        if not text:
            session.delete(row)
            continue
        if row is None:
            row = PersonValue(person_id=person.id, person_field_id=field.id)
            session.add(row)
        row.value, row.text = ("", text) if field.sealed else (text, None)
        row.code = f"{field.key}:{text}" if field.kind in ASKED and not field.sealed else ""
    if changed:
        session.flush()
        audit.record(
            session, "people.person.changed", "person", person.id, person_id=person.id,
            detail={"fields": sorted(f"custom.{key}" for key in changed)},
        )  # fmt: skip
    return changed


def fact_choices(session: Session) -> list[tuple[str, str]]:
    """Return what conditions may ask of own fields: (field:choice, words) of choices and yes-no questions."""
    found = []
    for one in fields(session, protected=False):
        if one.sealed or one.kind not in ASKED:
            continue
        known = [(word, word) for word in choices_of(one.choices)]
        options = known if one.kind == "choice" else [("1", _("是")), ("0", _("否"))]
        found += [
            (f"{one.key}:{code}", _("%(field)s：%(value)s", field=one.label, value=word)) for code, word in options
        ]
    return found
