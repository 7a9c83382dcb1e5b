"""What care offers to the house: the panel of visits, a member's copy, erasing and merging."""

from __future__ import annotations

from typing import Any, Literal

from core.care import visit_duties, visit_reads
from core.care import visit_rules as rules
from core.care.visit_permissions import PHOTOS, READ, WRITE
from core.hooktypes import DataCount, DataSection, HookContext, Panel, PanelSpec, PersonView
from core.kernel.i18n import _l
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
def person_panels(ctx: HookContext, person: PersonView) -> list[Panel]:
    """Return a member's latest visits, by header alone: what was written is read on pages of their own."""
    actor = current_actor()
    if ctx.session is None or not may(actor, READ):
        return []
    rows = visit_reads.visits_of(ctx.session, person.person_id, limit=ROWS + 1)
    data: dict[str, Any] = {
        "person_id": person.person_id, "rows": rows[:ROWS], "more": len(rows) > ROWS, "kinds": rules.KINDS,
        "states": rules.STATES, "may_write": may(actor, WRITE), "may_photos": may(actor, PHOTOS),
    }  # fmt: skip
    return [Panel(PANEL, data)]


@hookimpl
def describe_data(ctx: HookContext) -> list[DataCount]:
    """Return how many visits and pictures the franchise keeps."""
    return visit_duties.counts(ctx.session) if ctx.session is not None else []


@hookimpl
def personal_data(ctx: HookContext, person_id: int) -> list[DataSection]:
    """Return a person's visits as they were signed, and that photos exist."""
    return visit_duties.copy_of(ctx.session, person_id) if ctx.session is not None else []


@hookimpl
def erase_person(ctx: HookContext, person_id: int, mode: Literal["erase", "anonymise"]) -> list[DataCount]:
    """Throw away photos and drafts; signed visits are kept by law."""
    return visit_duties.erase(ctx.session, person_id) if ctx.session is not None else []


@hookimpl
def merge_people(ctx: HookContext, winner_id: int, loser_id: int) -> list[DataCount]:
    """Move what is not signed; signed visits stay with the number they were signed for."""
    return visit_duties.merge(ctx.session, winner_id, loser_id) if ctx.session is not None else []
