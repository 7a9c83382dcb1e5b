"""Verbs of redemptions: reserve, confirm, hand over; taking back lies in releasing.py (loyalty S9, S23).

The caller holds the write unit. A reservation that ran out counts as free for everybody who asks, whether or not the
job has come by.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.kernel import clock, settings
from core.kernel.errors import Conflict, FieldError, Invalid, Refusal
from core.kernel.i18n import _
from core.kernel.ids import new_id
from core.kernel.money import show_yuan
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.ledger import holds
from core.ledger import services as ledger
from core.org import business_day, dealing, franchises
from core.people import services as people
from core.programme import services as programmes
from core.programme.vetoes import vetoed
from core.rewards import handing, releasing, rules
from core.rewards.models import Redemption
from core.rewards.releasing import SOURCE, cancel, get, locked, note, posting_of, refuse_other_store
from core.rewards.settings import HOLD_MINUTES

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.catalog.models import Item
    from core.people.models import Person
    from core.programme.document import Programme, Reward

SPENT = "reward"

__all__ = ["SOURCE", "SPENT", "Asked", "cancel", "confirm", "fulfil", "get", "reward_of", "take"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A reward as asked for. `hold` only reserves it; `handed` goods are handed over at once.

    `order_id` is the order that took its cash part. `proof` is a colleague's PIN over `payload_sha256`, for the account
    of one's own household.
    """

    reward: str
    qty: int = 1
    hold: bool = False
    handed: bool = True
    order_id: int | None = None
    proof: str | None = None
    payload_sha256: str = ""


# -- finding ---------------------------------------------------------------------------------------


def reward_of(programme: Programme, code: str) -> Reward:
    """Return a reward of the programme; raise Invalid `unknown_reward`."""
    found = programme.reward(code)
    if found is None:
        message = _("没有代码为 %(code)s 的礼品。", code=code[:40])
        raise Invalid(message, code="unknown_reward", errors=[FieldError("reward", message)])
    return found


# -- taking a reward -------------------------------------------------------------------------------


def take(session: Session, person_id: Any, asked: Asked) -> Redemption:
    """Reserve a reward, or redeem it at once, and return the redemption.

    Raises NotFound for a foreign person, Invalid for an unknown reward or number of pieces, Forbidden `own_card`,
    Refusal `reward_forbidden` (naming the rule), `reward_not_yet`, `reward_unavailable`, `reward_needs_payment`,
    `not_enough_points`, `points_in_debt`, `member_inactive`, Conflict `out_of_stock`.
    """
    actor = current_actor()
    if not 1 <= asked.qty <= rules.MOST:
        raise Invalid.field("qty", _("一次兑换 1 到 %(n)d 件。", n=rules.MOST))
    franchises.refuse_when_frozen(session, member=True)
    person = people.get(session, person_id)
    if not person.active:
        raise Refusal(_("这位会员已停用，不能兑换。"), code="member_inactive")
    dealing.refuse_own(session, [person.id], proof=asked.proof, payload_sha256=asked.payload_sha256)
    programme = programmes.in_force(session)
    reward = reward_of(programme, asked.reward)
    item = _check(session, programme, reward, asked)
    st = Statements(session, actor.franchise_id)
    releasing.free_lapsed(session, st, [person.id], item.id if item and reward.kind == rules.GOODS else None)
    row = _row(st, session, person, programme, reward, item, asked)
    posting = posting_of(st, row)
    handing.set_aside(st, row)
    balance = ledger.balance_of(st, "person", person.id, ledger.POINTS, person.id)
    before = balance.available(posting.business_on)
    if asked.hold:
        row.hold_id = holds.hold(st, balance, ledger.POINTS, row.points, posting) if row.points else None
        note(st, "rewards.reserved", row, balance=[before, before - row.points])
    else:
        if row.points:
            row.transfer_id = ledger.redeem(st, balance, ledger.POINTS, row.points, posting, reason=SPENT)
        _finish(session, st, row, programme, posting, handed=asked.handed)
        note(st, "rewards.confirmed", row, balance=[before, before - row.points])
    session.flush()
    return row


def _check(session: Session, programme: Programme, reward: Reward, asked: Asked) -> Item | None:
    """Return the reward's item; raise why it cannot be had whatever the points."""
    today = clock.today(current_actor().tz)
    if reward.valid_from is not None and reward.valid_from > today:
        raise Refusal(
            _("“%(name)s”从 %(day)s 起才能兑换。", name=reward.name, day=reward.valid_from.isoformat()),
            code="reward_not_yet",
        )  # fmt: skip
    items = handing.items_of(session, [reward])
    if handing.broken(programme, reward, items):
        raise Refusal(
            _("“%(name)s”对应的项目或券已经不存在，请规则管理员先改会员方案。", name=reward.name),
            code="reward_unavailable",
        )  # fmt: skip
    veto = vetoed(session, programme, [reward]).get(reward.code)
    if veto:
        raise Refusal(_("不能兑换。%(why)s", why=veto), code="reward_forbidden")
    if reward.cash_fen and asked.order_id is None:
        raise Refusal(
            _("“%(name)s”另收 %(yuan)s 元，请和收款一起办。", name=reward.name, yuan=show_yuan(reward.cash_fen)),
            code="reward_needs_payment", extra={"cash_fen": reward.cash_fen * asked.qty},
        )  # fmt: skip
    return items.get(handing.item_code(reward))


def _row(
    st: Statements, session: Session, person: Person, programme: Programme, reward: Reward, item: Item | None,
    asked: Asked,
) -> Redemption:  # fmt: skip
    actor, now = current_actor(), clock.now_ms()
    until = now + int(settings.value(session, HOLD_MINUTES)) * 60_000 if asked.hold else None
    row = Redemption(
        id=new_id(), person_id=person.id, store_id=actor.store_id, staff_id=actor.staff_id, reward=reward.code,
        name=reward.name, kind=reward.kind, programme_number=programme.version, item_id=item.id if item else None,
        qty=asked.qty, points=reward.points * asked.qty, cash_fen=reward.cash_fen * asked.qty,
        state=rules.RESERVED if asked.hold else rules.CONFIRMED, reserved_until=until, order_id=asked.order_id,
        business_on=business_day.book_on(st), made_at=now, door=actor.door, version=1,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def _finish(
    session: Session, st: Statements, row: Redemption, programme: Programme, posting: ledger.Posting, *, handed: bool
) -> None:
    """Hand out what a paid redemption gives: coupons and courses at once, goods when somebody hands them over."""
    handing.hand_out(session, st, row, programme, posting)
    row.confirmed_at, row.reserved_until = clock.now_ms(), None
    row.business_on = posting.business_on
    row.state = rules.FULFILLED if handed or row.kind != rules.GOODS else rules.CONFIRMED
    row.ended_at = clock.now_ms() if row.state == rules.FULFILLED else None


def confirm(session: Session, redemption_id: Any, *, handed: bool = True) -> Redemption:
    """Turn a reservation into a redemption at the price it was reserved for, and return it.

    Raises NotFound, Conflict `reservation_over` for one that ran out, was taken back or is confirmed already, Refusal
    `reward_forbidden`, `points_in_debt`, Forbidden `own_card`.
    """
    st, row = locked(session, redemption_id)
    if row.state != rules.RESERVED or rules.lapsed(row.state, row.reserved_until, clock.now_ms()):
        raise Conflict(_("这次预留已经到时、取消或确认过了。请重新兑换。"), code="reservation_over")
    dealing.refuse_own(session, [row.person_id])
    refuse_other_store(row)
    programme = programmes.numbered(session, row.programme_number)
    reward = programme.reward(row.reward)
    veto = vetoed(session, programme, [reward]).get(row.reward) if reward else None
    if veto:
        raise Refusal(_("不能兑换。%(why)s", why=veto), code="reward_forbidden")
    posting = posting_of(st, row)
    balance = ledger.balance_of(st, "person", row.person_id, ledger.POINTS, row.person_id)
    if row.hold_id:
        _back, row.transfer_id = holds.spend(st, balance, ledger.POINTS, row.hold_id, posting, reason=SPENT)
    _finish(session, st, row, programme, posting, handed=handed)
    row.version += 1
    note(st, "rewards.confirmed", row)
    session.flush()
    return row


def fulfil(session: Session, redemption_id: Any) -> Redemption:
    """Note that goods were handed over; raise Conflict `not_to_hand_over` where nothing waits for it."""
    st, row = locked(session, redemption_id)
    if row.state != rules.CONFIRMED:
        raise Conflict(_("这次兑换没有等着交付的礼品。"), code="not_to_hand_over")
    row.state, row.ended_at = rules.FULFILLED, clock.now_ms()
    row.version += 1
    note(st, "rewards.fulfilled", row, state=[rules.CONFIRMED, rules.FULFILLED])
    session.flush()
    return row
