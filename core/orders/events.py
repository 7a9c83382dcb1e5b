"""What orders tell plugins of: messages in the outbox, written with what they tell of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.kernel import clock, outbox
from core.kernel.runtime import runtime
from core.kernel.tenancy import current_actor

if TYPE_CHECKING:
    from core.kernel.statements import Statements


def tell_plugins(
    st: Statements, name: str, subject_id: int, person_id: int | None, data: dict[str, Any] | None = None
) -> None:
    """Put an event into the outbox, one message for each plugin that listens; `data` tells of another than an order."""
    host = runtime().host
    if host is None:
        return
    for key in host.takers("on_event", current_actor().plugins):
        outbox.put(
            st, f"plugin_event:{key}", f"{name}:{subject_id}",
            {"plugin": key, "event": name, "at_ms": clock.now_ms(),
             "data": {**({"order_id": subject_id} if data is None else data), "person_id": person_id}},
            person_id=person_id,
        )  # fmt: skip
