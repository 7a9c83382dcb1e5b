"""Pages of approvals: what waits for me, what I asked for, what was decided; one request with its decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request, url_for
from sqlalchemy import or_, select

from core.kernel import clock
from core.kernel.errors import Refusal
from core.kernel.i18n import _, _l
from core.kernel.tenancy import current_actor
from core.kernel.web import lists
from core.kernel.web.formats import moment
from core.kernel.web.lists import Column, ListSpec, Sort, link
from core.kernel.web.render import MenuEntry, go, menu, render_page, toast
from core.kernel.web.routes import on_refusal, own_unit, page, session
from core.org import approvals, dealing
from core.org.blueprint import bp, id_of, own_proof
from core.org.models import ApprovalRequest, Staff
from core.org.permissions import APPROVALS

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

menu.add(MenuEntry("home", _l("审批"), "org.approvals", "check", APPROVALS, 20))

STATES: dict[str, tuple[Any, str]] = {
    "asked": (_l("待审批"), "warn"), "approved": (_l("已批准，待使用"), "info"), "executed": (_l("已执行"), "ok"),
    "refused": (_l("已拒绝"), "bad"), "withdrawn": (_l("已撤回"), ""), "expired": (_l("已过期"), ""),
    "failed": (_l("未能执行"), "bad"),
}  # fmt: skip
TABS = ("todo", "mine", "done")


def _where(tab: str) -> Any:
    actor = current_actor()
    row = ApprovalRequest
    if tab == "mine":
        return row.asked_by == actor.staff_id
    mine = or_(False, *(_reach(kind) for kind in approvals.kinds() if approvals.may_decide(actor, kind)))
    if tab == "todo":
        return (row.state == "asked") & (row.expires_at > clock.now_ms()) & (row.asked_by != actor.staff_id) & mine
    return (row.state != "asked") & mine


def _reach(kind: str) -> Any:
    """Return the criterion of a kind's requests that the actor may decide: a manager's are their own stores'."""
    row, offered = ApprovalRequest, approvals.kinds()[kind]
    stores = current_actor().grants.get(offered.approve)
    if not stores:
        return row.kind == kind
    return (row.kind == kind) & (row.store_id.in_(stores) | row.store_id.is_(None))


def list_spec(tab: str) -> ListSpec:
    """Return the list of a tab."""
    row = ApprovalRequest
    asker = select(Staff.name).where(Staff.id == row.asked_by).correlate(row).scalar_subquery()
    decider = select(Staff.name).where(Staff.id == row.decided_by).correlate(row).scalar_subquery()
    labels = {kind: str(found.label) for kind, found in approvals.kinds().items()}
    return ListSpec(
        key=f"approvals_{tab}", model=row, noun=_l("条"), views=False,
        keeps=(("tab", tab),) if tab != "todo" else (), where=lambda _session: _where(tab),
        columns=(
            Column(
                "kind", _l("事项"), (row.kind,),
                lambda r: link(url_for("org.approval", request_id=r.id), labels.get(r.kind, r.kind)),
                phone="title", fixed=True,
            ),
            Column("asker", _l("提出人"), (asker.label("asker"),), lambda r: r.asker or "—", phone="meta"),
            Column("at", _l("提出时间"), (row.asked_at,), lambda r: moment(r.asked_at), phone="note"),
            Column("state", _l("状态"), (row.state, row.expires_at), _state_word, phone="value"),
            Column("until", _l("有效至"), (row.expires_at,), lambda r: moment(r.expires_at), quiet=True),
            Column("by", _l("审批人"), (decider.label("decider"),), lambda r: r.decider or "—", quiet=True),
        ),
        sorts=(Sort("latest", _l("最新在前"), (row.id,), down=True, column="at"),),
    )  # fmt: skip


def _state_word(row: Any) -> str:
    return str(STATES[approvals.state_of(row)][0])


@page(bp, "/approvals", permission=APPROVALS, endpoint="approvals")
def approvals_page() -> Any:
    """Show what waits for a decision, what I asked for, what is done."""
    tab = request.args.get("tab", "todo")
    tab = tab if tab in TABS else "todo"
    listing = lists.load(session(), list_spec(tab), request.args)
    return render_page("org/approvals.html", listing=listing, tab=tab, title=_("审批"))


@page(bp, "/approvals/<request_id>", permission=APPROVALS)
def approval(request_id: str) -> Any:
    """Show a request: what will be done, by whom asked, why; and the decision."""
    return _page(session(), request_id)


def _page(unit: Session, request_id: str, refusal: Refusal | None = None) -> Any:
    row = approvals.get(unit, id_of(request_id))
    offered = approvals.kinds().get(row.kind)
    state = approvals.state_of(row)
    summary = approvals.summary_of(unit, row)
    gone = summary if isinstance(summary, Refusal) else None
    word, tint = STATES[state]
    mine = row.asked_by == current_actor().staff_id
    return render_page(
        "org/approval.html", R=row, status=refusal.status if refusal else 200, refusal=refusal, state=state,
        state_word=word, tint=tint, label=offered.label if offered else row.kind, gone=gone,
        rows=() if gone else summary.rows, names=approvals.names(unit, [row]), mine=mine,
        may_decide=state == "asked" and not mine and gone is None,
        own=not mine and dealing.is_own(unit, [row.person_id]), typed=request.form,
    )  # fmt: skip


@page(bp, "/approvals/<request_id>/approve", permission=APPROVALS, unit="own", methods=("POST",))
def approval_approve(request_id: str) -> Any:
    """Approve with one's own PIN: what was asked is done at once, in the same transaction."""
    try:
        with own_unit("read") as unit:
            payload = approvals.proof_payload(approvals.get(unit, id_of(request_id)))
        proof = own_proof(request.form.get("pin", ""), payload)
        with own_unit("write") as unit:
            done = approvals.decide(
                unit, id_of(request_id), approve=True, answer=request.form.get("answer", "")[:200],
                seen=request.form.get("seen", "")[:64], proof=proof, proof_payload_sha256=payload,
            )  # fmt: skip
            refusal = done.refusal
    except Refusal as refused:
        refusal = refused
    if refusal is not None:
        with own_unit("read") as unit:
            return _page(unit, request_id, refusal)
    toast(_("已批准。"))
    return go("org.approvals")


@page(bp, "/approvals/<request_id>/refuse", permission=APPROVALS, unit="write", methods=("POST",))
def approval_refuse(request_id: str) -> Any:
    """Refuse with a reason."""
    on_refusal(lambda refusal: _page(session(), request_id, refusal))
    done = approvals.decide(
        session(), id_of(request_id), approve=False, answer=request.form.get("answer", "")[:200],
        seen=request.form.get("seen", "")[:64],
    )  # fmt: skip
    toast(done.refusal.message if done.refusal else _("已拒绝，提出人会看到原因。"))
    return go("org.approvals")


@page(bp, "/approvals/<request_id>/withdraw", permission=APPROVALS, unit="write", methods=("POST",))
def approval_withdraw(request_id: str) -> Any:
    """Take one's own request back."""
    on_refusal(lambda refusal: _page(session(), request_id, refusal))
    approvals.withdraw(session(), id_of(request_id))
    toast(_("申请已撤回。"))
    return go("org.approvals", tab="mine")
