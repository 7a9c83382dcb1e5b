"""Every route, every role, every kind of id: a franchise sees only its own (acceptance 7, security 6.9).

Generated from the application's routes. Foreign and absent ids answer alike, to the byte; no canary of the
other franchise shows; nothing that was denied changed a row; nothing fails.
"""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select

from core import assembly
from core.catalog.models import Item
from core.kernel.permissions import SEES_NO_PERSON
from core.kernel.tenancy import acting
from core.kernel.web.routes import spec_of
from core.orders.models import OrderLine, Refund
from core.org.models import Staff, Store
from core.people import services as people
from core.people.models import Consent
from tests import installation as houses
from tests.installation import ROLES
from tests.sweep.recipes import RECIPES, Recipe
from tests.sweep.world import ABSENT, CANARY, LATIN, MALFORMED, MORE_ROLES, World, build

SILENT = {"HEAD", "OPTIONS"}
WRONG_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
EVERY_ROLE = ("anonymous", "owner", *ROLES, *MORE_ROLES, "disabled")
ENDS_SESSION = {"org.sign_out", "org.lock_post", "org.sign_in", "org.sign_in_post", "org.totp_enrol_post"}
ECHO = re.compile(
    r'R-[0-9A-F]{8}|nonce="[^"]+"|(?:name="csrf" content|name="csrf_token" value|name="once" value|name="pay_key" value)="[^"]*"'
    r"|\d\d:\d\d(?::\d\d)?|[?&]v=[0-9a-f]+"
)


@pytest.fixture(scope="module")
def world(sqlite_template, tmp_path_factory):
    template, made = sqlite_template
    opened = houses.open_copy(template, made, tmp_path_factory.mktemp("sweep") / "installation")
    yield build(opened)
    opened.close()


@pytest.fixture(scope="module")
def app(world):
    made = assembly.web_app(world.installation.runtime)
    made.config["WTF_CSRF_ENABLED"] = False  # has tests of its own; here every form must reach its route
    return made


def endpoints(app):
    """Return {endpoint: (rule, methods)} of the application."""
    return {rule.endpoint: (rule.rule, rule.methods - SILENT) for rule in app.url_map.iter_rules()}


def test_every_route_has_a_recipe_and_the_reverse(app):
    routes = endpoints(app)
    assert set(routes) - set(RECIPES) == set(), "add recipes for these routes to tests/sweep/recipes.py"
    assert set(RECIPES) - set(routes) == set()
    for endpoint, (rule, _methods) in routes.items():
        assert set(re.findall(r"<(?:[^:<>]+:)?([^<>]+)>", rule)) == set(RECIPES[endpoint].path), endpoint


@dataclass
class Asker:
    """Asks as one role; opens a new session where one was ended."""

    world: World
    app: Any
    role: str
    asked: int = 0

    def __post_init__(self) -> None:
        self.fresh()

    def fresh(self) -> None:
        """Begin again with a new browser."""
        self.client = self.app.test_client()
        if self.role == "disabled":
            self.client.set_cookie("huike", _dead_cookie(self.world))
        elif self.role != "anonymous":
            self.client.set_cookie("huike", self.world.cookie(self.role))

    def ask(self, endpoint: str, method: str, recipe: Recipe) -> Any:
        """Return the answer to one request."""
        self.asked += 1
        if endpoint in ENDS_SESSION:
            self.fresh()
        rule = endpoints(self.app)[endpoint][0]
        path = re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", lambda m: str(recipe.path[m.group(1)]), rule)
        body: dict[str, Any] = {}
        if path.startswith("/api/v1"):
            body["headers"] = self._headers()
            if method not in {"GET", "DELETE"}:
                body |= {"data": json.dumps(recipe.json or {}), "content_type": "application/json"}
        elif method != "GET":
            body["data"] = recipe.form
        self.client.delete_cookie("huike-note")  # messages of the request before
        answer = self.client.open(path, method=method, query_string=recipe.query, **body)
        if endpoint in ENDS_SESSION or (answer.status_code == 303 and "/lock" in answer.headers.get("Location", "")):
            self.fresh()
        return answer

    def _headers(self) -> dict[str, str]:
        if self.role == "anonymous":
            return {}
        house = self.world.home
        return {
            "Authorization": f"Bearer {self.world.token}", "X-Staff": house.numbers[self.role],
            "Idempotency-Key": f"{self.role}-{self.asked}",
        }  # fmt: skip


_dead: dict[int, str] = {}


def _dead_cookie(world: World) -> str:
    """Return the cookie of someone who was disabled after signing in."""
    if id(world) not in _dead:
        _dead[id(world)] = world.cookie("disabled")
        with acting(world.installation.actor(world.home)), world.installation.unit() as session:
            session.get(Staff, world.home.staff["disabled"]).active = False
    return _dead[id(world)]


def _said(answer: Any) -> str:
    """Return the body of an answer; a picture's bytes are read as they are."""
    return answer.get_data().decode("utf-8", "replace")


def told(answer: Any, *ids: str) -> str:
    """Return what an answer says, without what names the request itself."""
    text = _said(answer) + answer.headers.get("Location", "")
    for one in sorted(ids, key=len, reverse=True):
        text = text.replace(one, "‹id›")
    return ECHO.sub("‹…›", text)


def leaked(world: World, answer: Any, asked: str, chain: bool = False) -> list[str]:
    """Return the canaries in an answer; the id that was asked for may be echoed.

    `chain`: the names of its franchises and their stores are the chain's to see; they are words of their own.
    """
    text = _said(answer) + str(answer.headers)
    for name in sorted(world.chain_sees, key=len, reverse=True) if chain else ():
        text = text.replace(name, "‹own›")
    return sorted(secret for secret in world.secrets if secret in text and secret != asked)


def denied(answer: Any) -> bool:
    """Return whether an answer refused."""
    location = answer.headers.get("Location", "")
    return answer.status_code >= 400 or (answer.status_code == 303 and "/sign-in" in location)


def variants(world: World, recipe: Recipe):
    """Yield (variant, changed kind, asked id, filled recipe): one reference at a time leaves its own house."""
    own = {ref.kind: world.ids[ref.kind]["own"] for ref in recipe.refs()}
    yield "own", "", "", recipe.filled(own)
    for ref in recipe.refs():
        known = world.ids[ref.kind]
        for variant in ("other_store", "foreign", "absent"):
            yield variant, ref.kind, known[variant], recipe.filled({**own, ref.kind: known[variant]})
        for wrong in MALFORMED:
            yield "malformed", ref.kind, wrong, recipe.filled({**own, ref.kind: wrong})


@pytest.mark.timeout(600)
@pytest.mark.parametrize("role", EVERY_ROLE)
def test_a_role_sees_and_touches_only_its_own(app, world, role):
    asker = Asker(world, app, role)
    before = world.fingerprint()
    for endpoint, (_rule, methods) in sorted(endpoints(app).items()):
        for method in sorted(methods):
            _sweep(asker, endpoint, method)
    assert world.fingerprint() == before, "rows of the other franchise changed"
    assert asker.asked > 450


def _sweep(asker: Asker, endpoint: str, method: str) -> None:
    world, recipe, seen = asker.world, RECIPES[endpoint], {}
    for variant, kind, asked, filled in variants(world, recipe):
        where = f"{asker.role}: {method} {endpoint} with {variant} {kind} {asked}"
        rows = world.counts()
        answer = asker.ask(endpoint, method, filled)
        assert answer.status_code < 500, where
        chain = endpoint.startswith("console.chain") and asker.role in SEES_NO_PERSON
        assert leaked(world, answer, asked, chain) == [], where
        if denied(answer):
            assert world.counts() == rows, f"{where}: refused with {answer.status_code}, yet rows changed"
        if asker.role in {"anonymous", "disabled"} and not spec_of(asker.app.view_functions[endpoint]).public:
            assert denied(answer), where
        if variant in {"foreign", "absent"}:
            seen[variant, kind] = (answer.status_code, told(answer, asked, ABSENT))
        if variant == "absent":
            foreign, absent = seen["foreign", kind], seen["absent", kind]
            told_apart = list(difflib.unified_diff(foreign[1].splitlines(), absent[1].splitlines(), n=0))
            assert (foreign[0], told_apart) == (absent[0], []), where


def test_a_wrong_method_is_refused_everywhere(app, world):
    asker = Asker(world, app, "owner")
    for endpoint, (_rule, methods) in sorted(endpoints(app).items()):
        own = {ref.kind: world.ids[ref.kind]["own"] for ref in RECIPES[endpoint].refs()}
        others = {
            m for rule in app.url_map.iter_rules() if rule.rule == endpoints(app)[endpoint][0] for m in rule.methods
        }
        for method in set(WRONG_METHODS) - methods - others:
            answer = asker.ask(endpoint, method, RECIPES[endpoint].filled(own))
            assert answer.status_code in {404, 405}, f"{method} {endpoint}"
            if answer.status_code == 405:
                assert "Allow" in answer.headers, f"{method} {endpoint}"


def test_a_token_without_scopes_reaches_nothing_of_value(app, world):
    for endpoint, (rule, methods) in sorted(endpoints(app).items()):
        if not endpoint.startswith("api_") or endpoint in {"api_meta.whoami", "api_staff.prove"}:
            continue
        own = {ref.kind: world.ids[ref.kind]["own"] for ref in RECIPES[endpoint].refs()}
        filled = RECIPES[endpoint].filled(own)
        path = re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", lambda m: str(filled.path[m.group(1)]), rule)  # noqa: B023
        for method in methods:
            answer = app.test_client().open(
                path, method=method, query_string=filled.query, json=filled.json or {},
                headers={"Authorization": f"Bearer {world.narrow}", "X-Staff": "001", "Idempotency-Key": "x"},
            )  # fmt: skip
            # Of a plugin that is off nothing is said, not even which scopes its calls want.
            refused = (404, "not_found") if endpoint.startswith("api_x.pharmacy_") else (403, "scope_missing")
            assert (answer.status_code, answer.get_json()["code"]) == refused, endpoint


def test_the_canaries_are_there(world):
    """The sweep would prove nothing over an empty house."""
    with acting(world.installation.actor(world.away)), world.installation.unit("read") as session:
        person = people.get(session, world.ids["person"]["foreign"])
        texts = [person.name, person.company, person.occupation, person.note, person.address, person.email]
        texts += [row.reason for row in session.scalars(select(Refund))]
        texts += [row.evidence for row in session.scalars(select(Consent))]
        texts += [row.name for model in (Store, Staff, Item, OrderLine) for row in session.scalars(select(model))]
        assert len(texts) > 40
        assert all(CANARY in text or LATIN in text for text in texts)
