"""Two people changed one record: what it was, what it is, what was typed, and one choice a field."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import request

from core.kernel import history
from core.kernel.i18n import _
from core.kernel.web.formats import clock_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy.orm import Session

NOT_TYPED = frozenset({"csrf_token", "version", "was"})
TAKE = "take_"
WAS_MOST = 20_000


@dataclass(frozen=True, slots=True)
class Clash:
    """A field on which the two differ: before, theirs, mine in words, and which of them stands chosen."""

    name: str
    label: str
    before: str
    theirs: str
    mine: str
    chosen: str


def taken() -> set[str]:
    """Return the fields for which the conflict page chose what stands there now."""
    return {k.removeprefix(TAKE) for k, v in request.form.items() if k.startswith(TAKE) and v == "theirs"}


def was_text(values: Mapping[str, str]) -> str:
    """Return what the form's fields said when it was opened, for a hidden field."""
    return json.dumps(dict(values), ensure_ascii=False)


def was() -> dict[str, str]:
    """Return what the posted form's fields said when it was opened."""
    try:
        found = json.loads(request.form.get("was", "")[:WAS_MOST])
    except ValueError:
        return {}
    return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}


def clashes(
    labels: Iterable[tuple[str, str]], before: Mapping[str, str], theirs: Mapping[str, str], mine: Mapping[str, str]
) -> list[Clash]:
    """Return the fields to choose from: those where theirs and mine differ."""
    found = []
    for name, label in labels:
        a, b, c = before.get(name, ""), theirs.get(name, ""), mine.get(name, "")
        if b != c:
            found.append(Clash(name, label, a, b, c, "theirs" if name in before and c == a else "mine"))
    return found


def typed() -> list[tuple[str, str]]:
    """Return everything that was typed, for the hidden fields of the conflict page: nothing is lost."""
    return [
        (name, value)
        for name, values in request.form.lists()
        if name not in NOT_TYPED and not name.startswith(TAKE)
        for value in values
    ]


def context(session: Session, kinds: tuple[str, ...], object_id: int) -> dict[str, Any]:
    """Return who changed the record meanwhile, in words."""
    last = history.last_change(session, kinds, object_id)
    if last is None or not last[0]:
        return {"other": _("现在的内容")}
    return {"other": f"{last[0]} {clock_time(last[1])}"}
