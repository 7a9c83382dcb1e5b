"""The OpenAPI document and docs/api.md are complete, by test."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from core.api import schemas
from core.api.calls import PREFIX
from core.api.strict import Body
from core.kernel.permissions import registry

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
SILENT = {"HEAD", "OPTIONS"}


@pytest.fixture
def document(dental):
    return dental.client.get(f"{PREFIX}/openapi.json").get_json()


def rules(app):
    """Return (path as OpenAPI writes it, method) of every rule under /api."""
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/api/") and rule.endpoint != "probes.openapi":
            path = re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule)
            yield from ((path, method.lower()) for method in rule.methods - SILENT)


def operations(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method in {"get", "post", "put", "patch", "delete"}:
                yield path, method, operation


def test_every_rule_is_an_operation_and_the_reverse(dental, document):
    assert set(rules(dental.client.application)) == {(path, method) for path, method, _op in operations(document)}


def test_every_operation_says_what_it_does_and_answers(document):
    names = set()
    for path, method, operation in operations(document):
        where = f"{method} {path}"
        assert operation["summary"], where
        assert operation["operationId"] not in names, where
        names.add(operation["operationId"])
        answers = operation["responses"]
        good = [code for code in answers if code.startswith("2")]
        assert len(good) == 1, where
        assert answers[good[0]]["content"]["application/json"]["schema"]["$ref"], where
        for code in ("400", "401", "403", "404", "409", "422", "default"):
            assert "application/problem+json" in answers[code]["content"], where
        if method in {"post", "put", "patch"}:
            body = operation["requestBody"]["content"]["application/json"]
            assert body["schema"]["$ref"], where
            assert body["example"], where
        headers = {p["name"]: p["required"] for p in operation.get("parameters", []) if p["in"] == "header"}
        acts = (
            "/orders",
            "/refunds",
            "/adjustments",
            "/shifts",
            "/close",
            "/uses",
            "/undo",
            "/redemptions",
            "/payments",
        )
        value = path.endswith(acts) or "/approvals/" in path or ("/redemptions/" in path and method == "post")
        assert headers["X-Staff"] is (value or "/x/" in path), where
        assert (headers.get("Idempotency-Key") is True) is (value and method == "post"), where
    assert document["components"]["securitySchemes"]["token"] == {"type": "http", "scheme": "bearer"}


def test_bodies_are_closed(document):
    for name in [s.__name__ for s in _all_bodies(Body) if not s.__name__.startswith("_")]:
        if name in document["components"]["schemas"]:
            assert document["components"]["schemas"][name]["additionalProperties"] is False, name
    text = str(document)
    assert "#/components/schemas/Error'" not in text
    assert "/healthz" not in text


def _all_bodies(base):
    for sub in base.__subclasses__():
        yield sub
        yield from _all_bodies(sub)


def test_examples_of_the_document_fit_their_schemas(document):
    bodies = {one.__name__: one for one in _all_bodies(Body)}
    for path, method, operation in operations(document):
        if "requestBody" in operation:
            body = operation["requestBody"]["content"]["application/json"]
            name = body["schema"]["$ref"].rsplit("/", 1)[1]
            schema = bodies.get(name) or getattr(schemas, name)
            assert schema().validate(body["example"]) == {}, f"{method} {path}"


def test_the_guide_names_every_call(dental):
    for path, method in [*rules(dental.client.application), ("/healthz", "get"), ("/readyz", "get"),
                         (f"{PREFIX}/openapi.json", "get")]:  # fmt: skip
        short = path.removeprefix(PREFIX)
        assert re.search(rf"^### `{method.upper()} {re.escape(short)}`$", GUIDE, re.MULTILINE), f"{method} {short}"


def test_every_call_of_the_guide_has_an_example(dental):
    for part in re.split(r"^### `", GUIDE, flags=re.MULTILINE)[1:]:
        assert "```" in part, part[:60]


# -- codes -----------------------------------------------------------------------------------------


def raised_codes():
    """Return {code: files} of every refusal that core and the plugins can raise."""
    found: dict[str, set[str]] = {}

    def note(code, file):
        found.setdefault(code, set()).add(str(file.relative_to(ROOT)))

    for file in [*sorted((ROOT / "core").rglob("*.py")), *sorted((ROOT / "plugins").rglob("*.py"))]:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _makes_a_refusal(node):
                for code in _codes_of(node):
                    note(code, file)
            if isinstance(node, ast.ClassDef) and file.name == "errors.py":
                for code in _class_codes(node):
                    note(code, file)
            if isinstance(node, ast.Assign) and _name(node.targets[0]) == "_CODES":
                for value in ast.walk(node.value):
                    if isinstance(value, ast.Constant) and isinstance(value.value, str):
                        note(value.value, file)
    return found


REFUSALS = {"Refusal", "Invalid", "NotFound", "Forbidden", "Unauthorized", "Conflict", "TooMany", "_bad_json"}


def _name(node):
    return getattr(node, "attr", getattr(node, "id", ""))


def _makes_a_refusal(node):
    if _name(node.func) in REFUSALS:
        return True
    return _name(node.func) == "answer" and _name(getattr(node.func, "value", None)) == "problem"


def _codes_of(node):
    if _name(node.func) == "answer":
        return [a.value for a in node.args[1:2] if isinstance(a, ast.Constant)]
    return [
        k.value.value for k in node.keywords
        if k.arg == "code" and isinstance(k.value, ast.Constant)
    ]  # fmt: skip


def _class_codes(node):
    return [
        s.value.value for s in node.body
        if isinstance(s, ast.Assign) and _name(s.targets[0]) == "code" and isinstance(s.value, ast.Constant)
    ]  # fmt: skip


def table():
    """Return {code: status text} of the guide's table of codes."""
    section = GUIDE.split("## Codes", 1)[1].split("\n## ", 1)[0]
    return dict(re.findall(r"^\| `([a-z_]+)` \| ([0-9, ]+) \| .{8,} \|$", section, re.MULTILINE))


def test_every_code_is_in_the_table():
    missing = {code: files for code, files in raised_codes().items() if code not in table()}
    assert missing == {}, "add these codes to the table in docs/api.md"


def test_the_table_holds_no_code_that_nobody_raises():
    assert set(table()) - set(raised_codes()) - {"refused", "http"} == set()


def test_a_code_that_is_not_in_the_table_is_found():
    tree = ast.parse('raise Conflict(_("x"), code="brand_new")')
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and _makes_a_refusal(n)]
    assert [c for n in calls for c in _codes_of(n)] == ["brand_new"]


def test_permissions_of_the_calls_are_declared(dental):
    from core.api.permissions import SCOPE_GRANTS
    from core.org.tokens import SCOPES

    assert set(SCOPE_GRANTS) <= set(SCOPES)
    for codes in SCOPE_GRANTS.values():
        assert all(code in registry for code in codes)
    personal = {"orders.price.override", "orders.refund.large", "care.override.major"}
    assert not personal & set().union(*SCOPE_GRANTS.values())
