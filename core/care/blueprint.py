"""The blueprint of care; the view modules put their pages on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, request

from core.care import access, audits
from core.kernel.errors import Forbidden, NotFound
from core.kernel.i18n import _
from core.kernel.ids import parse_id
from core.kernel.web import state
from core.kernel.web.routes import session
from core.people import services as people

if TYPE_CHECKING:
    from core.kernel.web.identity import Identity

bp = Blueprint("care", __name__)


def who() -> Identity:
    """Return who is signed in; pages of care have somebody always."""
    found = state.identity()
    if found is None:
        raise RuntimeError("a page of care without a session")
    return found


def id_of(text: str | None) -> int:
    """Return the id written in an address; raise NotFound for one that cannot be."""
    found = parse_id(text)
    if found is None:
        raise NotFound
    return found


def note_read(person_id: str) -> None:
    """Let nobody read whose health record they have no business with, and write down who did (security C16).

    Raises NotFound for an absent or foreign person before anything is written: a trail names no stranger's id. Raises
    Forbidden `no_care_relation` for who neither treats the person nor looks behind the glass.
    """
    person = people.get(session(), id_of(person_id))
    if not access.of(session(), person.id).reads:
        raise Forbidden(
            _("这位会员近期没有在你的门店就诊，不能直接查看。确有需要时，请在“健康安全”页紧急查看并写明理由。"),
            code="no_care_relation",
        )
    audits.note_reads(session(), [person.id], request.endpoint or "page", each=True)
