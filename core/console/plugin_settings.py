"""The settings a plugin declares, as fields of a form, and saving what was typed: all or nothing.

The kind of a field follows from the default: yes or no, money (a key that ends in `_fen`), a whole number, words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.kernel import audit, money, settings
from core.kernel.errors import FieldError, Invalid, NotFound
from core.kernel.i18n import _
from core.kernel.web.formats import fen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from core.kernel.plugins import PluginHost
    from core.kernel.settings import SettingSpec

LONGEST = 200


@dataclass(frozen=True, slots=True)
class SettingField:
    """A setting as a form draws it: kind flag, money, number or text; `text` is its present value as typed."""

    key: str
    label: str
    help: str
    kind: str
    text: str
    default: str
    changed: bool


def specs_of(host: PluginHost, key: str) -> list[SettingSpec]:
    """Return what a plugin declares; raise NotFound for one that is not installed."""
    if key not in host.plugins:
        raise NotFound(_("没有安装这个插件。"))
    return list(host.declared_by("register_settings", key))


def kind_of(spec: SettingSpec) -> str:
    """Return how a setting is asked for."""
    if isinstance(spec.default, bool):
        return "flag"
    if isinstance(spec.default, int):
        return "money" if spec.key.endswith("_fen") else "number"
    return "text"


def fields(session: Session, host: PluginHost, key: str) -> list[SettingField]:
    """Return the plugin's settings with the acting franchise's values."""
    return [_field(session, spec) for spec in specs_of(host, key)]


def _field(session: Session, spec: SettingSpec) -> SettingField:
    kind, value = kind_of(spec), settings.value(session, spec.key)
    return SettingField(
        spec.key, str(spec.label), str(spec.help), kind, _text(kind, value), _text(kind, spec.default),
        value != spec.default,
    )  # fmt: skip


def _text(kind: str, value: Any) -> str:
    if kind == "flag":
        return "1" if value else ""
    return fen(value) if kind == "money" else str(value)


def save(session: Session, host: PluginHost, key: str, typed: Mapping[str, str]) -> list[str]:
    """Save the plugin's settings for the acting franchise; return the keys that changed.

    Raises Invalid naming every field at fault, and then nothing is saved. Audited with before and after.
    """
    wanted: dict[str, Any] = {}
    errors: list[FieldError] = []
    for spec in specs_of(host, key):
        try:
            wanted[spec.key] = _read(spec, typed.get(spec.key, ""))
        except Invalid as refusal:
            errors += refusal.errors
    if errors:
        raise Invalid(_("有 %(n)d 处需要修改。", n=len(errors)), errors=errors)
    before = {name: settings.value(session, name) for name in wanted}
    changed = [name for name, value in wanted.items() if value != before[name]]
    for name in changed:
        settings.change(session, name, wanted[name])
    if changed:
        audit.record(
            session, "console.settings.changed", "plugin",
            detail={"key": key, "before": {n: before[n] for n in changed}, "after": {n: wanted[n] for n in changed}},
        )  # fmt: skip
    return changed


def _read(spec: SettingSpec, text: str) -> Any:
    """Return what was typed as the setting's value; raise Invalid naming the field."""
    kind, text = kind_of(spec), text.strip()[:LONGEST]
    value: Any = text
    if kind == "flag":
        value = text == "1"
    elif kind == "money":
        value = money.parse_yuan(text, spec.key)
    elif kind == "number":
        if not text.removeprefix("-").isdecimal() or len(text) > 12:
            raise Invalid.field(spec.key, _("“%(label)s”请填写整数。", label=str(spec.label)))
        value = int(text)
    if not spec.check(value):
        raise Invalid.field(spec.key, _("“%(label)s”的取值不合适。", label=str(spec.label)))
    return value
