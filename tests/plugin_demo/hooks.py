"""Every hook once, in the order of core/hookspecs.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from sqlalchemy import delete, func, select, update

from core.sdk import (
    Alert,
    ApiCall,
    ApiField,
    ApprovalKind,
    ApprovalSummary,
    BasketView,
    Check,
    CheckSpec,
    CouponClass,
    DataCount,
    DataSection,
    DocumentKind,
    Event,
    Fact,
    FactParam,
    FieldError,
    FieldGroup,
    FormField,
    HookContext,
    Invalid,
    ItemAttribute,
    ItemVeto,
    ItemView,
    Job,
    LineField,
    MenuItem,
    Panel,
    PanelSpec,
    Permission,
    PersonView,
    PointsChange,
    Preset,
    PriceChange,
    Rows,
    SettingSpec,
    TimelineEntry,
    Total,
    VisitPart,
    _l,
    hookimpl,
    permission,
)
from tests.plugin_demo.models import PluginDemoNote
from tests.plugin_demo.views import VIEW, bp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Blueprint

COLOUR = "plugin_demo.colour"
heard: list[str] = []


def marked(lines: Any) -> list[Any]:
    """Return the lines that carry the demo's attribute."""
    return [line for line in lines if line.attributes.get(COLOUR)]


@hookimpl
def register_permissions() -> list[Permission]:
    return [
        permission(VIEW, _l("查看演示"), "owner", "front_desk", plugin="plugin_demo"),
        permission("plugin_demo.approve", _l("批准演示"), "owner", plugin="plugin_demo"),
    ]


@hookimpl
def register_settings() -> list[SettingSpec]:
    return [SettingSpec("plugin_demo.cut_fen", _l("减多少"), 100, lambda v: isinstance(v, int) and v >= 0)]


@hookimpl
def register_item_attributes() -> list[ItemAttribute]:
    return [ItemAttribute(COLOUR, _l("颜色"), "choice", (("red", _l("红")), ("blue", _l("蓝"))))]


@hookimpl
def register_line_fields() -> list[LineField]:
    return [LineField("plugin_demo.batch", _l("批号"), lambda attributes: COLOUR in attributes, _batch, _l("B-1"))]


def _batch(text: str) -> str:
    if not text.upper().startswith("B-"):
        raise Invalid.field("site", "批号以 B- 开头。")
    return text.upper()


@hookimpl
def register_panels() -> list[PanelSpec]:
    return [
        PanelSpec("plugin_demo.person", _l("演示"), "plugin_demo/panel.html", VIEW),
        PanelSpec("plugin_demo.home", _l("演示首页"), "plugin_demo/panel.html", VIEW, place="home"),
    ]


@hookimpl
def register_visit_parts() -> list[VisitPart]:
    return [VisitPart("plugin_demo", _l("演示记录"), 2, (FormField("mood", _l("心情")),))]


@hookimpl
def register_document_kinds() -> list[DocumentKind]:
    return [DocumentKind("plugin_demo.letter", _l("演示信件"), VIEW, "plugin_demo.approve")]


@hookimpl
def register_checks() -> list[CheckSpec]:
    return [CheckSpec("plugin_demo.red", _l("红色提醒"), "major")]


@hookimpl
def register_facts() -> list[Fact]:
    return [
        Fact(
            "plugin_demo.notes",
            _l("演示备注数"),
            "number",
            _notes,
            missing=0,
            params=(FactParam("days", _l("天内"), 30),),
            sentence=_l("近 %(days)d 天演示备注"),
        ),
        Fact(
            "plugin_demo.ill",
            _l("演示病情"),
            "set",
            lambda _scope, _params: Rows(select(PluginDemoNote.person_id), PluginDemoNote.text),
            health=True,
            choices=lambda _session: (("asthma", _l("哮喘")), ("gout", _l("痛风"))),
        ),
    ]


def _notes(scope: Any, params: Mapping[str, int]) -> Total:
    since = scope.instant(params["days"])
    return Total(select(PluginDemoNote.person_id).where(PluginDemoNote.made_at >= since), func.count())


@hookimpl
def register_jobs() -> list[Job]:
    return [Job("plugin_demo.count", _l("每日清点"), "02:00", lambda ctx: _count(ctx))]


@hookimpl
def register_approvals() -> list[ApprovalKind]:
    return [
        ApprovalKind(
            "plugin_demo.note", _l("演示审批"), VIEW, "plugin_demo.approve",
            lambda ctx, payload: ApprovalSummary(((_l("备注"), str(payload["text"])),)),
            lambda ctx, payload, request_id: {"text": payload["text"]},
        )
    ]  # fmt: skip


@hookimpl
def register_calls() -> list[ApiCall]:
    return [
        ApiCall(
            "greet", "Greets somebody.", VIEW, ("members",), lambda ctx, data: {"greeting": f"hello {data['name']}"},
            (ApiField("name"),), (ApiField("greeting"),), {"name": "Wang"},
        )
    ]  # fmt: skip


@hookimpl
def register_blueprints() -> list[Blueprint]:
    return [bp]


@hookimpl
def register_commands() -> list[click.Command]:
    return [click.Command("hello", callback=lambda: click.echo("hello"))]


@hookimpl
def presets() -> list[Preset]:
    return [Preset("plugin_demo", _l("演示"), "", "items: []", order=90)]


@hookimpl
def menu_items(ctx: HookContext) -> list[MenuItem]:
    return [MenuItem("plugin_demo.notes", _l("演示菜单"), "plugin_demo.notes", VIEW)]


@hookimpl
def home_cards(ctx: HookContext) -> list[Panel]:
    return [Panel("plugin_demo.home", {"text": "home"})]


@hookimpl
def person_panels(ctx: HookContext, person: PersonView) -> list[Panel]:
    return [Panel("plugin_demo.person", {"text": f"notes {_count(ctx, person.person_id)}"})]


@hookimpl
def person_alerts(ctx: HookContext, person: PersonView) -> list[Alert]:
    return [Alert("plugin_demo.alert", "moderate", _l("演示提示"))]


@hookimpl
def person_timeline(ctx: HookContext, person: PersonView, before_ms: int, limit: int) -> list[TimelineEntry]:
    rows = ctx.session.scalars(
        select(PluginDemoNote)
        .where(PluginDemoNote.person_id == person.person_id, PluginDemoNote.made_at < before_ms)
        .order_by(PluginDemoNote.made_at.desc())
        .limit(limit)
    )
    return [TimelineEntry(row.made_at, row.text) for row in rows]


@hookimpl
def person_circle(ctx: HookContext, person_id: int) -> list[int]:
    return [person_id + 1]


@hookimpl
def person_form_fields(ctx: HookContext, person: PersonView | None) -> list[FieldGroup]:
    return [FieldGroup("plugin_demo.fields", _l("演示字段"), (FormField("plugin_demo.note", _l("备注")),))]


@hookimpl
def save_person_fields(ctx: HookContext, person_id: int, values: Mapping[str, str]) -> list[FieldError]:
    text = values.get("plugin_demo.note", "")
    if len(text) > 200:
        return [FieldError("plugin_demo.note", "太长")]
    if text:
        ctx.session.add(PluginDemoNote(person_id=person_id, text=text, made_at=ctx.now_ms))
    return []


@hookimpl
def checkout_checks(ctx: HookContext, basket: BasketView) -> list[Check]:
    red = [line for line in marked(basket.lines) if line.attributes[COLOUR] == "red"]
    return [Check("plugin_demo.red", "major", "红色", line.line, "care.override.major") for line in red]


@hookimpl
def adjust_price(ctx: HookContext, basket: BasketView) -> list[PriceChange]:
    return [PriceChange(line.line, -100, "演示立减", "plugin_demo.cut") for line in marked(basket.lines)]


@hookimpl
def earn_points(ctx: HookContext, basket: BasketView, points: int) -> list[PointsChange]:
    return [PointsChange(points, "演示双倍", "plugin_demo.double")] if marked(basket.lines) else []


@hookimpl
def coupon_classes_for_items(ctx: HookContext, items: tuple[ItemView, ...]) -> list[CouponClass]:
    return [CouponClass(item.code, frozenset({"demo"})) for item in marked(items)]


@hookimpl
def item_vetoes(ctx: HookContext, items: tuple[ItemView, ...], purpose: str) -> list[ItemVeto]:
    return [ItemVeto(item.code, "plugin_demo.no_gift", "演示：红色的不能送") for item in marked(items)]


@hookimpl
def on_event(ctx: HookContext, event: Event) -> None:
    heard.append(event.name)


@hookimpl
def franchise_enabled(ctx: HookContext, first_time: bool) -> None:
    heard.append(f"enabled:{first_time}")


@hookimpl
def franchise_disabled(ctx: HookContext) -> None:
    heard.append("disabled")


@hookimpl
def describe_data(ctx: HookContext) -> list[DataCount]:
    return [DataCount(_l("演示备注"), _count(ctx))]


@hookimpl
def personal_data(ctx: HookContext, person_id: int) -> list[DataSection]:
    texts = ctx.session.scalars(select(PluginDemoNote.text).where(PluginDemoNote.person_id == person_id))
    return [DataSection(_l("演示备注"), tuple((_l("备注"), text) for text in texts))]


@hookimpl
def erase_person(ctx: HookContext, person_id: int, mode: str) -> list[DataCount]:
    done = ctx.session.execute(delete(PluginDemoNote).where(PluginDemoNote.person_id == person_id))
    return [DataCount(_l("演示备注"), done.rowcount)]


@hookimpl
def merge_people(ctx: HookContext, winner_id: int, loser_id: int) -> list[DataCount]:
    done = ctx.session.execute(
        update(PluginDemoNote).where(PluginDemoNote.person_id == loser_id).values(person_id=winner_id)
    )
    return [DataCount(_l("演示备注"), done.rowcount)]


@hookimpl
def describe_audit(ctx: HookContext, action: str, object_kind: str, detail: Mapping[str, Any]) -> str | None:
    return "演示动作" if action.startswith("plugin_demo.") else None


@hookimpl
def demo_data(ctx: HookContext, seed: int, size: int) -> list[DataCount]:
    ctx.session.add_all(PluginDemoNote(person_id=seed + n, text=f"note {n}", made_at=ctx.now_ms) for n in range(size))
    return [DataCount(_l("演示备注"), size)]


def _count(ctx: HookContext, person_id: int | None = None) -> int:
    query = select(func.count(PluginDemoNote.id))
    if person_id is not None:
        query = query.where(PluginDemoNote.person_id == person_id)
    return ctx.session.scalar(query) or 0
