"""Points adjusted by hand: asked for with a reason, done by a second person's approval (S4-32, C17, I15).

An adjustment is an ordinary movement of the ledger. A credit lives as long as the programme's points do; a
deduction takes what expires soonest and never leads into debt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.hooktypes import ApprovalSummary
from core.kernel import audit, clock, settings
from core.kernel.errors import FieldError, Invalid, Refusal
from core.kernel.i18n import _, _l
from core.kernel.ids import new_id
from core.kernel.permissions import authorize
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.ledger import services as ledger
from core.orders.settings import ADJUST_ALONE, ADJUST_MAX
from core.org import approvals, business_day, dealing, franchises
from core.people import services as people
from core.points.rules import expires_on
from core.programme import services as programmes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from core.hooktypes import HookContext
    from core.org.models import ApprovalRequest
    from core.people.models import Person

KIND = "points.adjust"
ASK, APPROVE = "points.adjust", "points.adjust.approve"


@dataclass(frozen=True, slots=True)
class Adjusted:
    """What became of an adjustment: the open request, or the transfer where one person sufficed."""

    request: ApprovalRequest | None
    transfer_id: int | None = None


def adjust(
    session: Session, member_id: Any, unit: str, delta: int, reason: str, *, proof: str | None = None,
    payload_sha256: str = "",
) -> Adjusted:  # fmt: skip
    """Ask for an adjustment of a member's points by `delta`, or do it where the setting lets one person.

    Raises Invalid for zero, too much or a missing reason, Refusal `unit_not_adjustable`, Forbidden `own_card`
    (a colleague's `proof` helps), Conflict `already_asked`, refusals of the ledger for a deduction.
    """
    authorize(current_actor(), ASK)
    if unit != ledger.POINTS:
        raise Refusal(
            _("目前只能调整积分。"), code="unit_not_adjustable", errors=[FieldError("unit", _("应为 points。"))]
        )
    person = people.get(session, member_id)
    payload = {"person_id": str(person.id), "delta": delta}
    _check(session, person, delta)
    if abs(delta) > int(settings.value(session, ADJUST_ALONE)):
        asked = approvals.ask(session, KIND, payload, reason, proof=proof, payload_sha256=payload_sha256)
        return Adjusted(asked)
    text = " ".join(reason.split())[:200]
    if len(text) < approvals.MIN_REASON:
        raise Invalid.field("reason", _("请写明原因，至少 %(n)d 个字。", n=approvals.MIN_REASON))
    dealing.refuse_own(session, [person.id], proof=proof, payload_sha256=payload_sha256)
    return Adjusted(None, _post(session, person, delta, "adjustment", new_id(), text))


def _check(session: Session, person: Person, delta: int) -> None:
    most = int(settings.value(session, ADJUST_MAX))
    if not delta:
        raise Invalid.field("delta", _("请填写要增减多少积分。"))
    if abs(delta) > most:
        raise Invalid(
            _("一次最多调整 %(n)s 分。", n=f"{most:,}"), code="adjust_too_large",
            errors=[FieldError("delta", _("超过上限。"))],
        )  # fmt: skip
    if not person.active:
        raise Refusal(_("这位会员已停用，不能调整积分。"), code="member_inactive")
    if delta < 0:
        usable, debt = _standing(session, person)
        if debt or usable < -delta:
            raise Refusal(
                _("积分不足：需要 %(need)d，可用 %(have)d。", need=-delta, have=usable), code="not_enough_points",
                extra={"available": usable},
            )  # fmt: skip


def _standing(session: Session, person: Person) -> tuple[int, int]:
    """Return (usable, debt) of the person's points today."""
    actor = current_actor()
    st = Statements(session, actor.franchise_id)
    return ledger.available_of(st, [person.id], ledger.POINTS, clock.today(actor.tz))[person.id]


def _parts(session: Session, payload: Mapping[str, Any]) -> tuple[Person, int]:
    return people.get(session, payload.get("person_id")), int(payload.get("delta", 0))


def describe(ctx: HookContext, payload: Mapping[str, Any]) -> ApprovalSummary:
    """Return an adjustment in words: whose, how much, the balance before and after."""
    session: Session = ctx.session  # type: ignore[assignment]
    person, delta = _parts(session, payload)
    _check(session, person, delta)
    usable, debt = _standing(session, person)
    rows = [
        (_("会员"), f"{person.name} · {person.member_no}"),
        (_("调整"), _("%(n)s 分", n=f"{delta:+,}")),
        (_("可用积分"), f"{usable:,} → {usable + delta - debt:,}"),
    ]
    return ApprovalSummary(tuple(rows), person_id=person.id)


def execute(ctx: HookContext, payload: Mapping[str, Any], request_id: int) -> dict[str, Any]:
    """Post an approved adjustment; its source is the approval (I15)."""
    session: Session = ctx.session  # type: ignore[assignment]
    person, delta = _parts(session, payload)
    transfer_id = _post(session, person, delta, "approval", request_id, "")
    return {"transfer": str(transfer_id), "delta": delta}


def _post(session: Session, person: Person, delta: int, source_kind: str, source_id: int, reason: str) -> int:
    actor = current_actor()
    st = Statements(session, actor.franchise_id)
    st.lock("person", [person.id])
    franchises.refuse_when_frozen(session, member=True)
    today = business_day.book_on(st)
    posting = ledger.Posting(today, clock.now_ms(), source_kind, source_id, actor.staff_id, actor.store_id, actor.door)
    balance = ledger.balance_of(st, "person", person.id, ledger.POINTS, person.id)
    if delta > 0:
        months = programmes.in_force(session).points.expires_months
        transfer_id = ledger.credit(
            st, balance, ledger.POINTS, delta, posting, reason="adjust", rule="adjust",
            expires_on=expires_on(today, months),
        )  # fmt: skip
    else:
        transfer_id = ledger.redeem(st, balance, ledger.POINTS, -delta, posting, reason="deduct", house="written_off")
    audit.insert(
        st, "points.adjusted", "person", person.id, person_id=person.id,
        detail={"delta": delta, "source": source_kind, "source_id": str(source_id), "reason": reason},
    )  # fmt: skip
    return transfer_id


LABEL = _l("积分调整")
