"""A tier set by hand: asked for with a reason and a last day, done by a second person's approval (S4-32).

It freezes nothing: beneath it the standing is computed as always, and comes back when the last day is over
or the override is ended early.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.hooktypes import ApprovalSummary
from core.kernel import audit, clock, settings
from core.kernel.errors import Invalid, Refusal
from core.kernel.i18n import _, _l
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.org import approvals
from core.people import services as people
from core.programme import services as programmes
from core.tiers import services as tiers
from core.tiers.models import TierOverride
from core.tiers.permissions import OVERRIDE, OVERRIDE_APPROVE
from core.tiers.settings import OVERRIDE_DAYS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from core.hooktypes import HookContext
    from core.org.models import ApprovalRequest
    from core.people.models import Person

KIND = "tiers.override"
ASK, APPROVE = OVERRIDE, OVERRIDE_APPROVE
LABEL = _l("手工定级")


def ask(session: Session, member_id: Any, tier_code: str, until_on: str, reason: str) -> ApprovalRequest:
    """Ask for a tier through `until_on` (YYYY-MM-DD); an empty `tier_code` asks to end the present override."""
    person = people.get(session, member_id)
    payload = {"person_id": str(person.id), "tier": tier_code, "until": until_on if tier_code else "", "reason": reason}
    return approvals.ask(session, KIND, payload, reason)


def live(session: Session, person_id: int) -> TierOverride | None:
    """Return the person's override that was not ended (its days may be over), or None."""
    return session.scalar(
        select(TierOverride).where(TierOverride.person_id == person_id, TierOverride.ended_at.is_(None))
    )


def in_force(session: Session, person_id: int, on: date) -> TierOverride | None:
    """Return the override that gives the person's tier on the day `on`, or None."""
    found = live(session, person_id)
    return found if found is not None and found.start_on <= on <= found.until_on else None


def _checked(session: Session, payload: Mapping[str, Any]) -> tuple[Person, str, date | None]:
    """Return person, tier code and last day; raise Invalid or Refusal for what cannot be."""
    person = people.get(session, payload.get("person_id"))
    code = str(payload.get("tier", ""))
    today = clock.today(current_actor().tz)
    if not person.active:
        raise Refusal(_("这位会员已停用，不能定级。"), code="member_inactive")
    if not code:
        if in_force(session, person.id, today) is None:
            raise Invalid.field("tier", _("这位会员现在没有手工等级。"))
        return person, "", None
    if programmes.in_force(session).tier(code) is None:
        raise Invalid.field("tier", _("会员方案里没有这个等级。"))
    try:
        until = date.fromisoformat(str(payload.get("until", "")))
    except ValueError:
        raise Invalid.field("until", _("请填写手工等级的最后一天。")) from None
    most = int(settings.value(session, OVERRIDE_DAYS))
    if not today <= until <= today + timedelta(days=most):
        raise Invalid.field("until", _("最后一天须在今天之后，最长 %(n)d 天。", n=most))
    return person, code, until


def describe(ctx: HookContext, payload: Mapping[str, Any]) -> ApprovalSummary:
    """Return an override in words; its subject is the tier that the person holds."""
    session: Session = ctx.session  # type: ignore[assignment]
    person, code, until = _checked(session, payload)
    programme = programmes.in_force(session)
    now, wanted = programme.tier(person.tier_code), programme.tier(code)
    present = live(session, person.id)
    rows = [
        (_("会员"), f"{person.name} · {person.member_no}"),
        (_("现在的等级"), now.name if now else "—"),
        (_("定为"), wanted.name if wanted else _("结束手工等级，回到按消费算出的等级")),
    ]
    if until is not None:
        rows.append((_("最后一天"), until.isoformat()))
    subject = f"{person.tier_code}|{present.id if present else ''}"
    return ApprovalSummary(tuple(rows), subject, person.id)


def execute(ctx: HookContext, payload: Mapping[str, Any], request_id: int) -> dict[str, Any]:
    """Set or end an approved override and move the person's standing with it."""
    session: Session = ctx.session  # type: ignore[assignment]
    person, code, until = _checked(session, payload)
    actor = current_actor()
    Statements(session, actor.franchise_id).lock("person", [person.id])
    _end(session, person.id)
    if until is not None:
        row = TierOverride(
            person_id=person.id, tier_code=code, start_on=clock.today(actor.tz), until_on=until,
            staff_id=actor.staff_id, made_at=clock.now_ms(), approval_id=request_id,
        )  # fmt: skip
        row.reason = str(payload.get("reason", ""))[:200]
        session.add(row)
        session.flush()
    audit.record(
        session, "tiers.override.set" if code else "tiers.override.ended", "person", person.id, person_id=person.id,
        detail={"tier": code, "until": until.isoformat() if until else "", "approval": str(request_id)},
    )  # fmt: skip
    st = Statements(session, actor.franchise_id)
    moved = tiers.refresh(
        st, person.id, programmes.in_force(session), clock.today(actor.tz), actor.tz, cause="override",
        source_kind="approval", source_id=request_id,
    )  # fmt: skip
    session.expire(person)
    return {"from": moved.before, "to": moved.standing.tier}


def _end(session: Session, person_id: int) -> None:
    present = live(session, person_id)
    if present is not None:
        present.ended_at = clock.now_ms()
        present.ended_by = current_actor().staff_id
        session.flush()
