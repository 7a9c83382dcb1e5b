"""Saved segments, tag groups and definitions, and how members are graded."""

from __future__ import annotations

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
from core.kernel.db import Base, FranchiseOwned


class Segment(FranchiseOwned, Base):
    """A saved condition under a code that is never re-used. `tree` is canonical JSON text; `members` is the
    count as of `counted_at` (None: not counted yet). `purpose`: marketing or care."""

    __tablename__ = "segment"
    code: Mapped[str] = code_col(40)
    name: Mapped[str] = label_col(60)
    purpose: Mapped[str] = code_col(10, default="marketing")
    tree: Mapped[str] = col(Text, INTERNAL)
    members: Mapped[int | None] = col(BigInteger, INTERNAL, nullable=True)
    counted_at: Mapped[int | None] = at_col(nullable=True)
    made_by: Mapped[int | None] = ref_col()
    changed_at: Mapped[int] = at_col()
    active: Mapped[bool] = flag_col(True)
    version: Mapped[int] = count_col(default=1)
    __table_args__ = (
        owned_unique("code"),
        owned_index("ix_segment_changed", "changed_at", "id"),
        owned_index("ix_segment_name", "name", "id"),
    )


class TagGroup(FranchiseOwned, Base):
    """A group of tags; of an exclusive one a person carries at most one tag (S0-13)."""

    __tablename__ = "tag_group"
    code: Mapped[str] = code_col(40)
    name: Mapped[str] = label_col(40)
    exclusive: Mapped[bool] = flag_col()
    position: Mapped[int] = count_col()
    __table_args__ = (owned_unique("code"),)


class TagDefinition(FranchiseOwned, Base):
    """A tag of the franchise. With a `rule` (canonical JSON text of a condition, else empty) it is put and taken
    by the nightly job; one put by hand stays (S0-28). `tag` is what stands on the person and never changes."""

    __tablename__ = "tag_definition"
    tag: Mapped[str] = label_col(40)
    group_code: Mapped[str] = code_col(40, default="")
    rule: Mapped[str] = col(Text, INTERNAL, default="")
    note: Mapped[str] = label_col(120, default="")
    computed_at: Mapped[int | None] = at_col(nullable=True)
    automatic: Mapped[int] = count_col()
    problem: Mapped[str] = label_col(200, default="")
    active: Mapped[bool] = flag_col(True)
    changed_at: Mapped[int] = at_col()
    version: Mapped[int] = count_col(default=1)
    __table_args__ = (owned_unique("tag"),)


class Grading(FranchiseOwned, Base):
    """How members are classed: `kind` grade (S1-11), rfm or abc (S3-06); `spec` is JSON (rules.py).

    `cursor` is the last person's id that a recomputation reached, 0 when none is under way.
    """

    __tablename__ = "grading"
    kind: Mapped[str] = code_col(10)
    spec: Mapped[str] = col(Text, INTERNAL)
    cursor: Mapped[int] = col(BigInteger, INTERNAL, default=0)
    computed_at: Mapped[int | None] = at_col(nullable=True)
    changed_at: Mapped[int] = at_col()
    changed_by: Mapped[int | None] = ref_col()
    version: Mapped[int] = count_col(default=1)
    __table_args__ = (owned_unique("kind"),)
