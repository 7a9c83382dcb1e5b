"""Points as pure arithmetic: what an order earns, when a lot ends, what a refund takes back, paying with
points.

Exact fractions are kept until one rounding for each (order, rule, expiry); parts are shares of that figure
(architecture section 3; loyalty S1, S5, S7, S10). Points are integers, money is fen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import lcm

from core.kernel.days import add_months
from core.kernel.errors import Invalid
from core.kernel.i18n import _ as tr
from core.kernel.money import half_up, split_largest_remainder
from core.programme.document import ALWAYS_EXCEPT_TENDERS, FULL_BP, PointsRule, TenderRule


@dataclass(frozen=True, slots=True)
class EarnSource:
    """How one earn rule works on one line, frozen at the sale.

    A fen of included payment earns points_num / points_den points before multipliers (for fixed points:
    points of the line / net of the line). `factors` are the multipliers in force, (code, basis points), and
    `combine` says how they meet. `except_tenders` earn nothing.
    """

    rule: str
    points_num: int
    points_den: int
    factors: tuple[tuple[str, int], ...] = ()
    combine: str = "best"
    except_tenders: tuple[str, ...] = ()
    expires_months: int | None = None
    rounding: str = "floor"


@dataclass(frozen=True, slots=True)
class EarnLine:
    """A line with its net amount (fen) and everything that makes it earn."""

    line: int
    net_fen: int
    sources: tuple[EarnSource, ...] = ()


@dataclass(frozen=True, slots=True)
class EarnPart:
    """A share of a rule's points: of one line, by the rule itself (`rule` is its code) or by a multiplier
    (`rule` is the multiplier's code). `of` always is the earn rule whose lot holds it."""

    rule: str
    line: int
    points: int
    of: str


@dataclass(frozen=True, slots=True)
class EarnLot:
    """One lot to grant: points of one rule with one expiry (None: for ever). `exact_num / exact_den` is the
    figure before rounding."""

    rule: str
    points: int
    expires_months: int | None
    exact_num: int
    exact_den: int


@dataclass(frozen=True, slots=True)
class Earned:
    """What an order earns: points = sum of lots = sum of parts."""

    points: int = 0
    lots: tuple[EarnLot, ...] = ()
    parts: tuple[EarnPart, ...] = ()


def earn(lines: Iterable[EarnLine], paid: Mapping[int, Mapping[str, int]]) -> Earned:
    """What these lines earn for what was received: `paid[line][tender kind]` fen.

    Also the target of a refund or a later payment: call it with what the order holds now and post the
    difference to what is booked (cumulative, so steps never lose or gain a point). S0-35, S4-18, S4-35.
    """
    groups: dict[tuple[str, int | None], list[_Share]] = {}
    for line in lines:
        received = paid.get(line.line)
        if not received:
            continue
        for source in line.sources:
            share = _share(line.line, source, received)
            if share.num:
                groups.setdefault((source.rule, source.expires_months), []).append(share)
    lots: list[EarnLot] = []
    parts: list[EarnPart] = []
    for (rule, months), shares in groups.items():
        lot = _lot(rule, months, shares)
        if lot.points:
            lots.append(lot)
            parts.extend(_parts(rule, lot.points, shares))
    return Earned(sum(lot.points for lot in lots), tuple(lots), tuple(parts))


@dataclass(frozen=True, slots=True)
class _Share:
    """A line's exact points before rounding, num / den, and the source they come from."""

    line: int
    num: int
    den: int
    source: EarnSource


def _share(line: int, source: EarnSource, received: Mapping[str, int]) -> _Share:
    barred = source.except_tenders
    included = sum(fen for kind, fen in received.items() if kind not in barred and kind not in ALWAYS_EXCEPT_TENDERS)
    factor_num, factor_den = effective_factor(source.factors, source.combine)
    return _Share(line, included * source.points_num * factor_num, source.points_den * factor_den, source)


def effective_factor(factors: Sequence[tuple[str, int]], combine: str) -> tuple[int, int]:
    """The multiplier in force as (numerator, denominator): best = largest, sum = 1 + sum(m - 1), product.

    B25: gold 2 and festival 3 give 3, 4 and 6.
    """
    if not factors:
        return 1, 1
    if combine == "sum":
        return FULL_BP + sum(factor - FULL_BP for _, factor in factors), FULL_BP
    if combine == "product":
        num = 1
        for _, factor in factors:
            num *= factor
        return num, FULL_BP ** len(factors)
    return max(FULL_BP, *(factor for _, factor in factors)), FULL_BP


def _lot(rule: str, months: int | None, shares: list[_Share]) -> EarnLot:
    den = lcm(*(share.den for share in shares))
    num = sum(share.num * (den // share.den) for share in shares)
    points = half_up(num, den) if shares[0].source.rounding == "half_up" else num // den
    return EarnLot(rule, points, months, num, den)


def _parts(rule: str, points: int, shares: list[_Share]) -> Iterable[EarnPart]:
    """The rounded points over the lines by largest remainder, and within a line base against multipliers."""
    den = lcm(*(share.den for share in shares))
    by_line = split_largest_remainder(points, [share.num * (den // share.den) for share in shares])
    for share, line_points in zip(shares, by_line, strict=True):
        names, weights = _split_factor(rule, share.source)
        for name, part in zip(names, split_largest_remainder(line_points, weights), strict=True):
            if part:
                yield EarnPart(name, share.line, part, rule)


def _split_factor(rule: str, source: EarnSource) -> tuple[list[str], list[int]]:
    """Who made how much of a line's points: the rule itself weighs 1, the multipliers what exceeds 1.

    Under best the winner alone; equal winners: the first named.
    """
    gains = [(code, factor - FULL_BP) for code, factor in source.factors if factor > FULL_BP]
    if not gains:
        return [rule], [1]
    if source.combine == "best":
        best = max(gains, key=lambda gain: gain[1])
        return [rule, best[0]], [FULL_BP, best[1]]
    num, den = effective_factor(source.factors, source.combine)
    gain_sum = sum(gain for _, gain in gains)
    weights = [den * gain_sum, *((num - den) * gain for _, gain in gains)]
    return [rule, *(code for code, _ in gains)], weights


def reversal_target(
    booked: Mapping[tuple[str, int | None], int], remaining: Earned
) -> dict[tuple[str, int | None], int]:
    """Points to take back from each lot so that it holds what the remaining order earns.

    `booked` is what is booked net for each (rule, expires_months). Positive: take back; negative: a payment
    has come in and that much more is earned. Cumulative: any split of a refund ends at the same figures
    (I27).
    """
    target = {(lot.rule, lot.expires_months): lot.points for lot in remaining.lots}
    keys = {**dict.fromkeys(booked), **dict.fromkeys(target)}
    moves = {key: booked.get(key, 0) - target.get(key, 0) for key in keys}
    return {key: points for key, points in moves.items() if points}


def expires_on(earned_on: date, months: int | None) -> date | None:
    """First day on which points earned that day can no longer be used; None: never (B19, B20, S0-37)."""
    return None if months is None else add_months(earned_on, months)


def notice_on(expires: date, notice_months: int) -> date:
    """Day of the notice before an expiry (S2-12: 2026-03-31 gives 2026-02-28)."""
    return add_months(expires, -notice_months)


def extended(expires: date, months: int) -> date:
    """New expiry of an extended lot (S2-13: 2026-01-31 and one month give 2026-02-28)."""
    return add_months(expires, months)


def rule_expiry(programme_points: PointsRule, months: int | None) -> int | None:
    """Months of life of a rule's lots: its own, else the programme's; None for ever."""
    return months if months is not None else programme_points.expires_months


@dataclass(frozen=True, slots=True)
class TenderLimit:
    """The most that can be paid in points: `points`, worth `value_fen`, and what bounded it."""

    points: int
    value_fen: int
    bound: str


def tender_limit(rule: TenderRule | None, available: int, payable_fen: int) -> TenderLimit:
    """How many points may pay for `payable_fen`: whole steps, within the balance and the cap (B10).

    250 points at 100 = 1.00 give 2.00 using 200. `bound` is off, balance or cap.
    """
    if rule is None:
        return TenderLimit(0, 0, "off")
    by_balance = max(0, available) // rule.points_step
    by_cap = payable_fen * rule.cap_bp // FULL_BP // rule.fen_per_step
    steps = min(by_balance, by_cap)
    bound = "balance" if by_balance <= by_cap else "cap"
    return TenderLimit(steps * rule.points_step, steps * rule.fen_per_step, bound)


def tender_value(rule: TenderRule, points: int) -> int:
    """What `points` pay, fen. Raises Invalid (field points) unless it is a positive number of whole steps."""
    if points <= 0 or points % rule.points_step:
        raise Invalid.field("points", tr("积分须按 %(step)d 的整数倍使用", step=rule.points_step))
    return points // rule.points_step * rule.fen_per_step
