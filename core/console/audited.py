"""What the console writes into the audit trail, in words."""

from core.kernel.i18n import _l

ACTIONS = {
    "console.plugin.enabled": _l("启用插件"), "console.plugin.disabled": _l("停用插件"),
    "console.plugin.allowed": _l("总部允许插件"), "console.plugin.withdrawn": _l("总部收回插件"),
    "console.plugin.retried": _l("解除插件隔离"), "console.settings.changed": _l("修改插件设置"),
    "console.franchise.founded": _l("新建加盟主体"), "console.template.handed_out": _l("下发方案模板"),
    "console.template.withdrawn": _l("收回方案模板"), "console.audit.opened": _l("打开日志的加密内容"),
    "console.audit.checked": _l("核对日志链"),
}  # fmt: skip
