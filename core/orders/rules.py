"""Tenders and refunds as pure arithmetic over plain data. Amounts in fen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.kernel.errors import FieldError, Invalid, Refusal
from core.kernel.i18n import _
from core.kernel.money import show_yuan
from core.pricing.rules import TenderIn, remaining_row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from core.orders.types import TenderRequest
    from core.points.rules import Earned
    from core.programme.rules import TenderRule

POINTS = "points"
INSURED = frozenset({"insurance_pooled", "insurance_personal"})
MONEY = ("cash", "wechat", "alipay", "bank", "platform_voucher", "other", *sorted(INSURED))
# Stored value is one tender at the doors, two inside: its principal and its bonus (stored_value.py).
STORED, STORED_BONUS = "stored_value", "stored_bonus"
KINDS = (*MONEY, STORED, STORED_BONUS, POINTS)
NOT_FOR_TIER = frozenset({POINTS, STORED_BONUS, *INSURED})
NO_MONEY = frozenset({POINTS, STORED, STORED_BONUS})


def check_tenders(
    tenders: Sequence[TenderRequest], total_fen: int, rule: TenderRule | None, points_max: int, *, less: bool = False
) -> list[TenderIn]:
    """Return the tenders ready to be spread over lines.

    `less`: they may come to less than the total, the rest is owed (B53). Raises Invalid for an unknown kind or a bad
    amount, `points_not_allowed` for points beyond rate, step or cap (S4-25, B10), `tenders_mismatch` when they do not
    add up to the total.
    """
    for n, tender in enumerate(tenders):
        if tender.kind not in KINDS:
            raise Invalid.field(f"tenders.{n}.kind", _("没有“%(kind)s”这种支付方式。", kind=tender.kind[:40]))
        if tender.amount_fen < 0 or (tender.amount_fen == 0 and total_fen > 0):
            raise Invalid.field(f"tenders.{n}.amount_fen", _("支付金额应大于 0。"))
        if tender.kind == POINTS:
            _check_points(n, tender, rule, points_max)
        elif tender.points:
            raise Invalid.field(f"tenders.{n}.points", _("只有积分支付可以填写积分数。"))
        if tender.lines is not None and tender.kind not in INSURED:
            raise Invalid.field(f"tenders.{n}.lines", _("只有医保支付可以指定项目行。"))
    if sum(tender.kind == POINTS for tender in tenders) > 1:
        raise Invalid.field("tenders", _("积分支付只能填一笔。"))
    paid = sum(tender.amount_fen for tender in tenders)
    if paid > total_fen or (paid < total_fen and not less):
        raise Refusal(
            _("支付合计 %(paid)s 元，应收 %(total)s 元，差 %(gap)s 元。", paid=show_yuan(paid),
              total=show_yuan(total_fen), gap=show_yuan(abs(total_fen - paid))),
            code="tenders_mismatch",
            errors=[FieldError("tenders", _("各笔支付之和须等于应收。"))],
        )  # fmt: skip
    return [TenderIn(tender.kind, tender.amount_fen, tender.lines) for tender in tenders]


def _check_points(n: int, tender: TenderRequest, rule: TenderRule | None, points_max: int) -> None:
    if rule is None:
        raise Refusal(_("本机构的积分不能抵现。"), code="points_not_allowed")
    if tender.points <= 0 or tender.points % rule.points_step:
        raise Invalid.field(f"tenders.{n}.points", _("抵扣积分须是 %(step)d 的整数倍。", step=rule.points_step))
    if tender.points > points_max:
        raise Refusal(
            _("本单最多可用 %(n)d 积分抵扣。", n=points_max),
            code="points_not_allowed",
            errors=[FieldError(f"tenders.{n}.points", _("超过本单上限。"))],
        )
    worth = tender.points // rule.points_step * rule.fen_per_step
    if tender.amount_fen != worth:
        raise Invalid.field(
            f"tenders.{n}.amount_fen",
            _("%(p)d 积分抵 %(y)s 元，金额不符。", p=tender.points, y=show_yuan(worth)),
        )


OWED = 0
"""Stands in a line's row for what nobody has paid yet: tenders are numbered from 1."""


@dataclass(frozen=True, slots=True)
class LineState:
    """A sold line: units, units gone since, and who bears those units: each tender (by number), or OWED.

    Units are pieces, of a course fen of its value.
    """

    line: int
    qty: int
    refunded_qty: int
    row: Mapping[int, int]


def line_state(line: int, net_fen: int, qty: int, gone: int, payments: Sequence[tuple[int, int, int]]) -> LineState:
    """Return a line as its payments leave it: (tender number, fen, units left when it was paid), oldest first.

    A payment after a refund pays for what is left by then, so the row is worked out anew from there: further refunds
    give back exactly what was received, each tender its own (I27, I29, B53).
    """
    row, units = {OWED: net_fen}, qty
    for number, fen, left in payments:
        if left != units:
            row, units = remaining_row(row, units, left), left
        row[number] = row.get(number, 0) + fen
        row[OWED] = row.get(OWED, 0) - fen
    return LineState(line, units, gone - (qty - units), {number: fen for number, fen in row.items() if fen})


@dataclass(frozen=True, slots=True)
class MoneyBack:
    """What a refund gives back: per line, per tender, the debt it ends per line, what stays by tender."""

    by_line: dict[int, int]
    by_tender: dict[int, int]
    stays: dict[int, dict[int, int]]
    released: dict[int, int]


def money_back(lines: Sequence[LineState], asked: Mapping[int, int], *, some: bool = False) -> MoneyBack:
    """Return what refunding `asked` (line: units) gives back, as the difference of cumulative targets.

    `some`: something goes back even if it is worth nothing (a session that was free). Whatever the steps, all
    refunds together give back exactly what each tender paid (I27, I29); what was still owed for it is owed no more.
    Raises Invalid for an unknown line or more units than are left.
    """
    back = MoneyBack({}, {}, {}, {})
    known = {line.line for line in lines}
    for line_no in asked:
        if line_no not in known:
            raise Invalid.field("lines", _("这张订单没有第 %(n)d 行。", n=line_no))
    for line in lines:
        qty = asked.get(line.line, 0)
        left_before = line.qty - line.refunded_qty
        if qty < 0 or qty > left_before:
            raise Invalid.field("lines", _("第 %(n)d 行还可退 %(left)d 件。", n=line.line, left=left_before))
        before = remaining_row(line.row, line.qty, left_before)
        after = remaining_row(line.row, line.qty, left_before - qty)
        back.stays[line.line] = {number: fen for number, fen in after.items() if number != OWED}
        if qty:
            _give(back, line.line, before, after)
    if not some and not any(asked.values()):
        raise Invalid.field("lines", _("请选择要退的项目和数量。"))
    return back


def _give(back: MoneyBack, line: int, before: Mapping[int, int], after: Mapping[int, int]) -> None:
    """Put down what goes back of a line: the difference of its row before and after."""
    gone = {number: fen - after.get(number, 0) for number, fen in before.items()}
    back.released[line] = gone.pop(OWED, 0)
    back.by_line[line] = sum(gone.values())
    for tender, fen in gone.items():
        if fen:
            back.by_tender[tender] = back.by_tender.get(tender, 0) + fen


def by_line(earned: Earned) -> tuple[dict[int, int], dict[int, list[dict[str, Any]]]]:
    """Return the points that each line earned, and by which rules, as a line keeps them."""
    points: dict[int, int] = {}
    parts: dict[int, list[dict[str, Any]]] = {}
    for part in earned.parts:
        points[part.line] = points.get(part.line, 0) + part.points
        parts.setdefault(part.line, []).append({"rule": part.rule, "points": part.points})
    return points, parts


def points_back(points: int, amount_fen: int, refunded_fen: int, returned: int) -> int:
    """Return the points to give back now for a points tender, by its cumulative target.

    `points` paid `amount_fen`; `refunded_fen` of it is given back in all, `returned` points were.
    """
    if amount_fen == 0:
        return 0
    return points * refunded_fen // amount_fen - returned
