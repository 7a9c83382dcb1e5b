"""Findings on a basket, and who may let them pass (C6, C60; architecture.md section 6)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.care import safety
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
# The one way past a contraindication: whoever prescribed it corrected or signed it again, and a pharmacist says so.
RESIGNED = "prescriber_resigned"
PHARMACIST = frozenset({"pharmacist"})
MIN_EVIDENCE = 5


@dataclass(frozen=True, slots=True)
class Passed:
    """A finding as it goes with the order: who let it pass and why, if it needed anybody.

    The licence is the one that was held then; `second_by` rang it up, where that was somebody else.
    """

    finding: FindingView
    by: int | None = None
    reason: str = ""
    reason_code: str = ""
    licence_kind: str = ""
    licence_no: str = ""
    second_by: int | None = None
    evidence: str = ""


def collect(session: Session, view: BasketView, missing: Sequence[Answer]) -> list[FindingView]:
    """Return the findings of core and plugins on a basket; `missing` are price answers that failed.

    A check that failed becomes `check_unavailable` on the lines with its plugin's attributes only.
    """
    host = runtime().host
    if host is None:
        return []
    with safety.remembered(session):
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
        overridable_by=_roles(check, changes), licences=check.licences, data_version=check.data_version,
        reasons=check.reasons, resign=check.resign, evidence=check.evidence,
        remote=check.remote,
    )  # fmt: skip


def _roles(check: Check, changes: RoleChanges) -> tuple[str, ...]:
    """Return the built-in roles (or those behind a franchise's own) that may let a finding pass here."""
    if check.severity == "contraindicated" and not check.resign:
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
        elif override is None or (finding.severity == "contraindicated" and not finding.resign):
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
    wanted = finding.licences or (PHARMACIST if finding.severity == "contraindicated" else frozenset())
    held = staff.licence_kind in wanted and bool(staff.licence_no)
    if wanted and not (held and (not staff.licence_until or staff.licence_until >= today)):
        raise Refusal(
            _("%(name)s 没有登记有效的执照，不能放行。请由持证人员放行，或先在员工资料里登记执照。", name=staff.name),
            code="licence_needed",
            status=403,
        )


def check_resigned(finding: FindingView, reason_code: str, evidence: str) -> None:
    """Raise Invalid where a contraindication is to pass but for a new signature, or without evidence of one."""
    if finding.severity != "contraindicated":
        return
    if reason_code != RESIGNED:
        raise Invalid.field("overrides.reason_code", _("禁忌只能因处方医师更正或重新签名而放行。"))
    if len(evidence.strip()) < MIN_EVIDENCE:
        raise Invalid.field(
            "overrides.evidence", _("请写明凭据，例如处方号、医师姓名和确认时间，至少 %(n)d 个字。", n=MIN_EVIDENCE)
        )


def _pass(session: Session, finding: FindingView, override: OverrideRequest, quote_id: int) -> Passed:
    reason = override.reason.strip()
    check_resigned(finding, override.reason_code, override.evidence)
    if finding.severity in ACKNOWLEDGED:
        return Passed(finding, current_actor().staff_id, reason, override.reason_code[:40])
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
    rang_up = current_actor().staff_id
    return Passed(
        finding, staff.id, reason, override.reason_code[:40], staff.licence_kind, staff.licence_no,
        rang_up if rang_up != staff.id else None, override.evidence.strip()[:300],
    )  # fmt: skip
