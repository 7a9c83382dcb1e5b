"""Pieces of pages that depend on nothing but their key: drawn once a process and language, then looked up.

    {{ remembered(("keys", groups), keys_dialog) }}

The key must name all that the macro reads; a piece with a token, a nonce or anything personal never belongs here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.kernel.i18n import current_locale

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from markupsafe import Markup

MOST = 4_000


class Remembered:
    """What was drawn, by language and key; forgotten altogether when it becomes too much."""

    def __init__(self) -> None:
        self._drawn: dict[Hashable, Markup] = {}

    def __call__(self, key: Hashable, draw: Callable[..., Markup], *args: Any, **kwargs: Any) -> Markup:
        """Return what `draw` gives for the arguments, drawn at most once for the key."""
        place = (current_locale(), key)
        found = self._drawn.get(place)
        if found is None:
            if len(self._drawn) >= MOST:
                self._drawn.clear()
            found = self._drawn[place] = draw(*args, **kwargs)
        return found


def frozen(value: Any) -> Hashable:
    """Return a value that may be a key: lists as tuples, at any depth."""
    return tuple(frozen(one) for one in value) if isinstance(value, list | tuple) else value
