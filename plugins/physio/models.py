"""Assessments and screenings of the physio plugin. Rows are only added: a correction is a further revision.

What was answered is sealed; days, instruments and who entered it are not.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Mapped

from core.sdk import Base, FranchiseOwned, Sealed, columns


class PhysioAssessment(FranchiseOwned, Base):
    """A scored questionnaire or scale of a person on a day. Of a `chain` the highest `revision` counts.

    `record` holds the answers and the score (hundredths, none when too few were answered) as JSON, `why` a
    correction's reason.
    """

    __tablename__ = "physio_assessment"
    person_id: Mapped[int] = columns.col(columns.BigInteger, columns.PERSONAL)
    chain: Mapped[int] = columns.col(columns.BigInteger, columns.INTERNAL)
    revision: Mapped[int] = columns.count_col(default=1)
    instrument: Mapped[str] = columns.code_col(10)
    on: Mapped[date] = columns.day_col(data_class=columns.PERSONAL)
    record_sealed: Mapped[bytes | None] = columns.sealed_blob()
    record = Sealed("record_sealed")
    why_sealed: Mapped[bytes | None] = columns.sealed_blob()
    why = Sealed("why_sealed")
    staff_id: Mapped[int | None] = columns.col(columns.BigInteger, columns.INTERNAL, nullable=True)
    store_id: Mapped[int | None] = columns.col(columns.BigInteger, columns.INTERNAL, nullable=True)
    made_at: Mapped[int] = columns.at_col()
    __table_args__ = (
        columns.owned_unique("chain", "revision"),
        columns.owned_index("ix_physio_assessment_person", "person_id", "instrument", "on"),
    )


class PhysioScreening(FranchiseOwned, Base):
    """What speaks against a modality, as asked on a day: the newest row of a person counts."""

    __tablename__ = "physio_screening"
    person_id: Mapped[int] = columns.col(columns.BigInteger, columns.PERSONAL)
    on: Mapped[date] = columns.day_col(data_class=columns.PERSONAL)
    found_sealed: Mapped[bytes | None] = columns.sealed_blob()
    found = Sealed("found_sealed")
    staff_id: Mapped[int | None] = columns.col(columns.BigInteger, columns.INTERNAL, nullable=True)
    store_id: Mapped[int | None] = columns.col(columns.BigInteger, columns.INTERNAL, nullable=True)
    made_at: Mapped[int] = columns.at_col()
    __table_args__ = (columns.owned_index("ix_physio_screening_person", "person_id", "id"),)


class PhysioEntry(FranchiseOwned, Base):
    """What was done or measured on a day. Of a `chain` the highest `revision` counts.

    Kinds: session (a treatment with pain before and after), rom (range of motion), exercises (what to do at home).
    `record` is plain data of that kind (treatments.py, motion.py, exercises.py), sealed.
    """

    __tablename__ = "physio_entry"
    person_id: Mapped[int] = columns.col(columns.BigInteger, columns.PERSONAL)
    kind: Mapped[str] = columns.code_col(12)
    chain: Mapped[int] = columns.col(columns.BigInteger, columns.INTERNAL)
    revision: Mapped[int] = columns.count_col(default=1)
    on: Mapped[date] = columns.day_col(data_class=columns.PERSONAL)
    record_sealed: Mapped[bytes | None] = columns.sealed_blob()
    record = Sealed("record_sealed")
    why_sealed: Mapped[bytes | None] = columns.sealed_blob()
    why = Sealed("why_sealed")
    staff_id: Mapped[int | None] = columns.col(columns.BigInteger, columns.INTERNAL, nullable=True)
    store_id: Mapped[int | None] = columns.col(columns.BigInteger, columns.INTERNAL, nullable=True)
    made_at: Mapped[int] = columns.at_col()
    __table_args__ = (
        columns.owned_unique("chain", "revision"),
        columns.owned_index("ix_physio_entry_person", "person_id", "kind", "on"),
        columns.owned_index("ix_physio_entry_day", "kind", "on"),
    )
