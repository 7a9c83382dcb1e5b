"""Putting a process together: runtime, web application, commands.

Stands beside the floors like `rooms`: it knows every room, and nobody but `app.py` knows it.
"""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from core import rooms
from core.care import need
from core.console import menus  # noqa: F401 (puts plugins' entries into the menu)
from core.console.cli import plugin_command_groups
from core.console.permissions import SWITCH
from core.kernel import keys
from core.kernel import runtime as runtimes
from core.kernel.plugin_health import store_failures
from core.kernel.plugin_web import gated_blueprints, install_templates
from core.kernel.web.app_factory import build_app
from core.org import notices
from core.org.identity import OrgIdentity

if TYPE_CHECKING:
    from flask import Flask, Response

    from core.kernel.runtime import Runtime


def started() -> Runtime:
    """Return the environment's runtime with its keys loaded, where there are a key file and a schema.

    Commands that found or restore an installation start without them.
    """
    runtime = rooms.start()
    if runtime.environment.key_file.exists():
        try:
            runtime.load_keys()
        except DBAPIError:
            keys.use(None)
    return runtime


def web_app(runtime: Runtime, *, api: bool = True) -> Flask:
    """Return the Flask application with all rooms, plugins and commands; `api`: with the POS API."""
    host = runtime.host
    exempt = []
    if api and importlib.util.find_spec("core.api.app") is not None:
        from core.api import app as pos_api

        exempt = pos_api.blueprints()
    app = build_app(
        runtime,
        [*rooms.blueprints(), *gated_blueprints(host)],
        identity=OrgIdentity(host),
        exempt=exempt,
        records=[record for module in rooms.modules("admin") for record in module.RECORDS],
    )
    app.extensions["huike"].note_health = need.page_opened
    install_templates(app, host)
    for command in (*rooms.commands(), *plugin_command_groups(host)):
        app.cli.add_command(command)
    app.before_request(_follow_keys)
    app.after_request(_keep_failures)
    return app


def _follow_keys() -> None:
    """Notice a key rotation that another process began or ended."""
    runtimes.runtime().reload_keys_when_moved()


def _keep_failures(answer: Response) -> Response:
    """Write plugin failures of this request down, after its own unit of work has ended."""
    runtime = runtimes.runtime()
    store_failures(runtime.db, runtime.host.health)
    notices.tell_isolations(runtime.db, runtime.host.health, SWITCH)
    return answer
