"""Stored value as people and programs see it: balances, top-ups with their days, movements. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.catalog.models import Item
from core.kernel import clock
from core.kernel.i18n import _
from core.kernel.statements import Statements, as_date
from core.kernel.tenancy import current_actor
from core.org.models import Store
from core.wallet import rules, services
from core.wallet.models import StoredValueAccount, TopUp

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

ROWS = 50


@dataclass(frozen=True, slots=True)
class TopUpSeen:
    """A top-up with its item's and store's names and what is left of it today."""

    row: TopUp
    name: str
    store: str
    principal: int
    bonus: int
    cooling: bool

    @property
    def left(self) -> int:
        """Return what may be used of it."""
        return self.principal + self.bonus


@dataclass(slots=True)
class Wallet:
    """A person's stored value as of today."""

    account: StoredValueAccount | None
    principal: int
    bonus: int
    top_ups: list[TopUpSeen]

    @property
    def total(self) -> int:
        """Return principal and bonus together, fen."""
        return self.principal + self.bonus

    @property
    def usable(self) -> int:
        """Return what may be paid with now: nothing of a lost account."""
        return self.total if self.account is not None and self.account.state == rules.OPEN else 0

    @property
    def lost(self) -> bool:
        """Return whether the account was reported lost."""
        return self.account is not None and self.account.state == rules.LOST

    @property
    def live(self) -> bool:
        """Return whether there is an account that is not closed."""
        return self.account is not None and self.account.state != rules.CLOSED


def see(session: Session, person_id: int, *, all_top_ups: bool = False) -> Wallet:
    """Return a person's stored value; top-ups with something left, or all of them, the oldest first."""
    account = services.of_person(session, person_id)
    if account is None:
        return Wallet(None, 0, 0, [])
    actor = current_actor()
    today = clock.today(actor.tz)
    st = Statements(session, actor.franchise_id)
    pairs = {one.pair.id: one.pair for one in services.held(st, account.id, today)}
    principal, bonus = sum(p.principal for p in pairs.values()), sum(p.bonus for p in pairs.values())
    rows = session.scalars(select(TopUp).where(TopUp.stored_value_account_id == account.id).order_by(TopUp.id)).all()
    wanted = [row for row in rows if all_top_ups or (row.id in pairs and pairs[row.id].left)]
    names = _names(session, wanted)
    return Wallet(
        account, principal, bonus,
        [
            TopUpSeen(
                row, _("期初储值") if row.order_id is None else names.get(row.item_code, row.item_code),
                names.get(row.store_id, ""),
                pairs[row.id].principal if row.id in pairs else 0, pairs[row.id].bonus if row.id in pairs else 0,
                today <= row.cooling_until,
            )
            for row in wanted
        ],
    )  # fmt: skip


def _names(session: Session, rows: list[TopUp]) -> dict[Any, str]:
    if not rows:
        return {}
    items = session.execute(select(Item.code, Item.name).where(Item.code.in_({row.item_code for row in rows})))
    stores = session.execute(select(Store.id, Store.name).where(Store.id.in_({row.store_id for row in rows})))
    return {row[0]: row[1] for row in [*items, *stores]}


def draw_of(session: Session, person_id: int, amount: int) -> tuple[int, int]:
    """Return (principal, bonus) that a payment of `amount` would draw now; (0, 0) where it is not covered."""
    account = services.of_person(session, person_id)
    if account is None or account.state != rules.OPEN or amount <= 0:
        return 0, 0
    actor = current_actor()
    own = services.held(Statements(session, actor.franchise_id), account.id, clock.today(actor.tz))
    if sum(services.balance(own)) < amount:
        return 0, 0
    takes = rules.draw([one.pair for one in own], amount)
    return sum(take.principal for take in takes), sum(take.bonus for take in takes)


@dataclass(frozen=True, slots=True)
class Movement:
    """A movement of an account: what it changed of principal and bonus, and what was there after it."""

    at: int
    business_on: date
    reason: str
    source_kind: str
    source_id: int
    principal: int
    bonus: int
    principal_after: int
    bonus_after: int


def movements(session: Session, account_id: int, limit: int = ROWS, before: int | None = None) -> list[Movement]:
    """Return the latest movements of an account, newest first, each with running balances.

    Movements of one act (the same reason and source) are one row. `before` leaves out those booked at that instant
    or later.
    """
    st = Statements(session, current_actor().franchise_id)
    rows = st.all(
        "SELECT MIN(t.booked_at), MIN(t.business_on), t.reason, t.source_kind, t.source_id,"
        " SUM(CASE WHEN a.unit = 'principal' THEN (CASE WHEN t.to_account_id = a.id THEN t.amount ELSE -t.amount END)"
        " ELSE 0 END),"
        " SUM(CASE WHEN a.unit = 'bonus' THEN (CASE WHEN t.to_account_id = a.id THEN t.amount ELSE -t.amount END)"
        " ELSE 0 END), MAX(t.id) FROM account a JOIN transfer t ON t.franchise_id = a.franchise_id"
        " AND (t.to_account_id = a.id OR t.from_account_id = a.id) WHERE a.franchise_id = ?"
        " AND a.owner_kind = 'stored_value' AND a.owner_id = ?"
        " GROUP BY t.reason, t.source_kind, t.source_id ORDER BY MAX(t.id)",
        [st.franchise_id, account_id],
    )
    found, principal, bonus = [], 0, 0
    for at, on, reason, kind, source, p, b, _last in rows:
        principal, bonus = principal + int(p), bonus + int(b)
        found.append(
            Movement(
                int(at), as_date(on) or date.min, str(reason), str(kind), int(source), int(p), int(b), principal, bonus
            )
        )
    if before is not None:
        found = [one for one in found if one.at < before]
    return found[::-1][:limit]


def to_json(principal: int, bonus: int) -> dict[str, int]:
    """Return balances as contract.md spells them."""
    return {"principal_fen": principal, "bonus_fen": bonus}
