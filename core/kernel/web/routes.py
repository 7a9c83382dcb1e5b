"""Routes: every one declares who may use it and what unit of work it opens.

    bp = Blueprint("tiers", __name__, url_prefix="/tiers")

    @page(bp, "/", permission="tiers.view")
    def index():
        return render_page("tiers/index.html", rows=services.rows(session()))

    @page(bp, "/<int:tier_id>", permission="tiers.edit", unit="write", methods=("POST",))
    def save(tier_id):
        on_refusal(lambda refusal: render_page("tiers/edit.html", form=form, refusal=refusal))
        services.save(session(), tier_id, form.data)
        return go("tiers.index")

The view runs inside the unit, under the actor, and renders inside it; the unit commits afterwards.
A Refusal rolls back and is shown by the one handler. `check_routes` stops the start when an endpoint
declared nothing.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, Literal

from flask import make_response, redirect, request, url_for
from sqlalchemy.exc import DBAPIError

from core.kernel import clock, permissions
from core.kernel.errors import Forbidden, NotFound
from core.kernel.i18n import _
from core.kernel.ids import parse_id
from core.kernel.tenancy import acting
from core.kernel.web import state
from core.kernel.web.identity import FULL, LOCKED
from core.kernel.web.state import BANNER, HealthRead

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Blueprint, Flask
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response

    from core.kernel.errors import Refusal
    from core.kernel.web.identity import Identity

ATTEMPTS = 3
_RETRY = {"40001", "40P01"}  # serialization failure, deadlock
UNITS = ("read", "write", "own")
LOOKING = frozenset({"GET", "HEAD", "OPTIONS"})
_UPLOAD_LIMIT = 20 * 1024 * 1024


class UndeclaredRoute(RuntimeError):
    """An endpoint without a declared permission: the start stops here."""


@dataclass(frozen=True, slots=True)
class RouteSpec:
    """What a route declared.

    `public` needs nobody; `held` needs a session in any stage (lock screen, second factor) and no
    permission; otherwise `permission` must be a declared one and the session complete. `while_viewing`
    lets a post through while the session only looks with another role's eyes.
    """

    permission: str | None = None
    unit: str = "read"
    public: bool = False
    held: bool = False
    health: bool | Literal["noted"] = False
    upload: bool = False
    while_viewing: bool = False
    group: str = ""


def page(
    bp: Blueprint,
    rule: str,
    *,
    permission: str | None = None,
    unit: str = "read",
    methods: tuple[str, ...] = ("GET",),
    health: bool | Literal["noted"] = False,
    public: bool = False,
    held: bool = False,
    upload: bool = False,
    while_viewing: bool = False,
    endpoint: str | None = None,
    group: str = "",
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a page with its permission and unit of work ("read", "write" or "own").

    With "own" the view opens its units itself (a once-only call does) and has no `session()`.

    `health=True` lets nobody in who has no business with the health record of the person whose id is the URL part
    `person_id`, and commits who is about to read it before anything is read; `health="noted"` only writes it down, for
    a page that shows less to who may not read. `upload=True` lifts the body limit from 2 MB to 20 MB. `group` is the
    entry of the rail that lights up for a page below no entry of the menu (a person's page needs none). Raises
    ValueError for a route that is neither public nor bound to a permission.
    """
    if unit not in {"read", "write", "own"}:
        raise ValueError(f"{rule}: unknown unit {unit}")
    if sum((permission is not None, public, held)) != 1:
        raise ValueError(f"{rule}: declare exactly one of permission, public, held")
    spec = RouteSpec(permission, unit, public, held, health, upload, while_viewing, group)

    def register(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def run(**kwargs: Any) -> Any:
            return serve(spec, view, kwargs)

        declare(run, spec)
        bp.add_url_rule(rule, endpoint or view.__name__, run, methods=list(methods))
        return view

    return register


def declare(view: Any, spec: RouteSpec) -> Any:
    """Attach a declaration to a view function or class that is registered in another way."""
    view.route_spec = spec
    return view


def spec_of(view: Any) -> RouteSpec | None:
    """Return the declaration of a view function, of its class, or of the record view it belongs to."""
    for holder in (view, getattr(view, "view_class", None), getattr(view, "__self__", None)):
        found = getattr(holder, "route_spec", None)
        if isinstance(found, RouteSpec):
            return found
    return None


def check_routes(app: Flask) -> None:
    """Raise UndeclaredRoute unless every endpoint declared a known permission or is open on purpose."""
    for endpoint, view in sorted(app.view_functions.items()):
        spec = spec_of(view)
        if spec is None:
            raise UndeclaredRoute(f"endpoint {endpoint} declares no permission")
        if spec.permission is not None and spec.permission not in permissions.registry:
            raise UndeclaredRoute(f"endpoint {endpoint} asks for the undeclared {spec.permission}")


def session() -> Session:
    """Return the session of the unit of work that this request runs in."""
    found = state.here().session
    if found is None:
        raise RuntimeError("no unit of work is open")
    return found


def on_refusal(render: Callable[[Refusal], Any]) -> None:
    """Say how a refusal is shown: the form with what was typed, instead of a page of its own.

    `render(refusal)` runs in a fresh read unit after the rollback; its status becomes the refusal's.
    """
    state.here().on_refusal = render


def serve(spec: RouteSpec, view: Callable[..., Any], kwargs: dict[str, Any]) -> Response:
    """Admit the caller by `spec` and run the view in its unit; for views registered in another way."""
    identity = state.here().identity
    _refuse_while_viewing(spec, identity)
    if spec.public:
        return run_unit(spec.unit, identity if identity and identity.stage == FULL else None, view, kwargs)
    if identity is None:
        return send_to(state.web().shell.sign_in)
    if not spec.held:
        waiting = _admit(identity)
        if waiting is not None:
            return waiting
        permissions.authorize(identity.actor, spec.permission or "", None)
    if spec.health:
        _note_health_read(spec, identity, kwargs)
    return run_unit(spec.unit, identity, view, kwargs)


def _refuse_while_viewing(spec: RouteSpec, identity: Identity | None) -> None:
    """Raise Forbidden for anything but looking while the session sees through another role's eyes."""
    if identity is None or not identity.viewing or request.method in LOOKING or spec.held or spec.while_viewing:
        return
    raise Forbidden(
        _("你正以“%(role)s”的视角查看，只能看，不能改。请先点页顶的“结束查看”。", role=identity.viewing),
        code="viewing_as",
    )


def _admit(identity: Identity) -> Response | None:
    """Return None when the session is complete and awake, else the way to complete it."""
    stage = identity.stage
    if stage == FULL and idle_too_long(identity):
        web = state.web()
        with acting(identity.actor), web.runtime.db.unit("write") as unit:
            web.identity.lock(unit, identity)
        stage = LOCKED
    if stage == FULL:
        return None
    return send_to(state.web().shell.stages[stage])


def idle_too_long(identity: Identity) -> bool:
    """Return whether the session was unused for longer than the franchise allows."""
    return clock.now_ms() - identity.last_seen_at > identity.idle_seconds * 1000


def send_to(endpoint: str) -> Response:
    """Return the way to a page that must be passed first; it leads back here afterwards."""
    target = url_for(endpoint, next=_return_path())
    if request.headers.get("HX-Request"):
        answer = make_response("", 401)
        answer.headers["HX-Redirect"] = target
        return answer
    return redirect(target, 303)  # type: ignore[return-value]


def _return_path() -> str | None:
    if request.method == "GET" and not request.headers.get("HX-Request"):
        path = request.full_path.rstrip("?")
    else:
        path = safe_path(request.headers.get("HX-Current-URL") or request.referrer or "")
    return path if path and path != "/" else None


def safe_path(url: str | None) -> str:
    """Return the path of `url` when it lies on this site, else an empty text (no open redirect)."""
    if not url or "\\" in url or any(ord(c) < 33 for c in url):
        return ""
    own = request.host_url.rstrip("/")
    if url.startswith(own + "/"):
        url = url[len(own) :]
    if not url.startswith("/") or url.startswith("//"):
        return ""
    return url


def _note_health_read(spec: RouteSpec, identity: Identity, kwargs: dict[str, Any]) -> None:
    """Commit who is about to read whose health record: no audit, no data (security C16).

    The room that owns these records says who may (assembly). Of nobody of the franchise there is nothing to read, and
    the trail names no stranger's id: NotFound. An entry that is posted was looked at a moment ago.
    """
    person_id = parse_id(kwargs.get("person_id"))
    if person_id is None:
        raise NotFound
    read = HealthRead(person_id, request.endpoint or "page", spec.health is True, request.method in LOOKING)
    with acting(identity.actor), state.web().runtime.db.unit("write") as unit:
        state.web().note_health(unit, read)
        state.here().banner = unit.info.get(BANNER)


def run_unit(mode: str, identity: Identity | None, view: Callable[..., Any], kwargs: dict[str, Any]) -> Response:
    """Run the view in a unit of work under the actor; try a write again when PostgreSQL asks for it."""
    here = state.here()
    actor = identity.actor if identity else None
    if mode == "own":
        with acting(actor):
            return make_response(view(**kwargs))
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with acting(actor), state.web().runtime.db.unit(mode) as unit:
                here.session = unit
                return make_response(view(**kwargs))
        except DBAPIError as problem:
            if mode != "write" or attempt == ATTEMPTS or not _worth_another_try(problem):
                raise
        finally:
            here.session = None
    raise AssertionError("unreachable")


@contextmanager
def own_unit(mode: str) -> Iterator[Session]:
    """Open a unit of work within a view that declared `unit="own"`, under the actor, if any."""
    here = state.here()
    actor = here.identity.actor if here.identity else None
    with acting(actor), state.web().runtime.db.unit(mode) as unit:
        yield unit


def _worth_another_try(problem: DBAPIError) -> bool:
    return getattr(problem.orig, "sqlstate", None) in _RETRY


def body_limit(view: Any) -> int | None:
    """Return the body limit in bytes that a view declared above the general one, or None."""
    spec = spec_of(view)
    return _UPLOAD_LIMIT if spec and spec.upload else None
