"""B56 in its full size: 10,000 opening balances in GB18030, timed; runs under `-m soak` alone."""

from __future__ import annotations

import resource
import time

import pytest

from core.kernel.errors import Conflict
from core.kernel.tenancy import acting
from tests.core.imports import lists
from tests.core.imports.kinds.openings import BALANCES, Opener, balances
from tests.installation import at

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1800)]


def test_ten_thousand_opening_balances(any_installation):
    def lap(name, begun):
        """Tell the seconds of a step: by the clock, and of this process alone."""
        spent = [round(now - then, 1) for now, then in zip(clocks(), begun, strict=True)]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"{name}: {spent[0]} s, {spent[1]} s of processor, peak {peak} MB", flush=True)
        return clocks()

    def clocks():
        return time.perf_counter(), time.process_time()

    with at("2026-11-22 12:00"):
        office = Opener(any_installation, any_installation.dental)
        people = Opener(any_installation, any_installation.dental, "people", members=0)
        people.take(("姓名", "手机", "卡号"), *([f"旧会员{k}", f"137{k:08d}", f"A{k:06d}"] for k in range(9_000)))
        rows, sums = balances(10_000, 9_000)
        data = lists.as_csv(rows, "gb18030", BALANCES)
        begun = clocks()
        batch = office.ask(data, sums)
        begun = lap("dry run", begun)
        assert office.run(batch)["created"] == 10_000
        begun = lap("run", begun)
        assert office.sums() == {key: sums[key] for key in ("points", "principal", "bonus")}
        with acting(office.actor):
            begun = clocks()
            assert office.verified() == []
        begun = lap("verify", begun)
        with pytest.raises(Conflict):
            office.ask(data, sums)
        begun = clocks()
        _foreseen, done = office.take_back(batch)
        begun = lap("undo", begun)
        assert (done.persons, done.stay, office.sums()) == (10_000, 0, {})
        with acting(office.actor):
            assert office.verified() == []
        lap("verify again", begun)
