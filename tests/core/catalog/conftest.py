"""A founded installation with its web application, and people who sit at a desk of it."""

from __future__ import annotations

from tests.core.desk.conftest import desk, sit, web

__all__ = ["desk", "sit", "web"]
