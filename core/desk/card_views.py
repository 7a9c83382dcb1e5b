"""How card products pay for themselves: what was sold, the share that did, the median of days (S0-18, S1-05)."""

from __future__ import annotations

from typing import Any

from core.desk.blueprint import bp
from core.desk.permissions import FIGURES
from core.kernel.i18n import _l
from core.kernel.web.render import MenuEntry, menu, render_page
from core.kernel.web.routes import page, session
from core.orders import card_savings
from core.programme import services as programmes

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
