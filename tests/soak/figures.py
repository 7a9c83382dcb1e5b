"""Where the long suites keep their figures, summed over runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parents[2] / "reports" / "soak.json"


def read() -> dict[str, Any]:
    """Return everything recorded so far."""
    return json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}


def add(name: str, **figures: Any) -> dict[str, Any]:
    """Add numbers to the record `name` (lists grow, numbers sum, texts replace) and return it."""
    everything = read()
    record = everything.setdefault(name, {})
    for key, value in figures.items():
        if isinstance(value, bool | str):
            record[key] = value
        elif isinstance(value, list):
            record[key] = [*record.get(key, []), *value]
        else:
            record[key] = record.get(key, 0) + value
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(everything, indent=1, ensure_ascii=False), encoding="utf-8")
    return record
