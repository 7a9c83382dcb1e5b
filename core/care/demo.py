"""Demonstration of health facts: most people were asked, a few have something, one was noted without consent."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from core.care import rules, services
from core.kernel.tenancy import acting
from core.people import services as people
from core.people.models import Person

if TYPE_CHECKING:
    from core.kernel.runtime import Runtime
    from core.kernel.tenancy import Actor

ASKED = 20


def fill(runtime: Runtime, actor: Actor) -> None:
    """Note facts of the first persons of the franchise."""
    with acting(actor), runtime.db.unit("write") as session:
        persons = list(session.scalars(select(Person).where(Person.active.is_(True)).order_by(Person.id).limit(ASKED)))
        today = services.today()
        for n, person in enumerate(persons):
            if n in (0, 2, 4):
                people.consent(session, person, services.PURPOSE, granted=True, evidence="演示")
            if n % 5 == 3:
                continue  # nobody asked yet
            if n not in (0, 2, 4):
                services.set_status(session, person.id, rules.NONE_KNOWN)
                continue
            code = ("penicillins", "", "latex", "", "cox1_nsaids")[n]
            new = rules.allergy(
                today=today, code_kind="class", code=code, criticality="high" if n == 0 else "", reaction="皮疹、胸闷",
                verification="confirmed", category="medication",
            )  # fmt: skip
            services.note(session, person.id, new)
        if len(persons) > 4:
            first, third = persons[0].id, persons[2].id
            services.note(session, first, rules.condition(today=today, code="hypertension", icd10="I10"))
            services.note(
                session, first,
                rules.medicine(today=today, ingredients=["aspirin"], dose="每日一次，每次 100 mg",
                               started=today - timedelta(days=200)),
            )  # fmt: skip
            services.note(session, third, rules.physiology(today=today, state=rules.EGFR, value="52"))
