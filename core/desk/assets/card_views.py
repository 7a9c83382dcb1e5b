"""How card products pay for themselves: what was sold, the share that did, the median of days (S0-18, S1-05)."""

from __future__ import annotations

from typing import Any

from flask import request
from sqlalchemy import select

from core.cards.models import Card
from core.desk.blueprint import bp
from core.desk.permissions import FIGURES, VIEW
from core.kernel.i18n import _l
from core.kernel.ids import parse_id
from core.kernel.permissions import may
from core.kernel.tenancy import current_actor
from core.kernel.web.render import MenuEntry, menu, render_page
from core.kernel.web.routes import page, session
from core.orders.selling import card_savings
from core.people import services as people
from core.people.models import Person
from core.programme import services as programmes

PAGE = 50

menu.add(MenuEntry("members", _l("会员卡回本"), "desk.card_payback", "card", FIGURES, 61))


@page(bp, "/cards/payback", permission=FIGURES, endpoint="card_payback")
def card_payback() -> Any:
    """Show each card product with what was sold and how soon it paid for itself."""
    unit = session()
    programme = programmes.in_force(unit)
    rows = [
        (product.name if (product := programme.card_product(one.code)) else one.code, one)
        for one in card_savings.by_product(unit)
    ]
    return render_page("desk/card_payback.html", rows=rows)


@page(bp, "/cards/payback/<code>", permission=FIGURES, endpoint="card_payback_cards")
def card_payback_cards(code: str) -> Any:
    """Show the cards behind a number of the page of paybacks, the newest first; names for whoever may see members."""
    unit, back = session(), request.args.get("back") == "1"
    ids = card_savings.cards_of(unit, code[:40], back, parse_id(request.args.get("before")), PAGE + 1)
    query = select(Card, Person).join(Person, Person.id == Card.person_id).where(Card.id.in_(ids[:PAGE]))
    found = {card.id: (card, person) for card, person in unit.execute(query)}
    saved = card_savings.of_cards(unit, [card for card, _person in found.values()])
    named = may(current_actor(), VIEW)
    rows = [
        (card, person.name if named else people.mask_name(person.name), saved.get(one))
        for one in ids[:PAGE]
        for card, person in [found[one]]
    ]
    product = programmes.in_force(unit).card_product(code[:40])
    return render_page(
        "desk/card_payback_cards.html", rows=rows, code=code[:40], name=product.name if product else code[:40],
        back=back, named=named, older=ids[PAGE - 1] if len(ids) > PAGE else None,
    )  # fmt: skip
