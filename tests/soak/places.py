"""Installations for the long suites, on SQLite and PostgreSQL."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import installation as houses
from tests import pg
from tests.installation import Installation

DIALECTS = ("sqlite", "postgresql")


@contextmanager
def place(dialect: str, durable: bool = False) -> Iterator[tuple[Installation, str | None]]:
    """Yield a fresh installation and its database URL (None: the SQLite file of its folder)."""
    server = pg.PostgresServer(durable=durable).start() if dialect == "postgresql" else None
    with tempfile.TemporaryDirectory(prefix="hksoak") as name:
        folder = Path(name)
        try:
            url = server.make_database("soak") if server else None
            made = houses.make(folder / "one", url)
            opened = houses.open_copy(folder / "one", made, folder / "two", url)
            yield opened, url
            opened.close()
        finally:
            if server:
                server.remove()
