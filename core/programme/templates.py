"""Programme templates: what a chain hands out, and what a franchise takes of it into a draft (S0-09 of a chain).

A template is a document that was valid when it was handed out. Taking one opens a draft; publishing stays the
franchise's own decision, with its own preview.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import select

from core.kernel import clock
from core.kernel.errors import Conflict, Invalid, NotFound
from core.kernel.i18n import _
from core.kernel.tenancy import current_actor
from core.org.models import Franchise
from core.programme.models import ProgrammeTemplate
from core.programme.rules import Programme, document_hash, dump, parse

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

NAME_LONGEST, NOTE_LONGEST = 60, 200


def hand_out(
    session: Session, chain_id: int, name: str, programme: Programme, origin: str, note: str = ""
) -> ProgrammeTemplate:
    """Offer a programme to the franchises of a chain; raise Invalid without a name, Conflict for one in use."""
    title = " ".join(name.split())
    if not 2 <= len(title) <= NAME_LONGEST:
        raise Invalid.field("name", _("模板名 2 到 %(n)d 个字。", n=NAME_LONGEST))
    if any(row.name == title for row in of_chain(session, chain_id)):
        raise Conflict(_("已经有叫“%(name)s”的模板，换个名字，或先收回旧的。", name=title), code="taken")
    row = ProgrammeTemplate(
        chain_id=chain_id, name=title, note=" ".join(note.split())[:NOTE_LONGEST], key=programme.key,
        document=json.dumps(dump(programme), ensure_ascii=False), sha256=document_hash(programme),
        origin=origin[:120], made_at=clock.now_ms(),
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def of_chain(session: Session, chain_id: int) -> list[ProgrammeTemplate]:
    """Return what a chain hands out now, the newest first."""
    query = select(ProgrammeTemplate).where(ProgrammeTemplate.chain_id == chain_id, ProgrammeTemplate.active.is_(True))
    return list(session.scalars(query.order_by(ProgrammeTemplate.id.desc())))


def offered(session: Session) -> list[ProgrammeTemplate]:
    """Return what the acting franchise's chain hands out, the newest first."""
    return of_chain(session, _chain_id(session))


def _chain_id(session: Session) -> int:
    return int(session.scalar(select(Franchise.chain_id).where(Franchise.id == current_actor().franchise_id)) or 0)


def get(session: Session, chain_id: int, template_id: int) -> ProgrammeTemplate:
    """Return a template that a chain hands out; another chain's and a withdrawn one are absent. Raises NotFound."""
    row = session.get(ProgrammeTemplate, template_id)
    if row is None or row.chain_id != chain_id or not row.active:
        raise NotFound(_("没有这个模板，也许总部已经收回。"))
    return row


def take(session: Session, template_id: int) -> tuple[ProgrammeTemplate, Programme]:
    """Return a template of the acting franchise's chain with its document, ready for a draft. Raises NotFound."""
    row = get(session, _chain_id(session), template_id)
    return row, parse(json.loads(row.document))


def withdraw(session: Session, chain_id: int, template_id: int) -> ProgrammeTemplate:
    """Hand a template out no longer; drafts and versions made from it stay. Raises NotFound."""
    row = get(session, chain_id, template_id)
    row.active = False
    session.flush()
    return row
