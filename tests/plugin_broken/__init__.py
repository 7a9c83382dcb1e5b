"""A plugin that raises in every hook: everything that is not its own must go on."""

from core.sdk import Plugin, _l

PLUGIN = Plugin(
    key="plugin_broken",
    name=_l("坏插件"),
    description=_l("每一个钩子都出错，供测试"),
    version="0.1",
    sdk=(1, 1),
)
