"""The members of a segment, a keyset page at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.kernel.i18n import _l
from core.kernel.web.formats import fen, number
from core.kernel.web.lists import Column, ListSpec, Sort, address, link
from core.kernel.web.offered import Offered, offer
from core.people.lists import day_cell, phone_cell, phone_whole
from core.people.models import Person
from core.programme import facts as engine
from core.segments import services

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from core.segments.models import Segment


def members_of(session: Session, row: Segment) -> ListSpec:
    """Return the list of a segment's members; raise Invalid when one of its facts cannot be asked now."""
    found = engine.persons(session, services.condition_of(row))
    prefix = address("desk.member", person_id="0").removesuffix("0")
    return ListSpec(
        key="segment_members",
        model=Person,
        noun=_l("人"),
        views=False,
        context=(("code", row.code),),
        where=lambda _session: Person.id.in_(found),
        columns=(
            Column("name", _l("姓名"), (Person.name,), lambda one: link(f"{prefix}{one.id}", one.name), phone="title",
                   fixed=True),
            Column("phone", _l("手机"), (Person.phone_sealed, Person.contact_of_id), phone_cell, phone="meta",
                   quiet=True, full=phone_whole),
            Column("grade", _l("分级"), (Person.grade,), lambda one: one.grade or "—", phone="tag"),
            Column("last", _l("最近到店"), (Person.last_visit_at,), lambda one: day_cell(one.last_visit_at),
                   phone="note"),
            Column("visits", _l("到店次数"), (Person.visits,), lambda one: number(one.visits), numeric=True),
            Column("spent", _l("累计消费"), (Person.spent_fen,), lambda one: fen(one.spent_fen), numeric=True,
                   phone="value"),
        ),
        sorts=(
            Sort("recent", _l("最近到店"), (Person.last_visit_at, Person.id), down=True, column="last"),
            Sort("spent", _l("累计消费"), (Person.spent_fen, Person.id), down=True, column="spent"),
        ),
    )  # fmt: skip


def made(session: Session, state: Mapping[str, str]) -> ListSpec:
    """Return the members of the segment that the page was about; raise NotFound for none."""
    row = services.get(session, state.get("code", ""))
    services.ensure_usable(session, services.condition_of(row))
    services.note_names(session, row)
    return members_of(session, row)


offer(Offered("segment_members", _l("人群里的会员"), "people.view", made, "", "person"))
