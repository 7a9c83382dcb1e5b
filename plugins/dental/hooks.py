"""What the dental plugin answers: thin, the rules do the work."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from core.sdk import (
    BasketView,
    Check,
    CheckSpec,
    CouponClass,
    HookContext,
    ItemAttribute,
    ItemView,
    MenuItem,
    Panel,
    PanelSpec,
    Permission,
    PersonView,
    Preset,
    _,
    _l,
    hookimpl,
)
from plugins.dental import chart, chart_views, rules, views
from plugins.dental.blueprint import bp
from plugins.dental.permissions import PERMISSIONS, VIEW

if TYPE_CHECKING:
    from flask import Blueprint

_HERE = Path(__file__).parent
PANEL = "dental.person"
FILLING_COUNT = "dental.filling_count"


@hookimpl
def register_permissions() -> list[Permission]:
    return PERMISSIONS


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
def register_panels() -> list[PanelSpec]:
    return [PanelSpec(PANEL, _l("牙科"), "dental/panel.html", VIEW, order=20)]


@hookimpl
def register_checks() -> list[CheckSpec]:
    return [CheckSpec(FILLING_COUNT, _l("同次多颗补牙核对牙位"), "info")]


@hookimpl
def register_blueprints() -> list[Blueprint]:
    assert chart_views.bp is views.bp is bp
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
    return [MenuItem("dental.items", _l("牙科项目"), "dental.items", VIEW, group="settings", icon="tooth")]


@hookimpl
def person_panels(ctx: HookContext, person: PersonView) -> list[Panel]:
    seats = []
    for seat in person.household:
        state, day = rules.filling_coupon(seat)
        seats.append({"name": seat.name, "own": seat.person_id == person.person_id, "state": state, "day": day})
    return [Panel(PANEL, {"recent": rules.dental_history(person.recent), "seats": seats})]


@hookimpl
def checkout_checks(ctx: HookContext, basket: BasketView) -> list[Check]:
    return [
        Check(
            FILLING_COUNT,
            "info",
            _("本次为同一人补 %(n)d 颗牙：请核对每颗的牙位都已写进病历。", n=teeth),
            line=line,
            evidence={"teeth": teeth},
        )
        for line, teeth in rules.several_fillings(basket)
    ]


@hookimpl
def coupon_classes_for_items(ctx: HookContext, items: tuple[ItemView, ...]) -> list[CouponClass]:
    return [CouponClass(item.code, classes) for item in items if (classes := rules.coupon_classes(item))]
