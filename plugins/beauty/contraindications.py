"""What speaks against a procedure: a versioned table of states, levels and windows. Pure.

Source: the seed of clinic.md 6.3 (cases B41, B42), written from general knowledge of the field and to be signed by the
clinic's own physician before care relies on it. A state with a window counts while fewer days than the window passed
since the day that was told; without a day it counts as of today. Who was not asked is told so: not asked is not "no".
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from core.sdk import _l
from plugins.beauty.attributes import INJECTED, LIGHT

if TYPE_CHECKING:
    from core.sdk import SafetyView

VERSION = "2026-11"
SOURCE = "clinic.md 6.3"
VALID_DAYS = 30  # a questionnaire counts that long

BLOCK, MAJOR, MODERATE = "contraindicated", "major", "moderate"
LEVELS: dict[str, Any] = {BLOCK: _l("禁用"), MAJOR: _l("须医师评估"), MODERATE: _l("慎用")}
_GRAVEST = (BLOCK, MAJOR, MODERATE)

# What the questionnaire asks. A state in DATED is told with a day: of the last dose, exposure or treatment.
STATES: dict[str, Any] = {
    "pregnancy": _l("怀孕或可能怀孕"), "lactation": _l("正在哺乳"), "isotretinoin": _l("半年内服用过异维A酸"),
    "keloid": _l("瘢痕体质"), "anticoagulant": _l("正在用抗凝药或抗血小板药"),
    "supplements": _l("正在吃鱼油或维生素 E"), "aminoglycoside": _l("正在用氨基糖苷类抗生素"),
    "neuromuscular": _l("重症肌无力或兰伯特-伊顿综合征"), "infection": _l("治疗部位感染或疱疹发作"),
    "herpes_history": _l("治疗部位长过疱疹"), "autoimmune": _l("自身免疫病活动期"),
    "anaesthetic": _l("局麻药过敏"), "bee_venom": _l("蜂毒过敏"),
    "photosensitiser": _l("正在用光敏药物或有光敏"), "tan": _l("最近晒黑或晒伤"), "pacemaker": _l("心脏起搏器"),
    "metal_implant": _l("治疗部位有金属植入物"), "cryoglobulinaemia": _l("冷球蛋白血症"),
    "botulinum": _l("打过肉毒素"), "dysmorphic": _l("对外貌过度担忧，影响生活"),
}  # fmt: skip
# What is not asked but known: from core's facts, the birth date or the note of the cycle.
NAMES: dict[str, Any] = {
    **STATES, "filler_allergy": _l("玻尿酸填充剂过敏"), "botulinum_allergy": _l("肉毒素制剂过敏"),
    "minor": _l("未满 18 岁"), "period": _l("预计在生理期"),
}  # fmt: skip
DATED = frozenset({"isotretinoin", "tan", "botulinum"})
WINDOWS: dict[str, int] = {"isotretinoin": 183, "tan": 28, "botulinum": 84}  # days

# What core's facts about a person (core/care) are called here: conditions, ingredients, classes of allergy.
FROM_CONDITION: dict[str, str] = {
    "pregnancy": "pregnancy", "lactation": "lactation", "keloid": "keloid", "anticoagulant_use": "anticoagulant",
    "bleeding_disorder": "anticoagulant", "myasthenia_gravis": "neuromuscular", "skin_infection": "infection",
    "herpes_simplex": "infection", "autoimmune_active": "autoimmune", "photosensitivity": "photosensitiser",
    "pacemaker_icd": "pacemaker", "metal_implant": "metal_implant", "cryoglobulinaemia": "cryoglobulinaemia",
    "age_lt_18": "minor",
}  # fmt: skip
FROM_INGREDIENT: dict[str, str] = {
    "isotretinoin": "isotretinoin", "warfarin": "anticoagulant", "aspirin": "anticoagulant",
    "clopidogrel": "anticoagulant", "rivaroxaban": "anticoagulant", "apixaban": "anticoagulant",
    "dabigatran etexilate": "anticoagulant", "ticagrelor": "anticoagulant", "heparin": "anticoagulant",
    "gentamicin": "aminoglycoside", "amikacin": "aminoglycoside", "doxycycline": "photosensitiser",
    "St John's wort": "photosensitiser", "botulinum toxin type A": "botulinum",
}  # fmt: skip
FROM_ALLERGY: dict[str, str] = {
    "amide_local_anaesthetics": "anaesthetic", "bee_venom": "bee_venom", "hyaluronic_filler": "filler_allergy",
    "botulinum_albumin": "botulinum_allergy", "bee venom": "bee_venom", "lidocaine": "anaesthetic",
}  # fmt: skip

_CUT = frozenset({"surgery", "thread"})
_RULES: tuple[tuple[str, frozenset[str], str], ...] = (
    ("isotretinoin", frozenset({"ablative_laser", "deep_peel"}), MAJOR),
    ("pregnancy", INJECTED | {"peel", "deep_peel"}, BLOCK),
    ("pregnancy", LIGHT | {"radiofrequency", "surgery"}, MAJOR),
    ("lactation", INJECTED | {"peel", "deep_peel"}, BLOCK),
    ("keloid", _CUT | {"ablative_laser", "filler"}, MAJOR),
    ("anticoagulant", INJECTED | _CUT, MAJOR),
    ("supplements", INJECTED | _CUT, MODERATE),
    ("aminoglycoside", frozenset({"botulinum"}), BLOCK),
    ("neuromuscular", frozenset({"botulinum"}), BLOCK),
    ("infection", INJECTED | LIGHT | _CUT | {"peel", "deep_peel", "radiofrequency"}, BLOCK),
    ("herpes_history", LIGHT | {"filler", "peel", "deep_peel"}, MODERATE),
    ("autoimmune", frozenset({"filler"}), MAJOR),
    ("anaesthetic", frozenset({"filler"}), BLOCK),
    ("anaesthetic", INJECTED - {"filler"} | _CUT, MAJOR),
    ("bee_venom", frozenset({"hyaluronidase"}), MODERATE),
    ("filler_allergy", frozenset({"filler", "hydra"}), BLOCK),
    ("botulinum_allergy", frozenset({"botulinum"}), BLOCK),
    ("photosensitiser", LIGHT, MAJOR),
    ("tan", LIGHT, MAJOR),
    ("pacemaker", frozenset({"radiofrequency", "microcurrent"}), BLOCK),
    ("metal_implant", frozenset({"radiofrequency"}), MAJOR),
    ("cryoglobulinaemia", frozenset({"cryolipolysis"}), BLOCK),
    ("botulinum", frozenset({"botulinum"}), MAJOR),
    ("dysmorphic", INJECTED | _CUT | {"ablative_laser", "deep_peel"}, MODERATE),
    ("minor", INJECTED | _CUT | LIGHT | {"peel", "deep_peel", "radiofrequency"}, MAJOR),
    ("period", frozenset({"surgery"}), MODERATE),
)
TABLE: dict[tuple[str, str], str] = {
    (state, procedure): level for state, procedures, level in _RULES for procedure in procedures
}
ASKED_FOR = frozenset(procedure for _state, procedure in TABLE)


@dataclass(frozen=True, slots=True)
class Against:
    """A state that speaks against a procedure: its level; with a window also the days passed and the window."""

    state: str
    level: str
    days: int | None = None
    window: int | None = None


def digest() -> str:
    """Return the checksum of the table with its windows: what a physician signs for."""
    rows = [f"{state}|{procedure}|{level}" for (state, procedure), level in sorted(TABLE.items())]
    rows += [f"{state}|{days}" for state, days in sorted(WINDOWS.items())]
    return hashlib.sha256("\n".join([VERSION, *rows]).encode()).hexdigest()


def rows() -> list[tuple[str, str, list[str]]]:
    """Return (state, level, procedures) of the table, in its order: what is read before signing."""
    found: dict[tuple[str, str], list[str]] = {}
    for state, procedures, level in _RULES:
        found.setdefault((state, level), []).extend(sorted(procedures))
    return [(state, level, procedures) for (state, level), procedures in found.items()]


def against(
    procedure: str, told: Mapping[str, date | None], on: date, windows: Mapping[str, int] | None = None
) -> list[Against]:
    """Return what of a person's states speaks against a procedure on a day, the gravest first.

    `told` maps a state to the day it is counted from (None: today); `windows` are days by state in place of WINDOWS.
    """
    spans = {**WINDOWS, **(windows or {})}
    found = []
    for state, since in told.items():
        level = TABLE.get((state, procedure))
        if level is None:
            continue
        window = spans.get(state)
        if window is None or since is None:
            found.append(Against(state, level))
            continue
        days = (on - since).days
        if days < window:
            found.append(Against(state, level, max(days, 0), window))
    return sorted(found, key=lambda one: (_GRAVEST.index(one.level), one.state))


def of_care(view: SafetyView | None) -> dict[str, date | None]:
    """Return the states that core's facts about a person say they have, with the day a stopped medicine ended."""
    if view is None:
        return {}
    found: dict[str, date | None] = {}
    for code in view.condition_codes:
        if code in FROM_CONDITION:
            found[FROM_CONDITION[code]] = None
    for code in view.classes | view.allergens:
        if code in FROM_ALLERGY:
            found[FROM_ALLERGY[code]] = None
    for medicine in view.medicines:
        for ingredient in medicine.ingredients:
            state = FROM_INGREDIENT.get(ingredient)
            if state is None or (not medicine.active and state not in DATED):
                continue
            ended = None if medicine.active else medicine.stopped or medicine.still_supplied_until or medicine.started
            found[state] = later(found[state], ended) if state in found else ended
    return found


def merged(*tellings: Mapping[str, date | None]) -> dict[str, date | None]:
    """Return several tellings as one: of a state told twice the later day counts, today before any day."""
    whole: dict[str, date | None] = {}
    for told in tellings:
        for state, since in told.items():
            whole[state] = later(whole[state], since) if state in whole else since
    return whole


def later(one: date | None, other: date | None) -> date | None:
    """Return the later of two days, where None is today."""
    return None if one is None or other is None else max(one, other)


def is_current(asked_on: date | None, today: date, days: int = VALID_DAYS) -> bool:
    """Return whether a questionnaire still counts: at most so many days old."""
    return asked_on is not None and 0 <= (today - asked_on).days <= days


def unknown(codes: Collection[str]) -> list[str]:
    """Return the codes that the questionnaire does not ask."""
    return sorted(code for code in codes if code not in STATES)
