"""The keyboard map: one table that the sheet behind `?` is drawn from and that the scripts read (ux.md 4.5).

`goto` is the key of a menu group that `g` and then the last key lead to: the script takes the pairs from the sheet,
so a key that is not in this table does nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.kernel.i18n import _


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A line of the sheet: its keys (blank between keys pressed one after the other), what they do, where they lead."""

    keys: str
    what: str
    goto: str = ""


@dataclass(frozen=True, slots=True)
class ShortcutGroup:
    """A part of the sheet."""

    title: str
    lines: tuple[Shortcut, ...]


def shortcut_groups() -> list[ShortcutGroup]:
    """Return the sheet behind `?`, in the order it is drawn."""
    return [
        ShortcutGroup(
            _("任何页面"),
            (
                Shortcut("/", _("查找会员")),
                Shortcut("Ctrl+K", _("搜索一切：会员、订单、页面、操作")),
                Shortcut("?", _("打开这张表")),
                Shortcut("Esc", _("关闭，或退后一步")),
            ),
        ),
        ShortcutGroup(
            _("去哪里"),
            (
                Shortcut("G H", _("回首页"), "home"),
                Shortcut("G C", _("去收银台"), "till"),
                Shortcut("G M", _("去会员列表"), "members"),
                Shortcut("G A", _("去预约"), "appointments"),
                Shortcut("G F", _("去回访"), "followups"),
                Shortcut("G R", _("去报表"), "reports"),
                Shortcut("G S", _("去设置"), "settings"),
            ),
        ),
        ShortcutGroup(
            _("列表和表单"),
            (
                Shortcut("J K", _("列表里上下移动")),
                Shortcut("X", _("选中这一行")),
                Shortcut("↵", _("打开这一行")),
                Shortcut("N", _("新建")),
                Shortcut("Ctrl+S", _("保存表单")),
            ),
        ),
        ShortcutGroup(
            _("收银台"),
            (
                Shortcut("F2", _("到项目框")),
                Shortcut("Shift+F2", _("核销疗程")),
                Shortcut("F4", _("用不用积分")),
                Shortcut("F9", _("去收款")),
                Shortcut("1 … 5", _("收款方式")),
            ),
        ),
    ]
