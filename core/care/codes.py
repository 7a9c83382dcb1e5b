"""Codes of conditions and substances: what plugins' matching rules and the screens both refer to.

Conditions are code here, because their names are translated. Substances (57 allergy classes, some 360 ingredients) are
data in `data/substances.csv`, demonstration data until a licensed pharmacist signs them.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from core.kernel import i18n
from core.kernel.i18n import _l

VERSION = "2026.11"
CLASS, INGREDIENT, TEXT = "class", "ingredient", "text"
CODE_KINDS = (CLASS, INGREDIENT, TEXT)
AGES = (8, 12, 16, 18)
RENAL_SEVERE_BELOW = 30
RENAL_BELOW = 60
MOST_FOUND = 20

# What a person is told to have by a member of staff. Pregnancy, lactation, kidney and liver figures are dated states.
CONDITIONS: dict[str, Any] = {
    "hypertension": _l("高血压"), "coronary_disease": _l("严重冠心病"), "heart_failure": _l("心力衰竭"),
    "qt_prolongation": _l("QT 间期延长"), "pacemaker_icd": _l("心脏起搏器或除颤器"), "vte_history": _l("静脉血栓史"),
    "dvt": _l("深静脉血栓"), "diabetes": _l("糖尿病"), "diabetic_neuropathy": _l("糖尿病神经病变"),
    "gout": _l("痛风"), "hyperthyroidism": _l("甲状腺功能亢进"), "asthma": _l("哮喘"),
    "nsaid_asthma": _l("阿司匹林哮喘"), "renal_impairment": _l("肾功能不全"), "renal_severe": _l("严重肾功能不全"),
    "hepatic_impairment": _l("肝功能不全"), "peptic_ulcer": _l("消化性溃疡或出血"), "epilepsy": _l("癫痫"),
    "parkinson": _l("帕金森病"), "myasthenia_gravis": _l("重症肌无力"), "migraine_with_aura": _l("先兆偏头痛"),
    "glaucoma_angle_closure": _l("闭角型青光眼"), "prostatic_hyperplasia": _l("前列腺增生（排尿困难）"),
    "g6pd_deficiency": _l("G6PD 缺乏症（蚕豆病）"), "hla_b5801": _l("HLA-B*5801 阳性"),
    "hla_b1502": _l("HLA-B*1502 阳性"), "bleeding_disorder": _l("凝血功能障碍"),
    "anticoagulant_use": _l("使用抗凝药"), "malignancy_local": _l("治疗区恶性肿瘤"),
    "metal_implant": _l("治疗区金属植入物"), "sensory_loss": _l("感觉减退"), "raynaud": _l("雷诺病"),
    "cold_urticaria": _l("寒冷性荨麻疹"), "osteoporosis": _l("骨质疏松"), "fracture": _l("骨折未愈"),
    "cord_compression": _l("脊髓受压"), "rheumatoid_neck": _l("类风湿累及颈椎"),
    "cauda_equina": _l("马尾综合征"), "acute_inflammation": _l("急性炎症（72 小时内）"),
    "skin_infection": _l("局部皮肤感染或破损"), "fragile_skin": _l("皮肤菲薄"), "keloid": _l("瘢痕体质"),
    "herpes_simplex": _l("单纯疱疹发作"), "autoimmune_active": _l("自身免疫病活动期"),
    "cryoglobulinaemia": _l("冷球蛋白血症"), "photosensitivity": _l("光敏"),
    "dyslipidaemia": _l("血脂异常"), "copd": _l("慢性阻塞性肺疾病"),
}  # fmt: skip
# Computed from dated states, the birth date or another condition; nobody enters them.
COMPUTED: dict[str, Any] = {
    "pregnancy": _l("妊娠"), "lactation": _l("哺乳"), "age_lt_8": _l("年龄小于 8 岁"),
    "age_lt_12": _l("年龄小于 12 岁"), "age_lt_16": _l("年龄小于 16 岁"), "age_lt_18": _l("年龄小于 18 岁"),
}  # fmt: skip
IMPLIED = {"renal_severe": ("renal_impairment",), "diabetic_neuropathy": ("diabetes", "sensory_loss")}


def condition_codes() -> dict[str, Any]:
    """Return every condition code, those computed too, with its name: the one list that matching rules refer to."""
    return {**CONDITIONS, **COMPUTED}


@dataclass(frozen=True, slots=True)
class Substance:
    """A class of substances or an ingredient: `kind` class or ingredient, its code, what it is called."""

    kind: str
    code: str
    name_zh: str

    @property
    def name(self) -> str:
        """Return its name in the language of the page; outside Chinese the code itself is the English name."""
        return self.name_zh if i18n.current_locale().startswith("zh") else self.code.replace("_", " ")


@lru_cache(maxsize=1)
def _substances() -> dict[tuple[str, str], Substance]:
    with (Path(__file__).parent / "data" / "substances.csv").open(encoding="utf-8", newline="") as file:
        rows = [Substance(row["kind"], row["code"], row["name_zh"]) for row in csv.DictReader(file)]
    return {(row.kind, row.code): row for row in rows}


def substance(kind: str, code: str) -> Substance | None:
    """Return a class or an ingredient, or None for an unknown code."""
    return _substances().get((kind, code))


def choices() -> list[tuple[str, str]]:
    """Return (`class:penicillins`, name) of every class and ingredient, classes first."""
    known = sorted(_substances().values(), key=lambda one: (one.kind != CLASS, one.name_zh))
    return [(f"{one.kind}:{one.code}", one.name) for one in known]


def find(text: str) -> list[Substance]:
    """Return at most 20 classes and ingredients whose name or code holds `text`: classes first, best start first."""
    wanted = text.strip().lower()
    if not wanted:
        return []
    hits = [one for one in _substances().values() if wanted in one.name_zh.lower() or wanted in one.code.lower()]
    hits.sort(key=lambda one: (one.kind != CLASS, not one.name_zh.lower().startswith(wanted), one.name_zh))
    return hits[:MOST_FOUND]


def matches(text: str) -> Substance | None:
    """Return the class or ingredient that somebody wrote by its whole name or code, or None."""
    wanted = text.strip().lower()
    for kind in (CLASS, INGREDIENT):
        for one in _substances().values():
            if one.kind == kind and wanted in {one.name_zh.lower(), one.code.lower()}:
                return one
    return None
