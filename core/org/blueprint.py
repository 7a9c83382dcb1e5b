"""The blueprint of the organisation room; the view modules put their pages on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import _
from core.kernel.ids import parse_id
from core.kernel.web import state
from core.kernel.web.routes import own_unit
from core.org import services
from core.org.proofs import make_proof

if TYPE_CHECKING:
    from core.kernel.web.identity import Identity

bp = Blueprint("org", __name__)


def who() -> Identity:
    """Return who is signed in; these pages have somebody always."""
    found = state.identity()
    if found is None:
        raise RuntimeError("a page without a session")
    return found


def id_of(text: str | None) -> int:
    """Return the id written in an address; raise NotFound for one that cannot be."""
    found = parse_id(text)
    if found is None:
        raise NotFound
    return found


def own_proof(pin: str, payload_sha256: str) -> str | None:
    """Return a proof of the signed-in person's own PIN over a payload, in a unit of its own: a wrong PIN counts.

    Raises Invalid when they have no PIN or typed none, Unauthorized for a wrong one.
    """
    if not pin.strip():
        raise Invalid.field("pin", _("请输入你的 PIN。"))
    with own_unit("write") as unit:
        if not services.acting_staff(unit).pin_hash:
            raise Invalid.field("pin", _("你还没有设置 PIN，请先到“账号与安全”设置。"))
        made = make_proof(unit, who().staff_number, pin.strip()[:12], "approve", payload_sha256)
    if made.refusal is not None:
        raise made.refusal
    return made.proof
