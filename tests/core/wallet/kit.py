"""Stored value for tests: items to top up with, short ways to buy, pay, look."""

from __future__ import annotations

from typing import Any

from core.catalog import services as catalog
from core.console import verification
from core.kernel import clock, settings
from core.kernel.ids import new_id
from core.kernel.statements import Statements
from core.ledger import services as ledger
from core.orders.quoting import quotes
from core.orders.refunding import refunds
from core.orders.selling import settle
from core.orders.settings import REFUND_PROOF_ABOVE
from core.orders.types import BasketRequest, Confirmation, LineRequest, TenderRequest
from core.orders.value.top_up_refund import Choice
from core.wallet import opening, services
from core.wallet.giving_back import Payout

ATTESTED = Confirmation("staff_attested", "王芳本人在场")


def add_items(house: Any, **attributes: Any) -> None:
    """Put top-ups and a service at an open price into the acting franchise; `attributes` go to TOP1200."""
    with house.unit() as session:
        settings.change(session, REFUND_PROOF_ABOVE, 100_000_000)
        catalog.add(
            session, "TOP1200", "充值 1,000 送 200", "topup", 100_000, bonus_fen=20_000,
            attributes={f"core.{k}": v for k, v in attributes.items()},
        )  # fmt: skip
        catalog.add(session, "TOP500", "充值 500", "topup", 50_000)
        catalog.add(session, "CARE600", "护理", "service", 60_000)
        catalog.add(session, "CENT", "一分", "service", 1)


def today() -> Any:
    return clock.today("Asia/Shanghai")


def top_up(house: Any, person: int, code: str = "TOP1200", kind: str = "wechat") -> Any:
    """Sell a top-up for money and return what settle returned."""
    with house.unit() as session:
        quote, priced = quotes.store(session, BasketRequest((LineRequest(code),), person))
    with house.unit() as session:
        return settle.settle(session, quote.id, [TenderRequest(kind, priced.quote.total_fen)])


def pay(house: Any, person: int | None, *lines: Any, stored: int | None = None, **more: Any) -> Any:
    """Sell lines paid with stored value (all of it unless `stored` says how much, the rest in cash)."""
    asked = tuple(LineRequest(*([line] if isinstance(line, str) else line)) for line in lines)
    with house.unit() as session:
        quote, priced = quotes.store(session, BasketRequest(asked, person))
    total = priced.quote.total_fen
    amount = total if stored is None else stored
    tenders = [TenderRequest("stored_value", amount)] * bool(amount)
    tenders += [TenderRequest("cash", total - amount)] * (total > amount)
    more.setdefault("confirmation", ATTESTED)
    with house.unit() as session:
        return settle.settle(session, quote.id, tenders, **more)


def give_back(
    house: Any, order_no: str, formula: str | None = None, payout: Payout = Payout("bank", "尾号 6688 流水 20261122")
) -> refunds.Effects:
    """Give the top-up of an order (its first line) back, by what its preview showed."""
    choice = Choice({1: formula} if formula else {}, payout)
    with house.unit() as session:
        shown = refunds.preview(session, order_no, {1: 1}, choice=choice)
    with house.unit() as session:
        return refunds.refund(
            session, order_no, {1: 1}, "不再需要", preview_id=shown.digest(), choice=choice, approved=True
        )


def balance(house: Any, person: int) -> tuple[int, int]:
    """Return (principal, bonus)."""
    with house.unit("read") as session:
        return services.balances(session, [person], today())[person]


def problems(house: Any) -> list[Any]:
    """Return what verify finds wrong."""
    return [r for r in verification.verify(house.runtime, freeze=False) if r.difference]


def bring(house: Any, person: int, principal_fen: int, bonus_fen: int = 0) -> int:
    """Bring stored value along from another system, as the import of opening balances does; return the top-up."""
    top_up = new_id()
    with house.unit() as session:
        st = Statements(session, house.dental.franchise_id)
        posting = ledger.Posting(today(), clock.now_ms(), "opening", top_up, None, house.dental.store_id, "job")
        opening.bring(st, [opening.Brought(top_up, person, principal_fen, bonus_fen)], posting)
    return top_up
