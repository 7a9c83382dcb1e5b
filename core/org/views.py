"""Pages of the organisation room: sign-in, second factor, password, lock, preferences, home."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import segno
from flask import make_response, request, url_for
from flask import session as browser
from markupsafe import Markup
from sqlalchemy import select

from core.kernel import clock
from core.kernel.errors import Invalid
from core.kernel.i18n import LOCALES, _
from core.kernel.ids import parse_id
from core.kernel.models import Preference
from core.kernel.tenancy import current_actor
from core.kernel.web import state
from core.kernel.web.app_factory import DENSITIES, THEMES, write_preferences
from core.kernel.web.identity import ENROL, FULL, LOCKED, PASSWORD, TOTP
from core.kernel.web.render import GROUPS, MenuEntry, go, go_to, menu, render_page, toast
from core.kernel.web.routes import idle_too_long, on_refusal, own_unit, page, safe_path, session
from core.kernel.web.slots import slots
from core.org import (
    approval_views,
    credentials,
    notice_views,
    role_views,
    services,
    setting_views,
    sittings,
    staff_views,
)  # fmt: skip
from core.org import totp as second_factor
from core.org.blueprint import bp
from core.org.forms import Typed
from core.org.permissions import USE

if TYPE_CHECKING:
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response

# The pages of roles, settings, staff, approvals and notices stand on the same blueprint.
PAGES = (approval_views, notice_views, role_views, setting_views, staff_views)
menu.add(MenuEntry("home", GROUPS["home"][0], "org.home", "home", USE, 10))


def _address() -> str:
    return request.remote_addr or "unknown"


def _next() -> str:
    return safe_path(request.values.get("next")) or url_for("org.home")


def _back_to() -> str:
    return safe_path(request.values.get("next"))


def _begin(secret: str) -> None:
    browser.begin(secret)  # type: ignore[attr-defined]


@page(bp, "/sign-in", public=True, unit="own")
def sign_in() -> Response:
    """Show the sign-in form; somebody already signed in goes home."""
    who = state.identity()
    if who is not None:
        return go_to(_next()) if who.stage == FULL else go(state.web().shell.stages[who.stage])
    return _sign_in_page(Typed())


def _sign_in_page(typed: Typed, status: int = 200) -> Response:
    return render_page("org/sign_in.html", status=status, typed=typed, next=_back_to())


@page(bp, "/sign-in", public=True, unit="own", methods=("POST",), endpoint="sign_in_post")
def sign_in_post() -> Response:
    """Check name and password, count a failure, open a session."""
    login, password = request.form.get("login", "")[:120], request.form.get("password", "")[:200]
    typed = Typed({"login": login})
    if not login.strip() or not password:
        missing = "login" if not login.strip() else "password"
        typed.errors[missing] = _("请填写登录名。") if missing == "login" else _("请填写密码。")
        return _sign_in_page(typed, 422)
    with own_unit("read") as unit:
        account = services.account_of(unit, login, _address())
    # The slow part, outside of any unit of work; somebody who must wait anyway costs no hash.
    fits = not account.wait_ms and credentials.verify_password(account.password_hash, password)
    with own_unit("write") as unit:
        outcome = services.sign_in(unit, account, fits, _address(), str(request.user_agent)[:200])
        if outcome.secret:
            services.rehash(unit, account, password)
    if outcome.secret is None or outcome.refusal:
        refused = outcome.refusal
        typed.message = refused.message if refused else ""
        answer = _sign_in_page(typed, refused.status if refused else 401)
        if refused and refused.extra.get("retry_after"):
            answer.headers["Retry-After"] = str(refused.extra["retry_after"])
        return answer
    _begin(outcome.secret)
    return go_to(_next())


@page(bp, "/sign-out", held=True, unit="write", methods=("POST",))
def sign_out() -> Response:
    """End the session: the cookie is dead on the server at once."""
    who = _who()
    services.sign_out(session(), who.session_id)
    browser.end()  # type: ignore[attr-defined]
    answer = go("org.sign_in")
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


def _who() -> Any:
    who = state.identity()
    if who is None:
        raise RuntimeError("a held page without an identity")
    return who


@page(bp, "/totp", held=True, unit="own")
def totp() -> Response:
    """Ask for the second factor."""
    return go("org.home") if _who().stage != TOTP else _totp_page(Typed())


def _totp_page(typed: Typed, status: int = 200) -> Response:
    return render_page("org/totp.html", status=status, typed=typed, next=_back_to())


@page(bp, "/totp", held=True, unit="own", methods=("POST",), endpoint="totp_post")
def totp_post() -> Response:
    """Complete the sign-in with a code; a wrong one counts."""
    if _who().stage != TOTP:
        return go("org.home")
    with own_unit("write") as unit:
        outcome = second_factor.pass_totp(unit, _who().session_id, request.form.get("code", "")[:40])
    if outcome.refusal or outcome.secret is None:
        message = outcome.refusal.message if outcome.refusal else ""
        return _totp_page(Typed(errors={"code": message}), outcome.refusal.status if outcome.refusal else 401)
    _begin(outcome.secret)
    return go_to(_next())


@page(bp, "/totp/enrol", held=True)
def totp_enrol() -> Response:
    """Show the QR code of a new second factor."""
    if _who().stage not in {FULL, ENROL}:
        return go(state.web().shell.stages[_who().stage])
    return _enrol_page(second_factor.new_totp_secret(), Typed())


def _enrol_page(secret: str, typed: Typed) -> Response:
    staff = services.acting_staff(session())
    uri = second_factor.totp_uri(secret, staff, _who().franchise_name)
    return render_page(
        "org/totp_enrol.html",
        secret=secret,
        qr=qr_svg(uri),
        typed=typed,
        next=_back_to(),
    )


def qr_svg(text: str) -> Markup:
    """Return a QR code as SVG without any style attribute."""
    out = io.BytesIO()
    segno.make(text, error="m").save(
        out,
        kind="svg",
        xmldecl=False,
        svgns=True,
        omitsize=True,
        nl=False,
        svgclass=None,
        lineclass="qrd",
        border=2,
    )
    return Markup(out.getvalue().decode())  # noqa: S704 - made by segno from an encoded matrix


@page(bp, "/totp/enrol", held=True, unit="write", methods=("POST",), endpoint="totp_enrol_post")
def totp_enrol_post() -> Response:
    """Set up the second factor after one good code and show the recovery codes once."""
    secret = second_factor.usable_secret(request.form.get("secret", "")[:64])
    typed = Typed()
    on_refusal(lambda refusal: _enrol_page(secret, typed.of_refusal(refusal)))
    fresh, codes = second_factor.enrol_totp(session(), _who().session_id, secret, request.form.get("code", ""))
    _begin(fresh)
    return render_page("org/recovery_codes.html", codes=codes, next=_next())


@page(bp, "/password", held=True)
def change_password() -> Response:
    """Show the form for a new password."""
    if _who().stage not in {FULL, PASSWORD}:
        return go(state.web().shell.stages[_who().stage])
    return _password_page(Typed())


def _password_page(typed: Typed) -> Response:
    once = _who().stage == PASSWORD
    return render_page("org/password.html", typed=typed, once=once, next=_back_to())


@page(bp, "/password", held=True, unit="write", methods=("POST",), endpoint="change_password_post")
def change_password_post() -> Response:
    """Set a new password; other sessions of the person end."""
    if _who().stage not in {FULL, PASSWORD}:
        return go(state.web().shell.stages[_who().stage])
    on_refusal(lambda refusal: _password_page(Typed().of_refusal(refusal)))
    old, new = request.form.get("old", "")[:200], request.form.get("new", "")[:200]
    _begin(services.change_password(session(), _who().session_id, old, new))
    toast(_("密码已修改，其他设备上的登录都已退出。"))
    return go_to(_next())


@page(bp, "/lock", held=True, unit="own")
def lock() -> Response:
    """Show the lock screen; a session that was idle for too long is locked now, an awake one goes on."""
    who = _who()
    if who.stage == FULL:
        if not idle_too_long(who):
            return go_to(_next())
        with own_unit("write") as unit:
            services.lock(unit, who.session_id)
    elif who.stage != LOCKED:
        return go(state.web().shell.stages[who.stage])
    with own_unit("read") as unit:
        return _lock_page(unit, who.actor.staff_id, "")


@page(bp, "/still-here", permission=USE, unit="own")
def still_here() -> Response:
    """Answer nothing: that the request came keeps the session of somebody who types from locking."""
    return make_response("", 204)


def _lock_page(unit: Session, chosen: int | None, message: str, status: int = 200) -> Response:
    who = _who()
    return render_page(
        "org/lock.html",
        status=status,
        held=who,
        people=services.colleagues(unit, who.session_id),
        chosen=chosen,
        message=message,
        notes=slots.lock_notes(unit, who.session_id),
        today=clock.today(who.actor.tz),
        next=_back_to(),
    )


@page(bp, "/lock", held=True, unit="write", methods=("POST",), endpoint="lock_post")
def lock_post() -> Response:
    """Lock the session now."""
    who = _who()
    if who.stage == FULL:
        services.lock(session(), who.session_id)
    return go("org.lock", next=safe_path(request.form.get("next")) or url_for("org.home"))


@page(bp, "/unlock", held=True, unit="own", methods=("POST",))
def unlock() -> Response:
    """Open a locked session for the person whose PIN fits."""
    who = _who()
    if who.stage not in {FULL, LOCKED}:
        return go(state.web().shell.stages[who.stage])
    staff_id, pin = (
        parse_id(request.form.get("staff")) or who.actor.staff_id,
        request.form.get("pin", "")[:12],
    )
    with own_unit("read") as unit:
        stored = services.staff_of(unit, staff_id).pin_hash
    fits = credentials.verify_pin(staff_id, stored, pin)
    with own_unit("write") as unit:
        outcome = services.unlock(unit, who.session_id, staff_id, fits)
    if outcome.refusal or outcome.secret is None:
        refused = outcome.refusal
        with own_unit("read") as unit:
            return _lock_page(unit, staff_id, refused.message if refused else "", refused.status if refused else 401)
    _begin(outcome.secret)
    return go_to(_next())


@page(bp, "/preferences", public=True, unit="write", methods=("POST",))
def preferences() -> Response:
    """Keep theme, density and language: in the browser, and with the account when signed in."""
    here = state.here()
    chosen = {
        "theme": _one_of("theme", THEMES, here.theme),
        "density": _one_of("density", DENSITIES, here.density),
        "locale": _one_of("locale", LOCALES, here.locale),
    }
    if here.identity is not None and here.identity.stage == FULL:
        for key, value in chosen.items():
            _keep(session(), f"ui.{key}", value)
    answer = go_to(_next())
    write_preferences(answer, **chosen)  # type: ignore[arg-type]
    return answer


def _one_of(name: str, allowed: tuple[str, ...], present: str) -> str:
    value = request.form.get(name, "")
    return value if value in allowed else present


def _keep(unit: Session, key: str, value: str) -> None:
    staff_id = current_actor().staff_id
    row = unit.scalar(select(Preference).where(Preference.staff_id == staff_id, Preference.key == key))
    if row is None:
        unit.add(Preference(staff_id=staff_id, key=key, value=value))
    else:
        row.value = value


@page(bp, "/switch-store", permission=USE, unit="write", methods=("POST",))
def switch_store() -> Response:
    """Work at another store from now on."""
    store_id = parse_id(request.form.get("store")) or 0
    _begin(services.switch_store(session(), _who().session_id, store_id))
    return go("org.home")


@page(bp, "/security", permission=USE)
def security() -> Response:
    """Show the person's own sign-in: password, second factor, PIN."""
    return _security_page(Typed())


def _security_page(typed: Typed) -> Response:
    staff = services.acting_staff(session())
    return render_page(
        "org/security.html", staff=staff, typed=typed, sittings=sittings.of(session(), staff.id, _who().session_id)
    )


@page(bp, "/security/pin", permission=USE, unit="write", methods=("POST",), endpoint="set_pin")
def set_pin() -> Response:
    """Set the person's own PIN, after the password."""
    on_refusal(lambda refusal: _security_page(Typed().of_refusal(refusal)))
    staff = services.acting_staff(session())
    if not credentials.verify_password(staff.password_hash, request.form.get("password", "")[:200]):
        raise Invalid.field("password", _("密码不对。"))
    services.set_pin(session(), staff.id, request.form.get("pin", "")[:12])
    toast(_("PIN 已更新。"))
    return go("org.security")


@page(bp, "/", permission=USE)
def home() -> Response:
    """Show the home page: the cards that the person's role may see."""
    actor = current_actor()
    hour = clock.now().astimezone(clock.zone(actor.tz)).hour
    cards = slots.home_cards(session(), actor)
    return render_page(
        "org/home.html",
        greeting=greeting(hour, actor.staff_name),
        today=clock.today(actor.tz),
        as_of=clock.now_ms(),
        top=[c for c in cards if c.place == "top"],
        main=[c for c in cards if c.place == "main"],
        side=[c for c in cards if c.place == "side"],
    )


def greeting(hour: int, name: str) -> str:
    """Return how the home page greets at an hour of the day."""
    if hour < 5 or hour >= 22:
        return _("夜深了，%(name)s", name=name)
    if hour < 11:
        return _("上午好，%(name)s", name=name)
    if hour < 14:
        return _("中午好，%(name)s", name=name)
    if hour < 18:
        return _("下午好，%(name)s", name=name)
    return _("晚上好，%(name)s", name=name)
