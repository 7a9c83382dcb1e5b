"""Beauty: the procedure of services and the preset of a cosmetic clinic."""

from core.sdk import Plugin, _l

PLUGIN = Plugin(
    key="beauty",
    name=_l("美容"),
    description=_l("美容项目类型与储值起步方案"),
    version="0.1",
    sdk=(1, 1),
    icon="flower",
)
