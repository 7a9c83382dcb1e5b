"""Range of motion: joints, motions and what is normal, in degrees (clinic.md 5.2; American Academy of Orthopaedic
Surgeons, 1965). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.sdk import FieldError, Invalid, _, _l

MOTIONS: dict[tuple[str, str], tuple[Any, int]] = {
    ("cervical", "flexion"): (_l("颈 前屈"), 50), ("cervical", "extension"): (_l("颈 后伸"), 60),
    ("cervical", "rotation"): (_l("颈 旋转"), 80), ("cervical", "side"): (_l("颈 侧屈"), 45),
    ("shoulder", "flexion"): (_l("肩 前屈"), 180), ("shoulder", "abduction"): (_l("肩 外展"), 180),
    ("shoulder", "external"): (_l("肩 外旋"), 90), ("shoulder", "internal"): (_l("肩 内旋"), 70),
    ("elbow", "flexion"): (_l("肘 屈曲"), 150),
    ("lumbar", "flexion"): (_l("腰 前屈"), 60), ("lumbar", "extension"): (_l("腰 后伸"), 25),
    ("hip", "flexion"): (_l("髋 屈曲"), 120), ("knee", "flexion"): (_l("膝 屈曲"), 135),
    ("ankle", "dorsiflexion"): (_l("踝 背屈"), 20), ("ankle", "plantarflexion"): (_l("踝 跖屈"), 50),
}  # fmt: skip
# Motions of the spine that have no side.
MIDDLE = frozenset({("cervical", "flexion"), ("cervical", "extension"), ("lumbar", "flexion"), ("lumbar", "extension")})
WAYS: dict[str, Any] = {"active": _l("主动"), "passive": _l("被动")}
HANDS: dict[str, Any] = {"left": _l("左"), "right": _l("右"), "middle": ""}
FIELDS = [
    (joint, motion, hand)
    for joint, motion in MOTIONS
    for hand in (("middle",) if (joint, motion) in MIDDLE else ("left", "right"))
]


@dataclass(frozen=True, slots=True)
class Measure:
    """A motion measured: degrees, and whether it hurt."""

    joint: str
    motion: str
    hand: str
    degrees: int
    pain: bool

    @property
    def name(self) -> str:
        """Return what it is called, with its side."""
        hand = str(HANDS[self.hand])
        return f"{MOTIONS[(self.joint, self.motion)][0]}{' ' + hand if hand else ''}"

    @property
    def normal(self) -> int:
        """Return the degrees that are normal."""
        return MOTIONS[(self.joint, self.motion)][1]

    @property
    def percent(self) -> int:
        """Return how much of the normal range there is, at most 100."""
        return min(100, self.degrees * 100 // self.normal)


def name_of(joint: str, motion: str, hand: str) -> str:
    """Return the name of the form's field."""
    return f"{joint}_{motion}_{hand}"


def read(form: Mapping[str, str]) -> tuple[str, list[Measure]]:
    """Return (active or passive, the measures typed); raise Invalid for none, or for degrees that cannot be."""
    errors: list[FieldError] = []
    found = []
    for joint, motion, hand in FIELDS:
        name = name_of(joint, motion, hand)
        text = form.get(name, "").strip()
        if not text:
            continue
        most = MOTIONS[(joint, motion)][1] + 40
        if not (text.isascii() and text.isdigit() and int(text) <= most):
            errors.append(FieldError(name, _("请填 0 到 %(most)d 的度数。", most=most)))
            continue
        found.append(Measure(joint, motion, hand, int(text), form.get(f"{name}_pain") == "1"))
    way = form.get("way", "")
    if way not in WAYS:
        errors.append(FieldError("way", _("请选择主动或被动。")))
    if not found and not errors:
        errors.append(FieldError(name_of(*FIELDS[0]), _("至少量一个动作。")))
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    return way, found


def to_plain(way: str, measures: list[Measure]) -> dict[str, Any]:
    """Return measures as they are kept."""
    return {"way": way, "measures": [[m.joint, m.motion, m.hand, m.degrees, m.pain] for m in measures]}


def of_plain(data: Mapping[str, Any]) -> tuple[str, list[Measure]]:
    """Return measures as they were kept."""
    return data["way"], [Measure(*one) for one in data["measures"]]
