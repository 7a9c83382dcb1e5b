"""Verbs of the programme: publish a document, read the one in force."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.kernel import audit, clock
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import _
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.programme import facts, referral_depth
from core.programme.checks import member_conditions
from core.programme.models import ProgrammeVersion
from core.programme.rules import Programme, document_hash, dump, dump_yaml, parse, parse_yaml
from core.programme.sections import SECTIONS, split

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


_KEPT = 256
_parsed: dict[tuple[str, int], Programme] = {}


def _programme(session: Session, sha256: str, number: int) -> Programme:
    """Return a published document, read and parsed once per process: it never changes."""
    found = _parsed.get((sha256, number))
    if found is None:
        text = session.scalar(select(ProgrammeVersion.document).where(ProgrammeVersion.number == number))
        found = replace(parse(json.loads(str(text))), version=number)
        if len(_parsed) >= _KEPT:
            _parsed.clear()
        _parsed[(sha256, number)] = found
    return found


def version_in_force(session: Session, at: int | None = None) -> ProgrammeVersion:
    """Return the newest version effective at the instant `at` (default: now); raise NotFound."""
    moment = clock.now_ms() if at is None else at
    row = session.scalar(
        select(ProgrammeVersion)
        .where(ProgrammeVersion.effective_at <= moment)
        .order_by(ProgrammeVersion.effective_at.desc(), ProgrammeVersion.number.desc())
        .limit(1)
    )
    if row is None:
        raise _nothing_published()
    return row


def in_force(session: Session, at: int | None = None) -> Programme:
    """Return the programme in force at the instant `at` (default: now)."""
    # On the driver: every page and every sale asks, and the ORM's part of it would cost four times the query.
    st = Statements(session, current_actor().franchise_id)
    row = st.one(
        "SELECT sha256, number FROM programme_version WHERE franchise_id = ? AND effective_at <= ?"
        " ORDER BY effective_at DESC, number DESC LIMIT 1",
        [st.franchise_id, clock.now_ms() if at is None else at],
    )
    if row is None:
        raise _nothing_published()
    return _programme(session, row[0], row[1])


def numbered(session: Session, number: int) -> Programme:
    """Return the published version `number`; raise NotFound."""
    sha256 = session.scalar(select(ProgrammeVersion.sha256).where(ProgrammeVersion.number == number))
    if sha256 is None:
        raise NotFound(_("没有第 %(n)d 版会员方案。", n=number))
    return _programme(session, sha256, number)


def _nothing_published() -> NotFound:
    return NotFound(_("还没有发布会员方案。请先选择一个业态预设并发布。"), code="no_programme")


def newest(session: Session) -> ProgrammeVersion | None:
    """Return the version published last, in force or waiting for its day; None before the first."""
    return session.scalar(select(ProgrammeVersion).order_by(ProgrammeVersion.number.desc()).limit(1))


def versions(session: Session, limit: int = 50) -> list[ProgrammeVersion]:
    """Return the published versions, newest first."""
    return list(session.scalars(select(ProgrammeVersion).order_by(ProgrammeVersion.number.desc()).limit(limit)))


def publish(session: Session, programme: Programme, effective_at: int | None = None) -> ProgrammeVersion:
    """Publish a checked document as the next version, effective at an instant (default: now).

    A document equal to the newest version is not published again: that version is returned. Raises Invalid for
    a condition on a fact that is not offered or may not price, Refusal `depth_not_acknowledged` for a second level of
    referral that no owner has answered for.
    """
    last = newest(session)
    _judge(programme)
    referral_depth.check(session, programme)
    sha256 = document_hash(programme)
    if last is not None and last.sha256 == sha256 and effective_at is None:
        return last
    if effective_at is None:
        # The first programme holds from the beginning: a visit rung up late must find one.
        effective_at = clock.now_ms() if last else 0
    row = ProgrammeVersion(
        number=last.number + 1 if last else 1,
        key=programme.key,
        document=json.dumps(dump(programme), ensure_ascii=False, sort_keys=True),
        sha256=sha256,
        effective_at=effective_at,
        published_at=clock.now_ms(),
        published_by=current_actor().staff_id,
    )
    session.add(row)
    session.flush()
    audit.record(
        session, "programme.version.published", "programme_version", row.id,
        detail={"number": row.number, "key": row.key, "sha256": sha256},
    )  # fmt: skip
    return row


def _judge(programme: Programme) -> None:
    errors = [
        error
        for path, _code, condition in member_conditions(programme)
        for error in facts.problems(condition, facts.offered(), "price", path)
    ]
    if errors:
        raise Invalid(_("会员条件有 %(n)d 处需要修改。", n=len(errors)), errors=errors)


def export_yaml(session: Session) -> str:
    """Return the programme in force as YAML (contract.md section 5)."""
    return dump_yaml(in_force(session))


def import_yaml(session: Session, text: str, effective_at: int | None = None) -> ProgrammeVersion:
    """Publish the programme written in YAML; raise Invalid naming every path at fault."""
    return publish(session, parse_yaml(text), effective_at)


def differences(old: Any, new: Any, path: str = "") -> list[tuple[str, Any, Any]]:
    """Return (path, old, new) for every leaf that differs between two dumped documents."""
    if isinstance(old, dict) and isinstance(new, dict):
        found = []
        for key in sorted(set(old) | set(new), key=str):
            found += differences(old.get(key), new.get(key), f"{path}.{key}" if path else str(key))
        return found
    if isinstance(old, list) and isinstance(new, list):
        found = []
        for n in range(max(len(old), len(new))):
            found += differences(old[n] if n < len(old) else None, new[n] if n < len(new) else None, f"{path}[{n}]")
        return found
    return [] if old == new else [(path, old, new)]


@dataclass(frozen=True, slots=True)
class Change:
    """An entry that two documents do not share: `kind` is added, removed, changed or moved."""

    kind: str
    section: str
    code: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None

    @property
    def leaves(self) -> list[tuple[str, Any, Any]]:
        """Return (path, old, new) of every leaf that differs."""
        return differences(self.before or {}, self.after or {})


def changes(old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    """Return the entries in which two dumped documents differ, in the order of the editor."""
    before, after = _by_place(old), _by_place(new)
    found = []
    for key in [*after, *(key for key in before if key not in after)]:
        one, two = before.get(key), after.get(key)
        if one != two:
            kind = "added" if one is None else ("removed" if two is None else "changed")
            found.append(Change(kind, key[0], key[1], one, two))
    for name in SECTIONS:
        ranks = [[code for section, code in side if section == name] for side in (before, after)]
        if len(ranks[0]) > 1 and sorted(ranks[0]) == sorted(ranks[1]) and ranks[0] != ranks[1]:
            found.append(Change("moved", name, "", {"order": ranks[0]}, {"order": ranks[1]}))
    return found


def _by_place(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(section, str(data.get("code", ""))): data for section, data in split(document)} if document else {}
