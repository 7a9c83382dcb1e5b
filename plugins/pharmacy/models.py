"""Tables of the pharmacy: versions of the knowledge, sign-offs, prescriptions, duty, register, refills, asks, codes;
chronic programmes with their points and readings.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy.orm import Mapped

from core.sdk import Base, FranchiseOwned, Sealed, belongs_to, columns


class PharmacyDataset(FranchiseOwned, Base):
    """A version of one of the knowledge files, as it was taken in: immutable. The newest row of a kind counts.

    Without a row the file that came with the plugin counts; `shipped` marks the return to it (then `body` is empty).
    """

    __tablename__ = "pharmacy_dataset"
    kind: Mapped[str] = columns.code_col(20)
    version: Mapped[str] = columns.label_col(30)
    sha256: Mapped[str] = columns.code_col(64)
    rows: Mapped[int] = columns.count_col()
    shipped: Mapped[bool] = columns.flag_col()
    body: Mapped[str] = columns.col(columns.Text, columns.INTERNAL, default="")
    staff_id: Mapped[int | None] = columns.ref_col()
    made_at: Mapped[int] = columns.at_col()
    __table_args__ = (columns.owned_index("ix_pharmacy_dataset_kind", "kind", "id"),)


class PharmacySignOff(FranchiseOwned, Base):
    """A licensed pharmacist answers for a version of all tables together, named by its digest."""

    __tablename__ = "pharmacy_sign_off"
    digest: Mapped[str] = columns.code_col(64)
    version: Mapped[str] = columns.label_col(60)
    name: Mapped[str] = columns.label_col(60, columns.PERSONAL)
    licence_no: Mapped[str] = columns.label_col(60, columns.PERSONAL)
    staff_id: Mapped[int | None] = columns.ref_col()
    made_at: Mapped[int] = columns.at_col()
    __table_args__ = (columns.owned_index("ix_pharmacy_sign_off_digest", "digest", "id"),)


class PharmacyPrescription(FranchiseOwned, Base):
    """A prescription of a person: what may be dispensed and until when. `items` is JSON {item code: pieces}.

    `state`: open or void. What was sold since `made_at` counts against it.
    """

    __tablename__ = "pharmacy_prescription"
    person_id: Mapped[int] = columns.col(columns.BigInteger, columns.PERSONAL)
    number: Mapped[str] = columns.label_col(60, columns.PERSONAL)
    prescriber: Mapped[str] = columns.label_col(60, columns.PERSONAL)
    hospital: Mapped[str] = columns.label_col(120)
    issued_on: Mapped[date] = columns.day_col()
    valid_until: Mapped[date] = columns.day_col()
    items_sealed: Mapped[bytes | None] = columns.sealed_blob()
    items = Sealed("items_sealed")
    state: Mapped[str] = columns.code_col(8, default="open")
    why_sealed: Mapped[bytes | None] = columns.sealed_blob()
    why = Sealed("why_sealed")
    staff_id: Mapped[int | None] = columns.ref_col()
    licence_no: Mapped[str] = columns.label_col(60, columns.PERSONAL, default="")
    store_id: Mapped[int | None] = columns.ref_col()
    made_at: Mapped[int] = columns.at_col()
    __table_args__ = (
        columns.owned_index("ix_pharmacy_prescription_person", "person_id", "valid_until"),
        columns.owned_index("ix_pharmacy_prescription_made", "made_at", "id"),
    )


class PharmacyDuty(FranchiseOwned, Base):
    """A licensed pharmacist signed on at a store; `until_at` is set when they sign off."""

    __tablename__ = "pharmacy_duty"
    staff_id: Mapped[int] = columns.ref_col(nullable=False)
    store_id: Mapped[int] = columns.ref_col(nullable=False)
    licence_no: Mapped[str] = columns.label_col(60, columns.PERSONAL)
    from_at: Mapped[int] = columns.at_col()
    until_at: Mapped[int | None] = columns.at_col(nullable=True)
    __table_args__ = (columns.owned_index("ix_pharmacy_duty_store", "store_id", "from_at"),)


class PharmacyRegister(FranchiseOwned, Base):
    """The register of buyers of ephedrine medicines (joint notice of 2012): who, by which card, how many packs.

    The row allows its buyer `packs` packs on that day; name and number are sealed, the number is found by its index.
    """

    __tablename__ = "pharmacy_register"
    person_id: Mapped[int] = columns.col(columns.BigInteger, columns.PERSONAL)
    on: Mapped[date] = columns.day_col()
    packs: Mapped[int] = columns.count_col()
    name_sealed: Mapped[bytes | None] = columns.sealed_blob()
    name = Sealed("name_sealed")
    id_number_sealed: Mapped[bytes | None] = columns.sealed_blob()
    id_number_blind: Mapped[bytes | None] = columns.col(columns.LargeBinary, columns.SENSITIVE, nullable=True)
    id_number = Sealed("id_number_sealed", blind="id_number_blind")
    staff_id: Mapped[int | None] = columns.ref_col()
    store_id: Mapped[int | None] = columns.ref_col()
    made_at: Mapped[int] = columns.at_col()
    __table_args__ = (
        columns.owned_index("ix_pharmacy_register_person", "person_id", "on"),
        columns.owned_index("ix_pharmacy_register_day", "on", "id"),
        columns.owned_index("ix_pharmacy_register_number", "id_number_blind", "on"),
    )


class PharmacyRefill(FranchiseOwned, Base):
    """When what a person bought of an item runs out: `run_out_on` is the first day without it (S4-42).

    A further purchase carries the stock over. `told_at`: somebody reminded them of this run-out. `notice`: what came of
    the message about it (queued, no_consent, no_contact), at `noticed_at`.
    """

    __tablename__ = "pharmacy_refill"
    person_id: Mapped[int] = columns.col(columns.BigInteger, columns.PERSONAL)
    item_code: Mapped[str] = columns.code_col(40)
    last_line_id: Mapped[int] = columns.ref_col(nullable=False)
    bought_on: Mapped[date] = columns.day_col()
    run_out_on: Mapped[date] = columns.day_col()
    store_id: Mapped[int | None] = columns.ref_col()
    told_at: Mapped[int | None] = columns.at_col(nullable=True)
    told_by: Mapped[int | None] = columns.ref_col()
    noticed_at: Mapped[int | None] = columns.at_col(nullable=True)
    notice: Mapped[str] = columns.code_col(12, default="", server_default="")
    __table_args__ = (
        columns.owned_unique("person_id", "item_code"),
        columns.owned_index("ix_pharmacy_refill_day", "run_out_on", "id"),
    )


class PharmacyAsk(FranchiseOwned, Base):
    """A finding at a till that a pharmacist of the franchise is asked about from afar (remote checking, clinic.md 4.4).

    `state`: waiting, taken, passed, refused or gone (the basket changed). `told` is JSON: what the till shows and what
    the rule saw; `answer` the reason. The override itself stands with the order.

    It comes from the open basket of a till session (`sitting`), or from a stored quote over the API (`quote_id`, then
    `sitting` is 0); then `pass_` is JSON: what the order carries to be let pass.
    """

    __tablename__ = "pharmacy_ask"
    store_id: Mapped[int] = columns.ref_col(nullable=False)
    staff_id: Mapped[int | None] = columns.ref_col()
    sitting: Mapped[int] = columns.ref_col(nullable=False)
    locale: Mapped[str] = columns.code_col(10)
    person_id: Mapped[int | None] = columns.ref_col(data_class=columns.PERSONAL)
    finding: Mapped[str] = columns.code_col(16)
    rule: Mapped[str] = columns.code_col(80)
    severity: Mapped[str] = columns.code_col(20)
    item_code: Mapped[str] = columns.code_col(40, default="")
    told_sealed: Mapped[bytes | None] = columns.sealed_blob()
    told = Sealed("told_sealed")
    asked_at: Mapped[int] = columns.at_col()
    state: Mapped[str] = columns.code_col(8, default="waiting")
    taken_by: Mapped[int | None] = columns.ref_col()
    taken_at: Mapped[int | None] = columns.at_col(nullable=True)
    decided_at: Mapped[int | None] = columns.at_col(nullable=True)
    licence_no: Mapped[str] = columns.label_col(60, columns.PERSONAL, default="")
    answer_sealed: Mapped[bytes | None] = columns.sealed_blob()
    answer = Sealed("answer_sealed")
    quote_id: Mapped[int | None] = columns.ref_col()
    pass_sealed: Mapped[bytes | None] = columns.sealed_blob()
    pass_ = Sealed("pass_sealed")
    __table_args__ = (
        columns.owned_index("ix_pharmacy_ask_state", "state", "asked_at", "id"),
        columns.owned_index("ix_pharmacy_ask_sitting", "sitting", "finding", "id"),
        columns.owned_index("ix_pharmacy_ask_quote", "quote_id", "finding"),
        columns.owned_index("ix_pharmacy_ask_person", "person_id"),
    )


class PharmacyTrace(FranchiseOwned, Base):
    """The trace code of one piece of a medicine that was handed out (one item one code, S4-43): a code leaves once."""

    __tablename__ = "pharmacy_trace"
    code: Mapped[str] = columns.code_col(40)
    line_id: Mapped[int] = columns.ref_col(nullable=False)
    item_code: Mapped[str] = columns.code_col(40)
    person_id: Mapped[int | None] = columns.ref_col(data_class=columns.PERSONAL)
    on: Mapped[date] = columns.day_col()
    store_id: Mapped[int | None] = columns.ref_col()
    staff_id: Mapped[int | None] = columns.ref_col()
    made_at: Mapped[int] = columns.at_col()
    __table_args__ = (
        columns.owned_unique("code"),
        columns.owned_index("ix_pharmacy_trace_line", "line_id", "id"),
        columns.owned_index("ix_pharmacy_trace_person", "person_id"),
    )


class PharmacyChronic(FranchiseOwned, Base):
    """A person in a programme for a chronic condition (S4-03), one row a person and programme: `state` active or left.

    Which programme says what somebody has: it is sealed, and found by its keyed index. `version` names the rules that
    the plan was made by; `agreed` is the evidence of the person's word, `why` the reason for leaving.
    """

    __tablename__ = "pharmacy_chronic"
    person_id: Mapped[int] = columns.col(columns.BigInteger, columns.PERSONAL)
    programme_sealed: Mapped[bytes | None] = columns.sealed_blob()
    programme_blind: Mapped[bytes | None] = columns.col(columns.LargeBinary, columns.SENSITIVE, nullable=True)
    programme = Sealed("programme_sealed", blind="programme_blind")
    version: Mapped[str] = columns.code_col(20)
    state: Mapped[str] = columns.code_col(8)
    agreed_sealed: Mapped[bytes | None] = columns.sealed_blob()
    agreed = Sealed("agreed_sealed")
    why_sealed: Mapped[bytes | None] = columns.sealed_blob()
    why = Sealed("why_sealed")
    from_on: Mapped[date] = columns.day_col()
    left_on: Mapped[date | None] = columns.day_col(nullable=True)
    store_id: Mapped[int | None] = columns.ref_col()
    staff_id: Mapped[int | None] = columns.ref_col()
    made_at: Mapped[int] = columns.at_col()
    __table_args__ = (
        columns.owned_unique("person_id", "programme_blind"),
        columns.owned_index("ix_pharmacy_chronic_programme", "programme_blind", "state", "person_id"),
    )


class PharmacyChronicPoint(FranchiseOwned, Base):
    """A point in time of a plan: a reading, a talk about the medicines, a re-check. `state`: open, done or dropped.

    `kind` alone says nothing of the condition. `note` is sealed: what was said, which goods were shown.
    """

    __tablename__ = "pharmacy_chronic_point"
    chronic = belongs_to("pharmacy_chronic")
    if TYPE_CHECKING:
        chronic_id: Mapped[int]
    person_id: Mapped[int] = columns.col(columns.BigInteger, columns.PERSONAL)
    kind: Mapped[str] = columns.code_col(8)
    due_on: Mapped[date] = columns.day_col()
    state: Mapped[str] = columns.code_col(8, default="open")
    store_id: Mapped[int | None] = columns.ref_col()
    done_on: Mapped[date | None] = columns.day_col(nullable=True)
    done_by: Mapped[int | None] = columns.ref_col()
    note_sealed: Mapped[bytes | None] = columns.sealed_blob()
    note = Sealed("note_sealed")
    __table_args__ = (
        columns.owned_index("ix_pharmacy_chronic_point_due", "state", "store_id", "due_on", "id"),
        columns.owned_index("ix_pharmacy_chronic_point_person", "person_id", "due_on"),
        columns.owned_index("ix_pharmacy_chronic_point_chronic", "chronic_id", "state"),
    )


class PharmacyReading(FranchiseOwned, Base):
    """A reading of a person: `body` is sealed JSON, what was measured and its whole numbers. Void ones stay."""

    __tablename__ = "pharmacy_reading"
    person_id: Mapped[int] = columns.col(columns.BigInteger, columns.PERSONAL)
    on: Mapped[date] = columns.day_col()
    body_sealed: Mapped[bytes | None] = columns.sealed_blob()
    body = Sealed("body_sealed")
    state: Mapped[str] = columns.code_col(8, default="noted")
    store_id: Mapped[int | None] = columns.ref_col()
    staff_id: Mapped[int | None] = columns.ref_col()
    made_at: Mapped[int] = columns.at_col()
    __table_args__ = (columns.owned_index("ix_pharmacy_reading_person", "person_id", "on", "id"),)


class PharmacySeen(FranchiseOwned, Base):
    """A grave finding that somebody may let pass came up: once a day, store, person, rule and item.

    Whatever came of it: the report of overrides divides by it. What was let pass stands with the orders.
    `person_id` 0: no member.
    """

    __tablename__ = "pharmacy_seen"
    on: Mapped[date] = columns.day_col()
    store_id: Mapped[int] = columns.ref_col(nullable=False)
    person_id: Mapped[int] = columns.col(columns.BigInteger, columns.PERSONAL)
    rule: Mapped[str] = columns.code_col(80)
    item_code: Mapped[str] = columns.code_col(40)
    __table_args__ = (
        columns.owned_unique("person_id", "on", "store_id", "rule", "item_code"),
        columns.owned_index("ix_pharmacy_seen_day", "on", "rule", "store_id"),
    )
