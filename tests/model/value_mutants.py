"""Faults seeded on purpose in stored value, debts, courses, referrals and rewards: the model must notice each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from core.courses import changes
from core.courses import rules as course_rules
from core.courses import services as courses
from core.kernel.days import add_months
from core.ledger import holds
from core.ledger import services as ledger
from core.orders import loading
from core.orders import rules as order_rules
from core.orders.granting import referral_grants
from core.orders.selling import payments
from core.orders.value import stored_value
from core.points import extension
from core.referrals import services as referrals
from core.rewards import handing, releasing
from core.wallet import rules as wallet_rules
from core.wallet import services as wallet

Patch = Callable[[Any], None]


def _draw_principal_first(patch: Any) -> None:
    def draw_pair(pair: Any, amount: int) -> Any:
        bonus = max(0, amount - pair.principal)
        return wallet_rules.Draw(pair.id, amount - bonus, bonus)

    patch.setattr(wallet_rules, "draw_pair", draw_pair)


def _draw_rounds_each_payment(patch: Any) -> None:
    def draw_pair(pair: Any, amount: int) -> Any:
        bonus = min(max(pair.given * amount // (pair.paid + pair.given), amount - pair.principal), pair.bonus)
        return wallet_rules.Draw(pair.id, amount - bonus, bonus)

    patch.setattr(wallet_rules, "draw_pair", draw_pair)


def _draw_newest_first(patch: Any) -> None:
    plain = wallet_rules.draw
    patch.setattr(wallet_rules, "draw", lambda pairs, amount: plain(list(reversed(list(pairs))), amount))


def _bonus_earns(patch: Any) -> None:
    from core.orders.selling import settle

    plain = settle.earn_for
    patch.setattr(
        settle, "earn_for",
        lambda quote, tenders, matrix: plain(quote, [replace(t, kind="cash") if t.kind == "stored_bonus" else t
                                                     for t in tenders], matrix),
    )  # fmt: skip


def _stored_value_back_as_principal(patch: Any) -> None:
    plain = wallet.put_back
    patch.setattr(wallet, "put_back", lambda st, drawn, principal, bonus, posting: plain(
        st, drawn, min(principal + bonus, drawn.principal), max(0, principal + bonus - drawn.principal), posting))  # fmt: skip


def _consumer_formula_at_prices_charged(patch: Any) -> None:
    plain = wallet_rules.results
    patch.setattr(
        wallet_rules, "results",
        lambda used: plain(replace(used, consumed_list=used.drawn_principal + used.drawn_bonus)),
    )  # fmt: skip


def _debt_not_released(patch: Any) -> None:
    plain = order_rules.money_back

    def money_back(*args: Any, **more: Any) -> Any:
        back = plain(*args, **more)
        return replace(back, released=dict.fromkeys(back.released, 0))

    patch.setattr(order_rules, "money_back", money_back)


def _debt_is_paid_out(patch: Any) -> None:
    def give(back: Any, line: int, before: Any, after: Any) -> None:
        gone = {number: fen - after.get(number, 0) for number, fen in before.items()}
        back.released[line] = 0
        gone.pop(order_rules.OWED, 0)
        back.by_line[line] = sum(gone.values())
        for tender, fen in gone.items():
            back.by_tender[tender] = back.by_tender.get(tender, 0) + fen

    patch.setattr(order_rules, "_give", give)


def _payment_earns_by_itself(patch: Any) -> None:
    """Each payment floors on its own instead of all that came in so far."""
    plain = payments._earned_more

    def earned_more(st: Any, order: Any) -> Any:
        more = plain(st, order)
        cells = [fen for row in order.cells.values() for number, fen, _left in row if number > len(order.tenders)]
        return replace(more, points={key: sum(cells) // 100 for key in more.points})

    patch.setattr(payments, "_earned_more", earned_more)


def _payment_ignores_units_gone(patch: Any) -> None:
    patch.setattr(loading, "units_left", lambda order, line: loading.units(order, line))


def _session_value_floored(patch: Any) -> None:
    patch.setattr(course_rules, "next_value", lambda open_fen, left: open_fen // left)


def _session_refund_at_full_share(patch: Any) -> None:
    patch.setattr(course_rules, "back", lambda open_fen, left, taken: -(-open_fen * taken // left))


def _undo_forgets_the_session(patch: Any) -> None:
    patch.setattr(courses, "put_back", lambda *args: None)


def _handed_over_and_kept(patch: Any) -> None:
    patch.setattr(changes, "_move_sessions", lambda *args: 1)


def _extension_forgets_what_was_swept(patch: Any) -> None:
    patch.setattr(changes, "_unexpire", lambda *args: 0)


def _referral_never_taken_back(patch: Any) -> None:
    patch.setattr(referral_grants, "take_back", lambda *args: None)


def _referral_cap_ignored(patch: Any) -> None:
    plain = referrals._upline
    patch.setattr(referrals, "_upline", lambda *args: replace(plain(*args), given=0))


def _referral_before_it_is_paid(patch: Any) -> None:
    def at_sale(session: Any, st: Any, plan: Any, posting: Any) -> None:
        received = sum(one.amount_fen for one in plan.tenders if one.kind not in referral_grants.NOT_COUNTED)
        referral_grants.paid(session, st, plan.referral, received, plan.priced.programme, posting)

    patch.setattr(referral_grants, "at_sale", at_sale)


def _referral_by_stored_value(patch: Any) -> None:
    patch.setattr(referral_grants, "NOT_COUNTED", ("points",))


def _redemption_back_without_points(patch: Any) -> None:
    patch.setattr(ledger, "_restored", lambda st, transfer_id: 10**9)


def _redemption_back_only_whats_fresh(patch: Any) -> None:
    plain = ledger.restore

    def restore(*args: Any, **more: Any) -> Any:
        return plain(*args, **{**more, "grace_days": 365} if more.get("reason") == releasing.BACK else more)

    patch.setattr(ledger, "restore", restore)


def _release_pays_no_debt(patch: Any) -> None:
    plain = holds.release

    def release(st: Any, balance: Any, *args: Any) -> int:
        debt, balance.debt = balance.debt, 0
        try:
            return plain(st, balance, *args)
        finally:
            balance.debt = debt

    patch.setattr(holds, "release", release)


def _goods_stay_gone(patch: Any) -> None:
    patch.setattr(handing, "put_back", lambda *args: None)


def _extension_two_months(patch: Any) -> None:
    patch.setattr(extension, "extended", lambda ends, months: add_months(ends, months + 1))


def _extended_again_and_again(patch: Any) -> None:
    patch.setattr(extension, "_OPEN", extension._OPEN.replace(extension._TIMES, "0"))


def _top_up_counts_as_spent(patch: Any) -> None:
    plain = stored_value.counted
    patch.setattr(stored_value, "counted", lambda *args: replace(plain(*args), received=plain(*args).received + 1))


VALUE_MUTANTS: dict[str, Patch] = {
    name.removeprefix("_"): fault
    for name, fault in list(globals().items())
    if callable(fault) and name.startswith("_") and getattr(fault, "__module__", "") == __name__
}
