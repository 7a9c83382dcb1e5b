"""A founded installation with its web application, and people who sit at a desk of it."""

from __future__ import annotations

import pytest

from tests.core.desk.desk_kit import Desk, web_of


@pytest.fixture
def web(installation):
    """The application over a fresh installation (two franchises: dental, pharmacy)."""
    return web_of(installation)


@pytest.fixture
def desk(installation, web):
    """The front desk of the dental franchise, signed in."""
    return Desk(installation, web, installation.dental, "front_desk")


@pytest.fixture
def sit(installation, web):
    """Return a function that signs a role in: sit("owner"), sit("front_desk", installation.pharmacy)."""
    return lambda role, house=None: Desk(installation, web, house or installation.dental, role)
