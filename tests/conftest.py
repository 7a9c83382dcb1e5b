"""Fixtures shared by all tests: `installation` (SQLite), `pg_installation`, `any_installation` (both)."""

from __future__ import annotations

import os

import pytest

from core.kernel import i18n
from tests import browser as browsers
from tests import installation as houses
from tests import pg


def pytest_configure(config):
    """Compile the translations once, before the workers of a parallel run start."""
    if not hasattr(config, "workerinput"):
        i18n.compile_catalogues()


# A file runs on one worker: the longest begin first, so that no worker waits for another one at the end.
LONGEST = (
    "tests/sweep/test_sweep.py",
    "tests/e2e/",
    "tests/model/",
    "tests/core/api/test_fuzz.py",
    "tests/core/api/test_strict.py",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Put the files that take longest first; within them and among the others the order stays."""
    items.sort(key=lambda item: next((n for n, name in enumerate(LONGEST) if item.nodeid.startswith(name)), 99))


@pytest.fixture(autouse=True)
def _quiet_environment(monkeypatch):
    """No test reads the developer's installation, its clock, or the language that the test before it spoke."""
    i18n.set_locale(i18n.SOURCE_LOCALE)
    for name in list(os.environ):
        if name.startswith("HUIKE_") or name in {"DATABASE_URL", "SMTP_URL", "SMS_URL"}:
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    folder = tmp_path_factory.mktemp("template")
    return folder, houses.make(folder)


@pytest.fixture
def installation(sqlite_template, tmp_path):
    """A fresh installation on SQLite."""
    template, made = sqlite_template
    opened = houses.open_copy(template, made, tmp_path / "installation")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def pg_template(tmp_path_factory):
    if pg.wheel_folder() is None:
        pytest.skip("the PostgreSQL wheel is not installed")
    server = pg.PostgresServer().start()
    folder = tmp_path_factory.mktemp("pg_template")
    url = server.make_database("huike_template")
    made = houses.make(folder, url)
    yield server, folder, made
    server.remove()


@pytest.fixture
def pg_installation(pg_template, tmp_path, request):
    """A fresh installation on PostgreSQL."""
    server, template, made = pg_template
    url = server.make_database(f"t{abs(hash(request.node.nodeid))}", template="huike_template")
    opened = houses.open_copy(template, made, tmp_path / "installation", url)
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def any_installation(request):
    """A fresh installation on each of the two databases."""
    name = "installation" if request.param == "sqlite" else "pg_installation"
    return request.getfixturevalue(name)


@pytest.fixture(scope="session")
def browser():
    """One Chromium for the run: Playwright allows a single driver in a process."""
    if browsers.chromium_path() is None:
        pytest.skip("no Chromium on this machine: the browser walk needs one")
    with browsers.chromium() as opened:
        yield opened
