"""Settings of the dental plugin: how long a filling is under warranty, when a repeated picture is told of, recalls."""

from __future__ import annotations

from typing import Any

from core.sdk import SettingSpec, _l

WARRANTY_MONTHS, WARRANTY_FREE, XRAY_DAYS = "dental.warranty_months", "dental.warranty_free", "dental.xray_days"

RECALL_MONTHS = {key: f"dental.recall_{key}" for key in ("check", "perio", "implant", "ortho")}
_RECALLS = {
    "check": (_l("定期检查洁牙间隔"), 6), "perio": (_l("牙周维护间隔"), 6), "implant": (_l("种植复查间隔"), 12),
    "ortho": (_l("正畸保持复查间隔"), 6),
}  # fmt: skip


def _between(low: int, high: int) -> Any:
    return lambda value: isinstance(value, int) and low <= value <= high


SETTINGS = [
    SettingSpec(
        WARRANTY_MONTHS, _l("补牙保修期"), 12, check=_between(0, 120), kind="number", unit=_l("个月"),
        help=_l("同一颗牙同一牙面在保修期内又要收补牙费时，收银台会提示上次的日期。填 0 不提示。"),
    ),
    SettingSpec(
        WARRANTY_FREE, _l("质保内重做免收"), False, check=lambda value: isinstance(value, bool), kind="flag",
        help=_l("开启后，本院收过补牙费、没有退款的同一颗牙同一牙面在保修期内重做，这一行自动按 0 元计，并写明原单。"),
    ),
    SettingSpec(
        XRAY_DAYS, _l("多少天内重复拍片要提示"), 90, check=_between(0, 3650), kind="number", unit=_l("天"),
        help=_l("按影像检查类项目和牙位比对。填 0 不提示。"),
    ),
    *(
        SettingSpec(
            RECALL_MONTHS[key], label, months, check=_between(0, 60), kind="number", unit=_l("个月"),
            help=_l("从最近一次治疗算起，填 0 不提醒。改后从下一次收款起按新的算。"),
        )
        for key, (label, months) in _RECALLS.items()
    ),
]  # fmt: skip
