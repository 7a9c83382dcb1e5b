"""A founded installation with its web application, and people who sit at a desk of it."""

from tests.core.desk.conftest import desk, sit, web  # noqa: F401
