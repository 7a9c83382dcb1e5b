"""What a card saved, and when it has paid for itself (S0-18, S1-05): written at the sale, netted of refunds when read.

A card saves by its coupons and by its percentage, for everybody who has a seat. It has paid for itself on the day on
which what it saved reaches its fee. Cards sold before this was kept count from then on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.kernel.ids import new_id
from core.kernel.statements import Statements, as_date
from core.kernel.tenancy import current_actor

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from core.cards.models import Card
    from core.orders.selling.settle import Plan

_NET = "s.saved_fen * (l.qty - l.refunded_qty) / l.qty"


def note(st: Statements, plan: Plan) -> None:
    """Write what cards took off the lines of an order; asks and writes nothing where none did."""
    saved: dict[tuple[int, int], int] = {}
    for use in plan.priced.quote.coupon_uses:
        if use.source_kind == "card" and use.line is not None:
            key = (use.line, int(use.source_id))
            saved[key] = saved.get(key, 0) + use.saved_fen
    for line in plan.priced.quote.lines:
        for step in line.steps:
            card = _card_of(plan, line.line, step.rule) if step.rule.startswith("card:") else None
            if card is not None:
                saved[line.line, card] = saved.get((line.line, card), 0) + step.before_fen - step.after_fen
    rows = [
        {"id": new_id(), "franchise_id": st.franchise_id, "order_line_id": plan.line_ids[line], "card_id": card,
         "saved_fen": fen, "saved_on": plan.came_on}
        for (line, card), fen in saved.items()
        if fen > 0
    ]  # fmt: skip
    if rows:
        st.insert_many("card_saving", rows)


def _card_of(plan: Plan, line: int, rule: str) -> int | None:
    """Return the card of the person treated on a line behind a rule `card:<product>`."""
    request = plan.priced.request
    person = str(request.lines[line - 1].for_member_id or request.member_id)
    basket, product = plan.priced.basket, rule.removeprefix("card:")
    state = basket.people.get(person) or basket.payer
    held = [int(one.card_id) for one in state.cards if one.product == product] if state else []
    return held[0] if held else None


@dataclass(frozen=True, slots=True)
class Payback:
    """A card's fee and what it saved so far, fen; `on` is the day it had paid for itself, `days` after its first."""

    fee_fen: int
    saved_fen: int
    on: date | None
    days: int | None

    @property
    def left_fen(self) -> int:
        """Return what is missing still, fen."""
        return max(0, self.fee_fen - self.saved_fen)


def of_cards(session: Session, found: Sequence[Card]) -> dict[int, Payback]:
    """Return the payback of cards that were sold for money, by id; others are left out."""
    sold = {card.id: card for card in found if card.order_id}
    if not sold:
        return {}
    st = Statements(session, current_actor().franchise_id)
    marks = ", ".join("?" * len(sold))
    fees = st.all(
        "SELECT c.id, MAX(l.net_fen / l.qty) FROM card c JOIN order_line l ON l.franchise_id = c.franchise_id"  # noqa: S608
        " AND l.orders_id = c.order_id AND l.kind = 'card' AND l.item_code = c.product_code"
        f" WHERE c.franchise_id = ? AND c.id IN ({marks}) GROUP BY c.id",
        [st.franchise_id, *sold],
    )
    rows = st.all(
        f"SELECT s.card_id, s.saved_on, {_NET} FROM card_saving s JOIN order_line l"  # noqa: S608 (our own words)
        " ON l.franchise_id = s.franchise_id AND l.id = s.order_line_id"
        f" WHERE s.franchise_id = ? AND s.card_id IN ({marks}) ORDER BY s.card_id, s.saved_on, s.id",
        [st.franchise_id, *sold],
    )
    answer = {}
    for card_id, fee in fees:
        if not int(fee):
            continue
        total, on = 0, None
        for other, day, fen in rows:
            if int(other) == int(card_id):
                total += int(fen)
                on = as_date(day) if on is None and total >= int(fee) else on
        days = (on - sold[int(card_id)].valid_from).days if on else None
        answer[int(card_id)] = Payback(int(fee), total, on, days)
    return answer


@dataclass(frozen=True, slots=True)
class ProductPayback:
    """A card product: cards sold (and not given back), how many have paid for themselves, the median of their days."""

    code: str
    sold: int
    back: int
    median_days: int | None

    @property
    def share_bp(self) -> int:
        """Return the share that has paid for itself, basis points."""
        return self.back * 10_000 // self.sold if self.sold else 0


# Cards that were sold for money and not given back (of one product, or of all for ""), and the day of payback.
_PAID = (
    "WITH d AS (SELECT c.id, c.product_code, c.valid_from, MAX(l.net_fen / l.qty) AS fee FROM card c"  # noqa: S608
    " JOIN order_line l ON l.franchise_id = c.franchise_id AND l.orders_id = c.order_id AND l.kind = 'card'"
    " AND l.item_code = c.product_code WHERE c.franchise_id = ? AND (? = '' OR c.product_code = ?)"
    " AND c.status <> 'revoked' AND l.net_fen > 0 GROUP BY c.id, c.product_code, c.valid_from),"
    f" r AS (SELECT s.card_id, s.saved_on, SUM({_NET}) OVER (PARTITION BY s.card_id ORDER BY s.saved_on, s.id)"
    " AS total FROM card_saving s JOIN order_line l ON l.franchise_id = s.franchise_id AND l.id = s.order_line_id"
    " WHERE s.franchise_id = ?),"
    " b AS (SELECT r.card_id, MIN(r.saved_on) AS on_day FROM r JOIN d ON d.id = r.card_id WHERE r.total >= d.fee"
    " GROUP BY r.card_id)"
)


def _days(st: Statements) -> str:
    if st.locks_rows:
        return "b.on_day - d.valid_from"
    return "CAST(julianday(b.on_day) - julianday(d.valid_from) AS INT)"


def cards_of(session: Session, code: str, back: bool, before: int | None, most: int) -> list[int]:
    """Return cards of a product as `by_product` counts them, the newest first, below the id `before`.

    `back`: only those that have paid for themselves.
    """
    st = Statements(session, current_actor().franchise_id)
    join = "JOIN" if back else "LEFT JOIN"
    rows = st.all(
        f"{_PAID} SELECT d.id FROM d {join} b ON b.card_id = d.id WHERE d.id < ? ORDER BY d.id DESC LIMIT ?",  # noqa: S608
        [st.franchise_id, code, code, st.franchise_id, before or 1 << 62, most],
    )
    return [int(row[0]) for row in rows]


def by_product(session: Session) -> list[ProductPayback]:
    """Return the payback of each card product that was sold for money; set-based, however many cards there are."""
    st = Statements(session, current_actor().franchise_id)
    rows = st.all(
        f"{_PAID} SELECT d.product_code, {_days(st)}, COUNT(*) FROM d LEFT JOIN b ON b.card_id = d.id"  # noqa: S608
        " GROUP BY 1, 2 ORDER BY 1, 2",
        [st.franchise_id, "", "", st.franchise_id],
    )
    counts: dict[str, list[tuple[int | None, int]]] = {}
    for code, after, n in rows:
        counts.setdefault(str(code), []).append((None if after is None else int(after), int(n)))
    return [_product(code, own) for code, own in counts.items()]


def _product(code: str, counts: list[tuple[int | None, int]]) -> ProductPayback:
    paid = sorted((days, n) for days, n in counts if days is not None)
    back = sum(n for _days, n in paid)
    seen, median = 0, None
    for days, n in paid:
        seen += n
        if median is None and seen * 2 >= back:
            median = days
    return ProductPayback(code, sum(n for _days, n in counts), back, median)
