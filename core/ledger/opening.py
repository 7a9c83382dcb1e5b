"""Opening balances in bulk: lots that come from another system, and taking them back untouched.

A few statements for a chunk of lots, whatever their number. The caller holds the write unit and has locked the persons.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from core.kernel.errors import Conflict
from core.kernel.i18n import _
from core.kernel.ids import new_id
from core.ledger import services

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from core.kernel.statements import Statements
    from core.ledger.services import Posting

REASON, UNDONE = "opening", "opening_undone"
HOUSE = "opening"
_PARAMETERS = 900  # values a statement: far below what either driver takes


@dataclass(frozen=True, slots=True)
class Opening:
    """A lot to be opened: so much of a unit for an owner, until the day before `expires_on` (None: for ever)."""

    owner_kind: str
    owner_id: int
    person_id: int
    unit: str
    amount: int
    source_kind: str
    source_id: int
    expires_on: date | None = None
    rule: str = REASON


def credit_many(st: Statements, openings: Sequence[Opening], posting: Posting) -> None:
    """Credit every opening as a lot of its own out of the house account `opening`; a debt is settled first (S8)."""
    accounts = _accounts(st, openings)
    transfers: list[dict[str, Any]] = []
    lots: list[dict[str, Any]] = []
    gains: dict[int, int] = {}
    houses: dict[str, int] = {}
    for one in openings:
        found = accounts.get((one.owner_kind, one.owner_id, one.unit))
        if found is not None and found[1]:
            _settling(st, one, posting)
            continue
        if found is None:
            found = accounts[one.owner_kind, one.owner_id, one.unit] = (new_id(), 0, True)
        account = found[0]
        if one.unit not in houses:
            houses[one.unit] = services.house_account(st, one.unit, HOUSE)
        gains[account] = gains.get(account, 0) + one.amount
        transfer_id = new_id()
        transfers.append(_transfer(st, one, posting, transfer_id, houses[one.unit], account))
        lots.append({
            "id": new_id(), "franchise_id": st.franchise_id, "account_id": account, "transfer_id": transfer_id,
            "person_id": one.person_id, "amount": one.amount, "remaining": one.amount,
            "earned_on": posting.business_on, "expires_on": one.expires_on, "rule": one.rule,
            "source_kind": one.source_kind, "source_id": one.source_id, "grace": 0,
        })  # fmt: skip
    _write_accounts(st, openings, accounts, gains)
    st.insert_many("transfer", transfers)
    st.insert_many("lot", lots)


def _accounts(st: Statements, openings: Sequence[Opening]) -> dict[tuple[str, int, str], tuple[int, int, bool]]:
    """Return (id, debt, whether it is still to be made) of the owners' accounts that exist."""
    found: dict[tuple[str, int, str], tuple[int, int, bool]] = {}
    for kind, unit in sorted({(one.owner_kind, one.unit) for one in openings}):
        owners = {one.owner_id for one in openings if (one.owner_kind, one.unit) == (kind, unit)}
        for part in _portions(owners):
            rows = st.all(
                "SELECT owner_id, id, debt FROM account WHERE franchise_id = ? AND owner_kind = ? AND unit = ?"  # noqa: S608
                f" AND bucket = 'available' AND owner_id IN ({_marks(part)})",
                [st.franchise_id, kind, unit, *part],
            )
            found |= {(kind, int(row[0]), unit): (int(row[1]), int(row[2]), False) for row in rows}
    return found


def _settling(st: Statements, one: Opening, posting: Posting) -> None:
    bal = services.balance_of(st, one.owner_kind, one.owner_id, one.unit, one.person_id)
    services.credit(
        st, bal, one.unit, one.amount, posting.of(one.source_kind, one.source_id), reason=REASON, rule=one.rule,
        expires_on=one.expires_on, house=HOUSE,
    )  # fmt: skip


def _transfer(
    st: Statements, one: Opening, posting: Posting, transfer_id: int, house: int, account: int
) -> dict[str, Any]:
    return {
        "id": transfer_id, "franchise_id": st.franchise_id, "from_account_id": house, "to_account_id": account,
        "person_id": one.person_id, "unit": one.unit, "amount": one.amount, "reason": REASON, "rule": one.rule,
        "source_kind": one.source_kind, "source_id": one.source_id, "reverses_id": None,
        "business_on": posting.business_on, "booked_at": posting.booked_at, "staff_id": posting.staff_id,
        "store_id": posting.store_id, "door": posting.door, "note": posting.note,
    }  # fmt: skip


def _write_accounts(
    st: Statements, openings: Sequence[Opening], accounts: dict[tuple[str, int, str], tuple[int, int, bool]],
    gains: dict[int, int],
) -> None:  # fmt: skip
    """Make the accounts that are missing with their balance, and raise the balance of the others."""
    persons = {(one.owner_kind, one.owner_id, one.unit): one.person_id for one in openings}
    made = []
    for (kind, owner, unit), (account, _debt, new) in accounts.items():
        if new:
            made.append({
                "id": account, "franchise_id": st.franchise_id, "owner_kind": kind, "owner_id": owner,
                "person_id": persons[kind, owner, unit], "unit": unit, "bucket": "available",
                "balance": gains[account], "debt": 0,
            })  # fmt: skip
        elif account in gains:
            st.run(
                "UPDATE account SET balance = balance + ? WHERE franchise_id = ? AND id = ? AND debt = 0",
                [gains[account], st.franchise_id, account],
            )
    st.insert_many("account", made)


# -- taking back -----------------------------------------------------------------------------------


def touched(st: Statements, source_kinds: Collection[str], source_ids: Collection[int]) -> set[int]:
    """Return the sources whose opening lots were used, given back into or let live longer since."""
    found: set[int] = set()
    for part in _portions(source_ids):
        place = [st.franchise_id, *source_kinds, *part]
        kinds = _marks(list(source_kinds))
        where = f"l.franchise_id = ? AND l.source_kind IN ({kinds}) AND l.source_id IN ({_marks(part)})"
        for sql in (
            f"SELECT l.source_id FROM lot l WHERE {where} AND (l.remaining <> l.amount"  # noqa: S608 (marks)
            " OR EXISTS (SELECT 1 FROM lot_use u WHERE u.franchise_id = l.franchise_id AND u.lot_id = l.id))",
            "SELECT l.source_id FROM lot l JOIN lot_extension e ON e.franchise_id = l.franchise_id"  # noqa: S608 (marks)
            f" AND e.lot_id = l.id WHERE {where}",
        ):
            found |= {int(row[0]) for row in st.all(sql, place)}
    return found


def persons_of(st: Statements, source_kinds: Collection[str], source_ids: Collection[int]) -> set[int]:
    """Return the persons whose opening lots these are."""
    found: set[int] = set()
    for part in _portions(source_ids):
        rows = st.all(
            "SELECT DISTINCT person_id FROM lot WHERE franchise_id = ?"  # noqa: S608 (marks)
            f" AND source_kind IN ({_marks(list(source_kinds))}) AND source_id IN ({_marks(part)})",
            [st.franchise_id, *source_kinds, *part],
        )
        found |= {int(row[0]) for row in rows if row[0]}
    return found


def take_back(st: Statements, source_kinds: Collection[str], source_ids: Collection[int], posting: Posting) -> None:
    """Reverse the opening lots of these sources, whole; raise Conflict when one of them was used meanwhile."""
    for part in _portions(source_ids):
        _take_back(st, source_kinds, part, posting)


def _take_back(st: Statements, source_kinds: Collection[str], part: Sequence[int], posting: Posting) -> None:
    rows = st.all(
        "SELECT l.id, l.account_id, l.transfer_id, l.person_id, l.amount, a.unit, l.rule, l.source_kind, l.source_id"  # noqa: S608
        " FROM lot l JOIN account a ON a.franchise_id = l.franchise_id AND a.id = l.account_id"
        f" WHERE l.franchise_id = ? AND l.source_kind IN ({_marks(list(source_kinds))})"
        f" AND l.source_id IN ({_marks(part)}) AND l.grace = 0 ORDER BY l.id",
        [st.franchise_id, *source_kinds, *part],
    )
    houses = {unit: services.house_account(st, unit, HOUSE) for unit in {row[5] for row in rows}}
    transfers: list[dict[str, Any]] = []
    uses: list[dict[str, Any]] = []
    losses: dict[int, int] = {}
    for lot_id, account, reverses, person_id, amount, unit, rule, kind, source in rows:
        transfer_id = new_id()
        transfers.append({
            "id": transfer_id, "franchise_id": st.franchise_id, "from_account_id": int(account),
            "to_account_id": houses[unit], "person_id": person_id, "unit": unit, "amount": int(amount),
            "reason": UNDONE, "rule": rule, "source_kind": kind, "source_id": int(source),
            "reverses_id": int(reverses), "business_on": posting.business_on, "booked_at": posting.booked_at,
            "staff_id": posting.staff_id, "store_id": posting.store_id, "door": posting.door, "note": posting.note,
        })  # fmt: skip
        uses.append({
            "id": new_id(), "franchise_id": st.franchise_id, "transfer_id": transfer_id, "lot_id": int(lot_id),
            "amount": int(amount),
        })  # fmt: skip
        losses[int(account)] = losses.get(int(account), 0) + int(amount)
    st.insert_many("transfer", transfers)
    st.insert_many("lot_use", uses)
    emptied = 0
    for lots in _portions(use["lot_id"] for use in uses):
        emptied += st.run(
            "UPDATE lot SET remaining = 0 WHERE franchise_id = ? AND remaining = amount"  # noqa: S608 (marks)
            f" AND id IN ({_marks(lots)})",
            [st.franchise_id, *lots],
        )
    lowered = sum(
        st.run(
            "UPDATE account SET balance = balance - ? WHERE franchise_id = ? AND id = ? AND debt = 0 AND balance >= ?",
            [amount, st.franchise_id, account, amount],
        )
        for account, amount in losses.items()
    )
    if emptied != len(uses) or lowered != len(losses):
        raise Conflict(_("余额刚刚变动过，请重试。"))


def booked(st: Statements, source_kinds: Collection[str], source_ids: Collection[int]) -> dict[str, int]:
    """Return what the openings of these sources credited by unit, less what was taken back."""
    found: dict[str, int] = {}
    for part in _portions(source_ids):
        rows = st.all(
            "SELECT unit, SUM(CASE WHEN reason = 'opening' THEN amount ELSE -amount END) FROM transfer"  # noqa: S608
            f" WHERE franchise_id = ? AND source_kind IN ({_marks(list(source_kinds))}) AND source_id IN"
            f" ({_marks(part)}) AND reason IN ('opening', 'opening_undone') GROUP BY unit",
            [st.franchise_id, *source_kinds, *part],
        )
        for unit, amount in rows:
            found[str(unit)] = found.get(str(unit), 0) + int(amount)
    return found


def _portions(values: Collection[int] | Iterator[int]) -> Iterator[list[int]]:
    every = list(values)
    return (every[start : start + _PARAMETERS] for start in range(0, len(every), _PARAMETERS))


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))
