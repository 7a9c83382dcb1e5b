"""Acts with rewards, referrals and the life of points: reserved, redeemed, brought by whom, one month longer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.kernel import clock
from core.kernel.days import add_months
from core.kernel.errors import Refusal
from core.points import extension
from core.rewards import jobs
from tests.core.referrals import kit as referral_kit
from tests.core.rewards import kit
from tests.model.ledger_model import Member, Order, Spending

SHELF = 12
PRICES = {"R-FOOT": (200, True), "R-HEAD": (300, False)}
BRINGER, BROUGHT, CAP, LEAST_FEN = 50, 30, 2, 1_500
HOLD_MS = 15 * 60_000
MOST_MEMBERS = 30


@dataclass
class Taken:
    """A reward somebody took; `until` while it is only reserved."""

    member: int
    goods: bool
    points: int
    spending: Spending
    row: Any
    until: int | None = None
    over: bool = False


class MemberActs:
    """What members do with points beside paying, and whom they bring."""

    # -- rewards -----------------------------------------------------------------------------------

    def _take_reward(self: Any) -> list[int]:
        member = self.rng.choice(list(self.members))
        code, hold = self.rng.choice(list(PRICES)), self.rng.random() < 0.5
        price, goods = PRICES[code]
        lapsed = self._lapsed(member, goods)
        now = clock.now_ms()
        # What would be there once the lapsed ones are let go; a refused call lets go of nothing.
        model: Member = self.members[member]
        kept = [(lot, lot.left) for lot in model.lots], model.debt
        for one in lapsed:
            if one.member == member:
                model.let_go(one.spending)
        shelf = self.shelf + sum(one.goods for one in lapsed)
        able = model.usable(self.today) >= price and (not goods or shelf > 0)
        self.doing = "reward reserved" if hold else "reward"
        try:
            row = kit.take(self.house, member, code, hold=hold)
        except Refusal as refusal:
            for lot, left in kept[0]:
                lot.left = left
            model.debt = kept[1]
            return self._refused(able, refusal)
        self._same("could be taken", True, able)
        for one in lapsed:
            if one.member != member:
                self.members[one.member].let_go(one.spending)
            one.over = True
        self.shelf = shelf - goods
        spending = model.spend(price, self.today)
        self.taken[row.id] = Taken(member, goods, price, spending, row, now + HOLD_MS if hold else None)
        return [member, *{one.member for one in lapsed}]

    def _lapsed(self: Any, member: int | None = None, goods: bool = True) -> list[Taken]:
        """Return the reservations that ran out: of a member, and of anybody for the same goods; of all for None."""
        now = clock.now_ms()
        return [
            one
            for one in self.taken.values()
            if not one.over and one.until is not None and one.until <= now
            and (member is None or one.member == member or (goods and one.goods))
        ]  # fmt: skip

    def _free_lapsed(self: Any) -> list[int]:
        lapsed = self._lapsed()
        done = jobs.free_reservations(self.house.runtime, self.stays)["done"]
        self._same("reservations let go", done, len(lapsed))
        for one in lapsed:
            self._let_go(one)
        self.doing = f"{'some' if lapsed else 'none'} let go"
        return list({one.member for one in lapsed})

    def _let_go(self: Any, one: Taken) -> None:
        self.members[one.member].let_go(one.spending)
        self.shelf += one.goods
        one.over = True

    def _confirm_reward(self: Any) -> list[int]:
        held = [one for one in self.taken.values() if one.until is not None and not one.over]
        if not held:
            return []
        one = self.rng.choice(held[-3:])
        model = self.members[one.member]
        able, self.doing = one.until > clock.now_ms() and not model.debt, "reward confirmed"
        try:
            kit.act(self.house, "confirm", one.row)
        except Refusal as refusal:
            return self._refused(able, refusal)
        self._same("could be confirmed", True, able)
        one.until = None
        return [one.member]

    def _cancel_reward(self: Any) -> list[int]:
        live = [one for one in self.taken.values() if not one.over]
        if not live:
            return []
        one = self.rng.choice(live[-6:])
        kit.act(self.house, "cancel", one.row, "不要了", approved=True)
        if one.until is not None:
            self._let_go(one)
        else:
            self.members[one.member].give_back(one.spending, one.points, self.today, self.step)
            self.shelf += one.goods
            one.over = True
        self.doing = "reward back"
        return [one.member]

    # -- referrals ---------------------------------------------------------------------------------

    def _enrol_brought(self: Any) -> list[int]:
        if len(self.members) >= MOST_MEMBERS:
            return []
        by = self.rng.choice(list(self.members)[:3])
        member = referral_kit.enrol(self.house, "新人", by, f"139{self.step:08d}")
        self.members[member] = Member()
        self.brought[member] = (by, "pending")
        self.doing = "brought"
        return [member]

    def _touched(self: Any, *members: int) -> list[int]:
        """Return whose figures a movement of these may change: theirs, and of whoever brought them."""
        return [*members, *(self.brought[one][0] for one in members if one in self.brought)]

    def _qualify(self: Any, member: int, order_no: str, order: Order) -> None:
        """An order that is paid whole, with enough money of its own, rewards who brought its payer (B14, B38, B53)."""
        by, state = self.brought.get(member, (0, ""))
        if state != "pending" or order.owed or order.fresh < LEAST_FEN:
            return
        month = self.today.year * 100 + self.today.month
        wanted = [(member, BROUGHT)]
        if sum(1 for m, who, _points, _no in self.grants if (m, who) == (month, by)) < CAP:
            wanted.append((by, BRINGER))
        for who, points in wanted:
            self.grants.append((month if who == by else 0, who, points, order_no))
            self.members[who].earn(points, self.today, self.step, f"ref-{member}")
        self.brought[member] = (by, order_no)

    def _disqualify(self: Any, order_no: str, order: Order, done: Any) -> None:
        """Once too little of its money is left, what an order gave for the referral is taken back (S22, I27)."""
        mine = [one for one in self.grants if one[3] == order_no]
        due = bool(mine) and order.fresh < LEAST_FEN
        self._same("referral taken back", sum(-one["points"] for one in done.referral),
                   sum(one[2] for one in mine) if due else 0)  # fmt: skip
        if not due:
            return
        member = next(one for one, (_by, state) in self.brought.items() if state == order_no)
        for _month, who, points, _no in mine:
            self.members[who].take_back(points, f"ref-{member}")
        self.grants = [one for one in self.grants if one[3] != order_no]
        self.brought[member] = (self.brought[member][0], "clawed back")

    # -- the life of points ------------------------------------------------------------------------

    def _extend_lot(self: Any) -> list[int]:
        member = self.rng.choice(list(self.members))
        with self.house.unit("read") as session:
            lots = extension.lots_of(session, member)
        mine = [lot for lot in self.members[member].lots if lot.left and lot.ends > self.today]
        self._same("lots that end", sorted((one.expires_on, one.points) for one in lots)[:50],
                   sorted((lot.ends, lot.left) for lot in mine)[:50])  # fmt: skip
        if not lots:
            return []
        one = self.rng.choice(lots)
        twins = [lot for lot in mine if (lot.ends, lot.left, lot.earned) == (one.expires_on, one.points, one.earned_on)]
        if len(twins) != 1:
            return []
        able, self.doing = not twins[0].longer, "lot extended"
        try:
            with self.house.unit() as session:
                extension.by_hand(session, member, one.id, "一直没来得及用")
        except Refusal as refusal:
            return self._refused(able, refusal)
        self._same("could be extended", True, able)
        twins[0].ends, twins[0].longer = add_months(twins[0].ends, 1), True
        return [member]
