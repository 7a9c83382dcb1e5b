"""What the beauty plugin answers: thin, the rules do the work."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.sdk import (
    BasketView,
    Check,
    CheckSpec,
    DataCount,
    DataSection,
    Fact,
    HookContext,
    ItemAttribute,
    Job,
    MenuItem,
    Panel,
    PanelSpec,
    Permission,
    PersonView,
    Preset,
    SettingSpec,
    VisitPart,
    _l,
    hookimpl,
)
from plugins.beauty import aftercare, checks, demo, duties, facts, panels, treatments
from plugins.beauty.attributes import ATTRIBUTES
from plugins.beauty.care_views import bp
from plugins.beauty.permissions import BATCHES, HANDOFFS, PERMISSIONS, RECORD, VIEW
from plugins.beauty.settings import SETTINGS

if TYPE_CHECKING:
    from flask import Blueprint

_HERE = Path(__file__).parent
PANEL = "beauty.person"
ACTIONS = {
    "beauty.skin.made": _l("记录皮肤检测"), "beauty.answers.made": _l("记录美容禁忌问卷"),
    "beauty.consent.signed": _l("签署治疗知情同意"), "beauty.consent.withdrawn": _l("撤回治疗知情同意"),
    "beauty.treatment.made": _l("记录美容治疗"), "beauty.care.made": _l("填写治疗关怀表"),
    "beauty.handoff.moved": _l("术后换人负责"), "beauty.suggestion.made": _l("建议产品"),
    "beauty.suggestion.told": _l("记录产品效果"), "beauty.profile.saved": _l("修改关怀档案"),
    "beauty.cycle.noted": _l("记录生理周期"), "beauty.objection.made": _l("记录顾虑"),
    "beauty.table.signed": _l("核定美容禁忌表"),
    "beauty.objection.answered": _l("答复顾虑"), "beauty.batch.read": _l("按批号追溯"),
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
    return [PanelSpec(PANEL, _l("美容"), "beauty/panel.html", VIEW, order=50)]


@hookimpl
def register_visit_parts() -> list[VisitPart]:
    return [VisitPart(treatments.PART, _l("美容治疗"), treatments.SCHEMA, words=treatments.words, order=50)]


@hookimpl
def register_checks() -> list[CheckSpec]:
    return checks.SPECS


@hookimpl
def register_facts() -> list[Fact]:
    return facts.FACTS


@hookimpl
def register_jobs() -> list[Job]:
    return [Job("beauty.handoffs", _l("术后换人负责"), "02:40", run_handoffs)]


def run_handoffs(ctx: HookContext) -> int:
    """Hand over whoever is due today; return how many."""
    assert ctx.session is not None
    return aftercare.hand_over(ctx.session, ctx.business_date)


@hookimpl
def register_blueprints() -> list[Blueprint]:
    return [bp]


@hookimpl
def menu_items(ctx: HookContext) -> list[MenuItem]:
    return [
        MenuItem("beauty.handoffs", _l("术后接管"), "beauty.handoffs", HANDOFFS, "members", "flower", 60),
        MenuItem("beauty.batches", _l("批号追溯"), "beauty.batches", BATCHES, "reports", "flower", 60),
        MenuItem("beauty.table", _l("美容禁忌表"), "beauty.table", RECORD, "settings", "flower", 90),
    ]


@hookimpl
def presets() -> list[Preset]:
    return [
        Preset(
            "beauty",
            _l("医美与美容"),
            (_HERE / "preset.yaml").read_text("utf-8"),
            (_HERE / "items.yaml").read_text("utf-8"),
            order=40,
        )
    ]


@hookimpl
def person_panels(ctx: HookContext, person: PersonView) -> list[Panel]:
    assert ctx.session is not None
    return [Panel(PANEL, panels.of(ctx.session, person))]


@hookimpl
def checkout_checks(ctx: HookContext, basket: BasketView) -> list[Check]:
    return checks.checks(ctx, basket)


@hookimpl
def describe_data(ctx: HookContext) -> list[DataCount]:
    assert ctx.session is not None
    return duties.counts(ctx.session)


@hookimpl
def personal_data(ctx: HookContext, person_id: int) -> list[DataSection]:
    assert ctx.session is not None
    return duties.copy_of(ctx.session, person_id)


@hookimpl
def erase_person(ctx: HookContext, person_id: int, mode: str) -> list[DataCount]:
    assert ctx.session is not None
    return duties.erase(ctx.session, person_id)


@hookimpl
def merge_people(ctx: HookContext, winner_id: int, loser_id: int) -> list[DataCount]:
    assert ctx.session is not None
    return duties.merge(ctx.session, winner_id, loser_id)


@hookimpl
def describe_audit(ctx: HookContext, action: str, object_kind: str, detail: Mapping[str, Any]) -> str | None:
    return str(ACTIONS[action]) if action in ACTIONS else None


@hookimpl
def demo_data(ctx: HookContext, seed: int, size: int) -> list[DataCount]:
    return [DataCount(_l("美容档案"), demo.write(ctx, seed, size))]
