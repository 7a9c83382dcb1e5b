"""Each hook once, through plugin_demo, beside a plugin that raises in it; and docs/hooks.md."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

from core import hookspecs
from core.hooktypes import Event, ItemView, PersonView, hook_context
from core.kernel.plugin_types import PluginFailed
from core.kernel.settings import SettingRegistry
from tests.plugin_demo import hooks as demo
from tests.plugin_kit import A, basket_with, empty_database, make_bench  # noqa: F401

ROOT = Path(__file__).resolve().parents[3]
PERSON = PersonView(5, "王小明")
RED = {"plugin_demo.colour": "red"}


@pytest.fixture
def bench(make_bench):  # noqa: F811
    made = make_bench("tests.plugin_demo", "tests.plugin_broken")
    made.switch("plugin_demo", True)
    made.switch("plugin_broken", True)
    demo.heard.clear()
    return made


def of_demo(answers):
    return [a.value for a in answers if a.plugin == "plugin_demo"]


def broken_failed(answers):
    return [a.failed for a in answers if a.plugin == "plugin_broken"] == [True]


def declared(bench, hook):
    answers = bench.host.declared(hook)
    assert broken_failed(answers)
    return of_demo(answers)


def asked(bench, hook, **arguments):
    answers = bench.call(hook, **arguments)
    assert broken_failed(answers)
    return of_demo(answers)


def installed(bench, hook, **arguments):
    """Ask an installed-scope hook of the demo alone, after seeing that the broken one undoes the unit."""
    with pytest.raises(PluginFailed), bench.unit() as session:
        bench.host.call_installed(hook, hook_context(session), **arguments)
    with bench.unit() as session:
        return [a.value for a in bench.host.deliver("plugin_demo", hook, hook_context(session), **arguments)]


def test_hook_register_permissions(bench):
    assert [p.code for p in declared(bench, "register_permissions")] == ["plugin_demo.view", "plugin_demo.approve"]


def test_hook_register_settings(bench):
    specs = declared(bench, "register_settings")
    registry = SettingRegistry()
    registry.add(*specs)
    assert registry.get("plugin_demo.cut_fen").default == 100


def test_hook_register_item_attributes(bench):
    assert [a.key for a in declared(bench, "register_item_attributes")] == ["plugin_demo.colour"]


def test_hook_register_line_fields(bench):
    [field] = declared(bench, "register_line_fields")
    assert (field.key, field.asks(RED), field.asks({}), field.read("b-7")) == ("plugin_demo.batch", True, False, "B-7")


def test_hook_register_panels(bench):
    assert [p.place for p in declared(bench, "register_panels")] == ["person", "home"]


def test_hook_register_visit_parts(bench):
    assert [(p.key, p.schema, p.fields[0].name) for p in declared(bench, "register_visit_parts")] == [
        ("plugin_demo", 2, "mood")
    ]


def test_hook_register_document_kinds(bench):
    assert [(k.key, k.by_law) for k in declared(bench, "register_document_kinds")] == [("plugin_demo.letter", False)]


def test_hook_register_facts(bench):
    assert [f.key for f in declared(bench, "register_facts")] == ["plugin_demo.notes", "plugin_demo.ill"]


def test_hook_register_checks(bench):
    assert [(c.code, c.severity) for c in declared(bench, "register_checks")] == [("plugin_demo.red", "major")]


def test_hook_register_jobs(bench):
    job = declared(bench, "register_jobs")[0]
    with bench.unit() as session:
        assert job.run(hook_context(session)) == 0


def test_hook_register_approvals(bench):
    kind = next(k for k in declared(bench, "register_approvals") if k.kind == "plugin_demo.note")
    assert (kind.ask, kind.approve) == ("plugin_demo.view", "plugin_demo.approve")
    assert kind.describe(None, {"text": "甲"}).rows[0][1] == "甲"
    assert kind.execute(None, {"text": "甲"}, 1) == {"text": "甲"}


def test_hook_person_circle(bench):
    assert asked(bench, "person_circle", person_id=41) == [42]


def test_hook_register_blueprints(bench):
    assert [b.name for b in declared(bench, "register_blueprints")] == ["plugin_demo"]
    assert bench.client().get("/p/plugin_demo/notes").status_code == 200


def test_hook_register_calls(bench):
    [one] = declared(bench, "register_calls")
    assert (one.verb, one.scopes, one.run(None, {"name": "甲"})) == ("greet", ("members",), {"greeting": "hello 甲"})


def test_hook_register_commands(bench):
    assert [c.name for c in declared(bench, "register_commands")] == ["hello"]


def test_hook_presets(bench):
    assert [p.key for p in declared(bench, "presets")] == ["plugin_demo"]


def test_hook_menu_items(bench):
    assert [str(m.label) for m in asked(bench, "menu_items")] == ["演示菜单"]
    page = bench.client().get("/p/plugin_demo/notes").get_data(as_text=True)
    assert "演示菜单" in page or "/p/plugin_demo/notes" in page


def test_hook_home_cards(bench):
    assert [p.data["text"] for p in asked(bench, "home_cards")] == ["home"]


def test_hook_person_panels(bench):
    assert [p.data["text"] for p in asked(bench, "person_panels", person=PERSON)] == ["notes 0"]


def test_hook_person_alerts(bench):
    assert [a.severity for a in asked(bench, "person_alerts", person=PERSON)] == ["moderate"]


def test_hook_person_timeline(bench):
    asked(bench, "save_person_fields", person_id=5, values={"plugin_demo.note": "第一次来"})
    entries = asked(bench, "person_timeline", person=PERSON, before_ms=1 << 50, limit=5)
    assert [e.title for e in entries] == ["第一次来"]


def test_hook_person_form_fields(bench):
    groups = asked(bench, "person_form_fields", person=PERSON)
    assert [f.name for f in groups[0].fields] == ["plugin_demo.note"]


def test_hook_save_person_fields(bench):
    errors = asked(bench, "save_person_fields", person_id=5, values={"plugin_demo.note": "长" * 201})
    assert [e.field for e in errors] == ["plugin_demo.note"]
    assert asked(bench, "save_person_fields", person_id=5, values={"plugin_demo.note": "好"}) == []


def test_hook_checkout_checks(bench):
    findings = asked(bench, "checkout_checks", basket=basket_with(RED))
    assert [(f.code, f.line) for f in findings] == [("plugin_demo.red", 1)]
    assert asked(bench, "checkout_checks", basket=basket_with({})) == []


def test_hook_adjust_price(bench):
    assert [(c.line, c.amount_fen) for c in asked(bench, "adjust_price", basket=basket_with(RED))] == [(1, -100)]


def test_hook_earn_points(bench):
    assert [c.points for c in asked(bench, "earn_points", basket=basket_with(RED), points=160)] == [160]


def test_hook_coupon_classes_for_items(bench):
    items = (ItemView(1, "X", "甲", "service", RED), ItemView(2, "Y", "乙", "service", {}))
    classes = asked(bench, "coupon_classes_for_items", items=items)
    assert [(c.item_code, c.classes) for c in classes] == [("X", frozenset({"demo"}))]


def test_hook_item_vetoes(bench):
    items = (ItemView(1, "X", "甲", "service", RED), ItemView(2, "Y", "乙", "service", {}))
    vetoes = asked(bench, "item_vetoes", items=items, purpose="gift")
    assert [(v.item_code, v.rule) for v in vetoes] == [("X", "plugin_demo.no_gift")]


def test_hook_on_event(bench):
    event = Event("order.paid", 0)
    takers = bench.host.takers("on_event", {"plugin_demo", "plugin_broken", "physio"})
    assert takers == ["plugin_broken", "plugin_demo"]
    with bench.unit() as session:
        bench.host.deliver("plugin_demo", "on_event", hook_context(session), event=event)
        with pytest.raises(PluginFailed):
            bench.host.deliver("plugin_broken", "on_event", hook_context(session), event=event)
    assert demo.heard == ["order.paid"]


def test_hook_franchise_enabled(bench):
    bench.switch("plugin_demo", False)
    bench.switch("plugin_demo", True)
    assert demo.heard == ["disabled", "enabled:False"]
    bench.switch("plugin_demo", True, 102)
    assert demo.heard[-1] == "enabled:True"


def test_hook_franchise_disabled(bench):
    bench.switch("plugin_demo", False)
    assert demo.heard == ["disabled"]


def test_hook_describe_data(bench):
    with bench.unit() as session:
        answers = bench.host.call_installed("describe_data", hook_context(session))
    assert broken_failed(answers)
    assert [c.count for c in of_demo(answers)] == [0]


def test_hook_personal_data(bench):
    asked(bench, "save_person_fields", person_id=5, values={"plugin_demo.note": "好"})
    bench.switch("plugin_demo", False)
    assert installed(bench, "personal_data", person_id=5)[0].rows[0][1] == "好"


def test_hook_erase_person(bench):
    asked(bench, "save_person_fields", person_id=5, values={"plugin_demo.note": "好"})
    bench.switch("plugin_demo", False)
    assert [c.count for c in installed(bench, "erase_person", person_id=5, mode="erase")] == [1]
    assert [c.count for c in installed(bench, "erase_person", person_id=5, mode="erase")] == [0]


def test_hook_merge_people(bench):
    asked(bench, "save_person_fields", person_id=6, values={"plugin_demo.note": "好"})
    assert [c.count for c in installed(bench, "merge_people", winner_id=5, loser_id=6)] == [1]
    assert len(asked(bench, "person_timeline", person=PERSON, before_ms=1 << 50, limit=5)) == 1


def test_hook_describe_audit(bench):
    with bench.unit() as session:
        ctx = hook_context(session)
        say = lambda action: bench.host.first(  # noqa: E731
            "describe_audit", ctx, action=action, object_kind="x", detail={}
        )
        assert say("plugin_demo.note.added") == "演示动作"
        assert say("catalog.item.added") is None


def test_hook_demo_data(bench):
    assert [c.count for c in asked(bench, "demo_data", seed=9, size=4)] == [4]


def spec_functions():
    tree = ast.parse((ROOT / "core" / "hookspecs.py").read_text("utf-8"))
    return [node for node in tree.body if isinstance(node, ast.FunctionDef)]


@pytest.mark.parametrize("function", spec_functions(), ids=lambda f: f.name)
def test_every_hook_is_documented_with_its_exact_signature_and_tested(function):
    heading = f"### {function.name}({ast.unparse(function.args)}) -> {ast.unparse(function.returns)}\n"
    text = (ROOT / "docs" / "hooks.md").read_text("utf-8")
    assert heading in text, f"docs/hooks.md lacks the heading {heading}"
    section = text.split(heading)[1].split("\n### ")[0]
    hook = inspect.getdoc(getattr(hookspecs, function.name))
    for line in hook.splitlines():
        if line.startswith(("scope:", "on error:", "session:", "result:")):
            assert line in section
    assert "Called:" in section
    assert f"test_hook_{function.name}" in globals()


def test_the_documentation_names_no_hook_that_is_gone():
    text = (ROOT / "docs" / "hooks.md").read_text("utf-8")
    documented = {line[4:].split("(")[0] for line in text.splitlines() if line.startswith("### ")}
    assert documented == {function.name for function in spec_functions()}


def test_demo_and_broken_implement_every_hook(bench):
    for hook in bench.host.hooks:
        assert bench.host.implements("plugin_demo", hook), hook
        assert bench.host.implements("plugin_broken", hook), hook
    assert A
