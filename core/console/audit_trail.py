"""The audit trail for people who read it: an entry in words, what changed, and whether the chain is whole.

The detail of an entry is sealed. It is opened by permission, and opening it is an entry of its own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.console.models import AuditCheck
from core.console.verification import read_anchor
from core.hooktypes import hook_context
from core.kernel import audit, clock
from core.kernel.audit_words import words
from core.kernel.errors import NotFound
from core.kernel.i18n import _, _l
from core.kernel.models import AuditBlock, AuditEntry, AuditLink
from core.kernel.runtime import runtime
from core.kernel.tenancy import current_actor
from core.kernel.web.formats import yuan
from core.lists.field_words import field_word

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from core.kernel.db import Database

RECENT_BLOCKS = 20
UNSEALED_CAP = 5000

DOORS: dict[str, Any] = {
    "page": _l("网页"), "web": _l("网页"), "api": _l("接口"), "command": _l("命令行"), "job": _l("定时任务"),
    "system": _l("系统"), "demo": _l("演示"),
}  # fmt: skip
PROBLEMS: dict[str, Any] = {
    "missing": _l("第 %(block)d 个区块不见了"), "count": _l("第 %(block)d 个区块里的记录数不对"),
    "altered": _l("第 %(block)d 个区块被改动过"),
}  # fmt: skip
_SECRET = frozenset({"payload_sha256"})


@dataclass(frozen=True, slots=True)
class Change:
    """A field that changed, in words: what it is called, before and after."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Told:
    """The detail of an entry in words: a plugin's sentence (or none), what changed, and the rest as label and value."""

    sentence: str
    changes: tuple[Change, ...]
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """How the trail stands: sealed blocks and entries, when last, what is not sealed yet, the last walk, the anchor.

    `anchor`: none, ok, behind (blocks were sealed since), broken, or syslog (kept elsewhere).
    """

    blocks: int
    sealed_at: int | None
    waiting: int
    last: AuditCheck | None
    anchor: str


def entry(session: Session, entry_id: int) -> AuditEntry:
    """Return an entry of the acting franchise; raise NotFound."""
    row = session.get(AuditEntry, entry_id)
    if row is None:
        raise NotFound(_("没有这条日志。"))
    return row


def block_of(session: Session, row: AuditEntry) -> int | None:
    """Return the number of the block that sealed an entry, or None while it waits."""
    return session.scalar(select(AuditLink.block).where(AuditLink.id == row.id))


def open_detail(session: Session, row: AuditEntry) -> Told:
    """Return the sealed detail of an entry in words, after writing down that it was opened (security C24)."""
    audit.record(
        session, "console.audit.opened", "audit_entry", row.id, person_id=row.person_id, detail={"action": row.action}
    )
    session.flush()
    return told(session, row, audit.detail_of(row))


def told(session: Session, row: AuditEntry, detail: Mapping[str, Any]) -> Told:
    """Return a detail in words."""
    changes, rest = split(detail)
    return Told(_sentence(session, row, detail), tuple(changes), tuple(rest))


def _sentence(session: Session, row: AuditEntry, detail: Mapping[str, Any]) -> str:
    """Return a plugin's own sentence for an action that no room names."""
    host = runtime().host
    if row.action in words or host is None:
        return ""
    found = host.first(
        "describe_audit", hook_context(session), action=row.action, object_kind=row.object_kind, detail=dict(detail)
    )
    return str(found) if found else ""


def split(detail: Mapping[str, Any]) -> tuple[list[Change], list[tuple[str, str]]]:
    """Return (changes, the rest as label and value) of a detail, whichever way the room wrote it down.

    Rooms write `before` and `after` (values or mappings of fields), `<x>_before` pairs such as before_fen and
    after_fen, `from` with `to`, or `changed` as {field: [before, after]}.
    """
    rest = dict(detail)
    changes: list[Change] = []
    for low, high in (("before", "after"), ("before_fen", "after_fen"), ("from", "to")):
        if low in rest and high in rest:
            changes += _pair(low, rest.pop(low), rest.pop(high))
    moved = rest.get("changed")
    if isinstance(moved, dict) and all(isinstance(v, list) and len(v) == 2 for v in moved.values()):
        changes += [Change(label_of(k), said(k, v[0]), said(k, v[1])) for k, v in rest.pop("changed").items()]
    return changes, [(label_of(k), said(k, v)) for k, v in rest.items() if k not in _SECRET]


def _pair(name: str, before: Any, after: Any) -> list[Change]:
    if isinstance(before, dict) or isinstance(after, dict):
        low, high = before if isinstance(before, dict) else {}, after if isinstance(after, dict) else {}
        keys = [key for key in {**low, **high} if low.get(key) != high.get(key)]
        return [Change(label_of(key), said(key, low.get(key)), said(key, high.get(key))) for key in keys]
    return [Change(_("取值"), said(name, before), said(name, after))]


def label_of(key: str) -> str:
    """Return what a field of a detail is called, or its key."""
    return field_word(key, {})


def said(key: str, value: Any) -> str:
    """Return a value of a detail as it is read: money as yuan, yes and no, lists joined, nothing as a dash."""
    if value is None or value in ("", [], {}):
        return "—"
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, int) and key.endswith("_fen"):
        return yuan(value)
    if isinstance(value, list) and all(not isinstance(one, (dict, list)) for one in value):
        return _("、").join(str(one) for one in value)
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)[:400]
    return str(value)


# -- the chain -------------------------------------------------------------------------------------


def chain(session: Session) -> Chain:
    """Return how the acting franchise's trail stands, without walking it."""
    last = audit.last_block(session)
    return Chain(
        last.number if last else 0, last.sealed_at if last else None, audit.unsealed(session, UNSEALED_CAP),
        last_check(session),
        _anchor(session, last),
    )  # fmt: skip


def last_check(session: Session) -> AuditCheck | None:
    """Return how the newest walk over the chain ended, or None before the first."""
    return session.scalar(select(AuditCheck).order_by(AuditCheck.id.desc()).limit(1))


def _anchor(session: Session, last: AuditBlock | None) -> str:
    where = runtime().environment.audit_anchor
    if not where:
        return "none"
    if where.startswith("syslog:"):
        return "syslog"
    heads = read_anchor(Path(where)).get(current_actor().franchise_id, {})
    if any(audit.check_anchor(session, dict(sorted(heads.items())[-RECENT_BLOCKS:]))):
        return "broken"
    return "behind" if last is not None and last.number not in heads else "ok"


def check(db: Database, *, whole: bool) -> audit.Walk:
    """Walk the chain (the newest twenty blocks, or all of it), keep how it was found and return that.

    The walk only reads: a till that writes meanwhile does not wait for it.
    """
    with db.unit("read") as session:
        found = audit.walk(session, None if whole else RECENT_BLOCKS)
    with db.unit("write") as session:
        row = AuditCheck(
            checked_at=clock.now_ms(), whole=whole, from_block=found.from_block, blocks=found.blocks,
            entries=found.entries, problem=found.problem, block=found.block, entry_id=found.first_id or None,
        )  # fmt: skip
        session.add(row)
        session.flush()
        audit.record(
            session, "console.audit.checked", "audit_check", row.id,
            detail={"blocks": found.blocks, "entries": found.entries, "problem": found.problem},
        )  # fmt: skip
    return found


def problem_words(row: AuditCheck) -> str:
    """Return what a walk found, as a sentence; empty when all was well."""
    return str(PROBLEMS[row.problem]) % {"block": row.block} if row.problem in PROBLEMS else ""
