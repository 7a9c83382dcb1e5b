"""A pharmacy on each of the two databases."""

import pytest

from core.kernel.tenancy import acting
from tests.plugins.pharmacy import kit


@pytest.fixture
def pharmacy(any_installation):
    with acting(any_installation.actor(any_installation.pharmacy)):
        yield kit.make(any_installation)


@pytest.fixture
def embedded(installation):
    with acting(installation.actor(installation.pharmacy)):
        yield kit.make(installation)
