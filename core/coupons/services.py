"""Verbs of coupons: issue, list, occupy at a sale, give back at a refund."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.coupons import rules
from core.coupons.models import Coupon
from core.kernel import clock
from core.kernel.errors import Refusal
from core.kernel.i18n import _
from core.kernel.ids import new_id
from core.programme.rules import coupon_rule_from, coupon_rule_to

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy.orm import Session

    from core.kernel.statements import Statements
    from core.programme.rules import CouponRule


def issue(
    session: Session, person_id: int, rule: CouponRule, valid_from: date, source_kind: str, source_id: int
) -> Coupon:
    """Give a person a coupon under `rule` and return it."""
    coupon = Coupon(
        person_id=person_id,
        code=rule.code,
        name=rule.name,
        terms=json.dumps(coupon_rule_to(rule), ensure_ascii=False),
        valid_from=valid_from,
        valid_until=rules.valid_until(rule, valid_from),
        source_kind=source_kind,
        source_id=source_id,
        made_at=clock.now_ms(),
    )
    session.add(coupon)
    return coupon


def revoke(st: Statements, coupon_ids: Iterable[int], on: date) -> bool:
    """Take coupons that nobody used back and return whether all of them were open and had not ended by `on`."""
    for coupon_id in sorted(set(coupon_ids)):
        touched = st.run(
            "UPDATE coupon SET state = 'revoked' WHERE franchise_id = ? AND id = ? AND state = 'open'"
            " AND (valid_until IS NULL OR valid_until >= ?)",
            [st.franchise_id, coupon_id, on],
        )
        if touched != 1:
            return False
    return True


def state_of(coupon: Coupon) -> rules.CouponState:
    """Return a coupon row as pricing sees it."""
    return rules.CouponState(
        id=str(coupon.id),
        rule=coupon_rule_from(json.loads(coupon.terms)),
        person_id=str(coupon.person_id),
        valid_from=coupon.valid_from,
        valid_until=coupon.valid_until,
        state=coupon.state,
        source_kind=coupon.source_kind,
        source_id=str(coupon.source_id),
    )


def open_of(session: Session, person_ids: Iterable[int]) -> dict[int, list[Coupon]]:
    """Return the open coupons of each person, soonest end first."""
    wanted = list(person_ids)
    found: dict[int, list[Coupon]] = {person_id: [] for person_id in wanted}
    rows = session.scalars(
        select(Coupon)
        .where(Coupon.person_id.in_(wanted), Coupon.state == "open")
        .order_by(Coupon.valid_until, Coupon.id)
    )
    for row in rows:
        found[row.person_id].append(row)
    return found


def used_counts(st: Statements, source_kind: str, source_ids: Iterable[int]) -> dict[int, dict[str, int]]:
    """Return, for each source (card, person), how often each key is occupied."""
    ids = sorted(set(source_ids))
    found: dict[int, dict[str, int]] = {source_id: {} for source_id in ids}
    if not ids:
        return found
    marks = ", ".join("?" * len(ids))
    rows = st.all(
        "SELECT source_id, key, COUNT(*) FROM coupon_use WHERE franchise_id = ? AND source_kind = ?"  # noqa: S608
        f" AND source_id IN ({marks}) AND returned_at IS NULL GROUP BY source_id, key",
        [st.franchise_id, source_kind, *ids],
    )
    for source_id, key, n in rows:
        found[int(source_id)][key] = int(n)
    return found


def taken_by(st: Statements, person_id: int) -> dict[str, str]:
    """Return which right used up each period key of a person's tier rights, by key."""
    rows = st.all(
        "SELECT key, code FROM coupon_use WHERE franchise_id = ? AND source_kind = 'benefit' AND source_id = ?"
        " AND returned_at IS NULL ORDER BY used_at, id",
        [st.franchise_id, person_id],
    )
    return {str(key): str(code) for key, code in rows}


NO_ORDER = 0
"""What stands for the order where a right without a price is chosen."""


def choose_right(st: Statements, person_id: int, right: rules.ServiceRight, at: int) -> None:
    """Book that a person chose a service right for its period; raise `right_taken` when the choice was made."""
    if right.state != "open":
        raise Refusal(
            _("本期的权益已经选过了，%(day)s 之后可以再选。", day=right.until.isoformat() if right.until else "—"),
            code="right_taken",
            status=409,
        )
    use = {
        "coupon_id": None, "person_id": person_id, "source_kind": "benefit", "source_id": person_id,
        "code": right.code, "key": right.key, "line_no": 0, "pieces": 1, "saved_fen": 0,
    }  # fmt: skip
    occupy(st, [use], NO_ORDER, at)


def unchoose_right(st: Statements, person_id: int, right: rules.ServiceRight, at: int) -> None:
    """Take back the choice of a service right, so that another of the same choice can be taken."""
    st.run(
        "UPDATE coupon_use SET returned_at = ? WHERE franchise_id = ? AND source_kind = 'benefit' AND source_id = ?"
        " AND key = ? AND code = ? AND order_id = ? AND returned_at IS NULL",
        [at, st.franchise_id, person_id, right.key, right.code, NO_ORDER],
    )


def occupy(st: Statements, uses: Iterable[Mapping[str, Any]], order_id: int, at: int) -> None:
    """Book the coupon uses of an order; raise `coupon_taken` when another till was faster.

    Each use is a mapping with coupon_id (None for a bundled one), person_id, source_kind, source_id,
    code, key, line_no, pieces, saved_fen.
    """
    for use in uses:
        key = use["key"] or f"order:{order_id}:{use['line_no']}:{use['code']}"
        if use["coupon_id"] is not None:
            _close_row(st, int(use["coupon_id"]), use["code"])
            key = f"row:{use['coupon_id']}"
        row = st.one(
            "SELECT COUNT(*) FROM coupon_use WHERE franchise_id = ? AND key = ? AND returned_at IS NULL",
            [st.franchise_id, key],
        )
        taken = int(row[0]) if row else 0
        if use["key"] and taken >= int(use.get("times", 1)):
            raise _taken(use["code"])
        st.insert(
            "coupon_use",
            {
                "id": new_id(), "franchise_id": st.franchise_id, "coupon_id": use["coupon_id"],
                "person_id": use["person_id"], "source_kind": use["source_kind"],
                "source_id": use["source_id"], "code": use["code"], "key": key, "ordinal": taken + 1,
                "order_id": order_id, "line_no": use["line_no"] or 0, "pieces": use["pieces"],
                "saved_fen": use["saved_fen"], "used_at": at,
            },
        )  # fmt: skip


def _close_row(st: Statements, coupon_id: int, code: str) -> None:
    touched = st.run(
        "UPDATE coupon SET state = 'used' WHERE franchise_id = ? AND id = ? AND state = 'open'",
        [st.franchise_id, coupon_id],
    )
    if touched != 1:
        raise _taken(code)


def _taken(code: str) -> Refusal:
    return Refusal(
        _("这张券（%(code)s）刚刚在别处用掉了。请重新计价后再收款。", code=code),
        code="coupon_taken",
        status=409,
    )


def give_back(st: Statements, order_id: int, line_nos: Iterable[int], on: date, at: int) -> list[dict[str, Any]]:
    """Return the coupons used on the given (wholly refunded) lines to their holders.

    A coupon that has ended meanwhile is returned all the same: its `valid_until` decides whether it can
    still be used. Returns what was given back: code, key, whether it is usable on the day `on`.
    """
    given = []
    for line_no in sorted(set(line_nos)):
        rows = st.all(
            "SELECT u.id, u.coupon_id, u.code, c.valid_until FROM coupon_use u LEFT JOIN coupon c"
            " ON c.franchise_id = u.franchise_id AND c.id = u.coupon_id"
            " WHERE u.franchise_id = ? AND u.order_id = ? AND u.line_no = ? AND u.returned_at IS NULL"
            " ORDER BY u.id",
            [st.franchise_id, order_id, line_no],
        )
        for use_id, coupon_id, code, until in rows:
            st.run(
                "UPDATE coupon_use SET returned_at = ? WHERE franchise_id = ? AND id = ?",
                [at, st.franchise_id, use_id],
            )
            if coupon_id is not None:
                st.run(
                    "UPDATE coupon SET state = 'open' WHERE franchise_id = ? AND id = ?",
                    [st.franchise_id, coupon_id],
                )
            last = str(until) if until else None
            given.append({"code": code, "line": line_no, "usable": last is None or last >= on.isoformat()})
    return given
