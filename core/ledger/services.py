"""Verbs of the ledger. Each reads, asks the rules, writes with prepared statements, never commits.

The caller holds the write unit and, on PostgreSQL, has locked the owner's row (`orders` locks the
persons of a basket in order of id before anything else).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from core.kernel.errors import Refusal
from core.kernel.i18n import _
from core.kernel.ids import new_id
from core.kernel.statements import Statements, as_date
from core.ledger import rules
from core.ledger.rules import LotView

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

POINTS, PRINCIPAL, BONUS, SESSIONS = "points", "principal", "bonus", "sessions"
UNITS = (POINTS, PRINCIPAL, BONUS, SESSIONS)
HOUSE_BUCKETS = ("issued", "redeemed", "expired", "reversed", "written_off", "opening")
GRACE_DAYS = 30


@dataclass(frozen=True, slots=True)
class Posting:
    """What every movement says of itself: dates, who, where, why (I8)."""

    business_on: date
    booked_at: int
    source_kind: str
    source_id: int
    staff_id: int | None = None
    store_id: int | None = None
    door: str = "system"
    note: str = ""

    def of(self, source_kind: str, source_id: int) -> Posting:
        """Return the same posting for another source."""
        return replace(self, source_kind=source_kind, source_id=source_id)


@dataclass(slots=True)
class Balance:
    """An owner's account. Its open lots are read when they are first asked for: a credit needs none."""

    account_id: int
    person_id: int | None
    balance: int
    debt: int
    _st: Statements
    _lots: list[LotView] | None = None

    @property
    def lots(self) -> list[LotView]:
        """Return the lots with something left."""
        if self._lots is None:
            rows = self._st.all(
                "SELECT id, remaining, expires_on, earned_on, source_id, rule FROM lot"
                " WHERE franchise_id = ? AND account_id = ? AND remaining > 0 ORDER BY expires_on, id",
                [self._st.franchise_id, self.account_id],
            )
            self._lots = [_lot(row) for row in rows]
        return self._lots

    def note_lot(self, lot: LotView) -> None:
        """Remember a lot that was opened, where lots were read already."""
        if self._lots is not None:
            self._lots.append(lot)

    def available(self, on: date) -> int:
        """Return what may be used on the day `on`; nothing while in debt."""
        return 0 if self.debt else rules.available(self.lots, on)


def open_house(st: Statements) -> None:
    """Make the franchise's house accounts: once, when the franchise is made."""
    rows = [_account_row(st.franchise_id, "house", 0, None, unit, bucket) for unit in UNITS for bucket in HOUSE_BUCKETS]
    st.insert_many("account", rows)


def _account_row(
    franchise_id: int, kind: str, owner_id: int, person_id: int | None, unit: str, bucket: str
) -> dict[str, Any]:
    return {
        "id": new_id(), "franchise_id": franchise_id, "owner_kind": kind, "owner_id": owner_id,
        "person_id": person_id, "unit": unit, "bucket": bucket, "balance": 0, "debt": 0,
    }  # fmt: skip


def house_account(st: Statements, unit: str, bucket: str) -> int:
    row = st.one(
        "SELECT id FROM account WHERE franchise_id = ? AND owner_kind = 'house' AND owner_id = 0"
        " AND unit = ? AND bucket = ?",
        [st.franchise_id, unit, bucket],
    )
    if row is None:
        raise LookupError(f"house account {unit}/{bucket} is missing")
    return int(row[0])


def balance_of(
    st: Statements, owner_kind: str, owner_id: int, unit: str, person_id: int | None = None, *,
    bucket: str = "available",
) -> Balance:  # fmt: skip
    """Return the owner's account of `unit` (available, or `held`: set aside), opening it if need be."""
    row = st.one(
        "SELECT id, balance, debt, person_id FROM account WHERE franchise_id = ? AND owner_kind = ?"
        " AND owner_id = ? AND unit = ? AND bucket = ?",
        [st.franchise_id, owner_kind, owner_id, unit, bucket],
    )
    if row is None:
        new = _account_row(st.franchise_id, owner_kind, owner_id, person_id, unit, bucket)
        st.insert("account", new)
        return Balance(new["id"], person_id, 0, 0, st, [])
    return Balance(int(row[0]), row[3], int(row[1]), int(row[2]), st)


def _lot(row: Sequence[Any]) -> LotView:
    earned = as_date(row[3])
    assert earned is not None
    return LotView(int(row[0]), int(row[1]), as_date(row[2]), earned, int(row[4]), row[5])


def _transfer(
    st: Statements, bal: Balance, unit: str, house: str, amount: int, posting: Posting, reason: str,
    *, incoming: bool, rule: str = "", reverses_id: int | None = None,
) -> int:  # fmt: skip
    house_id = house_account(st, unit, house)
    ends = (house_id, bal.account_id) if incoming else (bal.account_id, house_id)
    return move(st, ends, bal.person_id, unit, amount, posting, reason, rule=rule, reverses_id=reverses_id)


def move(
    st: Statements, ends: tuple[int, int], person_id: int | None, unit: str, amount: int, posting: Posting,
    reason: str, *, rule: str = "", reverses_id: int | None = None,
) -> int:  # fmt: skip
    """Write the row of a movement between two accounts and return its id; lots and balances are the caller's."""
    transfer_id = new_id()
    st.insert(
        "transfer",
        {
            "id": transfer_id, "franchise_id": st.franchise_id, "from_account_id": ends[0], "to_account_id": ends[1],
            "person_id": person_id, "unit": unit, "amount": amount, "reason": reason, "rule": rule,
            "source_kind": posting.source_kind, "source_id": posting.source_id, "reverses_id": reverses_id,
            "business_on": posting.business_on, "booked_at": posting.booked_at, "staff_id": posting.staff_id,
            "store_id": posting.store_id, "door": posting.door, "note": posting.note,
        },
    )  # fmt: skip
    return transfer_id


def _use(st: Statements, transfer_id: int, lot_id: int, amount: int) -> None:
    """Write what a transfer took from a lot (negative: gave back)."""
    st.insert(
        "lot_use",
        {"id": new_id(), "franchise_id": st.franchise_id, "transfer_id": transfer_id, "lot_id": lot_id,
         "amount": amount},
    )  # fmt: skip


def _move_account(st: Statements, bal: Balance, delta: int, debt: int) -> None:
    """Move an account's cached balance and set its debt; raise Refusal `conflict` when it moved meanwhile."""
    touched = st.run(
        "UPDATE account SET balance = balance + ?, debt = ? WHERE franchise_id = ? AND id = ? AND balance = ?",
        [delta, debt, st.franchise_id, bal.account_id, bal.balance],
    )
    if touched != 1:
        raise Refusal(_("余额刚刚变动过，请重试。"), code="conflict", status=409)
    bal.balance += delta
    bal.debt = debt


def _move_lot(st: Statements, bal: Balance, lot_id: int, delta: int) -> None:
    """Move what remains of a lot, never below zero; raise Refusal `conflict`."""
    touched = st.run(
        "UPDATE lot SET remaining = remaining + ? WHERE franchise_id = ? AND id = ? AND remaining + ? >= 0",
        [delta, st.franchise_id, lot_id, delta],
    )
    if touched != 1:
        raise Refusal(_("余额刚刚变动过，请重试。"), code="conflict", status=409)
    for n, lot in enumerate(bal.lots):
        if lot.id == lot_id:
            bal.lots[n] = replace(lot, remaining=lot.remaining + delta)


def credit(
    st: Statements, bal: Balance, unit: str, amount: int, posting: Posting, *, reason: str = "earn",
    rule: str = "", earned_on: date | None = None, expires_on: date | None = None, house: str = "issued",
) -> int:  # fmt: skip
    """Credit `amount` as a new lot and return the transfer's id. A debt is settled first (S8)."""
    transfer_id = _transfer(st, bal, unit, house, amount, posting, reason, incoming=True, rule=rule)
    settled = min(bal.debt, amount)
    _open_lot(st, bal, transfer_id, amount, settled, posting, rule, earned_on, expires_on)
    _move_account(st, bal, amount, bal.debt - settled)
    return transfer_id


def _open_lot(
    st: Statements, bal: Balance, transfer_id: int, amount: int, settled: int, posting: Posting, rule: str,
    earned_on: date | None, expires_on: date | None, grace: int = 0, opens_on: date | None = None,
) -> None:  # fmt: skip
    """Open the lot of a credit, less what settled a debt; `opens_on` is when a pending lot becomes available."""
    lot_id = new_id()
    earned = earned_on or posting.business_on
    st.insert(
        "lot",
        {
            "id": lot_id, "franchise_id": st.franchise_id, "account_id": bal.account_id,
            "transfer_id": transfer_id, "person_id": bal.person_id, "amount": amount,
            "remaining": amount - settled, "earned_on": earned, "expires_on": expires_on, "rule": rule,
            "source_kind": posting.source_kind, "source_id": posting.source_id, "grace": grace,
            "opens_on": opens_on,
        },
    )  # fmt: skip
    if settled:
        _use(st, transfer_id, lot_id, settled)
    bal.note_lot(LotView(lot_id, amount - settled, expires_on, earned, posting.source_id, rule))


def redeem(
    st: Statements, bal: Balance, unit: str, amount: int, posting: Posting, *, reason: str = "redeem",
    house: str = "redeemed", only: Collection[int] | None = None,
) -> int:  # fmt: skip
    """Spend `amount`, soonest expiry first (of the lots `only`, where they are chosen); return the transfer's id.

    Raises a refusal when the account is in debt or the usable lots do not cover `amount`.
    """
    takes = choose(bal, amount, posting.business_on, only)
    transfer_id = _transfer(st, bal, unit, house, amount, posting, reason, incoming=False)
    _book_takes(st, bal, transfer_id, takes)
    _move_account(st, bal, -amount, 0)
    return transfer_id


def choose(bal: Balance, amount: int, on: date, only: Collection[int] | None = None) -> tuple[rules.Take, ...]:
    """Return which lots (of `only` these) give `amount` on a day; raise `points_in_debt`, `not_enough_points`."""
    refuse_debt(bal)
    able = bal.lots if only is None else [lot for lot in bal.lots if lot.id in only]
    taking = rules.redeem(able, amount, on)
    if taking.missing:
        usable = amount - taking.missing
        raise Refusal(
            _("积分不足：需要 %(need)d，可用 %(have)d。", need=amount, have=usable),
            code="not_enough_points",
            extra={"available": usable},
        )
    return taking.takes


def refuse_debt(bal: Balance) -> None:
    """Raise `points_in_debt` for an account that owes."""
    if bal.debt:
        raise Refusal(
            _("积分欠 %(n)d 分，还清前不能使用。", n=bal.debt),
            code="points_in_debt",
            extra={"debt": bal.debt},
        )


def _book_takes(st: Statements, bal: Balance, transfer_id: int, takes: Sequence[rules.Take]) -> None:
    """Take what a transfer moves out of the lots that were chosen."""
    for part in takes:
        _use(st, transfer_id, part.lot_id, part.amount)
        _move_lot(st, bal, part.lot_id, -part.amount)


def claw_back(
    st: Statements, bal: Balance, unit: str, amount: int, posting: Posting, *, earned_by: int, rule: str,
    reverses_id: int,
) -> rules.Taking:  # fmt: skip
    """Take back `amount` that the source `earned_by` earned under `rule`; what no lot holds is debt."""
    taking = rules.claw_back(bal.lots, amount, earned_by, rule)
    transfer_id = _transfer(
        st, bal, unit, "reversed", amount, posting, "refund",
        incoming=False, rule=rule, reverses_id=reverses_id,
    )  # fmt: skip
    _book_takes(st, bal, transfer_id, taking.takes)
    _move_account(st, bal, -amount, bal.debt + taking.missing)
    return taking


def restore(
    st: Statements, bal: Balance, unit: str, amount: int, posting: Posting, *, redemption_id: int,
    grace_days: int = GRACE_DAYS, house: str = "redeemed", reason: str = "restore",
) -> rules.Giving:  # fmt: skip
    """Give back `amount` of a redemption to its own lots, the last used first (S9).

    `house` is where the redemption went. The share of a lot that has expired meanwhile goes into a lot of
    `grace_days`. A debt is settled before anything becomes usable again.
    """
    uses, already = _uses_of(st, redemption_id), _restored(st, redemption_id)
    giving = rules.give_back(uses, already, amount, posting.business_on)
    transfer_id = _transfer(st, bal, unit, house, amount, posting, reason, incoming=True, reverses_id=redemption_id)
    settle = min(bal.debt, amount)
    left = settle
    for part in giving.gives:
        paid = min(left, part.amount)
        left -= paid
        if part.amount > paid:
            _use(st, transfer_id, part.lot_id, paid - part.amount)
            _move_lot(st, bal, part.lot_id, part.amount - paid)
    if giving.grace:
        expires = rules.grace_expiry(posting.business_on, grace_days)
        _open_lot(st, bal, transfer_id, giving.grace, left, posting, "grace", None, expires, grace=1)
    _move_account(st, bal, amount, bal.debt - settle)
    return giving


def _uses_of(st: Statements, redemption_id: int) -> list[tuple[LotView, int]]:
    """Return the lots of a redemption in order of use, with what each gave."""
    rows = st.all(
        "SELECT l.id, l.remaining, l.expires_on, l.earned_on, l.source_id, l.rule, u.amount"
        " FROM lot_use u JOIN lot l ON l.franchise_id = u.franchise_id AND l.id = u.lot_id"
        " WHERE u.franchise_id = ? AND u.transfer_id = ? ORDER BY u.id",
        [st.franchise_id, redemption_id],
    )
    return [(_lot(row), int(row[6])) for row in rows]


def _restored(st: Statements, redemption_id: int) -> int:
    row = st.one(
        "SELECT COALESCE(SUM(amount), 0) FROM transfer WHERE franchise_id = ? AND reverses_id = ?",
        [st.franchise_id, redemption_id],
    )
    return int(row[0]) if row else 0


def available_of(st: Statements, person_ids: Sequence[int], unit: str, on: date) -> dict[int, tuple[int, int]]:
    """Return (usable on the day `on`, debt) of each person, reading only; nothing is usable in debt."""
    found = dict.fromkeys(person_ids, (0, 0))
    if not person_ids:
        return found
    marks = ", ".join("?" * len(person_ids))
    rows = st.all(
        "SELECT a.owner_id, a.debt, COALESCE(SUM(CASE WHEN l.expires_on IS NULL OR l.expires_on > ?"  # noqa: S608
        " THEN l.remaining ELSE 0 END), 0) FROM account a LEFT JOIN lot l"
        " ON l.franchise_id = a.franchise_id AND l.account_id = a.id AND l.remaining > 0"
        " WHERE a.franchise_id = ? AND a.owner_kind = 'person' AND a.unit = ? AND a.bucket = 'available'"
        f" AND a.owner_id IN ({marks}) GROUP BY a.owner_id, a.debt",
        [on, st.franchise_id, unit, *person_ids],
    )
    for owner_id, debt, usable in rows:
        found[int(owner_id)] = (0 if debt else int(usable), int(debt))
    return found


def expiring(st: Statements, person_id: int, unit: str, on: date) -> list[tuple[date | None, int]]:
    """Return (first day of no use, amount) of the person's usable lots, soonest first."""
    rows = st.all(
        "SELECT l.expires_on, SUM(l.remaining) FROM lot l JOIN account a"
        " ON a.franchise_id = l.franchise_id AND a.id = l.account_id"
        " WHERE l.franchise_id = ? AND a.owner_kind = 'person' AND a.owner_id = ? AND a.unit = ?"
        " AND a.bucket = 'available' AND l.remaining > 0 AND (l.expires_on IS NULL OR l.expires_on > ?)"
        " GROUP BY l.expires_on ORDER BY l.expires_on IS NULL, l.expires_on",
        [st.franchise_id, person_id, unit, on],
    )
    return [(as_date(row[0]), int(row[1])) for row in rows]
