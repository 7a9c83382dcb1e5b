"""Verbs of the till: the open basket of a session, letting findings pass, taking payment."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from core.catalog import services as catalog
from core.desk import rules
from core.desk.models import TillDraft
from core.kernel import clock
from core.kernel.errors import Conflict, FieldError, Invalid, NotFound, Refusal
from core.kernel.i18n import _
from core.kernel.ids import new_id
from core.orders.quoting import quotes
from core.orders.quoting.basket import price_basket
from core.orders.quoting.findings import ACKNOWLEDGED, MIN_REASON, check_resigned
from core.orders.rules import INSURED, STORED
from core.orders.selling.settle import settle
from core.orders.types import TenderRequest
from core.org.proofs import make_proof
from core.org.services import staff_of
from core.org.staffing import staff_may

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.catalog.models import Item
    from core.orders.selling.settle import Settled
    from core.orders.types import Confirmation, FindingView, Priced


@dataclass(frozen=True, slots=True)
class Payment:
    """What the cashier chose: the kind that pays what is left, parts in fen by kind, a scanned code; how the member
    confirmed what stored value pays.

    `now_fen`: only so much is paid now in money, the rest stays owed (B53); None: all.
    """

    kind: str
    parts: dict[str, int] = field(default_factory=dict)
    reference: str = ""
    confirmation: Confirmation | None = None
    now_fen: int | None = None
    insured_lines: tuple[int, ...] | None = None


def row_of(session: Session, web_session_id: int) -> TillDraft | None:
    """Return the kept basket of a till session, or None."""
    return session.scalar(select(TillDraft).where(TillDraft.web_session_id == web_session_id))


def draft_of(session: Session, web_session_id: int) -> tuple[rules.Draft, str]:
    """Return the open basket of a till session and the key under which it will be paid, once."""
    row = row_of(session, web_session_id)
    return (rules.Draft.from_text(row.basket), row.pay_key) if row else (rules.Draft(), "")


def keep(session: Session, web_session_id: int, draft: rules.Draft, *, new_key: bool = False) -> str:
    """Seal and keep the open basket; return its pay key."""
    row = row_of(session, web_session_id)
    if row is None:
        row = TillDraft(web_session_id=web_session_id, pay_key=_new_key(), changed_at=0, version=0)
        session.add(row)
    row.basket = draft.to_text()
    row.person_id = draft.member_id
    row.changed_at = clock.now_ms()
    row.version += 1
    if new_key:
        row.pay_key = _new_key()
    session.flush()
    return row.pay_key


def _new_key() -> str:
    return secrets.token_urlsafe(18)


def new_key_after(session: Session, web_session_id: int, spent: str) -> None:
    """Give the basket a fresh pay key after a refused payment under `spent`: the answer of a key is kept."""
    row = row_of(session, web_session_id)
    if row is not None and row.pay_key == spent:
        row.pay_key = _new_key()


def held_note(session: Session, web_session_id: int) -> tuple[str, str] | None:
    """Return (title, text) of the unpaid basket that the lock screen keeps in sight, or None."""
    draft, _key = draft_of(session, web_session_id)
    if draft.empty:
        return None
    pieces = sum(line.qty for line in draft.lines)
    return _("未收的单已保留"), _("%(n)d 行 %(pieces)d 件，解锁后继续。", n=len(draft.lines), pieces=pieces)


def first_item(session: Session, typed: str) -> Item:
    """Return the item that Enter takes: the first that matches code, barcode, initials or name."""
    found = catalog.find(session, typed, 1)
    if not found:
        raise NotFound(
            _("没有找到“%(typed)s”。可用编码、拼音首字母、名称或条码再试。", typed=typed[:40]),
            code="unknown_item",
        )
    return found[0]


# -- findings --------------------------------------------------------------------------------------


def finding_of(priced: Priced, finding_id: str) -> FindingView:
    """Return a finding of the basket; raise Conflict when it is not there any more."""
    found = next((one for one in priced.findings if one.id == finding_id), None)
    if found is None:
        raise Conflict(_("这条提示已经变了，请看最新的提示再处理。"), code="finding_gone")
    return found


def acknowledge(session: Session, web_session_id: int, finding_id: str) -> None:
    """Note that the cashier saw a moderate finding; raise Invalid for a graver one."""
    draft, _key = draft_of(session, web_session_id)
    finding = finding_of(price_basket(session, rules.request_of(draft)), finding_id)
    if finding.severity not in ACKNOWLEDGED:
        raise Invalid(_("这条提示不能只确认，须由有权限的人放行。"))
    rules.give(draft, rules.Given(finding.id, _("已确认")))
    keep(session, web_session_id, draft)


def override(
    session: Session, web_session_id: int, finding_id: str, reason: str, number: str, pin: str, *,
    reason_code: str = "", evidence: str = "",
) -> Refusal | None:  # fmt: skip
    """Let a major finding pass by the PIN of somebody who may; return why not, to be shown after the commit.

    The proof is bound to the quote that the payment will store, so it dies with any change of the basket.
    """
    draft, _key = draft_of(session, web_session_id)
    finding = finding_of(price_basket(session, rules.request_of(draft)), finding_id)
    text = reason.strip()
    if len(text) < MIN_REASON:
        raise Invalid(
            _("放行须写明原因，至少 %(n)d 个字。", n=MIN_REASON),
            errors=[FieldError("reason", _("原因太短。"))],
        )
    if finding.permission is None or not finding.overridable_by:
        raise Invalid(_("这条提示不能放行，请移除这一行。"))
    check_resigned(finding, reason_code, evidence)
    quote_id = draft.quote_id or new_id()
    payload = hashlib.sha256(f"{quote_id}|{finding.id}|{text}".encode()).hexdigest()
    made = make_proof(session, number.strip(), pin.strip(), "override", payload)
    if made.refusal is not None:
        return made.refusal
    staff = staff_of(session, made.staff_id)
    if not staff_may(session, staff, finding.permission):
        return Refusal(_("%(name)s 没有放行这条提示的权限。", name=staff.name), code="override_forbidden", status=403)
    draft.quote_id = quote_id
    rules.give(draft, rules.Given(finding.id, text, staff.name, made.proof, made.expires_at, reason_code, evidence))
    keep(session, web_session_id, draft)
    return None


# -- payment ---------------------------------------------------------------------------------------


def pay(session: Session, web_session_id: int, pay_key: str, shown: str, payment: Payment) -> Settled:
    """Store the quote and settle it in this one unit, then open an empty basket.

    `shown` is the digest of the price that the cashier saw. Raises Conflict `draft_moved` when the basket
    under this key is gone, `stale_quote` when the price moved, and what settle raises.
    """
    row = row_of(session, web_session_id)
    if row is None or row.pay_key != pay_key:
        raise Conflict(_("这一单已在别处收款或清空，请核对最新的本单。"), code="draft_moved")
    draft = rules.Draft.from_text(row.basket)
    stored, priced = quotes.store(session, rules.request_of(draft), quote_id=draft.quote_id)
    if priced.quote.digest != shown:
        raise Conflict(_("价格刚刚变了，下面是新的报价。请和顾客核对后再收款。"), code="stale_quote")
    from core.desk.selling import guards, till_value

    tenders = tenders_of(draft, priced, payment, till_value.amount_of(session, draft, priced))
    overrides = rules.overrides_of(draft, clock.now_ms())
    with guards.priced_by(session, draft):
        done = settle(
            session, stored.id, tenders, overrides, confirmation=payment.confirmation, **guards.witness_of(draft),
            allow_debt=payment.now_fen is not None,
        )  # fmt: skip
    keep(session, web_session_id, rules.Draft(), new_key=True)
    return done


def tenders_of(draft: rules.Draft, priced: Priced, payment: Payment, value_fen: int = 0) -> list[TenderRequest]:
    """Return the payments of the order: points, `value_fen` of stored value, then parts, then the chosen kind."""
    points = points_of(draft, priced)
    first = [points] if points else []
    if value_fen:
        first.append(TenderRequest(STORED, value_fen))
    due = priced.quote.total_fen - sum(tender.amount_fen for tender in first)
    if payment.now_fen is not None and payment.now_fen > due:
        raise Invalid.field("now", _("本次收的比应收还多，请改小，或不勾选挂账。"))
    now = due if payment.now_fen is None else payment.now_fen
    money = rules.split_tenders(now, payment.kind, payment.parts, payment.reference)
    if payment.insured_lines:
        money = [replace(one, lines=payment.insured_lines) if one.kind in INSURED else one for one in money]
    return [*first, *money]


def points_of(draft: rules.Draft, priced: Priced) -> TenderRequest | None:
    """Return the payment in points that the draft asks for and this price allows, or None."""
    rule = priced.programme.tender
    if rule is None:
        return None
    return rules.points_tender(draft, priced.quote.points_max, rule.points_step, rule.fen_per_step)
