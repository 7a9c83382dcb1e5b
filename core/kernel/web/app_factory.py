"""Builds the Flask application: what happens to every request, in order.

begin (number, nonce, limits, language) → identify (session cookie) → CSRF → the route's unit of work →
headers → compression. `build_app` ends with `check_routes`: an endpoint that declares no permission
stops the start.
"""

from __future__ import annotations

import os
import secrets
import time
from typing import TYPE_CHECKING, Any

import structlog
from flask import Flask, Response, abort, current_app, g, make_response, request, session
from flask_babel import Babel
from flask_login import LoginManager, UserMixin
from flask_wtf import CSRFProtect
from sqlalchemy import select

from core.kernel import clock, i18n, keys
from core.kernel.models import Preference
from core.kernel.settings import EVERY_INTERFACE, host_names
from core.kernel.tenancy import acting
from core.kernel.web import admin_view, assets, csp, formats, handlers, logs, routes, state
from core.kernel.web.flask_sessions import ServerSessions, cookie_names
from core.kernel.web.help import help_text
from core.kernel.web.identity import FULL
from core.kernel.web.remembered import Remembered, frozen
from core.kernel.web.render import link_if, may_see
from core.kernel.web.shortcuts import shortcut_groups
from core.kernel.web.state import RequestState, Shell, WebState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flask import Blueprint

    from core.kernel.runtime import Runtime
    from core.kernel.web.admin_view import AdminView
    from core.kernel.web.identity import Identity, IdentityPort

BODY_LIMIT = 2 * 1024 * 1024
TOUCH_MS = 30_000
UI_COOKIE = "huike-ui"
THEMES, DENSITIES = ("light", "dark", "auto"), ("compact", "cozy")
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_NO_IDENTITY = ("/assets/", "/api/", "/healthz", "/readyz")

log = structlog.get_logger("web")
csrf = CSRFProtect()


def build_app(
    runtime: Runtime,
    blueprints: Iterable[Blueprint],
    *,
    identity: IdentityPort,
    shell: Shell | None = None,
    exempt: Iterable[Blueprint] = (),
    records: Iterable[Callable[[], AdminView]] = (),
) -> Flask:
    """Return the application over `runtime`.

    `identity` is the org room's answer to who signed in; `exempt` are blueprints whose callers carry
    a header instead of a cookie (the API) and need no CSRF token; `records` are the classes of record
    views (each room's `admin.RECORDS`). Raises UndeclaredRoute for an
    endpoint without a declared permission.
    """
    logs.configure()
    app = Flask("huike", root_path=str(assets.ROOT), static_folder=None, template_folder="templates")
    _configure(app, runtime)
    app.extensions["huike"] = WebState(runtime, identity, assets.collect(), shell or Shell())
    _install_language(app)
    app.before_request(_begin)
    app.before_request(_identify)
    _install_login(app)
    csrf.init_app(app)
    app.after_request(csp.compress)
    app.after_request(csp.set_headers)
    app.after_request(_note_request)
    app.after_request(_carry_preferences)
    handlers.install(app)
    app.register_blueprint(assets.blueprint(app.extensions["huike"].assets))
    for blueprint in (*blueprints, *exempt):
        app.register_blueprint(blueprint)
    for blueprint in exempt:
        csrf.exempt(blueprint)
    admin_view.install(app, records)
    routes.check_routes(app)
    return app


def _configure(app: Flask, runtime: Runtime) -> None:
    extra = runtime.environment.extra
    app.config.update(
        SECRET_KEY=_secret(),
        MAX_CONTENT_LENGTH=BODY_LIMIT,
        MAX_FORM_PARTS=1000,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=True,
        TRUSTED_HOSTS=_trusted_hosts(runtime),
        BABEL_DEFAULT_LOCALE=i18n.SOURCE_LOCALE,
        PROPAGATE_EXCEPTIONS=False,
    )
    app.session_interface = ServerSessions()
    proxies = int(extra.get("trusted_proxies", os.environ.get("HUIKE_TRUSTED_PROXIES", 0)))
    if proxies:
        from werkzeug.middleware.proxy_fix import ProxyFix

        app.wsgi_app = ProxyFix(app.wsgi_app, proxies, proxies, proxies)  # type: ignore[method-assign]


def _secret() -> bytes:
    """Return the key that signs CSRF tokens; commands that found an installation have no keys yet."""
    try:
        return keys.ring().mac("flask-secret", b"v1")
    except keys.KeyError_:
        return secrets.token_bytes(32)


def _trusted_hosts(runtime: Runtime) -> list[str] | None:
    """Return the names this site answers to; None (any) only when it serves all interfaces unnamed."""
    hosts = host_names(runtime.environment)
    own = runtime.environment.host
    if own in EVERY_INTERFACE:
        return sorted(hosts | _LOOPBACK) if hosts else None
    return sorted(hosts | _LOOPBACK | {own})


def _install_language(app: Flask) -> None:
    Babel(app, default_locale=i18n.SOURCE_LOCALE, locale_selector=i18n.current_locale)
    env = app.jinja_env
    env.install_gettext_callables(i18n._, i18n.form_for, newstyle=True)  # type: ignore[attr-defined]
    env.trim_blocks = env.lstrip_blocks = False
    assets = app.extensions["huike"].assets
    env.filters["frozen"] = frozen
    env.globals.update(
        remembered=Remembered(),
        asset=assets.path,
        data_uri=assets.data_uri,
        draw_icon=assets.icon,
        link_if=link_if,
        may_see=may_see,
        locale_names=i18n.LOCALE_NAMES,
        shortcut_groups=shortcut_groups,
        help_text=help_text,
        clock=clock,
    )
    formats.install(app)


class SignedIn(UserMixin):
    """Flask-Login's view of an identity: `current_user` in extensions and templates."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.id = str(identity.actor.staff_id)


def _install_login(app: Flask) -> None:
    manager = LoginManager()
    manager.session_protection = None  # the session is ours: server-side, rotated, bound by hash

    @manager.request_loader
    def load(_request: Any) -> SignedIn | None:
        here = getattr(g, "huike", None)
        if here is None or here.identity is None or here.identity.stage != FULL:
            return None
        return SignedIn(here.identity)

    manager.init_app(app)


def _begin() -> Response | None:
    request_id = f"R-{secrets.token_hex(4).upper()}"
    theme, density, locale = read_preferences(request.cookies.get(UI_COOKIE, ""))
    g.huike = RequestState(request_id, secrets.token_urlsafe(16), time.perf_counter_ns(), theme, locale, density)
    i18n.set_locale(locale)
    view = _current_view()
    limit = routes.body_limit(view) if view else None
    if limit:
        request.max_content_length = limit
    if _has_control_characters():
        abort(400)
    if request.method not in {"GET", "HEAD", "OPTIONS"} and _from_elsewhere():
        abort(403)
    return None


def _current_view() -> Any:
    return current_app.view_functions.get(request.endpoint) if request.endpoint else None


def _has_control_characters() -> bool:
    return any(ord(c) < 32 and c not in "\t\r\n" for text in (request.path, *request.args.values()) for c in text)


def _from_elsewhere() -> bool:
    """Return whether the browser says that another site sent this form (security C51)."""
    return request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}


def read_preferences(cookie: str) -> tuple[str, str, str]:
    """Return (theme, density, locale) of the preference cookie; anything unknown means the default."""
    parts = (cookie.split("|") + ["", "", ""])[:3]
    theme = parts[0] if parts[0] in THEMES else "light"
    density = parts[1] if parts[1] in DENSITIES else "compact"
    locale = parts[2] if parts[2] in i18n.LOCALES else i18n.SOURCE_LOCALE
    return theme, density, locale


def write_preferences(answer: Response, theme: str, density: str, locale: str) -> None:
    """Keep the preferences in the browser, so that the first paint is right before anyone signs in."""
    answer.set_cookie(
        UI_COOKIE,
        f"{theme}|{density}|{locale}",
        max_age=365 * 86_400,
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )


def _carry_preferences(answer: Response) -> Response:
    """Copy the account's theme, density and language to the browser in which a session has just begun."""
    here = getattr(g, "huike", None)
    began = here is not None and session.sid and session.sid != session.sid_before  # type: ignore[attr-defined]
    if not began or not here:
        return answer
    web = state.web()
    with web.runtime.db.unit("read") as unit:
        who = web.identity.resolve(unit, session.sid)  # type: ignore[attr-defined]
    if who is None or who.stage != FULL:
        return answer
    with acting(who.actor), web.runtime.db.unit("read") as unit:
        kept = select(Preference.key, Preference.value).where(
            Preference.staff_id == who.actor.staff_id, Preference.key.in_(("ui.theme", "ui.density", "ui.locale"))
        )
        chosen = {key.removeprefix("ui."): value for key, value in unit.execute(kept)}
    present = {"theme": here.theme, "density": here.density, "locale": here.locale}
    if chosen and {**present, **chosen} != present:
        write_preferences(answer, **{**present, **chosen})
    return answer


def _identify() -> None:
    """Resolve the session cookie; note its use at most every half minute."""
    if request.path.startswith(_NO_IDENTITY):
        return
    name = cookie_names(request.is_secure)[0]
    secret = request.cookies.get(name)
    if not secret:
        return
    web = state.web()
    with web.runtime.db.unit("read") as unit:
        found = web.identity.resolve(unit, secret)
    if found is None:
        session.end()  # type: ignore[attr-defined]
        return
    g.huike.identity = found
    if not routes.idle_too_long(found) and clock.now_ms() - found.last_seen_at > TOUCH_MS:
        with acting(found.actor), web.runtime.db.unit("write") as unit:
            web.identity.touch(unit, found)


def _note_request(answer: Response) -> Response:
    here = getattr(g, "huike", None)
    if here is None or request.endpoint == "assets.file":
        return answer
    log.info(
        "request",
        request=here.request_id,
        method=request.method,
        endpoint=request.endpoint,
        status=answer.status_code,
        staff=here.identity.actor.staff_id if here.identity else None,
        ms=round((time.perf_counter_ns() - here.started_ns) / 1e6, 1),
    )
    return answer


def plain_answer(text: str, status: int = 200) -> Response:
    """Return a plain text answer, for probes."""
    return make_response(text, status, {"Content-Type": "text/plain; charset=utf-8"})
