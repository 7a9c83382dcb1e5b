"""Courses for tests: items as the physio preset has them, and short ways to sell, use and look."""

from __future__ import annotations

from typing import Any

from core.catalog import services as catalog
from core.console import verification
from core.courses import services as courses
from core.kernel import clock
from core.kernel.statements import Statements
from core.ledger import services as ledger
from core.orders.sessions import burn
from core.orders.sessions.burn import Burning


def add_items(house: Any, **attributes: Any) -> None:
    """Put the physio items of S2-06 and S2-07 into the acting franchise; `attributes` go to MOXA10."""
    with house.unit() as session:
        catalog.add(session, "MOXA", "艾灸", "service", 12_000, points_fixed=100)
        catalog.add(
            session, "MOXA10", "艾灸十次疗程", "course", 108_000, sessions=10, points_fixed=1_200,
            attributes={"core.session_of": "MOXA", **{f"core.{k}": v for k, v in attributes.items()}},
        )  # fmt: skip


def fix_points(house: Any) -> None:
    """Let the programme give an item's fixed points instead of points by yuan, as physio does (S2-06)."""
    from dataclasses import replace

    from core.programme import services as programmes
    from core.programme.rules import EarnRule, ItemScope

    with house.unit() as session:
        document = programmes.in_force(session)
        rules = (
            EarnRule(code="item", name="按件", on="item", items=ItemScope(everything=True)),
            EarnRule(code="course", name="疗程加成", on="course", factor_bp=12_000, items=ItemScope(everything=True)),
        )
        programmes.publish(session, replace(document, earn_rules=rules))


def today() -> Any:
    return clock.today("Asia/Shanghai")


def of(house: Any, person: int) -> list[Any]:
    """Return (course, parts) of a person's own courses, the first sold first."""
    with house.unit("read") as session:
        rows = courses.owned_by(session, person)
        parts = courses.parts_of(session, [row.id for row in rows], today())
        session.expunge_all()
        return [(row, parts[row.id]) for row in rows]


def left(house: Any, course_id: int) -> int:
    """Return the usable sessions of a course."""
    with house.unit("read") as session:
        return sum(part.usable for part in courses.parts_of(session, [course_id], today())[course_id])


def use(house: Any, course_id: int, **asked: Any) -> burn.Burned:
    """Use a session."""
    with house.unit() as session:
        return burn.burn(session, course_id, Burning(**asked))


def undo(house: Any, course_id: int, use_id: int, reason: str = "点错了") -> int:
    """Take a use back."""
    with house.unit() as session:
        return burn.undo(session, course_id, use_id, reason)


def points(house: Any, person: int) -> int:
    """Return somebody's points."""
    with house.unit("read") as session:
        st = Statements(session, house.dental.franchise_id)
        return ledger.available_of(st, [person], ledger.POINTS, today())[person][0]


def problems(house: Any) -> list[Any]:
    """Return what verify finds wrong."""
    return [r for r in verification.verify(house.runtime, freeze=False) if r.difference]
