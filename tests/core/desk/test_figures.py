"""The day's figures: money counted once, sales by what was charged, every number the sum of the rows it opens."""

from __future__ import annotations

import re

from core.desk.front import figures
from core.kernel import clock
from core.kernel.tenancy import acting
from core.orders.types import TenderRequest
from tests.core.desk.desk_kit import Desk, plain, web_of
from tests.core.wallet import kit
from tests.installation import at


def fen_of(text):
    return round(float(text.replace(",", "").replace("¥", "").replace("−", "-").replace("-", "-")) * 100)


def column(page, wanted):
    """Return the amounts (fen) of a list's column by its heading."""
    heads = [plain(one) for one in re.findall(r"<th\b.*?</th>", page, flags=re.S)]
    n = next(k for k, head in enumerate(heads) if head.startswith(wanted))
    rows = re.findall(r"<tr\b.*?</tr>", page.split("<tbody", 1)[1].split("</tbody>")[0], flags=re.S)
    cells = [re.findall(r"<t[dh]\b.*?</t[dh]>", row, flags=re.S) for row in rows]
    return [0 if plain(row[n]) in ("—", "") else fen_of(plain(row[n])) for row in cells]


def test_a_top_up_counts_once_and_every_number_opens_its_rows(installation):
    house, app = installation, web_of(installation)
    desk = Desk(house, app, house.dental, "owner")
    with at("2026-03-10 10:00"), acting(desk.actor):
        kit.add_items(house)
        person = house.enrol("王芳", "13800001234")
        kit.top_up(house, person)
        no = house.sell(person, ("CHECK", 2), tenders=[TenderRequest("cash", 16_000)]).order_no
        kit.pay(house, person, "CARE600")
        house.refund(no, {1: 1})
        with house.unit("read") as session:
            day = figures.day(session, desk.actor)
        assert day.takings_fen == 100_000 + 16_000 - 8_000, "the top-up and the cash, less what went back"
        assert day.refunds_fen == 8_000
        assert day.sold_fen == 8_000 + 60_000, "without the top-up, with what stored value paid"
        home = desk.get("/").text.replace("&amp;", "&")
        taken = desk.get(re.search(r'href="(/records/till_entries/\?[^"]*since=0)"', home).group(1)).text
        sold = desk.get(re.search(r'href="(/records/order_lines/\?[^"]*)"', home).group(1)).text
        back = desk.get(re.search(r'href="(/records/till_entries/\?[^"]*refund[^"]*)"', home).group(1)).text
        assert sum(column(taken, "金额")) == day.takings_fen
        assert sum(column(sold, "实收")) - sum(column(sold, "已退")) == day.sold_fen
        assert -sum(column(back, "金额")) == day.refunds_fen
        assert clock.today(desk.actor.tz).isoformat() == "2026-03-10"


def test_a_later_payment_is_money_of_its_own_day(installation):
    house = installation
    actor = house.actor(house.dental)
    from core.orders.selling import payments
    from tests.core.orders.value.test_stored_payments import owe

    with acting(actor):
        with at("2026-03-10 10:00"):
            kit.add_items(house)
            person = house.enrol("王芳", "13800001234")
            no, total = owe(house, person, ("CARE600",), now=10_000)
            with house.unit("read") as session:
                day = figures.day(session, actor)
            assert (day.takings_fen, day.sold_fen) == (10_000, total)
        with at("2026-03-17 11:00"):
            with house.unit() as session:
                payments.pay(session, no, [TenderRequest("bank", 50_000)])
            with house.unit("read") as session:
                day = figures.day(session, actor)
            assert (day.takings_fen, day.sold_fen, day.before_fen) == (50_000, 0, 10_000)
