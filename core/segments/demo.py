"""Segments and tags of the demonstration: three questions every clinic asks, needs noted by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from core.people.models import Person
from core.programme import conditions as lang
from core.segments import compute, services

if TYPE_CHECKING:
    from core.kernel.runtime import Runtime
    from core.kernel.tenancy import Actor

SEGMENTS = (
    ("elderly", "六十岁以上", "care", {"fact": "age", "op": "ge", "value": 60}),
    ("asleep", "三个月没来的老客", "marketing", {"all": [
        {"fact": "visits_ever", "op": "ge", "value": 2}, {"fact": "last_visit", "op": "ge", "value": 90}]}),
    ("birthday", "一周内过生日", "marketing", {"fact": "birthday", "op": "le", "value": 7}),
)  # fmt: skip
EVERY = 4
NEEDS = ("审美需求", "健康维护", "价格敏感")


def fill(runtime: Runtime, actor: Actor) -> None:
    """Save the segments, put a few tags by hand, and compute tags and grades once."""
    with runtime.db.unit("write") as session:
        for code, name, purpose, tree in SEGMENTS:
            services.save(session, code=code, name=name, purpose=purpose, condition=lang.parse(tree))
        persons = session.scalars(select(Person).order_by(Person.member_no)).all()[::EVERY]
        for n, person in enumerate(persons):
            services.put_tag(session, person, NEEDS[n % len(NEEDS)])
    compute.run(runtime, actor)
