"""A finding at the till put before a colleague elsewhere, and their answer brought back to that till.

The answer is an override like any other: by PIN, bound to the quote that the payment will store, good for two minutes.
A plugin keeps the queue (core.sdk); here stands only what touches the open basket.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from core.desk import rules, services
from core.desk.models import TillDraft
from core.kernel import clock
from core.kernel.errors import Conflict, Invalid
from core.kernel.i18n import _
from core.kernel.tenancy import act_in, current_actor
from core.kernel.web import state
from core.orders.quoting.basket import price_basket
from core.org.services import staff_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.kernel.errors import Refusal
    from core.orders.types import FindingView


@dataclass(frozen=True, slots=True)
class AtTill:
    """A finding of an open basket: which till session, the line's item and pieces, the person treated, who pays."""

    sitting: int
    finding: FindingView
    item: str = ""
    name: str = ""
    qty: int = 0
    person_id: int | None = None
    payer_id: int | None = None


def sitting() -> int:
    """Return the till session of whoever is signed in; raise Conflict where nobody is."""
    found = state.identity()
    if found is None or current_actor().store_id is None:
        raise _gone()
    return found.session_id


def _gone() -> Conflict:
    return Conflict(_("这条提示已经变了，请看最新的提示再处理。"), code="finding_gone")


def ask_at_till(session: Session, finding_id: str) -> AtTill:
    """Mark a finding of the open basket as put before a colleague, and return it.

    Raises Conflict `finding_gone` where it is not there any more, Invalid for one that nobody may let pass.
    """
    own = sitting()
    draft, _key = services.draft_of(session, own)
    if not draft.lines:
        raise _gone()
    priced = price_basket(session, rules.request_of(draft))
    finding = services.finding_of(priced, finding_id)
    if not finding.overridable_by:
        raise Invalid(_("这条提示不能放行，请移除这一行。"))
    draft.asked = [one for one in draft.asked if one != finding_id] + [finding_id]
    services.keep(session, own, draft)
    line = next((one for one in priced.view.lines if one.line == finding.line), None)
    if line is None:
        return AtTill(own, finding, payer_id=draft.member_id)
    return AtTill(own, finding, line.code, line.name, line.qty, priced.view.treated(line), draft.member_id)


def answer_at_till(
    session: Session, sitting: int, store_id: int, finding_id: str, reason: str, pin: str, *, reason_code: str = "",
    evidence: str = "",
) -> Refusal | None:  # fmt: skip
    """Let a finding of somebody's open basket pass by the acting colleague's PIN; return why not, to be shown after the
    commit, so that a wrong PIN counts.

    Looks at the basket as it is now, as that till sees it. Raises Conflict `finding_gone`, Invalid for no reason.
    """
    actor = current_actor()
    number = staff_of(session, actor.staff_id).number
    # The row is held first: what the cashier does meanwhile comes after this and sees it.
    session.scalar(select(TillDraft.id).where(TillDraft.web_session_id == sitting).with_for_update())
    if not services.draft_of(session, sitting)[0].lines:
        raise _gone()
    with act_in(session, actor.at_store(store_id)):
        return services.override(
            session, sitting, finding_id, reason, number, pin, reason_code=reason_code, evidence=evidence
        )


def passed_at_till(session: Session, finding_id: str) -> bool:
    """Return whether a finding of the open basket is let pass at this moment."""
    draft, _key = services.draft_of(session, sitting())
    return any(one.finding == finding_id for one in rules.still_given(draft, clock.now_ms()))
