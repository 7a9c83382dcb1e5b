"""Tables of the organisation: chain, franchise, store, staff, roles, sessions, proofs, tokens,
approvals."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from core.kernel.columns import (
    INTERNAL,
    PERSONAL,
    SECRET,
    BigInteger,
    LargeBinary,
    String,
    Text,
    at_col,
    code_col,
    col,
    count_col,
    day_col,
    flag_col,
    label_col,
    owned_index,
    owned_unique,
    ref_col,
    sealed_blob,
)
from core.kernel.db import Base, FranchiseOwned, Shared, belongs_to
from core.kernel.sealed import Sealed


class Chain(Shared, Base):
    """A chain: owns franchises, allows plugins, sees counts, never persons."""

    __tablename__ = "chain"
    name: Mapped[str] = label_col()
    __table_args__ = (UniqueConstraint("name"),)


class ChainPlugin(Shared, Base):
    """Whether the chain allows a plugin to its franchises."""

    __tablename__ = "chain_plugin"
    chain_id: Mapped[int] = col(BigInteger, INTERNAL)
    key: Mapped[str] = code_col(40)
    allowed: Mapped[bool] = flag_col(True)
    __table_args__ = (UniqueConstraint("chain_id", "key"),)


class Franchise(Shared, Base):
    """The tenant: one member pool, one legal data handler, its own programme and plugins.

    `frozen_reason` is set by verify when an invariant fails: calls that change value are refused
    until someone resumes with a reason (a sale without a member stays possible). `roles_version` counts
    the changes of its roles, so that every process notices one at the next request.
    """

    __tablename__ = "franchise"
    chain_id: Mapped[int] = col(BigInteger, INTERNAL)
    code: Mapped[str] = code_col(20)
    name: Mapped[str] = label_col()
    tz: Mapped[str] = code_col(40, default="Asia/Shanghai")
    frozen_reason: Mapped[str] = label_col(400, default="")
    roles_version: Mapped[int] = count_col(server_default="0")
    made_at: Mapped[int] = at_col()
    __table_args__ = (UniqueConstraint("code"), Index("ix_franchise_chain", "chain_id", "id"))


class Store(FranchiseOwned, Base):
    """A store of the franchise; its legal entity may be another one.

    `closed_through_on` is its last closed business day (business_day.py); only the day close moves it, forward.
    """

    __tablename__ = "store"
    code: Mapped[str] = code_col(20)
    name: Mapped[str] = label_col()
    legal_entity: Mapped[str] = label_col(default="")
    active: Mapped[bool] = flag_col(True)
    closed_through_on: Mapped[date | None] = day_col(nullable=True)
    version: Mapped[int] = count_col(default=1, server_default="1")
    __table_args__ = (owned_unique("code"), owned_index("ix_store_name", "name", "id"))


class Staff(FranchiseOwned, Base):
    """A person who works here. `login` is unique over the installation (see Door).

    `person_id` is who they are among the franchise's persons: staff may not serve their own card.
    """

    __tablename__ = "staff"
    number: Mapped[str] = code_col(20)
    name: Mapped[str] = label_col(60, PERSONAL)
    login: Mapped[str] = label_col(120, PERSONAL)
    store = belongs_to("store", nullable=True)
    password_hash: Mapped[str] = col(String(200), SECRET)
    password_once: Mapped[bool] = flag_col()
    pin_hash: Mapped[str] = col(String(200), SECRET, default="")
    totp_sealed: Mapped[bytes | None] = sealed_blob()
    totp = Sealed("totp_sealed")
    totp_since: Mapped[int | None] = at_col(nullable=True)
    totp_step: Mapped[int] = count_col()
    recovery_hashes: Mapped[str] = col(Text, SECRET, default="")
    licence_kind: Mapped[str] = code_col(40, default="")
    licence_no: Mapped[str] = label_col(60, PERSONAL, default="")
    licence_until: Mapped[str] = code_col(10, default="")
    performs: Mapped[bool] = flag_col()
    active: Mapped[bool] = flag_col(True)
    person_id: Mapped[int | None] = ref_col(data_class=PERSONAL)
    made_at: Mapped[int] = at_col()
    version: Mapped[int] = count_col(default=1)
    __table_args__ = (
        owned_unique("number"), owned_unique("login"), owned_index("ix_staff_person", "person_id"),
        owned_index("ix_staff_name", "name", "id"),
    )  # fmt: skip


class StaffRole(FranchiseOwned, Base):
    """A role of a staff member, at one store or (store empty) in the whole franchise."""

    __tablename__ = "staff_role"
    staff = belongs_to("staff")
    role: Mapped[str] = code_col(30)
    store = belongs_to("store", nullable=True)
    __table_args__ = (owned_unique("staff_id", "role", "store_id"), owned_index("ix_staff_role_role", "role"))


class OwnRole(FranchiseOwned, Base):
    """A role of the franchise's own, copied from a built-in one; `code` is `own_<n>`, for ever."""

    __tablename__ = "own_role"
    code: Mapped[str] = code_col(30)
    name: Mapped[str] = label_col(40)
    base: Mapped[str] = code_col(30)
    made_at: Mapped[int] = at_col()
    __table_args__ = (owned_unique("code"), owned_unique("name"))


class RoleOverride(FranchiseOwned, Base):
    """Whether a role holds a permission in this franchise, where that differs from the built-in role."""

    __tablename__ = "role_override"
    role: Mapped[str] = code_col(30)
    permission: Mapped[str] = code_col(80)
    granted: Mapped[bool] = flag_col()
    changed_at: Mapped[int] = at_col()
    changed_by: Mapped[int | None] = ref_col()
    __table_args__ = (owned_unique("role", "permission"),)


class WebSession(FranchiseOwned, Base):
    """A server-side session; the cookie leads here through a Door. `data_sealed` holds its content.

    `view_role`: the session only looks, with the eyes of that role.
    """

    __tablename__ = "web_session"
    staff = belongs_to("staff")
    store_id: Mapped[int | None] = ref_col()
    device: Mapped[str] = label_col(200, default="")
    started_at: Mapped[int] = at_col()
    seen_at: Mapped[int] = at_col()
    expires_at: Mapped[int] = at_col()
    locked_at: Mapped[int | None] = at_col(nullable=True)
    level: Mapped[str] = code_col(20, default="password")
    view_role: Mapped[str] = code_col(30, default="", server_default="")
    data_sealed: Mapped[bytes | None] = sealed_blob()
    data = Sealed("data_sealed")
    __table_args__ = (owned_index("ix_web_session_staff", "staff_id", "expires_at"),)


class PinProof(FranchiseOwned, Base):
    """A single-use proof that a staff member entered the PIN for one purpose and payload."""

    __tablename__ = "pin_proof"
    staff = belongs_to("staff")
    secret_hash: Mapped[bytes] = col(LargeBinary, SECRET)
    purpose: Mapped[str] = code_col(20)
    payload_sha256: Mapped[str] = code_col(64)
    expires_at: Mapped[int] = at_col()
    used_at: Mapped[int | None] = at_col(nullable=True)
    __table_args__ = (owned_unique("secret_hash"),)


class ApiToken(FranchiseOwned, Base):
    """A token of the POS API: one franchise, one store, some scopes (comma-separated)."""

    __tablename__ = "api_token"
    store = belongs_to("store")
    scopes: Mapped[str] = label_col(200)
    made_at: Mapped[int] = at_col()
    revoked_at: Mapped[int | None] = at_col(nullable=True)


class ApprovalRequest(FranchiseOwned, Base):
    """Something that wants a second person (four eyes, security C17).

    `payload_sealed` is what will be done, `payload_sha256` binds the decision to it, `subject` is the state
    of the thing it is about when it was asked. States: asked, approved (waits to be used), executed,
    refused, withdrawn, expired, failed.
    """

    __tablename__ = "approval_request"
    kind: Mapped[str] = code_col(60)
    payload_sealed: Mapped[bytes | None] = sealed_blob()
    payload = Sealed("payload_sealed")
    payload_sha256: Mapped[str] = code_col(64)
    subject: Mapped[str] = code_col(120, default="")
    person_id: Mapped[int | None] = ref_col()
    store_id: Mapped[int | None] = ref_col()
    asked_by: Mapped[int] = ref_col(nullable=False)
    asked_at: Mapped[int] = at_col()
    reason_sealed: Mapped[bytes | None] = sealed_blob()
    reason = Sealed("reason_sealed")
    state: Mapped[str] = code_col(10, default="asked")
    decided_by: Mapped[int | None] = ref_col()
    decided_at: Mapped[int | None] = at_col(nullable=True)
    answer_sealed: Mapped[bytes | None] = sealed_blob()
    answer = Sealed("answer_sealed")
    expires_at: Mapped[int] = at_col()
    version: Mapped[int] = count_col(default=1)
    __table_args__ = (
        CheckConstraint("decided_by IS NULL OR decided_by <> asked_by", name="four_eyes"),
        owned_index("ix_approval_request_state", "state", "expires_at", "kind"),
        owned_index("ix_approval_request_asker", "asked_by", "id"),
        owned_index("ix_approval_request_person", "person_id", "id"),
    )


class Notification(FranchiseOwned, Base):
    """Something told to one staff member: its kind and parameters (ids and codes, no personal data), the way there.

    `read_at` is 0 until it is read; `about` names the thing, so that a daily job tells it once.
    """

    __tablename__ = "notification"
    staff = belongs_to("staff")
    kind: Mapped[str] = code_col(40)
    params: Mapped[str] = col(Text, INTERNAL, default="{}")
    endpoint: Mapped[str] = code_col(60, default="")
    link: Mapped[str] = col(Text, INTERNAL, default="{}")
    about: Mapped[str] = code_col(80, default="")
    made_at: Mapped[int] = at_col()
    read_at: Mapped[int] = at_col(default=0)
    __table_args__ = (
        owned_index("ix_notification_staff", "staff_id", "read_at", "id"),
        owned_index("ix_notification_page", "staff_id", "id"),
        owned_index("ix_notification_about", "kind", "about"),
        owned_index("ix_notification_made", "made_at"),
    )
