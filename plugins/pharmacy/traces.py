"""Trace codes of medicines that were handed out: noted at dispensing, found for a recall (S4-43). Never commits."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from core.sdk import Conflict, Invalid, NotFound, SoldLine, _, clock, record_audit, sold_at, tenancy
from plugins.pharmacy import books
from plugins.pharmacy.attributes import RX_CLASS
from plugins.pharmacy.dispensing import NOTED
from plugins.pharmacy.models import PharmacyTrace

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

# The national code has 20 digits; makers' own have letters too.
CODE = re.compile(r"[0-9A-Z]{8,40}")
SHOWN = 60


@dataclass(frozen=True, slots=True)
class Handed:
    """A line handed out today: what was sold, the codes noted, how many pieces have none."""

    line: SoldLine
    codes: tuple[str, ...]

    @property
    def missing(self) -> int:
        """Return how many kept pieces have no code."""
        return max(0, self.line.left - len(self.codes))


def today(session: Session) -> list[Handed]:
    """Return the medicines handed out at this store today, newest first, at most 60."""
    lines = [one for one in _sold(session) if one.left][-SHOWN:]
    found: dict[int, list[str]] = defaultdict(list)
    rows = select(PharmacyTrace.line_id, PharmacyTrace.code).where(
        PharmacyTrace.line_id.in_([one.line_id for one in lines])
    )
    for line_id, code in session.execute(rows.order_by(PharmacyTrace.id)) if lines else ():
        found[line_id].append(code)
    return [Handed(one, tuple(found[one.line_id])) for one in reversed(lines)]


def _sold(session: Session) -> list[SoldLine]:
    sold = sold_at(session, tenancy.current_actor().store_id, books.today())
    return [one for one in sold if one.attributes.get(RX_CLASS) in NOTED]


def note(session: Session, line_id: int | None, text: str) -> int:
    """Note the codes of a line of today, one for each piece; return how many.

    Raises NotFound for a line of another day or store, Invalid for something that is no code or more codes than pieces,
    Conflict `pharmacy_trace_twice` for a code that left already.
    """
    line = next((one for one in _sold(session) if one.line_id == line_id), None)
    if line is None:
        raise NotFound(_("没有找到今天在本店售出的这一行。"))
    codes = list(dict.fromkeys(part.upper() for part in re.split(r"[\s,，;；]+", text) if part))
    strange = [code for code in codes if not CODE.fullmatch(code)]
    if not codes or strange:
        raise Invalid.field("codes", _("追溯码是 8 到 40 位的数字或字母，一件一个。"))
    had = session.scalar(select(func.count(PharmacyTrace.id)).where(PharmacyTrace.line_id == line.line_id)) or 0
    if had + len(codes) > line.left:
        raise Invalid.field("codes", _("这一行还有 %(n)d 件没有追溯码，不能登记更多。", n=max(0, line.left - had)))
    twice = Conflict(_("这个追溯码已经随别的药售出，请核对。"), code="pharmacy_trace_twice")
    if session.scalar(select(PharmacyTrace.code).where(PharmacyTrace.code.in_(codes)).limit(1)):
        raise twice
    actor = tenancy.current_actor()
    for code in codes:
        session.add(PharmacyTrace(
            code=code, line_id=line.line_id, item_code=line.code, person_id=line.person_id, on=books.today(),
            store_id=actor.store_id, staff_id=actor.staff_id, made_at=clock.now_ms(),
        ))  # fmt: skip
    try:
        session.flush()
    except IntegrityError:  # another till noted it at this very moment
        raise twice from None
    record_audit(session, "pharmacy.trace.noted", "pharmacy_trace", line.line_id, person_id=line.person_id,
                 detail={"codes": len(codes)})  # fmt: skip
    return len(codes)


def find(session: Session, code: str) -> PharmacyTrace | None:
    """Return where a code went, or None."""
    return session.scalar(select(PharmacyTrace).where(PharmacyTrace.code == code.strip().upper()[:40]))
