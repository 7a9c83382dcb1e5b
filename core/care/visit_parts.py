"""The parts that plugins add to a visit record, as they declared them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.care.visit_rules import CORE, SCHEMA
from core.kernel.runtime import runtime
from core.kernel.tenancy import current_actor

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.hooktypes import VisitPart


def declared() -> dict[str, VisitPart]:
    """Return every declared part by its key, on or off: a record that was written keeps its words."""
    host = runtime().host
    if host is None:
        return {}
    return {one.value.key: one.value for one in host.declared("register_visit_parts") if not one.failed}


def offered() -> list[VisitPart]:
    """Return the parts with fields whose plugin is on, in order: what the editor asks for."""
    host = runtime().host
    if host is None:
        return []
    on = current_actor().plugins
    found = [
        one.value for one in host.declared("register_visit_parts")
        if not one.failed and one.value.fields and (one.plugin is None or one.plugin in on)
    ]  # fmt: skip
    return sorted(found, key=lambda part: (part.order, part.key))


def schema_of(key: str) -> int:
    """Return the schema number that a part is written in today."""
    part = declared().get(key)
    return part.schema if part is not None and key != CORE else SCHEMA


def words() -> dict[str, Callable[[dict[str, Any]], list[tuple[str, str]]]]:
    """Return how each declared part reads, by key."""
    return {key: _reader(part) for key, part in declared().items()}


def titles() -> dict[str, str]:
    """Return the title of each declared part, by key."""
    return {key: str(part.title) for key, part in declared().items()}


def _reader(part: VisitPart) -> Callable[[dict[str, Any]], list[tuple[str, str]]]:
    def read(fields: dict[str, Any]) -> list[tuple[str, str]]:
        if part.words is not None:
            return [(str(label), str(text)) for label, text in part.words(fields)]
        return [(str(one.label), _said(one, fields.get(one.name))) for one in part.fields if fields.get(one.name)]

    return read


def _said(field: Any, value: Any) -> str:
    return str(dict(field.choices).get(str(value), value))
