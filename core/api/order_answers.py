"""What the API tells of quotes, orders, refunds and the ledger, for the OpenAPI document."""

from __future__ import annotations

from marshmallow import Schema, fields

from core.api import answer_fields as tell
from core.api.answers import Course, StoredValue, Tier


class Step(Schema):
    """A change of a line's price."""

    stage = tell.text()
    rule = tell.text()
    before_fen = tell.whole()
    after_fen = tell.whole()
    text = tell.text()


class QuotedStep(Step):
    """A step of a quote; `reason` is what was given for an overridden price, else empty."""

    reason = tell.text()


class QuotedLine(Schema):
    """A priced line."""

    line = tell.whole()
    item = tell.text()
    name = tell.text()
    qty = tell.whole()
    for_member_id = tell.maybe()
    list_fen = tell.whole()
    net_fen = tell.whole()
    steps = tell.many(QuotedStep)


class Finding(Schema):
    """A safety or rule result on a basket."""

    id = tell.text()
    code = tell.text()
    severity = tell.text()
    line = fields.Integer(required=True, allow_none=True)
    text = tell.text()
    overridable_by = tell.several(fields.String())


class NotApplied(Schema):
    """A rule that did not work here, why, and what would make it work."""

    rule = tell.text()
    reason = tell.text()
    hint = tell.text()
    line = fields.Integer(required=True, allow_none=True)


class EarnPart(Schema):
    """Points of a rule on a line."""

    rule = tell.text()
    line = fields.Integer(required=True, allow_none=True)
    points = tell.whole()


class Earn(Schema):
    """Points that a payment in cash would earn."""

    points = tell.whole()
    parts = tell.many(EarnPart)


class Quote(Schema):
    """A kept quote; it lives 30 minutes."""

    quote_id = tell.text()
    expires_at = tell.instant()
    lines = tell.many(QuotedLine)
    list_fen = tell.whole()
    saved_fen = tell.whole()
    total_fen = tell.whole()
    points_max = tell.whole()
    points_value_fen = tell.whole()
    findings = tell.many(Finding)
    not_applied = tell.many(NotApplied)
    optimal = tell.flag()
    earn = tell.one(Earn)
    programme_version = tell.whole()


class OrderLine(Schema):
    """A sold line."""

    line = tell.whole()
    item = tell.text()
    name = tell.text()
    qty = tell.whole()
    list_fen = tell.whole()
    net_fen = tell.whole()
    steps = tell.many(Step)
    points = tell.whole()
    for_member_id = tell.maybe()
    refunded_qty = tell.whole()
    refunded_fen = tell.whole()
    owed_fen = tell.whole()


class OrderTender(Schema):
    """A payment of an order."""

    kind = tell.text()
    amount_fen = tell.whole()
    points = tell.whole()
    refunded_fen = tell.whole()
    refunded_points = tell.whole()
    payment = fields.Integer(required=True, allow_none=True)
    principal_fen = fields.Integer(metadata={"description": "of stored_value: its share of principal"})
    bonus_fen = fields.Integer(metadata={"description": "of stored_value: its share of bonus, which earns nothing"})


class OrderPayment(Schema):
    """A payment that came after the sale; its tenders carry its number."""

    payment = tell.whole()
    amount_fen = tell.whole()
    points = tell.whole()
    business_date = tell.day()
    booked_at = tell.instant()


class OrderFinding(Schema):
    """A finding that went with an order, and who let it pass."""

    code = tell.text()
    severity = tell.text()
    line = fields.Integer(required=True, allow_none=True)
    text = tell.text()
    overridden_by = tell.maybe()


class RefundTender(Schema):
    """What a refund gives back of a tender."""

    kind = tell.text()
    amount_fen = tell.whole()
    points = tell.whole()
    principal_fen = fields.Integer(metadata={"description": "of stored_value: what goes back to principal"})
    bonus_fen = fields.Integer(metadata={"description": "of stored_value: what goes back to bonus"})
    route = fields.String(metadata={"description": "same, cash, bank or manual, as the tender list says"})
    paid_by = fields.String(metadata={"description": "the way to pay that the till counts it as"})


class FormulaResult(Schema):
    """What a lawful formula comes to, where it is written, and whether it may be chosen now."""

    formula = tell.text()
    amount_fen = tell.whole()
    allowed = tell.flag()
    source = tell.text()


class RefundedTopUp(Schema):
    """A top-up that goes back: what it was computed from, the formula taken, every formula beside it.

    `principal_fen`, `bonus_fen` leave the account; of the principal `kept_fen` stays with the house as consumed.
    """

    line = tell.whole()
    top_up_id = tell.text()
    formula = tell.text()
    amount_fen = tell.whole()
    paid_fen = tell.whole()
    given_fen = tell.whole()
    consumed_fen = tell.whole()
    consumed_list_fen = tell.whole()
    principal_fen = tell.whole()
    bonus_fen = tell.whole()
    kept_fen = tell.whole()
    cooling_until = tell.day()
    formulas = tell.many(FormulaResult)


class TopUpBack(RefundedTopUp):
    """A top-up that was brought along and goes back; `preview_id` names this very outcome."""

    class Meta:
        """It has no line: no order sold it."""

        exclude = ("line",)

    preview_id = tell.text()


class RefundStoredValue(Schema):
    """What a refund does with stored value: top-ups given back, payments returned to their lots."""

    top_ups = tell.many(RefundedTopUp)
    returned = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


class RefundPoints(Schema):
    """Points taken back, returned, put into debt and returned with grace."""

    taken = tell.whole()
    returned = tell.whole()
    debt = tell.whole()
    grace = tell.whole()


class RefundLot(Schema):
    """A lot's movement, by the day its points end."""

    expires_on = tell.day(null=True)
    delta = tell.whole()


class RefundCoupon(Schema):
    """A coupon given back, and whether it may be used again."""

    code = tell.text()
    line = fields.Integer(required=True, allow_none=True)
    usable = tell.flag()


class RefundedCourse(Schema):
    """Sessions of a course that were not used and go back (`used` ones stay); `returned` ones had paid for a line."""

    course_id = tell.text()
    line = tell.whole()
    item = tell.text()
    sessions = tell.whole()
    used = tell.whole()
    returned = tell.whole()
    remaining = tell.whole()
    amount_fen = tell.whole()


class RefundEffects(Schema):
    """What a refund moves."""

    refund_no = tell.text()
    preview_id = tell.text()
    amount_fen = tell.whole()
    tenders = tell.many(RefundTender)
    points = tell.one(RefundPoints)
    lots = tell.many(RefundLot)
    coupons = tell.many(RefundCoupon)
    courses = tell.many(RefundedCourse)
    stored_value = tell.one(RefundStoredValue)
    tier = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    referral = tell.several(fields.Dict())
    released_fen = tell.whole()
    owed_fen = tell.whole()
    effects = tell.several(fields.String())


class RefundedLine(Schema):
    """A refunded line."""

    line = tell.whole()
    qty = tell.whole()
    amount_fen = tell.whole()


class OrderRefund(RefundEffects):
    """A refund of an order."""

    lines = tell.many(RefundedLine)
    reason = tell.text()


class Balance(Schema):
    """The payer's points after the order."""

    available = tell.whole()
    pending = tell.whole()
    debt = tell.whole()


class Balances(Schema):
    """The payer's balances."""

    points = tell.one(Balance)
    stored_value = tell.one(StoredValue)


class Invoice(Schema):
    """An order's invoice: none, requested, issued, needs_red (a part was refunded), voided (all of it was)."""

    state = tell.text()
    amount_fen = tell.whole()
    title = tell.maybe()
    taxpayer_id = tell.maybe()
    number = tell.maybe()
    issued_on = fields.Date(required=True, allow_none=True)
    red_due_fen = tell.whole()
    red_number = tell.maybe()


class Order(Schema):
    """An order with payments and refunds."""

    order_no = tell.text()
    id = tell.text()
    member_id = tell.maybe()
    state = tell.text()
    business_date = tell.day()
    booked_at = tell.instant()
    lines = tell.many(OrderLine)
    list_fen = tell.whole()
    total_fen = tell.whole()
    paid_fen = tell.whole()
    owed_fen = tell.whole()
    refunded_fen = tell.whole()
    tenders = tell.many(OrderTender)
    payments = tell.many(OrderPayment)
    opens_drawer = tell.flag()
    invoice = tell.one(Invoice)
    earned_points = tell.whole()
    balances = tell.one(Balances)
    tier = tell.one(Tier, null=True)
    findings = tell.many(OrderFinding)
    refunds = tell.many(OrderRefund)
    courses = tell.many(Course)
    receipt_text = tell.text()


class LedgerEntry(Schema):
    """A movement of value; `balance_after` is the balance of its unit."""

    transfer = tell.text()
    unit = tell.text()
    amount = tell.whole()
    balance_after = tell.whole()
    reason = tell.text()
    order_no = tell.maybe()
    channel = tell.text()
    business_date = tell.day()
    booked_at = tell.instant()
    expires_on = tell.day(null=True)
    reverses = tell.maybe()


class Ledger(Schema):
    """A page of a member's ledger, newest first."""

    items = tell.many(LedgerEntry)
    next_cursor = tell.maybe()


class ApprovalRow(Schema):
    """A line of what is asked for, in words."""

    label = tell.text()
    value = tell.text()


class Failure(Schema):
    """Why an approved request was not done."""

    code = tell.text()
    detail = tell.text()


class Approval(Schema):
    """A request that wants a second person. States: asked, approved, executed, refused, withdrawn, expired, failed.

    `id` is null where one person sufficed: the adjustment is done.
    """

    id = tell.maybe()
    kind = tell.text()
    state = tell.text()
    member_id = tell.maybe()
    payload_sha256 = tell.maybe()
    asked_by = tell.maybe()
    decided_by = tell.maybe()
    expires_at = tell.instant(null=True)
    summary = tell.many(ApprovalRow)
    failure = tell.one(Failure, null=True)


class Shift(Schema):
    """A shift; what was expected in the drawer is told once it is closed. States: open, closed.

    `difference_fen` is counted less expected.
    """

    id = tell.text()
    store_id = tell.text()
    staff = tell.maybe()
    state = tell.text()
    business_date = tell.day()
    opened_at = tell.instant()
    float_fen = tell.whole()
    closed_at = tell.instant(null=True)
    expected_fen = tell.whole(allow_none=True)
    counted_fen = tell.whole(allow_none=True)
    difference_fen = tell.whole(allow_none=True)
    reason = tell.text()
    version = tell.whole()


class Proof(Schema):
    """A single-use proof of 120 seconds."""

    proof = tell.text()
    expires_at = tell.instant()


class Reward(Schema):
    """A reward of the programme in force; for a member also whether it can be had, and the points that are missing."""

    code = tell.text()
    name = tell.text()
    kind = tell.text()
    points = tell.whole()
    cash_fen = tell.whole()
    stock = fields.Integer(metadata={"description": "of goods: counted pieces of the token's store"})
    valid_from = fields.Date()
    state = fields.String(metadata={"description": "can, lacks, debt, no_stock, forbidden, not_yet or broken"})
    gap = fields.Integer(metadata={"description": "points that are missing"})
    reason = fields.String(metadata={"description": "why it cannot be had"})


class Rewards(Schema):
    """The catalogue of rewards."""

    items = tell.many(Reward)
    next_cursor = tell.maybe()


class RedeemedCoupon(Schema):
    """A coupon that a redemption gave."""

    id = tell.text()
    code = tell.text()
    name = tell.text()
    valid_from = tell.day()
    valid_until = tell.day(null=True)
    state = tell.text()


class RedeemedCourse(Schema):
    """A course that a redemption gave."""

    id = tell.text()
    item = tell.text()
    remaining = tell.whole()
    total = tell.whole()


class Redemption(Schema):
    """A redemption as it stands; `state` is reserved, confirmed, fulfilled, cancelled or expired."""

    id = tell.text()
    member_id = tell.text()
    reward = tell.text()
    name = tell.text()
    kind = tell.text()
    qty = tell.whole()
    points = tell.whole()
    cash_fen = tell.whole()
    state = tell.text()
    reserved_until = tell.instant(null=True)
    order_no = tell.maybe()
    business_date = tell.day()
    programme_version = tell.whole()
    coupons = tell.many(RedeemedCoupon)
    courses = tell.many(RedeemedCourse)
    balances = tell.one(Balances)
