"""The days at the counter once more, with everything that holds value: top-ups, courses, rewards, referrals, debts.

Each room has a model test of its own; here all of them meet in the same orders of the same members. The expectations
stay plain: a drawer of lots for points, a purse of top-ups, packs of tickets, what is owed, who was brought by whom.
"""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import Any

from core.catalog import services as catalog
from core.courses import services as courses
from core.kernel import clock, settings
from core.kernel.errors import Refusal
from core.kernel.statements import Statements
from core.orders.settings import REFUND_PROOF_ABOVE
from core.orders.types import TenderRequest
from core.people.models import Person
from core.programme.rules import Referral as ReferralRule
from core.referrals.settings import MINIMUM
from core.wallet import limits
from core.wallet import services as wallet
from tests.core.courses.world import Pack
from tests.core.referrals import kit as referral_kit
from tests.core.rewards import kit as reward_kit
from tests.core.wallet.world import Drawn
from tests.model.course_acts import PACKS, CourseActs
from tests.model.driver import Difference, Driver
from tests.model.ledger_model import Order
from tests.model.member_acts import BRINGER, BROUGHT, CAP, LEAST_FEN, SHELF, MemberActs
from tests.model.purse_acts import TOPS, PurseActs


class ValueDriver(PurseActs, CourseActs, MemberActs, Driver):
    """A franchise with stored value, courses, rewards, referrals and open orders, and the model of all of it."""

    def __init__(self, installation: Any, seed: int) -> None:
        super().__init__(installation, seed)
        self.tops: dict[int, dict[int, Any]] = {}
        self.bought: dict[int, tuple[str, Order]] = {}
        self.drawn: dict[str, list[tuple[int, Drawn, Fraction]]] = {}
        self.packs: dict[int, Pack] = {}
        self.pack_orders: dict[int, tuple[str, Order]] = {}
        self.shelf = SHELF
        self.taken: dict[int, Any] = {}
        self.brought: dict[int, tuple[int, str]] = {}
        self.grants: list[tuple[int, int, int, str]] = []
        self.outcomes: dict[str, int] = {}

    def _acts(self) -> tuple[tuple[Any, ...], tuple[int, ...]]:
        return (
            self._sell, self._refund, self._tick, self._sweep, self._replay, self._crash, self._card, self._overspend,
            self._top_up, self._give_top_up, self._sell_course, self._burn, self._undo, self._refund_course,
            self._hand_over, self._extend_course, self._leave_open, self._pay_later, self._take_reward,
            self._confirm_reward, self._cancel_reward, self._free_lapsed, self._enrol_brought, self._extend_lot,
        ), (26, 20, 14, 3, 2, 2, 1, 1, 5, 2, 4, 12, 5, 4, 3, 2, 8, 9, 9, 7, 5, 1, 2, 3)  # fmt: skip

    def _open(self) -> None:
        with clock.frozen_at(self.now):
            with self.house.unit() as session:
                settings.change(session, REFUND_PROOF_ABOVE, 100_000_000)
                settings.change(session, MINIMUM, LEAST_FEN)
                limits.change(session, "named_max_fen", 10**10, "测试要很多充值")
                catalog.add(session, "ONE", "一次", "service", 5_000)
                for code, price, bonus, months in TOPS:
                    terms = {"core.bonus_months": str(months)} if months else {}
                    catalog.add(session, code, code, "topup", price, bonus_fen=bonus, attributes=terms)
                for code, sessions, bonus, price, months in PACKS:
                    terms = {
                        "core.session_of": "ONE", "core.bonus_sessions": str(bonus),
                        "core.valid_months": str(months), "core.transferable": "1",
                    }  # fmt: skip
                    catalog.add(session, code, code, "course", price, sessions=sessions, attributes=terms)
            reward_kit.open_shop(self.house, stock=SHELF)
            rule = ReferralRule("first_paid_order", BRINGER, BROUGHT, monthly_cap=CAP)
            referral_kit.publish(self.house, rule)
        super()._open()
        self.tops = {member: {} for member in self.members}

    def _one(self) -> None:
        self.doing = "nothing"
        super()._one()
        self.outcomes[self.doing] = self.outcomes.get(self.doing, 0) + 1

    # -- sales with every tender -------------------------------------------------------------------

    def _tenders(self, quote: Any) -> list[TenderRequest]:
        tenders = super()._tenders(quote)
        purse = self._purse(self.payer) if self.payer else 0
        money = sum(tender.amount_fen for tender in tenders if tender.kind != "points")
        if not purse or not money or self.rng.random() < 0.4:
            return tenders
        stored = min(purse, money, self.rng.choice((money, money, 1, 777, 10_000)))
        kept = [tender for tender in tenders if tender.kind == "points"]
        rest = [TenderRequest("wechat", money - stored)] * (money > stored)
        return [*kept, TenderRequest("stored_value", stored), *rest]

    payer = 0

    def _quote(self, member: int, lines: Any) -> tuple[int, Any]:
        self.payer = member
        return super()._quote(member, lines)

    def _note_sale(self, member: int, order_no: str, quote: Any, tenders: list[TenderRequest], bonus: int = 0) -> Order:
        stored = sum(tender.amount_fen for tender in tenders if tender.kind == "stored_value")
        drawn = self._draw(member, stored) if stored else []
        if drawn:
            factor = Fraction(quote.list_fen, quote.total_fen)
            self.drawn[order_no] = [(key, one, factor) for key, one in drawn]
        order = super()._note_sale(member, order_no, quote, tenders, sum(one.bonus for _key, one in drawn))
        order.fresh = sum(t.amount_fen for t in tenders if t.kind in ("cash", "wechat"))
        self._qualify(member, order_no, order)
        self.doing = "sale" + ("+stored" if stored else "") + ("+owed" if order.owed else "")
        return order

    def _note_given(self, order_no: str, order: Order, done: Any) -> None:
        super()._note_given(order_no, order, done)
        if order_no in self.drawn:
            self._stored_back(order_no, done)
        order.fresh -= sum(t["amount_fen"] for t in done.tenders if t["kind"] in ("cash", "wechat"))
        self._disqualify(order_no, order, done)
        self.doing = "refund" + ("+stored" if done.stored else "") + ("+owed" if done.released_fen else "")

    def _tick(self) -> list[int]:
        """Let time pass; one member is compared at once and everybody when everything is verified."""
        self.now += timedelta(
            minutes=self.rng.choice((5, 20, 60 * 5, 60 * 26, *(24 * 60 * n for n in (4, 11, 33, 70))))
        )
        self.doing = "time"
        everybody = list(self.members)
        return [everybody[self.step % len(everybody)]]

    def _sweep(self) -> None:
        super()._sweep()
        for purse in self.tops.values():
            for top in purse.values():
                top.sweep(self.today)
        for pack in self.packs.values():
            pack.sweep(self.today)

    # -- comparing ---------------------------------------------------------------------------------

    def _compare(self, member: int, act: str) -> None:
        super()._compare(member, act)
        recent = [key for key, pack in self.packs.items() if pack.owner == member][-4:]
        purse = self.tops.get(member, {})
        with self.house.unit("read") as session:
            spent = session.get(Person, member).spent_fen
            found = self._held(session, member) if purse else {}
            parts = courses.parts_of(session, recent, self.today) if recent else {}
            states = {key: (one.usable, one.used, one.left, one.open_fen) for key, [one] in parts.items()}
            both = wallet.balances(session, [member], self.today)[member]
        self._same(f"{act}: spent", spent, self.members[member].spent)
        for key, top in purse.items():
            expected = (0, 0) if top.back else (top.principal, top.bonus(self.today))
            self._same(f"{act}: top-up", found.get(key, (0, 0)), expected)
        self._same(f"{act}: stored value", sum(both), self._purse(member))
        for key in recent:
            pack = self.packs[key]
            expected = (pack.usable(self.today), len(pack.uses), pack.unused, pack.unspent)
            self._same(f"{act}: course", states[key], expected)

    def _held(self, session: Any, member: int) -> dict[int, tuple[int, int]]:
        account = wallet.of_person(session, member)
        st = Statements(session, self.stays.franchise_id)
        own = wallet.held(st, account.id, self.today) if account else []
        return {one.pair.id: (one.pair.principal, one.pair.bonus) for one in own}

    def _verify(self) -> None:
        super()._verify()
        for member in self._everybody():
            self._compare(member, "verify")
        self._same("goods on the shelf", reward_kit.stock(self.house, "FOOT-PACK"), self.shelf)

    def _everybody(self) -> list[int]:
        """Return whom a verify compares."""
        return list(self.members)

    def _refused(self, able: bool, refusal: Refusal) -> list[int]:
        """Say that a refusal was right, or raise Difference."""
        if able:
            raise Difference(f"{self.where()} {self.doing} was refused: {refusal.code}")
        self.doing += f": {refusal.code}"
        return []
