"""What the dental plugin answers: thin, the rules do the work."""

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
    CouponClass,
    DataCount,
    DataSection,
    Event,
    Fact,
    HookContext,
    ItemAttribute,
    ItemView,
    LineField,
    MenuItem,
    Panel,
    PanelSpec,
    Permission,
    PersonView,
    Preset,
    PriceChange,
    SettingSpec,
    _l,
    hookimpl,
    may,
    ready_segments,
    safety_of,
    sold_to,
    some_people,
    tenancy,
)
from plugins.dental import (
    advice,
    board,
    chart,
    chart_views,
    checks,
    desk_views,
    exams,
    fold,
    perio_board,
    perio_views,
    plan_views,
    planned,
    plans,
    recalls,
    rules,
    sites,
    summaries,
    views,
    warranty,
    words,
)
from plugins.dental.blueprint import bp
from plugins.dental.demo import DEMO, EXAMS, examined
from plugins.dental.facts import FACTS
from plugins.dental.permissions import CHART, PERMISSIONS, RECALLS, REPORT, VIEW
from plugins.dental.settings import SETTINGS

if TYPE_CHECKING:
    from flask import Blueprint

_HERE = Path(__file__).parent
PANEL = "dental.person"


@hookimpl
def register_permissions() -> list[Permission]:
    return PERMISSIONS


@hookimpl
def register_settings() -> list[SettingSpec]:
    return SETTINGS


@hookimpl
def register_item_attributes() -> list[ItemAttribute]:
    return [
        ItemAttribute(
            rules.CATEGORY,
            _l("牙科分类"),
            "choice",
            rules.CATEGORIES,
            help=_l("“充填”类项目可用补牙券；项目上直接写明券类别时，以项目为准。"),
        )
    ]


@hookimpl
def register_line_fields() -> list[LineField]:
    return [sites.FIELD]


@hookimpl
def register_panels() -> list[PanelSpec]:
    return [PanelSpec(PANEL, _l("牙科"), "dental/panel.html", VIEW, order=20)]


@hookimpl
def register_checks() -> list[CheckSpec]:
    return checks.SPECS


@hookimpl
def register_blueprints() -> list[Blueprint]:
    assert chart_views.bp is desk_views.bp is perio_views.bp is plan_views.bp is views.bp is bp
    return [bp]


@hookimpl
def presets() -> list[Preset]:
    return [
        Preset(
            "dental",
            _l("口腔连锁"),
            (_HERE / "preset.yaml").read_text("utf-8"),
            (_HERE / "items.yaml").read_text("utf-8"),
            order=10,
        )
    ]


@hookimpl
def menu_items(ctx: HookContext) -> list[MenuItem]:
    return [
        MenuItem("dental.items", _l("牙科项目"), "dental.items", VIEW, group="settings", icon="tooth"),
        MenuItem("dental.recalls", _l("牙科复诊提醒"), "dental.recall_list", RECALLS, "followups", "tooth", 30),
        MenuItem("dental.report", _l("医师返工率"), "dental.report", REPORT, "reports", "tooth", 60),
    ]


@hookimpl
def person_panels(ctx: HookContext, person: PersonView) -> list[Panel]:
    seats = []
    for seat in person.household:
        state, day = rules.filling_coupon(seat)
        seats.append({"name": seat.name, "own": seat.person_id == person.person_id, "state": state, "day": day})
    shown = {
        "recent": rules.dental_history(person.recent), "seats": seats, "person_id": person.person_id,
        **_next_steps(ctx, person),
    }  # fmt: skip
    return [Panel(PANEL, shown)]


def _next_steps(ctx: HookContext, person: PersonView) -> dict[str, Any]:
    """Return what to suggest to whom the health facts may be shown for that, and when they are to come again."""
    if ctx.session is None or person.sample:
        return {"advice": [], "recalls": []}
    figures = summaries.of(ctx.session, person.person_id)
    safety = safety_of(ctx.session, [person.person_id], "dental.suggest").get(person.person_id)
    sold = [one for one in sold_to(ctx.session, [person.person_id], ctx.now_ms - advice.LOOK_BACK_MS)
            if one.person_id == person.person_id]  # fmt: skip
    age = board.age_on(person.birth_date, ctx.business_date)
    pregnant = safety is not None and safety.pregnancy == "yes"
    found = advice.advise(figures, sold, age, ctx.business_date, pregnant=pregnant)
    if not may(tenancy.current_actor(), CHART):
        found = [one for one in found if one.code not in advice.CLINICAL]
    due = [
        (recalls.PROGRAMMES[one.programme].name, one.due_on) for one in recalls.of_person(ctx.session, person.person_id)
    ]
    return {"advice": found, "recalls": due, "today": ctx.business_date}


@hookimpl
def on_event(ctx: HookContext, event: Event) -> None:
    assert ctx.session is not None
    recalls.heard(ctx.session, event)


@hookimpl
def register_facts() -> list[Fact]:
    return FACTS


@hookimpl
def checkout_checks(ctx: HookContext, basket: BasketView) -> list[Check]:
    return checks.checks(ctx, basket)


@hookimpl
def adjust_price(ctx: HookContext, basket: BasketView) -> list[PriceChange]:
    return warranty.changes(ctx, basket)


@hookimpl
def coupon_classes_for_items(ctx: HookContext, items: tuple[ItemView, ...]) -> list[CouponClass]:
    return [CouponClass(item.code, classes) for item in items if (classes := rules.coupon_classes(item))]


@hookimpl
def franchise_enabled(ctx: HookContext, first_time: bool) -> None:
    if first_time and ctx.session is not None:
        ready_segments(ctx.session, (_HERE / "segments.yaml").read_text("utf-8"), ctx.plugins)


@hookimpl
def describe_data(ctx: HookContext) -> list[DataCount]:
    assert ctx.session is not None
    return [
        DataCount(_l("牙位记录"), chart.count(ctx.session)),
        DataCount(_l("牙周检查"), exams.count(ctx.session)),
        DataCount(_l("治疗计划"), plans.count(ctx.session)),
    ]


@hookimpl
def personal_data(ctx: HookContext, person_id: int) -> list[DataSection]:
    assert ctx.session is not None
    rows = tuple(
        (f"{one.on:%Y-%m-%d} {one.fdi}", words.told(one)) for one in fold.live(chart.events_of(ctx.session, person_id))
    )
    found = [DataSection(_l("牙位记录"), rows)] if rows else []
    examined = tuple(
        (f"{one.on:%Y-%m-%d} {fdi}", perio_board.told(fdi, one.teeth[fdi]))
        for one in exams.exams_of(ctx.session, person_id) for fdi in sorted(one.teeth)
    )  # fmt: skip
    found += [DataSection(_l("牙周检查"), examined)] if examined else []
    decided = tuple(planned.told(ctx.session, person_id))
    return [*found, DataSection(_l("治疗计划"), decided)] if decided else found


@hookimpl
def erase_person(ctx: HookContext, person_id: int, mode: str) -> list[DataCount]:
    """Keep the chart with the signed visits: outpatient records stay 15 years (医疗机构管理条例实施细则 53)."""
    assert ctx.session is not None
    summaries.forget(ctx.session, person_id)
    return [
        DataCount(_l("牙科复诊提醒"), recalls.forget(ctx.session, person_id)),
        DataCount(_l("依法保留的牙位记录"), chart.kept_of(ctx.session, person_id)),
        DataCount(_l("依法保留的牙周检查"), exams.kept_of(ctx.session, person_id)),
        DataCount(_l("依法保留的治疗计划"), plans.kept_of(ctx.session, person_id)),
    ]


@hookimpl
def merge_people(ctx: HookContext, winner_id: int, loser_id: int) -> list[DataCount]:
    assert ctx.session is not None
    summaries.forget(ctx.session, loser_id)
    return [
        DataCount(_l("牙周检查"), exams.move(ctx.session, winner_id, loser_id)),
        DataCount(_l("牙位记录"), chart.move(ctx.session, winner_id, loser_id)),
        DataCount(_l("治疗计划"), plans.move(ctx.session, winner_id, loser_id)),
        DataCount(_l("牙科复诊提醒"), recalls.move(ctx.session, winner_id, loser_id)),
    ]


ACTIONS = {
    "dental.tooth.noted": _l("记录牙位图"), "dental.tooth.voided": _l("撤回牙位记录"),
    "dental.perio.begun": _l("开始牙周检查"), "dental.perio.saved": _l("记录牙周检查"),
    "dental.plan.saved": _l("修改治疗计划"), "dental.plan.accepted": _l("会员接受治疗计划"),
    "dental.plan.sent": _l("治疗计划转收银"),
    "dental.recall.told": _l("牙科复诊已提醒"), "dental.recall.off": _l("停止牙科复诊提醒"),
}  # fmt: skip


@hookimpl
def describe_audit(ctx: HookContext, action: str, object_kind: str, detail: Mapping[str, Any]) -> str | None:
    return str(ACTIONS[action]) if action in ACTIONS else None


@hookimpl
def demo_data(ctx: HookContext, seed: int, size: int) -> list[DataCount]:
    """Chart the mouths of a few people over three years, examine them twice, with a plan for today."""
    assert ctx.session is not None
    made = measured = 0
    for n, person in enumerate(some_people(ctx.session, min(size, 4))):
        for ago, entries in DEMO:
            on = ctx.business_date - timedelta(days=ago + 11 * n + seed % 7 if ago else 0)
            made += len(chart.note(ctx.session, person, entries, on))
        for ago in EXAMS:
            exam = exams.begin(ctx.session, person, ctx.business_date - timedelta(days=ago))
            exams.store(ctx.session, person, exam, examined(random.Random(seed + n), worse=not ago))
            measured += 1
        chart.changed(ctx.session, person)
    return [DataCount(_l("牙位记录"), made), DataCount(_l("牙周检查"), measured)]
