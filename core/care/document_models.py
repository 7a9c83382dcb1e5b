"""Papers that are kept as pictures: which kind each is, of which day, and which record it belongs to."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Mapped

from core.kernel.columns import code_col, day_col, owned_index, owned_unique, ref_col
from core.kernel.db import Base, FranchiseOwned, belongs_to
from core.kernel.triggers import frozen_columns, no_delete


class Document(FranchiseOwned, Base):
    """A paper's place: its picture, its kind (`care.report`, `pharmacy.prescription`), the day that it bears.

    `subject_id` is the record it belongs to, in the room that the kind is of (a prescription); None: the person alone.
    """

    __tablename__ = "document"
    attachment = belongs_to("attachment")
    kind: Mapped[str] = code_col(60)
    subject_id: Mapped[int | None] = ref_col()
    dated_on: Mapped[date] = day_col()
    __table_args__ = (owned_unique("attachment_id"), owned_index("ix_document_subject", "kind", "subject_id", "id"))


frozen_columns("document", "attachment_id", "kind", "subject_id", "dated_on")
no_delete("document")
