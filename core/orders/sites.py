"""Where on the body a line was done (a tooth and its surfaces): written with the order, sealed, read by plugins.

It stands among the order's sealed facts: health data, which no receipt shows and no query selects by. The vertical of
the item says what the text is called and what it may be (hook register_line_fields).
"""

from __future__ import annotations

import dataclasses
import json
import time
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import select

from core.catalog import services as catalog
from core.kernel.errors import FieldError, Invalid, Refusal
from core.kernel.i18n import _
from core.kernel.plugin_health import describe
from core.kernel.runtime import runtime
from core.kernel.tenancy import current_actor
from core.orders.models import Orders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sqlalchemy.orm import Session

    from core.catalog.models import Item
    from core.hooktypes import LineField
    from core.orders.types import BasketRequest

log = structlog.get_logger("orders")

LONGEST = 40
SLICE = 500


def field_of(item: Item | None) -> LineField | None:
    """Return what the vertical of an item asks for on its lines; None where none that is on asks."""
    host, on = runtime().host, current_actor().plugins
    if host is None or item is None:
        return None
    attributes = catalog.attributes_of(item)
    for answer in host.declared("register_line_fields"):
        if not answer.failed and answer.plugin in on and _asks(answer.plugin, answer.value, attributes):
            return answer.value  # type: ignore[no-any-return]
    return None


def read(item: Item | None, text: str) -> str:
    """Return a line's text as its vertical keeps it, as typed where none asks; raise Invalid for what cannot be."""
    text = " ".join(text.split())
    if len(text) > LONGEST:
        raise Invalid.field("site", _("部位最多 %(n)d 个字。", n=LONGEST))
    field = field_of(item) if text else None
    if field is None:
        return text
    kept = _guarded(field.key.partition(".")[0], lambda: str(field.read(text)), text)
    return kept if len(kept) <= LONGEST else text


def with_sites(request: BasketRequest, items: Mapping[str, Item]) -> BasketRequest:
    """Return a basket with its lines' texts as they are kept; raise Invalid naming the line (`lines.N.site`)."""
    if not any(line.site for line in request.lines):
        return request
    lines = []
    for n, line in enumerate(request.lines):
        try:
            lines.append(dataclasses.replace(line, site=read(items.get(line.item), line.site)) if line.site else line)
        except Refusal as refusal:
            raise Invalid(refusal.message, errors=[FieldError(f"lines.{n}.site", refusal.message)]) from refusal
    return dataclasses.replace(request, lines=tuple(lines))


def _asks(key: str, field: LineField, attributes: Mapping[str, Any]) -> bool:
    return bool(_guarded(key, lambda: field.asks(attributes), False))


def _guarded(key: str, work: Callable[[], Any], instead: Any) -> Any:
    """Return what a plugin's function answers; one that breaks is counted against it, and the till goes on."""
    began = time.perf_counter_ns()
    try:
        return work()
    except Refusal:
        raise
    except Exception as problem:  # a plugin's code: it must not stop the till
        micros = (time.perf_counter_ns() - began) // 1000
        number = runtime().host.health.failed(
            key, "register_line_fields", describe(problem), micros, current_actor().franchise_id
        )
        log.warning("line_field_failed", plugin=key, number=number)
        return instead


def facts(request: BasketRequest) -> dict[str, Any]:
    """Return what an order's facts say of its lines' sites: line number to text; nothing where none was said."""
    said = {str(n): line.site.strip() for n, line in enumerate(request.lines, 1) if line.site.strip()}
    return {"sites": said} if said else {}


def sites_of(session: Session, order_ids: Iterable[int]) -> dict[tuple[int, int], str]:
    """Return the sites of orders of the franchise by (order, line number), of at most 500 orders."""
    wanted = sorted(set(order_ids))[-SLICE:]
    found = {}
    for order in session.scalars(select(Orders).where(Orders.id.in_(wanted))) if wanted else ():
        said = json.loads(order.facts or "{}").get("sites", {})
        found |= {(order.id, int(line)): text for line, text in said.items()}
    return found
