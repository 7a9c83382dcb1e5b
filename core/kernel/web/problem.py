"""Refusals as the API tells them: application/problem+json (docs/api.md, contract section 3)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flask import Response

if TYPE_CHECKING:
    from core.kernel.errors import Refusal

TYPE = "application/problem+json"
_TITLES = {
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
    409: "Conflict", 413: "Content Too Large", 415: "Unsupported Media Type", 422: "Unprocessable Content",
    429: "Too Many Requests", 500: "Internal Server Error", 503: "Service Unavailable",
}  # fmt: skip


def document(
    status: int,
    code: str,
    detail: str,
    errors: list[dict[str, str]] | None = None,
    **extra: Any,
) -> dict[str, Any]:
    """Return the members of a problem document; `extra` are the members of its own."""
    body: dict[str, Any] = {
        "type": f"urn:huike:{code}",
        "title": _TITLES.get(status, "Error"),
        "status": status,
        "detail": detail,
        "code": code,
        "errors": errors or [],
    }
    return {**body, **extra}


def answer(status: int, code: str, detail: str, **members: Any) -> Response:
    """Return a problem document as a response; `retry_after` becomes the header as well."""
    body = json.dumps(document(status, code, detail, **members), ensure_ascii=False)
    made = Response(body, status=status, content_type=TYPE)
    if members.get("retry_after"):
        made.headers["Retry-After"] = str(members["retry_after"])
    return made


def of_refusal(refusal: Refusal) -> Response:
    """Return a refusal as a problem document."""
    errors = [{"field": e.field, "message": e.message} for e in refusal.errors]
    return answer(refusal.status, refusal.code, refusal.message, errors=errors, **refusal.extra)
