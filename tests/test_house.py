"""The house itself: alike rooms, short files, classified columns, locks without host names."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from core import rooms
from core.kernel.columns import CLASSES
from core.kernel.db import Base, FranchiseOwned, Shared

ROOT = Path(__file__).resolve().parents[1]
SOURCES = [ROOT / "app.py", ROOT / "dev", *sorted(ROOT.glob("core/**/*.py")), *sorted(ROOT.glob("plugins/**/*.py"))]
LIMIT = 500


def tracked(*patterns: str) -> list[Path]:
    told = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in told.stdout.split() if (ROOT / name).exists()]


def test_no_file_is_past_five_hundred_lines():
    long = {
        str(path.relative_to(ROOT)): n
        for path in tracked("*.py", "*.html", "*.css", "*.js")
        if (n := len(path.read_text(encoding="utf-8").splitlines())) > LIMIT
    }
    assert long == {}


def test_every_column_has_a_data_class():
    rooms.load_models()
    wrong = [
        f"{mapper.local_table.name}.{column.name}"
        for mapper in Base.registry.mappers
        if mapper.class_.__module__.startswith(("core.", "plugins."))
        for column in mapper.local_table.columns
        if column.info.get("class") not in CLASSES
    ]
    assert wrong == []


def test_every_table_is_owned_or_shared_and_unique_within_the_franchise():
    rooms.load_models()
    for mapper in Base.registry.mappers:
        assert issubclass(mapper.class_, FranchiseOwned | Shared)
        if not issubclass(mapper.class_, FranchiseOwned):
            continue
        for constraint in mapper.local_table.constraints:
            if type(constraint).__name__ == "UniqueConstraint":
                assert "franchise_id" in [c.name for c in constraint.columns], constraint.name


def test_no_column_has_a_name_that_breaks_a_form():
    rooms.load_models()
    bad = {"meta", "errors", "process", "validate", "populate_obj"}
    assert not [
        f"{m.local_table.name}.{c.name}" for m in Base.registry.mappers for c in m.local_table.columns if c.name in bad
    ]


def test_locks_pin_hashes_and_name_no_host():
    locks = sorted((ROOT / "requirements").glob("*.lock"))
    assert locks
    for lock in locks:
        text = lock.read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
        assert not re.search(r"https?://|--index|--extra-index|--find-links", text), lock.name


def test_floors_and_walls_are_kept():
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:]


@pytest.mark.parametrize("name", ["rules.py", "services.py"])
def test_rules_and_services_know_no_web(name):
    wrong = []
    for path in sorted(ROOT.glob(f"core/*/{name}")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = []
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                modules = [node.module or ""]
            wrong += [f"{path.parent.name}/{name}: {m}" for m in modules if m.split(".")[0] in {"flask", "flask_admin"}]
    assert wrong == []


def test_services_never_commit():
    wrong = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if path.name in {"services.py", "settle.py", "refunds.py", "quotes.py", "rules.py"}
        and re.search(r"\.commit\(", path.read_text(encoding="utf-8"))
    ]
    assert wrong == []


def test_nothing_promises_to_be_done_later():
    words = re.compile("TO" + "DO|FIX" + "ME|raise NotImplemented")
    wrong = [str(path.relative_to(ROOT)) for path in SOURCES if words.search(path.read_text(encoding="utf-8"))]
    assert wrong == []
