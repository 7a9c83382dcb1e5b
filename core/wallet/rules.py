"""Pure arithmetic of stored value: what a payment draws from which top-up, what a refund comes to. Amounts in fen.

Sources: loyalty S16, S17, C1, C4; case B54.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.kernel.money import half_up

if TYPE_CHECKING:
    from collections.abc import Sequence

OPEN, LOST, CLOSED, REFUNDED = "open", "lost", "closed", "refunded"
PRO_RATA, PRINCIPAL_FIRST, BONUS_FIRST = "pro_rata", "principal_first", "bonus_first"
DRAWS = (PRO_RATA, PRINCIPAL_FIRST, BONUS_FIRST)
SEVEN_DAY, OPERATOR, CONSUMER = "seven_day", "operator", "consumer"
FORMULAS = (SEVEN_DAY, OPERATOR, CONSUMER)


@dataclass(frozen=True, slots=True)
class Pair:
    """A top-up as of a day: what was paid and given, what of it may be used.

    `whole` says that the bonus is where it was put: none of it has run out or lies in a lot of grace.
    """

    id: int
    paid: int
    given: int
    principal: int
    bonus: int
    draw: str = PRO_RATA
    whole: bool = True

    @property
    def left(self) -> int:
        """Return what may be used of it."""
        return self.principal + self.bonus


@dataclass(frozen=True, slots=True)
class Draw:
    """So much principal and bonus of one top-up."""

    id: int
    principal: int
    bonus: int


def draw_pair(pair: Pair, amount: int) -> Draw:
    """Return what `amount` (at most what is left) takes of a top-up.

    Pro rata by the original ratio, as a target of what stays: however many payments there are, the pair is never off
    by more than half a fen and empties together (S17). Where a part of the bonus has run out, by what is left.
    """
    if pair.draw == PRINCIPAL_FIRST:
        bonus = max(0, amount - pair.principal)
    elif pair.draw == BONUS_FIRST:
        bonus = min(pair.bonus, amount)
    else:
        paid, given = (pair.paid, pair.given) if pair.whole else (pair.principal, pair.bonus)
        stays = half_up(given * (pair.left - amount), paid + given)
        bonus = min(max(pair.bonus - stays, amount - pair.principal, 0), pair.bonus, amount)
    return Draw(pair.id, amount - bonus, bonus)


def draw(pairs: Sequence[Pair], amount: int) -> list[Draw]:
    """Return what `amount` takes, the oldest top-up first; the caller looked that it is covered."""
    takes = []
    for pair in pairs:
        part = min(pair.left, amount)
        if part > 0:
            takes.append(draw_pair(pair, part))
            amount -= part
    return takes


@dataclass(frozen=True, slots=True)
class Used:
    """A top-up when it is given back: paid, given, drawn (less what came back), left; consumed at list prices."""

    paid: int
    given: int
    drawn_principal: int
    drawn_bonus: int
    left_principal: int
    left_bonus: int
    consumed_list: int
    cooling: bool
    draw: str = PRO_RATA


@dataclass(frozen=True, slots=True)
class Result:
    """What a formula comes to, and whether it may be chosen."""

    formula: str
    fen: int
    able: bool = True


def results(used: Used) -> tuple[Result, ...]:
    """Return all three formulas side by side (S17, C4); none pays more than the principal that is left.

    seven_day: principal less what was consumed at the prices charged. operator: what is left, by paid / (paid + given).
    consumer: principal less what was consumed at list prices, never below 0.
    """
    most = used.left_principal
    consumed = used.drawn_principal + used.drawn_bonus
    fair = most
    if used.draw != PRO_RATA:
        fair = half_up((used.left_principal + used.left_bonus) * used.paid, used.paid + used.given)
    return (
        Result(SEVEN_DAY, _between(used.paid - consumed, most), used.cooling),
        Result(OPERATOR, _between(fair, most)),
        Result(CONSUMER, _between(used.paid - used.consumed_list, most)),
    )


def _between(fen: int, most: int) -> int:
    return min(max(fen, 0), most)


def chosen(used: Used, formula: str | None) -> Result | None:
    """Return the formula asked for, or the usual one: without a reason in its days, else the consumer's own reason.

    None when it may not be chosen or is not known.
    """
    wanted = formula or (SEVEN_DAY if used.cooling else CONSUMER)
    return next((one for one in results(used) if one.formula == wanted and one.able), None)
