"""How a call of the API is declared.

    @call(bp, "POST", "/members", permission="people.enrol", scopes=("members",), unit="write",
          once=ACCEPTED, body=NewMember, status=201, answer=Member)
    def enrol(work, data):
        return member_json(work.session, ...)

The caller is admitted first, then the key and the body are read, then the view runs in its unit under
the caller's actor and returns plain data. Refusals become problem documents here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

from flask import Response, g, request
from flask_smorest import Blueprint

from core.api import auth, money
from core.api.auth import Caller, Demand
from core.api.schemas import Problem
from core.api.strict import StrictParser
from core.kernel import i18n
from core.kernel.errors import Invalid, Refusal
from core.kernel.i18n import _
from core.kernel.tenancy import acting
from core.kernel.web import problem
from core.kernel.web.routes import RouteSpec, declare

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from core.kernel.idempotency import Outcome

PREFIX = "/api/v1"
STAFF = {
    "in": "header", "name": "X-Staff", "schema": {"type": "string", "maxLength": 20},
    "description": "Number of the staff member who does this. Required where value changes.",
}  # fmt: skip
PROOF_LENGTH = 100
PROOF = {
    "in": "header", "name": "X-Staff-Proof", "schema": {"type": "string", "maxLength": PROOF_LENGTH},
    "description": "Single-use proof from POST /api/v1/staff/proofs over the raw body of this call.",
}  # fmt: skip
KEY = {
    "in": "header", "name": money.HEADER, "description": "1-255 printable characters; the same for every retry.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
}  # fmt: skip
ERRORS = {
    400: "The request cannot be read",
    401: "No token, or not a good one",
    403: "The token's scope or the person's permission does not reach",
    404: "Absent, or another franchise's: never told apart",
    409: "Something moved meanwhile",
    422: "A field is wrong, or the rules refuse",
    "default": "Any other refusal or failure",
}


class ApiBlueprint(Blueprint):
    """A blueprint of the API: strict bodies, documented answers."""

    ARGUMENTS_PARSER = StrictParser()

    def __init__(self, name: str, description: str) -> None:
        super().__init__(f"api_{name}", __name__, url_prefix=PREFIX, description=description)
        self.tag = name


@dataclass(frozen=True, slots=True)
class Work:
    """What a view works with: its unit's session, who calls, and the raw body that proofs are bound to."""

    session: Session
    caller: Caller
    raw: bytes


def call(
    bp: ApiBlueprint, method: str, rule: str, *, permission: str, answer: Any, scopes: tuple[str, ...] = (),
    unit: str = "read", once: str = money.NEVER, staff: bool = False, proof: bool = False, status: int = 200,
    plugin: str = "", body: Any = None, query: Any = None, example: Any = None, shown: Any = None,
    refused: Callable[[Caller, Refusal], Refusal] | None = None,
    after: Callable[[Outcome], None] | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:  # fmt: skip
    """Register a call.

    `staff`: X-Staff is required and must hold the permission. `once`: what Idempotency-Key is here.
    `plugin`: the call is absent where that plugin is off.
    `example` and `shown` are an example body and answer; `refused` may change a refusal after the
    unit was rolled back, `after(outcome)` may refuse when it was committed. The view gets a Work, then body or
    query (if declared), then URL parts.
    """
    demand = Demand(permission, scopes, staff, plugin)

    def register(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def work(*data: Any, **parts: Any) -> Response:
            outcome = _perform(view, unit, once, status, data, parts)
            if after is not None:
                after(outcome)
            return _answer(outcome)

        documented = work
        if body is not None:
            documented = bp.arguments(body, example=example)(documented)
        if query is not None:
            documented = bp.arguments(query, location="query")(documented)
        documented = _describe(bp, documented, status, answer, shown, _headers(once, staff, proof))

        documented = bp.doc(operationId=f"{bp.tag}.{view.__name__}")(documented)

        @wraps(documented)
        def run(**parts: Any) -> Response:
            i18n.set_locale(i18n.SOURCE_LOCALE)
            try:
                return _admitted(demand, once, documented, parts, refused, proof=proof)
            except Refusal as refusal:
                return refuse(refusal)

        declare(run, RouteSpec(permission, "own"))
        bp.route(rule, methods=[method], endpoint=view.__name__, tags=[bp.tag])(run)
        return view

    return register


def _admitted(
    demand: Demand, once: str, documented: Callable[..., Response], parts: dict[str, Any],
    refused: Callable[[Caller, Refusal], Refusal] | None, *, proof: bool,
) -> Response:  # fmt: skip
    caller = auth.admit(demand)
    if proof and len(request.headers.get("X-Staff-Proof", "")) > PROOF_LENGTH:
        raise Invalid.field("X-Staff-Proof", _("确认凭证最多 %(n)d 个字符。", n=PROOF_LENGTH))
    g.api_caller, g.api_key = caller, money.key_of(once)
    with acting(caller.actor):
        try:
            return documented(**parts)
        except Refusal as refusal:
            raise refused(caller, refusal) if refused else refusal from None


def _perform(
    view: Callable[..., Any], unit: str, once: str, status: int, data: tuple[Any, ...], parts: dict[str, Any]
) -> Outcome:
    caller: Caller = g.api_caller

    def work(session: Session) -> tuple[int, dict[str, Any]]:
        return status, view(Work(session, caller, request.get_data(cache=True)), *data, **parts)

    return money.run(caller, unit, g.api_key if once != money.NEVER else None, data, work)


def refuse(refusal: Refusal) -> Response:
    """Return a refusal as a problem document; 401 says how to authenticate."""
    made = problem.of_refusal(refusal)
    if refusal.status == 401:
        made.headers["WWW-Authenticate"] = "Bearer"
    return made


def json_answer(data: Any, status: int = 200) -> Response:
    """Return plain data as a JSON answer."""
    return Response(json.dumps(data, ensure_ascii=False), status=status, content_type="application/json")


def _answer(outcome: Outcome) -> Response:
    if outcome.status < 400:
        made = json_answer(outcome.answer, outcome.status)
    else:
        told = {k: v for k, v in outcome.answer.items() if k not in {"type", "title", "status"}}
        made = problem.answer(outcome.status, told.pop("code"), told.pop("detail"), **told)
    if outcome.replayed:
        made.headers["Idempotent-Replayed"] = "true"
    return made


def _headers(once: str, staff: bool, proof: bool) -> list[dict[str, Any]]:
    found = [{**STAFF, "required": staff}]
    if proof:
        found.append({**PROOF, "required": False})
    if once != money.NEVER:
        found.append({**KEY, "required": once == money.REQUIRED})
    return found


def _describe(
    bp: ApiBlueprint, view: Callable[..., Any], status: int, answer: Any, shown: Any,
    headers: list[dict[str, Any]],
) -> Callable[..., Any]:  # fmt: skip
    described = bp.alt_response(status, schema=answer, example=shown, success=True)(view)
    for code, description in ERRORS.items():
        described = bp.alt_response(code, schema=Problem, content_type=problem.TYPE, description=description)(described)
    described._apidoc.setdefault("arguments", {}).setdefault("parameters", []).extend(headers)
    return described
