"""What the API reads (contract.md section 4). Unknown fields are refused, integers are integers.

Money in fen, points integers, ids strings, days `YYYY-MM-DD`, instants RFC 3339.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import INCLUDE, Schema, ValidationError, fields, validate, validates_schema

from core.api.health_schemas import HealthBody as HealthBody
from core.api.strict import Body, Choice, Day, Flag, Id, Instant, Int, QueryInt, Words
from core.orders.rules import KINDS as TENDERS
from core.orders.types import OverrideRequest
from core.org.rules import PURPOSES as PROOFS
from core.people.consents import RELATIONS
from core.people.rules import CALENDARS, GENDERS
from core.people.services import PURPOSES

MAX_FEN = 100_000_000
MAX_QTY = 9_999
MAX_LINES = 100
NOTE = 500


class Problem(Schema):
    """application/problem+json. Refusals of some codes carry members of their own (docs/api.md)."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    code = fields.String(required=True)
    errors = fields.List(
        fields.Dict(keys=fields.String(), values=fields.String()), required=True,
        metadata={"description": "[{field, message}]"},
    )  # fmt: skip

    class Meta:
        unknown = INCLUDE


def _many(inner: Any, low: int = 0, high: int = MAX_LINES, **kw: Any) -> fields.List:
    return fields.List(inner, validate=validate.Length(low, high, error="length|{min}|{max}"), **kw)


class Consent(Body):
    """A consent given or withdrawn."""

    purpose = Choice(*PURPOSES, required=True)
    granted = Flag(required=True)
    evidence = Words(NOTE, load_default="")


class SaidConsent(Consent):
    """A consent given or withdrawn; below 14 the guardian, by id or by name with the relation."""

    guardian = Id(allow_none=True, load_default=None)
    guardian_name = Words(60, load_default="")
    guardian_relation = Choice(*RELATIONS, allow_none=True, load_default=None)


class NewMember(Body):
    """A member to enrol."""

    name = Words(60, required=True)
    phone = Words(40, allow_none=True, load_default=None)
    contact_of = Id(allow_none=True, load_default=None)
    gender = Choice(*GENDERS, load_default="unknown")
    birth_date = Day(allow_none=True, load_default=None)
    birth_calendar = Choice(*CALENDARS, load_default="solar")
    email = Words(120, allow_none=True, load_default=None)
    address = Words(NOTE, allow_none=True, load_default=None)
    occupation = Words(60, load_default="")
    company = Words(120, load_default="")
    industry = Words(60)
    interests = Words(200)
    adviser = Words(20, allow_none=True, metadata={"description": "a staff number"})
    own_fields = fields.Dict(keys=Words(40, 1), values=Words(200))
    referrer = Words(24, allow_none=True, load_default=None)
    consents = _many(fields.Nested(Consent), 0, 20, load_default=list)
    tags = _many(Words(40, 1), 0, 50, load_default=list)


class MemberChange(Body):
    """Fields of a member to change; `tags` replaces all tags."""

    version = Int(1, required=True)
    name = Words(60)
    phone = Words(40, allow_none=True)
    gender = Choice(*GENDERS)
    birth_date = Day(allow_none=True)
    birth_calendar = Choice(*CALENDARS)
    email = Words(120, allow_none=True)
    address = Words(NOTE, allow_none=True)
    occupation = Words(60)
    company = Words(120)
    industry = Words(60)
    interests = Words(200)
    adviser = Words(20, allow_none=True, metadata={"description": "a staff number; null for none"})
    own_fields = fields.Dict(
        keys=Words(40, 1), values=Words(200), metadata={"description": "fields of the franchise's own, by key"}
    )
    tags = _many(Words(40, 1), 0, 50)


class MemberQuery(Body):
    """How to find members: exactly one of q, phone, card."""

    q = Words(60, 2)
    phone = Words(40, 1)
    card = Words(40, 1)
    limit = QueryInt(1, 20, load_default=20)


class Audience(Body):
    """A condition over facts, in the one condition language, and what it is for."""

    condition = fields.Dict(keys=Words(20), values=fields.Raw(), required=True)
    purpose = Choice("marketing", "care", load_default="marketing")


class PageQuery(Body):
    """A page of a list."""

    limit = QueryInt(1, 200, load_default=50)
    cursor = Words(600)


class LedgerQuery(PageQuery):
    """A page of a member's ledger, of one unit or of all."""

    unit = Choice("points", "principal", "bonus", "sessions")


class ItemQuery(PageQuery):
    """A page of the catalogue, or what matches `q`."""

    q = Words(60, 1)


class PriceFrom(Body):
    """What an item costs from a day on; `store` for one store only, where no amount ends its own price."""

    price_fen = Int(0, MAX_FEN, required=True, allow_none=True)
    valid_from = Day(required=True)
    store = Id(allow_none=True, load_default=None)


class NewHousehold(Body):
    """The card to share."""

    card_id = Id(required=True)


class NewSeat(Body):
    """Who gets a seat, and what they are to the holder."""

    member_id = Id(required=True)
    role = Choice("spouse", "child", "parent", "other", required=True)


class CardAction(Body):
    """What to do with a card, and why."""

    action = Choice("report_lost", "replace", "freeze", "unfreeze", "renew", required=True)
    reason = Words(NOTE, 1, required=True)


class _ItemFields(Body):
    category = Words(40)
    points_fixed = Int(0, MAX_FEN, allow_none=True)
    sessions = Int(0, MAX_QTY)
    bonus_fen = Int(0, MAX_FEN)
    barcode = Words(40)
    sensitive = Flag()
    attributes = fields.Dict(keys=Words(60), values=fields.Raw(allow_none=True))


class NewItem(_ItemFields):
    """An item to add."""

    code = Words(40, 1, required=True)
    name = Words(120, 1, required=True)
    kind = Choice("service", "goods", "course", "card", "topup", required=True)
    price_fen = Int(0, MAX_FEN, required=True)


class ItemChange(_ItemFields):
    """Fields of an item to change; with `version`, only if nobody changed it meanwhile."""

    version = Int(1)
    name = Words(120, 1)
    price_fen = Int(0, MAX_FEN)
    active = Flag()


class StockCounts(Schema):
    """Pieces by store id: `{"<store id>": 12}`."""

    class Meta:
        unknown = INCLUDE

    @validates_schema
    def check(self, data: dict[str, Any], **_kw: Any) -> None:
        """Refuse anything but ids with whole counts."""
        wrong = {
            key: ["stock"]
            for key, value in data.items()
            if not key.isascii() or not key.isdigit() or isinstance(value, bool) or not isinstance(value, int)
            or not 0 <= value <= MAX_FEN
        }  # fmt: skip
        if wrong or not data or len(data) > 200:
            raise ValidationError(wrong or {"stock": ["stock"]})


class QuoteLine(Body):
    """A line of a basket."""

    item = Words(40, 1, required=True)
    qty = Int(1, MAX_QTY, required=True)
    price_fen = Int(0, MAX_FEN, metadata={"description": "price of one piece instead of the list price"})
    price_reason = Words(200, 1)
    for_member_id = Id(allow_none=True)
    performer = Words(20, 1, allow_none=True, metadata={"description": "staff number or id"})
    seller = Words(20, 1, allow_none=True, metadata={"description": "staff number or id"})
    site = Words(40, load_default="", metadata={"description": "where on the body: a tooth and surfaces, 36 MO"})


class Coupons(fields.Field):
    """`auto`, or the ids of the coupons to use."""

    def _deserialize(self, value: Any, *_args: Any, **_kw: Any) -> tuple[str, ...] | None:
        if value == "auto":
            return None
        fits = isinstance(value, list) and len(value) <= MAX_LINES
        if not fits or not all(isinstance(one, str) and 0 < len(one) <= 120 for one in value):
            raise ValidationError("coupons")
        return tuple(value)


COUPONS = {
    "oneOf": [
        {"type": "string", "enum": ["auto"]},
        {"type": "array", "maxItems": MAX_LINES, "items": {"type": "string", "minLength": 1, "maxLength": 120}},
    ]
}


FORMULAS = ("seven_day", "operator", "consumer")
METHODS = ("sms_code", "rotating_qr", "pin", "signature", "staff_attested")


class Confirmation(Body):
    """How the member confirmed that a session is used or stored value is paid with.

    `evidence`: what was written down, the member's six digits for `pin`, the path of a drawn `signature`.
    """

    method = Choice(*METHODS, required=True)
    evidence = Words(16_000, load_default="")


class PaidBySession(Body):
    """A line that sessions of a course pay for, one for each piece."""

    course_id = Id(required=True)
    line = Int(1, MAX_LINES, required=True)


class NewQuote(Body):
    """A basket to price."""

    member_id = Id(allow_none=True, load_default=None)
    lines = _many(fields.Nested(QuoteLine), 1, required=True)
    coupons = Coupons(load_default=None, metadata=COUPONS)
    courses = _many(fields.Nested(PaidBySession), 0, MAX_LINES, load_default=list)
    occurred_at = Instant(metadata={"description": "price as of then; scope backdate, at most 72 h ago"})


class NewTender(Body):
    """A payment."""

    kind = Choice(*TENDERS, required=True)
    amount_fen = Int(0, MAX_FEN * MAX_LINES, required=True)
    points = Int(0, load_default=0)
    lines = _many(Int(1, MAX_LINES), 1, allow_none=True)
    reference = Words(120, load_default="")


class Override(Body):
    """A finding that is let pass."""

    finding = Words(40, 1, required=True)
    reason = Words(NOTE, load_default="")
    proof = Words(100, 1, allow_none=True)
    reason_code = Words(40, load_default="")
    evidence = Words(300, load_default="")


def override(told: Mapping[str, Any]) -> OverrideRequest:
    """Return an override as settling takes it."""
    return OverrideRequest(
        told["finding"], told["reason"], told.get("proof"), told.get("reason_code", ""), told.get("evidence", "")
    )


class NewOrder(Body):
    """A quote to settle."""

    quote_id = Id(required=True)
    tenders = _many(fields.Nested(NewTender), 0, 20, required=True)
    overrides = _many(fields.Nested(Override), 0, MAX_LINES, load_default=list)
    confirmation = fields.Nested(Confirmation, metadata={"description": "of the sessions that pay for lines"})
    allow_debt = fields.Boolean(load_default=False, metadata={"description": "what the tenders leave stays owed"})
    occurred_at = Instant(metadata={"description": "scope backdate, at most 72 h ago"})


class NewPayment(Body):
    """A payment of an order that is still owed."""

    tenders = _many(fields.Nested(NewTender), 1, 20, required=True)
    confirmation = fields.Nested(Confirmation, metadata={"description": "of a payment with stored value"})


class InvoiceAct(Body):
    """What happens to an order's invoice. `title` goes with request, `number` with issue and red_letter."""

    action = Choice("request", "issue", "withdraw", "red_letter", required=True)
    title = Words(100, load_default="")
    taxpayer_id = Words(20, load_default="")
    number = Words(40, load_default="")
    issued_on = Day(allow_none=True, load_default=None)


class NewUse(Body):
    """A session to use."""

    for_member_id = Id(allow_none=True, load_default=None)
    performer = Words(20, 1, allow_none=True, metadata={"description": "staff number or id"})
    item = Words(40, 1, metadata={"description": "which part of a bundle"})
    confirmation = fields.Nested(Confirmation)
    overrides = _many(fields.Nested(Override), 0, MAX_LINES, load_default=list)


class UndoUse(Body):
    """Why a use is taken back."""

    reason = Words(200, load_default="")


class NewRedemption(Body):
    """A reward to redeem; `tenders` pay its cash part, where it has one."""

    reward = Words(40, 1, required=True)
    qty = Int(1, MAX_QTY, load_default=1)
    hold = Flag(load_default=False, metadata={"description": "only reserve it, for some minutes"})
    handed_over = Flag(load_default=True, metadata={"description": "goods are handed over at once"})
    tenders = _many(fields.Nested(NewTender), 0, MAX_LINES, load_default=list)


class RedemptionStep(Body):
    """What becomes of a redemption."""

    action = Choice("confirm", "fulfil", "cancel", required=True)
    reason = Words(200, load_default="")
    handed_over = Flag(load_default=True, metadata={"description": "goods are handed over at once"})


class RewardsQuery(Body):
    """For whom rewards are listed."""

    member_id = Id()


class RefundLine(Body):
    """Pieces of a line to refund."""

    line = Int(1, MAX_LINES, required=True)
    qty = Int(1, MAX_QTY, required=True)
    sessions = Int(1, MAX_QTY, metadata={"description": "of a course: give back so many; without, all that are left"})
    formula = Choice(
        *FORMULAS, metadata={"description": "of a top-up: how what is left is computed; without, the usual one"}
    )


class Payout(Body):
    """How the money of a top-up leaves: to the holder's bank account with a reference, or in cash up to a limit."""

    kind = Choice("bank", "cash", required=True)
    reference = Words(120, load_default="")


class RefundAsked(Body):
    """Lines to preview the refund of."""

    lines = _many(fields.Nested(RefundLine), 1, required=True)
    reason = Words(NOTE, load_default="")
    payout = fields.Nested(Payout)


class NewRefund(Body):
    """Lines to refund; with `preview_id`, only if the effects are those of the preview."""

    lines = _many(fields.Nested(RefundLine), 1, required=True)
    reason = Words(NOTE, 1, required=True)
    preview_id = Words(64, 1, allow_none=True, load_default=None)
    payout = fields.Nested(Payout)


class StoredValueAction(Body):
    """What happens to a member's stored-value account, and why."""

    action = Choice("report_lost", "reopen", "close", required=True)
    reason = Words(NOTE, 2, required=True)


class TopUpBackAsked(Body):
    """A top-up that was brought along from another system, to preview giving it back."""

    formula = Choice(*FORMULAS, load_default=None, metadata={"description": "without, the usual one"})


class NewTopUpBack(Body):
    """A top-up that was brought along, to give back; with `preview_id`, only if it comes to what the preview said."""

    formula = Choice(*FORMULAS, load_default=None, metadata={"description": "without, the usual one"})
    payout = fields.Nested(Payout, required=True)
    reason = Words(NOTE, 1, required=True)
    preview_id = Words(64, 1, allow_none=True, load_default=None)


class NewAdjustment(Body):
    """Points to add (positive) or take (negative), and why."""

    unit = Choice("points", "principal", "bonus", "sessions", required=True)
    delta = Int(-1_000_000, 1_000_000, required=True)
    reason = Words(NOTE, 1, required=True)


class NewShift(Body):
    """A shift to open: what lies in the drawer now."""

    float_fen = Int(0, MAX_FEN, required=True)


class ShiftClose(Body):
    """What was counted in the drawer; a difference wants a reason."""

    counted_fen = Int(0, MAX_FEN, required=True)
    reason = Words(NOTE, load_default="")


class Decision(Body):
    """What is decided about a request; with `payload_sha256`, only if it is the payload that was looked at."""

    decision = Choice("approve", "refuse", required=True)
    reason = Words(NOTE, load_default="")
    payload_sha256 = Words(64, 1, allow_none=True, load_default=None)


class NewProof(Body):
    """A PIN, for one purpose and one payload."""

    staff = Words(20, 1, required=True)
    pin = Words(20, 1, required=True)
    purpose = Choice(*sorted(PROOFS), required=True)
    payload_sha256 = fields.String(required=True, validate=validate.Regexp(r"^[0-9A-Fa-f]{64}$", error="format"))
