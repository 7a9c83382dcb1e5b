"""Stored value at the till: what may be used, what of it is principal and bonus, how the member confirms it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import request

from core.kernel import settings
from core.kernel.web.routes import own_unit
from core.orders.rules import POINTS
from core.orders.types import Confirmation
from core.orders.value import stored_value
from core.wallet import pins, reads
from core.wallet.settings import CONFIRM_ABOVE

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.desk import rules
    from core.desk.people import member
    from core.kernel.errors import Refusal
    from core.orders.types import Priced

CONFIRM = "confirm_method"


@dataclass(frozen=True, slots=True)
class ValueShown:
    """What the till shows of stored value: `most` may be used here, `principal` and `bonus` of it are.

    `methods` are the ways to confirm, empty where none is asked for.
    """

    most: int
    principal: int
    bonus: int
    methods: tuple[str, ...] = ()
    limit: int = 0
    has_pin: bool = False

    @property
    def fen(self) -> int:
        """Return what is paid with stored value, fen."""
        return self.principal + self.bonus


def show(
    session: Session, draft: rules.Draft, priced: Priced, seen: member.MemberSeen | None
) -> ValueShown | None:  # fmt: skip
    """Return what of a member's stored value pays here, or None where nothing of it can."""
    wallet = seen.wallet if seen is not None else None
    if wallet is None or not wallet.usable or seen is None or _sells_value(priced):
        return None
    most = min(wallet.usable, _due(draft, priced))
    if most <= 0:
        return None
    amount = _wanted(draft, most)
    principal, bonus = reads.draw_of(session, seen.person.id, amount)
    limit = int(settings.value(session, CONFIRM_ABOVE))
    methods = stored_value.methods(session) if amount > limit else ()
    has_pin = bool(methods) and pins.row_of(session, seen.person.id) is not None
    return ValueShown(most, principal, bonus, methods, limit, has_pin)


def for_order(session: Session, person_id: int | None, owed_fen: int) -> ValueShown | None:
    """Return what of the payer's stored value may pay a debt, or None where there is none."""
    usable = reads.see(session, person_id).usable if person_id and owed_fen else 0
    if not usable:
        return None
    most = min(usable, owed_fen)
    principal, bonus = reads.draw_of(session, person_id or 0, most)
    limit = int(settings.value(session, CONFIRM_ABOVE))
    methods = stored_value.methods(session) if most > limit else ()
    has_pin = bool(methods) and pins.row_of(session, person_id or 0) is not None
    return ValueShown(most, principal, bonus, methods, limit, has_pin)


def amount_of(session: Session, draft: rules.Draft, priced: Priced) -> int:
    """Return what of the basket stored value pays as the draft asks for it, fen."""
    if not draft.use_value or draft.member_id is None or _sells_value(priced):
        return 0
    most = min(reads.see(session, draft.member_id).usable, _due(draft, priced))
    return _wanted(draft, most)


def _wanted(draft: rules.Draft, most: int) -> int:
    if not draft.use_value or most <= 0:
        return 0
    return most if draft.value_fen is None else min(draft.value_fen, most)


def _due(draft: rules.Draft, priced: Priced) -> int:
    from core.desk import services

    points = services.points_of(draft, priced)
    return priced.quote.total_fen - (points.amount_fen if points and points.kind == POINTS else 0)


def _sells_value(priced: Priced) -> bool:
    return any(item.kind == stored_value.TOPUP for item in priced.items.values())


def confirmation() -> Confirmation | None:
    """Return how the member confirmed, as the pay form says it; None where it says nothing."""
    form = request.form
    method = form.get(CONFIRM, "")[:20]
    if not method:
        return None
    evidence = {
        stored_value.PIN: form.get("member_pin", "")[:12],
        stored_value.SIGNATURE: form.get("signature", "")[: stored_value.MAX_SIGNATURE + 1],
        stored_value.STAFF: form.get("attested", "").strip()[:200],
    }
    return Confirmation(method, evidence.get(method, ""))


def count_wrong_pin(refusal: Refusal) -> None:
    """Count a member's wrong PIN, in a unit of its own: the sale was rolled back."""
    person_id = pins.wrong_of(refusal)
    if person_id is not None:
        with own_unit("write") as unit:
            pins.count_wrong(unit, person_id)
