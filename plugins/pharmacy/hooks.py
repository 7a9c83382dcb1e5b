"""What the pharmacy plugin answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.sdk import ItemAttribute, ItemVeto, ItemView, Permission, Preset, _l, hookimpl
from plugins.pharmacy import rules
from plugins.pharmacy.attributes import ATTRIBUTES
from plugins.pharmacy.permissions import PERMISSIONS

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
            "pharmacy",
            _l("连锁药房"),
            (_HERE / "preset.yaml").read_text("utf-8"),
            (_HERE / "items.csv").read_text("utf-8"),
            order=20,
        )
    ]


@hookimpl
def item_vetoes(ctx: Any, items: tuple[ItemView, ...], purpose: str) -> list[ItemVeto]:
    return rules.gift_vetoes(items)
