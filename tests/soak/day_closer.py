"""Closes one business day of a store after the other while the tills go on, and writes down each that it closed."""

from __future__ import annotations

import os
import time
from datetime import timedelta

from core import rooms
from core.cash import days, rules
from core.kernel import clock
from core.kernel.errors import Refusal
from core.kernel.permissions import registry
from core.kernel.runtime import Runtime
from core.kernel.settings import Environment
from core.kernel.statements import Statements
from core.kernel.tenancy import Actor, acting
from core.org import business_day
from core.org.models import Store


def close_next(runtime: Runtime, actor: Actor) -> str:
    """Close the day on which the store books now and return it; the clock stands on that day."""
    with acting(actor), runtime.db.unit("read") as session:
        day = business_day.current(Statements(session, actor.franchise_id))
    ahead = max((day - clock.today(actor.tz)).days, 0)
    with clock.frozen_at(clock.now() + timedelta(days=ahead)), acting(actor):
        with runtime.db.unit("read") as session:
            seen = days.see(session, session.get_one(Store, actor.store_id), day)
            digest, kinds = seen.digest(), [one.kind for one in seen.sums]
        with runtime.db.unit("write") as session:
            days.close(session, actor.store_id, day, {kind: rules.Tick(done=True) for kind in kinds}, digest)
    return day.isoformat()


def main() -> None:
    """Go on until somebody kills this process."""
    runtime = rooms.start(Environment.from_os(dict(os.environ)))
    runtime.load_keys()
    franchise, store, staff = (int(part) for part in os.environ["HUIKE_SOAK_STORE"].split(":"))
    actor = Actor(franchise, store, staff, door="test", roles=frozenset({"owner"}),
                  grants=registry.of_roles([("owner", None)]), plugins=frozenset({"dental"}))  # fmt: skip
    while True:
        try:
            day = close_next(runtime, actor)
        except Refusal:  # a till was quicker: the figures moved
            continue
        with open(os.environ["HUIKE_SOAK_CLOSED"], "a", encoding="utf-8") as told:
            told.write(day + "\n")
        time.sleep(0.3)


if __name__ == "__main__":
    main()
