"""The OpenAPI document, made of what the calls declare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_smorest import Api

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask import Flask

    from core.api.calls import ApiBlueprint

EXTENSION = "huike-openapi"
INFO = """Till interface of Huike. Money in fen (`*_fen`), points integers, ids strings, instants RFC 3339 UTC.
Ground rules, the table of error codes and examples: docs/api.md."""

UNUSED = ("Error", "PaginationMetadata")  # flask-smorest's own words for what problem documents say here
BY_STORE = ("Stock", "StockCounts")


class Documents(Api):
    """Reads the blueprints' declarations; routes and error handling are ours."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_doc_blueprint(self) -> None:
        """Serve nothing: the document has a route of its own."""

    def _register_error_handlers(self) -> None:
        """Handle nothing: one handler speaks for the whole application."""


def document(app: Flask, blueprints: Iterable[ApiBlueprint]) -> dict[str, Any]:
    """Return the OpenAPI document of the API as mounted in `app`; made once per application."""
    if EXTENSION not in app.extensions:
        app.extensions[EXTENSION] = _make(app, blueprints)
    made: dict[str, Any] = app.extensions[EXTENSION]
    return made


def _make(app: Flask, blueprints: Iterable[ApiBlueprint]) -> dict[str, Any]:
    documents = Documents(spec_kwargs={
        "title": "Huike POS API", "version": "v1", "openapi_version": "3.1.0",
        "info": {"description": INFO},
    })  # fmt: skip
    documents.init_app(app)
    spec = documents.spec
    assert spec is not None
    spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    spec.options["security"] = [{"token": []}]
    for blueprint in blueprints:
        blueprint.register_views_in_doc(documents, app, spec, name=blueprint.name, parameters=None)
        spec.tag({"name": blueprint.tag, "description": blueprint.description})
    made = spec.to_dict()
    schemas = made["components"]["schemas"]
    for name in UNUSED:
        schemas.pop(name, None)
    for name in BY_STORE:
        schemas[name]["additionalProperties"] = {"type": "integer", "minimum": 0}
    return made
