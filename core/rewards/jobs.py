"""Jobs of rewards and of the life of points: reservations that ran out, notices, extensions by rule."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from core.kernel import audit
from core.kernel.jobs import Counts, Job
from core.points import extension
from core.rewards import notices, releasing

if TYPE_CHECKING:
    from core.kernel.runtime import Runtime
    from core.kernel.tenancy import Actor

BLOCK = 100
BEGIN = (date(1, 1, 1), 0)


def free_reservations(runtime: Runtime, _actor: Actor) -> Counts:
    """Let go of reservations that ran out; whoever asks before counts them as free already."""
    done = 0
    while True:
        with runtime.db.unit("write") as session:
            n = releasing.lapse(session, BLOCK)
        done += n
        if n < BLOCK:
            return {"done": done, "skipped": 0, "failed": 0}


def expiry_notices(runtime: Runtime, actor: Actor) -> Counts:
    """Tell members of points that run out, then extend what the programme's rule extends (S2-12, S2-13).

    `done` counts lots told of through the outbox, `skipped` those whose member could not be told; a lot is told of
    once, so a second run does nothing.
    """
    told = _notices(runtime)
    if told["done"] or told["skipped"]:
        with runtime.db.unit("write") as session:
            audit.record(session, "rewards.notices", "franchise", actor.franchise_id, detail=dict(told))
    extend_by_rule(runtime)
    return told


def _notices(runtime: Runtime) -> Counts:
    counts, after = {"done": 0, "skipped": 0, "failed": 0}, BEGIN
    while True:
        with runtime.db.unit("write") as session:
            block = notices.tell_block(session, after)
        counts["done"] += block.queued
        counts["skipped"] += block.skipped
        if block.after is None:
            return counts
        after = block.after


def extend_by_rule(runtime: Runtime) -> int:
    """Extend what the programme's rule extends, block by block, and return how many lots."""
    done, after = 0, BEGIN
    while True:
        with runtime.db.unit("write") as session:
            n, further = extension.by_rule(session, after)
        done += n
        if further is None:
            return done
        after = further


JOBS = (Job("free_reservations", free_reservations, 60), Job("expiry_notices", expiry_notices, 6 * 3600))
