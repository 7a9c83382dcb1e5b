"""Giving back stored value that a member brought along from another system (S17, C1, C4).

No order sold it, so there is none to refund: the formulas, the way the money may leave and who has to confirm are those
of every top-up, the document is its own. Nothing else hangs on it: it earned nothing and moved no tier here.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.kernel import clock
from core.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from core.kernel.i18n import _
from core.kernel.ids import new_id
from core.kernel.permissions import may
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.ledger import services as ledger
from core.orders.refunding import refunds
from core.orders.selling import till_entries
from core.orders.value import top_up_refund
from core.orders.value.top_up_refund import Choice, Planned
from core.org import business_day, dealing, franchises
from core.wallet import services
from core.wallet.giving_back import BROUGHT, Payout

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.wallet.models import TopUp

REFUND = "orders.refund"


@dataclass(frozen=True, slots=True)
class BroughtBack:
    """What giving a top-up back comes to: the plan, as the answer tells it, and the identity of what was shown."""

    plan: Planned

    @property
    def told(self) -> dict[str, Any]:
        """Return the top-up, its formula and every other formula; there is no line of an order."""
        found = top_up_refund.told(0, self.plan)
        del found["line"]
        return found

    def digest(self) -> str:
        """Return the identity of what is shown."""
        return hashlib.sha256(json.dumps(self.told, sort_keys=True).encode()).hexdigest()[:32]


def see(session: Session, person_id: int, top_up_id: int) -> TopUp:
    """Return a top-up of this member that was brought along and may be given back here.

    Raises NotFound for one that is not this member's, Conflict `top_up_sold_here` for one that an order sold,
    Forbidden `other_store`.
    """
    actor = current_actor()
    top_up = services.top_up_of(session, top_up_id)
    if top_up.person_id != person_id:
        raise NotFound(_("没有找到这笔充值。"))
    if top_up.order_id is not None:
        raise Conflict(_("这笔充值是在本店开单充的，请在原订单里退款。"), code="top_up_sold_here")
    if may(actor, REFUND) and not may(actor, REFUND, top_up.store_id):
        raise Forbidden(_("这笔储值导入在别的门店，请到那家门店退款。"), code="other_store")
    return top_up


def preview(session: Session, person_id: int, top_up_id: int, formula: str | None = None) -> BroughtBack:
    """Return what giving a brought top-up back comes to by a formula (None: the usual one); nothing is written.

    Raises what `see` and `top_up_refund.weigh` raise.
    """
    top_up = see(session, person_id, top_up_id)
    franchises.refuse_when_frozen(session, member=True)
    back, result = top_up_refund.weigh(session, top_up, formula, clock.today(current_actor().tz))
    return BroughtBack(Planned(back, result, 0))


def give_back(
    session: Session, person_id: int, top_up_id: int, formula: str | None, payout: Payout, reason: str, *,
    preview_id: str | None = None, proof: str | None = None, payload_sha256: str = "",
) -> BroughtBack:  # fmt: skip
    """Give a brought top-up back whole and return what it came to.

    Raises Invalid without a reason, Conflict `value_back_moved` when it is not what was shown, and as a refund of
    an order does: `payout_required`, `payout_not_cash`, `refund_needs_proof`, `own_card`.
    """
    if not reason.strip():
        raise Invalid.field("reason", _("请填写退款原因。"))
    actor = current_actor()
    st = Statements(session, actor.franchise_id)
    st.lock("person", [person_id])
    found = preview(session, person_id, top_up_id, formula)
    if preview_id and preview_id != found.digest():
        raise Conflict(
            _("预览之后情况有变，请核对新的退款结果再确认。"), code="value_back_moved", extra={"preview": found.told}
        )
    plan = found.plan
    top_up_refund.check_payout(session, {0: plan}, Choice({}, payout))
    confirmed = refunds.check_limit(session, plan.fen, proof, payload_sha256)
    dealing.refuse_own(
        session, [person_id], proof=proof, payload_sha256=payload_sha256, purpose="refund", witness=confirmed
    )
    posting = ledger.Posting(
        business_day.book_on(st), clock.now_ms(), BROUGHT, new_id(), actor.staff_id, actor.store_id, actor.door,
    )  # fmt: skip
    top_up_refund.take_out(st, plan, payout, posting, reason.strip()[:200])
    money = [(payout.kind, -plan.fen)] if plan.fen else []
    till_entries.write(st, BROUGHT, posting.source_id, money, posting.business_on, posting.booked_at)
    return found
