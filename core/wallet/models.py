"""Stored-value accounts, their top-ups, what was drawn from which, refunds and settlement between legal entities.

Money itself stands in the ledger alone: a top-up is one lot of principal and one of bonus. What is kept here says what
belongs to which, under which terms.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from core.kernel.columns import (
    INTERNAL,
    SECRET,
    String,
    Text,
    at_col,
    code_col,
    col,
    count_col,
    day_col,
    fen_col,
    label_col,
    owned_index,
    owned_unique,
    ref_col,
    sealed_blob,
)
from core.kernel.db import Base, FranchiseOwned, belongs_to
from core.kernel.sealed import Sealed
from core.kernel.triggers import written_once


class StoredValueAccount(FranchiseOwned, Base):
    """A person's stored value, one for each person. States: open, lost, closed (a new top-up opens it again).

    `legal_entity` is that of the store that opened it (empty: the franchise itself); `identity` the number of the
    holder's document, taken where a purchase asks for it (C1).
    """

    __tablename__ = "stored_value_account"
    person = belongs_to("person")
    state: Mapped[str] = code_col(10, default="open")
    opened_on: Mapped[date] = day_col()
    closed_on: Mapped[date | None] = day_col(nullable=True)
    legal_entity: Mapped[str] = label_col(default="")
    identity_kind: Mapped[str] = code_col(12, default="")
    identity_sealed: Mapped[bytes | None] = sealed_blob()
    identity = Sealed("identity_sealed")
    made_at: Mapped[int] = at_col()
    version: Mapped[int] = count_col(default=1)
    __table_args__ = (
        owned_unique("person_id"),
        CheckConstraint("state IN ('open', 'lost', 'closed')", name="state"),
    )


class TopUp(FranchiseOwned, Base):
    """What was paid in at once: principal, the bonus given on top, and the terms of that day.

    States: open, refunded, undone. Without an order it was brought from another system; of that one the bonus alone
    may be left.
    `draw` is how the two are drawn (pro_rata, principal_first, bonus_first); `cooling_until` the last day of the
    return without a reason; `contract_sha256` the text that was agreed to.
    """

    __tablename__ = "top_up"
    stored_value_account = belongs_to("stored_value_account")
    person_id: Mapped[int] = ref_col(nullable=False)
    item_code: Mapped[str] = code_col(40)
    order_id: Mapped[int | None] = ref_col()
    order_line_id: Mapped[int | None] = ref_col()
    principal_fen: Mapped[int] = fen_col()
    bonus_fen: Mapped[int] = fen_col()
    draw: Mapped[str] = code_col(16)
    legal_entity: Mapped[str] = label_col(default="")
    store_id: Mapped[int | None] = ref_col()
    made_on: Mapped[date] = day_col()
    cooling_until: Mapped[date] = day_col()
    bonus_expires_on: Mapped[date | None] = day_col(nullable=True)
    contract_sha256: Mapped[str] = code_col(64)
    state: Mapped[str] = code_col(10, default="open")
    made_at: Mapped[int] = at_col()
    __table_args__ = (
        owned_index("ix_top_up_account", "stored_value_account_id", "id"),
        owned_index("ix_top_up_person", "person_id", "id"),
        owned_index("ix_top_up_line", "order_line_id"),
        CheckConstraint("principal_fen >= 0 AND bonus_fen >= 0 AND principal_fen + bonus_fen > 0", name="amounts"),
    )


class StoredValueSpend(FranchiseOwned, Base):
    """A payment with stored value: how much of which kind, confirmed how, served by whom. Append-only.

    `order_list_fen` of `order_total_fen` is the list price of what it paid for, as of the day of sale (S17).
    """

    __tablename__ = "stored_value_spend"
    stored_value_account = belongs_to("stored_value_account")
    person_id: Mapped[int] = ref_col(nullable=False)
    order_id: Mapped[int] = ref_col(nullable=False)
    principal_fen: Mapped[int] = fen_col()
    bonus_fen: Mapped[int] = fen_col()
    order_list_fen: Mapped[int] = fen_col()
    order_total_fen: Mapped[int] = fen_col()
    method: Mapped[str] = code_col(20, default="")
    evidence_sealed: Mapped[bytes | None] = sealed_blob()
    evidence = Sealed("evidence_sealed")
    legal_entity: Mapped[str] = label_col(default="")
    store_id: Mapped[int | None] = ref_col()
    staff_id: Mapped[int | None] = ref_col()
    business_on: Mapped[date] = day_col()
    booked_at: Mapped[int] = at_col()
    door: Mapped[str] = code_col(10)
    __table_args__ = (
        owned_index("ix_stored_value_spend_order", "order_id"),
        owned_index("ix_stored_value_spend_account", "stored_value_account_id", "id"),
        CheckConstraint("principal_fen >= 0 AND bonus_fen >= 0 AND principal_fen + bonus_fen > 0", name="amounts"),
    )


class StoredValueDraw(FranchiseOwned, Base):
    """What a payment drew from one top-up, and the two transfers that did it. Append-only."""

    __tablename__ = "stored_value_draw"
    stored_value_spend = belongs_to("stored_value_spend")
    top_up = belongs_to("top_up")
    principal_fen: Mapped[int] = fen_col()
    bonus_fen: Mapped[int] = fen_col()
    principal_transfer_id: Mapped[int | None] = ref_col()
    bonus_transfer_id: Mapped[int | None] = ref_col()
    __table_args__ = (
        owned_unique("stored_value_spend_id", "top_up_id"),
        owned_index("ix_stored_value_draw_top_up", "top_up_id"),
        owned_index("ix_stored_value_draw_bonus", "bonus_transfer_id"),
        CheckConstraint("principal_fen >= 0 AND bonus_fen >= 0 AND principal_fen + bonus_fen > 0", name="amounts"),
    )


class TopUpRefund(FranchiseOwned, Base):
    """How a top-up was given back: the formula chosen, all it was computed from, what came out. Append-only.

    A payment that is refunded later puts value back into it, which may be given back in its turn.
    `refund_id` is the refund of the order that sold it, the document's own id where it was brought along (no order).
    `left_*` went out of the account: `result_fen` to the holder, `kept_fen` of the principal stayed as consumed.
    """

    __tablename__ = "top_up_refund"
    top_up = belongs_to("top_up")
    refund_id: Mapped[int] = ref_col(nullable=False)
    formula: Mapped[str] = code_col(16)
    law_version: Mapped[str] = code_col(20)
    drawn_principal_fen: Mapped[int] = fen_col()
    drawn_bonus_fen: Mapped[int] = fen_col()
    consumed_list_fen: Mapped[int] = fen_col()
    left_principal_fen: Mapped[int] = fen_col()
    left_bonus_fen: Mapped[int] = fen_col()
    result_fen: Mapped[int] = fen_col()
    kept_fen: Mapped[int] = fen_col()
    payout: Mapped[str] = code_col(20, default="")
    reference_sealed: Mapped[bytes | None] = sealed_blob()
    reference = Sealed("reference_sealed")
    business_on: Mapped[date] = day_col()
    booked_at: Mapped[int] = at_col()
    __table_args__ = (
        owned_index("ix_top_up_refund_top_up", "top_up_id"),
        owned_index("ix_top_up_refund_refund", "refund_id"),
        CheckConstraint("result_fen >= 0 AND kept_fen >= 0", name="results"),
        CheckConstraint("result_fen + kept_fen = left_principal_fen", name="adds_up"),
    )


class SettlementLine(FranchiseOwned, Base):
    """What one legal entity owes another: value that `issuing` sold was used at a store of `serving`. Append-only.

    A refund gives it back with the other sign. Empty names are the franchise itself.
    """

    __tablename__ = "settlement_line"
    issuing: Mapped[str] = label_col(default="")
    serving: Mapped[str] = label_col(default="")
    store_id: Mapped[int | None] = ref_col()
    source_kind: Mapped[str] = code_col(20)
    source_id: Mapped[int] = ref_col(nullable=False)
    top_up_id: Mapped[int | None] = ref_col()
    principal_fen: Mapped[int] = fen_col()
    bonus_fen: Mapped[int] = fen_col()
    month: Mapped[str] = code_col(7)
    business_on: Mapped[date] = day_col()
    booked_at: Mapped[int] = at_col()
    __table_args__ = (
        owned_index("ix_settlement_line_pair", "month", "issuing", "serving"),
        owned_index("ix_settlement_line_source", "source_kind", "source_id"),
        CheckConstraint("issuing <> serving", name="pair"),
    )


class MemberPin(FranchiseOwned, Base):
    """A member's own PIN for payments with stored value: an argon2id hash of the peppered digits."""

    __tablename__ = "member_pin"
    person = belongs_to("person")
    pin_hash: Mapped[str] = col(String(200), SECRET)
    set_by: Mapped[int | None] = ref_col()
    set_at: Mapped[int] = at_col()
    __table_args__ = (owned_unique("person_id"),)


class StoredContract(FranchiseOwned, Base):
    """A text that buyers of stored value agreed to, kept as it was (C3). Append-only."""

    __tablename__ = "stored_contract"
    sha256: Mapped[str] = code_col(64)
    body: Mapped[str] = col(Text, INTERNAL)
    made_at: Mapped[int] = at_col()
    __table_args__ = (owned_unique("sha256"),)


for _table in (StoredValueSpend, StoredValueDraw, TopUpRefund, SettlementLine, StoredContract):
    written_once(_table)
