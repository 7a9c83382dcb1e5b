"""A plugin that implements every hook: the example of docs/hooks.md and the subject of its tests."""

from core.sdk import Plugin, _l

PLUGIN = Plugin(
    key="plugin_demo",
    name=_l("演示插件"),
    description=_l("实现每一个钩子，供测试和作者参考"),
    version="1.0",
    sdk=(1, 1),
    icon="plug",
)
