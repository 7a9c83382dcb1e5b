"""Tables of the organisation: chain, franchise, store, staff, roles, sessions, proofs, tokens."""

from __future__ import annotations

from sqlalchemy import Index, UniqueConstraint
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
    until someone resumes with a reason (a sale without a member stays possible).
    """

    __tablename__ = "franchise"
    chain_id: Mapped[int] = col(BigInteger, INTERNAL)
    code: Mapped[str] = code_col(20)
    name: Mapped[str] = label_col()
    tz: Mapped[str] = code_col(40, default="Asia/Shanghai")
    frozen_reason: Mapped[str] = label_col(400, default="")
    made_at: Mapped[int] = at_col()
    __table_args__ = (UniqueConstraint("code"), Index("ix_franchise_chain", "chain_id", "id"))


class Store(FranchiseOwned, Base):
    """A store of the franchise; its legal entity may be another one."""

    __tablename__ = "store"
    code: Mapped[str] = code_col(20)
    name: Mapped[str] = label_col()
    legal_entity: Mapped[str] = label_col(default="")
    active: Mapped[bool] = flag_col(True)
    __table_args__ = (owned_unique("code"),)


class Staff(FranchiseOwned, Base):
    """A person who works here. `login` is unique over the installation (see Door)."""

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
    made_at: Mapped[int] = at_col()
    version: Mapped[int] = count_col(default=1)
    __table_args__ = (owned_unique("number"), owned_unique("login"))


class StaffRole(FranchiseOwned, Base):
    """A role of a staff member, at one store or (store empty) in the whole franchise."""

    __tablename__ = "staff_role"
    staff = belongs_to("staff")
    role: Mapped[str] = code_col(30)
    store = belongs_to("store", nullable=True)
    __table_args__ = (owned_unique("staff_id", "role", "store_id"),)


class WebSession(FranchiseOwned, Base):
    """A server-side session; the cookie leads here through a Door. `data_sealed` holds its content."""

    __tablename__ = "web_session"
    staff = belongs_to("staff")
    store_id: Mapped[int | None] = ref_col()
    device: Mapped[str] = label_col(200, default="")
    started_at: Mapped[int] = at_col()
    seen_at: Mapped[int] = at_col()
    expires_at: Mapped[int] = at_col()
    locked_at: Mapped[int | None] = at_col(nullable=True)
    level: Mapped[str] = code_col(20, default="password")
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
