"""Tables of the console: counts of franchises for the chain, and how the audit chain was last found."""

from __future__ import annotations

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from core.kernel.columns import (
    INTERNAL,
    BigInteger,
    at_col,
    code_col,
    col,
    count_col,
    flag_col,
    owned_index,
    ref_col,
)
from core.kernel.db import Base, FranchiseOwned, Shared


class FranchiseCount(Shared, Base):
    """What the chain sees of a franchise's members: counts taken by a job within that franchise, no person."""

    __tablename__ = "franchise_count"
    franchise_id: Mapped[int] = col(BigInteger, INTERNAL)
    members: Mapped[int] = count_col()
    orders: Mapped[int] = count_col()
    recent_orders: Mapped[int] = count_col()
    points: Mapped[int] = count_col()
    counted_at: Mapped[int] = at_col()
    __table_args__ = (UniqueConstraint("franchise_id"),)


class AuditCheck(FranchiseOwned, Base):
    """A walk over the sealed audit blocks: how far it came, and the first block that is not as it was sealed."""

    __tablename__ = "audit_check"
    checked_at: Mapped[int] = at_col()
    whole: Mapped[bool] = flag_col()
    from_block: Mapped[int] = count_col()
    blocks: Mapped[int] = count_col()
    entries: Mapped[int] = count_col()
    problem: Mapped[str] = code_col(20, default="")
    block: Mapped[int] = count_col()
    entry_id: Mapped[int | None] = ref_col()
    __table_args__ = (owned_index("ix_audit_check_page", "id"),)
