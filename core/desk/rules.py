"""The open basket of a till as plain data. Pure: no database, no web.

A draft holds what was asked for, never a price: every showing prices it anew.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, field
from typing import Any

from core.kernel.errors import Invalid
from core.kernel.i18n import _
from core.orders.types import BasketRequest, LineRequest, OverrideRequest, TenderRequest

MAX_LINES = 100
MAX_QTY = 9_999
# What a second person agrees to, beside findings: prices changed by hand, the cashier's own household.
PRICE, OWN_CARD = "price", "own_card"
KEYED_KINDS = ("wechat", "alipay", "bank", "cash", "insurance_personal", "platform_voucher")


@dataclass(slots=True)
class DraftLine:
    """A line as asked for; `key` names it in forms. `for_id` None: the payer is treated."""

    key: str
    item: str
    qty: int = 1
    for_id: int | None = None
    performer: int | None = None
    price_fen: int | None = None
    price_reason: str = ""
    site: str = ""


@dataclass(slots=True)
class Given:
    """A finding that somebody let pass: acknowledged, or with a proof that lives until `until_ms`."""

    finding: str
    reason: str
    by: str = ""
    proof: str | None = None
    until_ms: int = 0
    reason_code: str = ""
    evidence: str = ""


@dataclass(slots=True)
class Draft:
    """The open basket. `patient`, `performer` go to the next line;

    `points`, `value_fen` (stored value) None: as many as may be used.
    """

    member_id: int | None = None
    lines: list[DraftLine] = field(default_factory=list)
    coupons: list[str] | None = None
    use_points: bool = False
    points: int | None = None
    use_value: bool = False
    value_fen: int | None = None
    patient: int | None = None
    performer: int | None = None
    given: list[Given] = field(default_factory=list)
    quote_id: int | None = None
    asked: list[str] = field(default_factory=list)  # findings put before a colleague elsewhere (remote.py)

    @property
    def empty(self) -> bool:
        """Return whether there is nothing to lose."""
        return self.member_id is None and not self.lines

    def to_text(self) -> str:
        """Return the draft as the text that is sealed."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_text(cls, text: str | None) -> Draft:
        """Return the draft that `to_text` wrote; an empty one for nothing."""
        if not text:
            return cls()
        data: dict[str, Any] = json.loads(text)
        data["lines"] = [DraftLine(**line) for line in data["lines"]]
        data["given"] = [Given(**one) for one in data["given"]]
        return cls(**data)

    def line(self, key: str) -> DraftLine:
        """Return a line by its key; raise Invalid when it was removed meanwhile."""
        found = next((line for line in self.lines if line.key == key), None)
        if found is None:
            raise Invalid(_("这一行已被移除，请刷新后再看。"), code="line_gone", status=409)
        return found


def touched(draft: Draft) -> None:
    """Forget what was let pass by proof: a proof is for exactly the basket that was seen."""
    draft.given = [one for one in draft.given if one.proof is None]
    draft.quote_id = None


def add_item(draft: Draft, code: str) -> DraftLine:
    """Add an item for the chosen person and performer; the same once more is one line with more pieces."""
    touched(draft)
    for line in draft.lines:
        same = (line.item, line.for_id, line.performer) == (code, draft.patient, draft.performer)
        if same and line.price_fen is None and not line.site and line.qty < MAX_QTY:
            line.qty += 1
            return line
    if len(draft.lines) >= MAX_LINES:
        raise Invalid(_("一单最多 %(n)d 行，请分单。", n=MAX_LINES))
    line = DraftLine(secrets.token_hex(4), code, 1, draft.patient, draft.performer)
    draft.lines.append(line)
    return line


def set_qty(draft: Draft, key: str, qty: int) -> None:
    """Set the pieces of a line; none removes it. Raises Invalid beyond 9,999."""
    line = draft.line(key)
    touched(draft)
    if qty > MAX_QTY:
        raise Invalid.field("qty", _("数量应在 1 到 9,999 之间。"))
    if qty < 1:
        draft.lines.remove(line)
    else:
        line.qty = qty


def set_site(draft: Draft, key: str, text: str) -> None:
    """Set where on the body a line is done, as its vertical keeps it; empty: not said."""
    line = draft.line(key)
    touched(draft)
    line.site = text


def take_member(draft: Draft, person_id: int | None) -> None:
    """Put the payer; what hung on the one before (treated persons, points, coupons) is let go."""
    if draft.member_id == person_id:
        return
    touched(draft)
    draft.member_id = person_id
    draft.patient, draft.coupons, draft.use_points, draft.points = None, None, False, None
    draft.use_value, draft.value_fen = False, None
    for line in draft.lines:
        line.for_id = None


def still_given(draft: Draft, now_ms: int) -> list[Given]:
    """Return what still holds: acknowledgements, and overrides whose proof has not run out."""
    return [one for one in draft.given if one.proof is None or one.until_ms > now_ms]


def give(draft: Draft, one: Given) -> None:
    """Note that a finding was let pass."""
    draft.given = [old for old in draft.given if old.finding != one.finding] + [one]


def request_of(draft: Draft) -> BasketRequest:
    """Return the basket that the draft asks for."""
    lines = tuple(
        LineRequest(line.item, line.qty, line.price_fen, line.price_reason, line.for_id, line.performer, site=line.site)
        for line in draft.lines
    )
    coupons = None if draft.coupons is None else tuple(draft.coupons)
    return BasketRequest(lines, draft.member_id, coupons)


def overrides_of(draft: Draft, now_ms: int) -> list[OverrideRequest]:
    """Return what was let pass, as the settle asks for it."""
    return [
        OverrideRequest(one.finding, one.reason, one.proof, one.reason_code, one.evidence)
        for one in still_given(draft, now_ms)
        if one.finding not in (PRICE, OWN_CARD)
    ]


def points_tender(draft: Draft, points_max: int, step: int, fen_per_step: int) -> TenderRequest | None:
    """Return the payment in points that the draft wants, whole steps within what may be used (B10)."""
    if not draft.use_points or not step:
        return None
    wanted = points_max if draft.points is None else min(draft.points, points_max)
    points = wanted // step * step
    return TenderRequest("points", points // step * fen_per_step, points) if points > 0 else None


def split_tenders(due_fen: int, kind: str, parts: dict[str, int], reference: str) -> list[TenderRequest]:
    """Return the payments of money: the given parts, and what is left by `kind`. Amounts in fen.

    Raises Invalid when the parts are more than is due.
    """
    given = [(one, fen) for one, fen in parts.items() if fen]
    left = due_fen - sum(fen for _kind, fen in given)
    if left < 0:
        raise Invalid.field("split", _("组合支付的金额超过了应收，请改小后再收款。"))
    tenders = [TenderRequest(one, fen, reference=reference if one == kind else "") for one, fen in given]
    if not left:
        return tenders
    for n, tender in enumerate(tenders):
        if tender.kind == kind:
            tenders[n] = TenderRequest(kind, tender.amount_fen + left, reference=reference)
            return tenders
    return [*tenders, TenderRequest(kind, left, reference=reference)]
