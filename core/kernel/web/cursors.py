"""Opaque, signed places in a list: the sort values of a row, bound to franchise, list and sort."""

from __future__ import annotations

import base64
import hmac
import json
from datetime import date
from typing import TYPE_CHECKING, Any

from core.kernel import keys
from core.kernel.tenancy import current_actor

if TYPE_CHECKING:
    from collections.abc import Iterable

OLDER, NEWER = "o", "n"
_MAC = 12


def _mac(scope: str, body: bytes) -> bytes:
    bound = f"{current_actor().franchise_id}:{scope}:".encode() + body
    return keys.ring().mac("cursor", bound)[:_MAC]


def _plain(value: Any) -> Any:
    return {"d": value.isoformat()} if isinstance(value, date) else value


def _back(value: Any) -> Any:
    return date.fromisoformat(value["d"]) if isinstance(value, dict) else value


def write(scope: str, direction: str, values: tuple[Any, ...]) -> str:
    """Return the cursor of the row with these sort values, to be walked in `direction`."""
    body = json.dumps([direction, *map(_plain, values)], separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(_mac(scope, body) + body).decode().rstrip("=")


def read(scope: str, text: str | None) -> tuple[str, tuple[Any, ...]] | None:
    """Return (direction, sort values), or None for no cursor, a forged or a foreign one."""
    if not text or len(text) > 600:
        return None
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        if not hmac.compare_digest(raw[:_MAC], _mac(scope, raw[_MAC:])):
            return None
        direction, *values = json.loads(raw[_MAC:])
        return direction, tuple(map(_back, values))
    except (ValueError, TypeError, KeyError):
        return None


def plain_of(values: Iterable[Any]) -> list[Any]:
    """Return sort values as JSON keeps them, for a walk that goes on in another process."""
    return [_plain(value) for value in values]


def plain_back(values: Iterable[Any]) -> tuple[Any, ...]:
    """Return what `plain_of` kept."""
    return tuple(map(_back, values))
