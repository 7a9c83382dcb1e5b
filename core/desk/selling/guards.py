"""What the till asks a second person for: a changed price, and the cashier's own household.

Both are PINs for exactly the basket that was seen, so they die with any change of it; a changed price may
also wait for an approval when nobody who may is there (S1-18, S3-33, security C17).
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from core.desk import rules, services
from core.kernel import clock
from core.kernel.errors import Invalid, Refusal
from core.kernel.i18n import _
from core.kernel.ids import new_id
from core.kernel.permissions import may
from core.kernel.tenancy import acting, current_actor
from core.orders.quoting import price_approval
from core.org import approvals, dealing
from core.org.proofs import consume_proof, make_proof
from core.org.services import staff_of
from core.org.staffing import staff_may

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.org.models import ApprovalRequest

PRICE, OWN = rules.PRICE, rules.OWN_CARD


@dataclass(frozen=True, slots=True)
class PriceState:
    """How far the changed prices of a basket are: none (changed False), agreed by somebody, or asked for."""

    changed: bool = False
    by: str = ""
    asked: bool = False
    approved: bool = False

    @property
    def agreed(self) -> bool:
        """Return whether the basket may be paid at these prices."""
        return bool(self.by) or self.approved


def _payload(draft: rules.Draft, what: str) -> str:
    """Return what a PIN at the till is bound to: the quote that will be stored, and the prices in it."""
    claim = approvals.canonical(price_approval.claim(rules.request_of(draft))) if what == PRICE else ""
    return approvals.sha_of(f"{draft.quote_id}|{what}|{claim}")


def prove(session: Session, web_session_id: int, what: str, number: str, pin: str) -> Refusal | None:
    """Take the PIN of somebody who may change prices (PRICE), or of a colleague as witness (OWN_CARD).

    Returns why not, to be shown after the commit: a wrong PIN counts.
    """
    draft, _key = services.draft_of(session, web_session_id)
    if not draft.lines:
        raise Invalid(_("先添加项目再确认。"))
    draft.quote_id = draft.quote_id or new_id()
    purpose = "price" if what == PRICE else dealing.PURPOSE
    made = make_proof(session, number.strip(), pin.strip(), purpose, _payload(draft, what))
    if made.refusal is not None:
        return made.refusal
    staff = staff_of(session, made.staff_id)
    if what == PRICE and not staff_may(session, staff, price_approval.APPROVE):
        return Refusal(_("%(name)s 没有改价的权限。", name=staff.name), code="price_override_forbidden", status=403)
    if what == OWN and staff.id == current_actor().staff_id:
        return Refusal(_("作证的须是另一位同事，不能是你本人或家人。"), code="own_card", status=403)
    rules.give(draft, rules.Given(what, "", staff.name, made.proof, made.expires_at))
    services.keep(session, web_session_id, draft)
    return None


def ask_price(session: Session, web_session_id: int) -> ApprovalRequest:
    """Ask for the changed prices of the open basket; they may be paid once they are approved."""
    draft, _key = services.draft_of(session, web_session_id)
    claim = price_approval.claim(rules.request_of(draft))
    if not claim:
        raise Invalid(_("没有改过价的行。"))
    reasons = "；".join(dict.fromkeys(line["reason"] for line in claim["lines"]))
    return approvals.ask(session, price_approval.KIND, claim, reasons)


def price_request(session: Session, draft: rules.Draft) -> ApprovalRequest | None:
    """Return the open request for exactly the changed prices of the basket, or None."""
    claim = price_approval.claim(rules.request_of(draft))
    return approvals.open_for(session, price_approval.KIND, claim) if claim else None


def price_state(session: Session, draft: rules.Draft) -> PriceState:
    """Return how far the changed prices of the basket are; reads nothing when no price was changed."""
    if all(line.price_fen is None for line in draft.lines):
        return PriceState()
    proof = given(draft, PRICE)
    if proof is not None:
        return PriceState(True, by=proof.by)
    row = None if may(current_actor(), price_approval.APPROVE) else price_request(session, draft)
    state = row.state if row else ""
    return PriceState(True, asked=state == "asked", approved=state == "approved")


def witness_name(draft: rules.Draft) -> str:
    """Return the name of the colleague whose PIN was taken for the cashier's own household, or an empty text."""
    found = given(draft, OWN)
    return found.by if found else ""


def given(draft: rules.Draft, what: str) -> rules.Given | None:
    """Return the PIN that was taken for `what`, while it holds."""
    return next((one for one in rules.still_given(draft, clock.now_ms()) if one.finding == what), None)


def priced_by(session: Session, draft: rules.Draft) -> Any:
    """Return the context in which the basket is settled: with the right to its prices, where somebody gave it.

    Uses up the PIN or the approval, in the unit of the payment.
    """
    actor = current_actor()
    claim = price_approval.claim(rules.request_of(draft))
    if not claim or may(actor, price_approval.APPROVE):
        return nullcontext()
    proof = given(draft, PRICE)
    if proof is not None:
        staff = consume_proof(session, proof.proof, "price", _payload(draft, PRICE))
        if not staff_may(session, staff, price_approval.APPROVE):
            return nullcontext()
    else:
        row = approvals.open_for(session, price_approval.KIND, claim)
        if row is None or row.state != "approved":
            return nullcontext()
        approvals.use(session, row.id, price_approval.KIND, claim)
    here = frozenset({actor.store_id}) if actor.store_id else frozenset()
    return acting(replace(actor, grants={**actor.grants, price_approval.APPROVE: here}))


def witness_of(draft: rules.Draft) -> dict[str, Any]:
    """Return the colleague's proof for a settle of the cashier's own household, as its arguments."""
    proof = given(draft, OWN)
    return {"witness": proof.proof, "witness_payload": _payload(draft, OWN)} if proof else {}
