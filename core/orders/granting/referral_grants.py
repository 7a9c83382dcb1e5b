"""Rewards of referrals: given at enrolment or at the first paid order, taken back by its refund (B14, B15, B38).

The referrals room decides and keeps the books; here its grants become points, in the order's own transaction.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from core.cards import services as cards
from core.kernel import clock
from core.kernel.i18n import _
from core.kernel.settings import value as setting
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.ledger import services as ledger
from core.orders import rules as order_rules
from core.orders.models import Tender
from core.org import business_day, franchises
from core.points.rules import expires_on
from core.programme import services as programmes
from core.referrals import rules
from core.referrals import services as referrals
from core.referrals.settings import MINIMUM

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from core.orders.refunding.refund_effects import Effects
    from core.orders.selling.settle import Plan
    from core.people.models import Person
    from core.people.services import NewPerson
    from core.programme.rules import Programme
    from core.referrals.models import Referral
    from core.referrals.services import Given, Waiting

SOURCE = REASON = RULE = "referral"
# Money received (architecture section 3): no points, no insured money (loyalty C8), no value that was paid before.
NOT_COUNTED = (*sorted(order_rules.NOT_FOR_TIER), "stored_value")


# -- enrolment -------------------------------------------------------------------------------------


def enrol(session: Session, new: NewPerson, *, code: str = "", sitting: str = "") -> Person:
    """Enrol a member with the one who brought them, and reward a registration where the programme does (S0-36).

    `code` is the referral code that named the referrer, `sitting` the sign-in or token at work. Raises what
    `cards.enrol` raises, and Invalid `referrer_household`.
    """
    person = cards.enrol(session, new)
    if person.referrer_id is not None:
        referrals.attach_new(session, person, code=code, sitting=sitting)
        _registered(session, person)
    return person


def attach(session: Session, person: Person, referrer: Person, why: str, *, code: str = "") -> Referral:
    """Attach a referrer to a member who was enrolled without; raises what `referrals.attach_later` raises."""
    row = referrals.attach_later(session, person, referrer, why, paid=_ever_paid(session, person.id), code=code)
    _registered(session, person)
    return row


def _ever_paid(session: Session, person_id: int) -> bool:
    paid = select(Tender.id).where(Tender.person_id == person_id, Tender.kind.not_in(NOT_COUNTED)).limit(1)
    return session.scalar(paid) is not None


def _registered(session: Session, person: Person) -> None:
    """Give what a registration gives, if it gives anything."""
    programme = programmes.in_force(session)
    if programme.referral is None or programme.referral.on != rules.ON_REGISTRATION:
        return
    franchises.refuse_when_frozen(session, member=True)
    actor = current_actor()
    st = Statements(session, actor.franchise_id)
    one = referrals.waiting(st, person.id)
    if one is None:
        return
    st.lock("person", one.receivers)
    posting = ledger.Posting(
        business_day.book_on(st), clock.now_ms(), SOURCE, one.id, actor.staff_id, actor.store_id, actor.door
    )
    _give(session, st, one, programme, posting)


# -- the first paid order --------------------------------------------------------------------------


def at_sale(session: Session, st: Statements, plan: Plan, posting: ledger.Posting) -> None:
    """Give what the payer's first paid order gives; the persons concerned are locked (`plan.referral`).

    An order that stays owed is not paid yet: its last payment gives it.
    """
    if plan.owed_fen:
        return
    received = sum(tender.amount_fen for tender in plan.tenders if tender.kind not in NOT_COUNTED)
    paid(session, st, plan.referral, received, plan.priced.programme, posting)


def at_last_payment(session: Session, st: Statements, one: Waiting | None, posting: ledger.Posting) -> None:
    """Give what a first order gives once it is paid whole (B14, B53); `posting` is the order's."""
    paid(session, st, one, _kept(st, posting.source_id), programmes.in_force(session), posting)


def paid(
    session: Session, st: Statements, one: Waiting | None, received_fen: int, programme: Programme,
    posting: ledger.Posting,
) -> None:  # fmt: skip
    """Decide a waiting referral by an order that is paid whole with `received_fen` of money; `posting` is the order's.

    Below the franchise's minimum it goes on waiting. The caller locked `one.receivers`.
    """
    minimum = int(setting(session, MINIMUM)) if one is not None else 0
    if one is None or not rules.still_counts(minimum, received_fen):
        return
    rule = programme.referral
    if rule is not None and rule.on == rules.ON_REGISTRATION:
        programme = replace(programme, referral=None)  # registrations were rewarded when they happened, or never
    _give(session, st, one, programme, posting, order_id=posting.source_id, minimum_fen=minimum)


def _give(
    session: Session, st: Statements, one: Waiting, programme: Programme, posting: ledger.Posting, *,
    order_id: int | None = None, minimum_fen: int = 0,
) -> None:  # fmt: skip
    rule = programme.referral
    done = referrals.decide(session, st, one, rule, posting.business_on)
    if done is None:
        return
    posting = posting.of(SOURCE, one.id)
    ends = expires_on(posting.business_on, programme.points.expires_months)
    transfers = []
    for grant in done.grants:
        balance = ledger.balance_of(st, "person", grant.person_id, ledger.POINTS, grant.person_id)
        transfers.append(
            ledger.credit(st, balance, ledger.POINTS, grant.points, posting, reason=REASON, rule=RULE, expires_on=ends)
        )
    referrals.note_outcome(
        st, one, done, transfers, on=posting.business_on, cap=rule.monthly_cap if rule else 0, order_id=order_id,
        minimum_fen=minimum_fen,
    )  # fmt: skip


# -- its refund ------------------------------------------------------------------------------------


def take_back(st: Statements, order_id: int, payer: int | None, effects: Effects, posting: ledger.Posting) -> None:
    """Take back what an order gave once less money than its minimum is left of it (S22, I27).

    Own lot, other lots, then debt, as every claw-back (S10); a later order of the member gives nothing (B14).
    """
    minimum, given = referrals.given_by(st, order_id)
    if not given or rules.still_counts(minimum, _kept(st, order_id)):
        return
    reversals = []
    for one in given:
        balance = ledger.balance_of(st, "person", one.person_id, ledger.POINTS, one.person_id)
        debt = balance.debt
        ledger.claw_back(
            st, balance, ledger.POINTS, one.points, posting, earned_by=one.referral_id, rule=RULE,
            reverses_id=one.transfer_id,
        )  # fmt: skip
        reversals.append(_reversal(st, one.transfer_id))
        if one.person_id == payer:
            effects.points_debt += max(0, balance.debt - debt)
        effects.referral.append({"member_id": str(one.person_id), "level": one.level, "points": -one.points})
    referrals.note_back(st, given, reversals, payer, posting.business_on)
    effects.effects += list(_told(given))


def _kept(st: Statements, order_id: int) -> int:
    marks = ", ".join("?" * len(NOT_COUNTED))
    row = st.one(
        "SELECT COALESCE(SUM(amount_fen - refunded_fen), 0) FROM tender WHERE franchise_id = ? AND orders_id = ?"  # noqa: S608
        f" AND kind NOT IN ({marks})",
        [st.franchise_id, order_id, *NOT_COUNTED],
    )
    return int(row[0]) if row else 0


def _reversal(st: Statements, transfer_id: int) -> int:
    row = st.one(
        "SELECT id FROM transfer WHERE franchise_id = ? AND reverses_id = ? ORDER BY id DESC LIMIT 1",
        [st.franchise_id, transfer_id],
    )
    assert row is not None
    return int(row[0])


def _told(given: Iterable[Given]) -> Iterable[str]:
    for one in given:
        if one.level == 0:
            yield _("收回本人作为被推荐人所得的 %(n)d 分。", n=one.points)
        elif one.level == 1:
            yield _("收回推荐人所得的 %(n)d 分。", n=one.points)
        else:
            yield _("收回上一级推荐人所得的 %(n)d 分。", n=one.points)
