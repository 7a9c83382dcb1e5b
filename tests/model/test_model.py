"""15,000 steps against the model (3,000 of them on PostgreSQL), and mutants that must not survive."""

from __future__ import annotations

import pytest

from tests.model.driver import Difference, Driver
from tests.model.mutants import MUTANTS

SEEDS = (11, 12, 13, 14)


@pytest.mark.parametrize("seed", SEEDS)
def test_three_thousand_steps_agree_with_the_model(installation, seed):
    driver = Driver(installation, seed)
    driver.run(3000)
    driver.finish()


@pytest.mark.postgres
def test_three_thousand_steps_on_postgres(pg_installation):
    driver = Driver(pg_installation, 21)
    driver.run(3000)
    driver.finish()


@pytest.mark.parametrize("name", sorted(MUTANTS))
def test_a_mutant_is_killed(installation, monkeypatch, name):
    MUTANTS[name](monkeypatch)
    with pytest.raises((Difference, Exception)) as caught:
        for seed in (31, 32, 33):
            driver = Driver(installation, seed)
            driver.run(600, verify_every=50)
            driver.finish()
    assert caught.type is not SystemExit
