"""Permissions of the desk: persons, seats, the till."""

from __future__ import annotations

from core.kernel.i18n import _l
from core.kernel.permissions import permission

TILL = "desk.till"
VIEW = "people.view"
EDIT = "people.edit"
ENROL = "people.enrol"
UNMASK = "people.unmask"
SEAT = "cards.seat"
FIGURES = "desk.figures"
ORDERS_VIEW, ORDERS_REFUND = "orders.view", "orders.refund"

_SEES = ("owner", "manager", "front_desk", "clinician", "pharmacist", "call_agent", "auditor")
_CHANGES = ("owner", "manager", "front_desk")

PERMISSIONS = (
    permission(TILL, _l("使用收银台"), "owner", "manager", "front_desk", "pharmacist"),
    permission(VIEW, _l("查看会员"), *_SEES),
    permission(EDIT, _l("修改会员资料和标签"), *_CHANGES, "call_agent"),
    permission(ENROL, _l("新建会员"), *_CHANGES, "pharmacist"),
    permission(UNMASK, _l("查看完整手机号"), *_CHANGES, "call_agent"),
    permission(SEAT, _l("家庭卡添加和移出家人"), *_CHANGES),
    permission(FIGURES, _l("查看今日数字与异常"), "owner", "manager", "auditor", reads=True),
)
