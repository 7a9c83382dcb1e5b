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
PENICILLIN, LATEX, METAL, RESIN = (
    _l("青霉素过敏：预防用药换一类"), _l("乳胶过敏：换无乳胶手套和橡皮障"), _l("金属过敏：修复体材料先核对"),
    _l("甲基丙烯酸酯过敏：树脂材料先核对"),
)  # fmt: skip
# At which categories of items each is to be looked at first (clinic.md 3.3).
CUTS = frozenset({"extraction", "implant"})
NUMBS = CUTS | {"filling", "endodontics", "periodontics"}
AT: tuple[tuple[str, Any, frozenset[str]], ...] = (
    ("bleeds", BLEEDS, CUTS | {"periodontics"}), ("jaw", JAW, CUTS), ("pressure", PRESSURE, NUMBS),
    ("sulfite", SULFITE, NUMBS), ("pacer", PACER, frozenset({"prevention", "periodontics"})),
    ("carries", CARRIES, NUMBS | {"imaging", "whitening"}), ("sugar", SUGAR, CUTS | {"periodontics"}),
    ("penicillin", PENICILLIN, CUTS), ("latex", LATEX, NUMBS | {"prosthetics", "prevention"}),
    ("metal", METAL, frozenset({"prosthetics", "implant", "ortho"})),
    ("resin", RESIN, frozenset({"prosthetics", "filling", "ortho"})),
)  # fmt: skip


def of(view: SafetyView | None) -> list[Any]:
    """Return the warnings of what is known about a person, the gravest first; none for somebody nobody asked."""
    held = _held(view)
    return [word for code, word, _where in AT if code in held]


def for_category(view: SafetyView | None, category: str) -> list[str]:
    """Return the codes of the warnings that concern work of a category."""
    held = _held(view)
    return [code for code, _word, where in AT if code in held and category in where]


def _held(view: SafetyView | None) -> frozenset[str]:
    if view is None:
        return frozenset()
    codes = view.condition_codes
    told = {
        "bleeds": view.taken & THINNERS or codes & {"anticoagulant_use", "bleeding_disorder"},
        "jaw": view.taken & BISPHOSPHONATES,
        "pressure": view.taken & PRESSORS,
        "sulfite": "sulfites" in view.classes and "asthma" in codes,
        "pacer": "pacemaker_icd" in codes,
        "carries": view.pregnancy == "yes",
        "sugar": "diabetes" in codes,
        "penicillin": "penicillins" in view.classes,
        "latex": view.classes & {"latex", "latex_fruit"},
        "metal": "dental_metals" in view.classes,
        "resin": "methacrylates" in view.classes,
    }
    return frozenset(code for code, holds in told.items() if holds)
