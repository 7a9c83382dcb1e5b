"""Typed attributes of items: which exist for a franchise, and whether values fit them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.kernel.errors import FieldError
from core.kernel.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from core.hooktypes import ItemAttribute
    from core.kernel.plugins import PluginHost

TEXT_LENGTH = 200
LIST_LENGTH = 20


def attributes_for(host: PluginHost, enabled: Iterable[str], item_kind: str | None = None) -> list[ItemAttribute]:
    """Return the attributes of core and of the plugins that are on (for items of a kind), in order."""
    on = frozenset(enabled)
    return [
        answer.value
        for answer in host.declared("register_item_attributes")
        if not answer.failed
        and (answer.plugin is None or answer.plugin in on)
        and (item_kind is None or item_kind in answer.value.item_kinds)
    ]


def check_values(specs: Iterable[ItemAttribute], values: Mapping[str, Any]) -> list[FieldError]:
    """Return what is wrong with `values`: unknown keys, wrong kinds, choices that do not exist.

    Texts have at most 200 characters, lists 20 entries. An empty value takes the attribute away.
    """
    known = {spec.key: spec for spec in specs}
    errors = []
    for key, value in values.items():
        problem = _unknown(key) if key not in known else _problem(known[key], value)
        if problem:
            errors.append(FieldError(f"attributes.{key}", problem))
    return errors


def merged(old: Mapping[str, Any], new: Mapping[str, Any], specs: Iterable[ItemAttribute]) -> dict[str, Any]:
    """Return `old` with the values of `new`; what belongs to plugins that are off stays as it was."""
    known = {spec.key for spec in specs}
    kept = {key: value for key, value in old.items() if key not in known or key not in new}
    return kept | {key: value for key, value in new.items() if key in known and value not in (None, "", [])}


def _unknown(key: str) -> str:
    return _("没有“%(key)s”这个项目属性，或它所属的插件没有启用。", key=key[:60])


def _problem(spec: ItemAttribute, value: Any) -> str:
    if value in (None, "", []):
        return ""
    fits = {"text": _is_text, "choice": _is_text, "choices": _is_list, "number": _is_number, "flag": _is_flag}
    if not fits[spec.kind](value):
        return _("“%(label)s”的值不合适。", label=str(spec.label))
    allowed = {choice for choice, _label in spec.choices}
    chosen = value if isinstance(value, list) else [value]
    strange = [one for one in chosen if allowed and one not in allowed]
    if strange:
        return _("“%(label)s”没有选项 %(value)s。", label=str(spec.label), value=str(strange[0])[:40])
    return ""


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= TEXT_LENGTH


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= LIST_LENGTH and all(_is_text(one) for one in value)


def _is_number(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (isinstance(value, str) and value.isascii() and value.isdigit())


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool) or value in ("0", "1", 0, 1)
