"""`doctor`: is this installation set up as it must be? Fatal findings exit 1; others are warnings."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select, text

from core.kernel import clock, schema, triggers
from core.kernel.command import every_franchise
from core.kernel.db import sqlite_journal_mode
from core.kernel.models import OutboxMessage
from core.kernel.permissions import MUST_USE_TOTP
from core.kernel.settings import EVERY_INTERFACE, host_names
from core.kernel.tenancy import acting
from core.org.models import Franchise, Staff, StaffRole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.kernel.runtime import Runtime

STALE_MS = 90 * 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding of the doctor: its code, whether it is fatal, and what to do."""

    code: str
    fatal: bool
    message: str


def examine(runtime: Runtime, *, deploy: bool = False) -> list[Finding]:
    """Return every finding; with `deploy` the checks of a served installation are fatal too."""
    return [
        *_key_file(runtime),
        *_data_dir(runtime),
        *_schema(runtime),
        *_database(runtime, deploy=deploy),
        *_serving(runtime, deploy=deploy),
        *_franchises(runtime, deploy=deploy),
    ]


def _key_file(runtime: Runtime) -> Iterator[Finding]:
    path = runtime.environment.key_file
    if not path.exists():
        yield Finding("key.missing", True, f"the master key file {path} is missing")
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        yield Finding("key.readable", True, f"others may read {path} (mode {mode:o}): chmod 600")
    if path.resolve().is_relative_to(runtime.environment.data_dir):
        yield Finding("key.inside_data", True, "the master key lies inside the data directory")


def _data_dir(runtime: Runtime) -> Iterator[Finding]:
    path = runtime.environment.data_dir
    if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
        yield Finding("data.readable", False, f"others may read {path}: chmod 700")


def _schema(runtime: Runtime) -> Iterator[Finding]:
    parts = schema.components(runtime.host)
    for state in schema.status(runtime.db.engine, parts):
        if state.pending:
            yield Finding("schema.pending", True, f"{state.pending} migrations of {state.key} wait: db upgrade")
    for sentence in schema.missing_triggers(runtime.db.engine):
        yield Finding("schema.triggers", True, sentence)


def _database(runtime: Runtime, *, deploy: bool) -> Iterator[Finding]:
    if runtime.db.dialect == "postgresql":
        if triggers.bypasses_row_security(runtime.db.engine):
            yield Finding("postgres.bypass", True, "this role bypasses row-level security; use an ordinary one")
        with runtime.db.unit("read") as session:
            for name in ("fsync", "synchronous_commit"):
                value = session.execute(text(f"SHOW {name}")).scalar()
                if value != "on":
                    yield Finding(f"postgres.{name}", True, f"{name} is {value}; money needs it on")
        return
    with runtime.db.unit("read") as session:
        if session.execute(text("PRAGMA synchronous")).scalar() != 2:
            yield Finding("sqlite.synchronous", True, "synchronous is not FULL")
        if session.execute(text("PRAGMA foreign_keys")).scalar() != 1:
            yield Finding("sqlite.foreign_keys", True, "foreign keys are off")
    if sqlite_journal_mode() != "WAL":
        yield Finding("sqlite.old", deploy, "this SQLite lacks the WAL-reset fix; journal mode TRUNCATE is used")


def _serving(runtime: Runtime, *, deploy: bool) -> Iterator[Finding]:
    environment = runtime.environment
    if clock.testing():
        yield Finding("clock.testing", deploy, "HUIKE_TESTING is set: the clock can be moved")
    if environment.host in EVERY_INTERFACE and not host_names(environment):
        yield Finding(
            "hosts.unset", deploy,
            f"HUIKE_HOST is {environment.host} and HUIKE_HOSTS is unset: any host name is answered; name the site's",
        )  # fmt: skip
    if not environment.audit_anchor:
        yield Finding("audit.anchor", False, "HUIKE_AUDIT_ANCHOR is unset: a cut audit tail would not show")
    if not environment.smtp_url:
        yield Finding("mail.unset", False, "SMTP_URL is unset: messages stay queued")
    anchor = environment.audit_anchor
    if anchor and not anchor.startswith("syslog:") and Path(anchor).resolve().is_relative_to(environment.data_dir):
        yield Finding("audit.anchor_inside", deploy, "the audit anchor lies inside the data directory")


def _franchises(runtime: Runtime, *, deploy: bool) -> Iterator[Finding]:
    for actor in every_franchise(runtime.db):
        with acting(actor), runtime.db.unit("read") as session:
            franchise = session.get(Franchise, actor.franchise_id)
            if franchise is not None and franchise.frozen_reason:
                yield Finding("ledger.frozen", True, f"{franchise.code} is frozen: {franchise.frozen_reason}")
            late = session.scalars(
                select(Staff.number)
                .join(StaffRole, StaffRole.staff_id == Staff.id)
                .where(StaffRole.role.in_(MUST_USE_TOTP), Staff.active.is_(True), Staff.totp_since.is_(None))
                .distinct()
            ).all()
            for number in late:
                yield Finding(
                    "staff.totp", deploy, f"staff {number} of franchise {actor.franchise_id} has no second factor"
                )
            stuck = session.scalar(select(OutboxMessage.id).where(OutboxMessage.state == "failed").limit(1))
            if stuck is not None:
                yield Finding("outbox.failed", False, f"messages of franchise {actor.franchise_id} failed for good")
