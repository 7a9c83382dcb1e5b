"""What the beauty plugin answers."""

from __future__ import annotations

from pathlib import Path

from core.sdk import ItemAttribute, Permission, Preset, _l, hookimpl
from plugins.beauty.attributes import ATTRIBUTES
from plugins.beauty.permissions import PERMISSIONS

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
            "beauty",
            _l("医美与美容"),
            (_HERE / "preset.yaml").read_text("utf-8"),
            (_HERE / "items.yaml").read_text("utf-8"),
            order=40,
        )
    ]
