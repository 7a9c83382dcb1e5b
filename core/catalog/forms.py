"""What the item form sends: read into values, every fault by its field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.catalog import rules
from core.hookattributes import attributes_for, check_values, merged
from core.kernel.errors import FieldError, Invalid, Refusal
from core.kernel.i18n import _
from core.kernel.money import parse_yuan
from core.kernel.runtime import runtime
from core.kernel.tenancy import current_actor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.datastructures import MultiDict

    from core.hooktypes import ItemAttribute

TEXTS = {"code": 40, "name": 120, "category": 40, "barcode": 40, "desk_script": 2000}
NUMBERS = {"points_fixed": 10**8, "sessions": 1000}
PREFIX = "a."


def specs(kind: str | None = None) -> list[ItemAttribute]:
    """Return the attributes that core and the plugins that are on offer for items (of a kind), in order."""
    host = runtime().host
    return sorted(attributes_for(host, current_actor().plugins, kind), key=lambda s: (s.order, s.key)) if host else []


def read(form: MultiDict[str, str], old: Mapping[str, Any] | None = None, kind: str = "") -> dict[str, Any]:
    """Return an item's values from its form; `old` are the attributes it has. Raises Invalid naming every fault.

    An item that exists (`kind`) keeps its kind.
    """
    errors: list[FieldError] = []
    values: dict[str, Any] = {
        key: form[key].replace("\r\n", "\n").strip()[:most] for key, most in TEXTS.items() if key in form
    }
    values["kind"] = kind or form.get("kind", "")
    for key, most in NUMBERS.items():
        values[key] = _whole(form.get(key, ""), key, most, errors)
    values["sessions"] = values["sessions"] or 0
    for key in ("price_fen", "bonus_fen"):
        if key in form:
            values[key] = _money(form[key], key, errors)
    values["sensitive"], values["active"] = form.get("sensitive") == "1", form.get("active") == "1"
    values["attributes"] = _attributes(form, values["kind"], old or {}, errors)
    try:
        rules.check(values.get("code", "X"), values.get("name", ""), values["kind"], values.get("price_fen") or 0)
    except Invalid as problem:
        errors += problem.errors
    if values["kind"] == "course" and not values["sessions"]:
        errors.append(FieldError("sessions", _("疗程须填写共几次，1 到 1,000。")))
    if errors:
        raise Invalid(_("有 %(n)d 处需要修改。", n=len(errors)), errors=errors)
    return values


def _whole(text: str, key: str, most: int, errors: list[FieldError]) -> int | None:
    plain = text.strip().replace(",", "")
    if not plain:
        return None
    if not (plain.isascii() and plain.isdigit()) or int(plain[:12]) > most:
        errors.append(FieldError(key, _("请填写 0 到 %(most)s 的整数。", most=f"{most:,}")))
        return None
    return int(plain)


def _money(text: str, key: str, errors: list[FieldError]) -> int:
    if not text.strip():
        if key == "price_fen":
            errors.append(FieldError(key, _("请填写价格。")))
        return 0
    try:
        fen = parse_yuan(text[:20], key)
    except Refusal as problem:
        errors += problem.errors
        return 0
    if not 0 <= fen <= rules.MAX_FEN:
        errors.append(FieldError(key, _("价格应在 0 到 1,000,000.00 元之间。")))
    return fen


def _attributes(
    form: MultiDict[str, str], kind: str, old: Mapping[str, Any], errors: list[FieldError]
) -> dict[str, Any]:
    """Return the attributes to store; those of plugins that are off and of other kinds stay as they were."""
    offered = specs(kind)
    given: dict[str, Any] = {}
    for spec in offered:
        name = PREFIX + spec.key
        if spec.kind == "choices":
            given[spec.key] = _several(form, name, bool(spec.choices))
        elif spec.kind == "flag":
            given[spec.key] = form.get(name) == "1" or ""
        else:
            given[spec.key] = form.get(name, "").strip()
    wrong = check_values(offered, given)
    errors += [FieldError(one.field.replace("attributes.", PREFIX), one.message) for one in wrong]
    return merged(old, given, offered)


def _several(form: MultiDict[str, str], name: str, listed: bool) -> list[str]:
    if listed:
        return [one for one in form.getlist(name) if one]
    parts = form.get(name, "").replace("，", ",").replace("、", ",").replace(";", ",").replace("；", ",").split(",")
    return [one.strip() for one in parts if one.strip()]


__all__ = ["PREFIX", "read", "specs"]
