"""Quotes, orders, lines, tenders, the line × tender matrix, refunds."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, text
from sqlalchemy.orm import Mapped

from core.kernel.columns import (
    INTERNAL,
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


class StoredQuote(FranchiseOwned, Base):
    """A quote kept at 收款 or by the API: request and answer sealed, digest plain; lives 30 minutes."""

    __tablename__ = "stored_quote"
    person_id: Mapped[int | None] = ref_col()
    store_id: Mapped[int] = ref_col(nullable=False)
    staff_id: Mapped[int | None] = ref_col()
    digest: Mapped[str] = code_col(64)
    request_sealed: Mapped[bytes | None] = sealed_blob()
    request = Sealed("request_sealed")
    findings_sealed: Mapped[bytes | None] = sealed_blob()
    findings = Sealed("findings_sealed")
    expires_at: Mapped[int] = at_col()
    made_at: Mapped[int] = at_col()
    order_id: Mapped[int | None] = ref_col()
    __table_args__ = (owned_index("ix_stored_quote_expiry", "expires_at"),)


class Orders(FranchiseOwned, Base):
    """An order: what was sold to whom, by whom, at which price, under which programme version.

    `paid_fen` is what was received in all, `owed_fen` what is still to be paid. States: paid, open (something is
    owed), part_refunded, refunded.
    """

    __tablename__ = "orders"
    order_no: Mapped[str] = code_col(30)
    person_id: Mapped[int | None] = ref_col()
    store = belongs_to("store")
    staff_id: Mapped[int | None] = ref_col()
    list_fen: Mapped[int] = fen_col()
    total_fen: Mapped[int] = fen_col()
    paid_fen: Mapped[int] = fen_col()
    owed_fen: Mapped[int] = fen_col(server_default="0")
    refunded_fen: Mapped[int] = fen_col()
    earned_points: Mapped[int] = count_col()
    state: Mapped[str] = code_col(16, default="paid")
    tier_before: Mapped[str] = code_col(40, default="")
    programme_number: Mapped[int] = count_col()
    business_on: Mapped[date] = day_col()
    booked_at: Mapped[int] = at_col()
    door: Mapped[str] = code_col(10)
    quote_id: Mapped[int | None] = ref_col()
    facts_sealed: Mapped[bytes | None] = sealed_blob()
    facts = Sealed("facts_sealed")
    version: Mapped[int] = count_col(default=1)
    invoice_state: Mapped[str] = code_col(12, default="none", server_default="none")
    __table_args__ = (
        owned_unique("order_no"),
        owned_index(
            "ix_orders_invoice",
            "invoice_state",
            "id",
            sqlite_where=text("invoice_state <> 'none'"),
            postgresql_where=text("invoice_state <> 'none'"),
        ),
        owned_unique("quote_id"),
        owned_index("ix_orders_person", "person_id", "id"),
        owned_index("ix_orders_day", "business_on", "id"),
        owned_index("ix_orders_store", "store_id", "id"),
        owned_index(
            "ix_orders_unusual",
            "state",
            "id",
            sqlite_where=text("state <> 'paid'"),
            postgresql_where=text("state <> 'paid'"),
        ),
        owned_index(
            "ix_orders_owed",
            "person_id",
            "id",
            sqlite_where=text("owed_fen > 0"),
            postgresql_where=text("owed_fen > 0"),
        ),
        CheckConstraint("refunded_fen >= 0 AND refunded_fen <= paid_fen", name="refunded"),
        CheckConstraint("paid_fen >= 0 AND paid_fen <= total_fen", name="paid"),
    )


class OrderLine(FranchiseOwned, Base):
    """A line of an order. `detail` is JSON: price steps and earn parts, as the receipt explains them.

    `owed_fen` is still to be paid; `released_fen` was owed for what was given back, and is owed no more.
    """

    __tablename__ = "order_line"
    orders = belongs_to("orders")
    person_id: Mapped[int | None] = ref_col()
    for_person_id: Mapped[int | None] = ref_col()
    line_no: Mapped[int] = count_col()
    item_id: Mapped[int] = ref_col(nullable=False)
    item_code: Mapped[str] = code_col(40)
    category: Mapped[str] = label_col(40, default="")
    kind: Mapped[str] = code_col(10)
    name_sealed: Mapped[bytes | None] = sealed_blob()
    name = Sealed("name_sealed")
    qty: Mapped[int] = count_col()
    list_fen: Mapped[int] = fen_col()
    net_fen: Mapped[int] = fen_col()
    points: Mapped[int] = count_col()
    performer_id: Mapped[int | None] = ref_col()
    seller_id: Mapped[int | None] = ref_col()
    detail: Mapped[str] = col(Text, INTERNAL, default="{}")
    refunded_qty: Mapped[int] = count_col()
    refunded_fen: Mapped[int] = fen_col()
    owed_fen: Mapped[int] = fen_col(server_default="0")
    released_fen: Mapped[int] = fen_col(server_default="0")
    __table_args__ = (
        owned_unique("orders_id", "line_no"),
        owned_index("ix_order_line_person", "for_person_id", "id"),
        CheckConstraint("qty > 0", name="qty"),
        CheckConstraint("net_fen >= 0 AND net_fen <= list_fen", name="net"),
        CheckConstraint("refunded_qty >= 0 AND refunded_qty <= qty", name="refunded_qty"),
        CheckConstraint("refunded_fen >= 0 AND refunded_fen <= net_fen", name="refunded_fen"),
    )


class Tender(FranchiseOwned, Base):
    """How a part of an order was paid: at the sale, or (`payment`) later."""

    __tablename__ = "tender"
    orders = belongs_to("orders")
    payment = belongs_to("payment", nullable=True)
    person_id: Mapped[int | None] = ref_col()
    number: Mapped[int] = count_col()
    kind: Mapped[str] = code_col(30)
    amount_fen: Mapped[int] = fen_col()
    points: Mapped[int] = count_col()
    refunded_fen: Mapped[int] = fen_col()
    refunded_points: Mapped[int] = count_col()
    reference_sealed: Mapped[bytes | None] = sealed_blob()
    reference = Sealed("reference_sealed")
    booked_at: Mapped[int] = at_col()
    __table_args__ = (
        owned_unique("orders_id", "number"),
        CheckConstraint("amount_fen >= 0", name="amount"),
        CheckConstraint("refunded_fen >= 0 AND refunded_fen <= amount_fen", name="refunded"),
        CheckConstraint("refunded_points >= 0 AND refunded_points <= points", name="refunded_points"),
    )


class Payment(FranchiseOwned, Base):
    """A later payment of an order that was left open: its tenders carry the ways to pay (B53). Append-only."""

    __tablename__ = "payment"
    orders = belongs_to("orders")
    number: Mapped[int] = count_col()
    person_id: Mapped[int | None] = ref_col()
    store_id: Mapped[int | None] = ref_col()
    staff_id: Mapped[int | None] = ref_col()
    amount_fen: Mapped[int] = fen_col()
    points: Mapped[int] = count_col()
    business_on: Mapped[date] = day_col()
    booked_at: Mapped[int] = at_col()
    door: Mapped[str] = code_col(10)
    __table_args__ = (owned_unique("orders_id", "number"), CheckConstraint("amount_fen > 0", name="amount"))


class LineTender(FranchiseOwned, Base):
    """One cell of the line × tender matrix: rows add up to what lines received, columns to tenders (S3, I22).

    `units_left` is what was left of the line when it was paid (pieces, of a course fen); 0: all of it.
    """

    __tablename__ = "line_tender"
    order_line = belongs_to("order_line")
    tender = belongs_to("tender")
    amount_fen: Mapped[int] = fen_col()
    units_left: Mapped[int] = count_col(server_default="0")
    __table_args__ = (owned_unique("order_line_id", "tender_id"),)


class Refund(FranchiseOwned, Base):
    """A refund of lines. `effects` is sealed JSON: what it moved, as the preview showed it. Append-only."""

    __tablename__ = "refund"
    orders = belongs_to("orders")
    refund_no: Mapped[str] = code_col(30)
    person_id: Mapped[int | None] = ref_col()
    store_id: Mapped[int | None] = ref_col()
    staff_id: Mapped[int | None] = ref_col()
    amount_fen: Mapped[int] = fen_col()
    points_taken: Mapped[int] = count_col()
    points_returned: Mapped[int] = count_col()
    reason_sealed: Mapped[bytes | None] = sealed_blob()
    reason = Sealed("reason_sealed")
    effects_sealed: Mapped[bytes | None] = sealed_blob()
    effects = Sealed("effects_sealed")
    business_on: Mapped[date] = day_col()
    booked_at: Mapped[int] = at_col()
    door: Mapped[str] = code_col(10)
    __table_args__ = (owned_unique("refund_no"), owned_index("ix_refund_orders", "orders_id"))


class RefundLine(FranchiseOwned, Base):
    """A line of a refund: pieces (of a course: those touched), sessions and money given back. Append-only."""

    __tablename__ = "refund_line"
    refund = belongs_to("refund")
    order_line = belongs_to("order_line")
    qty: Mapped[int] = count_col()
    amount_fen: Mapped[int] = fen_col()
    sessions: Mapped[int] = count_col(server_default="0")
    released_fen: Mapped[int] = fen_col(server_default="0")
    __table_args__ = (owned_unique("refund_id", "order_line_id"), CheckConstraint("qty > 0", name="qty"))


class OrderInvoice(FranchiseOwned, Base):
    """An invoice of an order as it was asked for and issued elsewhere; the last of an order (`seq`) counts.

    States: requested, issued, needs_red (a part was refunded), voided (all of it was), withdrawn. `amount_fen` is what
    it is or will be about, `red_fen` what was taken back by red letters, `red_due_fen` what still has to be.
    """

    __tablename__ = "order_invoice"
    orders = belongs_to("orders")
    seq: Mapped[int] = count_col(default=1)
    person_id: Mapped[int | None] = ref_col()
    state: Mapped[str] = code_col(12)
    amount_fen: Mapped[int] = fen_col()
    red_fen: Mapped[int] = fen_col()
    red_due_fen: Mapped[int] = fen_col()
    invoice_no: Mapped[str] = code_col(40, default="")
    issued_on: Mapped[date | None] = day_col(nullable=True)
    red_no: Mapped[str] = code_col(40, default="")
    red_on: Mapped[date | None] = day_col(nullable=True)
    title_sealed: Mapped[bytes | None] = sealed_blob()
    title = Sealed("title_sealed")
    taxpayer_sealed: Mapped[bytes | None] = sealed_blob()
    taxpayer = Sealed("taxpayer_sealed")
    staff_id: Mapped[int | None] = ref_col()
    asked_at: Mapped[int] = at_col()
    changed_at: Mapped[int] = at_col()
    __table_args__ = (
        owned_unique("orders_id", "seq"),
        CheckConstraint("red_fen >= 0 AND red_due_fen >= 0 AND red_fen + red_due_fen <= amount_fen", name="red"),
    )


class CardSaving(FranchiseOwned, Base):
    """What a card took off a line, fen: by its coupons and its percentage. Append-only; refunds count at reading.

    `card_id` points to the card through which the person treated paid less.
    """

    __tablename__ = "card_saving"
    order_line = belongs_to("order_line")
    card_id: Mapped[int] = ref_col(nullable=False)
    saved_fen: Mapped[int] = fen_col()
    saved_on: Mapped[date] = day_col()
    __table_args__ = (
        owned_unique("order_line_id", "card_id"),
        owned_index("ix_card_saving_card", "card_id", "id"),
        CheckConstraint("saved_fen > 0", name="saved"),
    )


class TillEntry(FranchiseOwned, Base):
    """Money that came (positive) or went by one way to pay, with whom, where and in which shift. Append-only.

    `shift_id` points into the cash room, which stands above: no foreign key. Points are no money and not here.
    """

    __tablename__ = "till_entry"
    store_id: Mapped[int | None] = ref_col()
    staff_id: Mapped[int | None] = ref_col()
    shift_id: Mapped[int | None] = ref_col()
    kind: Mapped[str] = code_col(30)
    amount_fen: Mapped[int] = fen_col()
    source_kind: Mapped[str] = code_col(10)
    source_id: Mapped[int] = ref_col(nullable=False)
    business_on: Mapped[date] = day_col()
    booked_at: Mapped[int] = at_col()
    __table_args__ = (
        owned_index("ix_till_entry_day", "store_id", "business_on", "kind"),
        owned_index("ix_till_entry_shift", "shift_id", "kind"),
        owned_index("ix_till_entry_source", "source_kind", "source_id"),
        CheckConstraint("amount_fen <> 0", name="amount"),
    )


class Replay(FranchiseOwned, Base):
    """Orders of some days priced again under a draft, slice by slice. States: waiting, running, done, failed.

    `document` is the draft as it was (its hash tells whether it still is); `person_at` and `order_at` say how far
    the members and the sales without a member are; `result` is the JSON of core/orders/replay.py: Sums.
    """

    __tablename__ = "replay"
    sha256: Mapped[str] = code_col(64)
    base_number: Mapped[int] = count_col()
    document: Mapped[str] = col(Text, INTERNAL)
    since_on: Mapped[date] = day_col()
    until_on: Mapped[date] = day_col()
    state: Mapped[str] = code_col(10, default="waiting")
    orders: Mapped[int] = count_col()
    seen: Mapped[int] = count_col()
    person_at: Mapped[int] = count_col()
    order_at: Mapped[int] = count_col()
    result: Mapped[str] = col(Text, INTERNAL, default="{}")
    made_by: Mapped[int | None] = ref_col()
    made_at: Mapped[int] = at_col()
    ended_at: Mapped[int | None] = at_col(nullable=True)
    __table_args__ = (owned_index("ix_replay_made", "made_at", "id"), owned_index("ix_replay_state", "state", "id"))


written_once(CardSaving)
written_once(LineTender)
written_once(Payment)
written_once(Refund)
written_once(RefundLine)
written_once(TillEntry)
