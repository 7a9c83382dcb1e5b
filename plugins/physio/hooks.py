"""What the physio plugin answers: thin, the rules do the work."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.sdk import (
    BasketView,
    Check,
    CheckSpec,
    DataCount,
    DataSection,
    HookContext,
    ItemAttribute,
    Panel,
    PanelSpec,
    Permission,
    PersonView,
    Preset,
    SettingSpec,
    _,
    _l,
    has_consented,
    hookimpl,
    some_people,
)
from plugins.physio import checks, contraindications, instruments, records
from plugins.physio.attributes import ATTRIBUTES
from plugins.physio.models import PhysioAssessment, PhysioScreening
from plugins.physio.permissions import PERMISSIONS, VIEW
from plugins.physio.settings import SETTINGS
from plugins.physio.views import bp

if TYPE_CHECKING:
    from flask import Blueprint

_HERE = Path(__file__).parent
PANEL = "physio.person"
ACTIONS = {
    "physio.assessment.made": _l("记录康复评估"), "physio.assessment.corrected": _l("更正康复评估"),
    "physio.screening.made": _l("记录理疗禁忌筛查"),
}  # fmt: skip


@hookimpl
def register_permissions() -> list[Permission]:
    return PERMISSIONS


@hookimpl
def register_settings() -> list[SettingSpec]:
    return SETTINGS


@hookimpl
def register_item_attributes() -> list[ItemAttribute]:
    return ATTRIBUTES


@hookimpl
def register_panels() -> list[PanelSpec]:
    return [PanelSpec(PANEL, _l("康复"), "physio/panel.html", VIEW, order=40)]


@hookimpl
def register_checks() -> list[CheckSpec]:
    return checks.SPECS


@hookimpl
def register_blueprints() -> list[Blueprint]:
    return [bp]


@hookimpl
def presets() -> list[Preset]:
    return [
        Preset(
            "physio",
            _l("理疗馆"),
            (_HERE / "preset.yaml").read_text("utf-8"),
            (_HERE / "items.yaml").read_text("utf-8"),
            order=30,
        )
    ]


@hookimpl
def person_panels(ctx: HookContext, person: PersonView) -> list[Panel]:
    """Show when somebody was assessed and screened; scores stand on a page whose every look is audited."""
    assert ctx.session is not None
    done = records.days(ctx.session, person.person_id)
    rows = [(one, *done.get(one.key, (0, None))) for one in instruments.ALL.values()]
    screened = records.screenings(ctx.session, [person.person_id]).get(person.person_id)
    return [Panel(PANEL, {"rows": rows, "person_id": person.person_id, "screened": screened.on if screened else None})]


@hookimpl
def checkout_checks(ctx: HookContext, basket: BasketView) -> list[Check]:
    return checks.checks(ctx, basket)


@hookimpl
def describe_data(ctx: HookContext) -> list[DataCount]:
    assert ctx.session is not None
    return [
        DataCount(_l("康复评估"), records.count(ctx.session, PhysioAssessment)),
        DataCount(_l("理疗禁忌筛查"), records.count(ctx.session, PhysioScreening)),
    ]


@hookimpl
def personal_data(ctx: HookContext, person_id: int) -> list[DataSection]:
    assert ctx.session is not None
    rows = [
        (f"{one.name} {row.row.on:%Y-%m-%d}", one.show(row.score))
        for key, found in records.assessments(ctx.session, person_id).items()
        for one in (instruments.ALL[key],)
        for row in found
    ]
    screened = records.screening(ctx.session, person_id)
    if screened is not None:
        words = "、".join(str(contraindications.CONDITIONS[code]) for code in sorted(screened[1])) or _("都没有")
        rows.append((f"{_('理疗禁忌筛查')} {screened[0].on:%Y-%m-%d}", words))
    return [DataSection(_l("康复"), tuple(rows))] if rows else []


@hookimpl
def erase_person(ctx: HookContext, person_id: int, mode: str) -> list[DataCount]:
    assert ctx.session is not None
    return [
        DataCount(_l("康复评估"), records.erase(ctx.session, PhysioAssessment, person_id)),
        DataCount(_l("理疗禁忌筛查"), records.erase(ctx.session, PhysioScreening, person_id)),
    ]


@hookimpl
def merge_people(ctx: HookContext, winner_id: int, loser_id: int) -> list[DataCount]:
    assert ctx.session is not None
    return [
        DataCount(_l("康复评估"), records.move(ctx.session, PhysioAssessment, winner_id, loser_id)),
        DataCount(_l("理疗禁忌筛查"), records.move(ctx.session, PhysioScreening, winner_id, loser_id)),
    ]


@hookimpl
def describe_audit(ctx: HookContext, action: str, object_kind: str, detail: Mapping[str, Any]) -> str | None:
    if action not in ACTIONS:
        return None
    instrument = str(detail.get("instrument", "")).upper()
    return f"{ACTIONS[action]} · {instrument}" if instrument else str(ACTIONS[action])


@hookimpl
def demo_data(ctx: HookContext, seed: int, size: int) -> list[DataCount]:
    """Assess a few people who agreed to it, getting better week by week; screen all of them."""
    assert ctx.session is not None
    rng = random.Random(seed)
    made = 0
    for n, person in enumerate(some_people(ctx.session, min(size, 6))):
        records.screen(ctx.session, person, ("anticoagulant",) if n == 1 else ())
        if not has_consented(ctx.session, person, records.HEALTH):
            continue
        level = rng.randrange(3, 5)
        for week in range(4):
            on = ctx.business_date - timedelta(days=7 * (4 - week))
            answers = [max(0, level - week + rng.randrange(-1, 1)) for _n in range(instruments.ODI.items)]
            records.assess(ctx.session, person, instruments.ODI, on, answers)
            records.assess(ctx.session, person, instruments.NRS, on, [max(1, 7 - 2 * week)])
            made += 2
    return [DataCount(_l("康复评估"), made)]
