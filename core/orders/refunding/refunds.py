"""Refund lines of an order: a compensating entry for everything they moved (loyalty S9–S15, case B22).

The preview runs the very code of the refund inside a savepoint and rolls it back: what is shown is what
is done. Every amount is the difference of cumulative targets, so any sequence of partial refunds ends
at the same figures as one whole refund (I27).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.cards import services as cards
from core.catalog import services as catalog
from core.coupons import services as coupons
from core.kernel import audit, clock, counters
from core.kernel.errors import Conflict, FieldError, Forbidden, Invalid, Refusal
from core.kernel.i18n import _
from core.kernel.ids import new_id
from core.kernel.money import show_yuan
from core.kernel.permissions import may
from core.kernel.sealed import seal_text
from core.kernel.settings import value as setting
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.ledger import services as ledger
from core.orders import loading, rules
from core.orders.events import tell_plugins
from core.orders.granting import pending_points, referral_grants, streaks
from core.orders.loading import Loaded, find
from core.orders.models import OrderLine
from core.orders.refunding import refund_routes
from core.orders.refunding.refund_effects import Effects, say
from core.orders.rewarding import redeem
from core.orders.selling import invoices, tender_list, till_entries
from core.orders.sessions import course_lines, packs
from core.orders.settings import REFUND_PROOF_ABOVE
from core.orders.value import stored_value, top_up_refund
from core.orders.value.top_up_refund import Choice
from core.org import business_day, dealing, franchises
from core.org.proofs import consume_proof
from core.org.staffing import staff_may
from core.points.rules import earn, reversal_target
from core.pricing.quote_json import read_earn_line
from core.programme import services as programmes
from core.tiers import services as tiers
from core.tiers.rules import QualifyingEvent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from core.ledger.rules import Take
    from core.orders.rules import MoneyBack
    from core.org.models import Staff


def preview(
    session: Session, order_no: str, asked: Mapping[int, int], sessions: Mapping[int, int] | None = None,
    choice: Choice | None = None,
) -> Effects:  # fmt: skip
    """Return what refunding `asked` (line: pieces) would move; nothing stays written."""
    savepoint = session.begin_nested()
    try:
        return _refund(session, order_no, asked, _("预览"), sessions, choice or Choice(), done=False)
    finally:
        savepoint.rollback()
        session.expire_all()


def refund(
    session: Session, order_no: str, asked: Mapping[int, int], reason: str, *,
    preview_id: str | None = None, proof: str | None = None, payload_sha256: str = "", approved: bool = False,
    sessions: Mapping[int, int] | None = None, choice: Choice | None = None,
) -> Effects:  # fmt: skip
    """Refund lines and return what moved. `sessions` (line: how many) gives back a part of a course, `choice` says by
    which formula a top-up goes back and how its money leaves.

    `approved` says that a second person decided it (refund_approval.py). Raises Invalid for unknown lines or too
    many pieces, `reason` missing, `refund_needs_proof` above the franchise's limit, `own_card` for the cashier's
    own order without a colleague's proof, Conflict `refund_moved` when the effects differ from the preview
    that was shown.
    """
    if not reason.strip():
        raise Invalid.field("reason", _("请填写退款原因。"))
    effects = _refund(session, order_no, asked, reason.strip(), sessions, choice or Choice())
    refuse_moved(effects, preview_id)
    if approved:
        return effects
    confirmed = check_limit(session, effects.amount_fen, proof, payload_sha256)
    dealing.refuse_own(
        session, _persons_of(session, order_no), proof=proof, payload_sha256=payload_sha256, purpose="refund",
        witness=confirmed,
    )  # fmt: skip
    return effects


def refuse_moved(effects: Effects, preview_id: str | None) -> None:
    """Raise Conflict `refund_moved` when the effects are not those that were shown."""
    if preview_id and preview_id != effects.digest():
        raise Conflict(
            _("预览之后情况有变，请核对新的退款结果再确认。"), code="refund_moved",
            extra={"preview": effects.to_json()},
        )  # fmt: skip


def _persons_of(session: Session, order_no: str) -> list[int | None]:
    """Return whose order it is: the payer and everybody treated; nobody where the cashier is linked to none."""
    if current_actor().person_id is None:
        return []
    row = find(session, order_no)
    treated = session.scalars(select(OrderLine.for_person_id).where(OrderLine.orders_id == row.id))
    return [row.person_id, *treated]


def check_limit(session: Session, amount_fen: int, proof: str | None, payload_sha256: str) -> Staff | None:
    """Return who confirmed a refund above the limit; None below it, where nobody needs to.

    Raises Refusal `refund_needs_proof` (403) without a proof, Forbidden `refund_forbidden` for one of somebody who
    may not.
    """
    limit = int(setting(session, REFUND_PROOF_ABOVE))
    if amount_fen <= limit:
        return None
    if proof is None:
        raise Refusal(
            _("退款超过 %(y)s 元，须由店长或加盟主输入 PIN 确认。", y=show_yuan(limit)),
            code="refund_needs_proof",
            status=403,
            errors=[FieldError("proof", _("缺少 PIN 确认。"))],
        )
    staff = consume_proof(session, proof, "refund", payload_sha256)
    if not staff_may(session, staff, "orders.refund.large"):
        raise Forbidden(_("%(name)s 没有大额退款的权限。", name=staff.name), code="refund_forbidden")
    return staff


def _refund(
    session: Session, order_no: str, asked: Mapping[int, int], reason: str, sessions: Mapping[int, int] | None,
    choice: Choice, *, done: bool = True,
) -> Effects:  # fmt: skip
    actor = current_actor()
    st = Statements(session, actor.franchise_id)
    order = loading.load(session, st, order_no)
    franchises.refuse_when_frozen(session, member=order.row.person_id is not None)
    if may(actor, "orders.refund") and not may(actor, "orders.refund", order.row.store_id):
        raise Forbidden(_("这张订单属于别的门店，请到原门店退款。"), code="other_store")
    taken = packs.plan_back(session, order.lines, asked, sessions or {}, clock.today(actor.tz))
    top_ups = top_up_refund.plan_back(session, order.lines, asked, choice, clock.today(actor.tz))
    if done:
        top_up_refund.check_payout(session, top_ups, choice)
    back = _money_back(order, asked, taken, top_ups)
    # A course line gives back sessions: a piece counts as refunded when none of it was used and none is left.
    pieces = {n: len(taken[n].ended) if n in taken else qty for n, qty in asked.items()}
    pieces.update({n: one.ended for n, one in top_ups.items()})
    effects = Effects(amount_fen=sum(back.by_line.values()), released_fen=sum(back.released.values()))
    effects.owed_fen = order.row.owed_fen - effects.released_fen
    refund_id = new_id()
    posting = ledger.Posting(
        business_day.book_on(st), clock.now_ms(), "refund", refund_id, actor.staff_id, actor.store_id, actor.door
    )
    _refuse_used_cards(session, order, asked)
    before = {tender.number: tender.refunded_fen for tender in order.tenders}
    _write_money(st, order, pieces, back, effects)
    top_up_refund.take_back(st, top_ups, choice, effects, posting)
    refund_routes.direct(session, effects, chosen=bool(top_ups))
    effects.stored = stored_value.restore(st, order.row, order.tenders, before, back.by_tender, posting) or {}
    _return_points(st, order, effects, posting)
    taken_on = _take_points(st, order, back, effects, posting)
    effects.courses = packs.take_back(st, taken, posting)
    effects.courses += course_lines.give_back(session, st, order.lines, pieces, reason)
    _return_coupons(st, order, pieces, effects)
    _return_stock(st, order, asked)
    _revoke_cards(session, order, asked, effects)
    _move_tier(session, st, order, back, taken_on, effects, posting, topup=bool(top_ups))
    referral_grants.take_back(st, order.row.id, order.row.person_id, effects, posting)
    effects.item_names = packs.names(session, effects.courses)
    say(effects)
    whole = all(_left(line, pieces) == 0 for line in order.lines.values())
    effects.effects += redeem.give_back(session, order.row.id, whole, reason)
    invoices.at_refund(session, st, order.row, effects)
    _write_refund(st, order, asked, back, effects, refund_id, reason, posting)
    return effects


def _money_back(
    order: Loaded, asked: Mapping[int, int], taken: Mapping[int, packs.PackBack],
    top_ups: Mapping[int, top_up_refund.Planned],
) -> MoneyBack:  # fmt: skip
    """Return the money of a refund; of a course the share of its unused sessions, of a top-up what its formula says."""
    units = {**asked, **{n: one.fen for n, one in taken.items() if n in asked}}
    units |= {n: top_ups[n].fen if n in top_ups else 0 for n in stored_value.lines_of(order.lines) if n in asked}
    states = [loading.state(order, line) for line in order.lines.values()]
    back = rules.money_back(states, units, some=bool(top_ups) or any(one.parts for one in taken.values()))
    back.by_line.update({n: back.by_line.get(n, 0) for n in top_ups})
    back.by_line.update({n: back.by_line.get(n, 0) for n, one in taken.items() if one.parts})
    return back


def _refuse_used_cards(session: Session, order: Loaded, asked: Mapping[int, int]) -> None:
    """A card whose coupons were used cannot be refunded before those uses are (S13)."""
    if not any(order.lines[n].kind == "card" and qty for n, qty in asked.items()):
        return
    st = Statements(session, current_actor().franchise_id)
    ids = [card.id for card in cards.of_order(session, order.row.id)]
    used = coupons.used_counts(st, "card", ids)
    if any(sum(counts.values()) for counts in used.values()):
        raise Refusal(_("这张卡里的券已经用过。请先退掉用券的项目，再退卡。"), code="card_used", status=409)


def _write_money(st: Statements, order: Loaded, asked: Mapping[int, int], back: MoneyBack, effects: Effects) -> None:
    for line_no, amount in back.by_line.items():
        released = back.released.get(line_no, 0)
        st.run(
            "UPDATE order_line SET refunded_qty = refunded_qty + ?, refunded_fen = refunded_fen + ?,"
            " owed_fen = owed_fen - ?, released_fen = released_fen + ? WHERE franchise_id = ? AND id = ?",
            [asked[line_no], amount, released, released, st.franchise_id, order.lines[line_no].id],
        )
    for tender in order.tenders:
        amount = back.by_tender.get(tender.number, 0)
        points = 0
        if tender.kind == rules.POINTS:
            points = rules.points_back(
                tender.points, tender.amount_fen, tender.refunded_fen + amount, tender.refunded_points
            )
        if not amount and not points:
            continue
        st.run(
            "UPDATE tender SET refunded_fen = refunded_fen + ?, refunded_points = refunded_points + ?"
            " WHERE franchise_id = ? AND id = ?",
            [amount, points, st.franchise_id, tender.id],
        )
        effects.points_returned += points
        effects.tenders.append({"kind": tender.kind, "amount_fen": amount, "points": points})
    whole = all(_left(order.lines[n], asked) == 0 for n in order.lines)
    st.run(
        "UPDATE orders SET refunded_fen = refunded_fen + ?, owed_fen = owed_fen - ?, state = ?, version = version + 1"
        " WHERE franchise_id = ? AND id = ?",
        [effects.amount_fen, effects.released_fen, "refunded" if whole else "part_refunded", st.franchise_id,
         order.row.id],
    )  # fmt: skip


def _left(line: OrderLine, asked: Mapping[int, int]) -> int:
    return line.qty - line.refunded_qty - asked.get(line.line_no, 0)


def _return_points(st: Statements, order: Loaded, effects: Effects, posting: ledger.Posting) -> None:
    """Give points that were a tender back to their own lots, the last used first."""
    person_id = order.row.person_id
    if not effects.points_returned or person_id is None:
        return
    row = st.one(
        "SELECT id FROM transfer WHERE franchise_id = ? AND source_kind = 'order' AND source_id = ?"
        " AND reason = 'redeem'",
        [st.franchise_id, order.row.id],
    )
    assert row is not None
    balance = ledger.balance_of(st, "person", person_id, ledger.POINTS, person_id)
    giving = ledger.restore(st, balance, ledger.POINTS, effects.points_returned, posting, redemption_id=int(row[0]))
    effects.lots += _lots(balance, giving.gives, 1)
    effects.points_grace = giving.grace


def _take_points(
    st: Statements, order: Loaded, back: MoneyBack, effects: Effects, posting: ledger.Posting
) -> dict[date, int]:
    """Take earned points back down to what the remaining order earns, under the rules of the sale.

    Returns what was taken by the day on which it had been given.
    """
    taken_on: dict[date, int] = {}
    person_id = order.row.person_id
    if person_id is None or not order.row.earned_points:
        return taken_on
    facts = json.loads(order.row.facts or "{}")
    lines = [read_earn_line(line) for line in facts["earn_lines"]]
    booked, transfers = loading.booked(st, order.row.id, facts)
    balance = ledger.balance_of(st, "person", person_id, ledger.POINTS, person_id)
    debt = balance.debt
    for key, points in reversal_target(booked, earn(lines, loading.by_kind(order, back.stays))).items():
        left = points
        # What came last goes first: a later payment's points before those of the sale.
        for given in reversed(transfers.get(key, [])):
            part = min(left, given.net)
            if part <= 0:
                continue
            left -= part
            taken_on[given.on] = taken_on.get(given.on, 0) + part
            effects.points_taken += part
            if facts.get("pending_days"):
                waiting, first = pending_points.take_first(
                    st, person_id, part, posting, order.row.id, key[0], given.id
                )  # fmt: skip
                effects.lots += _lots(waiting, first.takes, -1)
                part = first.missing
            if not part:
                continue
            taking = ledger.claw_back(
                st, balance, ledger.POINTS, part, posting, earned_by=order.row.id, rule=key[0], reverses_id=given.id
            )
            effects.lots += _lots(balance, taking.takes, -1)
    effects.points_debt = balance.debt - debt if balance.debt > debt else 0
    return taken_on


def _lots(balance: ledger.Balance, moved: Sequence[Take], sign: int) -> list[dict[str, Any]]:
    """Return what moved by the day the points end: ids of lots made in a preview would differ."""
    ends = {lot.id: lot.expires_on for lot in balance.lots}
    return [
        {
            "expires_on": day.isoformat() if (day := ends.get(part.lot_id)) else None,
            "delta": sign * part.amount,
        }
        for part in moved
    ]


def _return_coupons(st: Statements, order: Loaded, asked: Mapping[int, int], effects: Effects) -> None:
    """Give back coupons of wholly refunded lines; an order coupon when the whole order is (S13)."""
    done = [n for n, line in order.lines.items() if asked.get(n) and _left(line, asked) == 0]
    if all(_left(line, asked) == 0 for line in order.lines.values()):
        done.append(0)
    today = clock.today(current_actor().tz)
    effects.coupons = coupons.give_back(st, order.row.id, done, today, clock.now_ms())
    programme = programmes.in_force(st.session)
    rules_of = {given["code"]: programme.coupon(given["code"]) for given in effects.coupons}
    effects.coupon_names = {code: rule.name if rule else code for code, rule in rules_of.items()}


def _return_stock(st: Statements, order: Loaded, asked: Mapping[int, int]) -> None:
    for line_no, qty in asked.items():
        line = order.lines[line_no]
        if line.kind == "goods" and qty:
            catalog.move_stock(st, line.item_id, order.row.store_id, qty)


def _revoke_cards(session: Session, order: Loaded, asked: Mapping[int, int], effects: Effects) -> None:
    if not any(order.lines[n].kind == "card" and qty for n, qty in asked.items()):
        return
    for card in cards.revoke_of_order(session, order.row.id):
        effects.effects.append(_("会员卡 %(no)s 作废，共用的家人不再享受卡内权益。", no=card.number))


def _move_tier(
    session: Session, st: Statements, order: Loaded, back: MoneyBack, taken_on: Mapping[date, int], effects: Effects,
    posting: ledger.Posting, *, topup: bool = False,
) -> None:  # fmt: skip
    """Take money, points and the visit out of the tier's metric, each on the day on which it was counted (S14)."""
    person_id = order.row.person_id
    if person_id is None:
        return
    actor = current_actor()
    received = sum(fen for n, fen in back.by_tender.items() if order.kinds[n] not in (rules.POINTS, rules.STORED_BONUS))
    whole = st.one("SELECT state FROM orders WHERE franchise_id = ? AND id = ?", [st.franchise_id, order.row.id])
    visits = 1 if whole and whole[0] == "refunded" else 0
    today = clock.today(actor.tz)
    for on, (fen, points) in sorted(_counted(order, back, taken_on).items()):
        first = on == order.sold_on
        event = QualifyingEvent(
            on=on, spend_fen=0 if topup else -fen, visits=-visits if first else 0, points=-points,
            topup_fen=-received if topup and first else 0, booked_on=today, source=str(order.row.id),
        )  # fmt: skip
        tiers.note(st, person_id, event, "refund", posting.source_id, clock.now_ms())
    received = 0 if topup else received
    st.run(
        "UPDATE person SET spent_fen = spent_fen - ?, visits = visits - ? WHERE franchise_id = ? AND id = ?",
        [received, visits, st.franchise_id, person_id],
    )
    programme = programmes.in_force(session)
    moved = tiers.refresh(
        st, person_id, programme, today, actor.tz, cause="refund", source_kind="refund", source_id=posting.source_id
    )
    if moved.changed:
        effects.tier = {"from": moved.before, "to": moved.standing.tier}
    bonus = streaks.take_back(st, person_id, programme, posting) if visits else 0
    if bonus:
        effects.effects.append(_("扣回连续到店奖励 %(n)d 分：少了这次到店，条件不再满足。", n=bonus))


def _counted(order: Loaded, back: MoneyBack, taken_on: Mapping[date, int]) -> dict[date, tuple[int, int]]:
    """Return (fen, points) that no longer count, by the day on which they came; the day of the sale always."""
    days = {order.sold_on: (0, 0), **{on: (0, points) for on, points in taken_on.items()}}
    barred = tender_list.off_tier(json.loads(order.row.facts or "{}"))
    for number, fen in back.by_tender.items():
        if order.kinds[number] in barred:
            continue
        had = days.get(order.came[number], (0, 0))
        days[order.came[number]] = (had[0] + fen, had[1])
    return days


def _write_refund(
    st: Statements, order: Loaded, asked: Mapping[int, int], back: MoneyBack, effects: Effects,
    refund_id: int, reason: str, posting: ledger.Posting,
) -> None:  # fmt: skip
    fid = st.franchise_id
    n = counters.take(st, f"refund:{order.row.id}")
    effects.refund_no = f"{order.row.order_no}-R{n}"
    plain = json.dumps(effects.to_json(), ensure_ascii=False)
    st.insert(
        "refund",
        {
            "id": refund_id, "franchise_id": fid, "orders_id": order.row.id, "refund_no": effects.refund_no,
            "person_id": order.row.person_id, "store_id": posting.store_id, "staff_id": posting.staff_id,
            "amount_fen": effects.amount_fen, "points_taken": effects.points_taken,
            "points_returned": effects.points_returned,
            "reason_sealed": seal_text("refund", "reason_sealed", refund_id, fid, reason),
            "effects_sealed": seal_text("refund", "effects_sealed", refund_id, fid, plain),
            "business_on": posting.business_on, "booked_at": posting.booked_at, "door": posting.door,
        },
    )  # fmt: skip
    rows = [
        {"id": new_id(), "franchise_id": fid, "refund_id": refund_id, "order_line_id": order.lines[line_no].id,
         "qty": asked[line_no], "amount_fen": amount, "released_fen": back.released.get(line_no, 0),
         "sessions": sum(one["sessions"] for one in effects.courses if one["line"] == line_no)}
        for line_no, amount in back.by_line.items()
    ]  # fmt: skip
    st.insert_many("refund_line", rows)
    paid_back = [(effects.paid_by(tender["kind"]), -tender["amount_fen"]) for tender in effects.tenders]
    till_entries.write(st, till_entries.REFUND, refund_id, paid_back, posting.business_on, posting.booked_at)
    audit.insert(
        st, "orders.order.refunded", "orders", order.row.id, person_id=order.row.person_id,
        detail={"refund_no": effects.refund_no, "amount_fen": effects.amount_fen, "reason": reason},
    )  # fmt: skip
    tell_plugins(st, "order.refunded", refund_id, order.row.person_id)
