"""Permissions of stored value."""

from __future__ import annotations

from core.kernel.i18n import _l
from core.kernel.permissions import permission

VIEW, CHANGE, PIN, IDENTITY = "wallet.view", "wallet.change", "wallet.pin", "wallet.identity"
LIMITS, LOOSEN, SETTLEMENT = "wallet.limits", "wallet.limits.loosen", "wallet.settlement"

PERMISSIONS = (
    permission(VIEW, _l("查看储值和充值记录"), "owner", "manager", "front_desk", "pharmacist", "call_agent", "auditor"),
    permission(CHANGE, _l("储值挂失、恢复和销户"), "owner", "manager", "front_desk"),
    permission(PIN, _l("给会员设储值密码"), "owner", "manager", "front_desk"),
    permission(IDENTITY, _l("登记储值账户的证件"), "owner", "manager", "front_desk"),
    permission(LIMITS, _l("收紧储值限额"), "owner", "rule_keeper"),
    permission(LOOSEN, _l("放宽储值限额"), "owner"),
    permission(SETTLEMENT, _l("查看主体之间的结算"), "owner", "manager", "auditor", reads=True),
)
