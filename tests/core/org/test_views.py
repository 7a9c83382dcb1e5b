"""Sign-in, second factor, password, lock: what a person at the counter, or an attacker, would notice."""

from __future__ import annotations

import datetime as dt

import pyotp
import pytest
from sqlalchemy import func, select

from core.kernel import clock
from core.kernel.models import AuditEntry, Door
from core.kernel.tenancy import acting
from core.org import totp
from core.org.models import Staff, WebSession
from tests.web_world import OTHER_PIN, PASSWORD, PIN, post, sign_in, token_of


def actions(world) -> list[str]:
    with acting(world.actor()), world.runtime.db.unit("read") as s:
        return list(s.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def cookie(client) -> str | None:
    found = client.get_cookie("huike")
    return found.value if found else None


def later(minutes: float = 0, seconds: float = 0):
    return clock.frozen_at(clock.now() + dt.timedelta(minutes=minutes, seconds=seconds))


def test_home_asks_for_sign_in_and_leads_back(client):
    answer = client.get("/security?x=1")
    assert answer.status_code == 303
    assert answer.location == "/sign-in?next=/security?x%3D1"


def test_sign_in_opens_the_home_page(client, world):
    answer = sign_in(client)
    assert (answer.status_code, answer.location) == (303, "/")
    home = client.get("/")
    assert home.status_code == 200
    assert "李前台" in home.text
    assert "人民路店" in home.text
    assert "session.sign_in" in actions(world)


def test_sign_in_by_own_login_name_in_any_case(client):
    assert sign_in(client, " Owner@Example.com ").location == "/"


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_next_never_leaves_the_site(client, target):
    answer = post(client, "/sign-in", {"login": "f1-1002", "password": PASSWORD, "next": target})
    assert answer.location == "/"


def test_wrong_password_unknown_name_and_inactive_person_read_the_same(client, world):
    with acting(world.actor()), world.runtime.db.unit("write") as s:
        s.get(Staff, world.nurse_id).active = False
    answers = [
        sign_in(client, "f1-1002", "no"),
        sign_in(client, "nobody", "no"),
        sign_in(client, "f1-1003", "no"),
    ]
    assert {a.status_code for a in answers} == {401}
    assert len({a.text[a.text.index('role="alert"') :][:300] for a in answers}) == 1
    assert cookie(client) is None


def test_wrong_password_keeps_the_name_and_never_the_password(client):
    answer = sign_in(client, "f1-1002", "this-is-my-secret")
    assert 'value="f1-1002"' in answer.text
    assert "this-is-my-secret" not in answer.text


def test_five_wrong_passwords_make_the_account_wait_even_with_the_right_one(client):
    for _n in range(5):
        assert sign_in(client, "f1-1002", "no").status_code == 401
    waits = sign_in(client, "f1-1002")
    assert waits.status_code == 429
    assert int(waits.headers["Retry-After"]) <= 60
    with later(seconds=61):
        assert sign_in(client, "f1-1002", "no").status_code == 401
        assert sign_in(client, "f1-1002").status_code == 429, "the sixth failure costs two minutes"
    with later(minutes=4):
        assert sign_in(client, "f1-1002").status_code == 303


def test_one_address_that_tries_many_names_waits(client):
    for n in range(30):
        sign_in(client, f"guess-{n}", "no")
    assert sign_in(client, "f1-1002").status_code == 429


def test_the_cookie_is_rotated_and_a_planted_one_is_not_taken(client):
    client.set_cookie("huike", "planted-by-an-attacker")
    sign_in(client)
    assert cookie(client) not in {None, "planted-by-an-attacker"}
    assert len(cookie(client)) >= 43


def test_the_cookie_is_not_in_the_database(client, world):
    sign_in(client)
    raw = (world.runtime.environment.data_dir / "w.db").read_bytes()
    wal = world.runtime.environment.data_dir / "w.db-wal"
    raw += wal.read_bytes() if wal.exists() else b""
    assert cookie(client).encode() not in raw


def test_after_sign_out_the_cookie_is_dead_on_the_server(client):
    sign_in(client)
    kept = cookie(client)
    answer = post(client, "/sign-out", page="/")
    assert answer.location == "/sign-in"
    assert "Clear-Site-Data" in answer.headers
    client.set_cookie("huike", kept)
    assert client.get("/").status_code == 303


def test_a_session_ends_after_twelve_hours_however_busy(client):
    sign_in(client)
    for hours in range(1, 12):
        for step in range(0, 60, 4):
            with later(minutes=60 * (hours - 1) + step):
                pass
    with later(minutes=12 * 60 + 1):
        assert client.get("/").location.startswith("/sign-in")


def test_cookie_flags(client):
    answer = sign_in(client)
    flags = next(c for c in answer.headers.getlist("Set-Cookie") if c.startswith("huike="))
    assert "HttpOnly" in flags
    assert "SameSite=Lax" in flags
    secure = client.get("/sign-in", base_url="https://localhost")
    assert any(
        c.startswith("__Host-huike-note=") and "Secure" in c and "Path=/" in c
        for c in secure.headers.getlist("Set-Cookie")
    )
    assert "Strict-Transport-Security" in secure.headers


def test_one_time_password_must_be_changed_first(client, world):
    sign_in(client, "f1-1003", world.extra["once"])
    assert client.get("/").location.startswith("/password")
    weak = post(client, "/password", {"old": world.extra["once"], "new": "short"}, page="/password")
    assert weak.status_code == 422
    assert "12" in weak.text
    before = cookie(client)
    good = post(client, "/password", {"old": world.extra["once"], "new": "blue lantern river"}, page="/password")
    assert good.status_code == 303
    assert cookie(client) != before
    assert client.get("/").status_code == 200


def test_a_new_password_ends_the_other_sessions(client, world):
    other = world.app().test_client()
    sign_in(other)
    sign_in(client)
    post(client, "/password", {"old": PASSWORD, "new": "blue lantern river"}, page="/password")
    assert client.get("/").status_code == 200
    assert other.get("/").status_code == 303


def enrol(client) -> str:
    page = client.get("/totp/enrol")
    secret = page.text.split('name="secret" value="')[1].split('"')[0]
    code = pyotp.TOTP(secret).at(clock.now())
    done = client.post("/totp/enrol", data={"secret": secret, "code": code, "csrf_token": token_of(page.text)})
    assert done.status_code == 200, done.text
    codes = [part.split("<")[0] for part in done.text.split("<li>")[1:]]
    assert len(codes) == 10
    return secret + "|" + codes[0]


def test_second_factor_a_code_works_once_and_a_recovery_code_once(client, world):
    sign_in(client, "owner@example.com")
    secret, recovery = enrol(client).split("|")
    post(client, "/sign-out", page="/")
    with later(minutes=2):
        assert sign_in(client, "owner@example.com").location == "/"
        assert client.get("/").location.startswith("/totp")
        code = pyotp.TOTP(secret).at(clock.now())
        assert post(client, "/totp", {"code": "000000"}, page="/totp").status_code == 401
        assert post(client, "/totp", {"code": code}, page="/totp").status_code == 303
        assert client.get("/").status_code == 200
        post(client, "/sign-out", page="/")
        sign_in(client, "owner@example.com")
        assert post(client, "/totp", {"code": code}, page="/totp").status_code == 401, "a used step is refused"
        assert post(client, "/totp", {"code": recovery}, page="/totp").status_code == 303
        post(client, "/sign-out", page="/")
        sign_in(client, "owner@example.com")
        assert post(client, "/totp", {"code": recovery}, page="/totp").status_code == 401


def test_the_secret_of_the_second_factor_is_sealed(client, world):
    sign_in(client, "owner@example.com")
    secret, _code = enrol(client).split("|")
    with acting(world.actor()), world.runtime.db.unit("read") as s:
        staff = s.get(Staff, world.owner_id)
        assert staff.totp == secret
        assert secret.encode() not in bytes(staff.totp_sealed)


def test_an_owner_has_seven_days_to_set_up_the_second_factor(client):
    sign_in(client, "owner@example.com")
    assert "动态口令" in client.get("/").text
    with later(minutes=60 * 24 * 6):
        sign_in(client, "owner@example.com")
        assert client.get("/").status_code == 200
    with later(minutes=60 * 24 * 9):
        sign_in(client, "owner@example.com")
        assert client.get("/").location.startswith("/totp/enrol")


def test_an_idle_session_locks_and_the_pin_opens_it_again(client, world):
    sign_in(client)
    before = cookie(client)
    with later(minutes=4):
        assert client.get("/").status_code == 200
    with later(minutes=8):
        assert client.get("/").status_code == 200
    with later(minutes=14):
        answer = client.get("/security")
        assert answer.location == "/lock?next=/security"
        wrong = post(client, "/unlock", {"pin": "111112", "next": "/security"}, page="/lock")
        assert wrong.status_code == 401
        assert client.get("/security").location.startswith("/lock")
        opened = post(client, "/unlock", {"staff": world.desk_id, "pin": PIN, "next": "/security"}, page="/lock")
        assert opened.location == "/security"
        assert cookie(client) != before
        assert client.get("/security").status_code == 200
    assert {"session.locked", "session.unlock_refused", "session.unlocked"} <= set(actions(world))


def test_a_colleague_unlocks_and_the_session_is_then_hers(client, world):
    with acting(world.actor()), world.runtime.db.unit("write") as s:
        s.get(Staff, world.nurse_id).password_once = False
    sign_in(client)
    with acting(world.actor()), world.runtime.db.unit("read") as s:
        session_id = s.scalar(select(WebSession.id).order_by(WebSession.id.desc()))
    post(client, "/lock", page="/")
    lock = client.get("/lock").text
    assert "周敏" in lock
    assert "张店长" not in lock, "an owner's PIN never opens somebody else's session"
    post(client, "/unlock", {"staff": world.nurse_id, "pin": OTHER_PIN}, page="/lock")
    assert "周敏" in client.get("/").text
    with acting(world.actor()), world.runtime.db.unit("read") as s:
        row = s.get(WebSession, session_id)
        assert row.staff_id == world.nurse_id, "the same session (and its basket), another person"


def test_an_owner_pin_posted_anyway_is_refused(client, world):
    sign_in(client)
    post(client, "/lock", page="/")
    answer = post(client, "/unlock", {"staff": world.owner_id, "pin": "975310"}, page="/lock")
    assert answer.status_code == 401


def test_five_wrong_pins_lock_the_pin_for_a_quarter_of_an_hour(client, world):
    sign_in(client)
    post(client, "/lock", page="/")
    for _n in range(5):
        post(client, "/unlock", {"staff": world.desk_id, "pin": "999998"}, page="/lock")
    assert post(client, "/unlock", {"staff": world.desk_id, "pin": PIN}, page="/lock").status_code == 429
    with later(minutes=16):
        assert post(client, "/unlock", {"staff": world.desk_id, "pin": PIN}, page="/lock").status_code == 303


def test_htmx_is_told_to_go_to_the_lock_screen(client):
    sign_in(client)
    post(client, "/lock", page="/")
    answer = client.get("/security", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"].startswith("/lock")


def test_the_theme_of_the_account_comes_along_to_another_device(world, client):
    sign_in(client)
    post(client, "/preferences", {"theme": "dark", "density": "cozy"}, page="/")
    other = world.app().test_client()
    assert 'data-theme="light"' in other.get("/sign-in").text
    sign_in(other)
    page = other.get("/").text
    assert 'data-theme="dark"' in page and 'data-density="cozy"' in page


def test_an_account_without_a_choice_keeps_that_of_the_device(client):
    post(client, "/preferences", {"theme": "dark", "next": "/sign-in"})
    sign_in(client)
    assert 'data-theme="dark"' in client.get("/").text


def test_switching_the_store_rotates_and_a_foreign_store_is_absent(client, world):
    sign_in(client)
    before = cookie(client)
    post(client, "/switch-store", {"store": world.second_store_id}, page="/")
    assert cookie(client) != before
    assert "建设路店" in client.get("/").text
    assert post(client, "/switch-store", {"store": world.extra["their_store_id"]}, page="/").status_code == 404


def test_preferences_are_rendered_by_the_server_at_the_next_page(client):
    assert 'data-theme="light"' in client.get("/sign-in").text
    post(client, "/preferences", {"theme": "dark", "locale": "en", "next": "/sign-in"})
    page = client.get("/sign-in").text
    assert 'data-theme="dark"' in page
    assert '<html lang="en"' in page
    post(client, "/preferences", {"theme": "<script>", "locale": "xx"})
    assert 'data-theme="dark"' in client.get("/sign-in").text


def test_setting_a_pin_asks_for_the_password_and_refuses_a_weak_one(client):
    sign_in(client)
    assert post(client, "/security/pin", {"pin": "482915", "password": "no"}, page="/security").status_code == 422
    weak = post(client, "/security/pin", {"pin": "123456", "password": PASSWORD}, page="/security")
    assert weak.status_code == 422
    assert 'aria-invalid="true"' in weak.text
    assert post(client, "/security/pin", {"pin": "482915", "password": PASSWORD}, page="/security").status_code == 303


def test_doors_do_not_pile_up(client, world):
    sign_in(client)
    for _n in range(3):
        post(client, "/switch-store", {"store": world.second_store_id}, page="/")
    with world.runtime.db.unit("read") as s:
        assert s.scalar(select(func.count()).select_from(Door).where(Door.kind == "session")) == 1


def test_unknown_and_known_names_take_the_same_time(world, monkeypatch):
    calls = []
    from core.org import credentials

    real = credentials._hasher.__class__.verify
    monkeypatch.setattr(credentials._hasher.__class__, "verify", lambda self, h, p: calls.append(h) or real(self, h, p))
    client = world.app().test_client()
    sign_in(client, "nobody-at-all", "x")
    sign_in(client, "f1-1002", "x")
    assert len(calls) == 2, "one hash is verified for an unknown name as well"


def test_the_start_page_greets_by_the_hour():
    from core.org.views import greeting

    assert [greeting(h, "张")[:2] for h in (3, 8, 12, 16, 20, 23)] == [
        "夜深",
        "上午",
        "中午",
        "下午",
        "晚上",
        "夜深",
    ]


def test_totp_matching_step_accepts_one_window_either_side():
    secret = totp.new_totp_secret()
    now = clock.now()
    step = int(now.timestamp()) // 30
    code = pyotp.TOTP(secret)
    assert totp.matching_step(secret, code.at((step - 1) * 30), 0) == step - 1
    assert totp.matching_step(secret, code.at((step - 3) * 30), 0) is None
    assert totp.matching_step(secret, code.at(step * 30), step) is None
