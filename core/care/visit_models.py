"""Visit records with signed revisions, the files that hang on them, and photo sets (clinic.md 2, S3-34).

What was signed stands in `visit_revision` and never changes; what is being written stands in `visit_draft`, one a
visit, and goes away with the signature. A file's bytes lie sealed in the data directory under a key of their own,
which is sealed in the file's row: without the row nobody opens the file.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from core.kernel.columns import (
    INTERNAL,
    PERSONAL,
    LargeBinary,
    at_col,
    code_col,
    col,
    count_col,
    day_col,
    label_col,
    owned_index,
    owned_unique,
    ref_col,
    sealed_blob,
)
from core.kernel.db import Base, FranchiseOwned, belongs_to
from core.kernel.sealed import Sealed
from core.kernel.triggers import final_once, frozen_columns, no_delete, written_once


class Visit(FranchiseOwned, Base):
    """A visit of a person. States: draft, signed, dropped (never signed). Final once signed: see its revisions."""

    __tablename__ = "visit"
    person = belongs_to("person")
    store = belongs_to("store")
    practitioner = belongs_to("staff")
    kind: Mapped[str] = code_col(20)
    visited_on: Mapped[date] = day_col()
    order_id: Mapped[int | None] = ref_col()
    state: Mapped[str] = code_col(10, default="draft")
    made_at: Mapped[int] = at_col()
    made_by: Mapped[int | None] = ref_col()
    signed_at: Mapped[int | None] = at_col(nullable=True)
    __table_args__ = (
        owned_index("ix_visit_person", "person_id", "visited_on", "id"),
        owned_index("ix_visit_order", "order_id"),
        owned_index("ix_visit_unsigned", "state", "practitioner_id", "id"),
    )


class VisitDraft(FranchiseOwned, Base):
    """What is being written of a visit: `base` is the revision it changes (0: the first). Goes when it is signed."""

    __tablename__ = "visit_draft"
    visit = belongs_to("visit")
    base: Mapped[int] = count_col()
    content_sealed: Mapped[bytes | None] = sealed_blob()
    content = Sealed("content_sealed")
    saved_at: Mapped[int] = at_col()
    saved_by: Mapped[int | None] = ref_col()
    version: Mapped[int] = count_col(default=1)
    __table_args__ = (owned_unique("visit_id"),)


class VisitRevision(FranchiseOwned, Base):
    """A signed text of a visit, with the signer's licence as it was then. Append-only; `number` counts from 1.

    `mac` covers header, content and the revision before it under a key that the database does not hold. State:
    signed, or void (the visit was entered by mistake).
    """

    __tablename__ = "visit_revision"
    visit = belongs_to("visit")
    number: Mapped[int] = count_col(default=1)
    person = belongs_to("person")
    store = belongs_to("store")
    practitioner = belongs_to("staff")
    kind: Mapped[str] = code_col(20)
    visited_on: Mapped[date] = day_col()
    order_id: Mapped[int | None] = ref_col()
    state: Mapped[str] = code_col(10, default="signed")
    content_sealed: Mapped[bytes | None] = sealed_blob()
    content = Sealed("content_sealed")
    reason_sealed: Mapped[bytes | None] = sealed_blob()
    reason = Sealed("reason_sealed")
    mac: Mapped[bytes] = col(LargeBinary, INTERNAL)
    signed_by: Mapped[int] = ref_col(nullable=False)
    signer_name: Mapped[str] = label_col(60, PERSONAL)
    licence_kind: Mapped[str] = code_col(40, default="")
    licence_no: Mapped[str] = label_col(60, PERSONAL, default="")
    licence_until: Mapped[str] = code_col(10, default="")
    signed_at: Mapped[int] = at_col()
    door: Mapped[str] = code_col(10)
    # What was drawn or typed beside the PIN, as JSON: see visit_marks.py.
    marks_sealed: Mapped[bytes | None] = sealed_blob()
    marks = Sealed("marks_sealed")
    __table_args__ = (
        owned_unique("visit_id", "number"),
        owned_index("ix_visit_revision_person", "person_id", "visited_on", "id"),
        CheckConstraint("number > 0", name="number"),
    )


class Attachment(FranchiseOwned, Base):
    """A picture kept sealed: `code` names its files, `file_key` opens them, `mac` is of the bytes as kept.

    Kinds: photo (needs a consent to be seen), document (part of the visit's record), paper (see document_models).
    Taken away: the key is gone.
    """

    __tablename__ = "attachment"
    person = belongs_to("person")
    visit = belongs_to("visit", nullable=True)
    kind: Mapped[str] = code_col(10)
    code: Mapped[str] = code_col(32)
    media_type: Mapped[str] = code_col(30)
    size: Mapped[int] = count_col()
    width: Mapped[int] = count_col()
    height: Mapped[int] = count_col()
    mac: Mapped[bytes] = col(LargeBinary, INTERNAL)
    file_key_sealed: Mapped[bytes | None] = sealed_blob()
    file_key = Sealed("file_key_sealed")
    note_sealed: Mapped[bytes | None] = sealed_blob()
    note = Sealed("note_sealed")
    store_id: Mapped[int | None] = ref_col()
    made_at: Mapped[int] = at_col()
    made_by: Mapped[int | None] = ref_col()
    removed_at: Mapped[int | None] = at_col(nullable=True)
    removed_by: Mapped[int | None] = ref_col()
    removed_why_sealed: Mapped[bytes | None] = sealed_blob()
    removed_why = Sealed("removed_why_sealed")
    __table_args__ = (
        owned_unique("code"),
        owned_index("ix_attachment_person", "person_id", "kind", "id"),
        owned_index("ix_attachment_visit", "visit_id", "id"),
        CheckConstraint("size > 0 AND width > 0 AND height > 0", name="size"),
    )


class PhotoSet(FranchiseOwned, Base):
    """Photos of one thing over time: a face, a tooth, a scar. The name tells of health, so it is sealed."""

    __tablename__ = "photo_set"
    person = belongs_to("person")
    name_sealed: Mapped[bytes | None] = sealed_blob()
    name = Sealed("name_sealed")
    made_at: Mapped[int] = at_col()
    made_by: Mapped[int | None] = ref_col()
    __table_args__ = (owned_index("ix_photo_set_person", "person_id", "id"),)


class Photo(FranchiseOwned, Base):
    """A picture's place in its set: from which angle, in which phase, taken on which day."""

    __tablename__ = "photo"
    photo_set = belongs_to("photo_set")
    attachment = belongs_to("attachment")
    angle: Mapped[str] = code_col(10)
    phase: Mapped[str] = code_col(10)
    taken_on: Mapped[date] = day_col()
    __table_args__ = (owned_unique("attachment_id"), owned_index("ix_photo_set", "photo_set_id", "id"))


final_once(Visit, "signed_at")
written_once(VisitRevision)
frozen_columns("attachment", "kind", "code", "media_type", "size", "width", "height", "mac", "made_at")
no_delete("attachment")
