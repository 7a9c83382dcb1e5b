"""Two members of staff at once: one version wins, one proof opens one look. With a control that takes the lock off."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import func, select

from core.care import access, rules, services
from core.care.models import HealthGlass
from core.kernel.errors import Refusal
from core.kernel.tenancy import acting
from tests.installation import PIN

CODES = ("penicillins", "latex", "egg", "macrolides", "tetracyclines", "statins")


def together(works):
    """Run works at the same moment; return what each returned or raised."""
    results, gate = [None] * len(works), threading.Barrier(len(works))

    def run(n):
        gate.wait()
        try:
            results[n] = works[n]()
        except Exception as problem:  # noqa: BLE001 (the outcome of a racer)
            results[n] = problem

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_one_of_many_writers_of_a_version_wins(any_installation):
    house = any_installation
    with acting(house.actor(house.dental)):
        person = house.enrol()

    def writer(code):
        def work():
            with acting(house.actor(house.dental)), house.unit() as session:
                new = rules.allergy(today=services.today(), code_kind="class", code=code)
                return services.note(session, person, new, version=0).id

        return work

    done = together([writer(code) for code in CODES])
    won = [one for one in done if isinstance(one, int)]
    assert len(won) == 1, done
    assert {one.code for one in done if isinstance(one, Refusal)} == {"stale_version"}


def test_a_proof_opens_one_look(any_installation):
    house = any_installation
    actor = house.actor(house.dental, "manager")
    reason = "顾客在候诊区晕倒了，需要马上知道用药"
    with acting(actor):
        person = house.enrol()
        with house.unit() as session:
            number = house.dental.numbers["manager"]
            proof = access.enter_pin(session, number, PIN, person, "emergency", reason).proof

    def work():
        with acting(actor), house.unit() as session:
            return access.break_glass(session, person, "emergency", reason, proof).id

    done = together([work] * 5)
    assert sum(isinstance(one, int) for one in done) == 1, done
    assert {one.code for one in done if isinstance(one, Refusal)} == {"proof_invalid"}
    with acting(actor), house.unit("read") as session:
        assert session.scalar(select(func.count()).select_from(HealthGlass)) == 1


@pytest.mark.postgres
def test_without_the_lock_two_win(pg_installation, monkeypatch):
    """The control: the same race with the version check kept but its lock gone lets more than one through, or the
    database's own unique row refuses the second one with an error that is no answer."""
    house = pg_installation
    with acting(house.actor(house.dental)):
        person = house.enrol()
        with house.unit() as session:
            services.set_status(session, person, "none_known")
    gate = threading.Barrier(2, timeout=20)

    def unlocked(session, person_id, version=None):
        row = session.scalar(select(services.HealthRecord).where(services.HealthRecord.person_id == person_id))
        assert row.version == version
        gate.wait()
        return row

    monkeypatch.setattr(services, "open_record", unlocked)

    def writer(code):
        def work():
            with acting(house.actor(house.dental)), house.unit() as session:
                new = rules.allergy(today=services.today(), code_kind="class", code=code)
                return services.note(session, person, new, version=1).id

        return work

    done = together([writer(code) for code in CODES[:2]])
    assert sum(isinstance(one, int) for one in done) == 2, done
