"""Verbs of stored value: accounts, top-ups, draws, what goes back. Each writes the books of an account, never commits.

Orders own the events (sale, payment, refund). The caller holds the write unit and has locked the holder's row.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.kernel import audit, settings
from core.kernel.errors import Conflict, NotFound, Refusal
from core.kernel.i18n import _
from core.kernel.ids import new_id, parse_id
from core.kernel.money import show_yuan
from core.kernel.sealed import seal_text
from core.kernel.statements import Statements, as_date
from core.kernel.tenancy import current_actor
from core.ledger import services as ledger
from core.wallet import rules
from core.wallet.models import StoredValueAccount, TopUp
from core.wallet.settings import CONTRACT, DRAW, TEXT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date

    from sqlalchemy.orm import Session

    from core.wallet.rules import Draw, Pair

OWNER = "stored_value"
PRINCIPAL, BONUS = ledger.PRINCIPAL, ledger.BONUS


# -- finding ---------------------------------------------------------------------------------------


def of_person(session: Session, person_id: int) -> StoredValueAccount | None:
    """Return a person's account, whatever its state, or None."""
    return session.scalar(select(StoredValueAccount).where(StoredValueAccount.person_id == person_id))


def get(session: Session, account_id: Any) -> StoredValueAccount:
    """Return an account of the franchise; raise NotFound."""
    wanted = account_id if isinstance(account_id, int) else parse_id(account_id)
    row = session.get(StoredValueAccount, wanted) if wanted else None
    if row is None:
        raise NotFound(_("没有找到这个储值账户。"))
    return row


def locked(session: Session, person_id: int) -> StoredValueAccount | None:
    """Lock a person's account as it is now and return it, or None. The person's row is locked already."""
    row = of_person(session, person_id)
    if row is not None:
        Statements(session, current_actor().franchise_id).lock("stored_value_account", [row.id])
        session.refresh(row)
    return row


def entity_of(st: Statements, store_id: int | None) -> str:
    """Return the legal entity of a store; an empty name is the franchise itself, whether it is written or not."""
    row = st.one(
        "SELECT CASE WHEN s.legal_entity = f.name THEN '' ELSE s.legal_entity END FROM store s JOIN franchise f"
        " ON f.id = s.franchise_id WHERE s.franchise_id = ? AND s.id = ?",
        [st.franchise_id, store_id or 0],
    )
    return str(row[0]) if row else ""


@dataclass(frozen=True, slots=True)
class Held:
    """A top-up with its open lots: `lots` are the ids by unit."""

    pair: Pair
    lots: dict[str, tuple[int, ...]]


def held(st: Statements, account_id: int, on: date) -> list[Held]:
    """Return the top-ups of an account with what may be used on a day, the oldest first, in two statements.

    A lot of grace belongs to the top-up that the returned payment was drawn from.
    """
    rows = st.all(
        "SELECT id, principal_fen, bonus_fen, draw FROM top_up WHERE franchise_id = ? AND stored_value_account_id = ?"
        " AND state = 'open' ORDER BY id",
        [st.franchise_id, account_id],
    )
    lots = st.all(
        "SELECT a.unit, l.id, l.remaining, l.expires_on, COALESCE(d.top_up_id, l.source_id), l.grace FROM account a"
        " JOIN lot l ON l.franchise_id = a.franchise_id AND l.account_id = a.id AND l.remaining > 0"
        " LEFT JOIN transfer t ON t.franchise_id = l.franchise_id AND t.id = l.transfer_id AND l.grace = 1"
        " LEFT JOIN stored_value_draw d ON d.franchise_id = l.franchise_id AND d.bonus_transfer_id = t.reverses_id"
        " WHERE a.franchise_id = ? AND a.owner_kind = 'stored_value' AND a.owner_id = ? AND a.bucket = 'available'"
        " ORDER BY l.id",
        [st.franchise_id, account_id],
    )
    found: dict[int, dict[str, list[tuple[int, int]]]] = {int(row[0]): {} for row in rows}
    broken = set()
    for unit, lot_id, remaining, expires, top_up_id, grace in lots:
        ends = as_date(expires)
        if ends is not None and (grace or ends <= on):
            broken.add(int(top_up_id))
        if ends is not None and ends <= on:
            continue
        if int(top_up_id) in found:
            found[int(top_up_id)].setdefault(str(unit), []).append((int(lot_id), int(remaining)))
    expired = _expired(st, account_id)
    return [
        Held(
            rules.Pair(
                int(row[0]), int(row[1]), int(row[2]),
                sum(left for _lot, left in found[int(row[0])].get(PRINCIPAL, ())),
                sum(left for _lot, left in found[int(row[0])].get(BONUS, ())),
                str(row[3]), int(row[0]) not in broken and int(row[0]) not in expired,
            ),
            {unit: tuple(lot for lot, _left in own) for unit, own in found[int(row[0])].items()},
        )
        for row in rows
    ]  # fmt: skip


def _expired(st: Statements, account_id: int) -> set[int]:
    """Return the top-ups of an account whose bonus ran out, in part or whole, and was booked so."""
    rows = st.all(
        "SELECT DISTINCT l.source_id FROM account a JOIN transfer t ON t.franchise_id = a.franchise_id"
        " AND t.from_account_id = a.id AND t.reason = 'expire' JOIN lot l ON l.franchise_id = t.franchise_id"
        " AND l.id = t.source_id WHERE a.franchise_id = ? AND a.owner_kind = 'stored_value' AND a.owner_id = ?"
        " AND a.unit = 'bonus' AND l.grace = 0",
        [st.franchise_id, account_id],
    )
    return {int(row[0]) for row in rows}


def balance(pairs: Iterable[Held]) -> tuple[int, int]:
    """Return (principal, bonus) usable of these top-ups, fen."""
    own = [one.pair for one in pairs]
    return sum(pair.principal for pair in own), sum(pair.bonus for pair in own)


def balances(session: Session, person_ids: Collection[int], on: date) -> dict[int, tuple[int, int]]:
    """Return (principal, bonus) usable on a day by person, in one statement; (0, 0) for those who have none."""
    found = dict.fromkeys(person_ids, (0, 0))
    if not person_ids:
        return found
    st = Statements(session, current_actor().franchise_id)
    marks = ", ".join("?" * len(found))
    rows = st.all(
        "SELECT a.person_id, SUM(CASE WHEN a.unit = 'principal' THEN l.remaining ELSE 0 END),"  # noqa: S608 (marks)
        " SUM(CASE WHEN a.unit = 'bonus' THEN l.remaining ELSE 0 END) FROM account a JOIN lot l"
        " ON l.franchise_id = a.franchise_id AND l.account_id = a.id AND l.remaining > 0"
        " AND (l.expires_on IS NULL OR l.expires_on > ?) WHERE a.franchise_id = ? AND a.owner_kind = 'stored_value'"
        f" AND a.person_id IN ({marks}) GROUP BY a.person_id",
        [on, st.franchise_id, *found],
    )
    for person_id, principal, bonus in rows:
        found[int(person_id)] = (int(principal), int(bonus))
    return found


# -- paying in -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sale:
    """What a line of an order pays in. `bonus_expires_on` is the first day the bonus can no longer be used."""

    item_code: str
    order_id: int
    order_line_id: int
    principal_fen: int
    bonus_fen: int
    cooling_days: int
    bonus_expires_on: date | None = None


def open_account(st: Statements, person_id: int, posting: ledger.Posting) -> int:
    """Return the id of a person's account, opened if there is none or a closed one. Raise Conflict for a lost one."""
    row = st.one(
        "SELECT id, state FROM stored_value_account WHERE franchise_id = ? AND person_id = ?",
        [st.franchise_id, person_id],
    )
    if row is not None:
        refuse_lost(str(row[1]))
        _wake(st, int(row[0]))
        return int(row[0])
    account_id = new_id()
    st.insert(
        "stored_value_account",
        {
            "id": account_id, "franchise_id": st.franchise_id, "person_id": person_id, "state": rules.OPEN,
            "opened_on": posting.business_on, "legal_entity": entity_of(st, posting.store_id), "identity_kind": "",
            "made_at": posting.booked_at, "version": 1,
        },
    )  # fmt: skip
    return account_id


def _wake(st: Statements, account_id: int) -> None:
    """Open a closed account again: value comes in."""
    st.run(
        "UPDATE stored_value_account SET state = 'open', closed_on = NULL, version = version + 1"
        " WHERE franchise_id = ? AND id = ? AND state = 'closed'",
        [st.franchise_id, account_id],
    )


def refuse_lost(state: str) -> None:
    """Raise Conflict `stored_value_lost` for an account that was reported lost."""
    if state == rules.LOST:
        raise Conflict(_("储值账户已挂失，不能充值和消费。核对证件后，请先在储值页恢复。"), code="stored_value_lost")


def issue(st: Statements, account_id: int, person_id: int, sale: Sale, posting: ledger.Posting, made_on: date) -> int:
    """Pay in: one lot of principal that never runs out, one of bonus. Return the top-up's id."""
    top_up_id = new_id()
    contract = contract_text(st.session)
    st.insert(
        "top_up",
        {
            "id": top_up_id, "franchise_id": st.franchise_id, "stored_value_account_id": account_id,
            "person_id": person_id, "item_code": sale.item_code, "order_id": sale.order_id,
            "order_line_id": sale.order_line_id, "principal_fen": sale.principal_fen, "bonus_fen": sale.bonus_fen,
            "draw": str(settings.value(st.session, DRAW)), "legal_entity": entity_of(st, posting.store_id),
            "store_id": posting.store_id, "made_on": made_on,
            "cooling_until": made_on + timedelta(days=sale.cooling_days),
            "bonus_expires_on": sale.bonus_expires_on, "contract_sha256": _keep_contract(st, contract, posting),
            "state": rules.OPEN, "made_at": posting.booked_at,
        },
    )  # fmt: skip
    for unit, fen, ends in ((PRINCIPAL, sale.principal_fen, None), (BONUS, sale.bonus_fen, sale.bonus_expires_on)):
        if fen:
            bal = ledger.balance_of(st, OWNER, account_id, unit, person_id)
            ledger.credit(
                st, bal, unit, fen, posting.of("top_up", top_up_id), reason="topup", rule=unit, earned_on=made_on,
                expires_on=ends,
            )  # fmt: skip
    audit.insert(
        st, "wallet.topped_up", "top_up", top_up_id, person_id=person_id,
        detail={"item": sale.item_code, "principal_fen": sale.principal_fen, "bonus_fen": sale.bonus_fen},
    )  # fmt: skip
    return top_up_id


def contract_text(session: Session) -> str:
    """Return the text that a buyer of today agrees to."""
    return str(settings.value(session, CONTRACT)).strip() or str(TEXT)


def _keep_contract(st: Statements, body: str, posting: ledger.Posting) -> str:
    """Keep the contract's text as it is today, once; return its hash."""
    sha = hashlib.sha256(body.encode()).hexdigest()
    st.run(
        "INSERT INTO stored_contract (id, franchise_id, sha256, body, made_at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (franchise_id, sha256) DO NOTHING",
        [new_id(), st.franchise_id, sha, body, posting.booked_at],
    )
    return sha


# -- drawing and giving back -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Payment:
    """What a payment is for and how the member confirmed it (method empty where none was asked for).

    `list_fen`, `total_fen`: what the order costs at list prices, and what it was charged.
    """

    order_id: int
    list_fen: int
    total_fen: int
    method: str = ""
    evidence: str = ""


def draw(
    st: Statements, account_id: int, person_id: int, takes: Iterable[tuple[Held, Draw]], payment: Payment,
    posting: ledger.Posting,
) -> int:  # fmt: skip
    """Draw what was planned out of its lots; return the id of the payment."""
    plan = list(takes)
    spend_id = new_id()
    evidence = payment.evidence
    st.insert(
        "stored_value_spend",
        {
            "id": spend_id, "franchise_id": st.franchise_id, "stored_value_account_id": account_id,
            "person_id": person_id, "order_id": payment.order_id,
            "principal_fen": sum(take.principal for _h, take in plan),
            "bonus_fen": sum(take.bonus for _h, take in plan), "order_list_fen": payment.list_fen,
            "order_total_fen": payment.total_fen, "method": payment.method,
            "evidence_sealed": seal_text("stored_value_spend", "evidence_sealed", spend_id, st.franchise_id, evidence)
            if evidence else None,
            "legal_entity": entity_of(st, posting.store_id), "store_id": posting.store_id,
            "staff_id": posting.staff_id, "business_on": posting.business_on, "booked_at": posting.booked_at,
            "door": posting.door,
        },
    )  # fmt: skip
    accounts = {unit: ledger.balance_of(st, OWNER, account_id, unit, person_id) for unit in (PRINCIPAL, BONUS)}
    for own, take in plan:
        moved: dict[str, int | None] = {PRINCIPAL: None, BONUS: None}
        for unit, fen in ((PRINCIPAL, take.principal), (BONUS, take.bonus)):
            if fen:
                moved[unit] = ledger.redeem(
                    st, accounts[unit], unit, fen, posting, reason="spend", only=own.lots.get(unit, ())
                )
        st.insert(
            "stored_value_draw",
            {
                "id": new_id(), "franchise_id": st.franchise_id, "stored_value_spend_id": spend_id,
                "top_up_id": take.id, "principal_fen": take.principal, "bonus_fen": take.bonus,
                "principal_transfer_id": moved[PRINCIPAL], "bonus_transfer_id": moved[BONUS],
            },
        )  # fmt: skip
    return spend_id


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a payment (`spend_id`) drew from one top-up, where it was sold and served, the transfers to reverse."""

    spend_id: int
    top_up_id: int
    account_id: int
    person_id: int
    principal: int
    bonus: int
    transfers: dict[str, int | None]
    issuing: str
    serving: str


def drawn_by(st: Statements, order_id: int, spend_id: int | None = None) -> list[Drawn]:
    """Return what an order (or one payment of it) drew, in the order of drawing."""
    rows = st.all(
        "SELECT s.id, d.top_up_id, s.stored_value_account_id, s.person_id, d.principal_fen, d.bonus_fen,"
        " d.principal_transfer_id, d.bonus_transfer_id, t.legal_entity, s.legal_entity"
        " FROM stored_value_spend s JOIN stored_value_draw d ON d.franchise_id = s.franchise_id"
        " AND d.stored_value_spend_id = s.id JOIN top_up t ON t.franchise_id = d.franchise_id AND t.id = d.top_up_id"
        " WHERE s.franchise_id = ? AND s.order_id = ? ORDER BY s.id, d.id",
        [st.franchise_id, order_id],
    )
    return [
        Drawn(
            int(r[0]), int(r[1]), int(r[2]), int(r[3]), int(r[4]), int(r[5]), {PRINCIPAL: r[6], BONUS: r[7]},
            str(r[8]), str(r[9]),
        )
        for r in rows
        if spend_id in (None, int(r[0]))
    ]  # fmt: skip


def put_back(st: Statements, drawn: Drawn, principal: int, bonus: int, posting: ledger.Posting) -> int:
    """Put a part of what was drawn back into its very lots; return what of the bonus went into a lot of grace.

    A top-up that was given back and an account that was closed meanwhile are open again: there is value in them.
    """
    grace = 0
    _wake(st, drawn.account_id)
    st.run("UPDATE top_up SET state = 'open' WHERE franchise_id = ? AND id = ?", [st.franchise_id, drawn.top_up_id])
    for unit, fen in ((PRINCIPAL, principal), (BONUS, bonus)):
        transfer = drawn.transfers[unit]
        if not fen:
            continue
        assert transfer is not None
        bal = ledger.balance_of(st, OWNER, drawn.account_id, unit, drawn.person_id)
        grace += ledger.restore(st, bal, unit, fen, posting, redemption_id=int(transfer)).grace
    return grace


def take_out(
    st: Statements, account_id: int, person_id: int, own: Held, result_fen: int, posting: ledger.Posting
) -> None:
    """Take all that is left of a top-up out of the account: `result_fen` to the holder, the rest stays as consumed."""
    principal = ledger.balance_of(st, OWNER, account_id, PRINCIPAL, person_id)
    lots = own.lots.get(PRINCIPAL, ())
    kept = own.pair.principal - result_fen
    if result_fen:
        ledger.redeem(st, principal, PRINCIPAL, result_fen, posting, reason="refund", house="reversed", only=lots)
    if kept:
        ledger.redeem(st, principal, PRINCIPAL, kept, posting, reason="kept", only=lots)
    if own.pair.bonus:
        bonus = ledger.balance_of(st, OWNER, account_id, BONUS, person_id)
        ledger.redeem(
            st, bonus, BONUS, own.pair.bonus, posting, reason="refund", house="reversed", only=own.lots.get(BONUS, ())
        )
    st.run("UPDATE top_up SET state = 'refunded' WHERE franchise_id = ? AND id = ?", [st.franchise_id, own.pair.id])


def top_up_of(session: Session, top_up_id: Any) -> TopUp:
    """Return a top-up of the franchise; raise NotFound."""
    wanted = top_up_id if isinstance(top_up_id, int) else parse_id(top_up_id)
    row = session.get(TopUp, wanted) if wanted else None
    if row is None:
        raise NotFound(_("没有找到这笔充值。"))
    return row


def refuse_short(needed: int, principal: int, bonus: int) -> None:
    """Raise Refusal `not_enough_stored_value` with what may be used."""
    raise Refusal(
        _("储值余额不足：要付 %(need)s 元，可用 %(have)s 元（本金 %(p)s、赠金 %(b)s）。", need=show_yuan(needed),
          have=show_yuan(principal + bonus), p=show_yuan(principal), b=show_yuan(bonus)),
        code="not_enough_stored_value", extra={"principal_fen": principal, "bonus_fen": bonus},
    )  # fmt: skip
