"""Redemptions found, locked and let go: taken back, released, run out (loyalty S9, S23).

Persons are locked first, in order of id, then the redemption, then courses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select

from core.kernel import audit, clock
from core.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from core.kernel.i18n import _
from core.kernel.ids import parse_id
from core.kernel.permissions import may
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.ledger import holds
from core.ledger import services as ledger
from core.org import business_day, dealing, franchises
from core.rewards import handing, rules
from core.rewards.models import Redemption
from core.rewards.permissions import REDEEM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

SOURCE, BACK = "redemption", "reward_back"
MIN_REASON, MAX_REASON = 2, 200


def get(session: Session, redemption_id: Any) -> Redemption:
    """Return a redemption of the franchise; raise NotFound."""
    wanted = redemption_id if isinstance(redemption_id, int) else parse_id(redemption_id)
    row = session.get(Redemption, wanted) if wanted else None
    if row is None:
        raise NotFound(_("没有找到这次兑换。"))
    return row


def locked(session: Session, redemption_id: Any) -> tuple[Statements, Redemption]:
    """Lock the person, then the redemption; return it as it is now."""
    franchises.refuse_when_frozen(session, member=True)
    row = get(session, redemption_id)
    st = Statements(session, current_actor().franchise_id)
    st.lock("person", [row.person_id])
    st.lock("redemption", [row.id])
    session.refresh(row)
    return st, row


def posting_of(st: Statements, row: Redemption) -> ledger.Posting:
    """Return how a redemption books now: by whoever acts, on the day on which its store stands."""
    actor = current_actor()
    return ledger.Posting(
        business_day.book_on(st), clock.now_ms(), SOURCE, row.id, actor.staff_id, actor.store_id, actor.door
    )


def note(st: Statements, action: str, row: Redemption, **more: Any) -> None:
    """Write what happened to a redemption into the trail."""
    audit.insert(
        st, action, SOURCE, row.id, person_id=row.person_id,
        detail={"reward": row.reward, "qty": row.qty, "points": row.points, **more},
    )  # fmt: skip


# -- taking back -----------------------------------------------------------------------------------


def cancel(
    session: Session, redemption_id: Any, reason: str, *, approved: bool = False, by_refund: bool = False
) -> Redemption:
    """Take a redemption or a reservation back and return it: points to their own lots, goods to the stock.

    The same business day at its store by whoever may redeem; later by an approval (`approved`). One that an order's
    cash belongs to goes with that order's refund (`by_refund`). Raises NotFound, Conflict `already_cancelled`,
    `reward_used`, `cancel_by_refund`, Forbidden `cancel_needs_approval`, `other_store`, `own_card`, Invalid without a
    reason.
    """
    why = " ".join(reason.split())[:MAX_REASON]
    if len(why) < MIN_REASON:
        raise Invalid.field("reason", _("请写明原因，至少 %(n)d 个字。", n=MIN_REASON))
    st, row = locked(session, redemption_id)
    check_cancel(row, by_refund=by_refund)
    if not approved and not by_refund:
        _refuse_late(st, row)
        dealing.refuse_own(session, [row.person_id])
    if row.state == rules.RESERVED:
        _release(session, st, row, rules.CANCELLED, "rewards.released")
    else:
        _give_back(session, st, row)
    row.reason = why
    row.version += 1
    session.flush()
    return row


def check_cancel(row: Redemption, *, by_refund: bool = False) -> None:
    """Raise Conflict `already_cancelled` for one that is over, `cancel_by_refund` for one with a cash part."""
    if row.state in (rules.CANCELLED, rules.EXPIRED):
        raise Conflict(_("这次兑换已经撤销或到时取消了。"), code="already_cancelled")
    if row.order_id is not None and not by_refund:
        raise Conflict(_("这次兑换另收了钱，请在订单上退款，积分和礼品一起退回。"), code="cancel_by_refund")


def refuse_other_store(row: Redemption) -> None:
    """Raise Forbidden `other_store` for a redemption of a store at which the actor may not redeem."""
    actor = current_actor()
    if may(actor, REDEEM) and not may(actor, REDEEM, row.store_id):
        raise Forbidden(_("这次兑换属于别的门店，请到原门店办理。"), code="other_store")


def _refuse_late(st: Statements, row: Redemption) -> None:
    refuse_other_store(row)
    if row.state != rules.RESERVED and row.business_on != business_day.current(st):
        raise Forbidden(_("隔天的兑换须店长批准才能撤销。请提交申请。"), code="cancel_needs_approval")


def _give_back(session: Session, st: Statements, row: Redemption) -> None:
    posting, before = posting_of(st, row), row.state
    handing.take_back(session, st, row, posting, clock.today(current_actor().tz))
    balance = ledger.balance_of(st, "person", row.person_id, ledger.POINTS, row.person_id)
    had = balance.available(posting.business_on)
    if row.transfer_id:
        ledger.restore(
            st, balance, ledger.POINTS, row.points, posting, redemption_id=row.transfer_id, reason=BACK
        )  # fmt: skip
        back = st.one(
            "SELECT id FROM transfer WHERE franchise_id = ? AND reverses_id = ?", [st.franchise_id, row.transfer_id]
        )
        row.restore_id = int(back[0]) if back else None
    row.state, row.ended_at = rules.CANCELLED, clock.now_ms()
    note(st, "rewards.cancelled", row, state=[before, rules.CANCELLED], balance=[had, had + row.points])


def _release(session: Session, st: Statements, row: Redemption, state: str, action: str) -> None:
    """Let a reservation go: held points to their lots, promised goods to the stock."""
    posting = posting_of(st, row)
    if row.hold_id:
        balance = ledger.balance_of(st, "person", row.person_id, ledger.POINTS, row.person_id)
        row.restore_id = holds.release(st, balance, ledger.POINTS, row.hold_id, posting)
    handing.put_back(st, row)
    row.state, row.ended_at = state, clock.now_ms()
    note(st, action, row, state=[rules.RESERVED, state])


def free_lapsed(session: Session, st: Statements, person_ids: Sequence[int], item_id: int | None = None) -> int:
    """Lock persons and let go of what ran out: their reservations, and those of an item at the acting store.

    Called before points or stock are counted, so a late job never keeps anybody from anything. Return how many.
    """
    now, store_id = clock.now_ms(), current_actor().store_id
    mine: Any = Redemption.person_id.in_(person_ids)
    if item_id is not None:
        mine = or_(mine, (Redemption.item_id == item_id) & (Redemption.store_id == store_id))
    over = select(Redemption).where(
        Redemption.state == rules.RESERVED, Redemption.reserved_until <= now, mine
    )  # fmt: skip
    found = list(session.scalars(over))
    st.lock("person", [*person_ids, *(row.person_id for row in found)])
    return sum(_lapse(session, st, row) for row in found)


def lapse(session: Session, limit: int) -> int:
    """Let go of up to `limit` reservations that ran out, the oldest first, and return how many there were."""
    st = Statements(session, current_actor().franchise_id)
    rows = list(
        session.scalars(
            select(Redemption)
            .where(Redemption.state == rules.RESERVED, Redemption.reserved_until <= clock.now_ms())
            .order_by(Redemption.reserved_until, Redemption.id)
            .limit(limit)
        )
    )
    st.lock("person", [row.person_id for row in rows])
    for row in rows:
        _lapse(session, st, row)
    return len(rows)


def _lapse(session: Session, st: Statements, row: Redemption) -> int:
    """Let one go that ran out, unless somebody did while its person was waited for."""
    st.lock("redemption", [row.id])
    session.refresh(row)
    if not rules.lapsed(row.state, row.reserved_until, clock.now_ms()):
        return 0
    _release(session, st, row, rules.EXPIRED, "rewards.lapsed")
    row.version += 1
    session.flush()
    return 1
