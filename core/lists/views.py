"""The pages that every list has; each part is in a file of its own."""

from __future__ import annotations

from core.lists import history_views, list_views, task_views
from core.lists.blueprint import bp

__all__ = ["bp", "history_views", "list_views", "task_views"]
