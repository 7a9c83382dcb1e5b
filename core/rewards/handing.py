"""What a redemption hands out: goods of the store, a coupon for the next visit, a course; and taking it back.

Goods leave the stock when they are promised. Coupons and courses are made when the points are spent.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from core.catalog import services as catalog
from core.catalog.models import Item
from core.coupons import services as coupons
from core.courses import rules as course_rules
from core.courses import services as courses
from core.kernel import settings
from core.kernel.errors import Conflict, Refusal
from core.kernel.i18n import _
from core.kernel.ids import new_id
from core.programme.document import CouponRule, ItemScope
from core.rewards import rules
from core.rewards.models import RedemptionGift
from core.rewards.settings import COUPON_FROM

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from core.kernel.statements import Statements
    from core.ledger.services import Posting
    from core.programme.document import Programme, Reward
    from core.rewards.models import Redemption


def item_code(reward: Reward) -> str:
    """Return the code of the item that a reward is about."""
    return reward.item or reward.code


def items_of(session: Session, rewards: Iterable[Reward]) -> dict[str, Item]:
    """Return the active items that rewards name, by item code."""
    codes = {item_code(one) for one in rewards}
    if not codes:
        return {}
    return {row.code: row for row in session.scalars(select(Item).where(Item.code.in_(codes), Item.active.is_(True)))}


def coupon_rule(programme: Programme, reward: Reward) -> CouponRule | None:
    """Return the terms of the coupon that a reward gives: the one it names, else its item free once."""
    if reward.coupon:
        return programme.coupon(reward.coupon)
    scope = ItemScope(codes=frozenset({item_code(reward)}))
    return CouponRule(reward.code, reward.name, "item", pay_bp=0, items=scope, limit="once")


def broken(programme: Programme, reward: Reward, items: dict[str, Item]) -> bool:
    """Return whether a reward names an item or a coupon that does not exist (any more)."""
    if reward.kind == rules.COUPON and reward.coupon:
        return coupon_rule(programme, reward) is None
    return item_code(reward) not in items


def pack_of(session: Session, item: Item) -> courses.Pack | None:
    """Return what an item hands out as a course: a service gives one session of itself; None where parts are missing.

    Nothing is paid for it, so what its parts cost alone does not matter.
    """
    terms = course_rules.terms_of(item.code, item.kind, item.sessions, catalog.attributes_of(item))
    terms = terms or course_rules.Terms((course_rules.Part(item.code, 1),))
    wanted = [part.code for part in terms.parts]
    rows = {row.code: row for row in session.scalars(select(Item).where(Item.code.in_(wanted)))}
    if not terms.sessions or any(code not in rows for code in wanted):
        return None
    parts = tuple(rows[code] for code in wanted)
    return courses.Pack(item.id, item.code, terms, parts, (0,) * len(parts))


# -- handing out -----------------------------------------------------------------------------------


def set_aside(st: Statements, row: Redemption) -> None:
    """Take promised goods out of the store's stock; raise Conflict `out_of_stock`.

    Goods with a cash part are moved by the order that takes it, there and back.
    """
    if row.kind != rules.GOODS or row.item_id is None or row.order_id is not None:
        return
    if not catalog.take_stock(st, row.item_id, row.store_id, row.qty):
        raise Conflict(
            _("“%(name)s”在本店没有库存了，积分没有扣。请换一个礼品，或补货后再兑。", name=row.name),
            code="out_of_stock",
        )  # fmt: skip


def put_back(st: Statements, row: Redemption) -> None:
    """Put promised or returned goods into the store's stock again."""
    if row.kind == rules.GOODS and row.item_id and row.store_id and row.order_id is None:
        catalog.move_stock(st, row.item_id, row.store_id, row.qty)


def hand_out(session: Session, st: Statements, row: Redemption, programme: Programme, posting: Posting) -> None:
    """Make the coupons or courses of a redemption whose points are spent."""
    reward = programme.reward(row.reward)
    if reward is None or row.kind == rules.GOODS:
        return
    made: list[tuple[str, int]] = []
    if row.kind == rules.COUPON:
        rule = coupon_rule(programme, reward)
        if rule is None:
            raise _gone(row)
        begins = posting.business_on
        if settings.value(session, COUPON_FROM) != "at_once":
            begins += timedelta(days=1)
        issued = [coupons.issue(session, row.person_id, rule, begins, "redemption", row.id) for _n in range(row.qty)]
        session.flush()
        made = [(rules.COUPON, one.id) for one in issued]
    elif row.kind == rules.COURSE:
        item = items_of(session, [reward]).get(item_code(reward))
        pack = pack_of(session, item) if item else None
        if pack is None:
            raise _gone(row)
        origin = courses.Origin("reward")
        made = [
            (rules.COURSE, courses.issue(st, pack, row.person_id, 0, posting, origin)) for _n in range(row.qty)
        ]  # fmt: skip
    st.insert_many(
        "redemption_gift",
        [
            {"id": new_id(), "franchise_id": st.franchise_id, "redemption_id": row.id, "kind": kind, "gift_id": gift}
            for kind, gift in made
        ],
    )


def _gone(row: Redemption) -> Refusal:
    return Refusal(
        _("“%(name)s”对应的项目或券已经不存在，请规则管理员先改会员方案。", name=row.name), code="reward_unavailable"
    )


def gifts_of(session: Session, redemption_ids: Iterable[int]) -> dict[int, list[tuple[str, int]]]:
    """Return (kind, id) of what redemptions handed out, by redemption."""
    ids = list(redemption_ids)
    found: dict[int, list[tuple[str, int]]] = {one: [] for one in ids}
    if ids:
        query = select(RedemptionGift).where(RedemptionGift.redemption_id.in_(ids)).order_by(RedemptionGift.id)
        for gift in session.scalars(query):
            found[gift.redemption_id].append((gift.kind, gift.gift_id))
    return found


# -- taking back -----------------------------------------------------------------------------------


def take_back(session: Session, st: Statements, row: Redemption, posting: Posting, today: date) -> None:
    """Take what a redemption handed out back; raise Conflict `reward_used` where some of it was used or has ended."""
    gifts = gifts_of(session, [row.id])[row.id]
    if not coupons.revoke(st, [one for kind, one in gifts if kind == rules.COUPON], today):
        raise _used(_("“%(name)s”的券已经用掉或过期，不能撤销。", name=row.name))
    held = courses.lock(session, [one for kind, one in gifts if kind == rules.COURSE])
    parts = courses.parts_of(session, [one.id for one in held], today)
    for course in held:
        whole = all(part.usable == part.left and not part.used and not part.row.refunded for part in parts[course.id])
        if course.person_id != row.person_id or course.state != course_rules.OPEN or not whole:
            raise _used(_("“%(name)s”的次数已经用过、转让、停用或过期，不能撤销。", name=row.name))
        for part in parts[course.id]:
            courses.give_back(st, course, part, part.usable, 0, posting)
        courses.end(st, course.id)
    put_back(st, row)


def _used(message: str) -> Conflict:
    return Conflict(message, code="reward_used")
