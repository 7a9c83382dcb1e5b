"""The four bundled plugins and the demo keep the contract."""

import pytest

from tests.plugin_kit import *  # noqa: F403


@pytest.fixture(params=["plugins.dental", "plugins.pharmacy", "plugins.physio", "plugins.beauty", "tests.plugin_demo"])
def plugin_package(request):
    return request.param
