"""What the switchboard announces is what appears, for every vertical and the demo (acceptance 5, ux 6.29).

The announcement is compared with the places themselves: menu, panels answered for a person and for the home
page, attributes offered for items, findings let through, the matrix of roles, approvals offered, the settings form,
the worker's jobs, the tables in the database.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, inspect, select

from core.console.plugin_jobs import plugin_jobs
from core.console.preview import SAMPLE_PERSON, preview_switch
from core.hookattributes import attributes_for
from core.kernel import audit, clock, jobs, permissions, settings
from core.kernel.models import AuditEntry, Setting
from core.kernel.runtime import runtime
from core.kernel.web.render import menu
from core.org import role_rules
from tests.plugin_demo.models import PluginDemoNote
from tests.plugin_kit import A, B, empty_database, make_bench  # noqa: F401

EVERY = ("dental", "pharmacy", "physio", "beauty", "plugin_demo")


@pytest.fixture
def bench(make_bench):  # noqa: F811
    return make_bench("tests.plugin_demo")


def announced(bench, key, on):
    with bench.unit(mode="read") as session:
        preview = preview_switch(session, bench.host, key, on)
    assert preview.changes == (key,)
    return {s.kind: sorted(s.names) for s in preview.sections}


def places(bench):
    """Return what there is to see now, by kind of the announcement."""
    actor, host = bench.actor(), bench.host
    app = bench.app()
    with app.test_request_context("/"):
        menus = [(e.plugin, str(e.label)) for e in menu.entries(actor) if e.plugin]
    panels = {spec.key: str(spec.title) for a in host.declared("register_panels") if not a.failed for spec in [a.value]}
    shown = [(a.plugin, panels[a.value.key]) for a in bench.call("person_panels", person=SAMPLE_PERSON)]
    shown += [(a.plugin, panels[a.value.key]) for a in bench.call("home_cards")]
    owner = {a.value.key: a.plugin for a in host.declared("register_item_attributes") if not a.failed}
    on = actor.plugins
    matrix = [p for p in permissions.registry.all() if p.plugin and role_rules.in_matrix(p, on)]
    tables = set(inspect(runtime().db.engine).get_table_names())
    return {
        "menus": menus,
        "panels": shown,
        "attributes": [(owner[a.key], str(a.label)) for a in attributes_for(host, on) if owner[a.key]],
        "permissions": [(p.plugin, str(p.label)) for p in matrix],
        "tables": [(key, t) for key in host.plugins for t in tables if t.startswith(f"{key}_")],
    }


def of(found, key):
    return {kind: sorted(name for plugin, name in rows if plugin == key) for kind, rows in found.items()}


@pytest.mark.parametrize("key", EVERY)
def test_what_is_announced_appears_and_goes_again(bench, key):
    told = announced(bench, key, True)
    before = of(places(bench), key)
    assert {kind: names for kind, names in before.items() if kind != "tables"} == {
        "menus": [], "panels": [], "attributes": [], "permissions": [],
    }  # fmt: skip
    bench.switch(key, True)
    there = of(places(bench), key)
    assert {kind: told[kind] for kind in there} == there
    assert announced(bench, key, False) == told, "what would go is what came"
    bench.switch(key, False)
    assert of(places(bench), key) == before


def labels(page):
    """Return what the fields of a settings page are called: boxes, and switches for yes or no."""
    switched = re.findall(r'role="switch".*?<span class="sw"></span><span>([^<]+)</span>', page, re.S)
    return [*re.findall(r'<label class="lab" for="[^"]+">([^<]+)</label>', page), *switched]


@pytest.mark.parametrize("key", EVERY)
def test_settings_jobs_checks_and_approvals_are_the_announced_ones(bench, key):
    told = announced(bench, key, True)
    bench.switch(key, True)
    page = bench.client().get(f"/console/plugins/{key}/settings").get_data(as_text=True)
    assert told["settings"] == sorted(labels(page))
    names = {job.name: f"{job.label} {job.at}" for job in bench.host.declared_by("register_jobs", key)}
    known = plugin_jobs(bench.host)
    assert sorted(names.values()) == told["jobs"]
    assert set(names) <= set(known)
    codes = {str(c.label): c.code for c in bench.host.declared_by("register_checks", key)}
    assert sorted(codes) == told["checks"]
    assert all(code.startswith(f"{key}.") for code in codes.values())
    assert len(told["approvals"]) == len(list(bench.host.declared_by("register_approvals", key)))


def test_off_and_on_again_keeps_rows(bench):
    bench.switch("plugin_demo", True)
    bench.call("demo_data", seed=1, size=4)
    with bench.unit() as session:
        settings.change(session, "plugin_demo.cut_fen", 250)
    bench.switch("plugin_demo", False)
    assert bench.client().get("/p/plugin_demo/notes").status_code == 404
    bench.switch("plugin_demo", True)
    with bench.unit(mode="read") as session:
        assert session.scalar(select(func.count()).select_from(PluginDemoNote)) == 4
        assert settings.value(session, "plugin_demo.cut_fen") == 250


# -- timed work of plugins -------------------------------------------------------------------------


def test_a_plugins_job_runs_once_a_day_from_its_hour_on_and_only_where_it_is_on(bench):
    bench.switch("plugin_demo", True, A)
    bench.call("demo_data", seed=1, size=3)
    job = plugin_jobs(bench.host)["plugin_demo.count"]
    here, there = bench.actor(A), bench.actor(B)
    started = runtime()
    with clock.frozen_at(datetime(2026, 11, 20, 20, 0, tzinfo=UTC)):  # 04:00 of the 21st in Shanghai
        assert jobs.run_for(started, job, here) == {"done": 3, "skipped": 0, "failed": 0}
        assert jobs.run_for(started, job, there) == {"done": 0, "skipped": 1, "failed": 0}
        assert not jobs.is_due(started, job, here)
    with clock.frozen_at(datetime(2026, 11, 21, 17, 59, tzinfo=UTC)):
        assert not jobs.is_due(started, job, here)
    with clock.frozen_at(datetime(2026, 11, 21, 18, 0, tzinfo=UTC)):  # 02:00 of the 22nd
        assert jobs.is_due(started, job, here)


def test_a_job_that_fails_counts_against_the_plugin_and_leaves_the_rest_alone(bench, monkeypatch):
    bench.switch("plugin_demo", True)
    monkeypatch.setattr("tests.plugin_demo.hooks._count", lambda ctx: 1 // 0)
    job = plugin_jobs(bench.host)["plugin_demo.count"]
    assert jobs.run_for(runtime(), job, bench.actor()) == {"done": 0, "skipped": 0, "failed": 1}
    assert [h.failures for h in bench.host.health.of("plugin_demo") if h.hook == "register_jobs"] == [1]


# -- the settings form -----------------------------------------------------------------------------


def test_a_setting_is_saved_for_this_franchise_alone_and_written_down(bench):
    bench.switch("plugin_demo", True)
    client = bench.client()
    assert 'name="plugin_demo.cut_fen" value="1.00"' in client.get("/console/plugins/plugin_demo/settings").text
    assert client.post("/console/plugins/plugin_demo/settings", data={"plugin_demo.cut_fen": "2.50"}).status_code == 303
    with bench.unit(A, "read") as session:
        assert settings.value(session, "plugin_demo.cut_fen") == 250
        entry = session.scalar(select(AuditEntry).where(AuditEntry.action == "console.settings.changed"))
        assert audit.detail_of(entry) == {
            "key": "plugin_demo", "before": {"plugin_demo.cut_fen": 100}, "after": {"plugin_demo.cut_fen": 250},
        }  # fmt: skip
    with bench.unit(B, "read") as session:
        assert settings.value(session, "plugin_demo.cut_fen") == 100
    assert client.post("/console/plugins/plugin_demo/settings", data={"plugin_demo.cut_fen": "2.50"}).status_code == 303
    with bench.unit(A, "read") as session:
        assert session.scalar(select(func.count()).select_from(Setting)) == 1


@pytest.mark.parametrize("typed", ["", "viel", "-1", "1.234"])
def test_a_wrong_value_is_named_kept_and_changes_nothing(bench, typed):
    bench.switch("plugin_demo", True)
    answer = bench.client().post("/console/plugins/plugin_demo/settings", data={"plugin_demo.cut_fen": typed})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert f'value="{typed}"' in answer.text
    with bench.unit(A, "read") as session:
        assert settings.value(session, "plugin_demo.cut_fen") == 100


def test_settings_are_shut_to_those_who_may_not_switch(bench, monkeypatch):
    reader = bench.client(role="manager")
    assert "修改插件设置需要加盟主的权限" in reader.get("/console/plugins/plugin_demo/settings").text
    assert reader.post("/console/plugins/plugin_demo/settings", data={}).status_code == 403
    assert bench.client().get("/console/plugins/nowhere/settings").status_code == 404
    monkeypatch.setattr("core.console.plugin_settings.fields", lambda *_of: [])  # a plugin that declares none
    assert "没有可改的设置" in bench.client().get("/console/plugins/dental/settings").text
