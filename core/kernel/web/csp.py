"""Headers of every answer (security C50)."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from flask import request

from core.kernel.web.state import maybe_here

if TYPE_CHECKING:
    from flask import Response

_FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
}
_COMPRESS_FROM = 1000


def policy(nonce: str) -> str:
    """Return the content security policy of a page: own host only, scripts by nonce, no inline style."""
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'nonce-{nonce}'",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "form-action 'self'",
        )
    )


def set_headers(answer: Response) -> Response:
    """Add the security headers; an authenticated or personal answer is never stored."""
    for name, value in _FIXED.items():
        answer.headers.setdefault(name, value)
    here = maybe_here()
    answer.headers.setdefault("Content-Security-Policy", policy(here.nonce if here else "none"))
    if here:
        answer.headers["X-Request-Id"] = here.request_id
    if request.is_secure:
        answer.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if request.endpoint != "assets.file":
        answer.headers["Cache-Control"] = "no-store"
    answer.headers.pop("Server", None)
    return answer


def compress(answer: Response) -> Response:
    """Compress a text answer when the client takes it."""
    if answer.direct_passthrough or "Content-Encoding" in answer.headers or answer.status_code in {204, 304}:
        return answer
    if "gzip" not in request.headers.get("Accept-Encoding", ""):
        return answer
    kind = answer.mimetype or ""
    if not (kind.startswith("text/") or kind.endswith("json") or "svg" in kind):
        return answer
    data = answer.get_data()
    if len(data) < _COMPRESS_FROM:
        return answer
    answer.set_data(gzip.compress(data, 5, mtime=0))
    answer.headers["Content-Encoding"] = "gzip"
    answer.headers.add("Vary", "Accept-Encoding")
    return answer
