"""Forms of the organisation room, and what they send."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.kernel.errors import Refusal


@dataclass
class Typed:
    """What was typed into a small form and what is wrong with it: values and errors by field name."""

    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    message: str = ""

    def of_refusal(self, refusal: Refusal) -> Typed:
        """Return the same values with a refusal's errors; secrets are never sent back."""
        errors = {e.field: e.message for e in refusal.errors}
        return Typed(self.values, errors, "" if errors else refusal.message)

    def summary(self) -> list[tuple[str, str]]:
        """Return (field id or "", message) pairs for the summary at the top."""
        return [*self.errors.items(), *([("", self.message)] if self.message else [])]
