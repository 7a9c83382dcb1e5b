"""Settings of the physio plugin: the wording of questionnaires that the clinic has a licence for."""

from __future__ import annotations

from typing import Any

from core.sdk import SettingSpec, _l

OWNED = {
    "odi": ("ODI", 10),
    "ndi": ("NDI", 10),
    "dash": ("DASH", 30),
    "quickdash": ("QuickDASH", 11),
    "lefs": ("LEFS", 20),
}
TITLES = {key: f"physio.titles_{key}" for key in OWNED}


def _lines(most: int) -> Any:
    return lambda value: (
        isinstance(value, list) and len(value) <= most and all(isinstance(one, str) and len(one) <= 80 for one in value)
    )


_HELP = _l("一行一题，只显示在录入表上；题目文字归版权方所有，请填本机构有权使用的译文，留空则只显示题号。")
_NAMES = {
    "odi": _l("ODI 各题题目"), "ndi": _l("NDI 各题题目"), "dash": _l("DASH 各题题目"),
    "quickdash": _l("QuickDASH 各题题目"), "lefs": _l("LEFS 各题题目"),
}  # fmt: skip
REASSESS = "physio.reassess_every"
SETTINGS = [
    *(
        SettingSpec(TITLES[key], _NAMES[key], [], check=_lines(items), kind="lines", help=_HELP)
        for key, (_name, items) in OWNED.items()
    ),
    SettingSpec(
        REASSESS,
        _l("每治疗几次提醒复评"),
        6,
        check=lambda value: isinstance(value, int) and 2 <= value <= 50,
        kind="number",
        unit=_l("次"),
    ),
]
