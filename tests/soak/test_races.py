"""A short form of the races: a few rounds each, and that the control shows what the locks prevent."""

from __future__ import annotations

import pytest

from tests.soak.races import KINDS, race
from tests.soak.value_races import RACES

# The rooms have race tests of their own; `./dev soak races` runs all of these, on both databases.
FIRST = [kind for kind in KINDS if kind not in RACES]


@pytest.mark.parametrize("kind", FIRST)
def test_nobody_wins_twice(kind):
    violations, examples = race(kind, 12, "sqlite")
    assert violations == 0, examples


@pytest.mark.postgres
@pytest.mark.parametrize("kind", FIRST)
def test_nobody_wins_twice_on_postgres(kind):
    violations, examples = race(kind, 12, "postgresql")
    assert violations == 0, examples


@pytest.mark.parametrize("kind", FIRST)
def test_without_locks_somebody_does(kind):
    """On a busy machine the two may miss each other for a while: the control has four times the rounds to show it."""
    assert any(race(kind, 12, "sqlite", control=True)[0] for _attempt in range(4))
