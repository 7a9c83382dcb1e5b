"""Verbs of referrals: attach a referrer once for ever, find one by code, work out and note what a referral gives.

Points are posted by orders, which owns the events (architecture section 1, rule b): these verbs return grants.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from core.kernel import audit, clock, counters
from core.kernel.errors import Conflict, FieldError, Invalid
from core.kernel.i18n import _
from core.kernel.ids import new_code, new_id
from core.kernel.settings import value as setting
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.org import dealing
from core.people import services as people
from core.people.models import Person
from core.referrals import rules
from core.referrals.models import Referral, ReferralCode
from core.referrals.settings import ATTACH_DAYS, STAFF_POINTS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from core.programme.rules import Referral as Rule

FIELD = "referrer"
WHY_AT_LEAST = 2
_GRAPH = "referral_graph"


# -- codes -----------------------------------------------------------------------------------------


def code_of(session: Session, person_id: int) -> ReferralCode | None:
    """Return a member's code, or None before one was made."""
    return session.scalar(select(ReferralCode).where(ReferralCode.person_id == person_id))


def make_code(session: Session, person_id: int) -> ReferralCode:
    """Return a member's code, making it the first time."""
    person = people.get(session, person_id)
    Statements(session, current_actor().franchise_id).lock("person", [person.id])
    found = code_of(session, person.id)
    if found is not None:
        return found
    short = rules.make_short_code()
    while session.scalar(select(ReferralCode.id).where(ReferralCode.short_code == short)):
        short = rules.make_short_code()
    row = ReferralCode(person_id=person.id, public_code=new_code(), short_code=short, made_at=clock.now_ms())
    session.add(row)
    session.flush()
    audit.record(session, "referrals.code.made", "person", person.id, person_id=person.id)
    return row


def by_code(session: Session, typed: str) -> tuple[Person, ReferralCode] | None:
    """Return whose code was scanned or typed, or None."""
    raw = typed.strip()
    if not 0 < len(raw) <= 40:
        return None
    asked = or_(ReferralCode.public_code == raw, ReferralCode.short_code == rules.tidy_code(raw))
    row = session.scalar(select(ReferralCode).where(asked))
    return (people.get(session, row.person_id), row) if row else None


# -- attaching -------------------------------------------------------------------------------------


def of_person(session: Session, person_id: int) -> Referral | None:
    """Return how a person was brought, or None; also for one who was brought before this house kept referrals."""
    return session.scalar(select(Referral).where(Referral.person_id == person_id))


def attach_new(session: Session, person: Person, *, code: str = "", sitting: str = "") -> Referral:
    """Note the referrer with whom a person was just enrolled, and return the referral.

    `sitting` names the sign-in or token that enrolled them; what is kept of it says only whether two are the same.

    Raises Invalid `referrer_household` for somebody of the same family, household or phone (S22: self-referral).
    """
    referrer = people.get(session, person.referrer_id)
    _refuse_kin(session, person.id, referrer.id)
    row = _write(session, person, referrer, code, "")
    if sitting:
        row.door_key = hashlib.sha256(f"{row.franchise_id}|{sitting}".encode()).hexdigest()[:32]
        session.flush()
    return row


def attach_later(
    session: Session, person: Person, referrer: Person, why: str, *, paid: bool, code: str = ""
) -> Referral:
    """Attach a referrer to somebody who is a member already; `paid` says whether an order of theirs was ever paid.

    Raises Conflict `referrer_set` for one who has a referrer, Invalid `referrer_late` after the days of the setting
    or the first paid order, `referrer_self`, `referrer_household` and `referrer_cycle`, Invalid without a reason.
    """
    if len(why.strip()) < WHY_AT_LEAST:
        raise Invalid.field("why", _("请写明为什么补登，至少两个字。"))
    st = Statements(session, current_actor().franchise_id)
    # One at a time: two attachments of strangers could otherwise close a circle that neither of them sees.
    counters.take(st, _GRAPH)
    st.lock("person", [person.id, referrer.id])
    session.refresh(person)
    session.refresh(referrer)
    if person.id == referrer.id:
        raise Invalid(_("不能把本人登记为自己的推荐人。"), code="referrer_self", errors=_at(_("这就是本人。")))
    if person.referrer_id is not None:
        raise Conflict(
            _("这位会员已有推荐人，推荐人登记后不再改。"), code="referrer_set", errors=_at(_("已有推荐人。")),
        )  # fmt: skip
    _refuse_late(session, person, paid)
    _refuse_kin(session, person.id, referrer.id)
    if rules.closes_cycle(lambda one: _referrer_of(st, one), person.id, referrer.id):
        raise Invalid(
            _("推荐关系会绕成一圈：推荐人本来就是由这位会员（直接或间接）推荐来的。请换一位推荐人。"),
            code="referrer_cycle",
            errors=_at(_("由这位会员推荐来的。")),
        )
    person.referrer_id = referrer.id
    person.version += 1
    return _write(session, person, referrer, code, why.strip()[:200])


def _at(message: str) -> list[FieldError]:
    return [FieldError(FIELD, message)]


def _refuse_late(session: Session, person: Person, paid: bool) -> None:
    days = int(setting(session, ATTACH_DAYS))
    joined = clock.business_date(clock.from_ms(person.joined_at), current_actor().tz)
    why = ""
    if paid:
        why = _("这位会员已经付过款，推荐人要在首笔付款之前登记。")
    elif rules.too_late(joined, clock.today(current_actor().tz), days):
        why = _("入会已超过 %(n)d 天，不能再补登推荐人。", n=days)
    if why:
        raise Invalid(why, code="referrer_late", errors=_at(why))


def _refuse_kin(session: Session, person_id: int, referrer_id: int) -> None:
    if referrer_id in dealing.circle(session, person_id):
        why = _("推荐人是本人的家人、同卡成员或共用手机的人，不算推荐。请换一位推荐人或留空。")
        raise Invalid(why, code="referrer_household", errors=_at(why))


def _referrer_of(st: Statements, person_id: int) -> int | None:
    row = st.one("SELECT referrer_id FROM person WHERE franchise_id = ? AND id = ?", [st.franchise_id, person_id])
    return int(row[0]) if row and row[0] is not None else None


def _write(session: Session, person: Person, referrer: Person, code: str, why: str) -> Referral:
    actor = current_actor()
    row = Referral(
        person_id=person.id, referrer_id=referrer.id, code_used=code[:22], source=_source(code, actor.door),
        attached_at=clock.now_ms(), attached_on=clock.today(actor.tz), staff_id=actor.staff_id,
        store_id=actor.store_id,
    )  # fmt: skip
    row.why = why or None
    session.add(row)
    session.flush()
    audit.record(
        session, "referrals.attached", "person", person.id, person_id=person.id,
        detail={"source": row.source, "changes": {"referrer": ["", referrer.member_no]}},
    )  # fmt: skip
    return row


def _source(code: str, door: str) -> str:
    """Return where a referral came from: `qr` for a code, else the door."""
    return "qr" if code else {"api": "api", "import": "import"}.get(door, "desk")


# -- what a referral gives -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Waiting:
    """A pending referral with the persons whom its reward may touch."""

    id: int
    person_id: int
    referrer_id: int
    above_id: int | None

    @property
    def receivers(self) -> tuple[int, ...]:
        """Return who may be given points: these are locked before anything is read that decides."""
        found = (self.person_id, self.referrer_id, self.above_id)
        return tuple(one for one in found if one is not None)


def waiting(st: Statements, person_id: int | None) -> Waiting | None:
    """Return the pending referral of a person, or None."""
    if person_id is None:
        return None
    row = st.one(
        "SELECT r.id, r.person_id, r.referrer_id, p.referrer_id FROM referral r JOIN person p"
        " ON p.franchise_id = r.franchise_id AND p.id = r.referrer_id"
        " WHERE r.franchise_id = ? AND r.person_id = ? AND r.state = 'pending'",
        [st.franchise_id, person_id],
    )
    return Waiting(int(row[0]), int(row[1]), int(row[2]), int(row[3]) if row[3] else None) if row else None


def decide(session: Session, st: Statements, one: Waiting, rule: Rule | None, on: date) -> rules.Outcome | None:
    """Return what a waiting referral gives on the business date `on`; None when it was decided meanwhile.

    The caller holds `one.receivers`: the count of the month is read after that, so two at once cannot both be the
    tenth (B38).
    """
    row = st.one("SELECT state FROM referral WHERE franchise_id = ? AND id = ?", [st.franchise_id, one.id])
    if row is None or row[0] != rules.PENDING:
        return None
    kin = dealing.circle(session, one.person_id)
    above = [one.referrer_id]
    if rule is not None and rules.depth_of(rule) > 1 and one.above_id is not None:
        above.append(one.above_id)
    uplines = [_upline(st, person_id, level, kin, on) for level, person_id in enumerate(above, 1)]
    return rules.outcome(rule, one.person_id, uplines, staff_points=bool(setting(session, STAFF_POINTS)))


def _upline(st: Statements, person_id: int, level: int, kin: set[int], on: date) -> rules.Upline:
    row = st.one(
        "SELECT p.active, (SELECT COUNT(*) FROM staff s WHERE s.franchise_id = p.franchise_id AND s.person_id = p.id"
        " AND s.active = TRUE), (SELECT COUNT(*) FROM referral_grant g WHERE g.franchise_id = p.franchise_id"
        " AND g.person_id = p.id AND g.month = ? AND g.level > 0 AND g.reversal_id IS NULL)"
        " FROM person p WHERE p.franchise_id = ? AND p.id = ?",
        [rules.month_of(on), st.franchise_id, person_id],
    )
    assert row is not None
    return rules.Upline(person_id, level, person_id in kin, bool(row[1]), not row[0], int(row[2]))


def note_outcome(
    st: Statements, one: Waiting, done: rules.Outcome, transfers: Sequence[int], *, on: date, cap: int,
    order_id: int | None, minimum_fen: int,
) -> None:  # fmt: skip
    """Write what a referral gave; `transfers` stand beside `done.grants`."""
    st.run(
        "UPDATE referral SET state = ?, reason = ?, order_id = ?, minimum_fen = ?, settled_on = ?"
        " WHERE franchise_id = ? AND id = ? AND state = 'pending'",
        [done.state, done.reason, order_id, minimum_fen, on, st.franchise_id, one.id],
    )
    rows = [
        {
            "id": new_id(), "franchise_id": st.franchise_id, "referral_id": one.id, "person_id": grant.person_id,
            "level": grant.level, "points": grant.points, "month": rules.month_of(on), "cap": cap,
            "transfer_id": transfer, "reversal_id": None, "business_on": on,
        }
        for grant, transfer in zip(done.grants, transfers, strict=True)
    ]  # fmt: skip
    st.insert_many("referral_grant", rows)
    action = "referrals.rewarded" if done.grants else "referrals.refused"
    detail = {"points": {str(grant.level): grant.points for grant in done.grants}, "held": dict(done.held)}
    audit.insert(st, action, "referral", one.id, person_id=one.person_id, detail=detail)


# -- what a refund takes back ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Given:
    """A grant of an order that stands: who has how many points from which transfer."""

    id: int
    referral_id: int
    person_id: int
    level: int
    points: int
    transfer_id: int


def receivers_of(st: Statements, order_id: int) -> list[int]:
    """Return the persons who have points because of an order."""
    rows = st.all(
        "SELECT g.person_id FROM referral r JOIN referral_grant g ON g.franchise_id = r.franchise_id"
        " AND g.referral_id = r.id WHERE r.franchise_id = ? AND r.order_id = ? AND g.reversal_id IS NULL",
        [st.franchise_id, order_id],
    )
    return [int(row[0]) for row in rows]


def given_by(st: Statements, order_id: int) -> tuple[int, list[Given]]:
    """Return (the money the order had to bring, fen; its grants that stand)."""
    rows = st.all(
        "SELECT g.id, r.id, g.person_id, g.level, g.points, g.transfer_id, r.minimum_fen FROM referral r"
        " JOIN referral_grant g ON g.franchise_id = r.franchise_id AND g.referral_id = r.id"
        " WHERE r.franchise_id = ? AND r.order_id = ? AND r.state = 'rewarded' AND g.reversal_id IS NULL"
        " ORDER BY g.level",
        [st.franchise_id, order_id],
    )
    found = [Given(*(int(value) for value in row[:6])) for row in rows]
    return (int(rows[0][6]) if rows else 0), found


def note_back(
    st: Statements, given: Sequence[Given], reversals: Sequence[int], person_id: int | None, on: date
) -> None:
    """Write that the grants of an order were taken back; the referral stays decided, a later order gives nothing."""
    for one, transfer in zip(given, reversals, strict=True):
        st.run(
            "UPDATE referral_grant SET reversal_id = ? WHERE franchise_id = ? AND id = ?",
            [transfer, st.franchise_id, one.id],
        )
    st.run(
        "UPDATE referral SET state = 'clawed_back', clawed_on = ? WHERE franchise_id = ? AND id = ?",
        [on, st.franchise_id, given[0].referral_id],
    )
    detail = {"points": {str(one.level): one.points for one in given}}
    audit.insert(st, "referrals.clawed_back", "referral", given[0].referral_id, person_id=person_id, detail=detail)
