"""What the API tells of tokens, members and the catalogue, for the OpenAPI document: answers are plain data."""

from __future__ import annotations

from marshmallow import Schema, fields

from core.api import answer_fields as tell


class Named(Schema):
    """A franchise or store."""

    id = tell.text()
    code = tell.text()
    name = tell.text()


class Whoami(Schema):
    """Whom the token speaks for."""

    franchise = tell.one(Named)
    store = tell.one(Named)
    scopes = tell.several(fields.String())
    plugins = tell.several(fields.String())
    programme = tell.text()
    programme_version = tell.whole()


class Sampled(Schema):
    """A member whom a condition holds for."""

    member_id = tell.text()
    name = tell.text()


class AudienceFound(Schema):
    """How many members a condition holds for, and a few of them, the latest visitors first."""

    count = tell.whole()
    sample = tell.many(Sampled)


class Tier(Schema):
    """A tier and since when it is held; `until` is the last day before the next review."""

    code = tell.text()
    name = tell.text()
    since = tell.day(null=True)
    until = tell.day(null=True)


class MemberFound(Schema):
    """A member in a list of hits."""

    id = tell.text()
    member_no = tell.text()
    name = tell.text()
    phone_masked = tell.text()
    gender = tell.text()
    birth_date = tell.day(null=True)
    tier = tell.one(Tier)
    version = tell.whole()


class MembersFound(Schema):
    """Members that match, best first."""

    items = tell.many(MemberFound)
    next_cursor = tell.maybe()


class Seat(Schema):
    """A person in a household."""

    member_id = tell.text()
    name = tell.text()
    role = tell.text()


class Seats(Schema):
    """How many seats of a card are taken."""

    used = tell.whole()
    total = tell.whole()


class MemberHousehold(Schema):
    """The household of a member, and what they are in it."""

    id = tell.text()
    role = tell.text()
    members = tell.many(Seat)


class Payback(Schema):
    """A card's fee, what it saved so far, the day it had paid for itself."""

    fee_fen = tell.whole()
    saved_fen = tell.whole()
    on = tell.day(null=True)


class MemberCard(Schema):
    """A card in which a member has a seat; `valid_until` is the last usable day."""

    id = tell.text()
    number = tell.text()
    product = tell.text()
    status = tell.text()
    valid_from = tell.day()
    valid_until = tell.day(null=True)
    seats = tell.one(Seats)
    payback = fields.Nested(Payback, allow_none=True, metadata={"description": "of a card sold for money"})


class Expiring(Schema):
    """Points that can no longer be used from the day `on`."""

    on = tell.day()
    points = tell.whole()


class Points(Schema):
    """A member's points."""

    available = tell.whole()
    pending = tell.whole()
    debt = tell.whole()
    expiring = tell.many(Expiring)


class StoredValue(Schema):
    """A member's stored value."""

    principal_fen = tell.whole()
    bonus_fen = tell.whole()


class TopUp(Schema):
    """A top-up: what was paid and given, what of it is left. `cooling_until` is the last day of the free return."""

    id = tell.text()
    item = tell.text()
    paid_fen = tell.whole()
    given_fen = tell.whole()
    principal_fen = tell.whole()
    bonus_fen = tell.whole()
    made_on = tell.day()
    cooling_until = tell.day()
    bonus_expires_on = tell.day(null=True)
    legal_entity = tell.text()
    state = tell.text()


class StoredValueState(StoredValue):
    """A member's stored value with its top-ups. States: open, lost, closed; null: never had any."""

    state = tell.maybe()
    top_ups = tell.many(TopUp)


class MemberCoupon(Schema):
    """A coupon that may be used for what is done to the member `for`; `valid_from` where that is a later day."""

    id = tell.text()
    code = tell.text()
    name = tell.text()
    valid_from = tell.day(null=True)
    valid_until = tell.day(null=True)


MemberCoupon._declared_fields["for"] = tell.text()


class CoursePart(Schema):
    """Sessions of one item."""

    item = tell.text()
    remaining = tell.whole()
    total = tell.whole()


class Course(Schema):
    """A course pack or bundle; `expires_on` is the first day it can no longer be used."""

    id = tell.text()
    item = tell.text()
    name = tell.text()
    remaining = tell.whole()
    total = tell.whole()
    expires_on = tell.day(null=True)
    state = tell.text()
    shared = tell.flag()
    owner = tell.text()
    parts = tell.many(CoursePart)


class CourseUse(Schema):
    """One session used; `value_fen` is its share of what was paid."""

    id = tell.text()
    item = tell.text()
    for_member_id = tell.text()
    performer = tell.maybe()
    value_fen = tell.whole()
    business_date = tell.day()
    booked_at = tell.instant()
    confirmation = tell.text()
    undone = tell.flag()


class CourseState(Course):
    """A course with its latest uses."""

    uses = tell.many(CourseUse)


class CourseUsed(CourseUse):
    """A use with what is left of its course."""

    course = tell.one(Course)


class ConsentState(Schema):
    """The newest consent of a purpose."""

    id = tell.text()
    purpose = tell.text()
    granted = tell.flag()
    at = tell.instant()
    text_version = tell.text()


class Member(MemberFound):
    """A member with everything a till shows."""

    birth_calendar = tell.text()
    occupation = tell.text()
    company = tell.text()
    industry = tell.text()
    interests = tell.text()
    adviser = tell.maybe()
    own_fields = fields.Dict(required=True)
    contact_of = tell.maybe()
    tags = tell.several(fields.String())
    household = tell.one(MemberHousehold, null=True)
    referrer = tell.maybe()
    cards = tell.many(MemberCard)
    points = tell.one(Points)
    stored_value = tell.one(StoredValue)
    owed_fen = tell.whole()
    coupons = tell.many(MemberCoupon)
    courses = tell.many(Course)
    consents = tell.many(ConsentState)


class Household(Schema):
    """The people who share a card."""

    id = tell.text()
    card_id = tell.text()
    seats = tell.one(Seats)
    members = tell.many(Seat)
    version = tell.whole()


class Item(Schema):
    """An item of the catalogue."""

    code = tell.text()
    name = tell.text()
    kind = tell.text()
    price_fen = tell.whole()
    category = tell.text()
    points_fixed = fields.Integer(required=True, allow_none=True)
    sessions = tell.whole()
    bonus_fen = tell.whole()
    barcode = tell.text()
    attributes = fields.Dict(required=True)
    sensitive = tell.flag()
    active = tell.flag()
    version = tell.whole()


class Items(Schema):
    """A page of the catalogue."""

    items = tell.many(Item)
    next_cursor = tell.maybe()


class Price(Schema):
    """A dated price; `price_fen` null: the store has none of its own from then on."""

    valid_from = tell.text()
    store = tell.maybe()
    price_fen = fields.Integer(required=True, allow_none=True)


class Prices(Schema):
    """The price table of an item. `today_fen` is what the token's store charges today."""

    today_fen = tell.whole()
    opening_fen = tell.whole()
    prices = tell.many(Price)


class Stock(Schema):
    """Pieces by store id."""
