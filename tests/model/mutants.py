"""Faults seeded on purpose: each must be noticed by the model, or the model proves nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from core.kernel import idempotency
from core.ledger import rules, services
from core.orders import rules as order_rules
from core.orders.refunding import refunds
from core.pricing import matrix

Patch = Callable[[Any], None]


def _fifo_reversed(patch: Any) -> None:
    plain = rules.fifo
    patch.setattr(rules, "fifo", lambda lots: list(reversed(plain(lots))))


def _last_day_off_by_one(patch: Any) -> None:
    patch.setattr(
        rules,
        "usable",
        lambda lot, on: lot.remaining > 0 and (lot.expires_on is None or lot.expires_on >= on),
    )


def _expired_lots_are_spent(patch: Any) -> None:
    patch.setattr(rules, "usable", lambda lot, on: lot.remaining > 0)


def _debt_forgotten(patch: Any) -> None:
    plain = rules.claw_back

    def claw_back(*args: Any) -> Any:
        return replace(plain(*args), missing=0)

    patch.setattr(rules, "claw_back", claw_back)


def _others_before_own(patch: Any) -> None:
    def claw_back(lots: Any, amount: int, source_id: int, rule: str) -> Any:
        return rules.take(rules.fifo(lots), amount)

    patch.setattr(rules, "claw_back", claw_back)


def _restore_first_used_first(patch: Any) -> None:
    plain = rules.give_back
    patch.setattr(rules, "give_back", lambda uses, *rest: plain(list(reversed(list(uses))), *rest))


def _restore_into_expired_lots(patch: Any) -> None:
    plain = rules.give_back
    from datetime import date

    patch.setattr(rules, "give_back", lambda uses, already, amount, on: plain(uses, already, amount, date.min))


def _restore_forgets_what_was_restored(patch: Any) -> None:
    patch.setattr(services, "_restored", lambda st, redemption_id: 0)


def _grace_one_day_short(patch: Any) -> None:
    patch.setattr(rules, "grace_expiry", lambda on, days: on + timedelta(days=days - 1))


def _credit_ignores_debt(patch: Any) -> None:
    plain = services.credit

    def credit(st: Any, bal: Any, *args: Any, **kw: Any) -> Any:
        debt, bal.debt = bal.debt, 0
        try:
            return plain(st, bal, *args, **kw)
        finally:
            bal.debt = debt

    patch.setattr(services, "credit", credit)


def _redeem_in_debt(patch: Any) -> None:
    plain = services.redeem

    def redeem(st: Any, bal: Any, unit: str, amount: int, posting: Any, **kw: Any) -> Any:
        if bal.debt or rules.available(bal.lots, posting.business_on) < amount:
            return services._transfer(st, bal, unit, "redeemed", amount, posting, "redeem", incoming=False)
        return plain(st, bal, unit, amount, posting, **kw)

    patch.setattr(services, "redeem", redeem)


def _lot_not_moved(patch: Any) -> None:
    patch.setattr(services, "_move_lot", lambda *args: None)


def _posting_dropped(patch: Any) -> None:
    patch.setattr(services, "_use", lambda *args: None)


def _points_back_rounded_up(patch: Any) -> None:
    def points_back(points: int, amount: int, refunded: int, returned: int) -> int:
        return min(-(-points * refunded // max(amount, 1)) + (1 if refunded else 0), points) - returned

    patch.setattr(order_rules, "points_back", points_back)


def _refund_rounds_each_time(patch: Any) -> None:
    plain = matrix.remaining_row

    def remaining_row(row: Any, qty: int, left: int) -> Any:
        return {k: v * left // qty for k, v in row.items()} if left else plain(row, qty, left)

    patch.setattr(order_rules, "remaining_row", remaining_row)


def _refund_ignores_earned_points(patch: Any) -> None:
    patch.setattr(refunds, "_take_points", lambda *args: None)


def _refund_floors_each_time(patch: Any) -> None:
    def target(booked: Any, remaining: Any) -> Any:
        plain = {(lot.rule, lot.expires_months): lot.points for lot in remaining.lots}
        return {k: max(0, n - plain.get(k, 0) - 1) for k, n in booked.items()}

    patch.setattr(refunds, "reversal_target", target)


def _idempotency_off(patch: Any) -> None:
    patch.setattr(idempotency, "_claim", lambda *args: True)


def _body_not_compared(patch: Any) -> None:
    plain = idempotency._stored

    def stored(st: Any, scope: str, key: str, _digest: bytes) -> Any:
        row = st.one(
            "SELECT body_sha256 FROM idempotency_key WHERE franchise_id = ? AND scope = ? AND key = ?",
            [st.franchise_id, scope, key],
        )
        return plain(st, scope, key, bytes(row[0]))

    patch.setattr(idempotency, "_stored", stored)


MUTANTS: dict[str, Patch] = {
    "fifo_reversed": _fifo_reversed,
    "last_day_off_by_one": _last_day_off_by_one,
    "expired_lots_are_spent": _expired_lots_are_spent,
    "debt_forgotten": _debt_forgotten,
    "others_before_own": _others_before_own,
    "restore_first_used_first": _restore_first_used_first,
    "restore_into_expired_lots": _restore_into_expired_lots,
    "restore_forgets_what_was_restored": _restore_forgets_what_was_restored,
    "grace_one_day_short": _grace_one_day_short,
    "credit_ignores_debt": _credit_ignores_debt,
    "redeem_in_debt": _redeem_in_debt,
    "lot_not_moved": _lot_not_moved,
    "posting_dropped": _posting_dropped,
    "points_back_rounded_up": _points_back_rounded_up,
    "refund_rounds_each_time": _refund_rounds_each_time,
    "refund_ignores_earned_points": _refund_ignores_earned_points,
    "refund_floors_each_time": _refund_floors_each_time,
    "idempotency_off": _idempotency_off,
    "body_not_compared": _body_not_compared,
}
