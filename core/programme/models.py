"""Published programme documents: numbered, hashed, immutable."""

from __future__ import annotations

from sqlalchemy.orm import Mapped

from core.kernel.columns import (
    INTERNAL,
    Text,
    at_col,
    code_col,
    col,
    count_col,
    owned_index,
    owned_unique,
    ref_col,
)
from core.kernel.db import Base, FranchiseOwned
from core.kernel.triggers import written_once


class ProgrammeVersion(FranchiseOwned, Base):
    """A version of the franchise's programme. Never updated, never deleted (triggers)."""

    __tablename__ = "programme_version"
    number: Mapped[int] = count_col()
    key: Mapped[str] = code_col(40)
    document: Mapped[str] = col(Text, INTERNAL)
    sha256: Mapped[str] = code_col(64)
    effective_at: Mapped[int] = at_col()
    published_at: Mapped[int] = at_col()
    published_by: Mapped[int | None] = ref_col()
    __table_args__ = (
        owned_unique("number"),
        owned_index("ix_programme_version_effective", "effective_at", "number"),
    )


written_once(ProgrammeVersion)
