"""Permissions of the import room."""

from __future__ import annotations

from core.kernel.i18n import _l
from core.kernel.permissions import permission

RUN = "imports.run"
# Beside it: items want catalog.edit, staff org.staff.edit; what may come in by hand may come in by a list.
CARDS = "imports.cards"
# Opening balances and courses give value to members: the owner's alone unless a franchise says otherwise.
VALUES = "imports.values"

PERMISSIONS = (
    permission(RUN, _l("批量导入"), "owner", "manager"), permission(CARDS, _l("导入会员卡"), "owner", "manager"),
    permission(VALUES, _l("导入期初余额和疗程"), "owner"),
)  # fmt: skip
