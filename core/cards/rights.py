"""What a person may use: coupons of their own, those bundled in their cards, the rights of their tier."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.coupons import rules as coupon_rules
from core.coupons import services as coupons
from core.kernel import clock
from core.kernel.tenancy import current_actor

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from core.cards.models import Card
    from core.coupons.rules import CouponState
    from core.kernel.statements import Statements
    from core.people.models import Person
    from core.programme.rules import Programme


def coupons_of(
    session: Session, st: Statements, programme: Programme, person: Person, held: Sequence[Card], today: date
) -> list[CouponState]:
    """Return the coupons of a person who has seats on the usable cards `held`, as of the day `today`.

    Rows that cannot be used that day are left out; bundled ones come with their state of the period.
    """
    found = [coupons.state_of(row) for row in coupons.open_of(session, [person.id])[person.id]]
    found = [one for one in found if coupon_rules.eligibility(one, today) is None]
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
