"""Referrals for tests: enrol with who brought them, publish a rule, look at points and states."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from core.console import verification
from core.kernel import clock
from core.ledger.models import Account, Transfer
from core.orders.granting import referral_grants
from core.org.models import Staff
from core.people import services as people
from core.people.services import NewPerson
from core.programme import referral_depth
from core.programme import services as programmes
from core.programme.rules import Referral as Rule
from core.referrals.models import Referral, ReferralGrant

FIRST_ORDER = Rule("first_paid_order", 200, 100)


def publish(house: Any, rule: Rule | None) -> None:
    """Publish the programme in force with another rule of referral; an owner has answered for a second level."""
    with house.unit() as session:
        if rule is not None and rule.depth > 1:
            referral_depth.acknowledge(session)
        programmes.publish(session, replace(programmes.in_force(session), referral=rule))


def number(house: Any, person: int) -> str:
    """Return somebody's member number."""
    with house.unit("read") as session:
        return people.get(session, person).member_no


def enrol(house: Any, name: str, by: int | None = None, phone: str | None = None, **more: Any) -> int:
    """Enrol somebody as the doors do, brought by `by`; return their id."""
    referrer = number(house, by) if by else None
    with house.unit() as session:
        return referral_grants.enrol(session, NewPerson(name, phone=phone, referrer_no=referrer, **more)).id


def attach(house: Any, person: int, by: int, why: str = "登记漏了") -> None:
    """Attach a referrer later."""
    with house.unit() as session:
        referral_grants.attach(session, people.get(session, person), people.get(session, by), why)


def points(house: Any, *persons: int) -> list[int]:
    """Return the balances of persons; debts are negative."""
    with house.unit("read") as session:
        rows = session.execute(
            select(Account.owner_id, Account.balance).where(
                Account.owner_kind == "person", Account.unit == "points", Account.owner_id.in_(persons)
            )
        )
        found = {row[0]: row[1] for row in rows}
        return [found.get(one, 0) for one in persons]


def given(house: Any, person: int) -> list[tuple[int, int, bool]]:
    """Return (level, points, taken back) of what somebody was given for referrals."""
    with house.unit("read") as session:
        rows = session.scalars(
            select(ReferralGrant).where(ReferralGrant.person_id == person).order_by(ReferralGrant.id)
        )
        return [(row.level, row.points, row.reversal_id is not None) for row in rows]


def state(house: Any, person: int) -> tuple[str, str]:
    """Return (state, reason) of how somebody was brought."""
    with house.unit("read") as session:
        row = session.scalar(select(Referral).where(Referral.person_id == person))
        return (row.state, row.reason) if row else ("none", "")


def make_staff(house: Any, person: int) -> None:
    """Link a staff member to a person."""
    with house.unit() as session:
        session.get(Staff, house.dental.staff["clinician"]).person_id = person


def problems(house: Any) -> list[Any]:
    """Return what verify finds wrong."""
    return [r for r in verification.verify(house.runtime, freeze=False) if r.difference]


def this_month() -> int:
    """Return the month of today as grants note it."""
    day = clock.today("Asia/Shanghai")
    return day.year * 100 + day.month


def standing(house: Any, persons: list[int]) -> dict[int, int]:
    """Return what the ledger gave each person for referrals and did not take back."""
    back = aliased(Transfer)
    with house.unit("read") as session:
        rows = session.execute(
            select(Transfer.person_id, Transfer.amount, back.amount)
            .outerjoin(back, back.reverses_id == Transfer.id)
            .where(Transfer.reason == "referral", Transfer.person_id.in_(persons))
        ).all()
    found = dict.fromkeys(persons, 0)
    for person, amount, taken in rows:
        found[person] += amount - (taken or 0)
    return found
