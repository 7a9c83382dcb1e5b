"""An installation that imports: the pharmacy (free card, tiers regular to platinum) unless a test says otherwise."""

from __future__ import annotations

import pytest

from tests.core.imports.kit import Office


@pytest.fixture
def office(installation):
    """The owner of the pharmacy, on SQLite."""
    return Office(installation, installation.pharmacy)


@pytest.fixture
def dental_office(installation):
    """The owner of the dental franchise, on SQLite."""
    return Office(installation, installation.dental)


@pytest.fixture
def any_office(any_installation):
    """The owner of the pharmacy, on each of the two databases."""
    return Office(any_installation, any_installation.pharmacy)
