"""Giving a top-up back: what it was used for, the three formulas over it, the document that keeps the choice (C4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from core.kernel.ids import new_id
from core.kernel.money import half_up
from core.kernel.sealed import seal_text
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.wallet import law, rules, services
from core.wallet.models import TopUp

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from sqlalchemy.orm import Session

    from core.ledger.services import Posting
    from core.wallet.rules import Result, Used
    from core.wallet.services import Held


BROUGHT = "value_back"  # the kind of source of a top-up given back that no order had sold


@dataclass(frozen=True, slots=True)
class Back:
    """A top-up as it may be given back on a day: what is left, what it was used for, the formulas."""

    top_up: TopUp
    own: Held
    used: Used
    results: tuple[Result, ...]

    @property
    def untouched(self) -> bool:
        """Return whether all of it is there as it was paid in."""
        whole = self.own.pair.principal == self.top_up.principal_fen
        return whole and self.own.pair.bonus == self.top_up.bonus_fen


def of_lines(session: Session, line_ids: Iterable[int]) -> list[TopUp]:
    """Return the top-ups that order lines paid in, by line."""
    ids = list(line_ids)
    return list(session.scalars(select(TopUp).where(TopUp.order_line_id.in_(ids)).order_by(TopUp.id))) if ids else []


def back_of(session: Session, top_up: TopUp, on: date) -> Back | None:
    """Return what giving a top-up back on a day comes to; None when nothing of it is left."""
    st = Statements(session, current_actor().franchise_id)
    own = next((one for one in services.held(st, top_up.stored_value_account_id, on) if one.pair.id == top_up.id), None)
    if own is None or not own.pair.left:
        return None
    drawn_principal, drawn_bonus, consumed = _drawn(st, top_up.id)
    gone = st.one(
        "SELECT COALESCE(SUM(left_principal_fen), 0), COALESCE(SUM(left_bonus_fen), 0) FROM top_up_refund"
        " WHERE franchise_id = ? AND top_up_id = ?",
        [st.franchise_id, top_up.id],
    )
    assert gone is not None
    used = rules.Used(
        top_up.principal_fen - int(gone[0]), max(0, top_up.bonus_fen - int(gone[1])), drawn_principal, drawn_bonus,
        own.pair.principal, own.pair.bonus, consumed, on <= top_up.cooling_until, top_up.draw,
    )  # fmt: skip
    return Back(top_up, own, used, rules.results(used))


def _drawn(st: Statements, top_up_id: int) -> tuple[int, int, int]:
    """Return (principal, bonus) drawn of a top-up less what came back, and what that cost at list prices.

    A payment counts at the list prices of its order in the share it paid (S17: the list price of the day of sale).
    """
    back = (
        "COALESCE((SELECT SUM(r.amount) FROM transfer r WHERE r.franchise_id = d.franchise_id AND r.reverses_id ="
        " d.{0}_transfer_id), 0)"
    )
    rows = st.all(
        f"SELECT d.principal_fen - {back.format('principal')}, d.bonus_fen - {back.format('bonus')},"  # noqa: S608 (our own words)
        " s.order_list_fen, s.order_total_fen FROM stored_value_draw d JOIN stored_value_spend s"
        " ON s.franchise_id = d.franchise_id AND s.id = d.stored_value_spend_id"
        " WHERE d.franchise_id = ? AND d.top_up_id = ?",
        [st.franchise_id, top_up_id],
    )
    principal, bonus, listed = 0, 0, 0
    for p, b, list_fen, total_fen in rows:
        principal, bonus = principal + int(p), bonus + int(b)
        if total_fen:
            listed += half_up((int(p) + int(b)) * int(list_fen), int(total_fen))
    return principal, bonus, listed


@dataclass(frozen=True, slots=True)
class Payout:
    """How the money leaves: a kind of tender and its reference (the same-name account). Empty: the way it came."""

    kind: str = ""
    reference: str = ""


def book(st: Statements, back: Back, result: Result, payout: Payout, posting: Posting) -> None:
    """Take what is left of a top-up out of its account and keep the formula, what it was computed from, its result."""
    top_up, used, pair = back.top_up, back.used, back.own.pair
    services.take_out(st, top_up.stored_value_account_id, top_up.person_id, back.own, result.fen, posting)
    # A top-up that was brought along has no order whose refund this is: the document is its own source.
    row_id = posting.source_id if posting.source_kind == BROUGHT else new_id()
    reference = payout.reference.strip()[:120]
    st.insert(
        "top_up_refund",
        {
            "id": row_id, "franchise_id": st.franchise_id, "top_up_id": top_up.id, "refund_id": posting.source_id,
            "formula": result.formula, "law_version": law.VERSION, "drawn_principal_fen": used.drawn_principal,
            "drawn_bonus_fen": used.drawn_bonus, "consumed_list_fen": used.consumed_list,
            "left_principal_fen": pair.principal, "left_bonus_fen": pair.bonus, "result_fen": result.fen,
            "kept_fen": pair.principal - result.fen, "payout": payout.kind,
            "reference_sealed": seal_text("top_up_refund", "reference_sealed", row_id, st.franchise_id, reference)
            if reference else None,
            "business_on": posting.business_on, "booked_at": posting.booked_at,
        },
    )  # fmt: skip
