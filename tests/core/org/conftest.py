"""The small world of tests/web_world.py, fresh for each test."""

from __future__ import annotations

import pytest

from tests import web_world


@pytest.fixture(scope="session")
def world_template(tmp_path_factory):
    return web_world.make(tmp_path_factory.mktemp("world"))


@pytest.fixture()
def world(world_template, tmp_path):
    made = web_world.copy(world_template, tmp_path)
    yield made
    made.runtime.db.dispose()


@pytest.fixture()
def client(world):
    return world.app().test_client()
