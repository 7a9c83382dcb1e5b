"""docs/capabilities.md: every row of the first issue, each naming tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROWS = [
    "S0-03",
    "S0-07",
    "S0-09",
    "S0-11",
    "S0-17",
    "S0-22",
    "S0-35",
    "S0-37",
    "S1-01",
    "S1-02",
    "S1-03",
    "S1-04",
    "S1-06",
    "S1-07",
    "S1-10",
    "S1-12",
    "S2-19",
    "S2-21",
    "S2-22",
    "S2-31",
    "S3-04",
    "S3-05",
    "S3-11",
    "S3-29",
    "S4-04",
    "S4-06",
    "S4-08",
    "S4-14",
    "S4-15",
    "S4-16",
    "S4-18",
    "S4-19",
    "S4-21",
    "S4-25",
    "S4-27",
    "S4-28",
    "S4-37",
    "S4-38",
    "S4-39",
]
CASES = [
    "B01",
    "B02",
    "B03",
    "B04",
    "B05",
    "B06",
    "B07",
    "B08",
    "B09",
    "B10",
    "B19",
    "B20",
    "B21",
    "B22",
    "B23",
    "B24",
    "B25",
    "B51",
    "B52",
    "B55",
]
TEXT = (ROOT / "docs" / "capabilities.md").read_text(encoding="utf-8")


def rows() -> dict[str, list[str]]:
    found = {}
    for line in TEXT.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if re.fullmatch(r"(S\d-\d\d|B\d\d)", cells[0]):
            found[cells[0]] = cells
    return found


def test_every_row_and_case_is_listed():
    assert [row for row in [*ROWS, *CASES] if row not in rows()] == []


def test_every_named_test_exists():
    missing = []
    for row, cells in rows().items():
        named = re.findall(r"`(tests/[\w/.]+)::(\w+)`", cells[-1])
        assert named, f"{row} names no test"
        for file, test in named:
            path = ROOT / file
            if not path.exists() or not re.search(rf"def {test}\b", path.read_text(encoding="utf-8")):
                missing.append(f"{row}: {file}::{test}")
    assert missing == []
