"""Random days at several tills against an independent model of every drawer, through the services and the ledger."""

from __future__ import annotations

import random

import pytest

from core.cash import verify


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_drawer_holds_what_the_model_says(drawer, seed):
    rng = random.Random(seed)
    roles = ("front_desk", "pharmacist", "manager")
    held: dict[str, int] = {}
    shifts: dict[str, int] = {}
    sold: list[tuple[str, str, int]] = []
    for _n in range(40):
        role = rng.choice(roles)
        act = rng.choice(("open", "sell", "sell", "refund", "in", "out", "close"))
        fen = rng.randrange(1, 150) * 100
        if act == "open" and role not in shifts:
            shifts[role], held[role] = drawer.open(fen, role), fen
        elif act == "sell":
            kind = rng.choice(("cash", "wechat"))
            sold.append((drawer.sell(fen, kind, role), kind, fen))
            if kind == "cash" and role in shifts:
                held[role] += fen
        elif act == "refund" and sold:
            order_no, kind, paid = sold.pop(rng.randrange(len(sold)))
            who = rng.choice(("front_desk", "manager"))
            drawer.refund(order_no, who)
            if kind == "cash" and who in shifts:
                held[who] -= paid
        elif act in ("in", "out") and role in shifts:
            drawer.move("change" if act == "in" else "bank", fen, role=role)
            held[role] += fen if act == "in" else -fen
        elif act == "close" and role in shifts and held[role] >= 0:
            expected, gap = drawer.close(shifts.pop(role), held[role] + 100, "多一元", role)
            assert (expected, gap) == (held[role], 100)
    for role, shift in shifts.items():
        assert drawer.expected(shift) == held[role]
    with drawer.as_("owner"), drawer.i.unit("read") as s:
        assert [found for _name, found in verify.check(s, drawer.h.franchise_id) if found] == []
