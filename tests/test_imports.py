"""Whatever is imported first, the program and its long suites come up: no module leans on what another one loaded."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.browser import ROOT

FIRST = (
    "core.kernel.sealed", "core.kernel.models", "core.kernel.keys", "core.orders.models", "core.sdk",
    "tests.soak.__main__", "benchmarks.__main__",
)  # fmt: skip


@pytest.mark.parametrize("name", FIRST)
def test_it_may_be_imported_first(name):
    done = subprocess.run([sys.executable, "-c", f"import {name}"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-600:]
