"""Stored value that comes from another system: top-ups without an order, and taking them back (issue "going live")."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from core.kernel import audit, settings
from core.kernel.ids import new_id
from core.ledger import opening as ledger_opening
from core.ledger.opening import Opening
from core.wallet import rules, services
from core.wallet.settings import DRAW

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from core.kernel.statements import Statements
    from core.ledger.services import Posting

ITEM = "opening"  # in place of an item's code: it was sold elsewhere
UNDONE = "undone"
SOURCE = "top_up"


@dataclass(frozen=True, slots=True)
class Brought:
    """What a member brings along, fen; `id` becomes that of the top-up. `bonus_expires_on`: first day of no use."""

    id: int
    person_id: int
    principal_fen: int
    bonus_fen: int
    bonus_expires_on: date | None = None


def accounts_of(st: Statements, person_ids: Collection[int]) -> dict[int, tuple[int, str]]:
    """Return (id, state) of persons' accounts, by person, in one statement."""
    if not person_ids:
        return {}
    marks = ", ".join("?" * len(person_ids))
    rows = st.all(
        f"SELECT person_id, id, state FROM stored_value_account WHERE franchise_id = ? AND person_id IN ({marks})",  # noqa: S608
        [st.franchise_id, *person_ids],
    )
    return {int(row[0]): (int(row[1]), str(row[2])) for row in rows}


def bring(st: Statements, brought: Sequence[Brought], posting: Posting) -> None:
    """Open a top-up for each, with a lot of principal that never runs out and one of bonus.

    There is no return without a reason: it was sold elsewhere, longer ago. Accounts that are missing are opened, closed
    ones opened again; the caller leaves out lost ones.
    """
    if not brought:
        return
    accounts = _open_accounts(st, {one.person_id for one in brought}, posting)
    draw, on = str(settings.value(st.session, DRAW)), posting.business_on
    entity = services.entity_of(st, posting.store_id)
    rows, openings = [], []
    for one in brought:
        rows.append({
            "id": one.id, "franchise_id": st.franchise_id, "stored_value_account_id": accounts[one.person_id],
            "person_id": one.person_id, "item_code": ITEM, "order_id": None, "order_line_id": None,
            "principal_fen": one.principal_fen, "bonus_fen": one.bonus_fen, "draw": draw, "legal_entity": entity,
            "store_id": posting.store_id, "made_on": on, "cooling_until": on - timedelta(days=1),
            "bonus_expires_on": one.bonus_expires_on, "contract_sha256": "", "state": rules.OPEN,
            "made_at": posting.booked_at,
        })  # fmt: skip
        for unit, fen, ends in (
            (services.PRINCIPAL, one.principal_fen, None), (services.BONUS, one.bonus_fen, one.bonus_expires_on),
        ):  # fmt: skip
            if fen:
                account = accounts[one.person_id]
                openings.append(Opening(services.OWNER, account, one.person_id, unit, fen, SOURCE, one.id, ends, unit))
    st.insert_many("top_up", rows)
    ledger_opening.credit_many(st, openings, posting)


def _open_accounts(st: Statements, person_ids: set[int], posting: Posting) -> dict[int, int]:
    found: Mapping[int, tuple[int, str]] = accounts_of(st, person_ids)
    entity = services.entity_of(st, posting.store_id)
    made: list[dict[str, Any]] = [
        {
            "id": new_id(), "franchise_id": st.franchise_id, "person_id": person_id, "state": rules.OPEN,
            "opened_on": posting.business_on, "legal_entity": entity, "identity_kind": "",
            "made_at": posting.booked_at, "version": 1,
        }
        for person_id in sorted(person_ids - found.keys())
    ]  # fmt: skip
    st.insert_many("stored_value_account", made)
    for person_id, (_account, state) in found.items():
        if state == rules.CLOSED:
            services.open_account(st, person_id, posting)
    return {person_id: account for person_id, (account, _s) in found.items()} | {
        row["person_id"]: row["id"] for row in made
    }


def used(st: Statements, top_up_ids: Collection[int]) -> set[int]:
    """Return the top-ups that were drawn from or given back since."""
    if not top_up_ids:
        return set()
    marks = ", ".join("?" * len(top_up_ids))
    rows = st.all(
        f"SELECT id FROM top_up WHERE franchise_id = ? AND id IN ({marks}) AND state <> 'open'"  # noqa: S608
        f" UNION SELECT top_up_id FROM stored_value_draw WHERE franchise_id = ? AND top_up_id IN ({marks})",
        [st.franchise_id, *top_up_ids, st.franchise_id, *top_up_ids],
    )
    return {int(row[0]) for row in rows} | ledger_opening.touched(st, (SOURCE,), top_up_ids)


def take_back(st: Statements, top_up_ids: Collection[int], posting: Posting) -> None:
    """Take untouched top-ups back whole; the account stays, with nothing of them in it."""
    if not top_up_ids:
        return
    ledger_opening.take_back(st, (SOURCE,), top_up_ids, posting)
    marks = ", ".join("?" * len(top_up_ids))
    st.run(
        f"UPDATE top_up SET state = 'undone' WHERE franchise_id = ? AND id IN ({marks})",  # noqa: S608
        [st.franchise_id, *top_up_ids],
    )


def note(st: Statements, one: Brought) -> None:
    """Write into the trail what a member brought along."""
    audit.insert(
        st, "wallet.brought", "top_up", one.id, person_id=one.person_id,
        detail={"principal_fen": one.principal_fen, "bonus_fen": one.bonus_fen},
    )  # fmt: skip
