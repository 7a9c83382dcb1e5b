"""Tables of people. A member is a person with a card; `member_no` is theirs for ever."""

from __future__ import annotations

from datetime import date

from sqlalchemy.dialects.postgresql import VARCHAR
from sqlalchemy.orm import Mapped

from core.kernel.columns import (
    INTERNAL,
    PERSONAL,
    BigInteger,
    LargeBinary,
    String,
    Text,
    at_col,
    code_col,
    col,
    count_col,
    day_col,
    flag_col,
    label_col,
    owned_index,
    owned_unique,
    ref_col,
    sealed_blob,
)
from core.kernel.db import Base, FranchiseOwned, belongs_to
from core.kernel.sealed import Sealed
from core.kernel.triggers import written_once

# Compared by code point on both engines, so that a prefix is a range of the index.
BINARY_TEXT = String(40).with_variant(VARCHAR(40, collation="C"), "postgresql")


class Person(FranchiseOwned, Base):
    """A person of the franchise (S0-03, S0-22, S3-03). A child may use another's phone (`contact_of`)."""

    __tablename__ = "person"
    member_no: Mapped[str] = code_col(20)
    name: Mapped[str] = label_col(60, PERSONAL)
    pinyin: Mapped[str] = label_col(120, PERSONAL, default="")
    gender: Mapped[str] = col(String(10), PERSONAL, default="unknown")
    birth_on: Mapped[date | None] = day_col(nullable=True, data_class=PERSONAL)
    birth_calendar: Mapped[str] = code_col(5, default="solar")
    occupation: Mapped[str] = label_col(60, PERSONAL, default="")
    company: Mapped[str] = label_col(120, PERSONAL, default="")
    industry: Mapped[str] = label_col(60, PERSONAL, default="", server_default="")
    interests: Mapped[str] = label_col(200, PERSONAL, default="", server_default="")
    # How well off somebody is taken to be (S3-03): low, middle, high; shown to those who hold people.protected.view.
    economy: Mapped[str] = col(String(10), PERSONAL, default="", server_default="")
    phone_sealed: Mapped[bytes | None] = sealed_blob()
    phone_blind: Mapped[bytes | None] = col(LargeBinary, PERSONAL, nullable=True)
    phone = Sealed("phone_sealed", blind="phone_blind")
    email_sealed: Mapped[bytes | None] = sealed_blob()
    email = Sealed("email_sealed")
    address_sealed: Mapped[bytes | None] = sealed_blob()
    address = Sealed("address_sealed")
    note_sealed: Mapped[bytes | None] = sealed_blob()
    note = Sealed("note_sealed")
    contact_of_id: Mapped[int | None] = ref_col(data_class=PERSONAL)
    referrer_id: Mapped[int | None] = ref_col(data_class=PERSONAL)
    source: Mapped[str] = code_col(40, default="")
    # The staff member who looks after them (S4-20).
    adviser_id: Mapped[int | None] = ref_col()
    store = belongs_to("store", nullable=True)
    tier_code: Mapped[str] = code_col(40, default="")
    tier_since: Mapped[date | None] = day_col(nullable=True)
    tier_until: Mapped[date | None] = day_col(nullable=True)
    joined_at: Mapped[int] = at_col()
    last_visit_at: Mapped[int] = at_col(default=0)
    visits: Mapped[int] = count_col()
    spent_fen: Mapped[int] = col(BigInteger, INTERNAL, default=0)
    # Classes that core/segments computes: grade A–F, RFM scores with their class, ABC. Empty: not yet.
    grade: Mapped[str] = code_col(10, default="", server_default="")
    rfm: Mapped[str] = code_col(3, default="", server_default="")
    value_class: Mapped[str] = code_col(10, default="", server_default="")
    abc: Mapped[str] = code_col(1, default="", server_default="")
    active: Mapped[bool] = flag_col(True)
    version: Mapped[int] = count_col(default=1)
    __table_args__ = (
        owned_unique("member_no"),
        owned_unique("phone_blind"),
        owned_index("ix_person_visit", "last_visit_at", "id"),
        owned_index("ix_person_joined", "joined_at", "id"),
        owned_index("ix_person_spent", "spent_fen", "id"),
        owned_index("ix_person_tier", "tier_code", "last_visit_at", "id"),
        owned_index("ix_person_store", "store_id", "last_visit_at", "id"),
        owned_index("ix_person_grade", "grade", "last_visit_at", "id"),
        owned_index("ix_person_value", "value_class", "last_visit_at", "id"),
        owned_index("ix_person_pinyin", "pinyin", "id"),
        owned_index("ix_person_referrer", "referrer_id"),
        owned_index("ix_person_contact", "contact_of_id"),
        owned_index("ix_person_adviser", "adviser_id", "last_visit_at", "id"),
    )


class SearchToken(FranchiseOwned, Base):
    """A way to find a person: name characters, pinyin, initials, card number, company, keyed last 4."""

    __tablename__ = "search_token"
    person = belongs_to("person")
    token: Mapped[str] = col(BINARY_TEXT, PERSONAL)
    __table_args__ = (
        owned_unique("token", "person_id"),
        owned_index("ix_search_token_person", "person_id"),
    )


class Relation(FranchiseOwned, Base):
    """How one person is related to another: guardian, spouse, child, parent, other."""

    __tablename__ = "relation"
    person = belongs_to("person")
    other = belongs_to("person")
    role: Mapped[str] = code_col(20)
    __table_args__ = (owned_unique("person_id", "other_id"),)


class Consent(FranchiseOwned, Base):
    """A consent given or withdrawn, append-only (PIPL art. 14–16, 29): the newest row of a purpose counts."""

    __tablename__ = "consent"
    person = belongs_to("person")
    purpose: Mapped[str] = code_col(30)
    granted: Mapped[bool] = flag_col()
    text_version: Mapped[str] = code_col(20, default="1")
    evidence_sealed: Mapped[bytes | None] = sealed_blob()
    evidence = Sealed("evidence_sealed")
    door: Mapped[str] = code_col(10)
    staff_id: Mapped[int | None] = ref_col()
    # Who said it: self, or the guardian of a child (PIPL art. 31), a person on record or a name with the relation.
    said_by: Mapped[str] = code_col(10, default="self", server_default="self")
    guardian_id: Mapped[int | None] = ref_col(data_class=PERSONAL)
    guardian_sealed: Mapped[bytes | None] = sealed_blob()
    guardian = Sealed("guardian_sealed")
    method: Mapped[str] = code_col(20, default="staff_attested", server_default="staff_attested")
    # The strokes of a signature drawn on the screen, as the path of an SVG.
    signature_sealed: Mapped[bytes | None] = sealed_blob()
    signature = Sealed("signature_sealed")
    at: Mapped[int] = at_col()
    __table_args__ = (owned_index("ix_consent_person", "person_id", "purpose", "id"),)


class ConsentText(FranchiseOwned, Base):
    """What a consent is asked with: the franchise's own text of a purpose, numbered from 2 (1 is ours). Append-only.

    A `material` one changes what is agreed to: a consent given to an older text counts no more (PIPL art. 14).
    """

    __tablename__ = "consent_text"
    purpose: Mapped[str] = code_col(30)
    number: Mapped[int] = count_col()
    body: Mapped[str] = col(Text, INTERNAL)
    material: Mapped[bool] = flag_col()
    published_at: Mapped[int] = at_col()
    published_by: Mapped[int | None] = ref_col()
    __table_args__ = (owned_unique("purpose", "number"),)


class PersonTag(FranchiseOwned, Base):
    """A tag on a person, by hand or automatic with its reason."""

    __tablename__ = "person_tag"
    person = belongs_to("person")
    tag: Mapped[str] = label_col(40)
    source: Mapped[str] = code_col(10, default="manual")
    reason: Mapped[str] = label_col(200, default="")
    at: Mapped[int] = at_col()
    __table_args__ = (owned_unique("person_id", "tag"), owned_index("ix_person_tag_tag", "tag", "person_id"))


class PersonField(FranchiseOwned, Base):
    """A field that a franchise adds to its persons. Kinds: text, number, date, choice, yes_no.

    `protected` ones are for those who hold people.protected.view; `sealed` values are kept encrypted and never
    enter a condition. `key`, `kind` and `sealed` stay as they were made.
    """

    __tablename__ = "person_field"
    key: Mapped[str] = code_col(40)
    label: Mapped[str] = label_col(40)
    kind: Mapped[str] = code_col(10)
    choices: Mapped[str] = col(Text, INTERNAL, default="")
    required: Mapped[bool] = flag_col()
    position: Mapped[int] = count_col(default=10)
    protected: Mapped[bool] = flag_col()
    sealed: Mapped[bool] = flag_col()
    active: Mapped[bool] = flag_col(True)
    version: Mapped[int] = count_col(default=1)
    __table_args__ = (owned_unique("key"), owned_index("ix_person_field_position", "position", "id"))


class PersonValue(FranchiseOwned, Base):
    """What a person's own field says; `code` (field:choice) is what conditions ask, empty for free values."""

    __tablename__ = "person_value"
    person = belongs_to("person")
    person_field = belongs_to("person_field")
    value: Mapped[str] = label_col(200, PERSONAL, default="")
    text_sealed: Mapped[bytes | None] = sealed_blob()
    text = Sealed("text_sealed")
    code: Mapped[str] = col(String(120), PERSONAL, default="")
    __table_args__ = (
        owned_unique("person_id", "person_field_id"),
        owned_index("ix_person_value_code", "code", "person_id"),
    )


written_once(Consent)
written_once(ConsentText)
