"""What the columns of a list mean: fields, headings, value maps. Pure.

A kind of list has a `Vocabulary`; the one of members stands here. Cleaning of a member's row is in cleaning.py,
what becomes of it in outcomes.py; the other kinds are in kinds/.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.imports import words
from core.kernel.errors import FieldError, Invalid
from core.kernel.i18n import _, _l, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

NONE = ""  # a value that a value map sends to nothing: it is left out, not refused


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a record that a column may fill."""

    key: str
    label: Any


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a kind of list may say: its fields, those a list must have, and its headings (squeezed) by field."""

    fields: tuple[Field, ...]
    required: tuple[str, ...]
    known: Mapping[str, str]

    def labels(self) -> dict[str, str]:
        """Return what the fields are called, by key."""
        return {one.key: str(one.label) for one in self.fields}


FIELDS = tuple(
    Field(key, label)
    for key, label in (
        ("name", _l("姓名")), ("phone", _l("手机")), ("gender", _l("性别")), ("birth", _l("出生日期")),
        ("calendar", _l("公历／农历")), ("tier", _l("会员级别")), ("card", _l("卡号")), ("guardian", _l("监护人手机")),
        ("referrer", _l("推荐人")), ("occupation", _l("职业")), ("company", _l("单位")), ("address", _l("地址")),
        ("email", _l("邮箱")), ("tags", _l("标签")), ("source", _l("来源")), ("note", _l("备注")),
    )
)  # fmt: skip
BY_KEY = {one.key: one for one in FIELDS}
REQUIRED = ("name",)


def squeezed(text: str) -> str:
    """Return a heading or value as it is compared: half-width, lower case, without spaces and marks."""
    plain = unicodedata.normalize("NFKC", text).lower()
    return re.sub(r"[\s*:：_()（）【】\[\]]+", "", plain)


def _by_word(table: Mapping[str, Iterable[str]]) -> dict[str, str]:
    return {squeezed(word): key for key, words in table.items() for word in words}


_KNOWN = _by_word(words.HEADINGS) | _by_word(words.TRADITIONAL)
GENDERS, CALENDARS = _by_word(words.GENDERS), _by_word(words.CALENDARS)
PEOPLE = Vocabulary(FIELDS, REQUIRED, _KNOWN)


def vocabulary(fields: Iterable[Field], required: tuple[str, ...], headings: Mapping[str, Iterable[str]]) -> Vocabulary:
    """Return a vocabulary; a field's own label and key always name it, `headings` are its other names."""
    fields = tuple(fields)
    own = {word: one.key for one in fields for word in (squeezed(str(one.label)), squeezed(one.key))}
    return Vocabulary(fields, required, _by_word(headings) | own)


def field_of(heading: str, of: Vocabulary = PEOPLE) -> str | None:
    """Return the field that a heading names, or None; what stands in brackets may be left out."""
    for text in (heading, re.sub(r"[(（【\[].*?[)）】\]]", "", heading)):
        found = of.known.get(squeezed(text))
        if found:
            return found
    return None


def heading_row(rows: Sequence[Sequence[str]], of: Vocabulary = PEOPLE) -> int:
    """Return which of the first rows holds the headings: the one that names most fields, else the first."""
    named = [len({field_of(cell, of) for cell in row} - {None}) for row in rows]
    best = max(named, default=0)
    return named.index(best) if best >= 2 else 0


def has_headings(row: Sequence[str], of: Vocabulary = PEOPLE) -> bool:
    """Return whether a row holds headings and not already a person: no phone, address of mail or long number."""
    if any(field_of(cell, of) for cell in row):
        return True
    return not any("@" in cell or re.search(r"\d{5}", unicodedata.normalize("NFKC", cell)) for cell in row)


def unique_headings(cells: Iterable[str]) -> tuple[str, ...]:
    """Return the headings, at most 60 characters each; an empty or repeated one says its column."""
    found: list[str] = []
    for number, cell in enumerate(cells, 1):
        text = re.sub(r"\s+", " ", re.sub(r"[\x00-\x1f\x7f]", "", cell)).strip()[:60]
        if not text:
            text = _("第 %(n)d 列", n=number)
        elif text in found:
            text = _("%(heading)s（第 %(n)d 列）", heading=text, n=number)
        found.append(text)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Which column fills which field, and what the values of tier, gender and calendar mean.

    `columns` maps a field's key to a heading; the value maps hold squeezed words.
    """

    columns: dict[str, str] = field(default_factory=dict)
    tiers: dict[str, str] = field(default_factory=dict)
    genders: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the mapping as it is stored and exchanged."""
        return {"columns": dict(self.columns), "tiers": dict(self.tiers), "genders": dict(self.genders)}


def guess(headings: Sequence[str], preset: Mapping[str, Any] | None = None, of: Vocabulary = PEOPLE) -> ColumnMap:
    """Return the mapping that the headings suggest; the franchise's kept one goes first.

    What was kept of a field that is offered no more (a plugin that is off) is passed over.
    """
    fields = of.labels()
    plain = dict(preset or {})
    if isinstance(plain.get("columns"), dict):
        plain["columns"] = {key: heading for key, heading in plain["columns"].items() if key in fields}
    kept = read_mapping(plain, of)
    columns = {key: heading for key, heading in kept.columns.items() if heading in headings}
    for heading in headings:
        key = field_of(heading, of)
        if key and key not in columns and heading not in columns.values():
            columns[key] = heading
    return ColumnMap(columns, kept.tiers, kept.genders)


def read_mapping(plain: Mapping[str, Any], of: Vocabulary = PEOPLE) -> ColumnMap:
    """Return a mapping from its plain form; raise Invalid for another form or an unknown field."""
    columns, tiers, genders = (plain.get(key) or {} for key in ("columns", "tiers", "genders"))
    if not all(isinstance(part, dict) for part in (columns, tiers, genders)):
        raise Invalid.field("mapping", _("映射文件应含 columns，可选 tiers 与 genders，都是“名称: 值”的列表。"))
    fields = of.labels()
    unknown = [str(key) for key in columns if key not in fields]
    if unknown:
        raise Invalid.field(
            "columns", _("没有名为“%(key)s”的字段。可用：%(all)s。", key=unknown[0], all=listed(fields))
        )
    return ColumnMap(
        {str(key): str(heading) for key, heading in columns.items() if heading},
        {squeezed(str(word)): str(code) for word, code in tiers.items()},
        {squeezed(str(word)): str(code) for word, code in genders.items()},
    )


def check_mapping(
    mapping: ColumnMap, headings: Sequence[str], tiers: Iterable[str] = (), of: Vocabulary = PEOPLE
) -> None:
    """Raise Invalid naming every field at fault: no name column, a column used twice or not in the file."""
    errors = []
    taken: dict[str, str] = {}
    labels = of.labels()
    for key, heading in mapping.columns.items():
        label = labels[key]
        if heading not in headings:
            errors.append(
                FieldError(
                    f"column.{key}",
                    _("文件里没有“%(heading)s”这一列，请为“%(field)s”另选一列。", heading=heading, field=label),
                )
            )
        elif heading in taken:
            errors.append(
                FieldError(
                    f"column.{key}",
                    _(
                        "“%(heading)s”这一列已用于“%(field)s”，一列只能对应一个字段。",
                        heading=heading,
                        field=taken[heading],
                    ),
                )
            )
        taken.setdefault(heading, label)
    errors += [
        FieldError(f"column.{key}", _("请指定哪一列是“%(field)s”。", field=labels[key]))
        for key in of.required if key not in mapping.columns
    ]  # fmt: skip
    known = set(tiers)
    errors += [
        FieldError(f"tier.{word}", _("会员方案里没有代码为“%(code)s”的等级。", code=code))
        for word, code in mapping.tiers.items() if code and code not in known
    ]  # fmt: skip
    errors += [
        FieldError(f"gender.{word}", _("性别只能对应 female、male 或 unknown。"))
        for word, code in mapping.genders.items() if code not in {NONE, "female", "male", "unknown"}
    ]  # fmt: skip
    if errors:
        raise Invalid(_("列映射还有 %(n)d 处要改。", n=len(errors)), errors=errors)


def tier_of(word: str, tiers: Sequence[tuple[str, str]], own: Mapping[str, str]) -> str | None:
    """Return the code of the tier that a cell's word means, NONE for nothing, None when it is unknown.

    `tiers` are (code, name), the base tier first; `own` is the mapping's value map.
    """
    plain = squeezed(word)
    if not plain:
        return NONE
    if plain in own:
        return own[plain]
    for code, name in tiers:
        if plain in {squeezed(code), squeezed(name), squeezed(name).removesuffix("会员")}:
            return code
    for code, _name in tiers:
        if plain in {squeezed(one) for one in words.TIERS.get(code, ())}:
            return code
    return tiers[0][0] if tiers and plain in {squeezed(one) for one in words.BASE_TIER} else None
