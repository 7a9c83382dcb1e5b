"""What happened to a record, from the audit trail: which records have a history page, and their changes in words.

An entry that changed fields keeps them as `detail["changes"] = {field: [before, after]}` (sealed with the
entry). A room offers its records where they are shown; record views do by themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect, select

from core.kernel.errors import NotFound
from core.kernel.i18n import _
from core.kernel.models import AuditEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sqlalchemy.orm import Session

Changes = dict[str, list[str]]
LONGEST = 400


@dataclass(frozen=True, slots=True)
class Recorded:
    """A kind of record with a history. `name(session, id)` raises NotFound for one that is not the actor's to see.

    `kinds` are the object kinds of its audit entries; with `of_person` every entry about that member counts.
    `back(id)` is the address of its page, `labels` the words of its fields.
    """

    kind: str
    title: Any
    permission: str
    name: Callable[[Session, int], str]
    back: Callable[[int], str]
    labels: Mapping[str, Any] = field(default_factory=dict)
    kinds: tuple[str, ...] = ()
    of_person: bool = False


_records: dict[str, Recorded] = {}
_names: list[Callable[[Session, Iterable[int]], dict[int, str]]] = []


def offer(one: Recorded) -> None:
    """Give a kind of record a history page."""
    _records[one.kind] = one


def get(kind: str) -> Recorded:
    """Return a kind of record; raise NotFound for one without a history."""
    found = _records.get(kind)
    if found is None:
        raise NotFound
    return found


def is_offered(kind: str) -> bool:
    """Return whether a kind of record has a history page."""
    return kind in _records


def name_staff(names: Callable[[Session, Iterable[int]], dict[int, str]]) -> None:
    """Say how staff are named (the org room knows)."""
    _names[:] = [names]


def staff_names(session: Session, ids: Iterable[int]) -> dict[int, str]:
    """Return the names of staff by id."""
    return _names[0](session, ids) if _names else {}


def last_change(session: Session, kinds: tuple[str, ...], object_id: int) -> tuple[str, int] | None:
    """Return who changed a record last, and when; None for one that nobody changed."""
    entry = session.scalar(
        select(AuditEntry)
        .where(AuditEntry.object_kind.in_(kinds), AuditEntry.object_id == object_id)
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )
    if entry is None:
        return None
    return staff_names(session, [entry.staff_id] if entry.staff_id else []).get(entry.staff_id or 0, ""), entry.at


# -- before and after ------------------------------------------------------------------------------


def shown(value: Any) -> str:
    """Return a field's value as people read it; nothing for an empty one."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, date):
        return value.isoformat()
    if inspect(value, raiseerr=False) is not None:
        return str(getattr(value, "name", "") or getattr(value, "id", ""))
    return str(value)[:LONGEST]


def snapshot(row: Any, names: Iterable[str]) -> dict[str, str]:
    """Return the fields of a row as they are now."""
    return {name: shown(getattr(row, name, None)) for name in names}


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> Changes:
    """Return {field: [before, after]} of what differs."""
    return {name: [before.get(name, ""), new] for name, new in after.items() if before.get(name, "") != new}
