"""Shifts and days as pure arithmetic over plain rows (case B51). Amounts in fen."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.kernel.errors import FieldError, Invalid, Refusal
from core.kernel.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

# Notes and coins that are counted, in fen.
FACES = (10_000, 5_000, 2_000, 1_000, 500, 100, 50, 10)
MOST_FEN = 100_000_000
MOST_PIECES = 99_999
REASON_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """Money that came (positive) or went (negative) by one way to pay."""

    kind: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Move:
    """Cash put in (`in`) or taken out (`out`); the amount is positive."""

    kind: str
    amount_fen: int


def expected(float_fen: int, entries: Iterable[Entry], moves: Iterable[Move], drawer: frozenset[str]) -> int:
    """Return what should lie in the drawer: float + cash received - cash refunded + put in - taken out (B51)."""
    cash = sum(entry.amount_fen for entry in entries if entry.kind in drawer)
    moved = sum(move.amount_fen if move.kind == "in" else -move.amount_fen for move in moves)
    return float_fen + cash + moved


def amount(fen: int, name: str) -> int:
    """Return an amount that may lie in a drawer; raise Invalid for a negative or an absurd one."""
    if not 0 <= fen <= MOST_FEN:
        raise Invalid.field(name, _("金额须在 0 到 1,000,000.00 元之间。"))
    return fen


def count_of(pieces: Mapping[int, int]) -> int:
    """Return the sum of counted pieces by face value (fen); raise Invalid for an unknown face or a wild number."""
    for face, n in pieces.items():
        if face not in FACES or not 0 <= n <= MOST_PIECES:
            raise Invalid.field("counted", _("张数须是 0 到 99,999 的整数。"))
    return sum(face * n for face, n in pieces.items())


def reason_of(text: str) -> str:
    """Return a reason in one line, at most 200 characters."""
    return " ".join(text.split())[:REASON_LONGEST]


@dataclass(frozen=True, slots=True)
class TenderSum:
    """What a way to pay brought on a day by the books."""

    kind: str
    received_fen: int
    refunded_fen: int

    @property
    def net_fen(self) -> int:
        """Return what stays of it."""
        return self.received_fen - self.refunded_fen


def sums_of(entries: Iterable[Entry]) -> list[TenderSum]:
    """Return entries summed by way to pay, in order of their codes."""
    received: dict[str, int] = {}
    refunded: dict[str, int] = {}
    for entry in entries:
        side = received if entry.amount_fen > 0 else refunded
        side[entry.kind] = side.get(entry.kind, 0) + abs(entry.amount_fen)
    return [TenderSum(k, received.get(k, 0), refunded.get(k, 0)) for k in sorted({*received, *refunded})]


@dataclass(frozen=True, slots=True)
class Tick:
    """Somebody's word for a way to pay: looked at, what the slip or the count says (None: as the books), and why."""

    done: bool
    counted_fen: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Ticked:
    """A way to pay as it is written into the closed day."""

    sum: TenderSum
    counted_fen: int
    reason: str

    @property
    def difference_fen(self) -> int:
        """Return counted less booked."""
        return self.counted_fen - self.sum.net_fen


@dataclass(frozen=True, slots=True)
class Blockers:
    """What keeps a day from being closed: shifts still open (names), an earlier day that is open."""

    open_shifts: Sequence[str] = ()
    earlier: date | None = None
    future: bool = False

    def sentences(self) -> list[str]:
        """Return what is to be done first, a sentence each; nothing when the day may be closed."""
        found = []
        if self.future:
            found.append(_("这一天还没到，不能日结。"))
        if self.earlier is not None:
            found.append(_("%(day)s 还没日结，请先结那一天。", day=self.earlier.isoformat()))
        found += [_("%(name)s 的班还没交，请先交班。", name=name) for name in self.open_shifts]
        return found


def refuse_blocked(blockers: Blockers) -> None:
    """Raise Refusal `day_not_ready` with everything that is to be done first."""
    found = blockers.sentences()
    if found:
        raise Refusal(
            _("现在还不能日结，先处理下面几件事。"), code="day_not_ready", status=409,
            errors=[FieldError("", sentence) for sentence in found],
        )  # fmt: skip


def ticked(sums: Sequence[TenderSum], ticks: Mapping[str, Tick], names: Mapping[str, str]) -> list[Ticked]:
    """Return every way to pay of a day with somebody's word for it.

    Raises Invalid naming the field for one that is not ticked, and for a difference without a reason.
    """
    errors, found = [], []
    for one in sums:
        tick = ticks.get(one.kind, Tick(done=False))
        word = names.get(one.kind, one.kind)
        counted = one.net_fen if tick.counted_fen is None else tick.counted_fen
        if not tick.done:
            errors.append(FieldError(f"tick_{one.kind}", _("“%(kind)s”还没核对打勾。", kind=word)))
        elif counted != one.net_fen and not reason_of(tick.reason):
            errors.append(FieldError(f"reason_{one.kind}", _("“%(kind)s”与账面不符，请写明原因。", kind=word)))
        found.append(Ticked(one, counted, reason_of(tick.reason) if counted != one.net_fen else ""))
    if errors:
        raise Invalid(_("每种支付方式都要核对打勾，不符的要写原因。"), code="day_not_ticked", errors=errors)
    return found


@dataclass(frozen=True, slots=True)
class DaySeen:
    """What somebody looked at before closing a day: its sums and shifts; `digest` is its identity."""

    sums: Sequence[TenderSum]
    shifts: Sequence[tuple[int, int]] = field(default=())

    def digest(self) -> str:
        """Return the identity of these figures: closing is refused when they moved meanwhile."""
        plain = [[s.kind, s.received_fen, s.refunded_fen] for s in self.sums], [list(s) for s in self.shifts]
        return hashlib.sha256(json.dumps(plain).encode()).hexdigest()[:32]
