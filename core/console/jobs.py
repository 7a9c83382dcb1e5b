"""Jobs of the house itself: deliver the outbox, seal the audit trail and ship its head."""

from __future__ import annotations

import dataclasses
import syslog
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.console import audit_trail, chain, services
from core.hooktypes import Event, hook_context
from core.kernel import audit, outbox
from core.kernel.jobs import Counts, Job
from core.kernel.runtime import runtime as process
from core.kernel.tenancy import current_actor

if TYPE_CHECKING:
    from core.kernel.runtime import Runtime
    from core.kernel.tenancy import Actor


def deliver_event(payload: dict[str, Any]) -> None:
    """Tell one plugin of an event that was committed; one that is off by now is let go."""
    here, key = process(), payload["plugin"]
    with here.db.unit("write") as session:
        enabled = services.enabled_keys(session, here.host, current_actor().franchise_id)
        if key not in enabled:
            return
        ctx = dataclasses.replace(hook_context(session), plugins=enabled)
        event = Event(payload["event"], payload["at_ms"], payload["data"])
        here.host.deliver(key, "on_event", ctx, event=event)


def deliver_switch(payload: dict[str, Any]) -> None:
    """Tell a plugin again that it was switched on or off, after it failed to hear it the first time."""
    here = process()
    with here.db.unit("write") as session:
        services.deliver(session, here.host, payload)


outbox.handle("plugin_event", deliver_event)
outbox.handle(services.TOPIC, deliver_switch)


def drain_outbox(runtime: Runtime, actor: Actor) -> Counts:
    """Deliver due messages until none is left."""
    total: Counts = {"done": 0, "skipped": 0, "failed": 0}
    while True:
        counts = outbox.drain(runtime.db, actor)
        for name, n in counts.items():
            total[name] += n
        if not counts["done"]:
            return total


def seal_audit(runtime: Runtime, actor: Actor) -> Counts:
    """Seal audit entries in blocks and ship each head to the anchor, if one is configured."""
    done = 0
    while True:
        with runtime.db.unit("write") as session:
            block = audit.seal(session)
        if block is None:
            return {"done": done, "skipped": 0, "failed": 0}
        done += int(block.entries)
        ship_head(runtime.environment.audit_anchor, actor.franchise_id, block.number, bytes(block.head).hex())


def ship_head(anchor: str, franchise_id: int, number: int, head: str) -> None:
    """Append a block's head to the anchor: a file, or `syslog:`."""
    line = f"{franchise_id} {number} {head}"
    if anchor.startswith("syslog:"):
        syslog.syslog(syslog.LOG_NOTICE, f"huike audit {line}")
    elif anchor:
        with Path(anchor).open("a", encoding="ascii") as file:
            file.write(line + "\n")


def check_audit(runtime: Runtime, _actor: Actor) -> Counts:
    """Walk the whole audit chain and keep how it was found: the pages show it, doctor and verify walk it themselves."""
    found = audit_trail.check(runtime.db, whole=True)
    return {"done": found.entries, "skipped": 0, "failed": 1 if found.problem else 0}


def count_for_chain(runtime: Runtime, _actor: Actor) -> Counts:
    """Count the franchise's members, orders and points for its chain."""
    chain.count_here(runtime.db)
    return {"done": 1, "skipped": 0, "failed": 0}


JOBS = (
    Job("outbox", drain_outbox, 60), Job("seal_audit", seal_audit, 600), Job("check_audit", check_audit, 86_400),
    Job("chain_counts", count_for_chain, 86_400),
)  # fmt: skip
