"""What happened to a person, newest first, merged from the rooms that own it and from plugins.

Each source is asked for no more than a page before the instant `before`, so a page costs the same however
long the history is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select

from core.cards.models import Card, CardSeat
from core.catalog.models import Item
from core.courses.models import CoursePart, CourseUse, CourseUseUndo
from core.desk.people.member import failed_of, person_view
from core.hooktypes import hook_context
from core.kernel import clock
from core.kernel.i18n import _, _l, listed
from core.kernel.plugin_types import Unavailable
from core.kernel.runtime import runtime
from core.kernel.web.formats import yuan
from core.ledger import holds
from core.ledger.models import Transfer
from core.orders.models import OrderLine, Orders, Refund
from core.people.models import Person
from core.programme import services as programmes
from core.rewards.models import Redemption
from core.rewards.releasing import SOURCE
from core.rewards.rules import DONE
from core.tiers.models import TierStanding

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from core.desk.people.member import Failed, MemberSeen

PAGE = 20
FAR = (1 << 62) - 1
KINDS = ("all", "orders", "points", "cards")


@dataclass(frozen=True, slots=True)
class Happening:
    """One entry: the instant, icon and tint, words, amount at the right, and where a press leads."""

    at: int
    icon: str
    tint: str
    title: str
    note: str = ""
    amount: str = ""
    amount_note: str = ""
    endpoint: str = ""
    values: tuple[tuple[str, Any], ...] = ()


@dataclass(slots=True)
class Story:
    """A page of the timeline; `older` is the instant that the next page begins before, or None."""

    rows: list[Happening]
    older: int | None
    failed: list[Failed]


def page(session: Session, seen: MemberSeen, kind: str = "all", before: int | None = None) -> Story:
    """Return a page of what happened to a person before an instant (milliseconds)."""
    limit_at = before or FAR
    person = seen.person
    sources: dict[str, tuple[Callable[[Session, Person, int], list[Happening]], ...]] = {
        "orders": (_orders, _refunds, _uses, _redemptions),
        "points": (_points,),
        "cards": (_cards, _seats, _tiers, _joined),
    }
    everything = (_orders, _refunds, _uses, _redemptions, _other_points, _cards, _seats, _tiers, _joined)
    chosen = sources.get(kind, everything)
    rows = [row for source in chosen for row in source(session, person, limit_at)]
    failed: list[Failed] = []
    if kind not in sources:
        rows += _plugins(session, seen, limit_at, failed)
    rows.sort(key=lambda row: row.at, reverse=True)
    end = min(PAGE, len(rows))
    # What happened at one instant stays on one page: the next begins strictly before it.
    while end < len(rows) and rows[end].at == rows[end - 1].at:
        end += 1
    return Story(rows[:end], rows[end - 1].at if len(rows) > end else None, failed)


def _orders(session: Session, person: Person, before: int) -> list[Happening]:
    found = session.scalars(
        select(Orders)
        .where(Orders.person_id == person.id, Orders.booked_at < before)
        .order_by(Orders.id.desc())
        .limit(PAGE + 1)
    ).all()
    names: dict[int, list[str]] = {row.id: [] for row in found}
    for line in session.scalars(
        select(OrderLine).where(OrderLine.orders_id.in_(names)).order_by(OrderLine.orders_id, OrderLine.line_no)
    ):
        text = line.name or line.item_code
        names[line.orders_id].append(text if line.qty == 1 else f"{text} × {line.qty}")
    return [
        Happening(
            row.booked_at,
            "till",
            "br",
            _("消费 · %(what)s", what=listed(names[row.id][:3]) or "—"),
            _("单号 %(no)s", no=row.order_no),
            yuan(row.total_fen),
            _("+%(n)s 分", n=f"{row.earned_points:,}") if row.earned_points else "",
            "desk.order",
            (("order_no", row.order_no),),
        )
        for row in found
    ]


def _refunds(session: Session, person: Person, before: int) -> list[Happening]:
    found = session.execute(
        select(Refund, Orders.order_no)
        .join(Orders, Orders.id == Refund.orders_id)
        .where(Orders.person_id == person.id, Refund.booked_at < before)
        .order_by(Refund.id.desc())
        .limit(PAGE + 1)
    )
    return [
        Happening(
            row.booked_at,
            "undo",
            "w",
            _("退款 · %(why)s", why=row.reason or "—"),
            _("单号 %(no)s", no=order_no),
            yuan(-row.amount_fen),
            _("扣回 %(n)s 分", n=f"{row.points_taken:,}") if row.points_taken else "",
            "desk.order",
            (("order_no", order_no),),
        )
        for row, order_no in found
    ]


def _uses(session: Session, person: Person, before: int) -> list[Happening]:
    """Return the sessions that the person used, of their own courses or of the family's."""
    found = session.execute(
        select(CourseUse, Item.name, CourseUseUndo.id)
        .join(CoursePart, CoursePart.id == CourseUse.course_part_id)
        .join(Item, Item.id == CoursePart.item_id)
        .outerjoin(CourseUseUndo, CourseUseUndo.course_use_id == CourseUse.id)
        .where(CourseUse.for_person_id == person.id, CourseUse.booked_at < before)
        .order_by(CourseUse.id.desc())
        .limit(PAGE + 1)
    )
    return [
        Happening(
            row.booked_at,
            "check",
            "" if undone else "br",
            _("核销 · %(item)s（已撤销）", item=name) if undone else _("核销 · %(item)s", item=name),
            endpoint="desk.course",
            values=(("course_id", row.course_id),),
        )
        for row, name, undone in found
    ]


def _redemptions(session: Session, person: Person, before: int) -> list[Happening]:
    """Return the rewards that the person took or reserved, as they stand now."""
    found = session.scalars(
        select(Redemption)
        .where(Redemption.person_id == person.id, Redemption.made_at < before)
        .order_by(Redemption.id.desc())
        .limit(PAGE + 1)
    )
    return [
        Happening(
            row.made_at, "gift", "br" if row.state in DONE else "", _taken(row),
            amount=_("−%(n)s 分", n=f"{row.points:,}") if row.state in DONE else "",
            endpoint="desk.redemption", values=(("redemption_id", row.id),),
        )
        for row in found
    ]  # fmt: skip


def _taken(row: Redemption) -> str:
    name = row.name if row.qty == 1 else f"{row.name} × {row.qty}"
    words = {
        "reserved": _("预留 · %(name)s", name=name), "cancelled": _("兑换 · %(name)s（已撤销）", name=name),
        "expired": _("预留 · %(name)s（到时取消）", name=name), "confirmed": _("兑换 · %(name)s（待交付）", name=name),
    }  # fmt: skip
    return words.get(row.state, _("兑换 · %(name)s", name=name))


REASONS: dict[str, Any] = {
    "earn": _l("消费得分"),
    "redeem": _l("积分抵扣"),
    "refund": _l("退款扣回"),
    "restore": _l("退回抵扣积分"),
    "expire": _l("积分到期"),
    "opening": _l("期初积分"),
    "opening_undone": _l("撤销期初导入"),
    "adjust": _l("人工调整"),
    "deduct": _l("人工扣减"),
    "birthday": _l("生日礼"),
    "streak": _l("连续到店奖励"),
    "referral": _l("推荐奖励"),
    "sale": _l("售出疗程"),
    "use": _l("疗程核销"),
    "extend": _l("延期恢复"),
    "reward": _l("积分兑换"),
    "reward_back": _l("撤销兑换"),
    "hold": _l("预留积分"),
    "release": _l("退回预留"),
    "mature": _l("待生效积分可用"),
    "bonus": _l("到期前送积分"),
    "moved_out": _l("转出疗程"),
    "moved_in": _l("转入疗程"),
    "topup": _l("储值充值"),
    "spend": _l("储值付款"),
    "kept": _l("按已消费计算"),
}


def reason_word(reason: str) -> str:
    """Return what a movement of points is called."""
    return str(REASONS.get(reason, reason))


def _points(session: Session, person: Person, before: int) -> list[Happening]:
    return _movements(session, person, before)


def _other_points(session: Session, person: Person, before: int) -> list[Happening]:
    """Return movements that no order and no redemption tells of: these say themselves what they moved."""
    return _movements(session, person, before, Transfer.source_kind.not_in(("order", "refund", SOURCE)))


def _movements(session: Session, person: Person, before: int, *also: Any) -> list[Happening]:
    found = session.scalars(
        select(Transfer)
        .where(
            Transfer.person_id == person.id,
            Transfer.unit == "points",
            Transfer.booked_at < before,
            Transfer.reason.not_in(holds.INTERNAL),
            *also,
        )
        .order_by(Transfer.id.desc())
        .limit(PAGE + 1)
    )
    incoming = {"earn", "restore", "opening", "adjust", "birthday", "streak", "reward_back", "referral", "bonus"}
    return [
        Happening(
            row.booked_at,
            "star",
            "n",
            reason_word(row.reason),
            row.note,
            f"{'+' if row.reason in incoming else '−'}{row.amount:,}",
        )
        for row in found
    ]


def _cards(session: Session, person: Person, before: int) -> list[Happening]:
    programme = programmes.in_force(session)
    found = session.scalars(
        select(Card)
        .where(Card.person_id == person.id, Card.issued_at < before)
        .order_by(Card.id.desc())
        .limit(PAGE + 1)
    )
    rows = []
    for card in found:
        product = programme.card_product(card.product_code)
        name = product.name if product else card.product_code
        until = _("有效至 %(day)s", day=card.valid_until.isoformat()) if card.valid_until else _("长期有效")
        rows.append(
            Happening(card.issued_at, "card", "br", _("办卡 · %(name)s", name=name), f"{card.number} · {until}")
        )
    return rows


def _seats(session: Session, person: Person, before: int) -> list[Happening]:
    found = session.execute(
        select(CardSeat, Person.name)
        .join(Card, Card.id == CardSeat.card_id)
        .join(Person, Person.id == Card.person_id)
        .where(
            CardSeat.person_id == person.id,
            CardSeat.role != "holder",
            or_(CardSeat.joined_at < before, CardSeat.left_at < before),
        )
        .order_by(CardSeat.id.desc())
        .limit(PAGE + 1)
    )
    rows = []
    for seat, holder in found:
        if seat.joined_at < before:
            rows.append(Happening(seat.joined_at, "family", "br", _("加入 %(name)s 的家庭卡", name=holder)))
        if seat.left_at and seat.left_at < before:
            rows.append(Happening(seat.left_at, "family", "", _("离开 %(name)s 的家庭卡", name=holder)))
    return rows


def _tiers(session: Session, person: Person, before: int) -> list[Happening]:
    programme = programmes.in_force(session)
    found = session.scalars(
        select(TierStanding)
        .where(TierStanding.person_id == person.id, TierStanding.at < before)
        .order_by(TierStanding.id.desc())
        .limit(PAGE + 1)
    )
    rows = []
    for row in found:
        tier = programme.tier(row.tier_code)
        until = row.keep_until_on
        note = _("保级至 %(day)s", day=until.isoformat()) if until else ""
        rows.append(
            Happening(row.at, "up", "br", _("等级变为 %(tier)s", tier=tier.name if tier else row.tier_code), note)
        )
    return rows


def _joined(session: Session, person: Person, before: int) -> list[Happening]:
    if person.joined_at >= before:
        return []
    return [Happening(person.joined_at, "user", "", _("建档入会"), _("会员号 %(no)s", no=person.member_no))]


def _plugins(session: Session, seen: MemberSeen, before: int, failed: list[Failed]) -> list[Happening]:
    host = runtime().host
    if host is None:
        return []
    at = before if before != FAR else clock.now_ms() + 1
    answers = host.call(
        "person_timeline",
        hook_context(session),
        person=person_view(session, seen),
        before_ms=at,
        limit=PAGE + 1,
    )
    failed += [failed_of(one.value) for one in answers if isinstance(one.value, Unavailable)]
    return [
        Happening(one.value.at_ms, one.value.icon, "n", str(one.value.title), str(one.value.text))
        for one in answers
        if not one.failed
    ]
