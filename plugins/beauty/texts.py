"""What a person signs before a treatment, by kind, and for the note of the cycle. A franchise may put its own text."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from core.sdk import _l, setting_value

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

CYCLE = "cycle"
KINDS: dict[str, Any] = {
    "injection": _l("注射治疗知情同意"), "energy": _l("光电治疗知情同意"), "peel": _l("化学换肤知情同意"),
    "surgery": _l("手术与埋线知情同意"), CYCLE: _l("生理周期记录同意"),
}  # fmt: skip
# Version 1 of each kind, until the franchise puts its own in the settings.
TEXTS: dict[str, Any] = {
    "injection": _l(
        "医师已说明本次注射的产品、剂量、可能的红肿、淤青、感染、过敏和罕见的血管栓塞，以及替代方案和术后注意事项。"
        "我已如实回答禁忌问卷，自愿接受治疗，并可在治疗前随时撤回。"
    ),
    "energy": _l(
        "医师已说明本次光电治疗的设备、参数、可能的红肿、水疱、色素改变，以及术后防晒要求。"
        "我已如实回答禁忌问卷，自愿接受治疗，并可在治疗前随时撤回。"
    ),
    "peel": _l(
        "医师已说明本次换肤的酸类、浓度、可能的刺痛、脱屑、色素改变，以及术后防晒和修护要求。"
        "我已如实回答禁忌问卷，自愿接受治疗，并可在治疗前随时撤回。"
    ),
    "surgery": _l(
        "医师已说明手术方式、麻醉、可能的出血、感染、瘢痕、不对称和再次手术的可能，以及替代方案和复诊安排。"
        "我已如实回答禁忌问卷，自愿接受手术，并可在手术前随时撤回。"
    ),
    CYCLE: _l(
        "我同意本机构记录我的末次月经日期和周期长度，只用来避开不宜手术的日子，不用于其他目的，也不导出。"
        "我可以随时撤回，撤回后这条记录马上删除。"
    ),
}  # fmt: skip
OWN = {kind: f"beauty.consent_{kind}" for kind in KINDS if kind != CYCLE}
FIRST = "1"


def text_of(session: Session, kind: str) -> tuple[str, str]:
    """Return (version, text) that somebody signs today: the franchise's own, else ours.

    The version of an own text is taken from its words, so that a changed text wants a new signature by itself.
    """
    own = str(setting_value(session, OWN[kind]) or "").strip() if kind in OWN else ""
    if own:
        return hashlib.sha256(own.encode()).hexdigest()[:12], own
    return FIRST, str(TEXTS[kind])
