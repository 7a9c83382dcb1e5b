"""Giving a sold top-up back: the lawful formulas side by side, the chosen one booked and kept (S17, C1, C4, B54).

A top-up goes back whole: what is left of it leaves the account. How much money that is depends on the formula; how it
leaves on the law: to the same-name account, in cash only up to a limit, the way it came while it is untouched.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.kernel import audit
from core.kernel.errors import FieldError, Invalid, Refusal
from core.kernel.i18n import _
from core.kernel.money import show_yuan
from core.orders.value import stored_value
from core.wallet import giving_back, law, limits, rules, services
from core.wallet.giving_back import Payout

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from sqlalchemy.orm import Session

    from core.kernel.statements import Statements
    from core.ledger.services import Posting
    from core.orders.models import OrderLine
    from core.orders.refunding.refund_effects import Effects
    from core.wallet.giving_back import Back
    from core.wallet.models import TopUp
    from core.wallet.rules import Result

CASH, BANK = "cash", "bank"
PAYOUTS = (BANK, CASH)


@dataclass(frozen=True, slots=True)
class Choice:
    """What is chosen for the top-ups of a refund: a formula by line (None: the usual one), how the money leaves."""

    formulas: Mapping[int, str] = field(default_factory=dict)
    payout: Payout = field(default_factory=Payout)

    def to_json(self) -> dict[str, Any]:
        """Return plain data that `from_json` reads back."""
        return {
            "formulas": {str(n): formula for n, formula in sorted(self.formulas.items())},
            "payout": {"kind": self.payout.kind, "reference": self.payout.reference},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> Choice:
        """Return the choice that `to_json` wrote; none for nothing."""
        if not data:
            return cls()
        formulas = {int(n): str(one) for n, one in data["formulas"].items()}
        return cls(formulas, Payout(data["payout"]["kind"], data["payout"]["reference"]))


@dataclass(frozen=True, slots=True)
class Planned:
    """A top-up line that goes back: what is left, the formula, the pieces of the line that count as given back."""

    back: Back
    result: Result
    ended: int

    @property
    def fen(self) -> int:
        """Return what is paid out, fen."""
        return self.result.fen


def plan_back(
    session: Session, lines: Mapping[int, OrderLine], asked: Mapping[int, int], choice: Choice, today: date
) -> dict[int, Planned]:
    """Return what giving back `asked` takes out of the top-ups of these lines, by line; {} where none sold one.

    Raises Refusal `top_up_used_up` (409) with nothing left, `formula_not_allowed`, Conflict `stored_value_lost`,
    Invalid for a part of a top-up or other lines beside it.
    """
    wanted = [n for n in stored_value.lines_of(lines) if asked.get(n)]
    strange = [n for n in choice.formulas if n not in wanted]
    if strange:
        raise Invalid.field("lines", _("第 %(n)d 行不是要退的充值，不能选退款算法。", n=strange[0]))
    if not wanted:
        return {}
    if any(qty for n, qty in asked.items() if n not in wanted):
        raise Invalid.field("lines", _("充值请单独退，不要和其它项目一起。"))
    by_line = {lines[n].id: n for n in wanted}
    found: dict[int, Planned] = {}
    for top_up in giving_back.of_lines(session, by_line):
        n = by_line[top_up.order_line_id or 0]
        found[n] = _planned(session, n, lines[n], asked[n], top_up, choice.formulas.get(n), today)
    return found


def _planned(
    session: Session, n: int, line: OrderLine, qty: int, top_up: TopUp, formula: str | None, today: date
) -> Planned:
    if qty != line.qty:
        raise Invalid.field("lines", _("第 %(n)d 行的充值按整笔退，件数请填 %(qty)d。", n=n, qty=line.qty))
    back, result = weigh(session, top_up, formula, today)
    return Planned(back, result, line.qty if back.untouched else 0)


def weigh(session: Session, top_up: TopUp, formula: str | None, today: date) -> tuple[Back, Result]:
    """Return what is left of a top-up and what the formula (None: the usual one) makes of it, its account locked.

    Raises Conflict `stored_value_lost`, Refusal `top_up_used_up` (409), `formula_not_allowed`.
    """
    account = services.locked(session, top_up.person_id)
    assert account is not None
    services.refuse_lost(account.state)
    back = giving_back.back_of(session, top_up, today)
    if back is None:
        raise Refusal(_("这笔充值已经用完或退完。"), code="top_up_used_up", status=409)
    result = rules.chosen(back.used, formula)
    if result is None:
        raise Refusal(
            _("这笔充值已过 %(day)s，不能再按无理由退回计算。请选另一种算法。", day=top_up.cooling_until.isoformat())
            if formula == rules.SEVEN_DAY
            else _("没有这种退款算法。"),
            code="formula_not_allowed", errors=[FieldError("lines.formula", _("请选另一种算法。"))],
        )  # fmt: skip
    return back, result


def check_payout(session: Session, planned: Mapping[int, Planned], choice: Choice) -> None:
    """Raise why the money of these top-ups may not leave so (C1); asked when it is done, not by a preview."""
    amount = sum(one.fen for one in planned.values())
    kind = choice.payout.kind
    if not planned or not amount:
        return
    if kind and kind not in PAYOUTS:
        raise Invalid.field("payout.kind", _("充值退款只能退到同名银行账户，或在限额内付现金。"))
    if not kind:
        if all(one.back.untouched and one.back.used.cooling for one in planned.values()):
            return  # undone while it is untouched and in its days: the way it came
        raise Refusal(
            _("请选择钱退到哪里：同名银行账户（填参考号），或在限额内付现金。"), code="payout_required",
            errors=[FieldError("payout.kind", _("请选择。"))],
        )  # fmt: skip
    limit = limits.all_of(session)["cash_back_max_fen"]
    if kind == CASH and amount > limit.value:
        raise Refusal(
            _("超过 %(y)s 元的充值退款不能付现金，请退到会员的同名银行账户。依据：%(source)s。",
              y=show_yuan(limit.value), source=str(limit.rule.source)),
            code="payout_not_cash", errors=[FieldError("payout.kind", _("请改为银行账户。"))],
        )  # fmt: skip
    if kind == BANK and len(choice.payout.reference.strip()) < 4:
        raise Invalid.field("payout.reference", _("请填写同名账户的参考号（如账号后四位和流水号）。"))


def take_back(
    st: Statements, planned: Mapping[int, Planned], choice: Choice, effects: Effects, posting: Posting
) -> None:
    """Take what is left of the top-ups out of their accounts, keep the formula, say how the money leaves."""
    for n, one in planned.items():
        take_out(st, one, choice.payout, posting)
        effects.top_ups.append(told(n, one))
    if planned and choice.payout.kind and effects.amount_fen:
        effects.tenders = [{"kind": choice.payout.kind, "amount_fen": effects.amount_fen, "points": 0}]


def take_out(st: Statements, one: Planned, payout: Payout, posting: Posting, reason: str = "") -> None:
    """Take what is left of a top-up out of its account, keep the formula, write it into the trail.

    `reason` goes into the trail where there is no refund of an order to keep it.
    """
    giving_back.book(st, one.back, one.result, payout, posting)
    audit.insert(
        st, "wallet.refunded", "top_up", one.back.top_up.id, person_id=one.back.top_up.person_id,
        detail={"formula": one.result.formula, "result_fen": one.fen,
                "left": [one.back.own.pair.principal, one.back.own.pair.bonus],
                **({"reason": reason} if reason else {})},
    )  # fmt: skip


def told(line: int, one: Planned) -> dict[str, Any]:
    """Return what giving a top-up back moves, with every formula, its inputs and its result, as the answer tells it."""
    used = one.back.used
    return {
        "line": line, "top_up_id": str(one.back.top_up.id), "formula": one.result.formula, "amount_fen": one.fen,
        "paid_fen": used.paid, "given_fen": used.given, "consumed_fen": used.drawn_principal + used.drawn_bonus,
        "consumed_list_fen": used.consumed_list, "principal_fen": used.left_principal, "bonus_fen": used.left_bonus,
        "kept_fen": used.left_principal - one.fen, "cooling_until": one.back.top_up.cooling_until.isoformat(),
        "formulas": [
            {"formula": each.formula, "amount_fen": each.fen, "allowed": each.able,
             "source": str(law.FORMULA_SOURCES[each.formula])}
            for each in one.back.results
        ],
    }  # fmt: skip
