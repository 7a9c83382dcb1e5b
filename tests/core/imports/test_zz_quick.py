import cProfile
import pstats
import time

from core.imports import runner, services
from core.kernel.tenancy import acting
from tests.core.imports import lists


def test_quick(installation):
    act = installation.actor(installation.pharmacy)
    db = installation.runtime.db
    rows, want = lists.members(10000)
    data = lists.as_csv(rows)
    t = time.perf_counter()

    def lap(w):
        nonlocal t
        n = time.perf_counter()
        print(w, round(n - t, 2))
        t = n

    b = runner.load(db, act, "老系统.csv", data)
    lap("load")
    with acting(act), db.unit() as s:
        batch = services.get(s, b)
        print(batch.encoding, batch.mapping)
        services.save_mapping(s, batch, services.mapping_of(batch))
    runner.check(db, act, b)
    lap("check")
    with acting(act), db.unit() as s:
        batch = services.get(s, b)
        print(services.planned(batch), want)
        services.start(s, batch)
    pr = cProfile.Profile()
    import os

    if os.environ.get("PROF"):
        pr.enable()
    runner.run(db, act, b)
    lap("run")
    if os.environ.get("PROF"):
        pr.disable()
        pstats.Stats(pr).sort_stats("cumtime").print_stats(45)
    with acting(act), db.unit("read") as s:
        batch = services.get(s, b)
        print(batch.state, services.counted(batch))
        assert services.planned(batch) == services.counted(batch)
    from core.console import verification

    print([r for r in verification.verify(installation.runtime) if r.difference])
    b = runner.load(db, act, "老系统.csv", data)
    lap("load")
    with acting(act), db.unit() as s:
        batch = services.get(s, b)
        services.save_mapping(s, batch, services.mapping_of(batch))
    runner.check(db, act, b)
    lap("check")
    with acting(act), db.unit("read") as s:
        print(services.planned(services.get(s, b)))
