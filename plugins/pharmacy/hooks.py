"""What the pharmacy plugin answers: thin, the rules do the work."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.sdk import (
    ApiCall,
    BasketView,
    Check,
    CheckSpec,
    DataCount,
    DataSection,
    DocumentKind,
    Event,
    Fact,
    HookContext,
    ItemAttribute,
    ItemVeto,
    ItemView,
    Job,
    MenuItem,
    Panel,
    PanelSpec,
    Permission,
    PersonView,
    Preset,
    SettingSpec,
    _l,
    hookimpl,
    licence_of,
    staff_choices,
)
from plugins.pharmacy import (
    ask_views,
    audience_views,
    blueprint,
    calls,
    card,
    checks,
    chronic_audience,
    chronic_views,
    data_views,
    dispensing,
    duties,
    papers,
    refills,
    rules,
    seen_views,
    trace_views,
    views,
)
from plugins.pharmacy.attributes import ATTRIBUTES
from plugins.pharmacy.models import PharmacyDuty
from plugins.pharmacy.permissions import AUDIENCE, BOOKS, OVERRIDES, PERMISSIONS, REGISTER, TRACE, VIEW
from plugins.pharmacy.settings import SETTINGS

if TYPE_CHECKING:
    from click import Command
    from flask import Blueprint

_HERE = Path(__file__).parent
PANEL, CARD = "pharmacy.person", "pharmacy.till"
ACTIONS = {
    "pharmacy.data.changed": _l("更换用药资料版本"), "pharmacy.data.signed": _l("核定用药资料"),
    "pharmacy.prescription.noted": _l("登记处方"), "pharmacy.prescription.voided": _l("作废处方"),
    "pharmacy.duty.on": _l("药师签到"), "pharmacy.duty.off": _l("药师签退"),
    "pharmacy.register.noted": _l("登记含麻黄碱类药品购买人"), "pharmacy.refill.told": _l("续药提醒已告知"),
    "pharmacy.refill.noticed": _l("续药提醒已入队"),
    "pharmacy.trace.noted": _l("登记药品追溯码"),
    "pharmacy.ask.made": _l("请药师远程审"), "pharmacy.ask.taken": _l("接下远程审方"),
    "pharmacy.ask.answered": _l("答复远程审方"),
    "pharmacy.chronic.enrolled": _l("加入慢病项目"), "pharmacy.chronic.left": _l("退出慢病项目"),
    "pharmacy.chronic.read": _l("记录测量"), "pharmacy.chronic.voided": _l("作废测量"),
    "pharmacy.chronic.done": _l("完成慢病计划的一项"),
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
def register_facts() -> list[Fact]:
    return chronic_audience.FACTS


@hookimpl
def register_panels() -> list[PanelSpec]:
    return [
        PanelSpec(PANEL, _l("用药"), "pharmacy/panel.html", VIEW, order=15),
        PanelSpec(CARD, _l("该问的和快用完的药"), "pharmacy/till_card.html", VIEW, place="till", order=15),
    ]


@hookimpl
def register_document_kinds() -> list[DocumentKind]:
    return papers.KINDS


@hookimpl
def register_checks() -> list[CheckSpec]:
    return checks.SPECS


@hookimpl
def register_blueprints() -> list[Blueprint]:
    assert views
    assert audience_views
    assert ask_views
    assert trace_views
    assert chronic_views
    assert seen_views
    return [blueprint.bp]


@hookimpl
def register_jobs() -> list[Job]:
    return refills.JOBS


@hookimpl
def register_calls() -> list[ApiCall]:
    return calls.CALLS


@hookimpl
def register_commands() -> list[Command]:
    return data_views.COMMANDS


@hookimpl
def menu_items(ctx: HookContext) -> list[MenuItem]:
    return [
        MenuItem("pharmacy.duty", _l("药师在岗"), "pharmacy.duty", VIEW, "till", "pill", 60),
        MenuItem("pharmacy.asks", _l("远程审方"), "pharmacy.asks", BOOKS, "till", "pill", 61),
        MenuItem("pharmacy.traces", _l("追溯码"), "pharmacy.traces", TRACE, "till", "pill", 62),
        MenuItem("pharmacy.books", _l("处方与登记册"), "pharmacy.books_page", BOOKS, "reports", "doc", 60),
        MenuItem("pharmacy.chronic", _l("慢病管理"), "pharmacy.chronic", BOOKS, "followups", "med", 41),
        MenuItem("pharmacy.refills", _l("续药提醒"), "pharmacy.refills", REGISTER, "followups", "pill", 40),
        MenuItem("pharmacy.demand", _l("门店用量"), "pharmacy.demand", BOOKS, "reports", "pill", 61),
        MenuItem("pharmacy.overrides", _l("用药放行统计"), "pharmacy.overrides", OVERRIDES, "reports", "shield", 62),
        MenuItem("pharmacy.audience", _l("药品活动避开谁"), "pharmacy.audience", AUDIENCE, "marketing", "pill", 60),
        MenuItem("pharmacy.data", _l("用药核对资料"), "pharmacy.data", VIEW, "settings", "pill", 60),
    ]


@hookimpl
def presets() -> list[Preset]:
    return [
        Preset(
            "pharmacy",
            _l("连锁药房"),
            (_HERE / "preset.yaml").read_text("utf-8"),
            (_HERE / "items.csv").read_text("utf-8"),
            order=20,
        )
    ]


@hookimpl
def checkout_checks(ctx: HookContext, basket: BasketView) -> list[Check]:
    return checks.checks(ctx, basket)


@hookimpl
def item_vetoes(ctx: Any, items: tuple[ItemView, ...], purpose: str) -> list[ItemVeto]:
    return rules.gift_vetoes(items)


@hookimpl
def on_event(ctx: HookContext, event: Event) -> None:
    assert ctx.session is not None
    dispensing.heard(ctx.session, event)


@hookimpl
def person_panels(ctx: HookContext, person: PersonView) -> list[Panel]:
    """Show which books hold something of a person: the medicines themselves stand on a page whose looks are audited."""
    assert ctx.session is not None
    today = ctx.business_date
    return [
        Panel(PANEL, duties.panel(ctx.session, person.person_id, today)),
        Panel(CARD, card.of(ctx.session, person, today) if not person.sample else card.NOTHING),
    ]


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
    """Sign the licensed pharmacists on for the day, so that the demonstration sells what wants one."""
    assert ctx.session is not None
    made = 0
    for staff_id, _name in staff_choices(ctx.session) if ctx.store_id else ():
        kind, number = licence_of(ctx.session, staff_id, ctx.business_date)
        if kind == "pharmacist":
            ctx.session.add(
                PharmacyDuty(staff_id=staff_id, store_id=ctx.store_id, licence_no=number, from_at=ctx.now_ms)
            )
            made += 1
    return [DataCount(_l("在岗药师"), made)]
