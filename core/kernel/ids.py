"""Identifiers made by the application: 63 bits, ordered by creation time.

41 bits of milliseconds since 2020-01-01 and 22 bits that start at random in each millisecond and
count up. Purely random low bits collide (139 times in a million), counting ones do not.
"""

from __future__ import annotations

import secrets
import threading
import time

_EPOCH_MS = 1_577_836_800_000
_LOW_BITS = 22
_LOW_MASK = (1 << _LOW_BITS) - 1

_lock = threading.Lock()
_last_ms = 0
_low = 0


def new_id() -> int:
    """Return a new positive id below 2**63, larger than every id this process made before."""
    global _last_ms, _low
    with _lock:
        # The machine's clock, not kernel.clock: ids must stay unique when a test freezes time.
        ms = int(time.time() * 1000) - _EPOCH_MS  # noqa: TID251
        if ms > _last_ms:
            _last_ms = ms
            _low = secrets.randbits(_LOW_BITS - 2)
        else:
            _low += 1
            if _low > _LOW_MASK:
                _last_ms += 1
                _low = secrets.randbits(_LOW_BITS - 2)
        return (_last_ms << _LOW_BITS) | _low


def new_ids(n: int) -> list[int]:
    """Return `n` new ids in ascending order."""
    return [new_id() for _ in range(n)]


_BLOCKS_FROM = 1 << (_LOW_BITS - 2)
MOST_IN_BLOCK = 1 << (_LOW_BITS - 2)


def new_block(n: int) -> int:
    """Return the first of `n` new ids in a row (at most MOST_IN_BLOCK), for statements that number their rows.

    A block lies above where single ids of a millisecond begin, so it does not meet those of another process.
    """
    global _last_ms, _low
    if not 0 < n <= MOST_IN_BLOCK:
        raise ValueError(f"a block of {n} ids")
    first = new_id()
    with _lock:
        _last_ms = max(_last_ms, first >> _LOW_BITS) + 1
        start = _BLOCKS_FROM + secrets.randbelow(_LOW_MASK + 1 - _BLOCKS_FROM - n)
        _low = start + n - 1
        return (_last_ms << _LOW_BITS) | start


def parse_id(text: object) -> int | None:
    """Return the id written in `text`, or None when it cannot be an id (callers answer 404)."""
    raw = str(text) if text is not None else ""
    if not raw.isascii() or not raw.isdigit() or len(raw) > 19:
        return None
    value = int(raw)
    return value if 0 < value < 1 << 63 else None


def new_code() -> str:
    """Return a 128-bit random code for card QR and portal links, 22 URL-safe characters."""
    return secrets.token_urlsafe(16)
