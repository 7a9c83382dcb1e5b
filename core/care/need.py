"""Every page with a person's health record asks here first: may it be read? And writes down that it was.

A page is declared `page(…, health=True)` (core/kernel/web/routes.py), which comes here before anything is read. Where
the person is known only later (a picture by its code, a fragment), the view calls `check_need` itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import core.kernel.models  # noqa: F401 (before access: the kernel's own sealed fields come first)
from core.care import access, audits
from core.kernel import db
from core.kernel.errors import Forbidden, NotFound
from core.kernel.i18n import _
from core.kernel.web.state import BANNER, Banner
from core.people import services as people

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.care.models import HealthGlass
    from core.kernel.web.state import HealthRead


def page_opened(session: Session, read: HealthRead) -> None:
    """Let nobody read whose record they have no business with, and write down who did (security C16).

    Raises NotFound for an absent or foreign person before anything is written: a trail names no stranger's id. Raises
    Forbidden `no_care_relation` where the page is for who treats the person, or looks behind the glass.
    """
    if not people.exists(session, read.person_id):
        raise NotFound
    if read.need:
        check_need(session, read.person_id, read.page, each=read.each)
    else:
        audits.note_reads(session, [read.person_id], read.page, each=read.each)


def may_read(session: Session, person_id: int) -> bool:
    """Return whether the acting staff member treats the person or looks behind the glass.

    One whose relation nobody else stands for is put on the list to review: what follows is a read.
    """
    seen = access.of(session, person_id)
    if seen.by == access.SELF_MADE:
        mark_self_made(session, person_id, count=False)
    return seen.reads


def check_need(session: Session, person_id: int, purpose: str, *, each: bool = True) -> None:
    """Note that a person's record is read for `purpose` (a code of at most 33 characters); `each`: every time anew.

    The person must be known to be the franchise's own already. Raises Forbidden `no_care_relation` for who neither
    treats them nor looks behind the glass (security C16).
    """
    seen = access.of(session, person_id)
    if not seen.reads:
        raise Forbidden(
            _("这位会员近期没有在你的门店就诊，不能直接查看。确有需要时，请在“健康安全”页紧急查看并写明理由。"),
            code="no_care_relation",
        )
    audits.note_reads(session, [person_id], purpose, each=each)
    if seen.glass is not None:
        mark(session, seen.glass, count=each)
    if seen.by == access.SELF_MADE:
        mark_self_made(session, person_id, count=each)


def mark_self_made(session: Session, person_id: int, *, count: bool = True) -> None:
    """Put a read by a relation that the reader made alone on the list to review, and let the page say so."""
    session.info[BANNER] = Banner("care/_self_made.html", {})
    if db.is_read_only(session):
        db.afterwards(session, lambda own: access.note_self_made(own, person_id, count=count))
    else:
        access.note_self_made(session, person_id, count=count)


def mark(session: Session, glass: HealthGlass, *, count: bool = True) -> None:
    """Count a page that is read behind the glass, and let it say so at its head."""
    glass_id = glass.id
    shown = {"until_at": glass.until_at, "why": access.REASON_NAMES[glass.reason_code], "reason": glass.reason}
    session.info[BANNER] = Banner("care/_glass.html", shown)
    if not count:
        return
    if db.is_read_only(session):
        db.afterwards(session, lambda own: access.count_read(own, glass_id))
    else:
        access.count_read(session, glass_id)
