"""Four eyes: ask, decide, use (security C17, invariant I15).

A request keeps what will be done sealed, with its SHA-256, and the state of the thing it is about. Whoever
approves is somebody else, holds the permission now, saw exactly this payload and proves it by PIN; what is
approved runs in the same transaction, once. What cannot run any more (altered, stale, run out, refused by
its own rules) ends the request: those outcomes are returned, not raised, so that they are kept.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import CursorResult, select, update

from core.hooktypes import hook_context
from core.kernel import audit, clock, permissions
from core.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refusal
from core.kernel.i18n import _
from core.kernel.ids import parse_id
from core.kernel.runtime import runtime
from core.kernel.tenancy import acting, current_actor
from core.org import dealing, notices, roles
from core.org.models import ApprovalRequest, Staff
from core.org.proofs import consume_proof

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from core.hooktypes import ApprovalKind, ApprovalSummary
    from core.kernel.tenancy import Actor

LIFE_MS = 24 * 3600_000
MIN_REASON, MAX_REASON = 2, 200
PURPOSE = "approve"
OPEN = frozenset({"asked", "approved"})
ASKED, DECIDED = "approval.asked", "approval.decided"


@dataclass(frozen=True, slots=True)
class Decided:
    """The outcome of a decision: the request as it stands now, and why it was not done, if it was not."""

    row: ApprovalRequest
    refusal: Refusal | None = None


def kinds() -> dict[str, ApprovalKind]:
    """Return everything that wants a second person, by kind, as the rooms and plugins offer it."""
    host = runtime().host
    answers = host.declared("register_approvals") if host else []
    return {answer.value.kind: answer.value for answer in answers if not answer.failed}


def kind_of(code: str) -> ApprovalKind:
    """Return a kind; raise Invalid for one that no room offers (any more)."""
    found = kinds().get(code)
    if found is None:
        raise Invalid(_("没有“%(kind)s”这种审批，也许它的插件停用了。", kind=code[:60]), code="approval_unknown")
    return found


def pairs() -> list[tuple[str, str]]:
    """Return (permission to ask, permission to approve) of every kind: no junior role may hold both."""
    return [(one.ask, one.approve) for one in kinds().values()]


def may_decide(actor: Actor, kind: str, store_id: int | None = None) -> bool:
    """Return whether the actor holds the permission to approve `kind` (at `store_id`, when given)."""
    found = kinds().get(kind)
    if found is None or found.approve not in permissions.registry:
        return False
    return permissions.may(actor, found.approve, store_id)


def sha_of(text: str) -> str:
    """Return the SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def canonical(payload: Mapping[str, Any]) -> str:
    """Return a payload as the one text that its hash is taken of."""
    return json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def proof_payload(row: ApprovalRequest) -> str:
    """Return what the PIN of an approval on screen is bound to: the hash of request and payload."""
    return sha_of(f"{row.id}|{row.payload_sha256}")


# -- asking --------------------------------------------------------------------------------------


def ask(
    session: Session, kind: str, payload: Mapping[str, Any], reason: str, *, proof: str | None = None,
    payload_sha256: str = "",
) -> ApprovalRequest:  # fmt: skip
    """Ask for somebody's approval and return the request; it lives 24 hours.

    `proof` is a colleague's PIN over `payload_sha256`, for one's own household's account. Raises Forbidden
    without the permission to ask or for one's own card, Invalid without a reason, Conflict `already_asked` while
    the same request is open, and what the kind's `describe` raises.
    """
    actor = current_actor()
    offered = kind_of(kind)
    permissions.authorize(actor, offered.ask)
    if actor.staff_id is None:
        raise Forbidden(_("审批要由一位员工提出。"))
    text = _reason(reason)
    summary = offered.describe(hook_context(session), payload)
    dealing.refuse_own(session, [summary.person_id], proof=proof, payload_sha256=payload_sha256)
    body = canonical(payload)
    digest = sha_of(body)
    _refuse_twin(session, kind, digest)
    row = ApprovalRequest(
        kind=kind, payload_sha256=digest, subject=summary.subject[:120], person_id=summary.person_id,
        store_id=summary.store_id or actor.store_id, asked_by=actor.staff_id, asked_at=clock.now_ms(),
        expires_at=clock.now_ms() + LIFE_MS,
    )  # fmt: skip
    row.payload, row.reason = body, text
    session.add(row)
    session.flush()
    _note(session, row, "asked", {"reason": text})
    notices.tell_holders(
        session, offered.approve, row.store_id, ASKED, {"kind": row.kind, "by": str(row.asked_by)},
        but=[row.asked_by], endpoint="org.approval", link={"request_id": row.id}, about=f"approval:{row.id}",
    )  # fmt: skip
    return row


def _reason(text: str) -> str:
    reason = " ".join(text.split())[:MAX_REASON]
    if len(reason) < MIN_REASON:
        raise Invalid.field("reason", _("请写明原因，至少 %(n)d 个字。", n=MIN_REASON))
    return reason


def _refuse_twin(session: Session, kind: str, digest: str) -> None:
    twin = session.scalar(
        select(ApprovalRequest.id).where(
            ApprovalRequest.state.in_(OPEN), ApprovalRequest.expires_at > clock.now_ms(),
            ApprovalRequest.kind == kind, ApprovalRequest.payload_sha256 == digest,
        )
    )  # fmt: skip
    if twin is not None:
        raise Conflict(_("同样的申请已经提出，正在等审批。"), code="already_asked", extra={"approval_id": str(twin)})


def _note(session: Session, row: ApprovalRequest, what: str, detail: Mapping[str, Any]) -> None:
    audit.record(
        session, f"org.approval.{what}", "approval_request", row.id, person_id=row.person_id,
        detail={"kind": row.kind, "payload_sha256": row.payload_sha256, **detail},
    )  # fmt: skip


# -- reading -------------------------------------------------------------------------------------


def get(session: Session, request_id: Any, *, held: bool = False) -> ApprovalRequest:
    """Return a request that the actor may see: theirs, or one they may decide; raise NotFound.

    `held` locks its row.
    """
    row = _row(session, request_id, held=held)
    if not may_see(session, row):
        raise NotFound(_("没有找到这条审批。"))
    return row


def _row(session: Session, request_id: Any, *, held: bool) -> ApprovalRequest:
    wanted = request_id if isinstance(request_id, int) else parse_id(request_id)
    query = select(ApprovalRequest).where(ApprovalRequest.id == wanted)
    if held:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = session.scalar(query) if wanted else None
    if row is None:
        raise NotFound(_("没有找到这条审批。"))
    return row


def may_see(session: Session, row: ApprovalRequest) -> bool:
    """Return whether the acting staff member asked for it or may decide it."""
    actor = current_actor()
    if actor.staff_id is None or row.asked_by == actor.staff_id:
        return True
    return _holds(session, actor.staff_id, row)


def payload_of(row: ApprovalRequest) -> dict[str, Any]:
    """Return what will be done."""
    found = json.loads(row.payload or "{}")
    return found if isinstance(found, dict) else {}


def summary_of(session: Session, row: ApprovalRequest) -> ApprovalSummary | Refusal:
    """Return what a request asks for in words of now, or why it cannot be done any more."""
    try:
        return kind_of(row.kind).describe(hook_context(session), payload_of(row))
    except Refusal as refusal:
        return refusal


def state_of(row: ApprovalRequest) -> str:
    """Return the state as of now: what has run out is expired before the job says so."""
    return "expired" if row.state in OPEN and row.expires_at <= clock.now_ms() else row.state


# -- deciding ------------------------------------------------------------------------------------


def decide(
    session: Session, request_id: Any, *, approve: bool, answer: str = "", seen: str = "", proof: str | None = None,
    proof_payload_sha256: str = "",
) -> Decided:  # fmt: skip
    """Approve or refuse a request; what is approved is done at once, in this unit.

    `seen` is the payload's hash that the decider looked at, `proof` their own PIN (purpose approve), needed to
    approve. Raises Conflict `approval_decided` when it was decided before, `approval_moved` for another payload
    than the one seen, Forbidden `approval_self` for the one who asked, `approval_kin`, `forbidden` without the
    permission now, Refusal `approval_needs_proof`. What ends the request is returned in `Decided.refusal`.
    """
    row = _row(session, request_id, held=True)
    offered = kind_of(row.kind)
    if row.state != "asked":
        raise Conflict(_("这条审批已经处理过了。"), code="approval_decided", extra={"state": row.state})
    if row.expires_at <= clock.now_ms():
        return _end(session, row, "expired", _expired())
    staff_id = _check_decider(session, row, offered)
    if seen and seen != row.payload_sha256:
        raise Conflict(_("申请的内容和你看到的不一样，请刷新后再看。"), code="approval_moved")
    if sha_of(row.payload or "") != row.payload_sha256:
        return _end(session, row, "failed", Conflict(_("申请内容被改动过，已作废。"), code="approval_altered"))
    if not approve:
        return _refuse(session, row, staff_id, _reason(answer))
    _check_proof(session, staff_id, proof, proof_payload_sha256)
    stale = _stale(session, row, offered)
    if stale is not None:
        return _end(session, row, "failed", stale)
    return _approve(session, row, offered, staff_id, answer)


def _expired() -> Conflict:
    return Conflict(_("申请超过 24 小时没有处理，已失效。请重新提出。"), code="approval_expired")


def _check_decider(session: Session, row: ApprovalRequest, offered: ApprovalKind) -> int:
    """Return the acting staff member's id; raise Forbidden when they may not decide this request."""
    actor = current_actor()
    staff_id = actor.staff_id
    if staff_id is None or staff_id == row.asked_by:
        raise Forbidden(_("自己提出的申请要由另一个人审批。"), code="approval_self")
    if not _holds(session, staff_id, row):
        what = str(permissions.registry.get(offered.approve).label)
        raise Forbidden(_("审批这条申请要有“%(what)s”的权限。", what=what), extra={"permission": offered.approve})
    own = dealing.person_of(session, staff_id)
    if own and own == dealing.person_of(session, row.asked_by):
        raise Forbidden(_("提出的人和审批的人是同一个人的两个账号。"), code="approval_self")
    if dealing.is_own(session, [row.person_id], of=own):
        raise Forbidden(_("这涉及你本人或家人的会员账户，请由别人审批。"), code="approval_kin")
    return staff_id


def _holds(session: Session, staff_id: int, row: ApprovalRequest) -> bool:
    """Return whether a staff member may approve the request now, at its store."""
    offered = kinds().get(row.kind)
    if offered is None:
        return False
    stores = roles.grants_of(session, staff_id).get(offered.approve)
    declared = offered.approve in permissions.registry and permissions.registry.get(offered.approve)
    if stores is None or not declared or (declared.plugin and declared.plugin not in current_actor().plugins):
        return False
    return not stores or row.store_id is None or row.store_id in stores


def _check_proof(session: Session, staff_id: int, proof: str | None, payload_sha256: str) -> None:
    if proof is None:
        raise Refusal(_("批准要输入你的 PIN。"), code="approval_needs_proof", status=403)
    given = consume_proof(session, proof, PURPOSE, payload_sha256)
    if given.id != staff_id:
        raise Forbidden(_("PIN 不是审批人本人的。"), code="proof_invalid")


def _stale(session: Session, row: ApprovalRequest, offered: ApprovalKind) -> Refusal | None:
    try:
        now = offered.describe(hook_context(session), payload_of(row)).subject[:120]
    except Refusal as refusal:
        return refusal
    if now == row.subject:
        return None
    return Conflict(_("提出之后情况已经变了，这条申请作废。请核对后重新提出。"), code="approval_stale")


def _move(session: Session, row: ApprovalRequest, before: str, after: str, **values: Any) -> None:
    """Change the state exactly once; raise Conflict when somebody else did meanwhile."""
    moved = session.execute(
        update(ApprovalRequest)
        .where(ApprovalRequest.id == row.id, ApprovalRequest.state == before, ApprovalRequest.version == row.version)
        .values(state=after, version=row.version + 1, **values)
        .execution_options(synchronize_session=False)
    )
    if not isinstance(moved, CursorResult) or moved.rowcount != 1:
        raise Conflict(_("这条审批已经处理过了。"), code="approval_decided")
    session.refresh(row)


def _end(session: Session, row: ApprovalRequest, state: str, refusal: Refusal) -> Decided:
    _move(session, row, row.state, state, decided_at=clock.now_ms())
    row.answer = refusal.message[:MAX_REASON]
    session.flush()
    _note(session, row, state, {"why": refusal.code})
    _tell_asker(session, row)
    return Decided(row, refusal)


def _tell_asker(session: Session, row: ApprovalRequest) -> None:
    """Tell the one who asked what became of it; those who were to decide need not look any more."""
    notices.settle(session, ASKED, f"approval:{row.id}")
    notices.tell(
        session, [row.asked_by], DECIDED, {"kind": row.kind, "state": row.state, "by": str(row.decided_by or "")},
        endpoint="org.approval", link={"request_id": row.id}, about=f"approval:{row.id}",
    )  # fmt: skip


def _refuse(session: Session, row: ApprovalRequest, staff_id: int, answer: str) -> Decided:
    _move(session, row, "asked", "refused", decided_by=staff_id, decided_at=clock.now_ms())
    row.answer = answer
    session.flush()
    _note(session, row, "refused", {"reason": answer})
    _tell_asker(session, row)
    return Decided(row)


def _approve(session: Session, row: ApprovalRequest, offered: ApprovalKind, staff_id: int, answer: str) -> Decided:
    _move(session, row, "asked", "approved", decided_by=staff_id, decided_at=clock.now_ms())
    row.answer = " ".join(answer.split())[:MAX_REASON]
    session.flush()
    _note(session, row, "approved", {"asked_by": str(row.asked_by)})
    if offered.execute is None:
        _tell_asker(session, row)
        return Decided(row)
    savepoint = session.begin_nested()
    try:
        result = _execute(session, row, offered)
    except Refusal as refusal:
        savepoint.rollback()
        session.refresh(row)
        return _end(session, row, "failed", refusal)
    savepoint.commit()
    _move(session, row, "approved", "executed")
    _note(session, row, "executed", {"asked_by": str(row.asked_by), "result": result})
    _tell_asker(session, row)
    return Decided(row)


def _execute(session: Session, row: ApprovalRequest, offered: ApprovalKind) -> dict[str, Any]:
    """Do what was approved, booked at the store where it was asked for."""
    actor = current_actor()
    here = actor.at_store(row.store_id) if row.store_id else actor
    with acting(here):
        done = dict((offered.execute or _nothing)(hook_context(session), payload_of(row), row.id))
        session.flush()
    return done


def _nothing(_ctx: Any, _payload: Any, _request_id: int) -> dict[str, Any]:
    return {}


# -- using, withdrawing, expiring ----------------------------------------------------------------


def use(session: Session, request_id: Any, kind: str, payload: Mapping[str, Any]) -> ApprovalRequest:
    """Use up an approval that waits for the one who asked, for exactly what was approved; return the request.

    Raises Conflict `approval_decided` when it was used before or never approved, `approval_expired`,
    `approval_moved` for another payload.
    """
    row = get(session, request_id, held=True)
    if row.kind != kind or row.asked_by != current_actor().staff_id:
        raise NotFound(_("没有找到这条审批。"))
    if row.state != "approved":
        raise Conflict(_("这条审批还没有批准，或已经用过。"), code="approval_decided", extra={"state": row.state})
    if row.expires_at <= clock.now_ms():
        raise _expired()
    if sha_of(canonical(payload)) != row.payload_sha256 or sha_of(row.payload or "") != row.payload_sha256:
        raise Conflict(_("内容和批准的不一样，请重新申请。"), code="approval_moved")
    _move(session, row, "approved", "executed")
    _note(session, row, "executed", {"decided_by": str(row.decided_by)})
    return row


def open_for(session: Session, kind: str, payload: Mapping[str, Any]) -> ApprovalRequest | None:
    """Return the acting person's open request for exactly this, or None."""
    return session.scalar(
        select(ApprovalRequest)
        .where(
            ApprovalRequest.asked_by == current_actor().staff_id, ApprovalRequest.kind == kind,
            ApprovalRequest.payload_sha256 == sha_of(canonical(payload)), ApprovalRequest.state.in_(OPEN),
            ApprovalRequest.expires_at > clock.now_ms(),
        )
        .order_by(ApprovalRequest.id.desc())
        .limit(1)
    )  # fmt: skip


def withdraw(session: Session, request_id: Any) -> ApprovalRequest:
    """Take back one's own request while nothing was done; raise Conflict when it was decided."""
    row = get(session, request_id, held=True)
    if row.asked_by != current_actor().staff_id:
        raise NotFound(_("没有找到这条审批。"))
    if row.state not in OPEN:
        raise Conflict(_("这条审批已经处理过了。"), code="approval_decided", extra={"state": row.state})
    _move(session, row, row.state, "withdrawn")
    _note(session, row, "withdrawn", {})
    notices.settle(session, ASKED, f"approval:{row.id}")
    return row


def expire(session: Session, limit: int = 500) -> int:
    """End the requests whose 24 hours are over and return how many (at most `limit`)."""
    rows = session.scalars(
        select(ApprovalRequest)
        .where(ApprovalRequest.state.in_(OPEN), ApprovalRequest.expires_at <= clock.now_ms())
        .order_by(ApprovalRequest.expires_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        _move(session, row, row.state, "expired")
        _note(session, row, "expired", {})
        _tell_asker(session, row)
    return len(rows)


def names(session: Session, rows: list[ApprovalRequest]) -> dict[int, str]:
    """Return the names of those who asked and decided, by id."""
    ids = {row.asked_by for row in rows} | {row.decided_by for row in rows if row.decided_by}
    return {row[0]: row[1] for row in session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(ids)))}
