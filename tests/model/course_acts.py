"""Acts with courses: sold, used, a use taken back, given back in parts, handed over, extended."""

from __future__ import annotations

from typing import Any

from core.courses import changes
from core.courses import services as courses
from core.kernel.errors import Refusal
from core.orders.refunding import refunds
from core.orders.selling import settle
from core.orders.sessions import burn
from core.orders.types import LineRequest, TenderRequest
from tests.core.courses import kit
from tests.core.courses.world import Pack
from tests.model.driver import BASE_YUAN
from tests.model.ledger_model import Order

PACKS = (("P3", 3, 0, 30_000, 2), ("P7", 6, 1, 9_999, 1), ("P10", 10, 0, 108_000, 0), ("P11", 10, 1, 7, 3))
RECENT = 8


class CourseActs:
    """What happens to packs of sessions."""

    def _pack(self: Any) -> int:
        live = list(self.packs)[-RECENT:]
        return self.rng.choice(live) if live else 0

    def _sell_course(self: Any) -> list[int]:
        member = self.rng.choice(list(self.members))
        code, sessions, bonus, _price, _months = self.rng.choice(PACKS)
        quote_id, quote = self._quote(member, (LineRequest(code),))
        tenders = [TenderRequest("cash", quote.total_fen)]
        with self.house.unit() as session:
            done = settle.settle(session, quote_id, tenders)
        self._note_sale(member, done.order_no, quote, tenders)
        order = self.orders.pop(done.order_no)  # it goes back by sessions, not by pieces
        with self.house.unit("read") as session:
            [row] = [one for one in courses.owned_by(session, member) if one.order_id == done.order_id]
            self._same("paid for a course", row.paid_fen, quote.total_fen)
            self.packs[row.id] = Pack(member, row.paid_fen, sessions + bonus, row.expires_on, sessions + bonus)
            self.pack_orders[row.id] = (done.order_no, order)
        self.doing = "course"
        return self._touched(member)

    def _burn(self: Any) -> list[int]:
        key = self._pack()
        if not key:
            return []
        pack = self.packs[key]
        able, self.doing = bool(pack.usable(self.today)), "use"
        try:
            done = kit.use(self.house, key)
        except Refusal as refusal:
            return self._refused(able, refusal)
        self._same("could be used", True, able)
        self._same("worth of a session", done.value_fen, pack.use(done.use_id, self.today))
        return [pack.owner]

    def _undo(self: Any) -> list[int]:
        key = self._pack()
        if not key or not self.packs[key].uses:
            return []
        pack = self.packs[key]
        use = self.rng.choice(list(pack.uses))
        with self.house.unit() as session:
            burn.undo(session, key, use, "点错了", approved=True)
        pack.undo(use, self.today)
        self.doing = "use taken back"
        return [pack.owner]

    def _refund_course(self: Any) -> list[int]:
        key = self._pack()
        if not key:
            return []
        pack, (order_no, order) = self.packs[key], self.pack_orders[key]
        left = pack.usable(self.today)
        n = self.rng.randrange(1, left + 1) if left and self.rng.random() < 0.6 else None
        asked, self.doing = {1: n} if n else {}, "course back"
        try:
            with self.house.unit() as session:
                shown = refunds.preview(session, order_no, {1: 1}, asked)
            with self.house.unit() as session:
                done = refunds.refund(session, order_no, {1: 1}, "测试", preview_id=shown.digest(), sessions=asked)
        except Refusal as refusal:
            return self._refused(bool(left), refusal)
        self._same("money of a course", done.amount_fen, pack.refund(n or left, self.today))
        self._course_money(order_no, order, done)
        return self._touched(int(order.member), pack.owner)

    def _course_money(self: Any, order_no: str, order: Order, done: Any) -> None:
        """Write what a refund of sessions did to the payer's points and to what they spent."""
        model = self.members[int(order.member)]
        model.spent -= done.amount_fen
        order.money_back += done.amount_fen
        order.cash_left -= done.amount_fen
        order.fresh -= done.amount_fen
        take = order.earned - order.taken_back - order.cash_left // BASE_YUAN
        self._same("points taken", done.points_taken, take)
        order.taken_back += take
        if take:
            model.take_back(take, order_no)
        self._disqualify(order_no, order, done)

    def _hand_over(self: Any) -> list[int]:
        key = self._pack()
        if not key:
            return []
        pack = self.packs[key]
        to = self.rng.choice([one for one in self.members if one != pack.owner])
        able, self.doing = bool(pack.usable(self.today)), "course handed over"
        try:
            with self.house.unit() as session:
                changes.transfer(session, key, to, "送给家人")
        except Refusal as refusal:
            return self._refused(able, refusal)
        self._same("could be handed over", True, able)
        before, pack.owner = pack.owner, to
        return [before, to]

    def _extend_course(self: Any) -> list[int]:
        key = self._pack()
        if not key:
            return []
        pack, days = self.packs[key], self.rng.randrange(1, 40)
        able, self.doing = pack.ends is not None and pack.back < pack.total, "course extended"
        try:
            with self.house.unit() as session:
                changes.extend(session, key, days, "住院")
        except Refusal as refusal:
            return self._refused(able, refusal)
        self._same("could be extended", True, able)
        pack.extend(days, self.today)
        return [pack.owner]
