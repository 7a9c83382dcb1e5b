"""Lists of opening balances and courses for tests, and an owner who imports them and looks at the books."""

from __future__ import annotations

import random
from datetime import date, timedelta

from core.console import verification
from core.imports import services, staging
from core.kernel.statements import Statements
from core.kernel.tenancy import acting
from core.ledger import services as ledger
from core.people import services as people
from tests.core.imports.kinds.kit import Bureau

BALANCES = ("卡号", "手机", "剩余积分", "积分到期日", "储值本金", "赠金余额", "赠金到期日")
COURSES = ("手机", "疗程", "剩余次数", "总次数", "剩余金额", "到期日")


class Opener(Bureau):
    """An owner who brings balances along, with members `phone(0)`, `phone(1)`, … and old card numbers."""

    def __init__(self, installation, house, kind="balances", members=6, role="owner"):
        super().__init__(installation, house, kind, role)
        with acting(installation.actor(house)):
            self.people = [installation.enrol(f"会员{n}", phone(n)) for n in range(members)]
            with self.unit() as session:
                self.numbers = [people.get(session, one).member_no for one in self.people]

    def sums(self, unit_kinds=("points", "principal", "bonus", "sessions")):
        """Return what members own by unit, and what the house account `opening` gave."""
        with acting(self.actor), self.unit() as session:
            st = Statements(session, self.house.franchise_id)
            own = dict.fromkeys(unit_kinds, 0)
            for unit, amount in st.all(
                "SELECT unit, SUM(balance) FROM account WHERE franchise_id = ? AND owner_kind <> 'house' GROUP BY unit",
                [self.house.franchise_id],
            ):
                own[unit] = int(amount)
            gave = {}
            for unit in unit_kinds:
                account = ledger.house_account(st, unit, "opening")
                row = st.one(
                    "SELECT COALESCE(SUM(CASE WHEN from_account_id = ? THEN amount ELSE -amount END), 0) FROM transfer"
                    " WHERE franchise_id = ? AND (from_account_id = ? OR to_account_id = ?)",
                    [account, self.house.franchise_id, account, account],
                )
                gave[unit] = int(row[0])
        assert own == gave
        return {unit: amount for unit, amount in own.items() if amount}

    def ask(self, data, totals=None):
        """Upload, map and dry-run a list with control totals; return the batch's id."""
        from core.imports import runner

        batch_id = runner.load(self.db, self.actor, "余额.csv", data, self.kind)
        with acting(self.actor), self.unit("write") as session:
            batch = services.get(session, batch_id)
            services.save_mapping(session, batch, staging.mapping_of(batch), totals=totals)
        runner.check(self.db, self.actor, batch_id)
        return batch_id

    def verified(self):
        """Return what verify finds wrong."""
        return [one for one in verification.verify(self.installation.runtime, freeze=False) if one.difference]


def phone(n: int) -> str:
    """Return the n-th member's phone."""
    return f"139{n:08d}"


def balance(member="", points="", points_until="", principal="", bonus="", bonus_until="", card=""):
    return [card, member, points, points_until, principal, bonus, bonus_until]


def course(member, item, remaining, total="", paid="", until=""):
    return [member, item, remaining, total, paid, until]


def balances(n: int, cards: int, seed: int = 3, today: date = date(2026, 11, 22)):
    """Return n rows for members whose old card numbers are `A000001`…, and their sums (money in fen)."""
    rng, rows = random.Random(seed), []
    sums = {"rows": n, "points": 0, "principal": 0, "bonus": 0}
    for k in range(n):
        points, principal, bonus = rng.randrange(0, 5000), rng.randrange(0, 300_000), rng.randrange(0, 50_000)
        sums = {"rows": n, "points": sums["points"] + points, "principal": sums["principal"] + principal,
                "bonus": sums["bonus"] + bonus}  # fmt: skip
        ends = today + timedelta(days=rng.randrange(1, 700))
        rows.append(balance(
            "", f"{points:,}", f"{ends.year}年{ends.month}月{ends.day}日", f"¥{principal / 100:.2f}",
            f"{bonus / 100:.2f}元", ends.isoformat() if k % 2 else "", card=f"A{k % cards:06d}",
        ))  # fmt: skip
    return rows, sums
