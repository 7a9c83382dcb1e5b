"""What a visit record may hold, what its signature covers, and how two revisions differ. Pure.

A record is plain data: {"on": "2026-11-22", "kind": …, "practitioner": "id", "store": "id", "order": "id"|null,
"note": text, "parts": {key: {"schema": n, "fields": {name: value}}}}. A part belongs to core (`care`) or to a plugin.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.kernel.i18n import _, _l

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CORE = "care"
SCHEMA = 1
KINDS: dict[str, Any] = {
    "first": _l("初诊"), "return": _l("复诊"), "treatment": _l("治疗"), "check": _l("检查"), "follow": _l("回访"),
    "other": _l("其他"),
}  # fmt: skip
# The fields of core's own part, in the order in which a record is read.
FIELDS: dict[str, Any] = {
    "complaint": _l("主诉"), "history": _l("现病史和既往史"), "exam": _l("检查所见"), "assessment": _l("诊断或评估"),
    "treatment": _l("处置"), "advice": _l("医嘱和复诊安排"),
}  # fmt: skip
DRAFT, SIGNED, VOID, DROPPED = "draft", "signed", "void", "dropped"
STATES: dict[str, Any] = {DRAFT: _l("草稿"), SIGNED: _l("已签名"), VOID: _l("已作废"), DROPPED: _l("已放弃")}
LONGEST = 10_000  # characters of one field
MOST = 200_000  # bytes of a whole record


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a record as people read it: of which part, its label, its text."""

    part: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """A line that two revisions do not share: `before` and `after` are its text, empty where it is absent."""

    part: str
    label: str
    before: str
    after: str


def blank(on: str, kind: str, practitioner: int, store: int, order: int | None = None) -> dict[str, Any]:
    """Return a record in which nothing is written yet."""
    return {
        "on": on, "kind": kind, "practitioner": str(practitioner), "store": str(store),
        "order": str(order) if order else None, "note": "", "parts": {},
    }  # fmt: skip


def canonical(content: Mapping[str, Any]) -> str:
    """Return a record as the one text that is sealed and signed."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def signed_text(header: Mapping[str, Any], content: Mapping[str, Any], previous: bytes) -> bytes:
    """Return the bytes that a revision's mac covers: the mac before it, its header, its content."""
    return b"\n".join((previous.hex().encode(), canonical(header).encode(), canonical(content).encode()))


def is_empty(content: Mapping[str, Any]) -> bool:
    """Return whether nothing was written into a record."""
    return not (content.get("note") or any(_has(part) for part in content["parts"].values()))


def _has(part: Mapping[str, Any]) -> bool:
    return any(value not in ("", None, [], {}) for value in part.get("fields", {}).values())


def problem_of(content: Mapping[str, Any]) -> str | None:
    """Return which limit a record breaks, in words, or None."""
    if content["kind"] not in KINDS:
        return _("没有“%(kind)s”这种就诊类型。", kind=str(content["kind"])[:20])
    for text in _texts([content["note"], content["parts"]]):
        if len(text) > LONGEST:
            return _("有一栏超过 %(n)d 字。请精简，或分几次记录。", n=LONGEST)
    if len(canonical(content).encode()) > MOST:
        return _("这份记录太大了。请把图片作为附件上传，不要贴进文字里。")
    return None


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for inner in value.values() for text in _texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in _texts(inner)]
    return []


def lines(
    content: Mapping[str, Any], words: Mapping[str, Callable[[dict[str, Any]], list[tuple[str, str]]]],
    titles: Mapping[str, str],
) -> list[Line]:  # fmt: skip
    """Return a record as lines: core's fields first, then each part in its own words, the note last.

    `words` and `titles` say how a plugin's part reads; a part without words is told field by field.
    """
    core = content["parts"].get(CORE, {}).get("fields", {})
    found = [Line(CORE, str(label), str(core[name])) for name, label in FIELDS.items() if core.get(name)]
    for key in sorted(set(content["parts"]) - {CORE}):
        fields = content["parts"][key].get("fields", {})
        said = words[key](fields) if key in words else [(name, _plain(fields[name])) for name in sorted(fields)]
        found += [Line(titles.get(key, key), label, text) for label, text in said if text]
    if content.get("note"):
        found.append(Line(CORE, _("备注"), content["note"]))
    return found


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def difference(before: list[Line], after: list[Line]) -> list[Change]:
    """Return the lines that differ, in the order of the newer revision, then what was taken out.

    Lines of one label in one part are compared by their turn; every difference shows, none is made up.
    """
    old, new = _numbered(before), _numbered(after)
    changed = [
        Change(key[0], key[1], old.get(key, ""), text) for key, text in new.items() if old.get(key, "") != text
    ]  # fmt: skip
    gone = [Change(key[0], key[1], text, "") for key, text in old.items() if key not in new]
    return changed + gone


def _numbered(found: list[Line]) -> dict[tuple[str, str, int], str]:
    seen: dict[tuple[str, str], int] = {}
    result = {}
    for line in found:
        turn = seen.get((line.part, line.label), 0)
        seen[(line.part, line.label)] = turn + 1
        result[(line.part, line.label, turn)] = line.text
    return result
