"""Pages of a shift: open it, put in and take out, count without knowing, close (case B51)."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import request, url_for
from sqlalchemy import select

from core.cash import difference_approval, rules, services
from core.cash.blueprint import bp
from core.cash.models import Shift
from core.cash.permissions import SEE, SHIFT
from core.cash.settings import APPROVE_ABOVE, REASONS
from core.cash.words import MOVES, WANTS_WORDS
from core.kernel import settings
from core.kernel.errors import Invalid, NotFound, Refusal
from core.kernel.i18n import _
from core.kernel.idempotency import perform
from core.kernel.ids import parse_id
from core.kernel.money import parse_yuan
from core.kernel.runtime import runtime
from core.kernel.tenancy import current_actor
from core.kernel.web.formats import yuan
from core.kernel.web.render import go, render_page, toast
from core.kernel.web.routes import on_refusal, own_unit, page, session
from core.orders.selling import tender_list
from core.org.models import Staff, Store
from core.org.proofs import make_proof

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

TOLD = frozenset({"difference_needs_reason", "difference_needs_proof"})


# -- one's own shift -----------------------------------------------------------------------------


@page(bp, "/cash", permission=SHIFT, endpoint="mine")
def mine_page() -> Any:
    """Show one's open shift without what is expected, or the form that opens one."""
    return _mine(session())


def _mine(unit: Session, refusal: Refusal | None = None, at: str = "") -> Any:
    row = services.mine(unit)
    last = None
    if row is None:
        last = unit.scalar(
            select(Shift)
            .where(
                Shift.store_id == (current_actor().store_id or 0), Shift.staff_id == (current_actor().staff_id or 0)
            )
            .order_by(Shift.id.desc())
            .limit(1)
        )  # fmt: skip
    return render_page(
        "cash/shift.html", status=refusal.status if refusal else 200, shift=row, last=last, refusal=refusal, at=at,
        moves=services.moves_of(unit, row.id) if row else [], typed=request.form, kinds=MOVES, wants=WANTS_WORDS,
        faces=rules.FACES, once=secrets.token_urlsafe(16), owner=None,
    )  # fmt: skip


@page(bp, "/cash/open", permission=SHIFT, unit="write", methods=("POST",))
def open_shift() -> Any:
    """Open a shift with a float."""
    on_refusal(lambda refusal: _mine(session(), refusal, "open"))
    row = services.open_shift(session(), _amount(request.form, "float"))
    toast(_("已开班，备用金 %(yuan)s。", yuan=yuan(row.float_fen)))
    return go("cash.mine")


def _amount(form: Mapping[str, str], name: str) -> int:
    raw = form.get(name, "").strip()
    if not raw:
        raise Invalid.field(name, _("请填写金额。"))
    return rules.amount(parse_yuan(raw[:20], name), name)


@page(bp, "/cash/move", permission=SHIFT, unit="write", methods=("POST",))
def move() -> Any:
    """Put cash in or take it out."""
    on_refusal(lambda refusal: _mine(session(), refusal, "move"))
    form = request.form
    made = services.move(session(), form.get("code", "")[:20], _amount(form, "amount"), form.get("reason", ""))
    toast(
        _("已存入 %(yuan)s。", yuan=yuan(made.amount_fen))
        if made.kind == "in"
        else _("已取出 %(yuan)s。", yuan=yuan(made.amount_fen))
    )
    return go("cash.mine")


# -- a shift -------------------------------------------------------------------------------------


@page(bp, "/cash/shifts/<shift_id>", permission=SEE, endpoint="shift")
def shift_page(shift_id: str) -> Any:
    """Show a closed shift with everything it was counted from; an open one to count, for who may close it."""
    row = services.get(session(), shift_id)
    if row.closed_at is None and row.staff_id == current_actor().staff_id:
        return go("cash.mine")
    return _shift(session(), row)


def _shift(unit: Session, row: Shift, refusal: Refusal | None = None) -> Any:
    names = _names(unit, row)
    status = refusal.status if refusal else 200
    if row.closed_at is None:
        return render_page(
            "cash/shift.html", status=status, shift=row, last=None, refusal=refusal, at="count",
            moves=services.moves_of(unit, row.id), typed=request.form, kinds=MOVES, wants=WANTS_WORDS,
            faces=rules.FACES, once=secrets.token_urlsafe(16), owner=names[row.staff_id],
            may_close=services.looks_after(unit, row),
        )  # fmt: skip
    return render_page(
        "cash/result.html", status=status, shift=row, figures=services.figures(unit, row), names=names, kinds=MOVES,
        words=tender_list.names(unit), store=unit.get(Store, row.store_id),
    )  # fmt: skip


def _names(unit: Session, row: Shift) -> dict[int | None, str]:
    wanted = [one for one in (row.staff_id, row.closed_by, row.approved_by) if one]
    return {found[0]: found[1] for found in unit.execute(select(Staff.id, Staff.name).where(Staff.id.in_(wanted)))}


# -- counting and closing ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Count:
    """What a close form says: the sum counted, why it differs, the version of the shift that was looked at."""

    counted_fen: int
    reason: str
    version: int | None


def count_of(form: Mapping[str, str]) -> Count:
    """Return what was counted: the sum, or notes and coins by number; raise Invalid for neither or both unequal."""
    pieces = {}
    for face in rules.FACES:
        raw = form.get(f"n_{face}", "").strip()
        if raw:
            if not (raw.isascii() and raw.isdigit() and len(raw) <= 5):
                raise Invalid.field("counted", _("张数须是 0 到 99,999 的整数。"))
            pieces[face] = int(raw)
    typed = form.get("counted", "").strip()
    if not typed and not pieces:
        raise Invalid.field("counted", _("请先清点现金，填写合计或张数。"))
    total = rules.count_of(pieces) if pieces else None
    counted = _amount(form, "counted") if typed else (total or 0)
    if typed and total is not None and counted != total:
        raise Invalid.field("counted", _("合计和张数对不上：张数合计 %(yuan)s。", yuan=yuan(total)))
    why = form.get("reason_text", "").strip() or form.get("reason", "").strip()
    raw = form.get("version", "")
    version = int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 10 else None
    return Count(counted, rules.reason_of(why), version)


@page(bp, "/cash/shifts/<shift_id>/close", permission=SHIFT, unit="own", methods=("POST",))
def close(shift_id: str) -> Any:
    """Close a shift with what was counted, once; a difference is shown then, and asks why."""
    form = request.form
    try:
        count = count_of(form)
        proof, payload = _proof(shift_id, count)
        body = f"{count.counted_fen}|{count.reason}|{count.version}".encode()
        once = form.get("once", "")[:60] or hashlib.sha256(body).hexdigest()
        outcome = perform(
            runtime().db, current_actor(), f"shift:{shift_id[:20]}", once, body,
            lambda unit: _done(unit, shift_id, count, proof, payload),
        )  # fmt: skip
        if outcome.status >= 400:
            answer = outcome.answer
            extra = {k: answer[k] for k in ("shift_id", "expected_fen", "counted_fen", "difference_fen") if k in answer}
            raise Refusal(answer["title"], code=answer["code"], status=outcome.status, extra=extra)
    except Refusal as refusal:
        return _refused(shift_id, refusal)
    toast(_("已交班，差额 %(yuan)s。", yuan=yuan(outcome.answer["difference_fen"])))
    return go("cash.shift", shift_id=outcome.answer["shift_id"])


def _done(unit: Session, shift_id: str, count: Count, proof: str | None, payload: str) -> tuple[int, dict[str, Any]]:
    row = services.close(
        unit, shift_id, count.counted_fen, count.reason, version=count.version, proof=proof, payload_sha256=payload
    )
    return 200, {"shift_id": str(row.id), "difference_fen": row.difference_fen}


def _proof(shift_id: str, count: Count) -> tuple[str | None, str]:
    """Return the proof of the colleague's PIN, if one was entered, and the hash of what it is for."""
    payload = hashlib.sha256(f"{shift_id}|{count.counted_fen}|{count.reason}".encode()).hexdigest()
    number, pin = request.form.get("number", "").strip()[:20], request.form.get("pin", "").strip()[:12]
    if not number and not pin:
        return None, payload
    with own_unit("write") as unit:
        made = make_proof(unit, number, pin, services.PURPOSE, payload)
    if made.refusal is not None:
        raise made.refusal
    return made.proof, payload


def _refused(shift_id: str, refusal: Refusal) -> Any:
    """Show why a count was not taken: its difference and what it wants, or the count again."""
    wanted = parse_id(shift_id)
    if refusal.status == 404 or wanted is None:
        raise refusal
    if refusal.code in TOLD and not request.form.get("told"):
        with own_unit("write") as unit:
            services.note_count(unit, wanted, int(refusal.extra["counted_fen"]))
    with own_unit("read") as unit:
        row = services.get(unit, wanted)
        if row.closed_at is not None:
            return _shift(unit, row)
        if refusal.code in TOLD or request.form.get("told"):
            return _difference(unit, row, refusal)
        if row.staff_id == current_actor().staff_id:
            return _mine(unit, refusal, "count")
        return _shift(unit, row, refusal)


def _difference(unit: Session, row: Shift, refusal: Refusal) -> Any:
    """Show counted, expected and the difference; ask for the reason, and for a colleague above the limit."""
    try:
        counted = count_of(request.form).counted_fen
    except Invalid:
        counted = row.first_counted_fen or 0
    expected = services.figures(unit, row).expected_fen
    limit = int(settings.value(unit, APPROVE_ABOVE))
    again = url_for("cash.mine") if row.staff_id == current_actor().staff_id else url_for("cash.shift", shift_id=row.id)
    return render_page(
        "cash/difference.html", status=refusal.status, shift=row, counted=counted, expected=expected,
        difference=counted - expected, refusal=refusal, reasons=settings.value(unit, REASONS), typed=request.form,
        limit=limit, needs_proof=abs(counted - expected) > limit, once=secrets.token_urlsafe(16), again=again,
    )  # fmt: skip


@page(bp, "/cash/shifts/<shift_id>/ask", permission=SHIFT, unit="own", methods=("POST",))
def ask(shift_id: str) -> Any:
    """Ask somebody who is not here to confirm a difference; the shift stays open until they did."""
    try:
        count = count_of(request.form)
        if not count.reason:
            raise Invalid.field("reason", _("请选择或填写差额的原因。"))
        with own_unit("write") as unit:
            row = services.get(unit, shift_id)
            if row.staff_id != current_actor().staff_id:
                raise NotFound(_("没有找到这个班次。"))
            difference_approval.ask(unit, row.id, count.counted_fen, count.reason)
    except Refusal as refusal:
        return _refused(shift_id, refusal)
    toast(_("已提交审批。批准后自动交班；在此之前不要再动抽屉里的现金。"))
    return go("cash.mine")
