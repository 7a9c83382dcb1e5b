"""Conditions over facts: SQL equals a slow reading, not is the complement, one SELECT, one franchise."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import event, select

from core.kernel.errors import Invalid
from core.kernel.tenancy import acting
from core.people.models import Person
from core.programme import conditions as lang
from core.programme import facts as engine
from tests.core.programme import facts_random
from tests.core.programme import facts_world as world
from tests.installation import at

TREES = {"sqlite": 1000, "postgresql": 150}


@pytest.fixture
def full(any_installation):
    """Two franchises full of people, the demo plugin on in both."""
    world.with_demo(any_installation)
    world.fill(any_installation, any_installation.dental, 1)
    world.fill(any_installation, any_installation.pharmacy, 2)
    return any_installation


class Statements:
    """Counts what reaches the database."""

    def __init__(self, engine_):
        self.engine, self.seen = engine_, []

    def __enter__(self):
        event.listen(self.engine, "before_cursor_execute", self.heard)
        return self.seen

    def __exit__(self, *_problem):
        event.remove(self.engine, "before_cursor_execute", self.heard)

    def heard(self, _connection, _cursor, sql, _parameters, _context, _many):
        self.seen.append(sql)


def test_a_thousand_trees_read_like_plain_loops(full):
    """|A| + |not A| = |all|, the SQL result is the slow reading's, one SELECT each, never a foreign person."""
    asked = set()
    with at(world.NOW), acting(world.actor_of(full, full.pharmacy)), full.unit("read") as session:
        foreign = set(session.scalars(select(Person.id)))
    with at(world.NOW), acting(world.actor_of(full, full.dental)), full.unit("read") as session:
        slow, offered = world.Slow(session, asked), engine.offered()
        everybody = {person.id for person in slow.persons}
        facts, rng = facts_random.known(offered.values()), random.Random(7)
        plain = [facts_random.random_leaf(rng, fact) for fact in facts for _n in range(3)]
        plain += [facts_random.random_tree(rng, facts) for _n in range(TREES[session.get_bind().dialect.name])]
        for tree in plain:
            condition = lang.parse(tree)
            with Statements(session.get_bind()) as seen:
                found = set(session.scalars(engine.persons(session, condition)))
            assert len(seen) == 1, tree
            rest = set(session.scalars(engine.persons(session, lang.Not(condition))))
            assert found == slow.matching(tree), tree
            assert not found & rest, tree
            assert found | rest == everybody, tree
            assert not (found | rest) & foreign
        assert asked == {fact.key for fact in facts}


def test_one_person_is_answered_like_all(full):
    """Conditions asked for one person say what they say for all, in one SELECT; a foreign person has none."""
    with at(world.NOW), acting(world.actor_of(full, full.pharmacy)), full.unit("read") as session:
        foreign = session.scalars(select(Person.id)).first()
    with at(world.NOW), acting(world.actor_of(full, full.dental)), full.unit("read") as session:
        facts, rng = facts_random.known(engine.offered().values()), random.Random(11)
        trees = [facts_random.random_tree(rng, facts) for _n in range(40)]
        conditions = [lang.parse(tree) for tree in trees]
        sets = [set(session.scalars(engine.persons(session, one))) for one in conditions]
        for person_id in list(session.scalars(select(Person.id)))[:12]:
            with Statements(session.get_bind()) as seen:
                found = [engine.holding(session, [one], person_id)[0] for one in conditions[:3]]
                found += engine.holding(session, conditions[3:], person_id)
            assert len(seen) == 4
            assert found == [person_id in one for one in sets], person_id
        assert engine.holding(session, [lang.EVERYBODY], foreign) == (False,)


def ill(op="any_of"):
    return {"fact": "plugin_demo.ill", "op": op, "value": ["asthma"]}


CONSENT = {"fact": "consent", "op": "any_of", "value": ["health"]}


@pytest.mark.parametrize(
    ("tree", "purpose", "paths"),
    [
        (ill(), "care", []),
        (ill(), "marketing", ["condition.fact"]),
        ({"not": ill()}, "marketing", []),
        ({"not": {"not": ill()}}, "marketing", ["condition.not.not.fact"]),
        ({"all": [CONSENT, ill()]}, "marketing", []),
        ({"all": [CONSENT, {"any": [ill(), ill()]}]}, "marketing", []),
        ({"any": [CONSENT, ill()]}, "marketing", ["condition.any.1.fact"]),
        ({"all": [{"not": CONSENT}, ill()]}, "marketing", ["condition.all.1.fact"]),
        ({"all": [{"any": [CONSENT, CONSENT]}, ill()]}, "marketing", ["condition.all.1.fact"]),
        ({"not": {"all": [CONSENT, {"not": ill()}]}}, "marketing", ["condition.not.all.1.not.fact"]),
        (ill(), "price", ["condition.fact"]),
        ({"not": ill()}, "price", ["condition.not.fact"]),
        ({"fact": "nothing", "op": "ge", "value": 1}, "care", ["condition.fact"]),
        ({"fact": "age", "op": "any_of", "value": ["a"]}, "care", ["condition.op"]),
        ({"fact": "age", "op": "ge", "value": 151}, "care", ["condition.value"]),
        ({"fact": "spend", "op": "ge", "value": 1, "days": 0}, "care", ["condition.days"]),
        ({"fact": "age", "op": "ge", "value": 1, "days": 9}, "care", ["condition.days"]),
    ],
)
def test_what_a_purpose_allows(installation, tree, purpose, paths):
    world.with_demo(installation)
    with acting(world.actor_of(installation, installation.dental)):
        errors = engine.problems(lang.parse(tree), engine.offered(), purpose)
        assert [error.field for error in errors] == paths


def test_a_fact_of_a_plugin_that_is_off_is_unknown(installation):
    world.with_demo(installation)
    with acting(installation.actor(installation.dental)), installation.unit("read") as session:
        assert "plugin_demo.ill" not in engine.offered()
        with pytest.raises(Invalid):
            engine.persons(session, lang.parse(ill()))


def test_a_source_on_a_table_is_not_needed_by_any_core_fact(installation):
    """Every table in a compiled condition carries the franchise: nothing escapes the session's criterion."""
    with acting(installation.actor(installation.dental)), installation.unit("read") as session:
        for fact in facts_random.known(engine.offered().values()):
            condition = lang.parse(facts_random.random_leaf(random.Random(3), fact))
            with Statements(session.get_bind()) as seen:
                session.scalars(engine.persons(session, condition)).all()
            sql = seen[0]
            assert sql.count("franchise_id =") + sql.count("franchise_id = ?") >= sql.count("FROM "), (fact.key, sql)
