"""The doors under row-level security: sign-in, pages, lock, proofs as PostgreSQL lets the product's role."""

from __future__ import annotations

import pytest

from core.kernel.tenancy import acting
from core.org import rules
from core.org.proofs import consume_proof, make_proof
from tests import web_world
from tests.pg import pg_server  # noqa: F401
from tests.web_world import PIN, post, sign_in

pytestmark = pytest.mark.postgres


@pytest.fixture()
def pg_world(pg_server, tmp_path):  # noqa: F811
    world = web_world.make(tmp_path, pg_server.make_database("web"))
    yield world
    world.runtime.db.dispose()


def test_the_way_through_a_day(pg_world):
    client = pg_world.app().test_client()
    assert sign_in(client, "f1-1002", "no").status_code == 401
    assert sign_in(client).status_code == 303
    assert "李前台" in client.get("/").text
    post(client, "/lock", page="/")
    assert client.get("/").location.startswith("/lock")
    assert post(client, "/unlock", {"staff": pg_world.desk_id, "pin": "999998"}, page="/lock").status_code == 401
    assert post(client, "/unlock", {"staff": pg_world.desk_id, "pin": PIN}, page="/lock").status_code == 303
    assert post(client, "/switch-store", {"store": pg_world.extra["their_store_id"]}, page="/").status_code == 404
    assert post(client, "/switch-store", {"store": pg_world.second_store_id}, page="/").status_code == 303
    assert post(client, "/preferences", {"theme": "dark"}, page="/").status_code == 303
    owner = pg_world.app().test_client()
    sign_in(owner, "owner@example.com")
    body = owner.get("/records/stores/").text
    assert "人民路店" in body
    assert "他店" not in body
    assert owner.get(f"/records/stores/details/?id={pg_world.extra['their_store_id']}").status_code == 404
    post(client, "/sign-out", page="/")
    assert client.get("/").status_code == 303


def test_a_proof_is_taken_once(pg_world):
    payload = rules.payload_hash(b"x")
    with acting(pg_world.actor()), pg_world.runtime.db.unit("write") as s:
        proof = make_proof(s, "1002", PIN, "refund", payload).proof
    with acting(pg_world.actor()), pg_world.runtime.db.unit("write") as s:
        assert consume_proof(s, proof, "refund", payload).id == pg_world.desk_id
