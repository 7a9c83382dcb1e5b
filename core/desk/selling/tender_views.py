"""The page of the tender list: which ways to pay are taken, in which order, called what, with a reference or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request

from core.desk.blueprint import bp
from core.kernel import settings
from core.kernel.errors import Conflict, Invalid, Refusal
from core.kernel.i18n import _, _l
from core.kernel.web.render import MenuEntry, go, menu, render_page, toast
from core.kernel.web.routes import on_refusal, page, session
from core.orders.rules import INSURED
from core.orders.selling import tender_list
from core.orders.words import KIND_NAMES, ROUTE_NAMES
from core.org import setting_views as layers
from core.org.permissions import SETTINGS_VIEW

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

menu.add(MenuEntry("settings", _l("支付方式"), "desk.tenders", "wallet", SETTINGS_VIEW, 55))


@page(bp, "/records/tenders", permission=SETTINGS_VIEW, endpoint="tenders")
def tenders_page() -> Any:
    """Show the tender list of a layer."""
    return _page(session(), layers.place_of(session(), request.args))


def _page(unit: Session, place: layers.Place, refusal: Refusal | None = None) -> Any:
    said = _said(unit, place)
    origin, value = settings.nearest(said, tender_list.DEFAULT)
    ways = tender_list.read(value)
    if refusal is not None:
        ways = tender_list.read(_typed())
    return render_page(
        "desk/tenders.html", status=refusal.status if refusal else 200, place=place, ways=ways, refusal=refusal,
        origin=layers.LAYER_NAMES[origin], own=origin == place.layer, was=layers.mark(said.get(place.layer)),
        may_edit=layers.may_edit(place), layers=layers.layers(), stores=layers.stores(unit), usual=KIND_NAMES,
        longest=tender_list.LONGEST, route_names=ROUTE_NAMES, insured=INSURED, fund_routes=tender_list.FUND_ROUTES,
    )  # fmt: skip


def _said(unit: Session, place: layers.Place) -> dict[str, Any]:
    return layers.said_at(unit, tender_list.KEY, place)


def _typed() -> list[dict[str, Any]]:
    """Return the list as the form spells it: by number, then as it stood."""
    form = request.form
    rows = []
    for n, kind in enumerate(tender_list.CODES, 1):
        raw = form.get(f"at_{kind}", "").strip()
        place = int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 4 else 99
        word = form.get(f"word_{kind}", "").strip()[: tender_list.LONGEST]
        row = {"kind": kind, "on": form.get(f"on_{kind}") == "1", "word": "" if word == str(KIND_NAMES[kind]) else word,
               "reference": form.get(f"ref_{kind}") == "1", "earns": form.get(f"earns_{kind}") == "1",
               "tier": form.get(f"tier_{kind}") == "1", "drawer": form.get(f"drawer_{kind}") == "1",
               "route": form.get(f"route_{kind}", tender_list.SAME)[:10]}  # fmt: skip
        rows.append((place, n, row))
    return [row for _place, _n, row in sorted(rows, key=lambda one: one[:2])]


@page(bp, "/records/tenders", permission=SETTINGS_VIEW, unit="write", methods=("POST",), endpoint="tenders_save")
def tenders_save() -> Any:
    """Keep the tender list of a layer, or take it back so that the layer above counts."""
    on_refusal(lambda refusal: _page(session(), layers.place_of(session(), request.form), refusal))
    place = layers.place_of(session(), request.form)
    layers.allow(place)
    if request.form.get("was", "") != layers.mark(_said(session(), place).get(place.layer)):
        raise Conflict(_("支付方式刚被别人改过。你的输入还在，请核对后再保存一次。"), code="stale_version")
    if request.form.get("reset"):
        settings.reset(session(), tender_list.KEY, place.layer, place.store_id)
        toast(_("支付方式改回上一层的设定。"))
        return go("desk.tenders", **layers.where(place))
    rows = _typed()
    if not any(row["on"] for row in rows):
        raise Invalid(_("至少要收一种支付方式。"))
    if any(row["kind"] in INSURED and row["route"] not in tender_list.FUND_ROUTES for row in rows):
        raise Invalid(
            _("医保付的钱只能原路退回或人工办理，不能退现金或退到银行账户（《医疗保障基金使用监督管理条例》）。")
        )
    settings.change(session(), tender_list.KEY, rows, place.layer, place.store_id)
    toast(_("已保存支付方式，收银台立刻按它显示。"))
    return go("desk.tenders", **layers.where(place))
