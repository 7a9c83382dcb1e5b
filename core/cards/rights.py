"""What a person may use: coupons of their own, those bundled in their cards, the rights of their tier."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.coupons import rules as coupon_rules
from core.coupons import services as coupons
from core.kernel import audit, clock
from core.kernel.errors import NotFound
from core.kernel.i18n import _
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.programme import member_conditions
from core.programme.rules import ServiceBenefit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from core.cards.models import Card
    from core.coupons.rules import CouponState
    from core.people.models import Person
    from core.programme.rules import Programme


def coupons_of(
    session: Session, st: Statements, programme: Programme, person: Person, held: Sequence[Card], today: date
) -> list[CouponState]:
    """Return the coupons of a person who has seats on the usable cards `held`, as of the day `today`.

    Rows that are over are left out, those for a later day are in it; bundled ones come with their state of the period.
    """
    found = [coupons.state_of(row) for row in coupons.open_of(session, [person.id])[person.id]]
    found = [one for one in found if coupon_rules.eligibility(one, max(today, one.valid_from or today)) is None]
    uses = coupons.used_counts(st, "card", [card.id for card in held])
    for card in held:
        product = programme.card_product(card.product_code)
        if product is not None:
            found += coupon_rules.card_coupons(
                product, str(card.id), str(person.id), card.valid_from, card.valid_until, uses[card.id], today
            )
    tier = programme.tier(person.tier_code)
    if tier is not None:
        joined = clock.business_date(clock.from_ms(person.joined_at), current_actor().tz)
        rights = coupons.used_counts(st, "benefit", [person.id])[person.id]
        found += coupon_rules.entitlement_coupons(tier, str(person.id), joined, rights, today)
    return found


def service_rights_of(
    session: Session, st: Statements, programme: Programme, person: Person, today: date
) -> list[coupon_rules.ServiceRight]:
    """Return the rights without a price that a person has: their tier's, and those whose condition they meet."""
    found: list[coupon_rules.ServiceRight] = []
    tier = programme.tier(person.tier_code)
    if tier is not None:
        joined = clock.business_date(clock.from_ms(person.joined_at), current_actor().tz)
        asked = any(isinstance(one, ServiceBenefit) and one.choice for one in tier.benefits)
        taken = coupons.taken_by(st, person.id) if asked else {}
        found += coupon_rules.service_rights(tier, str(person.id), joined, taken, today)
    if person.tier_code is None or not programme.privileges:
        return found
    holds, _unmet = member_conditions.holding(session, programme, person.id, today)
    had = {one.code for one in found}
    return found + [
        coupon_rules.ServiceRight(one.code, one.name)
        for one in programme.privileges
        if one.enabled and one.code in holds and one.code not in had
    ]


def choose(session: Session, programme: Programme, person: Person, code: str, *, undo: bool) -> str:
    """Choose a service right for its period, or take the choice back; return its name.

    Raises NotFound for a right the person has not, Refusal `right_taken` when the choice was made.
    """
    st = Statements(session, current_actor().franchise_id)
    st.lock("person", [person.id])
    today = clock.today(current_actor().tz)
    rights = service_rights_of(session, st, programme, person, today)
    right = next((one for one in rights if one.code == code and one.key), None)
    if right is None:
        raise NotFound(_("这位会员没有这项权益。"))
    if undo:
        coupons.unchoose_right(st, person.id, right, clock.now_ms())
    else:
        coupons.choose_right(st, person.id, right, clock.now_ms())
    action = "cards.right.unchosen" if undo else "cards.right.chosen"
    audit.record(session, action, "person", person.id, person_id=person.id, detail={"right": code, "key": right.key})
    return right.name
