"""Whatever is written into the audit trail is called something in words: no key of ours on a screen."""

from __future__ import annotations

import ast
from pathlib import Path

from core.lists.field_words import FIELDS, KINDS

ROOT = Path(__file__).resolve().parents[3]


def audited():
    """Yield (kind of object, keys of its detail, file) of every call that writes into the trail."""
    for file in sorted((ROOT / "core").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if getattr(node.func.value, "id", "") != "audit" or node.func.attr not in ("record", "insert"):
                continue
            words = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
            details = [keyword.value for keyword in node.keywords if keyword.arg == "detail"]
            shown = [detail for detail in details if isinstance(detail, ast.Dict)]
            keys = [key.value for detail in shown for key in detail.keys if isinstance(key, ast.Constant)]
            yield words[1] if len(words) > 1 else None, keys, file.relative_to(ROOT)


def test_every_key_of_a_detail_has_a_word():
    missing = sorted({(key, str(file)) for _kind, keys, file in audited() for key in keys if key not in FIELDS})
    assert missing == []


def test_every_kind_of_object_has_a_word():
    missing = sorted({(kind, str(file)) for kind, _keys, file in audited() if kind and kind not in KINDS})
    assert missing == []


def test_the_calls_were_found_at_all():
    assert sum(1 for _call in audited()) > 100
