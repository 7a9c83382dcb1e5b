"""What is wrong or odd in a programme, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault at a path. An error stops parsing and publishing; a warning is shown before publishing."""

    severity: Literal["error", "warning"]
    field: str
    message: str
