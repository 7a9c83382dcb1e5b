"""Rewards for tests: the physio preset's (S2-14 to S2-16), and short ways to give points, redeem and look."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from core.catalog import services as catalog
from core.console import verification
from core.coupons.models import Coupon
from core.kernel import clock
from core.kernel.statements import Statements
from core.ledger import services as ledger
from core.programme import services as programmes
from core.programme.document import CouponRule, ItemScope, Reward
from core.rewards import services as rewards
from core.rewards.models import Redemption

C10 = CouponRule("C10", "10 元券", "order", amount_fen=1_000, items=ItemScope(everything=True), valid_days=365)
C50 = CouponRule("C50", "50 元券", "order", amount_fen=5_000, items=ItemScope(everything=True), valid_days=365)
REWARDS = (
    Reward("R-HEAD", "头部按摩一次", "course", 300, item="HEAD"),
    Reward("R-WAIST", "腰部理疗一次", "course", 800, item="WAIST"),
    Reward("R-C10", "10 元券", "coupon", 100, coupon="C10"),
    Reward("R-C50", "50 元券", "coupon", 500, coupon="C50"),
    Reward("R-FOOT", "足浴包", "goods", 200, item="FOOT-PACK"),
    Reward("R-PILLOW", "颈椎枕", "goods", 600, item="PILLOW"),
    Reward("R-FREE", "头部按摩券", "coupon", 50, item="HEAD"),
)


def open_shop(house: Any, *more: Reward, stock: int = 2, **document: Any) -> None:
    """Put the physio rewards, their items and `stock` pieces of each goods into the acting franchise."""
    with house.unit() as session:
        catalog.add(session, "HEAD", "头部按摩", "service", 9_800)
        catalog.add(session, "WAIST", "腰部理疗", "service", 26_000)
        for code, name in (("FOOT-PACK", "足浴包"), ("PILLOW", "颈椎枕")):
            item = catalog.add(session, code, name, "goods", 3_000)
            catalog.set_stock(session, item, {house.dental.store_id: stock})
    publish(house, *REWARDS, *more, **document)


def publish(house: Any, *rewards_: Reward, **document: Any) -> None:
    """Publish the franchise's programme with these rewards from now on."""
    with house.unit() as session:
        now = programmes.in_force(session)
        coupons = (*(one for one in now.coupons if one.code not in ("C10", "C50")), C10, C50)
        programmes.publish(session, replace(now, rewards=rewards_, coupons=coupons, **document))


def today() -> Any:
    return clock.today("Asia/Shanghai")


def give(house: Any, person: int, points: int, expires_on: Any = None) -> int:
    """Give points in one lot and return the lot's transfer."""
    with house.unit() as session:
        st = Statements(session, house.dental.franchise_id)
        posting = ledger.Posting(today(), clock.now_ms(), "test", person)
        balance = ledger.balance_of(st, "person", person, ledger.POINTS, person)
        return ledger.credit(st, balance, ledger.POINTS, points, posting, rule="base", expires_on=expires_on)


def claw(house: Any, person: int, points: int, reverses: int | None = None) -> None:
    """Take back points that somebody earned (of the movement `reverses`), into debt if need be."""
    with house.unit() as session:
        st = Statements(session, house.dental.franchise_id)
        posting = ledger.Posting(today(), clock.now_ms(), "test", person)
        balance = ledger.balance_of(st, "person", person, ledger.POINTS, person)
        row = st.one(
            "SELECT id FROM transfer WHERE franchise_id = ? AND person_id = ? AND reason = 'earn' ORDER BY id",
            [st.franchise_id, person],
        )
        earned = reverses or int(row[0])
        ledger.claw_back(st, balance, ledger.POINTS, points, posting, earned_by=person, rule="base", reverses_id=earned)


def take(house: Any, person: int, code: str, qty: int = 1, **more: Any) -> Any:
    """Redeem a reward, or reserve it with hold=True."""
    with house.unit() as session:
        row = rewards.take(session, person, rewards.Asked(code, qty, **more))
        session.flush()
        session.expunge_all()
        return row


def act(house: Any, verb: str, row: Any, *args: Any, **more: Any) -> Any:
    """Confirm, fulfil or cancel a redemption."""
    with house.unit() as session:
        done = getattr(rewards, verb)(session, row.id, *args, **more)
        session.flush()
        session.expunge_all()
        return done


def points(house: Any, person: int) -> tuple[int, int]:
    """Return (usable, debt) of somebody's points."""
    with house.unit("read") as session:
        st = Statements(session, house.dental.franchise_id)
        return ledger.available_of(st, [person], ledger.POINTS, today())[person]


def lots(house: Any, person: int) -> list[tuple[Any, int]]:
    """Return (first day of no use, points) of somebody's usable lots."""
    with house.unit("read") as session:
        st = Statements(session, house.dental.franchise_id)
        return ledger.expiring(st, person, ledger.POINTS, today())


def stock(house: Any, code: str, store: int | None = None) -> int:
    """Return the counted pieces of goods at the first store."""
    with house.unit("read") as session:
        counts = catalog.stock_of(session, catalog.by_code(session, code))
        return counts.get(store or house.dental.store_id, 0)


def coupons(house: Any, person: int) -> list[tuple[str, Any, str]]:
    """Return (code, from which day, state) of somebody's coupons."""
    with house.unit("read") as session:
        rows = session.query(Coupon).filter(Coupon.person_id == person).order_by(Coupon.id)
        return [(row.code, row.valid_from, row.state) for row in rows]


def redemptions(house: Any) -> list[Redemption]:
    """Return every redemption of the franchise."""
    with house.unit("read") as session:
        rows = session.query(Redemption).order_by(Redemption.id).all()
        session.expunge_all()
        return rows


def problems(house: Any) -> list[Any]:
    """Return what verify finds wrong."""
    return [r for r in verification.verify(house.runtime, freeze=False) if r.difference]
