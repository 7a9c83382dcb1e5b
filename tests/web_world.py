"""A small world for tests of pages: one chain, two franchises, a few people, an application.

Made once per run as a file (hashing passwords takes time) and copied for each test.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import core.kernel.models
import core.org.models as org
from core.kernel import clock, keys, runtime, triggers
from core.kernel.db import Base
from core.kernel.settings import Environment
from core.kernel.tenancy import Actor, acting
from core.kernel.web.app_factory import build_app
from core.org import staffing
from core.org.admin import RECORDS
from core.org.identity import OrgIdentity
from core.org.models import Franchise, Staff
from core.org.views import bp as org_blueprint

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask
    from flask.testing import FlaskClient

    from core.kernel.runtime import Runtime

PASSWORD = "correct horse battery"
PIN = "135790"
OTHER_PIN = "246802"


@dataclass
class World:
    """What a test needs: the runtime and the ids it talks about."""

    runtime: Runtime
    master: bytes
    franchise_id: int = 0
    other_franchise_id: int = 0
    store_id: int = 0
    second_store_id: int = 0
    owner_id: int = 0
    desk_id: int = 0
    nurse_id: int = 0
    extra: dict[str, Any] = field(default_factory=dict)

    def actor(self, **values: Any) -> Actor:
        return Actor(values.pop("franchise_id", self.franchise_id), store_id=self.store_id, **values)

    def app(self, *blueprints: Any, **options: Any) -> Flask:
        app = build_app(
            self.runtime,
            [org_blueprint, *blueprints],
            identity=OrgIdentity(self.runtime.host),
            records=options.pop("records", RECORDS),
            **options,
        )
        app.testing = True
        return app


def make(folder: Path, url: str | None = None) -> World:
    """Return a fresh world in `folder`, on PostgreSQL with row-level security when `url` says so."""
    env = Environment.from_os({"HUIKE_DATA_DIR": str(folder), "DATABASE_URL": url or f"sqlite:///{folder / 'w.db'}"})
    made = runtime.start(env)
    Base.metadata.create_all(made.db.engine)
    if url:
        with made.db.engine.begin() as connection:
            triggers.enforce(connection)
    master = bytes(range(32))
    with made.db.unit("write") as session:
        keys.use(keys.load(session, master))
        chain = org.Chain(name="康悦医疗连锁")
        session.add(chain)
        session.flush()
        ours = Franchise(chain_id=chain.id, code="f1", name="康悦医疗", made_at=clock.now_ms())
        theirs = Franchise(chain_id=chain.id, code="f2", name="安康药房", made_at=clock.now_ms())
        session.add_all([ours, theirs])
        session.flush()
        world = World(made, master, ours.id, theirs.id)
    with acting(Actor(world.other_franchise_id)), made.db.unit("write") as session:
        store = staffing.add_store(session, "B01", "他店")
        their_desk, _password = staffing.add_staff(
            session, number="1001", name="王外", roles=[("front_desk", store.id)], store_id=store.id
        )
        world.extra["their_store_id"] = store.id
        _ready(their_desk)
    with acting(Actor(world.franchise_id)), made.db.unit("write") as session:
        one = staffing.add_store(session, "A01", "人民路店")
        two = staffing.add_store(session, "A02", "建设路店")
        world.store_id, world.second_store_id = one.id, two.id
        owner, _p = staffing.add_staff(
            session,
            number="1000",
            name="张店长",
            roles=[("owner", None)],
            store_id=one.id,
            login="owner@example.com",
            pin="975310",
        )
        desk, _p = staffing.add_staff(
            session,
            number="1002",
            name="李前台",
            roles=[("front_desk", one.id), ("front_desk", two.id)],
            store_id=one.id,
            pin=PIN,
        )
        nurse, world.extra["once"] = staffing.add_staff(
            session,
            number="1003",
            name="周敏",
            roles=[("pharmacist", one.id)],
            store_id=one.id,
            pin=OTHER_PIN,
        )
        world.owner_id, world.desk_id, world.nurse_id = owner.id, desk.id, nurse.id
        _ready(owner)
        _ready(desk)
    return world


_hash = ""


def _ready(staff: Staff) -> None:
    """Give a known password without asking for a change."""
    global _hash
    from core.org import credentials

    _hash = _hash or credentials.hash_password(PASSWORD)
    staff.password_hash = _hash
    staff.password_once = False


def copy(world: World, folder: Path) -> World:
    """Return a copy of `world` whose database lives in `folder`."""
    source = world.runtime.environment.data_dir / "w.db"
    world.runtime.db.dispose()  # the last connection writes everything into the one file
    shutil.copy(source, folder / "w.db")
    env = replace(world.runtime.environment, data_dir=folder, database_url=f"sqlite:///{folder / 'w.db'}")
    made = runtime.start(env)
    with made.db.unit("write") as session:
        keys.use(keys.load(session, world.master))
    return replace(world, runtime=made, extra=dict(world.extra))


def token_of(body: str) -> str:
    """Return the CSRF token of a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', body) or re.search(r'name="csrf" content="([^"]+)"', body)
    assert found, "the page carries no CSRF token"
    return found.group(1)


def post(
    client: FlaskClient, path: str, data: dict[str, Any] | None = None, *, page: str | None = None, **kw: Any
) -> Any:
    """Post a form with the token of `page` (the sign-in page by default)."""
    seen = client.get(page or "/sign-in", follow_redirects=True)
    return client.post(path, data={**(data or {}), "csrf_token": token_of(seen.text)}, **kw)


def sign_in(client: FlaskClient, login: str = "f1-1002", password: str = PASSWORD) -> Any:
    """Sign in and return the answer."""
    return post(client, "/sign-in", {"login": login, "password": password})


__all__ = ["OTHER_PIN", "PASSWORD", "PIN", "World", "copy", "core", "make", "post", "sign_in", "token_of"]
