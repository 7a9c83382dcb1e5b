"""The history of a record: its audit entries with what was there before and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.hooktypes import hook_context
from core.kernel import audit, history
from core.kernel.audit_words import words
from core.kernel.i18n import listed
from core.kernel.models import AuditEntry
from core.kernel.runtime import runtime
from core.kernel.web.formats import yuan
from core.lists.field_words import field_word, has_word, value_word

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from core.kernel.history import Recorded

ROWS = 30
# Facts about health are opened where they are kept, never here.
CLOSED = ("health.", "care.")
INNER = frozenset({"request_id", "payload_sha256", "page", "columns", "state", "query", "opens", "list"})
DOORS = frozenset({"page", "api", "task", "command", "job", "system"})


@dataclass(frozen=True, slots=True)
class Line:
    """One field of an entry: what it was and what it became; `before` is None where only one value is told."""

    label: str
    before: str | None
    after: str


@dataclass(frozen=True, slots=True)
class Event:
    """One entry: when, who, what, and its lines (None: not for this reader)."""

    id: int
    at: int
    who: str
    door: str
    what: str
    lines: list[Line] | None
    person_id: int | None


def page(session: Session, found: Recorded, object_id: int, *, opened: bool, before: int | None) -> list[Event]:
    """Return a page of a record's entries and one more, newest first; details only when `opened`."""
    query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(ROWS + 1)
    if found.of_person:
        query = query.where(AuditEntry.person_id == object_id)
    else:
        query = query.where(AuditEntry.object_kind.in_(found.kinds), AuditEntry.object_id == object_id)
    if before:
        query = query.where(AuditEntry.id < before)
    entries = list(session.scalars(query))
    names = history.staff_names(session, {entry.staff_id for entry in entries if entry.staff_id})
    return [_event(entry, found, names, opened) for entry in entries]


def _event(entry: AuditEntry, found: Recorded, names: Mapping[int, str], opened: bool) -> Event:
    closed = not opened or entry.action.startswith(CLOSED)
    detail = audit.detail_of(entry) if opened else {}
    what = _what(entry, detail)
    if entry.action.split(".")[0] in runtime().host.plugins:
        detail = {name: value for name, value in detail.items() if has_word(name, found.labels)}
    lines = None if closed and entry.detail_sealed is not None else told(detail, found.labels)
    return Event(entry.id, entry.at, names.get(entry.staff_id or 0, ""), entry.door, what, lines, entry.person_id)


def _what(entry: AuditEntry, detail: Mapping[str, Any]) -> str:
    """Return what was done: a plugin's act in its own words, also while the plugin is off."""
    host = runtime().host
    if entry.action.split(".")[0] in host.plugins:
        said = host.first(
            "describe_audit", hook_context(), action=entry.action, object_kind=entry.object_kind, detail=detail
        )
        if said:
            return str(said)
    return words.label(entry.action)


def told(detail: Mapping[str, Any], labels: Mapping[str, Any]) -> list[Line]:
    """Return an entry's detail in words: changed fields with both values, then what else was written down."""
    lines = []
    changed = detail.get("changes") or detail.get("changed")
    if isinstance(changed, dict):
        for name, pair in changed.items():
            if isinstance(pair, list) and len(pair) == 2:
                lines.append(Line(field_word(name, labels), _text(pair[0]), _text(pair[1])))
    before, after = detail.get("before"), detail.get("after")
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted({*before, *after} - INNER):
            if before.get(name) != after.get(name):
                lines.append(Line(field_word(name, labels), _text(before.get(name)), _text(after.get(name))))
    elif "before" in detail or "after" in detail:
        lines.append(Line(field_word("after", labels), _text(before), _text(after)))
    skipped = {"changes", "changed", "before", "after", *INNER} | ({"fields"} if isinstance(changed, dict) else set())
    lines += [
        Line(field_word(name, labels), None, yuan(value) if _is_fen(name, value) else _text(value))
        for name, value in detail.items()
        if name not in skipped
    ]
    return lines


def _is_fen(name: str, value: Any) -> bool:
    return name.endswith("_fen") and isinstance(value, int)


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return listed(_text(one) for one in value)
    if isinstance(value, dict):
        return listed(f"{key} {_text(one)}" for key, one in value.items())
    return value_word(history.shown(value))
