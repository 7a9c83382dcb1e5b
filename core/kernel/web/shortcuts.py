"""Keys of the product (reference: none of them is one that browser or system own)."""

from __future__ import annotations

from core.kernel.i18n import _


def shortcut_list() -> list[tuple[str, str]]:
    """Return (keys, what they do) for the sheet behind `?`."""
    return [
        ("/", _("查找会员")),
        ("?", _("打开这张表")),
        ("G H", _("回首页")),
        ("G C", _("去收银台")),
        ("G M", _("去会员列表")),
        ("G S", _("去设置")),
        ("J K", _("列表里上下移动")),
        ("X", _("选中这一行")),
        ("↵", _("打开这一行")),
        ("N", _("新建")),
        ("Ctrl S", _("保存表单")),
        ("Esc", _("关闭，或退后一步")),
    ]
