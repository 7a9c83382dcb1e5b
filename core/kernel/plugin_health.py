"""How the plugins are doing: times, failures, and the quarantine that keeps a bad one off the till.

All of it lives in the process; failures are also handed over to be stored once the request is over,
never inside the till's transaction.
"""

from __future__ import annotations

import secrets
import threading
import time
import traceback
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.kernel import clock
from core.kernel.models import PluginFailure
from core.kernel.tenancy import Actor, acting

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.kernel.db import Database

SAMPLES = 256
KEPT_FAILURES = 500


@dataclass(frozen=True, slots=True)
class Limits:
    """When a hook of a plugin is isolated: so many failures within a window, and for how long."""

    failures: int = 3
    window_s: float = 3600.0
    quarantine_s: float = 60.0
    budget_us: int = 250_000


@dataclass(frozen=True, slots=True)
class Failure:
    """One failure of a plugin's hook. `what` names error and place, never data."""

    key: str
    hook: str
    number: str
    at: int
    what: str
    micros: int
    franchise_id: int | None


@dataclass(slots=True)
class _Track:
    calls: int = 0
    failures: int = 0
    samples: deque[int] = field(default_factory=lambda: deque(maxlen=SAMPLES))
    recent: deque[float] = field(default_factory=lambda: deque(maxlen=32))
    isolated_until: float = 0.0
    last_number: str = ""


@dataclass(frozen=True, slots=True)
class HookHealth:
    """Figures of one hook of one plugin since the process started; times in microseconds."""

    key: str
    hook: str
    calls: int
    mean_us: int
    p95_us: int
    failures: int
    isolated: bool
    number: str


def describe(problem: BaseException) -> str:
    """Return error class and place. The message is left out: it may hold a person's data."""
    frames = traceback.extract_tb(problem.__traceback__)
    if not frames:
        return type(problem).__name__
    last = frames[-1]
    own = [f for f in frames if "site-packages" not in f.filename]
    place = own[-1] if own else last
    return f"{type(problem).__name__} @ {'/'.join(place.filename.split('/')[-3:])}:{place.lineno}"[:300]


class Health:
    """Times, failures and quarantine of every hook of every plugin, safe across threads."""

    def __init__(self, limits: Limits | None = None, ticks: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits or Limits()
        self._ticks = ticks
        self._lock = threading.Lock()
        self._tracks: dict[tuple[str, str], _Track] = {}
        self._unstored: deque[Failure] = deque(maxlen=KEPT_FAILURES)
        self._isolations: deque[Failure] = deque(maxlen=KEPT_FAILURES)

    def isolated(self, key: str, hook: str) -> str | None:
        """Return the number of the failure that isolated this hook, or None when it may be called."""
        track = self._tracks.get((key, hook))
        if track is None or track.isolated_until <= self._ticks():
            return None
        return track.last_number

    def answered(self, key: str, hook: str, micros: int, franchise_id: int | None = None) -> None:
        """Note a call that answered; one over the budget counts as a failure for the next call."""
        with self._lock:
            track = self._track(key, hook)
            track.calls += 1
            track.samples.append(micros)
        if micros > self.limits.budget_us:
            self.failed(key, hook, f"slow: {micros // 1000} ms", micros, franchise_id, counted=True)

    def failed(
        self, key: str, hook: str, what: str, micros: int, franchise_id: int | None, *, counted: bool = False
    ) -> str:
        """Note a failure and return its number, such as 7F3A; isolate the hook when they pile up."""
        number = secrets.token_hex(2).upper()
        now = self._ticks()
        with self._lock:
            track = self._track(key, hook)
            track.calls += 0 if counted else 1
            track.failures += 1
            track.last_number = number
            track.recent.append(now)
            recent = sum(1 for at in track.recent if now - at <= self.limits.window_s)
            failure = Failure(key, hook, number, clock.now_ms(), what, micros, franchise_id)
            if recent >= self.limits.failures:
                if track.isolated_until <= now:
                    self._isolations.append(failure)
                track.isolated_until = now + self.limits.quarantine_s
            self._unstored.append(failure)
        return number

    def retry(self, key: str) -> None:
        """Lift the quarantine of a plugin: its next failure counts from one again."""
        with self._lock:
            for (owner, _hook), track in self._tracks.items():
                if owner == key:
                    track.isolated_until = 0.0
                    track.recent.clear()

    def of(self, key: str) -> list[HookHealth]:
        """Return the figures of a plugin's hooks, sorted by hook."""
        with self._lock:
            found = [(hook, track) for (owner, hook), track in self._tracks.items() if owner == key]
            return [self._figures(key, hook, track) for hook, track in sorted(found, key=lambda pair: pair[0])]

    def drain(self) -> list[Failure]:
        """Return the failures not stored yet and forget them here."""
        with self._lock:
            found = list(self._unstored)
            self._unstored.clear()
        return found

    def drain_isolations(self) -> list[Failure]:
        """Return the failures that put a hook into quarantine and were not told yet, and forget them here."""
        with self._lock:
            found = list(self._isolations)
            self._isolations.clear()
        return found

    def _track(self, key: str, hook: str) -> _Track:
        return self._tracks.setdefault((key, hook), _Track())

    def _figures(self, key: str, hook: str, track: _Track) -> HookHealth:
        ordered = sorted(track.samples)
        p95 = ordered[min(len(ordered) - 1, len(ordered) * 95 // 100)] if ordered else 0
        return HookHealth(
            key=key,
            hook=hook,
            calls=track.calls,
            mean_us=sum(ordered) // len(ordered) if ordered else 0,
            p95_us=p95,
            failures=track.failures,
            isolated=track.isolated_until > self._ticks(),
            number=track.last_number,
        )


def store_failures(db: Database, health: Health) -> int:
    """Write the failures noted so far, each franchise's in a unit of its own; return how many.

    Called by the edge after the request: a till's transaction never carries them.
    """
    stored = 0
    by_franchise: dict[int, list[Failure]] = {}
    for failure in health.drain():
        if failure.franchise_id is not None:
            by_franchise.setdefault(failure.franchise_id, []).append(failure)
    for franchise_id, failures in by_franchise.items():
        with acting(Actor(franchise_id=franchise_id)), db.unit("write") as session:
            session.add_all(
                PluginFailure(key=f.key, hook=f.hook, number=f.number, at=f.at, what=f.what, micros=f.micros)
                for f in failures
            )
        stored += len(failures)
    return stored
