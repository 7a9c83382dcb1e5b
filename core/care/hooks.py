"""What care offers to the house: its duties towards persons who are merged, erased or ask for their copy."""

from __future__ import annotations

from core.care import audits, duties
from core.hooktypes import DataCount, DataSection, HookContext
from core.kernel.i18n import _, _l
from core.kernel.plugins import hookimpl


@hookimpl
def personal_data(ctx: HookContext, person_id: int) -> list[DataSection]:
    """Return a person's facts; the copy is a read and is noted as one."""
    assert ctx.session is not None
    audits.note_reads(ctx.session, [person_id], "copy", each=True)
    rows = [(label or _("过敏史"), said) for label, said in duties.copy(ctx.session, person_id)]
    return [DataSection(_l("健康安全"), tuple(rows))] if rows else []


@hookimpl
def erase_person(ctx: HookContext, person_id: int, mode: str) -> list[DataCount]:
    """Empty a person's facts."""
    assert ctx.session is not None
    return [DataCount(_l("健康安全信息"), duties.erase(ctx.session, person_id))]


@hookimpl
def merge_people(ctx: HookContext, winner_id: int, loser_id: int) -> list[DataCount]:
    """Give the loser's facts to the winner: the union of both."""
    assert ctx.session is not None
    return [DataCount(_l("健康安全信息"), duties.merge(ctx.session, winner_id, loser_id))]
