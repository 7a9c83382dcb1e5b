"""What referrals offer to the house: facts for conditions."""

from __future__ import annotations

from core.hookfacts import Fact
from core.kernel.plugins import hookimpl
from core.referrals.facts import FACTS


@hookimpl
def register_facts() -> list[Fact]:
    """Return the facts about whom a member brought."""
    return list(FACTS)
