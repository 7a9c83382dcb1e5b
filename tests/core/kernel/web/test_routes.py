"""The edge of every request: declarations, units, refusals, headers, CSRF, error pages."""

from __future__ import annotations

import re

import pytest
from flask import Blueprint, request
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from core.kernel import audit
from core.kernel.errors import Conflict, Invalid, NotFound
from core.kernel.models import AuditEntry, Setting
from core.kernel.tenancy import acting, current_actor
from core.kernel.web import routes
from core.kernel.web.render import MenuEntry, menu, render_page
from core.kernel.web.routes import UndeclaredRoute, on_refusal, page, session
from core.org.permissions import USE
from tests.web_world import post, sign_in, token_of


def blueprint() -> Blueprint:
    bp = Blueprint("probe", __name__)

    @page(bp, "/probe", permission=USE)
    def look():
        return f"franchise {current_actor().franchise_id}"

    @page(bp, "/probe/owner", permission="org.staff.edit")
    def owner_only():
        return "secret"

    @page(bp, "/probe/refuse/<kind>", permission=USE, unit="write", methods=("POST",))
    def refuse(kind):
        session().add(Setting(key="probe", value="1", changed_at=0))
        session().flush()
        if kind == "kept":
            on_refusal(lambda r: render_page("errors/alert.html", refusal=r))
        raise {
            "conflict": Conflict("有人改过。"),
            "invalid": Invalid.field("name", "名字不能空。"),
            "kept": Invalid.field("name", "名字不能空。"),
        }[kind]

    @page(bp, "/probe/broken", permission=USE)
    def broken():
        raise ZeroDivisionError("SELECT secret FROM person")

    @page(bp, "/probe/write-in-read", permission=USE)
    def write_in_read():
        session().add(Setting(key="x", value="1", changed_at=0))
        session().flush()
        return "no"

    @page(bp, "/probe/health/<int:person_id>", permission=USE, health=True)
    def health(person_id):
        raise NotFound

    @page(bp, "/probe/upload", permission=USE, methods=("POST",), upload=True)
    def upload():
        return f"taken {len(request.get_data())}"

    return bp


@pytest.fixture()
def client(world):
    return world.app(blueprint()).test_client()


def test_a_route_without_a_declaration_stops_the_start(world):
    bp = Blueprint("loose", __name__)
    bp.add_url_rule("/loose", "loose", lambda: "x")
    with pytest.raises(UndeclaredRoute, match="loose"):
        world.app(bp)


def test_an_undeclared_permission_stops_the_start(world):
    bp = Blueprint("loose", __name__)
    page(bp, "/loose", permission="no.such.permission")(lambda: "x")
    with pytest.raises(UndeclaredRoute, match="no.such.permission"):
        world.app(bp)


def test_a_route_is_public_or_held_or_permitted_never_two_or_none():
    bp = Blueprint("loose", __name__)
    for wrong in ({}, {"public": True, "permission": USE}, {"held": True, "public": True}):
        with pytest.raises(ValueError):
            page(bp, "/x", **wrong)
    with pytest.raises(ValueError):
        page(bp, "/x", public=True, unit="both")


def test_the_view_runs_under_the_franchise_of_the_session(client, world):
    sign_in(client)
    assert client.get("/probe").text == f"franchise {world.franchise_id}"


def test_a_missing_permission_is_a_403_page_in_the_shell(client):
    sign_in(client)
    answer = client.get("/probe/owner")
    assert answer.status_code == 403
    assert "新增和修改员工" in answer.text
    assert 'class="rail"' in answer.text
    assert re.search(r"R-[0-9A-F]{8}", answer.text)


def test_a_refusal_rolls_back_and_keeps_the_words(client, world):
    sign_in(client)
    answer = post(client, "/probe/refuse/conflict", page="/")
    assert answer.status_code == 409
    assert "有人改过。" in answer.text
    with acting(world.actor()), world.runtime.db.unit("read") as s:
        assert s.scalar(select(Setting).where(Setting.key == "probe")) is None


def test_a_refusal_to_htmx_goes_to_the_alert_region(client):
    sign_in(client)
    answer = post(client, "/probe/refuse/invalid", page="/", headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert answer.headers["HX-Retarget"] == "#alerts"
    assert "<html" not in answer.text
    assert "名字不能空。" in answer.text


def test_a_view_may_show_its_form_again(client):
    sign_in(client)
    answer = post(client, "/probe/refuse/kept", page="/")
    assert answer.status_code == 422
    assert "<html" not in answer.text
    assert "名字不能空。" in answer.text


def test_an_error_of_ours_shows_no_traceback_and_no_statement(client, capsys):
    sign_in(client)
    answer = client.get("/probe/broken")
    assert answer.status_code == 500
    assert "收银不受影响" in answer.text
    assert "ZeroDivision" not in answer.text
    assert "SELECT" not in answer.text
    number = answer.headers["X-Request-Id"]
    assert number in answer.text
    assert number in capsys.readouterr().err


def test_a_read_unit_refuses_to_write(client):
    sign_in(client)
    assert client.get("/probe/write-in-read").status_code == 500


def test_a_health_page_leaves_its_audit_row_even_when_it_then_fails(client, world):
    sign_in(client)
    seen = []

    def note(unit, read):
        seen.append((read.need, read.each))
        audit.record(
            unit, "health.read", "person", read.person_id, person_id=read.person_id, detail={"page": read.page}
        )

    client.application.extensions["huike"].note_health = note
    assert client.get("/probe/health/77").status_code == 404
    assert seen == [(True, True)]
    with acting(world.actor()), world.runtime.db.unit("read") as s:
        row = s.scalars(select(AuditEntry).where(AuditEntry.action == "health.read")).one()
        assert (row.person_id, row.staff_id, row.store_id) == (77, world.desk_id, world.store_id)
        assert audit.detail_of(row) == {"page": "probe.health"}


def test_a_write_is_tried_again_when_postgres_asks_for_it(world, monkeypatch):
    class Serialization(Exception):
        sqlstate = "40001"

    tries = []
    bp = Blueprint("again", __name__)

    @page(bp, "/again", permission=USE, unit="write", methods=("POST",))
    def again():
        tries.append(1)
        if len(tries) < 3:
            raise DBAPIError("x", {}, Serialization())
        return "done"

    @page(bp, "/never", permission=USE, unit="write", methods=("POST",))
    def never():
        tries.append(1)
        raise DBAPIError("x", {"name": "李四"}, Exception("other"))

    client = world.app(bp).test_client()
    sign_in(client)
    assert post(client, "/again", page="/").text == "done"
    assert len(tries) == 3
    tries.clear()
    assert post(client, "/never", page="/").status_code == 500
    assert len(tries) == 1


def test_a_post_without_a_token_is_a_400_and_does_nothing(client):
    sign_in(client)
    answer = client.post("/sign-out")
    assert answer.status_code == 400
    assert "放得太久" in answer.text
    assert client.get("/").status_code == 200


def test_a_token_of_another_session_is_refused(client, world):
    other = world.app().test_client()
    sign_in(other)
    sign_in(client)
    foreign = token_of(other.get("/").text)
    assert client.post("/sign-out", data={"csrf_token": foreign}).status_code == 400


def test_htmx_may_send_the_token_as_a_header(client):
    sign_in(client)
    token = token_of(client.get("/").text)
    assert client.post("/sign-out", headers={"X-CSRFToken": token, "HX-Request": "true"}).status_code == 204


def test_a_form_of_another_site_is_refused(client):
    sign_in(client)
    answer = post(client, "/sign-out", page="/", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@pytest.mark.parametrize("path", ["/sign-in", "/", "/no-such-page", "/probe/broken"])
def test_headers_of_every_answer(client, path):
    sign_in(client)
    answer = client.get(path)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value, name
    policy = answer.headers["Content-Security-Policy"]
    for part in (
        "default-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
    ):
        assert part in policy
    assert "unsafe" not in policy
    assert "Permissions-Policy" in answer.headers


def test_the_nonce_is_new_each_time_and_on_every_script(client):
    one, two = client.get("/sign-in"), client.get("/sign-in")
    nonces = [re.search(r"nonce-([^']+)'", a.headers["Content-Security-Policy"]).group(1) for a in (one, two)]
    assert nonces[0] != nonces[1]
    scripts = re.findall(r"<script[^>]*>", one.text)
    assert scripts
    assert all(nonces[0] in s for s in scripts)


@pytest.mark.parametrize("path", ["/sign-in", "/", "/security", "/no-such-page", "/totp/enrol", "/lock"])
def test_no_inline_style_or_handler_or_foreign_host(client, path):
    sign_in(client)
    body = client.get(path, follow_redirects=True).text
    assert not re.search(r'\sstyle="', body)
    assert not re.search(r"\son\w+=", body)
    assert "javascript:" not in body
    assert not re.search(r'(?:src|href|action)="(?:https?:)?//', body)


def test_an_unknown_page_is_a_404_in_the_shell_and_in_the_language(client):
    sign_in(client)
    answer = client.get("/no-such-page")
    assert answer.status_code == 404
    assert 'class="rail"' in answer.text
    assert "没有找到" in answer.text


def test_the_wrong_method_and_odd_characters(client):
    sign_in(client)
    assert client.get("/sign-out").status_code == 405
    assert client.get("/probe?q=a%00b").status_code == 400


def test_a_foreign_host_name_is_refused(client):
    assert client.get("/sign-in", base_url="http://evil.example").status_code == 400


def test_a_body_beyond_the_limit_is_refused_except_on_an_upload_route(client):
    sign_in(client)
    big = {"note": "x" * (2 * 1024 * 1024)}
    assert post(client, "/security/pin", big, page="/").status_code == 413
    token = token_of(client.get("/").text)
    kind = {"content_type": "text/csv", "headers": {"X-CSRFToken": token}}
    assert client.post("/probe/upload", data=b"x" * 3_000_000, **kind).text == "taken 3000000"
    assert client.post("/probe/upload", data=b"x" * 21_000_000, **kind).status_code == 413


def test_a_page_is_light(client, world):
    """Compressed in all at most 75 KB and four requests: page, style, script, icons. A vertical may add two."""
    sign_in(client)
    page_bytes = len(client.get("/", headers={"Accept-Encoding": "gzip"}).data)
    app = world.app()
    assets = app.extensions["huike"].assets
    parts = {name: assets.packed_size(name) for name in ("app.css", "app.js", "icons.svg")}
    assert parts["app.css"] <= 15_500
    assert parts["app.js"] <= 30_000
    assert page_bytes + sum(parts.values()) <= 75_000
    body = client.get("/").text
    linked = set(re.findall(r'(?:src|href)="(/assets/[^"#]+)', body))
    assert len(linked) <= 3


def test_assets_are_immutable_and_compressed_and_unknown_ones_absent(client):
    body = client.get("/sign-in").text
    path = re.search(r'href="(/assets/app\.[0-9a-f]{12}\.css)"', body).group(1)
    answer = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Encoding"] == "gzip"
    assert client.get("/assets/app.css").status_code == 404


def test_the_menu_shows_what_may_be_opened(client, world):
    menu.add(MenuEntry("reports", "秘密", "probe.owner_only", "chart", "org.staff.edit"))
    sign_in(client)
    assert "/probe/owner" not in client.get("/").text
    owner = world.app(blueprint()).test_client()
    sign_in(owner, "owner@example.com")
    assert "/probe/owner" in owner.get("/").text


def test_the_log_names_no_person(client, capsys):
    sign_in(client)
    client.get("/probe?q=13812345678")
    seen = capsys.readouterr().err
    assert "13812345678" not in seen
    assert "李前台" not in seen


def test_safe_path_in_a_request(world):
    app = world.app()
    with app.test_request_context("/", base_url="http://localhost"):
        assert routes.safe_path("http://localhost/a?b=1") == "/a?b=1"
        for evil in ("http://evil/", "//evil", "/\\evil", "http://localhost.evil/", "a", "", None, "/a\n/b"):
            assert routes.safe_path(evil) == ""
