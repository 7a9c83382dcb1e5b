"""Physiotherapy: the modality of services and the preset of a studio."""

from core.sdk import Plugin, _l

PLUGIN = Plugin(
    key="physio",
    name=_l("康复"),
    description=_l("理疗方式与疗程起步方案"),
    version="0.1",
    sdk=(1, 1),
    icon="physio",
)
