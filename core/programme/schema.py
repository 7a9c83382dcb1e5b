"""JSON Schema of the programme document; `python -m core.programme.schema` rewrites
docs/programme.schema.json.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from core.programme import conditions, spec

SCHEMA_FILE = Path(__file__).resolve().parents[2] / "docs" / "programme.schema.json"


def schema() -> dict[str, Any]:
    """The schema (draft 2020-12) generated from the table that also reads and writes documents."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Huike membership programme",
        "description": "Money in fen, rates in basis points of the price paid (80 % = 8000).",
        **spec.PROGRAMME.schema(),
        "$defs": {"condition": conditions.schema()},
    }


def schema_text() -> str:
    """The schema as the text of docs/programme.schema.json."""
    return json.dumps(schema(), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.parent.mkdir(exist_ok=True)
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
