"""Dental: categories on items, which services take the filling coupon, its panel and preset."""

from core.sdk import Plugin, _l

PLUGIN = Plugin(
    key="dental",
    name=_l("牙科"),
    description=_l("牙科项目分类、补牙券适用范围、会员页牙科面板"),
    version="1.0",
    sdk=(1, 1),
    icon="tooth",
)
