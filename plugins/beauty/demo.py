"""Demonstration rows: skin analyses, questionnaires, treatments in each stage, a profile. Never commits."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING

from core.sdk import HookContext, has_consented, some_people, staff_choices
from plugins.beauty import aftercare, checks, profiles, records, treatments

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

AGES = (3, 60, 400)  # days since the treatment: one in each stage
PEOPLE = 9


def write(ctx: HookContext, seed: int, size: int) -> int:
    """Write the rows for people who agreed to health data and return for how many; the same for the same seed."""
    assert ctx.session is not None
    rng, made = random.Random(seed), 0
    for person in some_people(ctx.session, min(size, 40)):
        if made == PEOPLE:
            break
        if has_consented(ctx.session, person, records.HEALTH) and not _to_weigh(ctx, person):
            _person(ctx.session, ctx, rng, person, AGES[made % len(AGES)])
            made += 1
    return made


def _to_weigh(ctx: HookContext, person: int) -> bool:
    """Return whether light would have to be weighed by a physician: the demonstration has none to sign off."""
    assert ctx.session is not None
    known = checks.known_of(ctx.session, [person], "beauty.demo", ctx.business_date)[person]
    return bool(checks.against(ctx.session, "ipl", known, ctx.business_date))


def _person(session: Session, ctx: HookContext, rng: random.Random, person: int, age: int) -> None:
    base = rng.randrange(45, 60)
    for month in range(3):
        scores = {key: str(min(100, base + 7 * month + rng.randrange(-6, 7))) for key in records.SCORES}
        given = {"fitzpatrick": "III", "type": "combination", "glogau": "2", "iga": "1", "device": "VISIA"}
        records.analyse(session, person, ctx.business_date - timedelta(days=90 - 40 * month), {**scores, **given})
    records.answer(session, person, {"supplements": None} if rng.random() < 0.3 else {})
    records.sign(session, person, "energy", method="paper", evidence="演示 001")
    operator = staff_choices(session)[0][0]
    done = treatments.Done(
        "ipl",
        ctx.business_date - timedelta(days=age),
        "全面部",
        {"device": "M22", "energy": "16 J/cm²", "pulse": "3 ms"},
        operator_id=operator,
        consultant_id=operator,
    )
    row = treatments.record(session, person, done)
    if age < 30:
        form = {"phase": "after", "pain": "2", "mood": "even", "wound": "red", "worry": "担心反黑", "note": "已教防晒"}
        aftercare.ask(session, person, str(row.id), form)
    said = aftercare.suggest(session, person, "修护面膜", "术后修护")
    aftercare.tell(
        session, person, str(said.id), used_on=ctx.business_date, effect="4", opinion="不粘，愿意回购", version=1
    )
    profiles.save(session, person, {"motive": "natural", "taboos": "不喜欢被推销", "work": "教师"}, 0)
    profiles.object_to(session, person, "担心恢复期影响上班")
