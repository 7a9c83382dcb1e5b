"""A session used at another legal entity than the one that sold the course: what the two owe each other.

The line stands in the same table and statement as stored value's (core/wallet/settlement.py), by pair and month; its
value is the session's share of the price. Taken back, the line goes back by the entities of the use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.wallet import services as wallet
from core.wallet import settlement

if TYPE_CHECKING:
    from core.courses.models import Course, CourseUse
    from core.kernel.statements import Statements
    from core.ledger.services import Posting

USE, UNDO = "course_use", "course_undo"


def pair(st: Statements, course: Course, store_id: int | None) -> tuple[str, str]:
    """Return who was paid for a course and who serves at a store; an empty name is the franchise itself."""
    serving = wallet.entity_of(st, store_id)
    if course.legal_entity is not None:
        return course.legal_entity, serving
    return serving if course.store_id == store_id else wallet.entity_of(st, course.store_id), serving


def at_use(st: Statements, entities: tuple[str, str], value_fen: int, posting: Posting) -> None:
    """Write what the seller of the course owes who treated; nothing within one legal entity."""
    settlement.write(st, *entities, (value_fen, 0), posting, USE, None)


def at_undo(st: Statements, use: CourseUse, posting: Posting) -> None:
    """Take the line of a use back; a use of before this was kept has none."""
    if use.issuing is not None and use.serving is not None:
        settlement.write(st, use.issuing, use.serving, (-use.value_fen, 0), posting, UNDO, None)
