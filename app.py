"""The application: `create_app()` for servers, and the entry of `flask --app app`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core import assembly

if TYPE_CHECKING:
    from flask import Flask

    from core.kernel.runtime import Runtime


def create_app(runtime: Runtime | None = None) -> Flask:
    """Return the web application over `runtime` (default: the one of the environment)."""
    return assembly.web_app(runtime or assembly.started())
