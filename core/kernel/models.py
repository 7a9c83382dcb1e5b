"""Tables of the kernel: doors, keys, audit, outbox, idempotency, settings, job state."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from core.kernel.columns import (
    INTERNAL,
    SECRET,
    BigInteger,
    LargeBinary,
    String,
    Text,
    at_col,
    code_col,
    col,
    count_col,
    flag_col,
    label_col,
    owned_index,
    owned_unique,
    ref_col,
    sealed_blob,
)
from core.kernel.db import Base, FranchiseOwned, Shared
from core.kernel.key_models import DataKey  # noqa: F401 (a table like those below)
from core.kernel.task_models import SavedView, Task, TaskPart  # noqa: F401 (likewise)
from core.kernel.triggers import written_once


class Door(Shared, Base):
    """What is known before a franchise is: a hash that leads to a franchise and an actor.

    Kinds: `login` (sign-in name), `session` (cookie), `token` (API). Read by hash only, by the
    door functions of kernel/doors.py; holds nothing else, hence no row-level security.
    """

    __tablename__ = "door"
    kind: Mapped[str] = col(String(10), INTERNAL)
    key_hash: Mapped[bytes] = col(LargeBinary, SECRET)
    franchise_id: Mapped[int] = col(BigInteger, INTERNAL)
    actor_id: Mapped[int] = col(BigInteger, INTERNAL)
    __table_args__ = (UniqueConstraint("kind", "key_hash"), Index("ix_door_actor", "kind", "actor_id"))


class Throttle(Shared, Base):
    """Failed attempts by hashed key (account, address, PIN): durable, right across processes."""

    __tablename__ = "throttle"
    key_hash: Mapped[bytes] = col(LargeBinary, SECRET)
    fails: Mapped[int] = count_col()
    until_at: Mapped[int] = at_col(default=0)
    __table_args__ = (UniqueConstraint("key_hash"),)


class Installation(Shared, Base):
    """Facts about this installation that outlive a process: `key` and `value`."""

    __tablename__ = "installation"
    key: Mapped[str] = code_col()
    value: Mapped[str] = col(Text, INTERNAL)
    __table_args__ = (UniqueConstraint("key"),)


class AuditEntry(FranchiseOwned, Base):
    """Who did what to what, when, why. Never updated, never deleted (triggers)."""

    __tablename__ = "audit_entry"
    at: Mapped[int] = at_col()
    staff_id: Mapped[int | None] = ref_col()
    store_id: Mapped[int | None] = ref_col()
    door: Mapped[str] = code_col(10)
    action: Mapped[str] = code_col(80)
    object_kind: Mapped[str] = code_col(40)
    object_id: Mapped[int | None] = ref_col()
    person_id: Mapped[int | None] = ref_col()
    request_id: Mapped[str] = code_col(40)
    detail_sealed: Mapped[bytes | None] = sealed_blob()
    __table_args__ = (
        owned_index("ix_audit_entry_page", "id"),
        owned_index("ix_audit_entry_object", "object_kind", "object_id", "id"),
        owned_index("ix_audit_entry_person", "person_id", "id"),
        owned_index("ix_audit_entry_at", "at", "id"),
        owned_index("ix_audit_entry_staff", "staff_id", "at", "id"),
        owned_index("ix_audit_entry_action", "action", "at", "id"),
    )


class AuditBlock(FranchiseOwned, Base):
    """A sealed block of the audit chain: HMAC over its entries and the block before it."""

    __tablename__ = "audit_block"
    number: Mapped[int] = count_col()
    entries: Mapped[int] = count_col()
    first_id: Mapped[int] = ref_col(nullable=False)
    last_id: Mapped[int] = ref_col(nullable=False)
    previous: Mapped[bytes] = col(LargeBinary, INTERNAL)
    head: Mapped[bytes] = col(LargeBinary, INTERNAL)
    format: Mapped[int] = count_col(default=1)
    sealed_at: Mapped[int] = at_col()
    __table_args__ = (owned_unique("number"),)


class AuditLink(FranchiseOwned, Base):
    """Which block sealed which entry; the entry itself is never touched. `id` is the entry's id."""

    __tablename__ = "audit_link"
    block: Mapped[int] = count_col()
    __table_args__ = (owned_index("ix_audit_link_block", "block", "id"),)


class OutboxMessage(FranchiseOwned, Base):
    """The only durable queue: written with the effect, delivered after it, at least once."""

    __tablename__ = "outbox_message"
    topic: Mapped[str] = code_col(80)
    dedupe_key: Mapped[str] = code_col(120)
    payload_sealed: Mapped[bytes | None] = sealed_blob()
    person_id: Mapped[int | None] = ref_col()
    due_at: Mapped[int] = at_col()
    attempts: Mapped[int] = count_col()
    lease_until: Mapped[int] = at_col(default=0)
    done_at: Mapped[int | None] = at_col(nullable=True)
    state: Mapped[str] = code_col(10, default="waiting")
    last_error: Mapped[str | None] = col(String(400), INTERNAL, nullable=True)
    __table_args__ = (
        owned_unique("topic", "dedupe_key"),
        owned_index(
            "ix_outbox_message_due",
            "due_at",
            "id",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
    )


class IdempotencyKey(FranchiseOwned, Base):
    """The stored answer of a call that changed value; kept as long as its effect."""

    __tablename__ = "idempotency_key"
    scope: Mapped[str] = code_col(160)
    key: Mapped[str] = label_col(255)
    body_sha256: Mapped[bytes] = col(LargeBinary, INTERNAL)
    status: Mapped[int] = count_col()
    answer_sealed: Mapped[bytes | None] = sealed_blob()
    made_at: Mapped[int] = at_col()
    __table_args__ = (owned_unique("scope", "key"),)


class Setting(FranchiseOwned, Base):
    """A franchise's value of a declared setting, as JSON text."""

    __tablename__ = "setting"
    key: Mapped[str] = code_col(80)
    value: Mapped[str] = col(Text, INTERNAL)
    version: Mapped[int] = count_col(default=1)
    changed_at: Mapped[int] = at_col()
    changed_by: Mapped[int | None] = ref_col()
    __table_args__ = (owned_unique("key"),)


class StoreSetting(FranchiseOwned, Base):
    """A store's own value of a declared setting, where it differs from the franchise's."""

    __tablename__ = "store_setting"
    store_id: Mapped[int] = ref_col(nullable=False)
    key: Mapped[str] = code_col(80)
    value: Mapped[str] = col(Text, INTERNAL)
    changed_at: Mapped[int] = at_col()
    changed_by: Mapped[int | None] = ref_col()
    __table_args__ = (owned_unique("store_id", "key"),)


class ChainSetting(Shared, Base):
    """A chain's value of a declared setting: what its franchises have that say nothing themselves."""

    __tablename__ = "chain_setting"
    chain_id: Mapped[int] = col(BigInteger, INTERNAL)
    key: Mapped[str] = code_col(80)
    value: Mapped[str] = col(Text, INTERNAL)
    changed_at: Mapped[int] = at_col()
    changed_by: Mapped[int | None] = ref_col()
    __table_args__ = (UniqueConstraint("chain_id", "key"),)


class Preference(FranchiseOwned, Base):
    """A staff member's own choice: theme, density, columns of a list."""

    __tablename__ = "preference"
    staff_id: Mapped[int] = ref_col(nullable=False)
    key: Mapped[str] = code_col(80)
    value: Mapped[str] = col(Text, INTERNAL)
    __table_args__ = (owned_unique("staff_id", "key"),)


class PluginState(FranchiseOwned, Base):
    """Whether a plugin is enabled in the franchise; its row stays when it is switched off."""

    __tablename__ = "plugin_state"
    key: Mapped[str] = code_col(40)
    enabled: Mapped[bool] = flag_col()
    version: Mapped[str] = code_col(20)
    changed_at: Mapped[int] = at_col()
    changed_by: Mapped[int | None] = ref_col()
    __table_args__ = (owned_unique("key"),)


class PluginFailure(FranchiseOwned, Base):
    """A failure of a hook, attributed to its plugin and shown on the switchboard."""

    __tablename__ = "plugin_failure"
    key: Mapped[str] = code_col(40)
    hook: Mapped[str] = code_col(60)
    number: Mapped[str] = code_col(12)
    at: Mapped[int] = at_col()
    what: Mapped[str] = col(String(300), INTERNAL)
    micros: Mapped[int] = count_col()
    __table_args__ = (owned_index("ix_plugin_failure_key", "key", "at"),)


class JobRun(FranchiseOwned, Base):
    """A job's run in the franchise: where it stands, so that a killed one resumes."""

    __tablename__ = "job_run"
    name: Mapped[str] = code_col(60)
    started_at: Mapped[int] = at_col()
    ended_at: Mapped[int | None] = at_col(nullable=True)
    cursor: Mapped[str] = col(Text, INTERNAL, default="")
    done: Mapped[int] = count_col()
    skipped: Mapped[int] = count_col()
    failed: Mapped[int] = count_col()
    staff_id: Mapped[int | None] = ref_col()
    __table_args__ = (owned_index("ix_job_run_name", "name", "started_at"),)


class Counter(FranchiseOwned, Base):
    """A running number, for example of the orders of a store and day."""

    __tablename__ = "counter"
    name: Mapped[str] = code_col(80)
    value: Mapped[int] = count_col()
    __table_args__ = (owned_unique("name"), CheckConstraint("value >= 0", name="positive"))


written_once(AuditEntry)
written_once(AuditBlock)
written_once(AuditLink)
