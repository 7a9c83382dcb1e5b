"""What somebody may take for points, with the gap and what stands against it; redemptions as people see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from core.catalog import services as catalog
from core.kernel import clock
from core.kernel.i18n import _
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.ledger import services as ledger
from core.org.models import Staff
from core.programme import services as programmes
from core.programme.vetoes import vetoed
from core.rewards import handing, rules
from core.rewards.models import Redemption

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.programme.document import Reward

LATEST = 20


@dataclass(frozen=True, slots=True)
class Offer:
    """A reward as it stands for somebody here: `stock` None where nothing is counted."""

    reward: Reward
    standing: rules.Standing
    stock: int | None = None
    veto: str = ""
    debt: int = 0

    @property
    def why(self) -> str:
        """Return why it cannot be taken now, in a sentence; empty where it can."""
        one, gap = self.standing.state, f"{self.standing.gap:,}"
        day = self.reward.valid_from.isoformat() if self.reward.valid_from else ""
        says = {
            rules.LACKS: _("还差 %(n)s 分", n=gap), rules.DEBT: _("欠 %(n)s 分，还清前不能兑", n=f"{self.debt:,}"),
            rules.NO_STOCK: _("本店没有库存"), rules.FORBIDDEN: self.veto, rules.NOT_YET: _("%(day)s 起可兑", day=day),
            rules.BROKEN: _("对应的项目或券已停用"),
        }  # fmt: skip
        return says.get(one, "")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All rewards as they stand for somebody (or for nobody in particular) at the acting store."""

    offers: tuple[Offer, ...]
    points: int | None
    debt: int
    held: int

    @property
    def able(self) -> list[Offer]:
        """Return what may be taken now, the dearest first (S2-22)."""
        able = [one for one in self.offers if one.standing.can]
        return sorted(able, key=lambda one: (-one.reward.points, one.reward.code))


def catalogue(session: Session, person_id: int | None = None, qty: int = 1) -> Catalogue:
    """Return every reward of the programme in force, as it stands for a person at the acting store.

    Reservations that ran out count as free. Asks the verticals which rewards may not be handed out.
    """
    actor = current_actor()
    today = clock.today(actor.tz)
    programme = programmes.in_force(session)
    items = handing.items_of(session, programme.rewards)
    vetoes = vetoed(session, programme, programme.rewards)
    goods = {items[code].id for one in programme.rewards if one.kind == rules.GOODS
             and (code := handing.item_code(one)) in items}  # fmt: skip
    stock = catalog.stock_at(session, goods, actor.store_id)
    for item_id, pieces in _lapsed_pieces(session, goods).items():
        stock[item_id] = stock.get(item_id, 0) + pieces
    points, debt, held = _points(session, person_id) if person_id is not None else (None, 0, 0)
    found = []
    for one in programme.rewards:
        item = items.get(handing.item_code(one))
        here = stock.get(item.id, 0) if item and one.kind == rules.GOODS else None
        facts = rules.Facts(
            one.points, qty, points, debt, here, vetoes.get(one.code, ""), handing.broken(programme, one, items),
            one.valid_from,
        )  # fmt: skip
        found.append(Offer(one, rules.standing(facts, today), here, facts.veto, debt))
    return Catalogue(tuple(found), points, debt, held)


def _points(session: Session, person_id: int) -> tuple[int, int, int]:
    """Return (usable, debt, held) of a person's points; a hold that ran out counts as usable."""
    actor = current_actor()
    st = Statements(session, actor.franchise_id)
    usable, debt = ledger.available_of(st, [person_id], ledger.POINTS, clock.today(actor.tz))[person_id]
    rows = session.execute(
        select(Redemption.reserved_until, Redemption.points).where(
            Redemption.person_id == person_id, Redemption.state == rules.RESERVED
        )
    ).all()
    now = clock.now_ms()
    over = sum(points for until, points in rows if until is not None and until <= now)
    return (0 if debt else usable + over), debt, sum(points for _until, points in rows) - over


def _lapsed_pieces(session: Session, item_ids: set[int]) -> dict[int, int]:
    if not item_ids:
        return {}
    rows = session.execute(
        select(Redemption.item_id, func.sum(Redemption.qty))
        .where(
            Redemption.state == rules.RESERVED, Redemption.reserved_until <= clock.now_ms(),
            Redemption.store_id == current_actor().store_id, Redemption.item_id.in_(item_ids),
            Redemption.kind == rules.GOODS,
        )
        .group_by(Redemption.item_id)
    )  # fmt: skip
    return {int(item_id): int(n) for item_id, n in rows}


@dataclass(frozen=True, slots=True)
class RedemptionSeen:
    """A redemption with its words: `state` as of now, what it handed out, who did it, whether it is of today."""

    row: Redemption
    state: str
    staff: str
    gifts: list[tuple[str, int]]


def of_member(session: Session, person_id: int, limit: int = LATEST) -> list[RedemptionSeen]:
    """Return a member's latest redemptions, newest first."""
    return see(
        session,
        list(
            session.scalars(
                select(Redemption).where(Redemption.person_id == person_id).order_by(Redemption.id.desc()).limit(limit)
            )
        ),
    )


def see(session: Session, rows: list[Redemption]) -> list[RedemptionSeen]:
    """Return redemptions as people see them; one whose time is over says so before the job has come by."""
    gifts, now = handing.gifts_of(session, [row.id for row in rows]), clock.now_ms()
    ids = {row.staff_id for row in rows if row.staff_id}
    names = dict(session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(ids))).all()) if ids else {}
    return [
        RedemptionSeen(
            row, rules.EXPIRED if rules.lapsed(row.state, row.reserved_until, now) else row.state,
            names.get(row.staff_id, ""), gifts[row.id],
        )
        for row in rows
    ]  # fmt: skip


def offer_json(one: Offer, *, member: bool) -> dict[str, Any]:
    """Return a reward as contract.md section 5 spells it; for a member also whether it can be had."""
    plain: dict[str, Any] = {
        "code": one.reward.code, "name": one.reward.name, "kind": one.reward.kind, "points": one.reward.points,
        "cash_fen": one.reward.cash_fen,
    }  # fmt: skip
    if one.stock is not None:
        plain["stock"] = one.stock
    if one.reward.valid_from is not None:
        plain["valid_from"] = one.reward.valid_from.isoformat()
    if member:
        plain |= {"state": one.standing.state, "gap": one.standing.gap}
    if one.why:
        plain["reason"] = one.why
    return plain
