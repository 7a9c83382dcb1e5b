"""The only source of time. Every rule takes `as_of` from here; the linter bans the others.

`HUIKE_NOW` (only with `HUIKE_TESTING=1`) freezes or shifts it: an RFC 3339 instant, `+N` seconds,
or `@FILE` holding one of these, which is read again at each unit of work.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

_frozen: ContextVar[datetime | None] = ContextVar("huike_frozen_now", default=None)


def testing() -> bool:
    """Return whether the installation runs with the test clock."""
    return os.environ.get("HUIKE_TESTING") == "1"


def _machine_now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)  # noqa: TID251


def _from_setting(value: str) -> datetime:
    if value.startswith("@"):
        value = Path(value[1:]).read_text(encoding="utf-8").strip()
    if value.startswith(("+", "-")):
        return _machine_now() + timedelta(seconds=int(value))
    moment = datetime.fromisoformat(value.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def now() -> datetime:
    """Return the present instant, timezone-aware, in UTC."""
    frozen = _frozen.get()
    if frozen is not None:
        return frozen
    setting = os.environ.get("HUIKE_NOW", "") if testing() else ""
    if not setting:
        return _machine_now()
    return _from_setting(setting).astimezone(UTC)


def now_ms() -> int:
    """Return the present instant in milliseconds since the epoch, as the `*_at` columns hold it."""
    return to_ms(now())


def to_ms(moment: datetime) -> int:
    """Return an aware instant as milliseconds since the epoch."""
    return int(moment.timestamp() * 1000)


def from_ms(ms: int) -> datetime:
    """Return the UTC instant of a `*_at` column."""
    return datetime.fromtimestamp(ms / 1000, UTC)


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """Return the time zone called `name`."""
    return ZoneInfo(name)


def today(tz: str) -> date:
    """Return the business date in the zone `tz` at the present instant."""
    return business_date(now(), tz)


def business_date(moment: datetime, tz: str) -> date:
    """Return the calendar day of `moment` in the zone `tz`."""
    return moment.astimezone(zone(tz)).date()


@contextmanager
def frozen_at(moment: datetime) -> Iterator[None]:
    """Hold the clock at `moment` for the block: one unit of work sees one instant."""
    token = _frozen.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.reset(token)
