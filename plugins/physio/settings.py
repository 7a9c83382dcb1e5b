"""Settings of the physio plugin: the wording of questionnaires that the clinic has a licence for."""

from __future__ import annotations

from typing import Any

from core.sdk import SettingSpec, _l

TITLES = {"odi": "physio.titles_odi", "dash": "physio.titles_dash"}


def _lines(most: int) -> Any:
    return lambda value: (
        isinstance(value, list) and len(value) <= most and all(isinstance(one, str) and len(one) <= 80 for one in value)
    )


_HELP = _l("一行一题，只显示在录入表上；题目文字归版权方所有，请填本机构有权使用的译文，留空则只显示题号。")
SETTINGS = [
    SettingSpec(TITLES["odi"], _l("ODI 各题题目"), [], check=_lines(10), kind="lines", help=_HELP),
    SettingSpec(TITLES["dash"], _l("DASH 各题题目"), [], check=_lines(30), kind="lines", help=_HELP),
]
