"""The search for a profitable loop: buy, earn, redeem, refund in any order, give everything back, and count.

Pure: the product's own arithmetic over plain data (pricing's matrix, points, ledger, stored value, courses), a hundred
thousand loops. Through the services: the model's own acts on fresh members, then everything is undone; the books of
these members must be where they began (I27, I28).
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from core.courses import rules as course_rules
from core.ledger import rules as ledger
from core.orders import rules as order_rules
from core.points.rules import EarnLine, EarnSource, earn, expires_on, reversal_target
from core.pricing.matrix import by_kind, remaining_row, spread
from core.pricing.rules import TenderIn
from core.wallet import rules as wallet

KINDS = ("stored_value", "stored_bonus")


class Profit(AssertionError):
    """A loop that leaves somebody with more than they had; the message holds its seed."""


# -- pure ------------------------------------------------------------------------------------------


@dataclass
class Top:
    """A top-up of the loop: what is left of it, and what each payment took and got back."""

    paid: int
    given: int
    principal: int
    bonus: int
    draw: str
    drawn: list[list[int]] = field(default_factory=list)  # principal, bonus, list price, price charged


@dataclass
class Bill:
    """A sale of the loop."""

    lines: dict[int, tuple[int, int]]
    cells: dict[int, list[tuple[int, int, int]]]
    tenders: list[TenderIn]
    earning: list[EarnLine]
    booked: dict[Any, int]
    uses: list[tuple[ledger.LotView, int]]
    shares: list[tuple[Top, list[int], int, int]]
    number: int
    gone: dict[int, int] = field(default_factory=dict)
    back: dict[int, int] = field(default_factory=dict)
    points_back: int = 0


class Wallet:
    """A member who tries: cash that left (negative) and came back, points, top-ups."""

    def __init__(self, rng: random.Random) -> None:
        self.rng, self.day, self.cash, self.debt, self.last = rng, date(2026, 1, 5), 0, 0, 0
        self.lots: dict[int, ledger.LotView] = {}
        self.tops: list[Top] = []
        self.bills: list[Bill] = []

    def credit(self, points: int, ends: date | None, source: int, rule: str) -> None:
        paid = min(self.debt, points)
        self.debt -= paid
        self.last += 1
        self.lots[self.last] = ledger.LotView(self.last, points - paid, ends, self.day, source, rule)

    def move(self, lot_id: int, delta: int) -> None:
        lot = self.lots[lot_id]
        self.lots[lot_id] = ledger.LotView(
            lot.id, lot.remaining + delta, lot.expires_on, lot.earned_on, lot.source_id, lot.rule
        )

    def top_up(self) -> None:
        paid, given = self.rng.randrange(1, 100_000), self.rng.choice((0, 1, 99, 20_000))
        self.cash -= paid
        self.tops.append(Top(paid, given, paid, given, self.rng.choice(wallet.DRAWS)))

    def buy(self) -> None:
        """Buy lines of open price, for cash, points and stored value in any mixture."""
        rng, number = self.rng, len(self.bills) + 1
        lines = {n: (rng.randrange(1, 5), rng.randrange(0, 60_000)) for n in range(1, rng.randrange(2, 5))}
        total = sum(net for _qty, net in lines.values())
        have = 0 if self.debt else ledger.available(list(self.lots.values()), self.day)
        points = rng.randrange(min(have, total) + 1) if rng.random() < 0.5 else 0
        purse = sum(top.principal + top.bonus for top in self.tops)
        stored = rng.randrange(min(purse, total - points) + 1) if rng.random() < 0.6 else 0
        shares = self._draw(stored, total, rng.randrange(total, total * 2 + 1))
        parts = {"points": points, "stored_value": sum(own[0] for _t, own, _l, _c in shares),
                 "stored_bonus": sum(own[1] for _t, own, _l, _c in shares), "cash": total - points - stored}  # fmt: skip
        tenders = [TenderIn(kind, fen, None) for kind, fen in parts.items() if fen]
        matrix = spread({n: net for n, (_qty, net) in lines.items()}, tenders)
        source = EarnSource("base", rng.choice((1, 2, 3)), rng.choice((50, 100, 333)),
                            (("tier", rng.choice((10_000, 15_000, 20_000))),),
                            except_tenders=("points", "stored_bonus"), expires_months=rng.choice((None, 1, 12)))  # fmt: skip
        earning = [EarnLine(n, net, (source,)) for n, (_qty, net) in lines.items()]
        earned = earn(earning, by_kind(matrix, tenders))
        taking = ledger.redeem(list(self.lots.values()), points, self.day)
        uses = [(self.lots[part.lot_id], part.amount) for part in taking.takes]
        for part in taking.takes:
            self.move(part.lot_id, -part.amount)
        for lot in earned.lots:
            self.credit(lot.points, expires_on(self.day, lot.expires_months), number, lot.rule)
        cells = {n: [(at + 1, fen, lines[n][0]) for at, fen in row.items()] for n, row in matrix.items()}
        booked = {(lot.rule, lot.expires_months): lot.points for lot in earned.lots}
        self.cash -= parts["cash"]
        self.bills.append(Bill(lines, cells, tenders, earning, booked, uses, shares, number))

    def _draw(self, amount: int, charged: int, listed: int) -> list[tuple[Top, list[int], int, int]]:
        pairs = [wallet.Pair(n, t.paid, t.given, t.principal, t.bonus, t.draw) for n, t in enumerate(self.tops)]
        shares = []
        for take in wallet.draw(pairs, amount):
            top, own = self.tops[take.id], [take.principal, take.bonus, listed, charged]
            top.principal -= take.principal
            top.bonus -= take.bonus
            top.drawn.append(own)
            shares.append((top, list(own[:2]), len(top.drawn) - 1, 0))
        return shares

    def refund(self, bill: Bill, whole: bool = False) -> None:
        asked = {}
        for n, (qty, _net) in bill.lines.items():
            left = qty - bill.gone.get(n, 0)
            if left and (whole or self.rng.random() < 0.6):
                asked[n] = left if whole else self.rng.randrange(1, left + 1)
        if not asked:
            return
        states = [order_rules.line_state(n, net, qty, bill.gone.get(n, 0), bill.cells[n])
                  for n, (qty, net) in bill.lines.items()]  # fmt: skip
        back = order_rules.money_back(states, asked)
        for n, qty in asked.items():
            bill.gone[n] = bill.gone.get(n, 0) + qty
        before = dict(bill.back)
        for number, fen in back.by_tender.items():
            bill.back[number] = bill.back.get(number, 0) + fen
            if bill.tenders[number - 1].kind == "cash":
                self.cash += fen
        self._stored_back(bill, before)
        self._points(bill, back)

    def _stored_back(self, bill: Bill, before: dict[int, int]) -> None:
        for column, kind in enumerate(KINDS):
            number = next((n for n, t in enumerate(bill.tenders, 1) if t.kind == kind), 0)
            if not number or bill.back.get(number, 0) == before.get(number, 0):
                continue
            row = {k: own[column] for k, (_top, own, _at, _) in enumerate(bill.shares)}
            total = sum(row.values())
            stayed = remaining_row(row, total, total - before.get(number, 0))
            stays = remaining_row(row, total, total - bill.back[number])
            for k, (top, _own, at, _) in enumerate(bill.shares):
                fen = stayed.get(k, 0) - stays.get(k, 0)
                top.drawn[at][column] -= fen
                if column:
                    top.bonus += fen
                else:
                    top.principal += fen

    def _points(self, bill: Bill, back: order_rules.MoneyBack) -> None:
        number = next((n for n, t in enumerate(bill.tenders, 1) if t.kind == "points"), 0)
        if number:
            amount = bill.tenders[number - 1].amount_fen
            points = order_rules.points_back(amount, amount, bill.back.get(number, 0), bill.points_back)
            giving = ledger.give_back(bill.uses, bill.points_back, points, self.day)
            bill.points_back += points
            settle = min(self.debt, sum(part.amount for part in giving.gives))
            self.debt -= settle
            for part in giving.gives:
                paid = min(settle, part.amount)
                settle -= paid
                self.move(part.lot_id, part.amount - paid)
            if giving.grace:
                self.credit(giving.grace, ledger.grace_expiry(self.day, 30), 0, "grace")
        stays = {n: {bill.tenders[t - 1].kind: fen for t, fen in row.items()} for n, row in back.stays.items()}
        for key, points in reversal_target(bill.booked, earn(bill.earning, stays)).items():
            taking = ledger.claw_back(list(self.lots.values()), points, bill.number, key[0])
            for part in taking.takes:
                self.move(part.lot_id, -part.amount)
            self.debt += taking.missing
            bill.booked[key] -= points

    def course(self) -> None:
        """Buy a course, use some of it, give the rest back in parts: what was used costs its share of the price."""
        price, total = self.rng.randrange(0, 120_000), self.rng.randrange(1, 13)
        open_fen, left, used, back = price, total, 0, 0
        while left:
            if self.rng.random() < 0.5:
                open_fen -= course_rules.next_value(open_fen, left)
                left, used = left - 1, used + 1
            else:
                n = self.rng.randrange(1, left + 1)
                fen = course_rules.back(open_fen, left, n)
                open_fen, left, back = open_fen - fen, left - n, back + fen
        gained = back + price * used // total - price
        self.cash += gained if abs(gained) > total else 0  # a fen of rounding for each session is nobody's profit

    def give_up(self) -> None:
        """Give everything back, by the formula that pays most."""
        for bill in self.bills:
            self.refund(bill, whole=True)
        for top in self.tops:
            used = wallet.Used(
                top.paid, top.given, sum(own[0] for own in top.drawn), sum(own[1] for own in top.drawn),
                top.principal, top.bonus,
                sum((own[0] + own[1]) * own[2] // own[3] for own in top.drawn if own[3]), True, top.draw,
            )  # fmt: skip
            self.cash += max(one.fen for one in wallet.results(used) if one.able)

    @property
    def points(self) -> int:
        """Return the points that are left, debts taken off, whatever their day."""
        return sum(lot.remaining for lot in self.lots.values()) - self.debt


def pure_loop(seed: int) -> None:
    """Walk one loop over the pure rules; raise Profit."""
    rng = random.Random(seed)
    one = Wallet(rng)
    for _n in range(rng.randrange(2, 9)):
        act = rng.choices(("buy", "refund", "top-up", "course", "day"), (40, 25, 15, 5, 15))[0]
        if act == "buy":
            one.buy()
        elif act == "refund" and one.bills:
            one.refund(rng.choice(one.bills))
        elif act == "top-up":
            one.top_up()
        elif act == "course":
            one.course()
        elif act == "day":
            one.day += timedelta(days=rng.choice((1, 20, 40, 200)))
    one.give_up()
    if one.cash > 0 or one.points > 0:
        raise Profit(f"seed {seed}: {one.cash} fen and {one.points} points came out of nothing")


def search(loops: int, seed: int) -> int:
    """Walk `loops` pure loops from a seed on; return how many, or raise Profit."""
    for n in range(loops):
        pure_loop(seed + n)
    return loops
