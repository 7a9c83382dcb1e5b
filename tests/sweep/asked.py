"""What a recipe is made of: values for the parts of an address, a query, a form or a body, with ids by kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Ref:
    """An id of a kind; the sweep puts own, foreign, absent and malformed ones in its place."""

    kind: str


@dataclass(frozen=True, slots=True)
class Recipe:
    """Values for the parts of a URL, the query, a form or a JSON body."""

    path: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    form: dict[str, Any] = field(default_factory=dict)
    json: Any = None

    def refs(self) -> list[Ref]:
        """Return the references of the recipe, each once."""
        return list(dict.fromkeys(_refs([self.path, self.query, self.form, self.json])))

    def filled(self, values: dict[str, str]) -> Recipe:
        """Return the recipe with ids by kind in place of references."""
        return Recipe(*(_fill(part, values) for part in (self.path, self.query, self.form, self.json)))


def _refs(value: Any) -> list[Ref]:
    if isinstance(value, Ref):
        return [value]
    if isinstance(value, dict):
        return [ref for part in (*value, *value.values()) for ref in _refs(part)]
    if isinstance(value, list):
        return [ref for inner in value for ref in _refs(inner)]
    return []


def _fill(value: Any, values: dict[str, str]) -> Any:
    if isinstance(value, Ref):
        return values[value.kind]
    if isinstance(value, dict):
        return {(values[k.kind] if isinstance(k, Ref) else k): _fill(v, values) for k, v in value.items()}
    if isinstance(value, list):
        return [_fill(inner, values) for inner in value]
    return value


PERSON = Ref("person")
PLAIN = Recipe()
