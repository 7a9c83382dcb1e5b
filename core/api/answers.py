"""What the API tells of tokens, members and the catalogue, for the OpenAPI document: answers are plain data."""

from __future__ import annotations

from marshmallow import Schema, fields

from core.api.answer_fields import day, flag, instant, many, maybe, one, several, text, whole


class Named(Schema):
    """A franchise or store."""

    id = text()
    code = text()
    name = text()


class Whoami(Schema):
    """Whom the token speaks for."""

    franchise = one(Named)
    store = one(Named)
    scopes = several(fields.String())
    plugins = several(fields.String())
    programme = text()
    programme_version = whole()


class Tier(Schema):
    """A tier and since when it is held; `until` is the last day before the next review."""

    code = text()
    name = text()
    since = day(null=True)
    until = day(null=True)


class MemberFound(Schema):
    """A member in a list of hits."""

    id = text()
    member_no = text()
    name = text()
    phone_masked = text()
    gender = text()
    birth_date = day(null=True)
    tier = one(Tier)
    version = whole()


class MembersFound(Schema):
    """Members that match, best first."""

    items = many(MemberFound)
    next_cursor = maybe()


class Seat(Schema):
    """A person in a household."""

    member_id = text()
    name = text()
    role = text()


class Seats(Schema):
    """How many seats of a card are taken."""

    used = whole()
    total = whole()


class MemberHousehold(Schema):
    """The household of a member, and what they are in it."""

    id = text()
    role = text()
    members = many(Seat)


class MemberCard(Schema):
    """A card in which a member has a seat; `valid_until` is the last usable day."""

    id = text()
    number = text()
    product = text()
    status = text()
    valid_from = day()
    valid_until = day(null=True)
    seats = one(Seats)


class Expiring(Schema):
    """Points that can no longer be used from the day `on`."""

    on = day()
    points = whole()


class Points(Schema):
    """A member's points."""

    available = whole()
    pending = whole()
    debt = whole()
    expiring = many(Expiring)


class StoredValue(Schema):
    """A member's stored value."""

    principal_fen = whole()
    bonus_fen = whole()


class MemberCoupon(Schema):
    """A coupon that may be used for what is done to the member `for`."""

    id = text()
    code = text()
    name = text()
    valid_until = day(null=True)


MemberCoupon._declared_fields["for"] = text()


class ConsentState(Schema):
    """The newest consent of a purpose."""

    id = text()
    purpose = text()
    granted = flag()
    at = instant()


class Member(MemberFound):
    """A member with everything a till shows."""

    birth_calendar = text()
    occupation = text()
    contact_of = maybe()
    tags = several(fields.String())
    household = one(MemberHousehold, null=True)
    referrer = maybe()
    cards = many(MemberCard)
    points = one(Points)
    stored_value = one(StoredValue)
    owed_fen = whole()
    coupons = many(MemberCoupon)
    courses = several(fields.Dict())
    consents = many(ConsentState)


class Household(Schema):
    """The people who share a card."""

    id = text()
    card_id = text()
    seats = one(Seats)
    members = many(Seat)
    version = whole()


class Item(Schema):
    """An item of the catalogue."""

    code = text()
    name = text()
    kind = text()
    price_fen = whole()
    category = text()
    points_fixed = fields.Integer(required=True, allow_none=True)
    sessions = whole()
    bonus_fen = whole()
    barcode = text()
    attributes = fields.Dict(required=True)
    sensitive = flag()
    active = flag()
    version = whole()


class Items(Schema):
    """A page of the catalogue."""

    items = many(Item)
    next_cursor = maybe()


class Stock(Schema):
    """Pieces by store id."""
