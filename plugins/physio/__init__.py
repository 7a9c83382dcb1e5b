"""Physiotherapy: the modality of services and the preset of a studio."""

from core.sdk import Plugin, _l

PLUGIN = Plugin(
    key="physio",
    name=_l("康复"),
    description=_l("理疗方式、治疗记录、康复评估与走势、活动度、家庭训练、理疗禁忌核对"),
    version="1.1",
    sdk=(1, 1),
    icon="physio",
)
