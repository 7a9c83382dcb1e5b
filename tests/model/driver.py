"""Drives random days at the counter through the real services and compares each step with the model."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

from core.cards import services as cards
from core.console import verification
from core.kernel import clock, idempotency, settings
from core.kernel.errors import Refusal
from core.kernel.statements import Statements
from core.kernel.tenancy import acting
from core.ledger import services as ledger
from core.orders import jobs as money_jobs
from core.orders.quoting import quotes
from core.orders.refunding import refunds
from core.orders.selling import settle
from core.orders.settings import REFUND_PROOF_ABOVE
from core.orders.types import BasketRequest, Confirmation, LineRequest, TenderRequest
from core.people import services as people
from tests.model.ledger_model import Member, Order

ITEMS = ("F-RESIN", "F-BASIC", "F-TEMP", "CLEAN", "CHECK", "POLISH", "PASTE")
MEMBERS = 4
BASE_YUAN = 100
ATTESTED = Confirmation("staff_attested", "本人在场")


class Difference(AssertionError):
    """The product and the model disagree; the message holds seed and step."""


class Crash(Exception):
    """The process dies before the commit."""


class Driver:
    """A franchise, four members, and the model of their points."""

    def __init__(self, installation: Any, seed: int) -> None:
        self.house = installation
        self.seed = seed
        self.rng = random.Random(seed)
        self.now = datetime(2025, 1, 6, 2, 0, tzinfo=UTC)
        self.members: dict[int, Member] = {}
        self.orders: dict[str, Order] = {}
        self.answers: list[tuple[str, bytes, dict[str, Any]]] = []
        self.step = 0
        self.stays = installation.actor(installation.dental)

    def run(self, steps: int, verify_every: int = 500) -> None:
        """Take `steps` steps; raise Difference at the first disagreement."""
        with acting(self.stays):
            if not self.members:
                self._open()
            for _n in range(steps):
                self.step += 1
                with clock.frozen_at(self.now):
                    self._one()
                    if self.step % verify_every == 0:
                        self._verify()

    def finish(self) -> None:
        """Verify everything once more."""
        with acting(self.stays), clock.frozen_at(self.now):
            self._verify()

    def _open(self) -> None:
        with clock.frozen_at(self.now):
            with self.house.unit() as session:
                settings.change(session, REFUND_PROOF_ABOVE, 100_000_000)
            for n in range(MEMBERS):
                phone = f"138{self.rng.randrange(10**8):08d}"
                self.members[self.house.enrol(f"会员{n}", phone)] = Member()

    @property
    def today(self) -> Any:
        """Return the business date."""
        return clock.business_date(self.now, "Asia/Shanghai")

    def _acts(self) -> tuple[tuple[Any, ...], tuple[int, ...]]:
        """Return what may happen, and how often each does."""
        return (
            self._sell, self._refund, self._tick, self._sweep, self._replay, self._crash, self._card, self._overspend
        ), (42, 26, 14, 3, 6, 4, 2, 3)  # fmt: skip

    def _one(self) -> None:
        act = self.rng.choices(*self._acts())[0]
        touched = act()
        for member in touched if touched is not None else self.members:
            self._compare(member, act.__name__)

    # -- acts ----------------------------------------------------------------------------------

    def _touched(self, *members: int) -> list[int]:
        """Return whose figures a movement of these may change."""
        return list(members)

    def _basket(self) -> tuple[LineRequest, ...]:
        lines = [
            LineRequest(self.rng.choice(ITEMS), self.rng.choice((1, 1, 1, 2, 3)))
            for _n in range(self.rng.choice((1, 1, 2, 3)))
        ]
        return tuple(lines)

    def _quote(self, member: int, lines: tuple[LineRequest, ...]) -> tuple[int, Any]:
        with self.house.unit() as session:
            row, priced = quotes.store(session, BasketRequest(lines, member))
            return row.id, priced.quote

    def _tenders(self, quote: Any) -> list[TenderRequest]:
        total, tenders = quote.total_fen, []
        if quote.points_max >= 100 and self.rng.random() < 0.5:
            points = 100 * self.rng.randrange(1, quote.points_max // 100 + 1)
            tenders.append(TenderRequest("points", points, points=points))
            total -= points
        if total and self.rng.random() < 0.3:
            part = self.rng.randrange(1, total + 1)
            tenders.append(TenderRequest("wechat", part))
            total -= part
        return tenders + ([TenderRequest("cash", total)] if total else [])

    def _sell(self) -> list[int]:
        member = self.rng.choice(list(self.members))
        quote_id, quote = self._quote(member, self._basket())
        tenders = self._tenders(quote)
        key = f"{self.seed}-{self.step}"
        body = json.dumps([quote_id, [str(t) for t in tenders]]).encode()
        outcome = idempotency.perform(
            self.house.runtime.db,
            self.stays,
            "model",
            key,
            body,
            lambda s: self._settle(s, quote_id, tenders),
        )
        if outcome.status != 201:
            raise Difference(f"{self.where()} a sale was refused: {outcome.answer}")
        self.answers.append((key, body, outcome.answer))
        self._note_sale(member, outcome.answer["order_no"], quote, tenders)
        return self._touched(member)

    def _settle(self, session: Any, quote_id: int, tenders: list[TenderRequest]) -> tuple[int, dict[str, Any]]:
        done = settle.settle(session, quote_id, tenders, confirmation=ATTESTED)
        return 201, {"order_no": done.order_no, "id": str(done.order_id)}

    def _note_sale(self, member: int, order_no: str, quote: Any, tenders: list[TenderRequest], bonus: int = 0) -> Order:
        """Write a sale into the model; `bonus` is the share of stored value that nobody paid for."""
        points = sum(t.points for t in tenders)
        paid = sum(t.amount_fen for t in tenders)
        money = paid - points - bonus
        eligible = 0 if any(line.item == "CARD-FAMILY" for line in quote.lines) else money
        model, order = self.members[member], Order(
            str(member), quote.total_fen, points, {line.line: (line.qty, line.net_fen) for line in quote.lines},
            eligible // BASE_YUAN, eligible, owed=quote.total_fen - paid, bonus=bonus,
        )  # fmt: skip
        model.spent += money
        if points:
            order.spending = model.spend(points, self.today)
        if order.earned:
            model.earn(order.earned, self.today, self.step, order_no)
        self.orders[order_no] = order
        return order

    def _refund(self) -> list[int]:
        open_orders = [no for no, order in self.orders.items() if not order.whole() and order.total >= 0]
        if not open_orders:
            return []
        order_no = self.rng.choice(open_orders[-12:])
        order = self.orders[order_no]
        asked: dict[int, int] = {}
        for line, (qty, _net) in order.lines.items():
            left = qty - order.refunded.get(line, 0)
            if left and self.rng.random() < 0.6:
                asked[line] = self.rng.randrange(1, left + 1)
        if not asked:
            return []
        try:
            with self.house.unit() as session:
                shown = refunds.preview(session, order_no, asked)
            with self.house.unit() as session:
                done = refunds.refund(session, order_no, asked, "测试", preview_id=shown.digest())
        except Refusal as refusal:
            if refusal.code == "card_used":
                return [int(order.member)]
            raise
        self._note_refund(order_no, order, asked, done)
        return self._touched(int(order.member))

    def _note_refund(self, order_no: str, order: Order, asked: dict[int, int], done: Any) -> None:
        for line, qty in asked.items():
            order.refunded[line] = order.refunded.get(line, 0) + qty
        expected = (
            sum(
                net - _half_up(net * (qty - order.refunded.get(line, 0)), qty)
                for line, (qty, net) in order.lines.items()
            )
            - order.money_back
            - order.released
        )
        worth = done.amount_fen + done.released_fen
        if not order.rebased or order.whole():
            self._same("refunded money", worth, expected)
        elif abs(worth - expected) > 2 * len(order.lines):
            raise Difference(f"{self.where()} refunded {worth}, the model says about {expected}")
        order.money_back += done.amount_fen
        order.released += done.released_fen
        order.owed -= done.released_fen
        self._same("still owed", done.owed_fen, order.owed)
        self._note_given(order_no, order, done)
        if order.whole():
            self._same("all money", order.money_back + order.released, order.total)
            self._same("all debt", order.owed, 0)
            self._same("all points", order.points_back, order.points_paid)
            self._same("all bonus", order.bonus_back, order.bonus)
            self._same("all earned", order.taken_back, order.earned)

    def _note_given(self, order_no: str, order: Order, done: Any) -> None:
        """Write what a refund gave back by each tender, and what it took of the points."""
        model = self.members[int(order.member)]
        by_kind = {"points": 0, "stored_bonus": 0, "money": 0}
        for tender in done.tenders:
            by_kind[tender["kind"] if tender["kind"] in by_kind else "money"] += tender["amount_fen"]
        self._same("refund over tenders", sum(by_kind.values()), done.amount_fen)
        order.points_back += by_kind["points"]
        order.bonus_back += by_kind["stored_bonus"]
        if order.points_back > order.points_paid or order.bonus_back > order.bonus:
            raise Difference(f"{self.where()} more given back than paid")
        if done.points_returned and order.spending is not None:
            self._same("points given back", done.points_returned, by_kind["points"])
            model.give_back(order.spending, done.points_returned, self.today, self.step)
        elif by_kind["points"]:
            raise Difference(f"{self.where()} a points tender was refunded without points")
        model.spent -= by_kind["money"]
        if order.cash_left or order.earned:
            order.cash_left -= by_kind["money"]
            take = order.earned - order.taken_back - order.cash_left // BASE_YUAN
            self._same("points taken", done.points_taken, take)
            order.taken_back += take
            if take:
                model.take_back(take, order_no)

    def _tick(self) -> None:
        self.now += timedelta(hours=self.rng.choice((1, 5, 26, 24 * 9, 24 * 40, 24 * 120)))

    def _sweep(self) -> None:
        done = money_jobs.expire_points(self.house.runtime, self.stays)["done"]
        again = money_jobs.expire_points(self.house.runtime, self.stays)["done"]
        self._same("second sweep", again, 0)
        for member in self.members.values():
            member.forget_expired(self.today)
        if done < 0:
            raise Difference(f"{self.where()} a sweep of {done}")

    def _replay(self) -> None:
        if not self.answers:
            return
        key, body, answer = self.rng.choice(self.answers[-50:])

        def never(_session: Any) -> tuple[int, dict[str, Any]]:
            raise Difference(f"{self.where()} a replay was carried out again")

        outcome = idempotency.perform(self.house.runtime.db, self.stays, "model", key, body, never)
        self._same("replayed answer", outcome.answer, answer)
        try:
            idempotency.perform(self.house.runtime.db, self.stays, "model", key, body + b" ", never)
        except Refusal as refusal:
            self._same("mismatch", refusal.code, "idempotency_mismatch")
        else:
            raise Difference(f"{self.where()} another body was accepted under a used key")

    def _crash(self) -> list[int]:
        member = self.rng.choice(list(self.members))
        quote_id, quote = self._quote(member, self._basket())
        try:
            with self.house.unit() as session:
                settle.settle(session, quote_id, self._tenders(quote), confirmation=ATTESTED)
                raise Crash
        except Crash:
            return [member]

    def _card(self) -> list[int]:
        member = self.rng.choice(list(self.members))
        with self.house.unit("read") as session:
            if cards.household_of(session, people.get(session, member)) is not None:
                return [member]
        quote_id, quote = self._quote(member, (LineRequest("CARD-FAMILY"),))
        with self.house.unit() as session:
            done = settle.settle(session, quote_id, [TenderRequest("cash", quote.total_fen)])
        self._note_sale(member, done.order_no, quote, [TenderRequest("cash", quote.total_fen)])
        return self._touched(member)

    def _overspend(self) -> list[int]:
        """More points than there are must be refused, whatever the quote allows."""
        member = self.rng.choice(list(self.members))
        with self.house.unit() as session:
            st = Statements(session, self.stays.franchise_id)
            balance = ledger.balance_of(st, "person", member, ledger.POINTS, member)
            posting = ledger.Posting(self.today, clock.now_ms(), "order", self.step)
            too_much = self.members[member].usable(self.today) + 1
            try:
                ledger.redeem(st, balance, ledger.POINTS, too_much, posting)
            except Refusal:
                session.rollback()
                return [member]
        raise Difference(f"{self.where()} {too_much} points were spent of {too_much - 1}")

    # -- comparing -----------------------------------------------------------------------------

    def where(self) -> str:
        """Return how to find this step again."""
        return f"seed {self.seed}, step {self.step}:"

    def _same(self, what: str, found: Any, expected: Any) -> None:
        if found != expected:
            raise Difference(f"{self.where()} {what}: {found}, the model says {expected}")

    def _compare(self, member: int, act: str) -> None:
        model = self.members[member]
        with self.house.unit("read") as session:
            st = Statements(session, self.stays.franchise_id)
            usable, debt = ledger.available_of(st, [member], ledger.POINTS, self.today)[member]
            lots = ledger.expiring(st, member, ledger.POINTS, self.today)
        self._same(f"{act}: usable", usable, model.usable(self.today))
        self._same(f"{act}: debt", debt, model.debt)
        self._same(f"{act}: lots", [(day, n) for day, n in lots if n], model.open_lots(self.today))

    def _verify(self) -> None:
        results = verification.verify(self.house.runtime, freeze=False)
        failed = [f"{r.name}: {r.difference}" for r in results if r.difference]
        if failed:
            raise Difference(f"{self.where()} verify says {failed[0]}")


def _half_up(num: int, den: int) -> int:
    return (2 * num + den) // (2 * den)
