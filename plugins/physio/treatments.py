"""A treatment: where, with what, how much it hurt before and after (clinic.md 5.2, B50). Pure.

A responder is who came down by at least two points and thirty per cent (Farrar 2001; instruments.NRS).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.sdk import FieldError, Invalid, _, _l
from plugins.physio import instruments
from plugins.physio.attributes import MODALITIES

REGIONS: dict[str, Any] = {
    "neck": _l("颈"), "shoulder": _l("肩"), "elbow": _l("肘"), "wrist_hand": _l("腕和手"), "thoracic": _l("背"),
    "lumbar": _l("腰"), "hip": _l("髋"), "knee": _l("膝"), "ankle_foot": _l("踝和足"), "head": _l("头"),
    "whole": _l("全身"),
}  # fmt: skip
SIDES: dict[str, Any] = {"left": _l("左"), "right": _l("右"), "both": _l("双侧"), "none": _l("不分")}
RESPONSES: dict[str, Any] = {
    "better": _l("好转"),
    "same": _l("没有变化"),
    "worse": _l("加重"),
    "adverse": _l("不良反应"),
}
WORDS = dict(MODALITIES)
TEXT_MOST = 300


@dataclass(frozen=True, slots=True)
class Treatment:
    """A treatment. `modalities` are (code, minutes or None, dose in words); pain is 0 to 10, None when not asked."""

    modalities: tuple[tuple[str, int | None, str], ...]
    region: str
    side: str
    before: int | None
    after: int | None
    response: str
    note: str
    plan: str

    @property
    def responder(self) -> bool:
        """Return whether the pain came down by an important amount."""
        if self.before is None or self.after is None:
            return False
        return instruments.NRS.important(self.before * instruments.HUNDRED, self.after * instruments.HUNDRED) > 0

    def to_plain(self) -> dict[str, Any]:
        """Return the treatment as it is kept."""
        return {
            "modalities": [list(one) for one in self.modalities], "region": self.region, "side": self.side,
            "before": self.before, "after": self.after, "response": self.response, "note": self.note, "plan": self.plan,
        }  # fmt: skip


def of_plain(data: Mapping[str, Any]) -> Treatment:
    """Return a treatment as it was kept."""
    return Treatment(
        tuple((str(code), minutes, str(dose)) for code, minutes, dose in data["modalities"]), data["region"],
        data["side"], data["before"], data["after"], data["response"], data["note"], data["plan"],
    )  # fmt: skip


def read(form: Mapping[str, str], chosen: Iterable[str]) -> Treatment:
    """Return what was typed; raise Invalid naming each field at fault."""
    errors: list[FieldError] = []
    picked = []
    for code in dict.fromkeys(chosen):
        if code not in WORDS:
            errors.append(FieldError("modality", _("没有“%(code)s”这种理疗方式。", code=code[:40])))
            continue
        minutes = _number(form.get(f"minutes_{code}", ""), f"minutes_{code}", 1, 180, errors)
        picked.append((code, minutes, form.get(f"dose_{code}", "").strip()[:60]))
    if not picked and not errors:
        errors.append(FieldError("modality", _("请选择至少一种理疗方式。")))
    for name, choices in (("region", REGIONS), ("side", SIDES)):
        if form.get(name, "") not in choices:
            errors.append(FieldError(name, _("请选择部位。") if name == "region" else _("请选择左右。")))
    before, after = (_number(form.get(name, ""), name, 0, 10, errors) for name in ("before", "after"))
    response = form.get("response", "")
    if response and response not in RESPONSES:
        errors.append(FieldError("response", _("请从列表里选择反应。")))
    note = form.get("note", "").strip()[:TEXT_MOST]
    if response == "adverse" and not note:
        errors.append(FieldError("note", _("有不良反应时，请写明是什么、怎么处理。")))
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    plan = form.get("plan", "").strip()[:TEXT_MOST]
    return Treatment(tuple(picked), form["region"], form["side"], before, after, response, note, plan)


def _number(text: str, name: str, low: int, high: int, errors: list[FieldError]) -> int | None:
    text = text.strip()
    if not text:
        return None
    if text.isascii() and text.isdigit() and low <= int(text) <= high:
        return int(text)
    errors.append(FieldError(name, _("请填 %(low)d 到 %(high)d 的整数，不知道就留空。", low=low, high=high)))
    return None


@dataclass(frozen=True, slots=True)
class Share:
    """Treatments with a modality in a period: how many, of how many people, how pain moved, who responded."""

    code: str
    treatments: int
    people: int
    measured: int
    fall: int
    responders: int

    @property
    def mean_fall(self) -> int | None:
        """Return by how much pain came down on average, in hundredths of a point; None without any measure."""
        return self.fall * instruments.HUNDRED // self.measured if self.measured else None


def shares(rows: Iterable[tuple[int, Treatment]]) -> list[Share]:
    """Return each modality's share of (person, treatment) rows, the most used first."""
    people: dict[str, set[int]] = {}
    sums: dict[str, list[int]] = {}
    for person_id, one in rows:
        for code in {code for code, _minutes, _dose in one.modalities}:
            people.setdefault(code, set()).add(person_id)
            figures = sums.setdefault(code, [0, 0, 0, 0])
            figures[0] += 1
            if one.before is not None and one.after is not None:
                figures[1] += 1
                figures[2] += one.before - one.after
                figures[3] += one.responder
    found = [Share(code, n, len(people[code]), seen, fall, good) for code, (n, seen, fall, good) in sums.items()]
    return sorted(found, key=lambda one: (-one.treatments, one.code))
