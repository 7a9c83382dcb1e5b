"""What the API tells of quotes, orders, refunds and the ledger, for the OpenAPI document."""

from __future__ import annotations

from marshmallow import Schema, fields

from core.api.answer_fields import day, flag, instant, many, maybe, one, several, text, whole
from core.api.answers import Tier


class Step(Schema):
    """A change of a line's price."""

    stage = text()
    rule = text()
    before_fen = whole()
    after_fen = whole()
    text = text()


class QuotedLine(Schema):
    """A priced line."""

    line = whole()
    item = text()
    name = text()
    qty = whole()
    for_member_id = maybe()
    list_fen = whole()
    net_fen = whole()
    steps = many(Step)


class Finding(Schema):
    """A safety or rule result on a basket."""

    id = text()
    code = text()
    severity = text()
    line = fields.Integer(required=True, allow_none=True)
    text = text()
    overridable_by = several(fields.String())


class NotApplied(Schema):
    """A rule that did not work here, why, and what would make it work."""

    rule = text()
    reason = text()
    hint = text()
    line = fields.Integer(required=True, allow_none=True)


class EarnPart(Schema):
    """Points of a rule on a line."""

    rule = text()
    line = fields.Integer(required=True, allow_none=True)
    points = whole()


class Earn(Schema):
    """Points that a payment in cash would earn."""

    points = whole()
    parts = many(EarnPart)


class Quote(Schema):
    """A kept quote; it lives 30 minutes."""

    quote_id = text()
    expires_at = instant()
    lines = many(QuotedLine)
    list_fen = whole()
    saved_fen = whole()
    total_fen = whole()
    points_max = whole()
    points_value_fen = whole()
    findings = many(Finding)
    not_applied = many(NotApplied)
    optimal = flag()
    earn = one(Earn)
    programme_version = whole()


class OrderLine(Schema):
    """A sold line."""

    line = whole()
    item = text()
    name = text()
    qty = whole()
    list_fen = whole()
    net_fen = whole()
    steps = many(Step)
    points = whole()
    for_member_id = maybe()
    refunded_qty = whole()
    refunded_fen = whole()


class OrderTender(Schema):
    """A payment of an order."""

    kind = text()
    amount_fen = whole()
    points = whole()
    refunded_fen = whole()
    refunded_points = whole()


class OrderFinding(Schema):
    """A finding that went with an order, and who let it pass."""

    code = text()
    severity = text()
    line = fields.Integer(required=True, allow_none=True)
    text = text()
    overridden_by = maybe()


class RefundTender(Schema):
    """What a refund gives back of a tender."""

    kind = text()
    amount_fen = whole()
    points = whole()


class RefundPoints(Schema):
    """Points taken back, returned, put into debt and returned with grace."""

    taken = whole()
    returned = whole()
    debt = whole()
    grace = whole()


class RefundLot(Schema):
    """A lot's movement, by the day its points end."""

    expires_on = day(null=True)
    delta = whole()


class RefundCoupon(Schema):
    """A coupon given back, and whether it may be used again."""

    code = text()
    line = fields.Integer(required=True, allow_none=True)
    usable = flag()


class RefundEffects(Schema):
    """What a refund moves."""

    refund_no = text()
    preview_id = text()
    amount_fen = whole()
    tenders = many(RefundTender)
    points = one(RefundPoints)
    lots = many(RefundLot)
    coupons = many(RefundCoupon)
    courses = several(fields.Dict())
    tier = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    referral = several(fields.Dict())
    owed_fen = whole()
    effects = several(fields.String())


class RefundedLine(Schema):
    """A refunded line."""

    line = whole()
    qty = whole()
    amount_fen = whole()


class OrderRefund(RefundEffects):
    """A refund of an order."""

    lines = many(RefundedLine)
    reason = text()


class Balance(Schema):
    """The payer's points after the order."""

    available = whole()
    pending = whole()
    debt = whole()


class Balances(Schema):
    """The payer's balances."""

    points = one(Balance)


class Order(Schema):
    """An order with payments and refunds."""

    order_no = text()
    id = text()
    member_id = maybe()
    state = text()
    business_date = day()
    booked_at = instant()
    lines = many(OrderLine)
    list_fen = whole()
    total_fen = whole()
    paid_fen = whole()
    owed_fen = whole()
    refunded_fen = whole()
    tenders = many(OrderTender)
    earned_points = whole()
    balances = one(Balances)
    tier = one(Tier, null=True)
    findings = many(OrderFinding)
    refunds = many(OrderRefund)
    receipt_text = text()


class LedgerEntry(Schema):
    """A movement of value; `balance_after` is the balance of its unit."""

    transfer = text()
    unit = text()
    amount = whole()
    balance_after = whole()
    reason = text()
    order_no = maybe()
    channel = text()
    business_date = day()
    booked_at = instant()
    expires_on = day(null=True)
    reverses = maybe()


class Ledger(Schema):
    """A page of a member's ledger, newest first."""

    items = many(LedgerEntry)
    next_cursor = maybe()


class Proof(Schema):
    """A single-use proof of 120 seconds."""

    proof = text()
    expires_at = instant()
