"""The web side of plugins: blueprints are mounted once, and shut per request where a plugin is off."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

from flask import current_app, request
from jinja2 import ChoiceLoader, FileSystemLoader

from core.kernel.errors import NotFound
from core.kernel.plugin_types import PluginError
from core.kernel.web import state
from core.kernel.web.routes import spec_of

if TYPE_CHECKING:
    from flask import Blueprint, Flask

    from core.kernel.plugins import PluginHost


def gate(key: str) -> None:
    """Raise NotFound unless the plugin `key` is on for who asks: off and absent are the same.

    Nobody signed in is left to the route's own declaration, which leads to the sign-in page.
    """
    identity = state.here().identity
    if identity is not None:
        if key not in identity.actor.plugins:
            raise NotFound
        return
    spec = spec_of(current_app.view_functions[str(request.endpoint)])
    if spec is None or spec.public:
        raise NotFound


def gated_blueprints(host: PluginHost) -> list[Blueprint]:
    """Return every plugin's blueprints, under /p/<key> and behind the gate, to be given to build_app.

    A blueprint is called `<key>` or `<key>_…`; another name would take a core endpoint: PluginError.
    """
    return [
        _gated(answer.plugin, answer.value)
        for answer in host.declared("register_blueprints")
        if answer.plugin is not None and not answer.failed
    ]


def _gated(key: str, blueprint: Blueprint) -> Blueprint:
    if blueprint.name != key and not blueprint.name.startswith(f"{key}_"):
        raise PluginError(f"blueprint {blueprint.name} does not carry the prefix of {key}")
    if not hasattr(blueprint, "huike_gate"):
        # Once per blueprint object: a process may build several applications.
        blueprint.huike_gate = key  # type: ignore[attr-defined]
        blueprint.url_prefix = f"/p/{key}{blueprint.url_prefix or ''}"
        blueprint.before_request_funcs.setdefault(None, []).insert(0, lambda: gate(key))
    return blueprint


def template_folders(host: PluginHost) -> list[str]:
    """Return the `templates` folders of the installed plugins; each holds one folder `<key>` only."""
    found = []
    for key, package in host.packages.items():
        folder = Path(str(importlib.import_module(package).__file__)).parent / "templates"
        if not folder.is_dir():
            continue
        stray = sorted(entry.name for entry in folder.iterdir() if entry.name != key)
        if stray:
            raise PluginError(f"templates of {key} lie outside templates/{key}/: {stray}")
        found.append(str(folder))
    return found


def install_templates(app: Flask, host: PluginHost) -> None:
    """Let `app` find the plugins' templates after its own: core's always win."""
    own = [app.jinja_loader] if app.jinja_loader else []
    app.jinja_loader = ChoiceLoader([*own, FileSystemLoader(template_folders(host))])  # type: ignore[assignment]
