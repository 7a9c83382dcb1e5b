"""Calls of the POS API that a plugin brings (contract.md: POST /x/{plugin}/{verb}): what is asked, what is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from core.hooktypes import HookContext

FieldKind = Literal["text", "whole", "flag", "day", "instant", "id", "choice", "texts", "rows"]


@dataclass(frozen=True, slots=True)
class ApiField:
    """A field of a call's body or answer.

    Kinds: text (`most` characters), whole (0 to `most`), flag, day `YYYY-MM-DD` (given to the verb as a date), instant,
    id (digits as text), choice, texts (at most `most` texts), rows (at most `most` objects of `fields`). `required`
    speaks of bodies; an answer holds every field, null only where `required` is false.
    """

    name: str
    kind: FieldKind = "text"
    required: bool = True
    most: int = 200
    choices: tuple[str, ...] = ()
    fields: tuple[ApiField, ...] = ()


@dataclass(frozen=True, slots=True)
class ApiCall:
    """A call `POST /api/v1/x/<plugin>/<verb>`, asked by the person whom `X-Staff` names.

    `permission` is one of the plugin's own and that person's; `scopes`: the token needs one of them. `run(ctx, data)`
    returns plain data with the fields of `answer` and raises Refusals. It acts with that person's rights of the plugin,
    and with those of core that the token's scopes give as well. `writes`: in a write unit, and an `Idempotency-Key`
    is accepted. `example` is an example body, `about` says what it does, in English, in the OpenAPI document.
    """

    verb: str
    about: str
    permission: str
    scopes: tuple[str, ...]
    run: Callable[[HookContext, Mapping[str, Any]], Mapping[str, Any]]
    body: tuple[ApiField, ...]
    answer: tuple[ApiField, ...]
    example: Mapping[str, Any] = field(default_factory=dict)
    writes: bool = False
    order: int = 100
