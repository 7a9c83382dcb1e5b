"""What the API tells, for the OpenAPI document: the answers are made as plain data where they are read."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields


def _text(**kw: Any) -> fields.String:
    return fields.String(required=True, **kw)


def _int(**kw: Any) -> fields.Integer:
    return fields.Integer(required=True, **kw)


def _maybe(**kw: Any) -> fields.String:
    return fields.String(required=True, allow_none=True, **kw)


def _day(*, null: bool = False) -> fields.Date:
    return fields.Date(required=True, allow_none=null)


def _at(*, null: bool = False) -> fields.DateTime:
    return fields.DateTime(required=True, allow_none=null)


def _flag() -> fields.Boolean:
    return fields.Boolean(required=True)


def _list(inner: Any) -> fields.List:
    return fields.List(inner, required=True)


def _many(schema: type[Schema]) -> fields.List:
    return fields.List(fields.Nested(schema), required=True)


def _one(schema: type[Schema], *, null: bool = False) -> fields.Nested:
    return fields.Nested(schema, required=True, allow_none=null)


class Named(Schema):
    """A franchise or store."""

    id = _text()
    code = _text()
    name = _text()


class Whoami(Schema):
    """Whom the token speaks for."""

    franchise = _one(Named)
    store = _one(Named)
    scopes = _list(fields.String())
    plugins = _list(fields.String())
    programme = _text()
    programme_version = _int()


class Tier(Schema):
    """A tier and since when it is held; `until` is the last day before the next review."""

    code = _text()
    name = _text()
    since = _day(null=True)
    until = _day(null=True)


class MemberFound(Schema):
    """A member in a list of hits."""

    id = _text()
    member_no = _text()
    name = _text()
    phone_masked = _text()
    gender = _text()
    birth_date = _day(null=True)
    tier = _one(Tier)
    version = _int()


class MembersFound(Schema):
    """Members that match, best first."""

    items = _many(MemberFound)
    next_cursor = _maybe()


class Seat(Schema):
    """A person in a household."""

    member_id = _text()
    name = _text()
    role = _text()


class Seats(Schema):
    """How many seats of a card are taken."""

    used = _int()
    total = _int()


class MemberHousehold(Schema):
    """The household of a member, and what they are in it."""

    id = _text()
    role = _text()
    members = _many(Seat)


class MemberCard(Schema):
    """A card in which a member has a seat; `valid_until` is the last usable day."""

    id = _text()
    number = _text()
    product = _text()
    status = _text()
    valid_from = _day()
    valid_until = _day(null=True)
    seats = _one(Seats)


class Expiring(Schema):
    """Points that can no longer be used from the day `on`."""

    on = _day()
    points = _int()


class Points(Schema):
    """A member's points."""

    available = _int()
    pending = _int()
    debt = _int()
    expiring = _many(Expiring)


class StoredValue(Schema):
    """A member's stored value."""

    principal_fen = _int()
    bonus_fen = _int()


class MemberCoupon(Schema):
    """A coupon that may be used for what is done to the member `for`."""

    id = _text()
    code = _text()
    name = _text()
    valid_until = _day(null=True)


MemberCoupon._declared_fields["for"] = _text()


class ConsentState(Schema):
    """The newest consent of a purpose."""

    id = _text()
    purpose = _text()
    granted = _flag()
    at = _at()


class Member(MemberFound):
    """A member with everything a till shows."""

    birth_calendar = _text()
    occupation = _text()
    contact_of = _maybe()
    tags = _list(fields.String())
    household = _one(MemberHousehold, null=True)
    referrer = _maybe()
    cards = _many(MemberCard)
    points = _one(Points)
    stored_value = _one(StoredValue)
    owed_fen = _int()
    coupons = _many(MemberCoupon)
    courses = _list(fields.Dict())
    consents = _many(ConsentState)


class Household(Schema):
    """The people who share a card."""

    id = _text()
    card_id = _text()
    seats = _one(Seats)
    members = _many(Seat)
    version = _int()


class Item(Schema):
    """An item of the catalogue."""

    code = _text()
    name = _text()
    kind = _text()
    price_fen = _int()
    category = _text()
    points_fixed = fields.Integer(required=True, allow_none=True)
    sessions = _int()
    bonus_fen = _int()
    barcode = _text()
    attributes = fields.Dict(required=True)
    sensitive = _flag()
    active = _flag()
    version = _int()


class Items(Schema):
    """A page of the catalogue."""

    items = _many(Item)
    next_cursor = _maybe()


class Stock(Schema):
    """Pieces by store id."""


class Step(Schema):
    """A change of a line's price."""

    stage = _text()
    rule = _text()
    before_fen = _int()
    after_fen = _int()
    text = _text()


class QuotedLine(Schema):
    """A priced line."""

    line = _int()
    item = _text()
    name = _text()
    qty = _int()
    for_member_id = _maybe()
    list_fen = _int()
    net_fen = _int()
    steps = _many(Step)


class Finding(Schema):
    """A safety or rule result on a basket."""

    id = _text()
    code = _text()
    severity = _text()
    line = fields.Integer(required=True, allow_none=True)
    text = _text()
    overridable_by = _list(fields.String())


class NotApplied(Schema):
    """A rule that did not work here, why, and what would make it work."""

    rule = _text()
    reason = _text()
    hint = _text()
    line = fields.Integer(required=True, allow_none=True)


class EarnPart(Schema):
    """Points of a rule on a line."""

    rule = _text()
    line = fields.Integer(required=True, allow_none=True)
    points = _int()


class Earn(Schema):
    """Points that a payment in cash would earn."""

    points = _int()
    parts = _many(EarnPart)


class Quote(Schema):
    """A kept quote; it lives 30 minutes."""

    quote_id = _text()
    expires_at = _at()
    lines = _many(QuotedLine)
    list_fen = _int()
    saved_fen = _int()
    total_fen = _int()
    points_max = _int()
    points_value_fen = _int()
    findings = _many(Finding)
    not_applied = _many(NotApplied)
    optimal = _flag()
    earn = _one(Earn)
    programme_version = _int()


class OrderLine(Schema):
    """A sold line."""

    line = _int()
    item = _text()
    name = _text()
    qty = _int()
    list_fen = _int()
    net_fen = _int()
    steps = _many(Step)
    points = _int()
    for_member_id = _maybe()
    refunded_qty = _int()
    refunded_fen = _int()


class OrderTender(Schema):
    """A payment of an order."""

    kind = _text()
    amount_fen = _int()
    points = _int()
    refunded_fen = _int()
    refunded_points = _int()


class OrderFinding(Schema):
    """A finding that went with an order, and who let it pass."""

    code = _text()
    severity = _text()
    line = fields.Integer(required=True, allow_none=True)
    text = _text()
    overridden_by = _maybe()


class RefundTender(Schema):
    """What a refund gives back of a tender."""

    kind = _text()
    amount_fen = _int()
    points = _int()


class RefundPoints(Schema):
    """Points taken back, returned, put into debt and returned with grace."""

    taken = _int()
    returned = _int()
    debt = _int()
    grace = _int()


class RefundLot(Schema):
    """A lot's movement, by the day its points end."""

    expires_on = _day(null=True)
    delta = _int()


class RefundCoupon(Schema):
    """A coupon given back, and whether it may be used again."""

    code = _text()
    line = fields.Integer(required=True, allow_none=True)
    usable = _flag()


class RefundEffects(Schema):
    """What a refund moves."""

    refund_no = _text()
    preview_id = _text()
    amount_fen = _int()
    tenders = _many(RefundTender)
    points = _one(RefundPoints)
    lots = _many(RefundLot)
    coupons = _many(RefundCoupon)
    courses = _list(fields.Dict())
    tier = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    referral = _list(fields.Dict())
    owed_fen = _int()
    effects = _list(fields.String())


class RefundedLine(Schema):
    """A refunded line."""

    line = _int()
    qty = _int()
    amount_fen = _int()


class OrderRefund(RefundEffects):
    """A refund of an order."""

    lines = _many(RefundedLine)
    reason = _text()


class Balance(Schema):
    """The payer's points after the order."""

    available = _int()
    pending = _int()
    debt = _int()


class Balances(Schema):
    """The payer's balances."""

    points = _one(Balance)


class Order(Schema):
    """An order with payments and refunds."""

    order_no = _text()
    id = _text()
    member_id = _maybe()
    state = _text()
    business_date = _day()
    booked_at = _at()
    lines = _many(OrderLine)
    list_fen = _int()
    total_fen = _int()
    paid_fen = _int()
    owed_fen = _int()
    refunded_fen = _int()
    tenders = _many(OrderTender)
    earned_points = _int()
    balances = _one(Balances)
    tier = _one(Tier, null=True)
    findings = _many(OrderFinding)
    refunds = _many(OrderRefund)
    receipt_text = _text()


class LedgerEntry(Schema):
    """A movement of value; `balance_after` is the balance of its unit."""

    transfer = _text()
    unit = _text()
    amount = _int()
    balance_after = _int()
    reason = _text()
    order_no = _maybe()
    channel = _text()
    business_date = _day()
    booked_at = _at()
    expires_on = _day(null=True)
    reverses = _maybe()


class Ledger(Schema):
    """A page of a member's ledger, newest first."""

    items = _many(LedgerEntry)
    next_cursor = _maybe()


class Proof(Schema):
    """A single-use proof of 120 seconds."""

    proof = _text()
    expires_at = _at()
