"""What the ledger answers to the house's hooks."""

from __future__ import annotations

from core.hookfacts import Fact
from core.kernel.plugins import hookimpl
from core.ledger.facts import FACTS


@hookimpl
def register_facts() -> list[Fact]:
    """Return the facts about points."""
    return list(FACTS)
