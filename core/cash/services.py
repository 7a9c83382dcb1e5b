"""Shifts: open, put in and take out, count and close (case B51).

Money finds its shift when it is taken: a sale reads the cashier's open shift and holds it, a close locks it, so every
sale is either within the count or after it. Nothing here is committed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.cash import rules
from core.cash.models import CashMovement, Shift
from core.cash.permissions import APPROVE, CLOSE_DAY, SHIFT, VIEW
from core.cash.settings import APPROVE_ABOVE, SHIFT_REQUIRED
from core.cash.words import MOVES, WANTS_WORDS
from core.kernel import audit, clock, settings
from core.kernel.errors import Conflict, FieldError, Forbidden, Invalid, NotFound, Refusal
from core.kernel.i18n import _
from core.kernel.ids import parse_id
from core.kernel.money import show_yuan
from core.kernel.permissions import authorize, may
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.orders.models import TillEntry
from core.orders.selling.till_entries import DRAWER
from core.org import business_day
from core.org.models import Staff
from core.org.proofs import consume_proof
from core.org.staffing import staff_may

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

_OPEN = (
    "SELECT id FROM shift WHERE franchise_id = ? AND store_id = ? AND staff_id = ? AND closed_at IS NULL"
)  # fmt: skip
PURPOSE = "approve"


def _place() -> tuple[int, int]:
    """Return (store, staff) of the actor; raise Refusal without either."""
    actor = current_actor()
    if actor.store_id is None:
        raise Refusal(_("请先选择门店。"), code="no_store")
    if actor.staff_id is None:
        raise Forbidden(_("班次要由一位员工来开。"))
    return actor.store_id, actor.staff_id


# -- reading -------------------------------------------------------------------------------------


def mine(session: Session) -> Shift | None:
    """Return the acting staff member's open shift at the acting store, if there is one."""
    actor = current_actor()
    if actor.store_id is None or actor.staff_id is None:
        return None
    return session.scalar(
        select(Shift).where(
            Shift.store_id == actor.store_id, Shift.staff_id == actor.staff_id, Shift.closed_at.is_(None)
        )
    )


def get(session: Session, shift_id: Any, *, held: bool = False) -> Shift:
    """Return a shift that the actor may see: their own, or one of a store they look after; raise NotFound."""
    wanted = shift_id if isinstance(shift_id, int) else parse_id(shift_id)
    query = select(Shift).where(Shift.id == wanted)
    if held:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = session.scalar(query) if wanted else None
    actor = current_actor()
    if row is None or not (row.staff_id == actor.staff_id or may(actor, VIEW, row.store_id) or _at_door(row)):
        raise NotFound(_("没有找到这个班次。"))
    return row


def _at_door(row: Shift) -> bool:
    """Return whether the shift is of the store that the calling token is bound to."""
    actor = current_actor()
    return actor.door == "api" and row.store_id == actor.store_id


def looks_after(session: Session, row: Shift) -> bool:
    """Return whether the actor may close a colleague's shift at that store."""
    actor = current_actor()
    if actor.door != "api":
        return may(actor, CLOSE_DAY, row.store_id)
    staff = session.get(Staff, actor.staff_id) if actor.staff_id else None
    return staff is not None and row.store_id == actor.store_id and staff_may(session, staff, CLOSE_DAY)


@dataclass(frozen=True, slots=True)
class Figures:
    """What a shift is counted from: sums by way to pay, movements oldest first, and what should lie in the drawer."""

    sums: Sequence[rules.TenderSum]
    moves: Sequence[CashMovement]
    expected_fen: int

    def moved(self, kind: str) -> int:
        """Return the cash put in (`in`) or taken out (`out`)."""
        return sum(move.amount_fen for move in self.moves if move.kind == kind)

    @property
    def drawer(self) -> rules.TenderSum:
        """Return what sales put into the drawer and refunds took out of it."""
        cash = [one for one in self.sums if one.kind in DRAWER]
        return rules.TenderSum(
            "cash", sum(one.received_fen for one in cash), sum(one.refunded_fen for one in cash)
        )  # fmt: skip


def moves_of(session: Session, shift_id: int) -> list[CashMovement]:
    """Return the cash put in and taken out of a shift, oldest first."""
    return list(
        session.scalars(select(CashMovement).where(CashMovement.shift_id == shift_id).order_by(CashMovement.id))
    )


def figures(session: Session, row: Shift) -> Figures:
    """Return what a shift is counted from, as of now."""
    found = session.execute(select(TillEntry.kind, TillEntry.amount_fen).where(TillEntry.shift_id == row.id))
    entries = [rules.Entry(kind, int(fen)) for kind, fen in found]
    moves = moves_of(session, row.id)
    plain = [rules.Move(move.kind, move.amount_fen) for move in moves]
    return Figures(rules.sums_of(entries), moves, rules.expected(row.float_fen, entries, plain, DRAWER))


def shift_of_sale(st: Statements, drawer: bool) -> int | None:
    """Return the open shift that money of the acting cashier belongs to, held until the unit ends.

    Raises Refusal `shift_required` for money into a drawer without one, where the store wants it
    (setting `cash.shift_required`).
    """
    actor = current_actor()
    row = None
    if actor.store_id is not None and actor.staff_id is not None:
        held = " FOR SHARE" if st.locks_rows else ""
        row = st.one(_OPEN + held, [st.franchise_id, actor.store_id, actor.staff_id])
    if row is not None:
        return int(row[0])
    if drawer and settings.value(st.session, SHIFT_REQUIRED):
        raise Refusal(_("你还没有开班，不能收现金。请先开班，或换一种支付方式。"), code="shift_required")
    return None


# -- opening and moving --------------------------------------------------------------------------


def open_shift(session: Session, float_fen: int) -> Shift:
    """Open a shift with a float and return it.

    Raises Conflict `shift_open` while the staff member has one at this store, Invalid for an absurd float.
    """
    store_id, staff_id = _place()
    authorize(current_actor(), SHIFT)
    st = Statements(session, current_actor().franchise_id)
    business_on = business_day.book_on(st)
    st.lock("staff", [staff_id])
    found = mine(session)
    if found is not None:
        raise Conflict(_("你已经开班了，请先交班再开新班。"), code="shift_open", extra={"shift_id": str(found.id)})
    row = Shift(
        store_id=store_id, staff_id=staff_id, float_fen=rules.amount(float_fen, "float_fen"),
        opened_at=clock.now_ms(), business_on=business_on,
    )  # fmt: skip
    session.add(row)
    session.flush()
    audit.record(session, "cash.shift.opened", "shift", row.id, detail={"float_fen": row.float_fen})
    return row


def move(session: Session, code: str, amount_fen: int, words: str = "") -> CashMovement:
    """Put cash into the actor's drawer or take it out, as `code` of words.MOVES says; return the movement.

    Raises Conflict `shift_none` without an open shift, Invalid for an unknown code, no amount, or missing words.
    """
    _place()
    authorize(current_actor(), SHIFT)
    own = mine(session)
    if own is None:
        raise Conflict(_("你还没有开班，不能存取备用金。"), code="shift_none")
    row = _held_open(session, own.id)
    if code not in MOVES:
        raise Invalid.field("code", _("请选择存取的用途。"))
    if rules.amount(amount_fen, "amount") == 0:
        raise Invalid.field("amount", _("金额须大于 0。"))
    text = rules.reason_of(words)
    if code in WANTS_WORDS and not text:
        raise Invalid.field("reason", _("请写明用途。"))
    made = CashMovement(
        shift_id=row.id, staff_id=current_actor().staff_id, kind=MOVES[code][0], code=code, amount_fen=amount_fen,
        made_at=clock.now_ms(),
    )  # fmt: skip
    made.reason = text or None
    session.add(made)
    row.version += 1
    session.flush()
    audit.record(
        session, "cash.shift.moved", "shift", row.id,
        detail={"kind": made.kind, "code": code, "amount_fen": amount_fen, "reason": text},
    )  # fmt: skip
    return made


def _held_open(session: Session, shift_id: Any, version: int | None = None) -> Shift:
    """Return a shift locked and open; raise Conflict `shift_closed`, `stale_version`."""
    row = get(session, shift_id, held=True)
    if row.closed_at is not None:
        raise Conflict(
            _("这个班已经交过了。"), code="shift_closed",
            extra={"shift_id": str(row.id), "expected_fen": row.expected_fen, "difference_fen": row.difference_fen},
        )  # fmt: skip
    if version is not None and version != row.version:
        raise Conflict(_("清点时又有备用金存取，请核对后重新清点。"), code="stale_version")
    return row


# -- closing -------------------------------------------------------------------------------------


def close(
    session: Session, shift_id: Any, counted_fen: int, reason: str = "", *, version: int | None = None,
    proof: str | None = None, payload_sha256: str = "", approved: bool = False,
) -> Shift:  # fmt: skip
    """Close a shift with what was counted in its drawer and return it; `difference_fen` is counted - expected (B51).

    `proof` is a colleague's PIN over `payload_sha256`, `approved` says that a second person decided it. Raises
    NotFound, Forbidden `shift_not_yours`, Conflict `shift_closed` or `stale_version`, Refusal
    `difference_needs_reason`, and `difference_needs_proof` above the setting (both tell the figures: note the count
    with `note_count` after the rollback).
    """
    row = _held_open(session, shift_id, version)
    if row.staff_id != current_actor().staff_id and not approved and not looks_after(session, row):
        raise Forbidden(_("这是别人的班，请本人交班，或请店长代交。"), code="shift_not_yours")
    counted = rules.amount(counted_fen, "counted_fen")
    expected = figures(session, row).expected_fen
    text = rules.reason_of(reason)
    if counted != expected and not text:
        raise _needs_reason(row, counted, expected)
    by = None if approved else _second(session, row, counted, expected, proof, payload_sha256)
    _shut(session, row, counted, expected, text if counted != expected else "", by)
    return row


def _told(row: Shift, counted: int, expected: int) -> dict[str, Any]:
    return {
        "shift_id": str(row.id), "expected_fen": expected, "counted_fen": counted,
        "difference_fen": counted - expected,
    }  # fmt: skip


def _needs_reason(row: Shift, counted: int, expected: int) -> Refusal:
    words = {"gap": show_yuan(abs(counted - expected)), "expected": show_yuan(expected)}
    text = (
        _("清点比账面多 %(gap)s 元（应有 %(expected)s 元），请写明原因。", **words)
        if counted > expected
        else _("清点比账面少 %(gap)s 元（应有 %(expected)s 元），请写明原因。", **words)
    )
    return Refusal(
        text, code="difference_needs_reason", errors=[FieldError("reason", _("有差额就要写原因。"))],
        extra=_told(row, counted, expected),
    )  # fmt: skip


def _second(
    session: Session, row: Shift, counted: int, expected: int, proof: str | None, payload_sha256: str
) -> int | None:
    """Return who confirmed a difference above the setting, None below it; raise when nobody did."""
    limit = int(settings.value(session, APPROVE_ABOVE))
    if abs(counted - expected) <= limit:
        return None
    if proof is None:
        raise Refusal(
            _("差额超过 %(yuan)s 元，须由另一位有权限的人输入 PIN 确认，或提交审批。", yuan=show_yuan(limit)),
            code="difference_needs_proof", status=403,
            errors=[FieldError("proof", _("缺少 PIN 确认。"))], extra=_told(row, counted, expected),
        )  # fmt: skip
    staff = consume_proof(session, proof, PURPOSE, payload_sha256)
    if staff.id == current_actor().staff_id or staff.id == row.staff_id:
        raise Forbidden(_("差额要由另一个人确认，不能自己确认自己的班。"), code="approval_self")
    if not staff_may(session, staff, APPROVE):
        raise Forbidden(_("%(name)s 没有确认交班差额的权限。", name=staff.name))
    return int(staff.id)


def _shut(session: Session, row: Shift, counted: int, expected: int, reason: str, by: int | None) -> None:
    if row.first_counted_fen is None:
        row.first_counted_fen = counted
    row.counts += row.counted_fen != counted  # the count that was refused for want of a reason is the same one
    row.expected_fen, row.counted_fen, row.difference_fen = expected, counted, counted - expected
    row.closed_at, row.closed_by, row.approved_by = clock.now_ms(), current_actor().staff_id, by
    row.reason = reason or None
    row.version += 1
    session.flush()
    audit.record(
        session, "cash.shift.closed", "shift", row.id,
        detail={
            "expected_fen": expected, "counted_fen": counted, "difference_fen": counted - expected,
            "first_counted_fen": row.first_counted_fen, "counts": row.counts, "reason": reason, "confirmed_by": by,
        },
    )  # fmt: skip


def note_count(session: Session, shift_id: Any, counted_fen: int) -> None:
    """Keep a count that did not fit: the first one stays with the shift, each one in the trail.

    Whoever was told the difference may count again, but not unseen.
    """
    row = get(session, shift_id, held=True)
    if row.closed_at is not None:
        return
    if row.first_counted_fen is None:
        row.first_counted_fen = counted_fen
    row.counted_fen = counted_fen
    row.counts += 1
    session.flush()
    audit.record(
        session, "cash.shift.counted", "shift", row.id, detail={"counted_fen": counted_fen, "counts": row.counts}
    )
