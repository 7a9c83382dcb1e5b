"""The contract of every plugin, for ours and for outsiders'.

In a test module of your own:

    import pytest
    from tests.plugin_kit import *  # noqa: F403

    @pytest.fixture
    def plugin_package():
        return "plugins.vet"

Every `test_contract_…` below then runs for your package. `bench` is what it runs on: two franchises
of one chain on an embedded database, everything allowed, nothing on, a small application around it.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flask import Blueprint
from sqlalchemy import func, select

import core
from core import hookspecs
from core.care import need
from core.care import permissions as care_permissions
from core.care.settings import SETTINGS as CARE_SETTINGS
from core.console import services
from core.console.permissions import PERMISSIONS
from core.console.preview import SAMPLE_PERSON, preview_switch
from core.hooktypes import BasketView, ItemView, LineView, hook_context
from core.kernel import keys, permissions, runtime, schema, settings, triggers
from core.kernel.db import Base, Database, FranchiseOwned
from core.kernel.plugin_web import gated_blueprints, install_templates
from core.kernel.plugin_wiring import register_declared
from core.kernel.plugins import PluginHost
from core.kernel.settings import Environment
from core.kernel.tenancy import Actor, acting
from core.kernel.web.identity import FULL, Identity
from core.kernel.web.routes import page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.testing import FlaskClient
    from sqlalchemy.orm import Session

CHAIN, A, B = 100, 101, 102
MASTER = bytes(range(32))
ROOT = Path(__file__).resolve().parents[1]


def import_models() -> None:
    """Import every model of core, so that the metadata are whole."""
    for module in pkgutil.walk_packages(core.__path__, "core."):
        if module.name.endswith(".models"):
            importlib.import_module(module.name)


@dataclass
class Bench:
    """An installation to try plugins on."""

    db: Database
    host: PluginHost
    role: str = "owner"

    def actor(self, franchise_id: int = A, role: str | None = None) -> Actor:
        """Return somebody of a role in a franchise, with the plugins that are on there."""
        from core.org.models import Store

        bare = Actor(franchise_id=franchise_id, staff_id=7, staff_name="试用", door="web")
        with acting(bare), self.db.unit("read") as session:
            on = services.enabled_keys(session, self.host, franchise_id)
            bare = replace(bare, store_id=session.scalar(select(Store.id)))
        grants = permissions.registry.of_roles([(role or self.role, None)])
        return replace(bare, plugins=on, grants=grants)

    @contextmanager
    def unit(self, franchise_id: int = A, mode: str = "write") -> Iterator[Session]:
        """Open a unit of work in a franchise."""
        with acting(self.actor(franchise_id)), self.db.unit(mode) as session:
            yield session

    def switch(self, key: str, on: bool, franchise_id: int = A) -> list[str]:
        """Switch a plugin as the switchboard does."""
        with self.unit(franchise_id) as session:
            return services.switch(session, self.host, key, on)

    def call(self, hook: str, franchise_id: int = A, **arguments: Any) -> list[Any]:
        """Ask a hook as a page of the franchise would."""
        with self.unit(franchise_id) as session:
            return self.host.call(hook, hook_context(session), **arguments)

    def client(self, franchise_id: int = A, role: str = "owner") -> FlaskClient:
        """Return a signed-in browser."""
        client = self.app().test_client()
        client.set_cookie("huike", f"{franchise_id}-{role}", domain="localhost")
        return client

    def app(self) -> Any:
        """Return a small application: the console, the plugins and the shell's endpoints."""
        if not hasattr(self, "_app"):
            from core.console import menus, views
            from core.kernel.web.app_factory import build_app

            assert menus.plugin_entries
            blueprints = [_shell(), views.bp, *gated_blueprints(self.host)]
            self._app = build_app(runtime.runtime(), blueprints, identity=_AnyIdentity(self))
            self._app.extensions["huike"].note_health = need.page_opened
            self._app.config["WTF_CSRF_ENABLED"] = False
            install_templates(self._app, self.host)
        return self._app


class _AnyIdentity:
    """Lets the cookie `<franchise>-<role>` in: the org room's sign-in is not what is tried here."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench

    def resolve(self, session: Session, cookie: str) -> Identity | None:
        """Return the identity that the cookie spells."""
        franchise, _, role = cookie.partition("-")
        actor = self.bench.actor(int(franchise), role)
        from core.kernel import clock

        return Identity(1, actor, FULL, "001", "试用机构", "", clock.now_ms(), 3600)

    def touch(self, session: Session, identity: Identity) -> None:
        """Nothing to note."""

    def lock(self, session: Session, identity: Identity) -> None:
        """Nothing to lock."""


def _shell() -> Blueprint:
    """Return stand-ins for the endpoints that every page links to."""
    bp = Blueprint("org", __name__)
    for name in ("home", "sign_in", "sign_out", "lock", "preferences", "switch_store", "totp_enrol"):
        page(bp, f"/_{name}", public=True, endpoint=name, methods=("GET", "POST"))(lambda: "")
    return bp


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory):
    """Yield the file of a database with all tables and two franchises, to be copied."""
    import_models()
    importlib.import_module("tests.plugin_demo.models")
    for models in sorted((Path(core.__file__).parents[1] / "plugins").glob("*/models.py")):
        importlib.import_module(f"plugins.{models.parent.name}.models")
    file = tmp_path_factory.mktemp("kit") / "empty.db"
    db = Database(f"sqlite:///{file}")
    from core.org.models import Chain, Franchise, Store

    with db.engine.begin() as connection:
        Base.metadata.create_all(connection)
        triggers.enforce(connection)
    with db.unit() as session:
        session.add(Chain(id=CHAIN, name="试用连锁"))
        session.add_all(
            Franchise(id=fid, chain_id=CHAIN, code=f"f{fid}", name=f"机构{fid}", made_at=0) for fid in (A, B)
        )
        keys.load(session, MASTER)
    for fid in (A, B):
        with acting(Actor(franchise_id=fid)), db.unit() as session:
            session.add(Store(code="s1", name="一店"))
    db.engine.dispose()
    return file


@pytest.fixture
def make_bench(empty_database, tmp_path, monkeypatch):
    """Yield a function that makes a Bench with packages loaded beside the bundled ones."""
    made: list[Bench] = []
    before = runtime._runtime, keys._ring

    def make(*packages: str, bundled: bool = True, limits: Any = None) -> Bench:
        file = tmp_path / f"bench{len(made)}.db"
        shutil.copy(empty_database, file)
        environment = Environment.from_os({"HUIKE_DATA_DIR": str(tmp_path), "DATABASE_URL": f"sqlite:///{file}"})
        host = PluginHost(hookspecs, limits)
        if bundled:
            host.discover()
        host.load(*(p for p in packages if p not in host.packages.values()))
        started = runtime.start(environment, host)
        with started.db.unit() as session:
            keys.use(keys.load(session, MASTER))
            for key in host.plugins:
                services.set_allowed(session, host, CHAIN, key, True)
        permissions.registry.add([*PERMISSIONS, *care_permissions.PERMISSIONS])
        settings.registry.add(*CARE_SETTINGS)
        register_declared(host)
        made.append(Bench(started.db, host))
        return made[-1]

    yield make
    for bench in made:
        bench.db.dispose()
    runtime.use(before[0])
    keys.use(before[1])


@pytest.fixture
def bench(make_bench, plugin_package):
    """Yield a Bench with the plugin under test loaded."""
    return make_bench(plugin_package)


@pytest.fixture
def plugin_key(bench, plugin_package):
    """Return the key of the plugin under test."""
    return next(key for key, package in bench.host.packages.items() if package == plugin_package)


def folder_of(package: str) -> Path:
    """Return the folder of a package."""
    return Path(str(importlib.import_module(package).__file__)).parent


def basket_with(attributes: dict[str, Any]) -> BasketView:
    """Return a basket of two lines: one with `attributes`, one plain."""
    return BasketView(
        5,
        (
            LineView(1, 11, "X", "甲", 2, 20_000, 20_000, attributes),
            LineView(2, 12, "Y", "乙", 1, 10_000, 10_000, {}),
        ),
    )


def own_basket(host: PluginHost, key: str) -> BasketView:
    """Return a basket whose first line carries every attribute of the plugin."""
    values = {}
    for spec in host.declared_by("register_item_attributes", key):
        values[spec.key] = spec.choices[0][0] if spec.choices else "1"
    return basket_with(values)


# -- the contract ----------------------------------------------------------------------------------


def test_contract_manifest_is_the_folder(plugin_package, bench, plugin_key):
    manifest = bench.host.plugins[plugin_key]
    assert manifest.key == folder_of(plugin_package).name
    assert re.fullmatch(r"\d+(\.\d+)+", manifest.version)
    assert str(manifest.name).strip()
    assert str(manifest.description).strip()
    assert (folder_of(plugin_package) / "README.md").exists() or plugin_package.startswith("tests.")


def test_contract_declarations_answer_and_carry_the_prefix(bench, plugin_key):
    for hook, spec in bench.host.hooks.items():
        if not spec.takes_context:
            assert not [a for a in bench.host.declared(hook) if a.plugin == plugin_key and a.failed], hook
    for permission in bench.host.declared_by("register_permissions", plugin_key):
        assert permission.code.startswith(f"{plugin_key}.")


def test_contract_imports_only_the_sdk(plugin_package):
    for file in folder_of(plugin_package).rglob("*.py"):
        if "migrations" in file.parts:
            continue
        for name in _imports(ast.parse(file.read_text("utf-8"))):
            if name.split(".")[0] == "core":
                assert name == "core.sdk", f"{file.name} imports {name}"
            if name.split(".")[0] in {"plugins", "tests"}:
                assert name == plugin_package or name.startswith(f"{plugin_package}."), f"{file.name}: {name}"


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_contract_raw_tables_are_not_touched(plugin_package):
    for file in folder_of(plugin_package).rglob("*.py"):
        if "migrations" not in file.parts:
            source = file.read_text("utf-8")
            assert ".__table__" not in source, f"{file.name} goes past the franchise's scope"
            assert not re.search(r"\btext\(", source), f"{file.name} goes past the franchise's scope"


def test_contract_files_stay_readable(plugin_package):
    for file in folder_of(plugin_package).rglob("*.py"):
        assert len(file.read_text("utf-8").splitlines()) <= 500, file.name


def test_contract_templates_lie_under_the_key(plugin_package, plugin_key):
    folder = folder_of(plugin_package) / "templates"
    if folder.is_dir():
        assert [entry.name for entry in folder.iterdir()] == [plugin_key]


def test_contract_tables_are_its_own(bench, plugin_key):
    part = next((p for p in schema.components(bench.host) if p.key == plugin_key), None)
    for table in part.tables if part else ():
        assert table.startswith(f"{plugin_key}_")
    for mapper in Base.registry.mappers:
        if part and mapper.local_table.name in part.tables:
            assert issubclass(mapper.class_, FranchiseOwned), mapper.class_
            assert all(column.info.get("class") for column in mapper.local_table.columns)


def test_contract_migrations_lead_to_the_models(bench, plugin_key, tmp_path):
    parts = schema.components(bench.host)
    part = next((p for p in parts if p.key == plugin_key), None)
    if part is None:
        return
    core_part = _core_from_models(parts, tmp_path)
    from core.kernel.db import make_engine

    engine = make_engine(f"sqlite:///{tmp_path}/up.db")
    both = [core_part, part]
    schema.upgrade(engine, both)
    assert schema.check(engine, both) == []
    schema.downgrade(engine, part, both, "base")
    schema.upgrade(engine, both)
    assert schema.check(engine, both) == []
    engine.dispose()


def _core_from_models(parts: list[schema.Component], folder: Path) -> schema.Component:
    """Return core with a scratch migration made from its models: a plugin is tried on what stands."""
    part = replace(parts[0], folder=folder / "core-versions")
    schema.make_revision(part, [part], "core")
    return part


def test_contract_off_is_absent(bench, plugin_key):
    client = bench.client()
    for rule in pages_of(bench, plugin_key):
        assert client.get(rule).status_code == 404, rule
        assert client.post(rule).status_code in {404, 405}, rule
    assert answers_of(bench, plugin_key) == {}


def test_contract_on_is_there_for_the_permitted(bench, plugin_key):
    bench.switch(plugin_key, True)
    for rule in pages_of(bench, plugin_key):
        assert bench.client().get(rule).status_code == 200, rule
        assert bench.client(role="auditor").get(rule).status_code == 403, rule
    for hook, answers in answers_of(bench, plugin_key).items():
        assert not [a for a in answers if a.failed], hook


def test_contract_another_franchise_sees_nothing(bench, plugin_key):
    bench.switch(plugin_key, True, A)
    assert answers_of(bench, plugin_key, B) == {}
    for rule in pages_of(bench, plugin_key):
        assert bench.client(B).get(rule).status_code == 404, rule


def test_contract_on_off_on_keeps_the_rows(bench, plugin_key):
    bench.switch(plugin_key, True)
    bench.call("demo_data", seed=1, size=3)
    before = rows_of(bench, plugin_key)
    bench.switch(plugin_key, False)
    assert rows_of(bench, plugin_key) == before
    assert answers_of(bench, plugin_key) == {}
    bench.switch(plugin_key, True)
    assert rows_of(bench, plugin_key) == before
    assert rows_of(bench, plugin_key, B) == dict.fromkeys(before, 0)


def test_contract_preview_is_what_appears(bench, plugin_key):
    with bench.unit() as session:
        preview = preview_switch(session, bench.host, plugin_key, True)
    bench.switch(plugin_key, True)
    menus = [a for a in bench.call("menu_items") if a.plugin in preview.changes]
    assert preview.section("menus").names == tuple(str(a.value.label) for a in menus)
    shown = {a.value.key for a in bench.call("person_panels", person=SAMPLE_PERSON) if not a.failed}
    declared = {spec.key for k in preview.changes for spec in bench.host.declared_by("register_panels", k)}
    assert shown <= declared
    assert preview.section("attributes").count == sum(
        len(bench.host.declared_by("register_item_attributes", k)) for k in preview.changes
    )


def pages_of(bench: Bench, key: str) -> list[str]:
    """Return the plugin's addresses without parameters."""
    return sorted(
        rule.rule
        for rule in bench.app().url_map.iter_rules()
        if rule.rule.startswith(f"/p/{key}/") and "GET" in (rule.methods or ()) and not rule.arguments
    )


def answers_of(bench: Bench, key: str, franchise_id: int = A) -> dict[str, list[Any]]:
    """Return what the plugin answers to the enabled hooks that only ask, by hook."""
    basket = own_basket(bench.host, key)
    items = tuple(ItemView(line.item_id, line.code, line.name, "service", line.attributes) for line in basket.lines)
    asked: dict[str, dict[str, Any]] = {
        "menu_items": {},
        "home_cards": {},
        "person_panels": {"person": SAMPLE_PERSON},
        "person_alerts": {"person": SAMPLE_PERSON},
        "person_timeline": {"person": SAMPLE_PERSON, "before_ms": 1 << 50, "limit": 5},
        "person_form_fields": {"person": None},
        "checkout_checks": {"basket": basket},
        "adjust_price": {"basket": basket},
        "earn_points": {"basket": basket, "points": 10},
        "coupon_classes_for_items": {"items": items},
        "item_vetoes": {"items": items, "purpose": "reward"},
    }
    found = {hook: bench.call(hook, franchise_id, **arguments) for hook, arguments in asked.items()}
    return {hook: own for hook, answers in found.items() if (own := [a for a in answers if a.plugin == key])}


def rows_of(bench: Bench, key: str, franchise_id: int = A) -> dict[str, int]:
    """Return the number of rows in each table of the plugin, as the franchise sees them."""
    part = next((p for p in schema.components(bench.host) if p.key == key), None)
    models = [m.class_ for m in Base.registry.mappers if part and m.local_table.name in part.tables]
    with bench.unit(franchise_id, "read") as session:
        return {m.__tablename__: session.scalar(select(func.count(m.id))) or 0 for m in models}


__all__ = [
    name for name in dir() if name.startswith("test_contract_")
] + ["empty_database", "make_bench", "bench", "plugin_key"]  # fmt: skip
