"""Random baskets through the API: 300 in CI, 10,000 under ./dev soak; steps, parts and totals add up."""

from __future__ import annotations

import random

import pytest

from core.console import verification
from tests.core.api.conftest import Till
from tests.installation import at

CI, SOAK = 300, 10_000
GOODS = {
    "dental": ["F-RESIN", "F-BASIC", "F-TEMP", "CLEAN", "CHECK", "POLISH", "WHITEN", "PASTE", "RETAINER"],
    "pharmacy": ["MISC-100", "BOX-SPRING", "VITC", "BPM"],
}
DAYS = ("2026-11-18 10:00", "2026-12-08 10:00", "2027-02-07 10:00", "2027-03-01 10:00")


class Basketeer:
    """Rings up random baskets of a till and reckons what each must satisfy."""

    def __init__(self, till: Till, vertical: str, seed: int) -> None:
        self.rng = random.Random(seed)
        self.till = till
        catalogue = till.ok("GET", "/items?limit=200")["items"]
        known = {item["code"]: item["price_fen"] for item in catalogue}
        self.prices = {code: known[code] for code in GOODS[vertical] if code in known}
        self.points: dict[str, int] = {}
        self.members = [till.enrol(f"会员{n}")["id"] for n in range(6)]
        if vertical == "dental":
            for holder in self.members[:2]:
                till.sell(holder, "CARD-FAMILY")
        self.points = {member: till.points(member) for member in self.members}

    def ring_up(self) -> None:
        """Quote and settle one basket; every tenth is refunded in part."""
        member = self.rng.choice([*self.members, None])
        lines = [
            {"item": self.rng.choice(sorted(self.prices)), "qty": self.rng.choice([1, 1, 1, 2, 3, 7])}
            for _n in range(self.rng.randint(1, 5))
        ]
        quote = self.till.ok("POST", "/quotes", {"member_id": member, "lines": lines})
        self.check_quote(quote, lines)
        order = self.till.pay(quote, *self.tenders(quote)).get_json()
        self.check_order(order, quote)
        if member:
            used = sum(t["points"] for t in order["tenders"])
            self.points[member] += order["earned_points"] - used
            assert order["balances"]["points"]["available"] == max(0, self.points[member])
        if self.rng.random() < 0.1:
            self.refund(order, member)

    def tenders(self, quote: dict) -> list[dict]:
        """Return a random split; points where the quote allows some."""
        total, found = quote["total_fen"], []
        most = quote["points_max"] // 100 * 100
        if most and self.rng.random() < 0.5:
            points = self.rng.randrange(100, most + 1, 100)
            found.append({"kind": "points", "amount_fen": points, "points": points})
            total -= points
        first = self.rng.randint(1, total) if total > 1 and self.rng.random() < 0.5 else total
        parts = [("cash", first), ("wechat", total - first)]
        return found + [{"kind": kind, "amount_fen": fen} for kind, fen in parts if fen]

    def check_quote(self, quote: dict, lines: list[dict]) -> None:
        """Every line leads from list to net without a gap; parts add up."""
        for asked, line in zip(lines, quote["lines"], strict=True):
            assert (line["item"], line["qty"]) == (asked["item"], asked["qty"])
            assert line["list_fen"] == self.prices[line["item"]] * line["qty"]
            running = line["list_fen"]
            for step in line["steps"]:
                assert step["before_fen"] == running
                running = step["after_fen"]
            assert running == line["net_fen"]
            assert 0 <= line["net_fen"] <= line["list_fen"]
        assert quote["total_fen"] == sum(line["net_fen"] for line in quote["lines"])
        assert quote["list_fen"] - quote["saved_fen"] == quote["total_fen"]
        assert quote["earn"]["points"] == sum(part["points"] for part in quote["earn"]["parts"])
        assert {part["line"] for part in quote["earn"]["parts"]} <= {line["line"] for line in quote["lines"]}
        assert quote["points_value_fen"] <= quote["total_fen"]

    @staticmethod
    def check_order(order: dict, quote: dict) -> None:
        """The order is the quote, paid."""
        assert order["total_fen"] == order["paid_fen"] == quote["total_fen"]
        assert sum(tender["amount_fen"] for tender in order["tenders"]) == order["total_fen"]
        assert [line["net_fen"] for line in order["lines"]] == [line["net_fen"] for line in quote["lines"]]
        assert sum(line["points"] for line in order["lines"]) == order["earned_points"]
        if all(tender["kind"] != "points" for tender in order["tenders"]):
            assert order["earned_points"] == quote["earn"]["points"]

    def refund(self, order: dict, member: str | None) -> None:
        """Refund a line; the preview is the effect, and the member's points move by it."""
        line = self.rng.choice(order["lines"])
        asked = {line["line"]: self.rng.randint(1, line["qty"])}
        preview = self.till.preview(order["order_no"], asked)
        done = self.till.refunded(order["order_no"], asked, preview_id=preview["preview_id"])
        assert done["preview_id"] == preview["preview_id"]
        assert sum(t["amount_fen"] for t in done["tenders"]) == done["amount_fen"] <= line["net_fen"]
        if member:
            self.points[member] += done["points"]["returned"] - done["points"]["taken"]


def _ring_up(till: Till, vertical: str, n: int, seed: int) -> None:
    with at(DAYS[0]):
        basketeer = Basketeer(till, vertical, seed)
    for day in range(len(DAYS)):
        with at(DAYS[day]):
            for _basket in range(n // len(DAYS)):
                basketeer.ring_up()
    with at(DAYS[-1]):
        for member in basketeer.members:
            seen = till.member(member)["points"]
            assert seen["available"] - seen["debt"] == basketeer.points[member]
            assert (
                till.ok("GET", f"/members/{member}/ledger?unit=points&limit=1")["items"][0]["balance_after"]
                == (basketeer.points[member])
            )
        report = verification.verify(till.installation.runtime, freeze=False)
    assert [r for r in report if r.difference] == []


@pytest.mark.parametrize("vertical", ["dental", "pharmacy"])
def test_random_baskets_add_up(request, vertical):
    _ring_up(request.getfixturevalue(vertical), vertical, CI // 2, seed=20261121)


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("vertical", ["dental", "pharmacy"])
def test_ten_thousand_random_baskets_add_up(request, vertical):
    _ring_up(request.getfixturevalue(vertical), vertical, SOAK // 2, seed=1)
