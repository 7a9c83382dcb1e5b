"""Loops through the services: whatever a pair of members buys, redeems, uses and gives back, undone it leaves nothing.

Each loop has members of its own. When all is given back, their accounts, lots, sessions, tier metric and what they spent
must be where they began, the referral's points with them, and no money may be left over on either side (I27, I28).

Every second loop has one order, refunded in any parts: each lot holds what it held. Where several redemptions meet
refunds in any order, the sums of each member are compared: points that were taken back from another lot, because their
own was spent, come back to their own when that spending is undone (S9, S10), so the days they end may change places.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from core.kernel import clock
from core.kernel.statements import Statements
from core.kernel.tenancy import acting
from core.orders.models import Orders
from core.orders.refunding import refunds
from core.orders.sessions import burn
from core.people.models import Person
from tests.core.referrals import kit as referral_kit
from tests.core.rewards import kit as reward_kit
from tests.model.driver import Difference
from tests.model.ledger_model import Member
from tests.model.value_driver import ValueDriver

_ACCOUNTS = (
    "SELECT person_id, unit, bucket, SUM(balance), SUM(debt) FROM account WHERE franchise_id = ? AND person_id IN (?, ?)"
    " GROUP BY person_id, unit, bucket HAVING SUM(balance) <> 0 OR SUM(debt) <> 0 ORDER BY 1, 2, 3"
)
_LOTS = (
    "SELECT a.person_id, a.unit, l.expires_on, l.rule, SUM(l.remaining) FROM lot l JOIN account a ON a.id = l.account_id"
    " WHERE l.franchise_id = ? AND a.person_id IN (?, ?) AND l.remaining > 0"
    " GROUP BY a.person_id, a.unit, l.expires_on, l.rule ORDER BY 1, 2, 3, 4"
)
_TIERS = (
    "SELECT person_id, SUM(spend_fen), SUM(visits), SUM(points), SUM(topup_fen) FROM tier_event"
    " WHERE franchise_id = ? AND person_id IN (?, ?) GROUP BY person_id ORDER BY person_id"
)


class LoopDriver(ValueDriver):
    """One loop after the other in the same house."""

    loops = 0
    single = False

    def _acts(self) -> tuple[tuple[Any, ...], tuple[int, ...]]:
        if self.single:
            return (self._refund, self._pay_later, self._burn, self._undo, self._refund_course, self._crash), (
                10, 6, 6, 3, 5, 1
            )  # fmt: skip
        return (
            self._sell, self._refund, self._replay, self._crash, self._sell_course, self._burn, self._undo,
            self._refund_course, self._leave_open, self._pay_later, self._take_reward, self._confirm_reward,
            self._cancel_reward,
        ), (26, 18, 2, 2, 8, 10, 4, 5, 12, 10, 9, 5, 6)  # fmt: skip

    def _everybody(self) -> list[int]:
        """Return nobody: a loop is judged by its own books, before and after."""
        return []

    def walk(self, loops: int, verify_every: int = 50) -> None:
        """Walk so many loops; raise Difference where one leaves anything."""
        with acting(self.stays):
            for _n in range(loops):
                with clock.frozen_at(self.now):
                    if not self.loops:
                        self._open()
                    self._loop()
                    self.loops += 1
                    if self.loops % verify_every == 0:
                        self._verify()
                self.now += timedelta(minutes=self.rng.choice((1, 20, 600)))

    def _loop(self) -> None:
        self.single = self.loops % 2 == 0
        pair = self._fresh_pair()
        before = self._books(pair)
        if self.single:
            self.step += 1
            self.rng.choice((self._sell, self._leave_open, self._sell_course))()
        for _n in range(self.rng.randrange(4, 13)):
            self.step += 1
            self._one()
        self._give_all_back()
        self._same("the books after everything is undone", self._books(pair), before)
        for order_no, order in self._every_order():
            self._same(f"money left of {order_no}", order.fresh, 0)

    def _fresh_pair(self) -> tuple[int, int]:
        """Two members, the second brought by the first, each with points and a top-up."""
        self.members, self.orders, self.packs, self.pack_orders = {}, {}, {}, {}
        self.taken, self.brought, self.grants, self.drawn, self.tops, self.bought = {}, {}, [], {}, {}, {}
        first = self.house.enrol("甲", f"137{self.loops:08d}")
        second = referral_kit.enrol(self.house, "乙", first, f"136{self.loops:08d}")
        self.brought[second] = (first, "pending")
        ends = self.today + timedelta(days=200)
        for member in (first, second):
            self.members[member] = Member()
            reward_kit.give(self.house, member, 700, ends)
            self.members[member].earn(700, self.today, self.step, "", ends)
        self._top_up()
        self._top_up()  # either may have been the second's first payment: it stays, so does what it brought the first
        return first, second

    def _every_order(self) -> list[tuple[str, Any]]:
        return [*self.orders.items(), *self.pack_orders.values()]

    def _books(self, pair: tuple[int, int]) -> dict[str, Any]:
        """Return all that the house keeps of two members, and the goods on its shelf."""
        with self.house.unit("read") as session:
            st = Statements(session, self.stays.franchise_id)
            told: dict[str, Any] = {
                name: [tuple(map(str, row)) for row in st.all(sql, [st.franchise_id, *pair])]
                for name, sql in (("accounts", _ACCOUNTS), ("lots", _LOTS), ("tiers", _TIERS))
            }
            told["tiers"] = [row for row in told["tiers"] if set(row[1:]) != {"0"}]
            people = [session.get_one(Person, one) for one in pair]
            told["spent"] = [(one.spent_fen, one.visits) for one in people]
        if not self.single:
            del told["lots"]  # the accounts hold their sums
        told["shelf"] = reward_kit.stock(self.house, "FOOT-PACK")
        return told

    def _give_all_back(self) -> None:
        for one in self.taken.values():
            if not one.over:
                reward_kit.act(self.house, "cancel", one.row, "都退了", approved=True)
                self.shelf += one.goods
        for key, pack in self.packs.items():
            for use in list(pack.uses):
                with self.house.unit() as session:
                    burn.undo(session, key, use, "都退了", approved=True)
            if pack.back < pack.total:
                order_no, order = self.pack_orders[key]
                with self.house.unit() as session:
                    order.fresh -= refunds.refund(session, order_no, {1: 1}, "都退了").amount_fen
        for order_no, order in self.orders.items():
            left = {n: qty - order.refunded.get(n, 0) for n, (qty, _net) in order.lines.items()}
            if not any(left.values()):
                continue
            with self.house.unit() as session:
                done = refunds.refund(session, order_no, {n: qty for n, qty in left.items() if qty}, "都退了")
            order.fresh -= sum(t["amount_fen"] for t in done.tenders if t["kind"] in ("cash", "wechat"))
            self._closed(order_no)

    def _closed(self, order_no: str) -> None:
        """An order that is wholly given back is owed no more."""
        with self.house.unit("read") as session:
            row = session.query(Orders).filter(Orders.order_no == order_no).one()
            if (row.state, row.owed_fen, row.refunded_fen) != ("refunded", 0, row.paid_fen):
                raise Difference(f"{self.where()} {order_no} is {row.state}, owes {row.owed_fen}")
