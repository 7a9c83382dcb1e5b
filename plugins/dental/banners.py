"""What a dentist must know before extraction, implant, scaling or anaesthesia, out of core's facts (clinic.md 3.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.sdk import _l

if TYPE_CHECKING:
    from core.sdk import SafetyView

THINNERS = frozenset({
    "warfarin", "rivaroxaban", "apixaban", "dabigatran etexilate", "heparin", "enoxaparin", "dalteparin", "nadroparin",
    "aspirin", "clopidogrel", "ticagrelor",
})  # fmt: skip
BISPHOSPHONATES = frozenset({"alendronic acid", "zoledronic acid", "ibandronic acid", "risedronic acid", "denosumab"})
# With epinephrine in the anaesthetic: blood pressure rises.
PRESSORS = frozenset({"propranolol", "amitriptyline", "imipramine", "clomipramine", "doxepin"})

BLEEDS, JAW, PACER, PRESSURE, SULFITE, CARRIES, SUGAR = (
    _l("出血风险：拔牙、种植前先评估"), _l("双膦酸盐类用药：拔牙、种植有颌骨坏死风险"), _l("起搏器：慎用超声洁牙"),
    _l("含肾上腺素麻药慎用：与正在服用的药有相互作用"), _l("哮喘并对亚硫酸盐过敏：不用含肾上腺素的麻药"), _l("孕期"),
    _l("糖尿病：注意感染和愈合"),
)  # fmt: skip


def of(view: SafetyView | None) -> list[Any]:
    """Return the warnings of what is known about a person, the gravest first; none for somebody nobody asked."""
    if view is None:
        return []
    codes = view.condition_codes
    told = (
        (view.taken & THINNERS or codes & {"anticoagulant_use", "bleeding_disorder"}, BLEEDS),
        (view.taken & BISPHOSPHONATES, JAW),
        (view.taken & PRESSORS, PRESSURE),
        ("sulfites" in view.classes and "asthma" in codes, SULFITE),
        ("pacemaker_icd" in codes, PACER),
        (view.pregnancy == "yes", CARRIES),
        ("diabetes" in codes, SUGAR),
    )
    return [word for holds, word in told if holds]
