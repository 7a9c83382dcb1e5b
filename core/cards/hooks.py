"""What cards answers to the house's hooks."""

from __future__ import annotations

from core.cards.facts import FACTS
from core.hookfacts import Fact
from core.kernel.plugins import hookimpl


@hookimpl
def register_facts() -> list[Fact]:
    """Return the facts about cards and households."""
    return list(FACTS)
