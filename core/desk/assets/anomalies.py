"""What looks irregular about points, to be looked at by a person (S2-26): rows with their source, no verdicts.

Kinds: adjustments (more by hand than usual, one member of staff on one day), self (one's own redemption), closing
(shortly before a day close), no_order (points that no order earned), refund (of an order after its points were
redeemed), sitting (one sign-in enrolled many people by the word of one referrer on a day). Every query walks an index
over the days asked for.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, literal_column, select

from core.cash.models import DayClose
from core.kernel import audit, clock, settings
from core.kernel.errors import Conflict, Invalid
from core.kernel.i18n import _, _l
from core.kernel.models import AuditEntry
from core.kernel.tenancy import current_actor
from core.ledger.models import Transfer
from core.orders.models import Orders, Refund
from core.org.models import Staff
from core.people.models import Person
from core.referrals.models import Referral
from core.referrals.settings import ODD_SITTING
from core.rewards.models import AnomalyReview, Redemption
from core.rewards.rules import DONE
from core.rewards.settings import ODD_ADJUSTMENTS, ODD_HOURS, ODD_MINUTES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

KINDS: dict[str, Any] = {
    "adjustments": _l("手工调整太多"), "self": _l("给自己兑换"), "closing": _l("日结前的动作"),
    "no_order": _l("没有订单的积分"), "refund": _l("兑换后退款"), "sitting": _l("集中登记推荐"),
}  # fmt: skip
MOST = 100
BY_HAND = ("adjustment", "approval")
MIN_NOTE, MAX_NOTE = 2, 200


@dataclass(slots=True)
class Odd:
    """A row to look at: what of which kind on which day, in words, by whom, about whom, and where it stands."""

    kind: str
    subject_id: int
    day: date
    at: int
    what: str
    staff_id: int | None = None
    person_id: int | None = None
    endpoint: str = ""
    values: tuple[tuple[str, Any], ...] = ()
    staff: str = ""
    person: str = ""
    review: AnomalyReview | None = None

    @property
    def key(self) -> str:
        """Return what names the row in a form."""
        return f"{self.kind}:{self.subject_id}:{self.day.isoformat()}"


def found(session: Session, days: int) -> list[Odd]:
    """Return what looks irregular in the last `days` days, newest first, each with its review if there is one."""
    today = clock.today(current_actor().tz)
    since = today - timedelta(days=days - 1)
    at = clock.now_ms() - days * 86_400_000
    rows = [
        *_adjustments(session, at), *_of_oneself(session, since), *_before_closing(session, since),
        *_without_order(session, at), *_refunds(session, since), *_one_sitting(session, since),
    ]  # fmt: skip
    rows.sort(key=lambda one: one.at, reverse=True)
    _name(session, rows)
    return rows


def _day(at: int) -> date:
    return clock.business_date(clock.from_ms(at), current_actor().tz)


def _adjustments(session: Session, since: int) -> list[Odd]:
    most = int(settings.value(session, ODD_ADJUSTMENTS))
    rows = session.execute(
        select(AuditEntry.staff_id, AuditEntry.at)
        .where(AuditEntry.action == "points.adjusted", AuditEntry.at >= since, AuditEntry.staff_id.is_not(None))
        .order_by(AuditEntry.at)
    ).all()
    last = {(staff, _day(at)): at for staff, at in rows}
    counts = Counter((staff, _day(at)) for staff, at in rows)
    return [
        Odd("adjustments", staff, day, last[(staff, day)], _("一天手工调整积分 %(n)d 次", n=n), staff,
            endpoint="record_transfers.index_view", values=(("f.reason", "adjust"),))
        for (staff, day), n in counts.items() if n > most
    ]  # fmt: skip


def _redeemed(since: date, *also: Any) -> Any:
    return (
        select(Redemption)
        .where(Redemption.business_on >= since, Redemption.state.in_(DONE), *also)
        .order_by(Redemption.business_on.desc(), Redemption.id.desc())
        .limit(MOST)
    )


def _odd(kind: str, row: Redemption, what: str) -> Odd:
    return Odd(
        kind, row.id, row.business_on, row.confirmed_at or row.made_at, what, row.staff_id, row.person_id,
        "desk.redemption", (("redemption_id", row.id),),
    )  # fmt: skip


def _of_oneself(session: Session, since: date) -> list[Odd]:
    own = select(Staff.id).where(Staff.id == Redemption.staff_id, Staff.person_id == Redemption.person_id).exists()
    return [
        _odd("self", row, _("给自己兑换“%(name)s”，%(n)s 分", name=row.name, n=f"{row.points:,}"))
        for row in session.scalars(_redeemed(since, own))
    ]


def _before_closing(session: Session, since: date) -> list[Odd]:
    """Return redemptions and adjustments of the last minutes before their store's day was closed."""
    window = int(settings.value(session, ODD_MINUTES)) * 60_000
    closed = session.execute(
        select(DayClose.store_id, DayClose.closed_at).where(DayClose.business_on >= since).limit(MOST)
    ).all()
    rows: list[Odd] = []
    for store_id, at in closed:
        late = _redeemed(
            since, Redemption.store_id == store_id, Redemption.confirmed_at >= at - window, Redemption.confirmed_at < at
        )
        rows += [
            _odd("closing", row, _("日结前 %(n)d 分钟内兑换“%(name)s”", n=window // 60_000, name=row.name))
            for row in session.scalars(late)
        ]
        changed = session.scalars(
            select(AuditEntry).where(
                AuditEntry.action == "points.adjusted", AuditEntry.at >= at - window, AuditEntry.at < at,
                AuditEntry.store_id == store_id,
            )
        )  # fmt: skip
        rows += [
            Odd("closing", one.id, _day(one.at), one.at, _("日结前 %(n)d 分钟内手工调整积分", n=window // 60_000),
                one.staff_id, one.person_id, "desk.member", (("person_id", one.person_id), ("tab", "points")))
            for one in changed
        ]  # fmt: skip
    return rows


def _without_order(session: Session, since: int) -> list[Odd]:
    found_ = session.scalars(
        select(Transfer)
        .where(
            Transfer.source_kind.in_(BY_HAND), Transfer.unit == "points", Transfer.reason == "adjust",
            Transfer.booked_at >= since,
        )
        .order_by(Transfer.id.desc())
        .limit(MOST)
    )  # fmt: skip
    return [
        Odd("no_order", row.id, row.business_on, row.booked_at, _("手工加 %(n)s 分，没有订单", n=f"{row.amount:,}"),
            row.staff_id, row.person_id, "desk.member", (("person_id", row.person_id), ("tab", "points")))
        for row in found_
    ]  # fmt: skip


def _one_sitting(session: Session, since: date) -> list[Odd]:
    """Return referrers for whom one sign-in (or API token) enrolled many people on one day (S22)."""
    most = int(settings.value(session, ODD_SITTING))
    rows = session.execute(
        select(
            Referral.referrer_id, Referral.attached_on, func.count(), func.max(Referral.attached_at),
            func.max(Referral.staff_id),
        )
        .where(Referral.attached_on >= since, Referral.door_key != literal_column("''"))
        .group_by(Referral.referrer_id, Referral.attached_on, Referral.door_key)
        .having(func.count() >= most)
        .limit(MOST)
    )  # fmt: skip
    found_: dict[tuple[int, date], Odd] = {}
    for referrer, day, n, at, staff in rows:
        what = _("一次登录一天内登记了 %(n)d 位由同一人推荐的会员", n=n)
        odd = Odd("sitting", referrer, day, at, what, staff, referrer, "desk.referrals", (("person_id", referrer),))
        found_.setdefault((referrer, day), odd)
    return list(found_.values())


def _refunds(session: Session, since: date) -> list[Odd]:
    """Return refunds that took points back within some hours after their member had redeemed."""
    hours = int(settings.value(session, ODD_HOURS))
    rows = session.execute(
        select(Refund, Redemption.name, Orders.order_no)
        .join(Redemption, Redemption.person_id == Refund.person_id)
        .join(Orders, Orders.id == Refund.orders_id)
        .where(
            Redemption.business_on >= since - timedelta(days=hours // 24 + 1), Redemption.state.in_(DONE),
            Refund.booked_at >= Redemption.made_at, Refund.booked_at <= Redemption.made_at + hours * 3_600_000,
            Refund.points_taken > 0, Refund.business_on >= since,
        )
        .order_by(Refund.id.desc())
        .limit(MOST)
    ).all()  # fmt: skip
    once: dict[int, Odd] = {}
    for row, name, order_no in rows:
        what = _("兑换“%(name)s”后退款，扣回 %(n)s 分", name=name, n=f"{row.points_taken:,}")
        once.setdefault(row.id, Odd(
            "refund", row.id, row.business_on, row.booked_at, what, row.staff_id, row.person_id, "desk.order",
            (("order_no", order_no),),
        ))  # fmt: skip
    return list(once.values())


def _name(session: Session, rows: Iterable[Odd]) -> None:
    """Fill in who did it, about whom, and what was written down about it."""
    rows = list(rows)
    staff = _names(session, Staff, {one.staff_id for one in rows})
    persons = _names(session, Person, {one.person_id for one in rows})
    ids = {one.subject_id for one in rows}
    seen = session.scalars(select(AnomalyReview).where(AnomalyReview.subject_id.in_(ids))) if ids else []
    reviews = {(one.kind, one.subject_id, one.business_on): one for one in seen}
    for one in rows:
        one.staff, one.person = staff.get(one.staff_id or 0, ""), persons.get(one.person_id or 0, "")
        one.review = reviews.get((one.kind, one.subject_id, one.day))


def _names(session: Session, model: Any, ids: set[int | None]) -> dict[int, str]:
    wanted = {one for one in ids if one}
    if not wanted:
        return {}
    return {row[0]: row[1] for row in session.execute(select(model.id, model.name).where(model.id.in_(wanted)))}


def review(session: Session, key: str, note: str, days: int) -> AnomalyReview:
    """Write down what a row turned out to be; raise Invalid without a note, Conflict `already_reviewed`."""
    text = " ".join(note.split())[:MAX_NOTE]
    if len(text) < MIN_NOTE:
        raise Invalid.field("note", _("请写下核对的结果，至少 %(n)d 个字。", n=MIN_NOTE))
    odd = next((one for one in found(session, days) if one.key == key), None)
    if odd is None:
        raise Conflict(_("这一条已经不在名单里了，请刷新。"), code="conflict")
    if odd.review is not None:
        raise Conflict(_("这一条已经有人核对过了。"), code="already_reviewed")
    row = AnomalyReview(
        kind=odd.kind, subject_id=odd.subject_id, business_on=odd.day, staff_id=current_actor().staff_id,
        made_at=clock.now_ms(),
    )  # fmt: skip
    row.note = text
    session.add(row)
    session.flush()
    audit.record(
        session, "rewards.anomaly.reviewed", "anomaly_review", row.id, person_id=odd.person_id,
        detail={"kind": odd.kind, "subject": str(odd.subject_id), "note": text},
    )  # fmt: skip
    return row
