"""The switchboard: preview, switch, cascade, chain, health; at the services, the page and the command."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from core.console import jobs, services
from core.console.cli import db_group, plugin_command_groups, plugin_group
from core.console.health import plugin_rows, recent_failures
from core.console.preview import preview_switch
from core.hooktypes import PersonView
from core.kernel import audit, clock, outbox
from core.kernel.errors import NotFound, Refusal
from core.kernel.models import AuditEntry, OutboxMessage, PluginState
from core.kernel.plugin_health import store_failures
from core.kernel.plugin_types import Plugin, PluginFailed
from core.kernel.tenancy import acting
from core.org.models import Staff, StaffRole
from tests.plugin_demo import hooks as demo
from tests.plugin_kit import CHAIN, A, B, basket_with, empty_database, make_bench  # noqa: F401


@pytest.fixture
def bench(make_bench):  # noqa: F811
    return make_bench("tests.plugin_demo", "tests.plugin_broken")


@pytest.fixture
def chained(bench):
    """Return a bench on which pharmacy requires dental."""
    bench.host.plugins["pharmacy"] = Plugin("pharmacy", "药房", "d", "1.0", (1, 1), requires=("dental",))
    return bench


def actions(bench, franchise_id=A):
    with bench.unit(franchise_id, "read") as session:
        rows = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        return [(row.action, audit.detail_of(row)["key"]) for row in rows]


def on_in(bench, franchise_id):
    return bench.actor(franchise_id).plugins


def test_two_franchises_switch_against_each_other_while_serving(bench):
    """Acceptance 9: dental on, pharmacy off here and the reverse there; effective at the next request."""
    here, there = bench.client(A), bench.client(B)
    basket = basket_with({"dental.category": "filling"})
    bench.switch("dental", True, A)
    bench.switch("pharmacy", True, B)
    assert (here.get("/p/dental/items").status_code, there.get("/p/dental/items").status_code) == (200, 404)
    assert "牙科项目" in here.get("/console/plugins").get_data(as_text=True)
    assert len(bench.call("person_panels", A, person=PersonView(1, "x"))) == 1
    assert [a.value.code for a in bench.call("checkout_checks", A, basket=basket)] == ["dental.filling_count"]
    assert bench.call("checkout_checks", B, basket=basket) == []
    bench.switch("dental", False, A)
    bench.switch("dental", True, B)
    assert (here.get("/p/dental/items").status_code, there.get("/p/dental/items").status_code) == (404, 200)
    assert bench.call("person_panels", A, person=PersonView(1, "x")) == []
    assert on_in(bench, A) == frozenset()
    assert on_in(bench, B) == {"dental", "pharmacy"}


def test_a_switch_is_audited_and_idempotent(bench):
    assert bench.switch("dental", True) == ["dental"]
    assert bench.switch("dental", True) == []
    assert bench.switch("dental", False) == ["dental"]
    assert actions(bench) == [("console.plugin.enabled", "dental"), ("console.plugin.disabled", "dental")]
    assert actions(bench, B) == []


def test_requirements_come_along_and_dependants_go(chained):
    assert chained.switch("pharmacy", True) == ["dental", "pharmacy"]
    assert chained.switch("dental", False) == ["pharmacy", "dental"]
    assert on_in(chained, A) == frozenset()


def test_what_the_chain_does_not_allow_cannot_be_switched_on(chained):
    with chained.db.unit() as session:
        services.set_allowed(session, chained.host, CHAIN, "dental", False)
    with pytest.raises(Refusal, match="牙科") as refusal:
        chained.switch("pharmacy", True)
    assert refusal.value.code == "plugin_not_allowed"
    assert actions(chained) == []


def test_without_a_decision_of_the_chain_nothing_is_allowed(bench):
    with bench.db.unit() as session:
        services.set_allowed(session, bench.host, CHAIN, "physio", False)
        assert "physio" not in services.allowed_keys(session, A)


def test_unknown_plugins_are_not_found(bench):
    for on in (True, False):
        with pytest.raises(NotFound):
            bench.switch("nowhere", on)


def test_a_plugin_whose_package_is_gone_is_shown_and_can_be_switched_off(bench):
    with bench.unit() as session:
        session.add(PluginState(key="gone", enabled=True, version="1", changed_at=0))
    with bench.unit(mode="read") as session:
        row = next(r for r in plugin_rows(session, bench.host) if r.key == "gone")
    assert (row.missing, row.on, row.wanted) == (True, False, True)
    assert "插件缺失" in bench.client().get("/console/plugins?key=gone").get_data(as_text=True)
    assert bench.switch("gone", False) == ["gone"]


def test_the_preview_counts_what_appears_and_who_sees_it(bench):
    with bench.unit() as session:
        staff = Staff(number="1", name="甲", login="a", password_hash="x", made_at=0)
        session.add(staff)
        session.flush()
        session.add(StaffRole(staff_id=staff.id, role="front_desk"))
        session.add(StaffRole(staff_id=staff.id, role="manager"))
    with bench.unit(mode="read") as session:
        preview = preview_switch(session, bench.host, "dental", True)
    counts = {s.kind: s.count for s in preview.sections}
    assert counts == {
        "menus": 3, "panels": 1, "attributes": 1, "checks": 5, "permissions": 5, "approvals": 0, "settings": 7,
        "jobs": 0, "tables": 7,
    }  # fmt: skip
    assert preview.changes == ("dental",)
    assert (preview.staff, preview.viewers) == (1, (("店长", 1), ("前台", 1)))
    assert preview.stores == ("一店",)


def test_the_preview_names_the_tables_and_what_stays(bench):
    bench.switch("plugin_demo", True)
    bench.call("demo_data", seed=1, size=3)
    with bench.unit(mode="read") as session:
        preview = preview_switch(session, bench.host, "plugin_demo", False)
    assert preview.section("tables").names == ("plugin_demo_note",)
    assert preview.stays == (("演示备注", 3),)
    bench.switch("plugin_demo", False)
    with bench.unit(mode="read") as session:
        assert preview_switch(session, bench.host, "plugin_demo", True).stays == (("演示备注", 3),)


def test_a_broken_plugin_is_previewed_and_switched_all_the_same(bench):
    with bench.unit(mode="read") as session:
        preview = preview_switch(session, bench.host, "plugin_broken", True)
    assert all(s.failed for s in preview.sections if s.kind != "tables")
    assert preview.stays == (("坏插件 的数据（数目未知）", None),)
    assert bench.switch("plugin_broken", True) == ["plugin_broken"]


def test_what_a_plugin_fails_to_do_at_its_switch_is_left_to_the_outbox(bench):
    bench.switch("plugin_broken", True)
    with bench.unit(mode="read") as session:
        message = session.scalars(select(OutboxMessage)).one()
        assert (message.topic, message.state) == (services.TOPIC, "waiting")
    late = datetime.fromtimestamp(clock.now_ms() / 1000 + 120, UTC)
    with clock.frozen_at(late), acting(bench.actor()):
        assert outbox.drain(bench.db, bench.actor()) == {"done": 0, "skipped": 0, "failed": 1}
    payload = {"key": "plugin_broken", "hook": "franchise_enabled", "arguments": {"first_time": True}}
    with acting(bench.actor()):
        with pytest.raises(PluginFailed):
            jobs.deliver_switch(payload)
        jobs.deliver_switch(payload | {"key": "gone"})
        jobs.deliver_switch(payload | {"key": "plugin_demo"})


def test_events_reach_the_plugin_that_is_on_and_only_it(bench):
    payload = {"plugin": "plugin_demo", "event": "order.paid", "at_ms": 0, "data": {}}
    bench.switch("plugin_demo", True, B)
    bench.switch("plugin_broken", True)
    demo.heard.clear()
    with acting(bench.actor(A)):
        jobs.deliver_event(payload)
        assert demo.heard == []
        with pytest.raises(PluginFailed):
            jobs.deliver_event(payload | {"plugin": "plugin_broken"})
    with acting(bench.actor(B)):
        jobs.deliver_event(payload)
    assert demo.heard == ["order.paid"]


def test_failures_are_shown_and_attributed(bench):
    bench.switch("plugin_broken", True)
    page = bench.client().get("/console/plugins?key=plugin_broken")
    assert page.status_code == 200
    store_failures(bench.db, bench.host.health)
    text = bench.client().get("/console/plugins?key=plugin_broken").get_data(as_text=True)
    with bench.unit(mode="read") as session:
        numbers = [failure.number for failure in recent_failures(session, "plugin_broken")]
        row = next(r for r in plugin_rows(session, bench.host) if r.key == "plugin_broken")
    assert numbers
    assert all(number in text for number in numbers)
    assert "canary" not in text
    assert row.failures >= len(numbers)


def test_an_isolated_plugin_is_named_and_can_be_tried_again(bench):
    bench.switch("plugin_broken", True)
    for _n in range(3):
        bench.call("adjust_price", basket=basket_with({}))
    client = bench.client()
    text = client.get("/console/plugins").get_data(as_text=True)
    assert "计价" in text
    assert "出错已隔离" in text
    assert client.post("/console/plugins/plugin_broken/retry").status_code == 303
    with bench.unit(mode="read") as session:
        row = next(r for r in plugin_rows(session, bench.host) if r.key == "plugin_broken")
    assert "计价" not in row.isolated
    assert client.post("/console/plugins/nowhere/retry").status_code == 404


def test_the_page_switches_and_the_menu_follows_at_the_next_request(bench):
    client = bench.client()
    before = client.get("/console/plugins?key=dental").get_data(as_text=True)
    assert "启用牙科后会出现" in before
    assert "/p/dental/items" not in before
    assert client.post("/console/plugins/dental/switch", data={"on": "1"}).status_code == 303
    after = client.get("/console/plugins?key=dental").get_data(as_text=True)
    assert "停用牙科后会收起" in after
    assert "/p/dental/items" in after
    client.post("/console/plugins/dental/switch", data={"on": "0"})
    assert "/p/dental/items" not in client.get("/console/plugins").get_data(as_text=True)


def test_the_page_explains_a_refusal(bench):
    with bench.db.unit() as session:
        services.set_allowed(session, bench.host, CHAIN, "beauty", False)
    client = bench.client()
    answer = client.post("/console/plugins/beauty/switch", data={"on": "1"})
    assert answer.status_code == 422
    assert "总部没有允许使用“美容”" in answer.get_data(as_text=True)
    assert client.post("/console/plugins/nowhere/switch", data={"on": "1"}).status_code == 404


def test_the_page_is_closed_to_those_without_the_permission(bench):
    assert bench.client(role="front_desk").get("/console/plugins").status_code == 403
    reader = bench.client(role="auditor")
    assert reader.get("/console/plugins").status_code == 200
    assert reader.post("/console/plugins/dental/switch", data={"on": "1"}).status_code == 403


def test_the_page_has_no_inline_style_and_every_control_a_name(bench):
    text = bench.client().get("/console/plugins?key=dental").get_data(as_text=True)
    main = text[text.index('<main id="main"') :]
    assert " style=" not in main
    assert not re.search(r"<(a|button)[^>]*>\s*</", main)


def test_switching_under_concurrent_requests_never_breaks_one(bench):
    client_errors = []

    def ask():
        client = bench.client()
        for _n in range(5):
            status = client.get("/p/dental/items").status_code
            if status not in {200, 404}:
                client_errors.append(status)

    bench.app()
    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for on in (True, False, True, False):
        bench.switch("dental", on)
    for thread in threads:
        thread.join()
    assert client_errors == []


# -- commands --------------------------------------------------------------------------------------


def run(group, *arguments):
    return CliRunner().invoke(group, list(arguments))


def test_command_list_enable_disable(bench):
    assert run(plugin_group, "enable", "--franchise", str(A), "dental").output == "dental\n"
    lines = run(plugin_group, "list", "--franchise", str(A)).output.splitlines()
    assert "dental\t1.0\ton\t牙科" in lines
    assert "pharmacy\t1.0\toff\t药房" in lines
    assert run(plugin_group, "disable", "--franchise", str(A), "dental").exit_code == 0
    assert on_in(bench, A) == frozenset()


def test_command_withdraw_goes_off_everywhere_with_an_audit_line_each(bench):
    bench.switch("dental", True, A)
    bench.switch("dental", True, B)
    result = run(plugin_group, "withdraw", "--chain", "试用连锁", "dental")
    assert result.exit_code == 0, result.output
    for franchise in (A, B):
        assert on_in(bench, franchise) == frozenset()
        assert actions(bench, franchise)[-2:] == [
            ("console.plugin.withdrawn", "dental"),
            ("console.plugin.disabled", "dental"),
        ]
    assert run(plugin_group, "enable", "--franchise", str(A), "dental").exit_code == 1
    assert run(plugin_group, "allow", "--chain", "试用连锁", "dental").exit_code == 0
    assert on_in(bench, A) == frozenset()
    assert run(plugin_group, "enable", "--franchise", str(A), "dental").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("enable", "--franchise", "999", "dental"), 2),
        (("enable", "--franchise", "abc", "dental"), 2),
        (("enable", "--franchise", str(A), "nowhere"), 1),
        (("allow", "--chain", "没有", "dental"), 2),
        (("allow", "--chain", "试用连锁", "nowhere"), 1),
        (("list",), 2),
    ],
)
def test_command_errors_are_one_line_and_an_exit_code(bench, arguments, code):
    result = run(plugin_group, *arguments)
    assert result.exit_code == code
    assert "Traceback" not in result.output
    if arguments != ("list",):
        assert len(result.output.strip().splitlines()) == 1


def test_command_db(bench):
    assert run(db_group, "status").exit_code == 0
    checked = run(db_group, "check")
    assert checked.exit_code in {0, 1}
    assert run(db_group, "revision", "nowhere", "x").exit_code == 2


def test_commands_of_a_plugin_stand_under_its_key(bench):
    groups = {group.name: group for group in plugin_command_groups(bench.host)}
    assert list(groups) == ["pharmacy", "plugin_demo"]
    assert run(groups["plugin_demo"], "hello").output == "hello\n"
