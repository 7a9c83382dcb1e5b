"""Facts that protect a person, who looked at them behind the glass, findings on baskets and who let them pass.

What a person has is sealed: the code of a fact has a keyed index (HMAC over kind and code), so that it can be counted
and excluded without being read; everything said about it is one sealed record (architecture.md section 2).
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from core.care import document_models, visit_models  # noqa: F401 (tables of visits, photos and papers)
from core.kernel.columns import (
    SENSITIVE,
    LargeBinary,
    String,
    at_col,
    code_col,
    col,
    count_col,
    day_col,
    flag_col,
    owned_index,
    owned_unique,
    ref_col,
    sealed_blob,
)
from core.kernel.db import Base, FranchiseOwned, belongs_to
from core.kernel.sealed import Sealed
from core.kernel.triggers import final_once, frozen_columns, no_delete, written_once


class Finding(FranchiseOwned, Base):
    """A finding kept with its order (or, in `order_id`, its course use), with the override that passed it.

    The one table of overrides for all plugins (clinic.md 2): `reason_code`, the licence that was held at that time,
    who signed besides (`second_by`), the version of the rules' data and what the rule saw stand on the row.
    """

    __tablename__ = "finding"
    order_id: Mapped[int] = ref_col(nullable=False)
    person_id: Mapped[int | None] = ref_col()
    line_no: Mapped[int] = count_col()
    plugin: Mapped[str] = code_col(40)
    code: Mapped[str] = code_col(80)
    severity: Mapped[str] = code_col(20)
    text_sealed: Mapped[bytes | None] = sealed_blob()
    text = Sealed("text_sealed")
    override_by: Mapped[int | None] = ref_col()
    override_at: Mapped[int | None] = at_col(nullable=True)
    reason_sealed: Mapped[bytes | None] = sealed_blob()
    reason = Sealed("reason_sealed")
    reason_code: Mapped[str] = code_col(40, default="", server_default="")
    licence_kind: Mapped[str] = code_col(30, default="", server_default="")
    licence_no: Mapped[str] = code_col(60, default="", server_default="")
    data_version: Mapped[str] = code_col(40, default="", server_default="")
    second_by: Mapped[int | None] = ref_col()
    evidence_sealed: Mapped[bytes | None] = sealed_blob()
    evidence = Sealed("evidence_sealed")
    __table_args__ = (
        owned_index("ix_finding_order", "order_id"),
        owned_index("ix_finding_person", "person_id", "id"),
        owned_index("ix_finding_override", "override_at", "id"),
    )


class HealthRecord(FranchiseOwned, Base):
    """What was asked of a person: unknown, none_known (asked, nothing), listed (see the facts). S4-09.

    `version` grows with every change of any fact of the person.
    """

    __tablename__ = "health_record"
    person = belongs_to("person")
    allergy_status: Mapped[str] = col(String(12), SENSITIVE, default="unknown")
    asked_on: Mapped[date | None] = day_col(nullable=True)
    asked_by: Mapped[int | None] = ref_col()
    version: Mapped[int] = count_col(default=1)
    __table_args__ = (owned_unique("person_id"),)


class HealthFact(FranchiseOwned, Base):
    """An allergy, condition, medicine or state of a person. Never removed: it becomes refuted, resolved, stopped.

    `code` is `kind|code kind|code`; `body` the sealed rest as JSON (core/care/rules.py says what stands in it).
    `emergency`: noted without the person's consent to health data, because it protects them (PIPL art. 13 no. 4).
    `source_ref` names what brought it (a dispensing), so that the same is not noted twice.
    """

    __tablename__ = "health_fact"
    person = belongs_to("person")
    kind: Mapped[str] = code_col(12)
    code_sealed: Mapped[bytes | None] = sealed_blob()
    code_blind: Mapped[bytes | None] = col(LargeBinary, SENSITIVE, nullable=True)
    code = Sealed("code_sealed", blind="code_blind")
    status: Mapped[str] = code_col(12)
    body_sealed: Mapped[bytes | None] = sealed_blob()
    body = Sealed("body_sealed")
    emergency: Mapped[bool] = flag_col()
    source_ref: Mapped[str] = code_col(60, default="")
    noted_at: Mapped[int] = at_col()
    noted_by: Mapped[int | None] = ref_col()
    store_id: Mapped[int | None] = ref_col()
    changed_at: Mapped[int | None] = at_col(nullable=True)
    changed_by: Mapped[int | None] = ref_col()
    __table_args__ = (
        owned_index("ix_health_fact_person", "person_id", "id"),
        owned_index("ix_health_fact_code", "code_blind", "person_id"),
        owned_index("ix_health_fact_source", "source_ref"),
    )


class HealthChange(FranchiseOwned, Base):
    """What a fact was before somebody changed it: status and sealed record, who and when. Append-only."""

    __tablename__ = "health_change"
    health_fact = belongs_to("health_fact")
    at: Mapped[int] = at_col()
    staff_id: Mapped[int | None] = ref_col()
    store_id: Mapped[int | None] = ref_col()
    door: Mapped[str] = code_col(10)
    status_from: Mapped[str] = code_col(12)
    status_to: Mapped[str] = code_col(12)
    before_sealed: Mapped[bytes | None] = sealed_blob()
    before = Sealed("before_sealed")
    why_sealed: Mapped[bytes | None] = sealed_blob()
    why = Sealed("why_sealed")
    __table_args__ = (owned_index("ix_health_change_fact", "health_fact_id", "id"),)


class HealthGlass(FranchiseOwned, Base):
    """A look at one person's facts without a care relation (security C16): why, until when, what the review said.

    Final once reviewed: who read, why, and the ruling then never change.
    """

    __tablename__ = "health_glass"
    person = belongs_to("person")
    staff_id: Mapped[int] = ref_col(nullable=False)
    store_id: Mapped[int | None] = ref_col()
    reason_code: Mapped[str] = code_col(20)
    reason_sealed: Mapped[bytes | None] = sealed_blob()
    reason = Sealed("reason_sealed")
    opened_at: Mapped[int] = at_col()
    until_at: Mapped[int] = at_col()
    due_at: Mapped[int] = at_col()
    reads: Mapped[int] = count_col()
    reviewed_at: Mapped[int | None] = at_col(nullable=True)
    reviewed_by: Mapped[int | None] = ref_col()
    ruling: Mapped[str] = code_col(20, default="")
    remark_sealed: Mapped[bytes | None] = sealed_blob()
    remark = Sealed("remark_sealed")
    __table_args__ = (
        owned_index("ix_health_glass_open", "reviewed_at", "due_at", "id"),
        owned_index("ix_health_glass_reader", "staff_id", "person_id", "until_at"),
        owned_index("ix_health_glass_person", "person_id", "id"),
        CheckConstraint("reviewed_by IS NULL OR reviewed_by <> staff_id", name="not_ones_own"),
    )


written_once(Finding)
written_once(HealthChange)
no_delete("health_fact")
frozen_columns("health_fact", "kind", "noted_at", "noted_by", "emergency", "source_ref")
frozen_columns("health_glass", "staff_id", "reason_code", "opened_at", "until_at", "due_at")
final_once(HealthGlass, "reviewed_at")
