"""The running installation: environment, database, keyring and plugin host of this process."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.kernel import keys
from core.kernel.db import Database

if TYPE_CHECKING:
    from core.kernel.settings import Environment


KEYS_EVERY_SECONDS = 5.0


@dataclass(slots=True)
class Runtime:
    """What a process needs to work: one per process, made at start by `start`."""

    environment: Environment
    db: Database
    host: Any = None
    keys_checked_at: float = 0.0
    keys_seen: tuple[tuple[int, str], ...] = ()

    def load_keys(self) -> None:
        """Open the data keys with the master key file; raise KeyError_ when they do not fit."""
        master = keys.read_master(self.environment.key_file)
        with self.db.unit("write") as session:
            keys.use(keys.load(session, master))
            self.keys_seen = keys.states(session)

    def reload_keys_when_moved(self) -> None:
        """Load the keys again when a rotation began or ended in another process; looks every 5 s."""
        if time.monotonic() - self.keys_checked_at < KEYS_EVERY_SECONDS:
            return
        self.keys_checked_at = time.monotonic()
        with self.db.unit("read") as session:
            moved = keys.states(session) != self.keys_seen
        if moved:
            self.load_keys()


_runtime: Runtime | None = None


def use(runtime: Runtime | None) -> None:
    """Make `runtime` the one of this process."""
    global _runtime
    _runtime = runtime


def runtime() -> Runtime:
    """Return the process's runtime; raise RuntimeError before `use`."""
    if _runtime is None:
        raise RuntimeError("the runtime has not been started")
    return _runtime


def start(environment: Environment, host: Any = None) -> Runtime:
    """Return a runtime over `environment`'s database and make it the process's; keys are loaded later."""
    made = Runtime(environment, Database(environment.database_url), host)
    use(made)
    return made
