"""Pharmacy: attributes of medicines and the preset of a pharmacy chain."""

from core.sdk import Plugin, _l

PLUGIN = Plugin(
    key="pharmacy",
    name=_l("药房"),
    description=_l("药品分类、成分、给药途径与用量天数"),
    version="0.1",
    sdk=(1, 1),
    icon="pill",
)
