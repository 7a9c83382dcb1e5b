"""The line x tender matrix: which tender paid how much of which line, and what of it a refund leaves.

Rows sum to what a line has received, columns to what a tender paid (loyalty S3, I22). Amounts in fen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from core.kernel.errors import Invalid
from core.kernel.i18n import _
from core.kernel.money import half_up, split_largest_remainder

FIRST_KINDS = (
    "insurance_pooled",
    "insurance_personal",
    "points",
    "platform_voucher",
    "stored_bonus",
    "stored_value",
)
"""Spread before the others: so their shares, and with them the points, do not depend on how the rest is
paid.
"""


@dataclass(frozen=True, slots=True)
class TenderIn:
    """A payment to spread: `kind` a code of the tender list (stored value as its two shares, stored_value for
    principal and stored_bonus), `lines` the only lines it may pay (insurance), None for all."""

    kind: str
    amount_fen: int
    lines: tuple[int, ...] | None = None


Matrix = dict[int, dict[int, int]]
"""matrix[line][position of the tender] = fen; only cells above 0."""


def spread(due: Mapping[int, int], tenders: Sequence[TenderIn]) -> Matrix:
    """Spread the tenders over the lines still due (line -> fen) by largest remainder.

    Tenders tied to lines come first and stay there. The tenders may pay less than all (a debt remains).
    Raises Invalid (tenders.N.amount_fen) if one exceeds what its lines still owe.
    """
    left = dict(due)
    matrix: Matrix = {line: {} for line in due}
    for position in sorted(range(len(tenders)), key=lambda place: _turn(tenders[place], place)):
        tender = tenders[position]
        lines = [line for line in (left if tender.lines is None else tender.lines) if left.get(line)]
        owed = [left[line] for line in lines]
        if tender.amount_fen < 0 or tender.amount_fen > sum(owed):
            raise Invalid.field(f"tenders.{position}.amount_fen", _("支付金额超过了它可支付的应付金额"))
        for line, share in zip(lines, split_largest_remainder(tender.amount_fen, owed), strict=True):
            if share:
                matrix[line][position] = share
                left[line] -= share
    return matrix


def _turn(tender: TenderIn, position: int) -> tuple[bool, int, int]:
    rank = FIRST_KINDS.index(tender.kind) if tender.kind in FIRST_KINDS else len(FIRST_KINDS)
    return tender.lines is None, rank, position


def by_kind(matrix: Matrix, tenders: Sequence[TenderIn]) -> dict[int, dict[str, int]]:
    """The matrix with columns of one kind added up: what `points.rules.earn` takes."""
    found: dict[int, dict[str, int]] = {}
    for line, row in matrix.items():
        kinds = found.setdefault(line, {})
        for position, fen in row.items():
            kind = tenders[position].kind
            kinds[kind] = kinds.get(kind, 0) + fen
    return found


def remaining_row(row: Mapping[int, int], qty: int, qty_left: int) -> dict[int, int]:
    """What of a line's payments stays when `qty_left` of `qty` pieces stay.

    A cumulative target: refund = what is booked now minus this, so any sequence of partial refunds gives back
    exactly everything, to each tender never more than it paid (I27, I29). Half-up to the fen on the line.
    """
    stays = half_up(sum(row.values()) * qty_left, qty)
    keys = list(row)
    shares = _split_monotone(stays, [row[key] for key in keys])
    return {key: share for key, share in zip(keys, shares, strict=True) if share}


def _split_monotone(total: int, weights: list[int]) -> list[int]:
    """Share so that a smaller total never gives anybody more (Webster's divisor method).

    Largest remainder lacks that property: with three tenders a further refund could charge one of them a fen.
    """
    weight_sum = sum(weights)
    if not total:
        return [0] * len(weights)
    parts = [half_up(total * weight, weight_sum) for weight in weights]
    places = [place for place, weight in enumerate(weights) if weight]
    while (gap := total - sum(parts)) != 0:
        # the next unit goes where (2 parts + 1) / weight is smallest; the last one came where it is largest
        if gap > 0:
            parts[min(places, key=lambda place: (Fraction(2 * parts[place] + 1, weights[place]), place))] += 1
        else:
            held = [place for place in places if parts[place]]
            parts[max(held, key=lambda place: (Fraction(2 * parts[place] - 1, weights[place]), place))] -= 1
    return parts
