"""What was seen and done at the teeth of a person, event by event. Rows are only added, the database sees to it."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Mapped

from core.sdk import Base, FranchiseOwned, Sealed, belongs_to, columns, frozen_columns, no_delete


class DentalToothEvent(FranchiseOwned, Base):
    """An event at a tooth on a day (fold.Event); `body` holds tooth, surfaces, code and kind as JSON, sealed.

    `voids`: the event that this one takes back, once at most. Only `person_id` may change, when two records of one
    person become one.
    """

    __tablename__ = "dental_tooth_event"
    person_id: Mapped[int] = columns.col(columns.BigInteger, columns.PERSONAL)
    noted_on: Mapped[date] = columns.day_col(data_class=columns.PERSONAL)
    body_sealed: Mapped[bytes | None] = columns.sealed_blob()
    body = Sealed("body_sealed")
    voids: Mapped[int | None] = columns.col(columns.BigInteger, columns.INTERNAL, nullable=True)
    visit_id: Mapped[int | None] = columns.ref_col()
    staff_id: Mapped[int | None] = columns.col(columns.BigInteger, columns.INTERNAL, nullable=True)
    store_id: Mapped[int | None] = columns.col(columns.BigInteger, columns.INTERNAL, nullable=True)
    made_at: Mapped[int] = columns.at_col()
    __table_args__ = (
        columns.owned_unique("voids"),
        columns.owned_index("ix_dental_tooth_event_person", "person_id", "noted_on", "id"),
    )


frozen_columns(
    "dental_tooth_event", "id", "franchise_id", "noted_on", "voids", "visit_id", "staff_id", "store_id", "made_at"
)
no_delete("dental_tooth_event")


class DentalPerioExam(FranchiseOwned, Base):
    """A periodontal examination: one a person and day, written on that day, read for ever. Rows are only added.

    `begun_for` is whose record it was begun in: two records that become one may both have one of a day.
    """

    __tablename__ = "dental_perio_exam"
    person_id: Mapped[int] = columns.col(columns.BigInteger, columns.PERSONAL)
    begun_for: Mapped[int] = columns.col(columns.BigInteger, columns.PERSONAL)
    examined_on: Mapped[date] = columns.day_col(data_class=columns.PERSONAL)
    visit_id: Mapped[int | None] = columns.ref_col()
    staff_id: Mapped[int | None] = columns.ref_col()
    store_id: Mapped[int | None] = columns.ref_col()
    made_at: Mapped[int] = columns.at_col()
    __table_args__ = (
        columns.owned_unique("begun_for", "examined_on"),
        columns.owned_index("ix_dental_perio_exam_person", "person_id", "examined_on", "id"),
    )


class DentalPerioEntry(FranchiseOwned, Base):
    """What was entered in an examination: a tooth with its sites, or what else stage and grade need; sealed JSON.

    Of a tooth the newest entry counts; what was entered before it stays.
    """

    __tablename__ = "dental_perio_entry"
    exam = belongs_to("dental_perio_exam")
    person_id: Mapped[int] = columns.col(columns.BigInteger, columns.PERSONAL)
    body_sealed: Mapped[bytes | None] = columns.sealed_blob()
    body = Sealed("body_sealed")
    staff_id: Mapped[int | None] = columns.ref_col()
    made_at: Mapped[int] = columns.at_col()
    __table_args__ = (columns.owned_index("ix_dental_perio_entry_exam", "exam_id", "id"),)


frozen_columns(
    "dental_perio_exam", "id", "franchise_id", "begun_for", "examined_on", "visit_id", "staff_id", "store_id", "made_at"
)
no_delete("dental_perio_exam")
frozen_columns("dental_perio_entry", "id", "franchise_id", "exam_id", "body_sealed", "staff_id", "made_at")
no_delete("dental_perio_entry")


class DentalPlan(FranchiseOwned, Base):
    """A revision of a person's treatment plan: items, phases, what was accepted at which price; sealed JSON.

    The newest number counts, the older ones stay. `begun_for` as in an examination: numbers are the record's own.
    """

    __tablename__ = "dental_plan"
    person_id: Mapped[int] = columns.col(columns.BigInteger, columns.PERSONAL)
    begun_for: Mapped[int] = columns.col(columns.BigInteger, columns.PERSONAL)
    number: Mapped[int] = columns.count_col()
    body_sealed: Mapped[bytes | None] = columns.sealed_blob()
    body = Sealed("body_sealed")
    staff_id: Mapped[int | None] = columns.ref_col()
    store_id: Mapped[int | None] = columns.ref_col()
    made_at: Mapped[int] = columns.at_col()
    __table_args__ = (
        columns.owned_unique("begun_for", "number"),
        columns.owned_index("ix_dental_plan_person", "person_id", "id"),
    )


frozen_columns(
    "dental_plan", "id", "franchise_id", "begun_for", "number", "body_sealed", "staff_id", "store_id", "made_at"
)
no_delete("dental_plan")


class DentalSummary(FranchiseOwned, Base):
    """What the chart adds up to, worked out anew with every entry: for facts, so that no condition opens a chart.

    Teeth: missing, decayed, in DMFT, in dmft (milk teeth); `gaps` lost and not replaced; `stage` 0–4 as suggested;
    `gap_since` the day from which the oldest loss by caries stands without a prosthesis; `molars` sound first molars.
    """

    __tablename__ = "dental_summary"
    person_id: Mapped[int] = columns.col(columns.BigInteger, columns.PERSONAL)
    missing: Mapped[int] = columns.col(columns.BigInteger, columns.SENSITIVE)
    gaps: Mapped[int] = columns.col(columns.BigInteger, columns.SENSITIVE)
    decayed: Mapped[int] = columns.col(columns.BigInteger, columns.SENSITIVE)
    filled: Mapped[int] = columns.col(columns.BigInteger, columns.SENSITIVE)
    dmft: Mapped[int] = columns.col(columns.BigInteger, columns.SENSITIVE)
    milk_dmft: Mapped[int] = columns.col(columns.BigInteger, columns.SENSITIVE)
    stage: Mapped[int] = columns.col(columns.BigInteger, columns.SENSITIVE)
    last_on: Mapped[date | None] = columns.day_col(nullable=True, data_class=columns.PERSONAL)
    gap_since: Mapped[date | None] = columns.day_col(nullable=True, data_class=columns.SENSITIVE)
    molars: Mapped[int | None] = columns.col(columns.BigInteger, columns.SENSITIVE, nullable=True)
    __table_args__ = (columns.owned_unique("person_id"),)


class DentalWork(FranchiseOwned, Base):
    """A filling or other work done here, as the report of redone work counts it: who, when; no tooth.

    `redoes_id`, `first_staff_id`, `first_on`: the work of at most a year before at the same place that it redoes.
    """

    __tablename__ = "dental_work"
    person_id: Mapped[int] = columns.col(columns.BigInteger, columns.PERSONAL)
    event_id: Mapped[int] = columns.ref_col(nullable=False)
    staff_id: Mapped[int | None] = columns.ref_col()
    code: Mapped[str] = columns.code_col(20)
    done_on: Mapped[date] = columns.day_col(data_class=columns.PERSONAL)
    redoes_id: Mapped[int | None] = columns.ref_col()
    first_staff_id: Mapped[int | None] = columns.ref_col()
    first_on: Mapped[date | None] = columns.day_col(nullable=True, data_class=columns.PERSONAL)
    __table_args__ = (
        columns.owned_unique("event_id"),
        columns.owned_index("ix_dental_work_day", "done_on", "staff_id"),
        columns.owned_index("ix_dental_work_first", "first_on", "first_staff_id"),
        columns.owned_index("ix_dental_work_person", "person_id", "id"),
    )


class DentalRecall(FranchiseOwned, Base):
    """When a person is to come again, by programme (check, perio, implant): worked out from what they were sold."""

    __tablename__ = "dental_recall"
    person_id: Mapped[int] = columns.col(columns.BigInteger, columns.PERSONAL)
    programme: Mapped[str] = columns.code_col(12)
    last_on: Mapped[date] = columns.day_col(data_class=columns.PERSONAL)
    due_on: Mapped[date] = columns.day_col(data_class=columns.PERSONAL)
    store_id: Mapped[int | None] = columns.ref_col()
    told_at: Mapped[int | None] = columns.at_col(nullable=True)
    told_by: Mapped[int | None] = columns.ref_col()
    off: Mapped[bool] = columns.flag_col(False)
    __table_args__ = (
        columns.owned_unique("person_id", "programme"),
        columns.owned_index("ix_dental_recall_due", "due_on", "id"),
    )
