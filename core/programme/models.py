"""Published programme documents (numbered, hashed, immutable), the draft in work and its previews."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from core.kernel.columns import (
    INTERNAL,
    BigInteger,
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
)
from core.kernel.db import Base, FranchiseOwned, Shared, belongs_to
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


class DepthAcknowledgement(FranchiseOwned, Base):
    """The owner's word that a second level of referral is theirs to answer for: who, when, which text. Append-only."""

    __tablename__ = "depth_acknowledgement"
    staff_id: Mapped[int] = ref_col(nullable=False)
    text_version: Mapped[str] = code_col(20)
    at: Mapped[int] = at_col()
    __table_args__ = (owned_unique("text_version"),)


written_once(DepthAcknowledgement)


class ProgrammeDraft(FranchiseOwned, Base):
    """A programme in work: a full copy of a version, edited entry by entry. A franchise has one open at most.

    `slot` is "open" while it may be edited, else its own id: the unique constraint keeps it at one.
    """

    __tablename__ = "programme_draft"
    slot: Mapped[str] = code_col(20)
    state: Mapped[str] = code_col(20, default="open")
    key: Mapped[str] = code_col(40)
    base_number: Mapped[int] = count_col()
    origin: Mapped[str] = label_col(120, default="")
    opened_at: Mapped[int] = at_col()
    opened_by: Mapped[int | None] = ref_col()
    changed_at: Mapped[int] = at_col()
    version: Mapped[int] = count_col(default=1)
    __table_args__ = (owned_unique("slot"),)


class DraftEntry(FranchiseOwned, Base):
    """One entry of a draft: a tier, a rule, a card product, or a section that has no list (`code` empty)."""

    __tablename__ = "draft_entry"
    draft = belongs_to("programme_draft")
    if TYPE_CHECKING:
        draft_id: Mapped[int]
    section: Mapped[str] = code_col(20)
    code: Mapped[str] = code_col(64, default="")
    position: Mapped[int] = count_col()
    data: Mapped[str] = col(Text, INTERNAL)
    version: Mapped[int] = count_col(default=1)
    __table_args__ = (owned_index("ix_draft_entry_place", "draft_id", "section", "position"),)


class ProgrammePreview(FranchiseOwned, Base):
    """What publishing a document would do: bound to the document's hash, the day and the choice made."""

    __tablename__ = "programme_preview"
    sha256: Mapped[str] = code_col(64)
    base_sha256: Mapped[str] = code_col(64)
    effective_at: Mapped[int] = at_col()
    keep_holders: Mapped[bool] = flag_col()
    made_at: Mapped[int] = at_col()
    made_by: Mapped[int | None] = ref_col()
    moved: Mapped[int] = count_col()
    result: Mapped[str] = col(Text, INTERNAL)
    __table_args__ = (owned_index("ix_programme_preview_sha", "sha256", "made_at"),)


class ProgrammeTemplate(Shared, Base):
    """A programme that a chain hands out: a franchise takes it as a draft, never as a publication.

    Holds a document (rules and codes, no persons); `origin` says in words where it came from.
    """

    __tablename__ = "programme_template"
    chain_id: Mapped[int] = col(BigInteger, INTERNAL)
    name: Mapped[str] = label_col(60)
    note: Mapped[str] = label_col(200, default="")
    key: Mapped[str] = code_col(40)
    document: Mapped[str] = col(Text, INTERNAL)
    sha256: Mapped[str] = code_col(64)
    origin: Mapped[str] = label_col(120, default="")
    active: Mapped[bool] = flag_col(True)
    made_at: Mapped[int] = at_col()
    __table_args__ = (Index("ix_programme_template_chain", "chain_id", "active", "id"),)
