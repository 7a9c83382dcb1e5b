"""The running installation: environment, database, keyring and plugin host of this process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.kernel import keys
from core.kernel.db import Database

if TYPE_CHECKING:
    from core.kernel.settings import Environment


@dataclass(slots=True)
class Runtime:
    """What a process needs to work: one per process, made at start by `start`."""

    environment: Environment
    db: Database
    host: Any = None

    def load_keys(self) -> None:
        """Open the data keys with the master key file; raise KeyError_ when they do not fit."""
        master = keys.read_master(self.environment.key_file)
        with self.db.unit("write") as session:
            keys.use(keys.load(session, master))


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
