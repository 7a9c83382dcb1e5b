"""Refusals: errors that a user can understand and act upon.

A refusal is raised by rules and services and shown by one handler for pages and one for the API
(problem+json). Its message says what happened, why, and what to do now, in the user's language.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field at fault. `field` is a dotted path as the caller spelt it."""

    field: str
    message: str


class Refusal(Exception):
    """The request is refused for a reason the user can act upon.

    `code` is the machine-readable reason (docs/api.md), `status` the HTTP status, `extra` the
    members that a refusal of this code carries (for example `quote` or `findings`).
    """

    status = 422
    code = "refused"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        status: int | None = None,
        errors: list[FieldError] | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.status = status or type(self).status
        self.errors = errors or []
        self.extra = extra or {}


class Invalid(Refusal):
    """A field is missing or malformed."""

    status = 422
    code = "invalid"

    @classmethod
    def field(cls, field: str, message: str) -> Invalid:
        """Return the refusal of a single field."""
        return cls(message, errors=[FieldError(field, message)])


class NotFound(Refusal):
    """The object does not exist, or is not the actor's to see: the two are never told apart."""

    status = 404
    code = "not_found"

    def __init__(self, message: str | None = None, **kw: Any) -> None:
        from core.kernel.i18n import _

        super().__init__(message or _("没有找到这条记录。它可能已被删除，或不属于你所在的机构。"), **kw)


class Forbidden(Refusal):
    """The actor lacks the permission."""

    status = 403
    code = "forbidden"


class Unauthorized(Refusal):
    """Nobody is signed in, or the token or PIN is wrong."""

    status = 401
    code = "unauthorized"


class Conflict(Refusal):
    """Something moved meanwhile: a stale version, a moved price, a used proof."""

    status = 409
    code = "conflict"


class TooMany(Refusal):
    """Too many attempts; `extra['retry_after']` holds seconds."""

    status = 429
    code = "too_many"
