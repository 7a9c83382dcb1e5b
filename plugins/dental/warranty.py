"""A filling done again at the same place within the warranty: told of, and free where the franchise has it so.

Told of is what the chart or the orders have at a shared surface. Free is less: the filling was sold here, is not given
back, had every surface of the new one, and was itself paid for: what was redone for nothing starts no new warranty.
"""

from __future__ import annotations

import calendar
from collections import defaultdict
from typing import TYPE_CHECKING

from core.sdk import PriceChange, _, setting_value, sites_of, sold_to
from plugins.dental import rules
from plugins.dental.settings import WARRANTY_FREE, WARRANTY_MONTHS
from plugins.dental.sites import same, site_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from core.sdk import BasketView, HookContext, LineView, SoldLine

    Sold = tuple[SoldLine, str]

RULE = "dental.warranty"
TRAIL = f"dental:{RULE}"  # as the price trail of an order has it
DAY_MS = 86_400_000


def months_before(day: date, months: int) -> date:
    """Return the same day so many months earlier, the last of that month where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return day.replace(year=year, month=month + 1, day=min(day.day, calendar.monthrange(year, month + 1)[1]))


def fillings(sold: Iterable[Sold]) -> list[tuple[SoldLine, tuple[str, str]]]:
    """Return the fillings among what was sold and is still with the person, each with its tooth and surfaces."""
    return [
        (one, site) for one, text in sold
        if one.left and one.on and one.attributes.get(rules.CATEGORY) == rules.FILLING and (site := site_of(text))
    ]  # fmt: skip


def again_today(line: LineView, basket: BasketView, sold: Iterable[Sold], today: date) -> bool:
    """Return whether a filling at the line's place was sold today already, or stands above it in the basket.

    Then this one is a further filling of the day, and not what an earlier one's warranty is about.
    """
    site = site_of(line.site)
    assert site is not None
    above = any(
        one.line < line.line and rules.is_filling(one) and basket.treated(one) == basket.treated(line)
        and same(site_of(one.site), site)
        for one in basket.lines
    )  # fmt: skip
    return above or any(one.on == today and same(at, site) for one, at in fillings(sold))


def last_sold(site: tuple[str, str], sold: Iterable[Sold], today: date, months: int) -> SoldLine | None:
    """Return the newest filling that makes a new one at `site` free; None where none does."""
    since = months_before(today, months)
    found = [
        one for one, at in fillings(sold)
        if one.on and since < one.on < today and TRAIL not in one.rules and at[0] == site[0]
        and site[1] and set(site[1]) <= set(at[1])
    ]  # fmt: skip
    return max(found, key=lambda one: (one.booked_at, one.line), default=None)


def is_free(line: LineView, basket: BasketView, sold: Sequence[Sold], today: date, months: int) -> SoldLine | None:
    """Return the earlier filling for whose sake a line costs nothing; None: it costs what it costs.

    A price that somebody set by hand, with a reason, stays: it is the way to charge for what is no redoing.
    """
    site = site_of(line.site)
    if not months or site is None or not rules.is_filling(line) or line.priced_by_hand:
        return None
    return None if again_today(line, basket, sold, today) else last_sold(site, sold, today, months)


def changes(ctx: HookContext, basket: BasketView) -> list[PriceChange]:
    """Return what makes redone fillings free: one piece of each line, the trail naming the earlier day and order."""
    asked = [line for line in basket.lines if rules.is_filling(line) and site_of(line.site) and basket.treated(line)]
    if ctx.session is None or not asked or not setting_value(ctx.session, WARRANTY_FREE):
        return []
    months = int(setting_value(ctx.session, WARRANTY_MONTHS))
    known = sold_here(ctx, {basket.treated(line) for line in asked}, 31 * months + 1)
    found = []
    for line in asked:
        before = is_free(line, basket, known[basket.treated(line) or 0], ctx.business_date, months)
        if before is not None and before.on is not None:
            told = _("质保内重做，免收（%(day)s 的 %(no)s）", day=before.on.isoformat(), no=before.order_no)
            found.append(PriceChange(line.line, -(line.list_fen // line.qty), told, RULE))
    return found


def sold_here(ctx: HookContext, persons: Iterable[int | None], days: int) -> Mapping[int, list[Sold]]:
    """Return the fillings and pictures that persons kept of the last `days`, with their sites, by person treated."""
    assert ctx.session is not None
    wanted = (rules.FILLING, rules.IMAGING)
    sold = [
        one for one in sold_to(ctx.session, persons, ctx.now_ms - days * DAY_MS)
        if one.left and one.attributes.get(rules.CATEGORY) in wanted
    ]  # fmt: skip
    sites = sites_of(ctx.session, {one.order_id for one in sold})
    found: dict[int, list[Sold]] = defaultdict(list)
    for one in sold:
        found[one.person_id or one.payer_id or 0].append((one, sites.get((one.order_id, one.line), "")))
    return found
