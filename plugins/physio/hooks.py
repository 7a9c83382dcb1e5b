"""What the physio plugin answers."""

from __future__ import annotations

from pathlib import Path

from core.sdk import ItemAttribute, Permission, Preset, _l, hookimpl
from plugins.physio.attributes import ATTRIBUTES
from plugins.physio.permissions import PERMISSIONS

_HERE = Path(__file__).parent


@hookimpl
def register_permissions() -> list[Permission]:
    return PERMISSIONS


@hookimpl
def register_item_attributes() -> list[ItemAttribute]:
    return ATTRIBUTES


@hookimpl
def presets() -> list[Preset]:
    return [
        Preset(
            "physio",
            _l("理疗馆"),
            (_HERE / "preset.yaml").read_text("utf-8"),
            (_HERE / "items.yaml").read_text("utf-8"),
            order=30,
        )
    ]
