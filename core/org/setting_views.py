"""The settings page: every declared setting by room and plugin, where its value comes from, override and reset."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from flask import request

from core.kernel import settings
from core.kernel.errors import Conflict, FieldError, Forbidden, Invalid, NotFound, Refusal
from core.kernel.i18n import _, _l
from core.kernel.ids import parse_id
from core.kernel.money import parse_yuan
from core.kernel.permissions import may
from core.kernel.runtime import runtime
from core.kernel.settings import CHAIN, DEFAULT, FRANCHISE, STORE
from core.kernel.tenancy import current_actor
from core.kernel.web.formats import fen, yuan
from core.kernel.web.render import MenuEntry, go, menu, render_page, toast
from core.kernel.web.routes import on_refusal, page, session
from core.org import franchises
from core.org.blueprint import bp
from core.org.permissions import SETTINGS_CHAIN, SETTINGS_EDIT, SETTINGS_STORE, SETTINGS_VIEW
from core.org.role_rules import GROUPS

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.kernel.settings import SettingSpec
    from core.org.models import Store

menu.add(MenuEntry("settings", _l("参数设置"), "org.settings", "gear", SETTINGS_VIEW, 95))

LAYER_NAMES: dict[str, Any] = {
    DEFAULT: _l("系统默认"), CHAIN: _l("总部"), FRANCHISE: _l("本机构"), STORE: _l("本店"),
}  # fmt: skip
EDITS = {CHAIN: SETTINGS_CHAIN, FRANCHISE: SETTINGS_EDIT, STORE: SETTINGS_STORE}
LINES, LINE = 20, 60


@dataclass(frozen=True, slots=True)
class Place:
    """The layer that is looked at, and the store of a store's layer."""

    layer: str
    store: Store | None = None

    @property
    def store_id(self) -> int | None:
        """Return the store's id, None on other layers."""
        return self.store.id if self.store else None


@dataclass(slots=True)
class Shown:
    """A setting as the page draws it: what counts here, from where, and what would count without this layer."""

    spec: SettingSpec
    value: Any
    origin: str
    own: bool
    above: str
    above_from: str
    was: str
    may_edit: bool
    text: str = ""
    error: str = ""


@dataclass(slots=True)
class Group:
    """The settings of one room or plugin."""

    key: str
    label: str
    rows: list[Shown] = field(default_factory=list)


# -- the page --------------------------------------------------------------------------------------


@page(bp, "/settings", permission=SETTINGS_VIEW, endpoint="settings")
def settings_page() -> Any:
    """Show the settings of the franchise, of a store, or of the chain."""
    return _settings_page(session(), _place(session(), request.args))


def _settings_page(unit: Session, place: Place, refusal: Refusal | None = None, key: str = "", text: str = "") -> Any:
    groups: dict[str, Group] = {}
    for spec in _specs(place.layer):
        shown = _shown(unit, spec, place)
        if refusal is not None and spec.key == key:
            shown.text = text
            shown.error = refusal.errors[0].message if refusal.errors else refusal.message
        name = spec.key.split(".")[0]
        groups.setdefault(name, Group(name, _group(name))).rows.append(shown)
    order = list(GROUPS)
    listed = sorted(groups.values(), key=lambda g: (order.index(g.key) if g.key in order else len(order), g.key))
    return render_page(
        "org/settings.html", status=refusal.status if refusal else 200, groups=listed, place=place, refusal=refusal,
        key=key, layers=layers(), stores=stores(unit), layer_names=LAYER_NAMES,
    )  # fmt: skip


def _specs(layer: str) -> list[SettingSpec]:
    """Return the settings that a layer may state: those of rooms and of the plugins that are on."""
    shown = GROUPS.keys() | current_actor().plugins
    return [
        spec
        for spec in settings.registry.all()
        if spec.key.split(".")[0] in shown
        and layer in spec.layers | {FRANCHISE}
        and (spec.drawn != "page" or spec.endpoint)
    ]


def _group(name: str) -> str:
    host = runtime().host
    plugin = host.plugins.get(name) if host else None
    return str(plugin.name if plugin else GROUPS.get(name, name))


def layers() -> list[tuple[str, str]]:
    """Return the layers that the actor may look at: chain administrators theirs, others the franchise's."""
    if may(current_actor(), SETTINGS_CHAIN):
        return [(CHAIN, str(LAYER_NAMES[CHAIN])), (FRANCHISE, str(LAYER_NAMES[FRANCHISE]))]
    return [(FRANCHISE, str(LAYER_NAMES[FRANCHISE])), (STORE, _("各门店"))]


def stores(unit: Session) -> list[Store]:
    """Return the stores that the actor may look after."""
    actor = current_actor()
    scope = actor.grants.get(SETTINGS_VIEW) or frozenset()
    return [one for one in franchises.stores(unit) if not scope or one.id in scope]


def _place(unit: Session, args: Any) -> Place:
    layer = args.get("layer", "")
    known = dict(layers())
    if layer and layer not in known:
        raise NotFound
    layer = layer or next(iter(known))
    if layer != STORE:
        return Place(layer)
    own = stores(unit)
    wanted = args.get("store", "")
    if not wanted:
        here = current_actor().store_id
        found = next((one for one in own if one.id == here), own[0] if own else None)
    else:
        found = next((one for one in own if one.id == parse_id(wanted)), None)
    if found is None:
        raise NotFound(_("没有这家门店。"))
    return Place(STORE, found)


def _shown(unit: Session, spec: SettingSpec, place: Place) -> Shown:
    said = said_at(unit, spec.key, place)
    origin, value = settings.nearest(said, spec.default)
    above_from, above = settings.nearest({k: v for k, v in said.items() if k != place.layer}, spec.default)
    return Shown(
        spec, value, origin, origin == place.layer, words(spec, above), above_from,
        mark(said.get(place.layer)), may_edit(place), typed(spec, value),
    )  # fmt: skip


def said_at(unit: Session, key: str, place: Place) -> dict[str, Any]:
    """Return what is said of a setting by a layer and those above it, by layer."""
    said = settings.stated(unit, key, place.store_id)
    if place.layer != STORE:
        said.pop(STORE, None)
    if place.layer == CHAIN:
        said.pop(FRANCHISE, None)
    return said


def may_edit(place: Place) -> bool:
    """Return whether the actor may change settings at this layer."""
    return may(current_actor(), EDITS[place.layer], place.store_id)


def mark(value: Any) -> str:
    """Return what a form carries along of the value it was drawn from: a short hash, none for nothing."""
    if value is None:
        return ""
    return sha256(json.dumps(value, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:16]


def words(spec: SettingSpec, value: Any) -> str:
    """Return a setting's value as people read it."""
    kind = spec.drawn
    if kind == "flag":
        return _("是") if value else _("否")
    if kind == "money":
        return yuan(int(value))
    if kind == "lines":
        return "、".join(str(one) for one in value)
    if kind == "choice":
        return str(dict(spec.choices).get(value, value))
    if kind == "page":
        return ""
    return f"{value:,} {spec.unit}".strip() if isinstance(value, int) else str(value)


def typed(spec: SettingSpec, value: Any) -> str:
    """Return a setting's value as its field spells it."""
    kind = spec.drawn
    if kind == "flag":
        return "1" if value else ""
    if kind == "money":
        return fen(int(value)).replace(",", "")
    return "\n".join(str(one) for one in value) if kind == "lines" else str(value)


# -- changing --------------------------------------------------------------------------------------


@page(bp, "/settings/<key>", permission=SETTINGS_VIEW, unit="write", methods=("POST",))
def setting_save(key: str) -> Any:
    """State a setting at a layer, or take it back (`reset`)."""
    form = request.form
    text = form.get("value", "")[: LINES * (LINE + 2)]
    on_refusal(lambda refusal: _settings_page(session(), _place(session(), form), refusal, key, text))
    place = _place(session(), form)
    spec = next((one for one in _specs(place.layer) if one.key == key and one.drawn != "page"), None)
    if spec is None:
        raise NotFound
    allow(place)
    now = settings.stated(session(), key, place.store_id).get(place.layer)
    if form.get("was", "") != mark(now):
        message = _("“%(label)s”刚被别人改过，下面是现在的值。请核对后再保存。", label=str(spec.label))
        raise Conflict(message, code="stale_version")
    if form.get("reset"):
        settings.reset(session(), key, place.layer, place.store_id)
        toast(_("“%(label)s”改回上一层的值。", label=str(spec.label)))
    else:
        settings.change(session(), key, parse(spec, text), place.layer, place.store_id)
        toast(_("已保存“%(label)s”。", label=str(spec.label)))
    return go("org.settings", **where(place))


def where(place: Place) -> dict[str, Any]:
    """Return the arguments that lead back to a layer's page."""
    store = {"store": place.store_id} if place.store_id else {}
    return {"layer": place.layer, **store}


def allow(place: Place) -> None:
    """Raise Forbidden unless the actor may change settings at this layer."""
    if not may_edit(place):
        raise Forbidden(_("你只能查看这里的设置。"))


def parse(spec: SettingSpec, text: str) -> Any:
    """Return the value that was typed; raise Invalid for one of another kind."""
    kind, plain = spec.drawn, text.strip()
    if kind == "flag":
        return plain == "1"
    if kind == "money":
        return parse_yuan(plain[:20], spec.key)
    if kind == "number":
        digits = plain.replace(",", "")
        if not (digits.lstrip("-").isascii() and digits.lstrip("-").isdigit()) or len(digits) > 12:
            raise Invalid.field(spec.key, _("请填写整数。"))
        return int(digits)
    if kind == "lines":
        return lines_of(spec.key, text)
    if kind == "choice":
        found = [value for value, _label in spec.choices if str(value) == plain]
        if not found:
            raise Invalid.field(spec.key, _("请从列出的选项里选。"))
        return found[0]
    return plain[:200]


def lines_of(key: str, text: str) -> list[str]:
    """Return the lines of a list of texts, each once; raise Invalid for none, too many or too long ones."""
    found = list(dict.fromkeys(one.strip() for one in text.splitlines() if one.strip()))
    if not found:
        raise Invalid.field(key, _("请至少写一行。"))
    if len(found) > LINES:
        raise Invalid(_("最多 %(n)d 行。", n=LINES), errors=[FieldError(key, _("最多 %(n)d 行。", n=LINES))])
    if any(len(one) > LINE for one in found):
        raise Invalid.field(key, _("每行最多 %(n)d 个字。", n=LINE))
    return found


def place_of(unit: Session, args: Any) -> Place:
    """Return the layer that a page of its own is asked for; raise NotFound for a foreign store."""
    return _place(unit, args)
