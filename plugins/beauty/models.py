"""Records of the beauty plugin. What was found, said or done is sealed; days, codes and who entered it are not.

Skin analyses, questionnaires, consents and care forms are only added; a treatment's signed text is its visit's
(core/care), the row here holds the sealed working copy and who looks after the person since.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from core.sdk import Base, FranchiseOwned, Sealed, belongs_to, columns, frozen_columns, no_delete


class BeautySkin(FranchiseOwned, Base):
    """A skin analysis: `record` holds device, Fitzpatrick, skin type, eight scores, Glogau and IGA as JSON."""

    __tablename__ = "beauty_skin"
    person_id: Mapped[int] = columns.col(columns.BigInteger, columns.PERSONAL)
    on: Mapped[date] = columns.day_col(data_class=columns.PERSONAL)
    record_sealed: Mapped[bytes | None] = columns.sealed_blob()
    record = Sealed("record_sealed")
    staff_id: Mapped[int | None] = columns.ref_col()
    store_id: Mapped[int | None] = columns.ref_col()
    made_at: Mapped[int] = columns.at_col()
    __table_args__ = (columns.owned_index("ix_beauty_skin_person", "person_id", "on", "id"),)


class BeautyAnswers(FranchiseOwned, Base):
    """A questionnaire as answered on a day: `record` maps what was said yes to onto its day. The newest row counts."""

    __tablename__ = "beauty_answers"
    person_id: Mapped[int] = columns.col(columns.BigInteger, columns.PERSONAL)
    on: Mapped[date] = columns.day_col(data_class=columns.PERSONAL)
    record_sealed: Mapped[bytes | None] = columns.sealed_blob()
    record = Sealed("record_sealed")
    staff_id: Mapped[int | None] = columns.ref_col()
    store_id: Mapped[int | None] = columns.ref_col()
    made_at: Mapped[int] = columns.at_col()
    __table_args__ = (columns.owned_index("ix_beauty_answers_person", "person_id", "id"),)


class BeautyConsent(FranchiseOwned, Base):
    """A consent to a kind of treatment, or (`cycle`) to the note of the cycle, by the version of its text.

    `record` holds the text as it was signed, how, its evidence and a guardian as JSON. The newest row of a kind counts.
    """

    __tablename__ = "beauty_consent"
    person_id: Mapped[int] = columns.col(columns.BigInteger, columns.PERSONAL)
    kind: Mapped[str] = columns.code_col(20)
    text_version: Mapped[str] = columns.code_col(16)
    signed_on: Mapped[date] = columns.day_col(data_class=columns.PERSONAL)
    withdrawn_at: Mapped[int | None] = columns.at_col(nullable=True)
    record_sealed: Mapped[bytes | None] = columns.sealed_blob()
    record = Sealed("record_sealed")
    staff_id: Mapped[int | None] = columns.ref_col()
    store_id: Mapped[int | None] = columns.ref_col()
    made_at: Mapped[int] = columns.at_col()
    __table_args__ = (columns.owned_index("ix_beauty_consent_person", "person_id", "kind", "id"),)


class BeautyTreatment(FranchiseOwned, Base):
    """A treatment that was done, its visit, and who looks after the person since.

    `record` holds areas, device settings, products and the physician's sign-off as JSON. `stage` is department,
    consultant or service; it changes on `changes_on` (None: no more). `due_on` is the next day to ask how they are.
    """

    __tablename__ = "beauty_treatment"
    person_id: Mapped[int] = columns.col(columns.BigInteger, columns.PERSONAL)
    visit_id: Mapped[int | None] = columns.ref_col()
    on: Mapped[date] = columns.day_col(data_class=columns.PERSONAL)
    procedure: Mapped[str] = columns.col(columns.String(20), columns.PERSONAL)
    record_sealed: Mapped[bytes | None] = columns.sealed_blob()
    record = Sealed("record_sealed")
    operator_id: Mapped[int | None] = columns.ref_col()
    consultant_id: Mapped[int | None] = columns.ref_col()
    stage: Mapped[str] = columns.code_col(12)
    owner_id: Mapped[int | None] = columns.ref_col()
    changes_on: Mapped[date | None] = columns.day_col(nullable=True)
    due_on: Mapped[date | None] = columns.day_col(nullable=True)
    store_id: Mapped[int | None] = columns.ref_col()
    made_at: Mapped[int] = columns.at_col()
    __table_args__ = (
        columns.owned_index("ix_beauty_treatment_person", "person_id", "on", "id"),
        columns.owned_index("ix_beauty_treatment_changes", "changes_on", "id"),
        columns.owned_index("ix_beauty_treatment_due", "due_on", "id"),
        CheckConstraint("stage IN ('department', 'consultant', 'service')", name="stage"),
    )


class BeautyBatch(FranchiseOwned, Base):
    """A product used in a treatment by its batch: what a recall asks for."""

    __tablename__ = "beauty_batch"
    treatment = belongs_to("beauty_treatment")
    person_id: Mapped[int] = columns.col(columns.BigInteger, columns.PERSONAL)
    on: Mapped[date] = columns.day_col(data_class=columns.PERSONAL)
    product: Mapped[str] = columns.label_col(80)
    batch: Mapped[str] = columns.label_col(60)
    dose: Mapped[str] = columns.label_col(40, data_class=columns.PERSONAL)
    __table_args__ = (
        columns.owned_index("ix_beauty_batch_batch", "batch", "id"),
        columns.owned_index("ix_beauty_batch_person", "person_id", "id"),
    )


class BeautyCareForm(FranchiseOwned, Base):
    """How somebody was during or after a treatment: `record` holds pain, mood, worry, wound and words as JSON."""

    __tablename__ = "beauty_care_form"
    treatment = belongs_to("beauty_treatment")
    person_id: Mapped[int] = columns.col(columns.BigInteger, columns.PERSONAL)
    phase: Mapped[str] = columns.code_col(10)
    on: Mapped[date] = columns.day_col(data_class=columns.PERSONAL)
    record_sealed: Mapped[bytes | None] = columns.sealed_blob()
    record = Sealed("record_sealed")
    staff_id: Mapped[int | None] = columns.ref_col()
    made_at: Mapped[int] = columns.at_col()
    __table_args__ = (columns.owned_index("ix_beauty_care_form_person", "person_id", "on", "id"),)


class BeautySuggestion(FranchiseOwned, Base):
    """A product that was suggested; whether it is used, what it did (1 to 5) and what the person says of it."""

    __tablename__ = "beauty_suggestion"
    person_id: Mapped[int] = columns.col(columns.BigInteger, columns.PERSONAL)
    product: Mapped[str] = columns.label_col(80)
    suggested_on: Mapped[date] = columns.day_col(data_class=columns.PERSONAL)
    used_on: Mapped[date | None] = columns.day_col(nullable=True, data_class=columns.PERSONAL)
    effect: Mapped[int | None] = columns.col(columns.Integer, columns.PERSONAL, nullable=True)
    record_sealed: Mapped[bytes | None] = columns.sealed_blob()
    record = Sealed("record_sealed")
    staff_id: Mapped[int | None] = columns.ref_col()
    made_at: Mapped[int] = columns.at_col()
    version: Mapped[int] = columns.count_col(default=1)
    __table_args__ = (
        columns.owned_index("ix_beauty_suggestion_person", "person_id", "id"),
        CheckConstraint("effect IS NULL OR (effect >= 1 AND effect <= 5)", name="effect"),
    )


class BeautyProfile(FranchiseOwned, Base):
    """What is remembered of a person beyond the medical record (S3-25): never printed with it, never exported.

    `record` holds motive, means, marriage, work, hobbies, habits, taboos and talk as JSON; `cycle` the last period and
    the length between two, only while the person agrees to that note.
    """

    __tablename__ = "beauty_profile"
    person_id: Mapped[int] = columns.col(columns.BigInteger, columns.PERSONAL)
    record_sealed: Mapped[bytes | None] = columns.sealed_blob()
    record = Sealed("record_sealed")
    cycle_sealed: Mapped[bytes | None] = columns.sealed_blob()
    cycle = Sealed("cycle_sealed")
    saved_at: Mapped[int] = columns.at_col()
    version: Mapped[int] = columns.count_col(default=1)
    __table_args__ = (columns.owned_unique("person_id"),)


class BeautyObjection(FranchiseOwned, Base):
    """What holds somebody back (S3-32) and what was answered; `open` until there is an answer."""

    __tablename__ = "beauty_objection"
    person_id: Mapped[int] = columns.col(columns.BigInteger, columns.PERSONAL)
    on: Mapped[date] = columns.day_col(data_class=columns.PERSONAL)
    open: Mapped[bool] = columns.flag_col(default=True)
    record_sealed: Mapped[bytes | None] = columns.sealed_blob()
    record = Sealed("record_sealed")
    staff_id: Mapped[int | None] = columns.ref_col()
    made_at: Mapped[int] = columns.at_col()
    version: Mapped[int] = columns.count_col(default=1)
    __table_args__ = (columns.owned_index("ix_beauty_objection_person", "person_id", "id"),)


class BeautySignOff(FranchiseOwned, Base):
    """A licensed physician answers for the table of contraindications, named by its digest. Append-only."""

    __tablename__ = "beauty_sign_off"
    digest: Mapped[str] = columns.code_col(64)
    version: Mapped[str] = columns.label_col(40)
    name: Mapped[str] = columns.label_col(60, columns.PERSONAL)
    licence_no: Mapped[str] = columns.label_col(60, columns.PERSONAL)
    staff_id: Mapped[int | None] = columns.ref_col()
    made_at: Mapped[int] = columns.at_col()
    __table_args__ = (columns.owned_index("ix_beauty_sign_off_digest", "digest", "id"),)


no_delete("beauty_sign_off")
frozen_columns("beauty_sign_off", "digest", "version", "name", "licence_no", "staff_id", "made_at")
