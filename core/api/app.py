"""The API as the application mounts it: blueprints whose callers carry a token instead of a cookie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.api import (
    approvals,
    courses,
    extensions,
    health,
    households,
    invoices,
    items,
    ledger,
    members,
    meta,
    orders,
    quotes,
    rewards,
    segments,
    shifts,
    staff,
    wallet,
)
from core.kernel.runtime import runtime

if TYPE_CHECKING:
    from flask import Blueprint

    from core.api.calls import ApiBlueprint


def documented() -> list[ApiBlueprint]:
    """Return the blueprints of API v1, with the one of what plugins bring."""
    rooms = (
        meta, members, health, households, items, quotes, orders, invoices, courses, wallet, rewards, ledger,
        segments, approvals, shifts, staff,
    )  # fmt: skip
    brought = extensions.blueprint(runtime().host)
    return [room.bp for room in rooms] + ([brought] if brought else [])


def blueprints() -> list[Blueprint]:
    """Return the blueprints of the API and the probes; all are exempt from CSRF."""
    return [*documented(), meta.probes]
