"""Points plus cash: a reward whose cash part is a line of an order of its own (S2-05).

One transaction: the order takes the cash at the reward's price, the redemption takes the points; a refund of that
order gives the points back to their lots. Goods leave the stock once, by the order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.catalog import services as catalog
from core.kernel.errors import Conflict, Refusal
from core.kernel.i18n import _
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.orders.quoting import findings as finding_rules
from core.orders.quoting import quotes
from core.orders.rewarding import redeem_checks
from core.orders.selling import settle, tender_list
from core.orders.types import BasketRequest, LineRequest
from core.org import business_day
from core.people import services as people
from core.programme import services as programmes
from core.rewards import handing, rules
from core.rewards import services as rewards
from core.rewards.models import Redemption

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from core.orders.types import TenderRequest
    from core.programme.document import Reward


def redeem(
    session: Session, person_id: Any, asked: rewards.Asked, tenders: Sequence[TenderRequest] = ()
) -> Redemption:  # fmt: skip
    """Redeem (or reserve) a reward and return the redemption; `tenders` pay its cash part, where it has one.

    Raises what `rewards.take` raises, Refusal `reward_needs_payment` without tenders, `tenders_mismatch` for others
    than the cash part or for tenders where there is none, `blocked` with findings of the goods.
    """
    reward = rewards.reward_of(programmes.in_force(session), asked.reward)
    if not reward.cash_fen or not tenders:
        if tenders:
            raise Refusal(_("“%(name)s”只收积分，不另收钱。", name=reward.name), code="tenders_mismatch")
        if reward.kind == rules.GOODS:
            redeem_checks.refuse(session, people.get(session, person_id).id, handing.item_code(reward), asked.qty)
        return rewards.take(session, person_id, asked)
    if reward.kind != rules.GOODS or asked.hold:
        raise Refusal(
            _("另收钱的礼品只能是商品，并且要当场兑换。请规则管理员先改会员方案。"), code="reward_unavailable"
        )  # fmt: skip
    order_id = _sell(session, people.get(session, person_id).id, reward, asked, tenders)
    paid = rewards.Asked(
        asked.reward, asked.qty, handed=asked.handed, order_id=order_id, proof=asked.proof,
        payload_sha256=asked.payload_sha256,
    )  # fmt: skip
    return rewards.take(session, person_id, paid)


def _sell(
    session: Session, person_id: int, reward: Reward, asked: rewards.Asked, tenders: Sequence[TenderRequest]
) -> int:
    """Take the cash part as an order of one line at the reward's price; no coupon and no tier lowers it."""
    st = Statements(session, current_actor().franchise_id)
    st.lock("person", [person_id])
    line = LineRequest(
        handing.item_code(reward), asked.qty, reward.cash_fen, _("积分加现金换购：%(name)s", name=reward.name)
    )
    row, priced = quotes.store(session, BasketRequest((line,), person_id, ()))
    item = priced.items[line.item]
    if not catalog.take_stock(st, item.id, current_actor().store_id, asked.qty):
        raise Conflict(
            _("“%(name)s”在本店没有库存了，积分没有扣。请换一个礼品，或补货后再兑。", name=reward.name),
            code="out_of_stock",
        )  # fmt: skip
    # The order takes the pieces itself; the row is held until then, so what was counted is still there.
    catalog.move_stock(st, item.id, current_actor().store_id or 0, asked.qty)
    doing = tender_list.check(session, tenders)
    passed = finding_rules.settle_findings(session, priced.findings, (), row.id)
    plan = settle.make_plan(priced, row.id, tenders, passed, doing=doing)
    plan.business_on = business_day.book_on(st)
    done = settle.post(session, plan)
    st.run(
        "UPDATE stored_quote SET order_id = ? WHERE franchise_id = ? AND id = ?",
        [done.order_id, st.franchise_id, row.id],
    )
    return done.order_id


def give_back(session: Session, order_id: int, whole: bool, reason: str) -> list[str]:
    """Take back what was redeemed with an order that is refunded, and return it in words; nothing for other orders.

    Raises Conflict `refund_whole_reward` when only some of the pieces go back.
    """
    rows = session.scalars(
        select(Redemption).where(Redemption.order_id == order_id, Redemption.state.in_(rules.DONE))
    ).all()  # fmt: skip
    if rows and not whole:
        raise Conflict(_("这一单是积分加现金换购，须整单退，积分才能一起退回。"), code="refund_whole_reward")
    told = []
    for row in rows:
        points, name = row.points, row.name
        rewards.cancel(session, row.id, reason, by_refund=True)
        told.append(_("“%(name)s”的 %(n)s 分退回原来的批次。", name=name, n=f"{points:,}"))
    return told
