"""Whom a token speaks for, the OpenAPI document, and the probes of load balancers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from flask import Blueprint, current_app
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from core.api import answers
from core.api.calls import PREFIX, ApiBlueprint, Work, call, json_answer
from core.api.documents import document
from core.api.permissions import USE
from core.kernel import keys
from core.kernel.models import Installation
from core.kernel.runtime import runtime
from core.kernel.web.routes import RouteSpec, declare
from core.programme import services as programmes

if TYPE_CHECKING:
    from flask import Response

bp = ApiBlueprint("meta", "The token and the document")
probes = Blueprint("probes", __name__)
log = structlog.get_logger("api")


@call(bp, "GET", "/whoami", permission=USE, answer=answers.Whoami)
def whoami(work: Work) -> dict[str, Any]:
    """Return the token's franchise, store and scopes, the plugins that are on, the programme's version."""
    bearer = work.caller.bearer
    version = programmes.version_in_force(work.session)
    return {
        "franchise": {
            "id": str(bearer.franchise_id), "code": bearer.franchise_code, "name": bearer.franchise_name
        },
        "store": {"id": str(bearer.store_id), "code": bearer.store_code, "name": bearer.store_name},
        "scopes": sorted(bearer.scopes),
        "plugins": sorted(work.caller.actor.plugins),
        "programme": version.key,
        "programme_version": version.number,
    }  # fmt: skip


def openapi() -> Response:
    """Return the OpenAPI document; it needs no token."""
    from core.api.app import documented

    return json_answer(document(current_app, documented()))


def healthz() -> Response:
    """Say that the process answers."""
    return json_answer({"status": "ok"})


def readyz() -> Response:
    """Say whether the database and the keys are there: 200, or 503 while they are not."""
    try:
        keys.ring()
        with runtime().db.unit("read") as session:
            session.execute(select(Installation.id).limit(1)).all()
    except (keys.KeyError_, SQLAlchemyError) as problem:
        log.warning("not_ready", why=type(problem).__name__)
        return json_answer({"status": "not_ready"}, 503)
    return json_answer({"status": "ready"})


for rule, view in ((f"{PREFIX}/openapi.json", openapi), ("/healthz", healthz), ("/readyz", readyz)):
    probes.add_url_rule(rule, view.__name__, declare(view, RouteSpec(public=True)), methods=["GET"])
