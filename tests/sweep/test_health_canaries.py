"""Health canaries: words planted in every field of a person's facts show to nobody who may not read them.

Every page and every file of the application is opened as roles without the right; then everything that was written
meanwhile is looked through: rows, audit details, stored answers of once-only calls, logs. Controls show that the words
are there and that the same walk finds them for who may read.
"""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select, text

from core import assembly
from core.care import rules, services
from core.kernel import audit
from core.kernel.models import AuditEntry
from core.kernel.tenancy import acting
from tests import installation as houses
from tests.sweep.recipes import RECIPES
from tests.sweep.test_sweep import Asker, endpoints
from tests.sweep.world import build, house_tables

SECRET = "健康金丝雀9K"
WITHOUT = ("front_desk", "manager", "auditor", "marketing")


@pytest.fixture(scope="module")
def world(sqlite_template, tmp_path_factory):
    template, made = sqlite_template
    opened = houses.open_copy(template, made, tmp_path_factory.mktemp("health") / "installation")
    built = build(opened)
    _plant(built)
    yield built
    opened.close()


@pytest.fixture(scope="module")
def app(world):
    made = assembly.web_app(world.installation.runtime)
    made.config["WTF_CSRF_ENABLED"] = False
    return made


def _plant(world):
    """Write the words into every field, through the verbs and through the API."""
    person, word = int(world.ids["person"]["own"]), SECRET
    with acting(world.installation.actor(world.home, "clinician")), world.installation.unit() as session:
        day = services.today()
        for new in (
            rules.allergy(today=day, text=f"{word}物质", reaction=f"{word}反应"),
            rules.condition(today=day, code="epilepsy", text=f"{word}病情"),
            rules.medicine(today=day, text=f"{word}药名", dose=f"{word}剂量"),
        ):
            row = services.note(session, person, new)
        services.change_status(session, person, row.id, "stopped", f"{word}原因")


def seen_by(world, app, role):
    """Return the endpoints whose answer to a GET as `role` holds the words."""
    asker, found = Asker(world, app, role), []
    for endpoint, (_rule, methods) in sorted(endpoints(app).items()):
        if "GET" not in methods:
            continue
        own = {ref.kind: world.ids[ref.kind]["own"] for ref in RECIPES[endpoint].refs()}
        answer = asker.ask(endpoint, "GET", RECIPES[endpoint].filled(own))
        if SECRET in answer.get_data().decode("utf-8", "replace") or SECRET in str(answer.headers):
            found.append(endpoint)
    return found


@pytest.mark.parametrize("role", WITHOUT)
def test_no_page_shows_it_to_who_may_not_read(app, world, role, capfd):
    assert seen_by(world, app, role) == []
    assert SECRET not in "".join(capfd.readouterr())


def test_the_walk_would_find_it(app, world):
    """The control: a clinician who treats the member sees the words, on three pages and over the API alone."""
    assert set(seen_by(world, app, "clinician")) == {
        "care.health", "dental.record", "dental.perio_page", "api_health.read",
    }  # fmt: skip


def test_nothing_that_was_written_holds_it_open(app, world):
    """Rows, audit details and stored answers; a PUT with a key leaves no copy either."""
    person = world.ids["person"]["own"]
    client = app.test_client()
    head = {"Authorization": f"Bearer {world.token}", "Idempotency-Key": "health-1"}
    version = client.get(f"/api/v1/members/{person}/health", headers=head).get_json()["version"]
    body = {"version": version, "conditions": [{"text": f"{SECRET}接口"}]}
    answer = client.put(f"/api/v1/members/{person}/health", headers=head, data=json.dumps(body),
                        content_type="application/json")  # fmt: skip
    assert answer.status_code == 200, answer.text
    needle = SECRET.encode()
    with acting(world.installation.actor(world.home)), world.installation.unit("read") as session:
        for table in house_tables():
            for row in session.execute(text(f"SELECT * FROM {table.name}")):  # noqa: S608 (names of our own tables)
                for value in row:
                    kept = value.encode() if isinstance(value, str) else value if isinstance(value, bytes) else b""
                    assert needle not in kept, table.name
        for entry in session.scalars(select(AuditEntry)):
            assert SECRET not in json.dumps(audit.detail_of(entry), ensure_ascii=False), entry.action
        stored = session.execute(text("SELECT COUNT(*) FROM idempotency_key WHERE scope LIKE '%health%'")).scalar()
        assert stored == 0
