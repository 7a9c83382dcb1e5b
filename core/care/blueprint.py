"""The blueprint of care; the view modules put their pages on it."""

from __future__ import annotations

from flask import Blueprint, request

from core.kernel import audit
from core.kernel.web.routes import session
from core.org.blueprint import id_of
from core.people import services as people

bp = Blueprint("care", __name__)


def note_read(person_id: str) -> None:
    """Write down who reads whose health facts, in the unit that reads them: no audit, no page (security C16).

    Raises NotFound for an absent or foreign person before anything is written: a trail names no stranger's id.
    """
    person = people.get(session(), id_of(person_id))
    audit.record(session(), "health.read", "person", person.id, person_id=person.id, detail={"page": request.endpoint})
