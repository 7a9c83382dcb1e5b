"""Findings on a basket, and who may let them pass (C6, C60; architecture.md section 6)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.hookguards import answered, unavailable_findings
from core.hooktypes import hook_context
from core.kernel import clock, permissions
from core.kernel.errors import FieldError, Invalid, Refusal
from core.kernel.i18n import _
from core.kernel.permissions import UNCHANGED
from core.kernel.runtime import runtime
from core.kernel.tenancy import current_actor
from core.orders.types import FindingView, OverrideRequest
from core.org import roles
from core.org.proofs import consume_proof
from core.org.staffing import staff_may

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from core.hooktypes import BasketView, Check
    from core.kernel.permissions import RoleChanges
    from core.kernel.plugin_types import Answer
    from core.org.models import Staff

FREE = frozenset({"info"})
ACKNOWLEDGED = frozenset({"moderate"})
MIN_REASON = 4
UNAVAILABLE = "check_unavailable"


@dataclass(frozen=True, slots=True)
class Passed:
    """A finding as it goes with the order: who let it pass and why, if it needed anybody."""

    finding: FindingView
    by: int | None = None
    reason: str = ""


def collect(session: Session, view: BasketView, missing: Sequence[Answer]) -> list[FindingView]:
    """Return the findings of core and plugins on a basket; `missing` are price answers that failed.

    A check that failed becomes `check_unavailable` on the lines with its plugin's attributes only.
    """
    host = runtime().host
    if host is None:
        return []
    answers = host.call("checkout_checks", hook_context(session), basket=view)
    checks = [(answer.plugin or "core", answer.value) for answer in answered(answers)]
    checks += unavailable_findings([*answers, *missing], view)
    # What the franchise changed of its roles is read only where somebody may let something pass.
    changes = roles.current(session) if any(check.override for _plugin, check in checks) else UNCHANGED
    return [_view(plugin, check, changes) for plugin, check in checks]


def _view(plugin: str, check: Check, changes: RoleChanges) -> FindingView:
    # A missing check carries a fresh number in its text each time it is asked; it stays the same finding.
    text = "" if check.code == UNAVAILABLE else check.text
    identity = f"{plugin}|{check.code}|{check.line or 0}|{text}"
    return FindingView(
        id=hashlib.sha256(identity.encode()).hexdigest()[:16], plugin=plugin, code=check.code,
        severity=check.severity, line=check.line, text=check.text, permission=check.override,
        overridable_by=_roles(check, changes), licences=check.licences,
    )  # fmt: skip


def _roles(check: Check, changes: RoleChanges) -> tuple[str, ...]:
    """Return the built-in roles (or those behind a franchise's own) that may let a finding pass here."""
    if check.severity == "contraindicated":
        return ()
    if check.override is None or check.override not in permissions.registry:
        return ()
    item = permissions.registry.get(check.override)
    return tuple(sorted({changes.base(role) for role in changes.roles() if changes.holds(role, item)}))


def settle_findings(
    session: Session, findings: Sequence[FindingView], overrides: Sequence[OverrideRequest], quote_id: int
) -> list[Passed]:
    """Return the findings with who let each pass.

    Raises `blocked` (with the findings still open) when one is not passed, and what a wrong proof
    raises. A moderate finding is passed by an acknowledgement, a major one by a staff member with the
    named permission, proven by PIN for exactly this quote, finding and reason.
    """
    given = {one.finding: one for one in overrides}
    passed, open_ = [], []
    for finding in findings:
        override = given.get(finding.id)
        if finding.severity in FREE:
            passed.append(Passed(finding))
        elif override is None or finding.severity == "contraindicated":
            open_.append(finding)
        else:
            passed.append(_pass(session, finding, override, quote_id))
    if open_:
        raise Refusal(
            _("有 %(n)d 条提示没有处理，请先处理。", n=len(open_)),
            code="blocked",
            extra={"findings": [finding.to_json() for finding in open_]},
        )
    return passed


def _refuse_without_licence(staff: Staff, finding: FindingView) -> None:
    """Raise Refusal `licence_needed` where a finding wants a licence that is not held, or has ended (clinic.md 2)."""
    today = clock.today(current_actor().tz).isoformat()
    held = staff.licence_kind in finding.licences and bool(staff.licence_no)
    if finding.licences and not (held and (not staff.licence_until or staff.licence_until >= today)):
        raise Refusal(
            _("%(name)s 没有登记有效的执照，不能放行。请由持证人员放行，或先在员工资料里登记执照。", name=staff.name),
            code="licence_needed",
            status=403,
        )


def _pass(session: Session, finding: FindingView, override: OverrideRequest, quote_id: int) -> Passed:
    reason = override.reason.strip()
    if finding.severity in ACKNOWLEDGED:
        return Passed(finding, current_actor().staff_id, reason)
    if len(reason) < MIN_REASON:
        raise Invalid(
            _("放行须写明原因，至少 %(n)d 个字。", n=MIN_REASON),
            errors=[FieldError("overrides.reason", _("原因太短。"))],
        )
    payload = hashlib.sha256(f"{quote_id}|{finding.id}|{override.reason}".encode()).hexdigest()
    staff = consume_proof(session, override.proof or "", "override", payload)
    if finding.permission is None or not staff_may(session, staff, finding.permission):
        raise Refusal(_("%(name)s 没有放行这条提示的权限。", name=staff.name), code="override_forbidden", status=403)
    _refuse_without_licence(staff, finding)
    return Passed(finding, staff.id, reason)
