"""What care offers to the house: the panel of visits, a member's copy, erasing and merging."""

from __future__ import annotations

from typing import Any, Literal

from core.care import audits, duties, facts, relation, visit_duties, visit_reads
from core.care import visit_rules as rules
from core.care.permissions import READ as HEALTH
from core.care.visit_permissions import PAPERS, PHOTOS, READ, WRITE
from core.hookfacts import Fact
from core.hooktypes import DataCount, DataSection, HookContext, Panel, PanelSpec, PersonView
from core.kernel.i18n import _, _l
from core.kernel.permissions import may
from core.kernel.plugins import hookimpl
from core.kernel.tenancy import current_actor

PANEL = "care.visits"
ROWS = 10


@hookimpl
def register_panels() -> list[PanelSpec]:
    """Return the tab of visits on the member page."""
    return [PanelSpec(PANEL, _l("就诊记录"), "care/visits_panel.html", READ, order=5)]


@hookimpl
def register_facts() -> list[Fact]:
    """Return what conditions may ask about health."""
    return list(facts.FACTS)


@hookimpl
def person_panels(ctx: HookContext, person: PersonView) -> list[Panel]:
    """Return a member's latest visits, by header alone: what was written is read on pages of their own."""
    actor = current_actor()
    if ctx.session is None or not may(actor, READ):
        return []
    rows = visit_reads.visits_of(ctx.session, person.person_id, limit=ROWS + 1)
    alone = may(actor, HEALTH) and relation.of(ctx.session, person.person_id) == relation.SELF_MADE
    data: dict[str, Any] = {
        "person_id": person.person_id, "rows": rows[:ROWS], "more": len(rows) > ROWS, "kinds": rules.KINDS,
        "states": rules.STATES, "may_write": may(actor, WRITE), "may_photos": may(actor, PHOTOS),
        "may_papers": may(actor, PAPERS), "alone": alone,
    }  # fmt: skip
    return [Panel(PANEL, data)]


@hookimpl
def describe_data(ctx: HookContext) -> list[DataCount]:
    """Return how many visits and pictures the franchise keeps."""
    return visit_duties.counts(ctx.session) if ctx.session is not None else []


@hookimpl
def personal_data(ctx: HookContext, person_id: int) -> list[DataSection]:
    """Return a person's facts, their visits as they were signed, and that photos exist: a read, noted as one."""
    assert ctx.session is not None
    audits.note_reads(ctx.session, [person_id], "copy", each=True)
    rows = [(label or _("过敏史"), said) for label, said in duties.copy(ctx.session, person_id)]
    facts = [DataSection(_l("健康安全"), tuple(rows))] if rows else []
    return [*facts, *visit_duties.copy_of(ctx.session, person_id)]


@hookimpl
def erase_person(ctx: HookContext, person_id: int, mode: Literal["erase", "anonymise"]) -> list[DataCount]:
    """Empty a person's facts, throw away photos and drafts; signed visits are kept by law."""
    assert ctx.session is not None
    facts = DataCount(_l("健康安全信息"), duties.erase(ctx.session, person_id))
    return [facts, *visit_duties.erase(ctx.session, person_id)]


@hookimpl
def merge_people(ctx: HookContext, winner_id: int, loser_id: int) -> list[DataCount]:
    """Give the winner the union of both's facts and what is not signed; signed visits stay as they were signed."""
    assert ctx.session is not None
    facts = DataCount(_l("健康安全信息"), duties.merge(ctx.session, winner_id, loser_id))
    return [facts, *visit_duties.merge(ctx.session, winner_id, loser_id)]
