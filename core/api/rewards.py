"""Rewards for points: the catalogue, redeeming, what becomes of a redemption (contract.md section 4)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from flask import request
from sqlalchemy import select

from core.api import order_answers, schemas
from core.api.calls import ApiBlueprint, Work, call
from core.api.member_json import day, instant
from core.api.money import REQUIRED
from core.api.orders import PROOF
from core.coupons.models import Coupon
from core.courses import reads as course_reads
from core.courses.models import Course
from core.kernel import clock
from core.kernel.i18n import _
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.ledger import pending
from core.ledger import services as ledger
from core.orders.models import Orders
from core.orders.rewarding import redeem, redeem_checks
from core.orders.types import TenderRequest
from core.people import services as people
from core.rewards import handing, reads, rules
from core.rewards import services as rewards
from core.rewards.permissions import REDEEM, VIEW

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.rewards.models import Redemption

bp = ApiBlueprint("rewards", "Rewards for points")


@call(
    bp, "GET", "/rewards", permission=VIEW, scopes=("points", "catalog"), query=schemas.RewardsQuery,
    answer=order_answers.Rewards,
)  # fmt: skip
def list_rewards(work: Work, asked: dict[str, Any]) -> dict[str, Any]:
    """List the rewards of the programme in force; with `member_id` also which of them the member can have."""
    member = people.get(work.session, asked["member_id"]).id if asked.get("member_id") else None
    seen = reads.catalogue(work.session, member)
    return {"items": [reads.offer_json(one, member=member is not None) for one in seen.offers], "next_cursor": None}


@call(
    bp, "POST", "/members/<member_id>/redemptions", permission=REDEEM, scopes=("points",), unit="write", once=REQUIRED,
    staff=True, proof=True, status=201, body=schemas.NewRedemption, answer=order_answers.Redemption,
    example={"reward": "R-C10", "qty": 1},
)  # fmt: skip
def redeem_reward(work: Work, data: dict[str, Any], member_id: str) -> dict[str, Any]:
    """Redeem a reward. 409 out_of_stock, 422 not_enough_points, points_in_debt, reward_forbidden, reward_not_yet.

    A reward with `cash_fen` wants `tenders` over it: they make an order of their own. `hold` only reserves.
    """
    tenders = [TenderRequest(t["kind"], t["amount_fen"], t["points"], None, t["reference"]) for t in data["tenders"]]
    asked = rewards.Asked(
        data["reward"], data["qty"], hold=data["hold"], handed=data["handed_over"], proof=request.headers.get(PROOF),
        payload_sha256=hashlib.sha256(work.raw).hexdigest(),
    )  # fmt: skip
    return told(work.session, redeem.redeem(work.session, member_id, asked, tenders))


@call(
    bp, "GET", "/redemptions/<redemption_id>", permission=VIEW, scopes=("points",), answer=order_answers.Redemption
)  # fmt: skip
def read(work: Work, redemption_id: str) -> dict[str, Any]:
    """Return a redemption as it stands now."""
    return told(work.session, rewards.get(work.session, redemption_id))


@call(
    bp, "POST", "/redemptions/<redemption_id>", permission=REDEEM, scopes=("points",), unit="write", once=REQUIRED,
    staff=True, body=schemas.RedemptionStep, answer=order_answers.Redemption,
    example={"action": "cancel", "reason": "点错了"},
)  # fmt: skip
def act(work: Work, data: dict[str, Any], redemption_id: str) -> dict[str, Any]:
    """Confirm a reservation, note that goods were handed over, or take a redemption of today back.

    409 reservation_over, already_cancelled, reward_used; 403 cancel_needs_approval on a later day.
    """
    if data["action"] == "confirm":
        row = redeem_checks.confirm(work.session, redemption_id, handed=data["handed_over"])
    elif data["action"] == "fulfil":
        row = rewards.fulfil(work.session, redemption_id)
    else:
        row = rewards.cancel(work.session, redemption_id, data["reason"] or _("接口撤销"))
    return told(work.session, row)


def told(session: Session, row: Redemption) -> dict[str, Any]:
    """Return a redemption with what it gave and the member's balances after it."""
    redemption_id = row.id
    session.flush()
    session.expire_all()
    row = rewards.get(session, redemption_id)
    [seen] = reads.see(session, [row])
    gifts = handing.gifts_of(session, [row.id])[row.id]
    order_no = session.scalar(select(Orders.order_no).where(Orders.id == row.order_id)) if row.order_id else None
    return {
        "id": str(row.id), "member_id": str(row.person_id), "reward": row.reward, "name": row.name, "kind": row.kind,
        "qty": row.qty, "points": row.points, "cash_fen": row.cash_fen, "state": seen.state,
        "reserved_until": instant(row.reserved_until) if row.reserved_until else None, "order_no": order_no,
        "business_date": row.business_on.isoformat(), "programme_version": row.programme_number,
        "coupons": _coupons(session, [gift for kind, gift in gifts if kind == rules.COUPON]),
        "courses": _courses(session, [gift for kind, gift in gifts if kind == rules.COURSE]),
        "balances": {"points": _balance(session, row.person_id)},
    }  # fmt: skip


def _coupons(session: Session, ids: list[int]) -> list[dict[str, Any]]:
    rows = session.scalars(select(Coupon).where(Coupon.id.in_(ids)).order_by(Coupon.id)) if ids else []
    return [
        {
            "id": str(row.id), "code": row.code, "name": row.name, "valid_from": row.valid_from.isoformat(),
            "valid_until": day(row.valid_until), "state": row.state,
        }
        for row in rows
    ]  # fmt: skip


def _courses(session: Session, ids: list[int]) -> list[dict[str, Any]]:
    rows = list(session.scalars(select(Course).where(Course.id.in_(ids)).order_by(Course.id))) if ids else []
    plain = [course_reads.to_json(one) for one in course_reads.see(session, rows)]
    return [{key: one[key] for key in ("id", "item", "remaining", "total")} for one in plain]


def _balance(session: Session, person_id: int) -> dict[str, int]:
    actor = current_actor()
    st = Statements(session, actor.franchise_id)
    usable, debt = ledger.available_of(st, [person_id], ledger.POINTS, clock.today(actor.tz))[person_id]
    return {"available": usable, "pending": sum(n for _on, n in pending.of(st, person_id)), "debt": debt}
