"""A finding of a stored quote put before a colleague elsewhere, and their answer as the proof that its order carries.

What core/desk/selling/remote.py is for an open basket on a page, for tills that speak the API. A plugin keeps the queue
(core.sdk); here stands only what touches the quote.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.kernel import clock
from core.kernel.errors import Conflict, Invalid, Refusal
from core.kernel.i18n import _
from core.kernel.tenancy import act_in, current_actor
from core.orders.quoting import quotes
from core.orders.quoting.basket import price_basket
from core.orders.quoting.findings import MIN_REASON, check_resigned
from core.org.proofs import ProofMade, make_proof
from core.org.services import staff_of
from core.org.staffing import staff_may

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.orders.types import FindingView, Priced


@dataclass(frozen=True, slots=True)
class InQuote:
    """A finding of a stored quote: the line's item and pieces, the person treated, who pays."""

    quote_id: int
    finding: FindingView
    item: str = ""
    name: str = ""
    qty: int = 0
    person_id: int | None = None
    payer_id: int | None = None


def ask_of_quote(session: Session, quote_id: int, finding_id: str) -> InQuote:
    """Return a finding of a quote of the acting store that a colleague elsewhere may be asked about.

    Raises NotFound for another store's quote, Conflict `quote_used`, `quote_expired`, or `finding_gone` where it is not
    there any more, Invalid for one that nobody may let pass.
    """
    priced, finding = _standing(session, quote_id, finding_id)
    if finding.remote is None or not finding.overridable_by:
        raise Invalid.field("finding", _("这条提示不能放行，请移除这一行。"))
    payer = priced.request.member_id
    line = next((one for one in priced.view.lines if one.line == finding.line), None)
    if line is None:
        return InQuote(quote_id, finding, payer_id=payer)
    return InQuote(quote_id, finding, line.code, line.name, line.qty, priced.view.treated(line), payer)


def answer_of_quote(
    session: Session, quote_id: int, store_id: int, finding_id: str, reason: str, pin: str, *, reason_code: str = "",
    evidence: str = "",
) -> ProofMade:  # fmt: skip
    """Return the acting colleague's proof for an override of this quote, finding and reason, for `POST /orders`.

    Looks at the basket as its store sees it now. A refusal in the answer (a wrong PIN, no right) must be shown after
    the unit was committed, so that a wrong PIN counts. Raises Conflict as `ask_of_quote`, Invalid for no reason.
    """
    actor, text = current_actor(), reason.strip()
    number = staff_of(session, actor.staff_id).number
    with act_in(session, actor.at_store(store_id)):
        _priced, finding = _standing(session, quote_id, finding_id)
        if len(text) < MIN_REASON:
            raise Invalid.field("reason", _("放行须写明原因，至少 %(n)d 个字。", n=MIN_REASON))
        if finding.permission is None or not finding.overridable_by:
            raise Invalid.field("finding", _("这条提示不能放行，请移除这一行。"))
        check_resigned(finding, reason_code, evidence)
        payload = hashlib.sha256(f"{quote_id}|{finding.id}|{text}".encode()).hexdigest()
        made = make_proof(session, number, pin.strip(), "override", payload)
        if made.refusal is None and not staff_may(session, staff_of(session, made.staff_id), finding.permission):
            name = actor.staff_name
            refusal = Refusal(_("%(name)s 没有放行这条提示的权限。", name=name), code="override_forbidden", status=403)
            return ProofMade(refusal=refusal)
        return made


def _standing(session: Session, quote_id: int, finding_id: str) -> tuple[Priced, FindingView]:
    row = quotes.get(session, quote_id)
    quotes.check_open(row, clock.now_ms())
    priced = price_basket(session, quotes.request_of(row))
    finding = next((one for one in priced.findings if one.id == finding_id), None)
    if finding is None:
        raise Conflict(_("这条提示已经变了，请看最新的提示再处理。"), code="finding_gone")
    return priced, finding
