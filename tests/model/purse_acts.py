"""Acts with stored value and with debts: top-ups, what a payment draws, what goes back, orders paid later."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from core.kernel.days import add_months
from core.kernel.errors import Refusal
from core.kernel.statements import Statements
from core.orders.selling import payments, settle
from core.orders.types import TenderRequest
from core.wallet.giving_back import Payout
from tests.core.wallet import kit
from tests.core.wallet.world import NEVER, Drawn, Top, formulas
from tests.model.driver import ATTESTED, BASE_YUAN
from tests.model.ledger_model import Order

TOPS = (("T12", 100_000, 20_000, 1), ("T7", 33_333, 7_777, 0), ("T5", 50_000, 0, 0), ("T1", 101, 99, 1))
PAYOUT = Payout("bank", "尾号 6688")
_BACK = (
    "SELECT d.top_up_id, r.unit, SUM(r.amount) FROM orders o JOIN stored_value_spend s ON s.order_id = o.id"
    " JOIN stored_value_draw d ON d.stored_value_spend_id = s.id JOIN transfer r"
    " ON r.reverses_id IN (d.principal_transfer_id, d.bonus_transfer_id) WHERE o.franchise_id = ?"
    " AND o.order_no = ? GROUP BY d.top_up_id, r.unit"
)


class PurseActs:
    """What members pay in, draw, get back, and still owe."""

    def _purse(self: Any, member: int) -> int:
        return sum(top.left(self.today) for top in self.tops.get(member, {}).values())

    def _top_up(self: Any) -> list[int]:
        member = self.rng.choice(list(self.members))
        code, paid, given, months = self.rng.choice(TOPS)
        done = kit.top_up(self.house, member, code)
        with self.house.unit("read") as session:
            key = max(self._held(session, member))
        ends: date = add_months(self.today, months) if months else NEVER
        self.tops.setdefault(member, {})[key] = Top(paid, given, ends, self.today + timedelta(days=7))
        order = Order(str(member), paid, 0, {1: (1, paid)}, 0, 0, fresh=paid)
        self.bought[key] = (done.order_no, order)
        self._qualify(member, done.order_no, order)
        self.doing = "top-up"
        return self._touched(member)

    def _draw(self: Any, member: int, amount: int) -> list[tuple[int, Drawn]]:
        """Take a payment out of the purse, the oldest top-up first."""
        drawn = []
        for key, top in sorted(self.tops[member].items()):
            part = min(top.left(self.today), amount)
            if part:
                drawn.append((key, Drawn(top, *top.draw(part, self.today))))
                amount -= part
        assert amount == 0
        return drawn

    def _stored_back(self: Any, order_no: str, done: Any) -> None:
        """Put what came back into its top-ups; the shares of each are near pro rata, the sums are exact."""
        drawn = self.drawn[order_no]
        with self.house.unit("read") as session:
            st = Statements(session, self.stays.franchise_id)
            rows = {(int(k), unit): int(n) for k, unit, n in st.all(_BACK, [st.franchise_id, order_no])}
        moved = [
            (rows.get((key, "principal"), 0) - one.principal_back, rows.get((key, "bonus"), 0) - one.bonus_back)
            for key, one, _factor in drawn
        ]
        told = done.stored or {"principal_fen": 0, "bonus_fen": 0}
        self._same("stored value back", [sum(one[0] for one in moved), sum(one[1] for one in moved)],
                   [told["principal_fen"], told["bonus_fen"]])  # fmt: skip
        for (_key, one, _factor), (principal, bonus) in zip(drawn, moved, strict=True):
            one.give_back(principal, bonus, self.today)
        for own, share in (("principal", 0), ("bonus", 1)):
            whole = sum(getattr(one, own) for _k, one, _f in drawn)
            back = sum((one.principal_back, one.bonus_back)[share] for _k, one, _f in drawn)
            for _key, one, _factor in drawn:
                exact = Fraction(getattr(one, own) * back, whole) if whole else Fraction(0)
                self._same("pro rata", abs((one.principal_back, one.bonus_back)[share] - exact) < 3, True)

    def _give_top_up(self: Any) -> list[int]:
        live = [(member, key) for member, purse in self.tops.items() for key in purse]
        if not live:
            return []
        member, key = self.rng.choice(live)
        top, formula = self.tops[member][key], self.rng.choice(("seven_day", "operator", "consumer"))
        drawn = [(one, factor) for own in self.drawn.values() for k, one, factor in own if k == key]
        expected = formulas(top, drawn, self.today)[formula]
        order_no, order = self.bought[key]
        self.doing = "top-up back"
        try:
            done = kit.give_back(self.house, order_no, formula, PAYOUT)
        except Refusal as refusal:
            return self._refused(bool(top.left(self.today)) and expected is not None, refusal)
        self._same("top-up given back", done.amount_fen, expected)
        top.gone_paid += top.principal
        top.gone_given += top.bonus(self.today)
        top.principal, top.back = 0, True
        for lot in top.lots:
            lot.left -= lot.usable(self.today)
        order.fresh -= done.amount_fen
        self._disqualify(order_no, order, done)
        return self._touched(member)

    # -- what stays owed ---------------------------------------------------------------------------

    def _leave_open(self: Any) -> list[int]:
        """Sell with a part of the bill, or nothing of it, paid now (B53)."""
        member = self.rng.choice(list(self.members))
        quote_id, quote = self._quote(member, self._basket())
        tenders = self._tenders(quote)
        tenders = tenders[: self.rng.randrange(len(tenders) + 1)]
        if tenders and tenders[-1].kind == "cash" and tenders[-1].amount_fen > 1:
            tenders[-1] = TenderRequest("cash", self.rng.randrange(1, tenders[-1].amount_fen))
        with self.house.unit() as session:
            done = settle.settle(session, quote_id, tenders, confirmation=ATTESTED, allow_debt=True)
        self._note_sale(member, done.order_no, quote, tenders)
        return self._touched(member)

    def _pay_later(self: Any) -> list[int]:
        owing = [no for no, order in self.orders.items() if order.owed]
        if not owing:
            return []
        order_no = self.rng.choice(owing[-8:])
        order = self.orders[order_no]
        member = int(order.member)
        fen = order.owed if self.rng.random() < 0.5 else self.rng.randrange(1, order.owed + 1)
        self.doing = "payment"
        try:
            with self.house.unit() as session:
                payments.pay(session, order_no, [TenderRequest("wechat", order.owed + 1)])
        except Refusal as refusal:
            self._same("too much", refusal.code, "tenders_mismatch")
        else:
            self._same("more than is owed", "taken", "refused")
        with self.house.unit() as session:
            done = payments.pay(session, order_no, [TenderRequest(self.rng.choice(("cash", "wechat")), fen)])
        order.owed -= fen
        order.cash_left += fen
        order.fresh += fen
        order.rebased = order.rebased or any(order.refunded.values())
        self.members[member].spent += fen
        more = order.cash_left // BASE_YUAN - (order.earned - order.taken_back)
        self._same("points of a payment", done.points, more)
        if more:
            order.earned += more
            self.members[member].earn(more, self.today, self.step, order_no)
        self._qualify(member, order_no, order)
        return self._touched(member)
