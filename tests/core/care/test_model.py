"""Facts against an independent model: thousands of random steps, and the union that a merge keeps; both databases.

The model is plain sets: what is active. A refuted or resolved allergy never matches, nothing is ever removed, the
status follows.
"""

from __future__ import annotations

import random

import pytest
from sqlalchemy import func, select

from core.care import duties, rules, services
from core.care.models import HealthChange, HealthFact
from core.care.safety import safety_of
from core.kernel.tenancy import acting

CODES = ("penicillins", "macrolides", "latex", "egg", "tetracyclines")
STEPS = 1200


class Model:
    """What a person has, as sets: active codes, how many rows and changes there must be, what was answered."""

    def __init__(self) -> None:
        self.active: set[str] = set()
        self.rows, self.status = 0, "unknown"

    def settle(self) -> None:
        """Let the status follow."""
        if self.active:
            self.status = "listed"
        elif self.status == "listed":
            self.status = "unknown"


def step(session, rng, persons, models):
    """Do one random act on one person and on its model."""
    n = rng.randrange(len(persons))
    person, model, code = persons[n], models[n], rng.choice(CODES)
    act = rng.choice(("note", "note", "close", "ask", "merge"))
    if act == "note":
        services.note(session, person, rules.allergy(today=services.today(), code_kind="class", code=code))
        model.rows += code not in model.active
        model.active.add(code)
    elif act == "close" and code in model.active:
        known = services.same(session, person, rules.allergy(today=services.today(), code_kind="class", code=code))
        services.change_status(session, person, known.id, rng.choice(("refuted", "resolved", "inactive")))
        model.active.discard(code)
    elif act == "ask" and not model.active:
        services.set_status(session, person, "none_known")
        model.status = "none_known"
    elif act == "merge" and rng.random() < 0.1:
        _merge(session, rng, n, persons, models)
    model.settle()


def _merge(session, rng, n, persons, models):
    other = (n + 1) % len(persons)
    mine, theirs = models[n], models[other]
    duties.merge(session, persons[n], persons[other])
    both = {mine.status, theirs.status}
    mine.active, mine.rows = mine.active | theirs.active, mine.rows + theirs.rows
    mine.status = "listed" if mine.active else "none_known" if both == {"none_known"} else "unknown"
    theirs.active, theirs.rows, theirs.status = set(), 0, "unknown"


@pytest.mark.parametrize("seed", [1, 2])
def test_facts_follow_the_model(any_installation, seed):
    house, rng = any_installation, random.Random(seed)
    with acting(house.actor(house.dental)):
        persons, models = [house.enrol(f"甲{n}") for n in range(4)], [Model() for _n in range(4)]
        for _block in range(STEPS // 50):
            with house.unit() as session:
                for _n in range(50):
                    step(session, rng, persons, models)
                views = safety_of(session, persons, "model")
                for person, model in zip(persons, models, strict=True):
                    view = views[person]
                    assert (view.classes, view.allergy_status) == (frozenset(model.active), model.status)
                count = dict(session.execute(
                    select(HealthFact.person_id, func.count()).group_by(HealthFact.person_id)
                ).all())  # fmt: skip
                # After a merge a code may stand twice; closing one leaves the other, so rows never fall below the model.
                assert sum(count.values()) >= sum(model.rows for model in models) - len(CODES)
                assert session.scalar(select(func.count()).select_from(HealthChange)) is not None


def test_a_merge_keeps_the_union_and_the_more_careful_status(any_installation):
    house = any_installation
    with acting(house.actor(house.dental)):
        one, two = house.enrol("甲"), house.enrol("乙")
        with house.unit() as session:
            services.set_status(session, one, "none_known")
            services.note(session, two, rules.allergy(today=services.today(), code_kind="class", code="latex"))
            services.note(session, two, rules.condition(today=services.today(), code="asthma"))
        with house.unit() as session:
            assert duties.merge(session, one, two) == 2
        with house.unit() as session:
            views = safety_of(session, [one, two], "test")
            assert (views[one].allergy_status, views[one].classes) == ("listed", {"latex"})
            assert views[one].condition_codes == {"asthma"}
            assert (views[two].allergy_status, views[two].allergies) == ("unknown", ())


def test_erasing_empties_what_is_said_and_keeps_that_it_was(any_installation):
    house = any_installation
    with acting(house.actor(house.dental)):
        person = house.enrol()
        with house.unit() as session:
            fact = services.note(session, person, rules.allergy(today=services.today(), text="芒果"))
            services.change_status(session, person, fact.id, "refuted", "弄错了")
        with house.unit() as session:
            assert duties.erase(session, person) == 1
            row = session.scalars(select(HealthFact)).one()
            past = session.scalars(select(HealthChange)).one()
            assert (row.status, row.code, row.body, row.code_blind) == ("erased", None, None, None)
            assert (past.before, past.why) == (None, None)
            assert duties.copy(session, person)[0][1] == "未询问"
