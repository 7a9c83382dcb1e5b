"""What is written into the audit trail about items, in words."""

from core.kernel.i18n import _l

ACTIONS = {
    "catalog.item.added": _l("新增项目"), "catalog.item.changed": _l("修改项目"), "catalog.stock.set": _l("调整库存"),
    "catalog.price.set": _l("设价格"), "catalog.price.withdrawn": _l("撤回价格"),
}  # fmt: skip
