"""Days with stored value, courses, rewards, referrals and debts against the model, and mutants that must not survive.

A million steps are walked by `./dev soak model`; here is a short share of them on both databases.
"""

from __future__ import annotations

import pytest

from tests.model.driver import Difference
from tests.model.value_driver import ValueDriver
from tests.model.value_mutants import VALUE_MUTANTS

MUST_HAPPEN = {
    "sale+stored", "sale+owed", "refund+stored", "refund+owed", "payment", "top-up back", "use", "use taken back",
    "course back", "course handed over", "course extended", "reward", "reward reserved", "reward confirmed",
    "reward back", "brought", "lot extended", "some let go",
}  # fmt: skip


def test_some_hundred_steps_with_everything_of_value(installation):
    driver = ValueDriver(installation, 2)
    driver.run(450, verify_every=225)
    driver.finish()
    assert set(driver.outcomes) >= MUST_HAPPEN, MUST_HAPPEN - set(driver.outcomes)


@pytest.mark.postgres
def test_steps_on_postgres(pg_installation):
    driver = ValueDriver(pg_installation, 41)
    driver.run(120, verify_every=60)
    driver.finish()


# The others take longer to be noticed: `./dev soak baskets` runs all that is marked so.
QUICK = {"debt_not_released", "undo_forgets_the_session", "goods_stay_gone", "draw_newest_first"}
ALL = [pytest.param(name, marks=[] if name in QUICK else pytest.mark.soak) for name in sorted(VALUE_MUTANTS)]


@pytest.mark.parametrize("name", ALL)
def test_a_mutant_is_killed(installation, monkeypatch, name):
    VALUE_MUTANTS[name](monkeypatch)
    with pytest.raises((Difference, Exception)) as caught:
        for seed in (2, 3, 4):
            driver = ValueDriver(installation, seed)
            driver.run(600, verify_every=100)
            driver.finish()
    assert caught.type is not SystemExit
