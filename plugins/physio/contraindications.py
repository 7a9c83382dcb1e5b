"""What speaks against a modality (reference: textbooks of physical therapy, to be checked by the clinic's own). Pure.

`absolute` gives a major finding that a licensed therapist may let pass with a reason, `relative` and `local` one to
be looked at. Who was never asked is told so: not asked is not "none".
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from core.sdk import _l

VERSION = "2026-11"

CONDITIONS: dict[str, Any] = {
    "pacemaker": _l("心脏起搏器或植入式除颤器"), "pregnancy": _l("妊娠"), "malignancy": _l("恶性肿瘤"),
    "metal_implant": _l("体内金属植入物"), "impaired_sensation": _l("感觉减退"),
    "acute_inflammation": _l("急性炎症（72 小时内）"),
    "dvt": _l("深静脉血栓"), "raynaud": _l("雷诺病"), "cold_urticaria": _l("寒冷性荨麻疹"), "fracture": _l("骨折未愈"),
    "osteoporosis": _l("骨质疏松"), "cord_compression": _l("脊髓受压"), "rheumatoid_neck": _l("类风湿累及颈椎"),
    "cauda_equina": _l("马尾综合征"), "anticoagulant": _l("服抗凝药或血小板低"),
    "skin_infection": _l("局部皮肤感染或破损"),
    "fragile_skin": _l("皮肤菲薄"), "bleeding": _l("出血倾向"), "diabetic_neuropathy": _l("糖尿病神经病变"),
}  # fmt: skip

# What core's list of conditions (core/care) is called here.
FROM_CARE: dict[str, tuple[str, ...]] = {
    "pacemaker_icd": ("pacemaker",), "pregnancy": ("pregnancy",), "malignancy_local": ("malignancy",),
    "metal_implant": ("metal_implant",), "sensory_loss": ("impaired_sensation",), "dvt": ("dvt",),
    "raynaud": ("raynaud",), "cold_urticaria": ("cold_urticaria",), "osteoporosis": ("osteoporosis",),
    "anticoagulant_use": ("anticoagulant",), "bleeding_disorder": ("bleeding",), "fracture": ("fracture",),
    "cord_compression": ("cord_compression",), "rheumatoid_neck": ("rheumatoid_neck",),
    "cauda_equina": ("cauda_equina",), "acute_inflammation": ("acute_inflammation",),
    "skin_infection": ("skin_infection",), "fragile_skin": ("fragile_skin",),
    "diabetic_neuropathy": ("diabetic_neuropathy",),
}  # fmt: skip

ABSOLUTE, RELATIVE, LOCAL = "absolute", "relative", "local"
LEVELS: dict[str, Any] = {ABSOLUTE: _l("禁用"), RELATIVE: _l("慎用"), LOCAL: _l("局部禁用")}
SEVERITY = {ABSOLUTE: "major", RELATIVE: "moderate", LOCAL: "moderate"}

# (modality of the item, condition): level. The modality `electrotherapy` covers TENS, diathermy and ultrasound,
# `thermotherapy` heat and cold: whatever one of them forbids is said, for the item does not tell them apart.
TABLE: dict[tuple[str, str], str] = {
    ("electrotherapy", "pacemaker"): ABSOLUTE, ("electrotherapy", "pregnancy"): ABSOLUTE,
    ("electrotherapy", "malignancy"): LOCAL, ("electrotherapy", "metal_implant"): LOCAL,
    ("thermotherapy", "impaired_sensation"): ABSOLUTE, ("thermotherapy", "acute_inflammation"): ABSOLUTE,
    ("thermotherapy", "dvt"): ABSOLUTE, ("thermotherapy", "raynaud"): ABSOLUTE,
    ("thermotherapy", "cold_urticaria"): ABSOLUTE,
    ("traction", "fracture"): ABSOLUTE, ("traction", "osteoporosis"): ABSOLUTE,
    ("traction", "cord_compression"): ABSOLUTE, ("traction", "rheumatoid_neck"): ABSOLUTE,
    ("manipulation", "anticoagulant"): ABSOLUTE, ("manipulation", "fracture"): ABSOLUTE,
    ("manipulation", "cauda_equina"): ABSOLUTE,
    ("acupuncture", "anticoagulant"): RELATIVE, ("acupuncture", "pregnancy"): RELATIVE,
    ("acupuncture", "skin_infection"): LOCAL,
    ("moxibustion_cupping", "fragile_skin"): ABSOLUTE, ("moxibustion_cupping", "bleeding"): ABSOLUTE,
    ("moxibustion_cupping", "diabetic_neuropathy"): ABSOLUTE,
}  # fmt: skip
ASKED_FOR = frozenset(modality for modality, _condition in TABLE)


@dataclass(frozen=True, slots=True)
class Against:
    """A condition that speaks against a modality, and how strongly."""

    condition: str
    level: str

    @property
    def severity(self) -> str:
        """Return the severity of the finding."""
        return SEVERITY[self.level]


def against(modality: str, found: Collection[str]) -> list[Against]:
    """Return what of a person's conditions speaks against a modality, the gravest first."""
    rows = [Against(one, TABLE[(modality, one)]) for one in CONDITIONS if one in found and (modality, one) in TABLE]
    return sorted(rows, key=lambda row: row.level != ABSOLUTE)
