"""WHO crown codes and the caries indices: Oral Health Surveys, Basic Methods, 5th edition (2013).

D = codes 1 and 2, F = code 3, M = code 4, and code 5 (lost for other causes) from age 30 on. Code 7 (abutment, crown,
veneer, implant) is not F, nor is a crown after trauma (B44). Primary teeth count d and f alike, m for caries alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.sdk import _l
from plugins.dental import teeth
from plugins.dental.fold import Face, Tooth

SOUND, CARIES, FILLED_CARIES, FILLED, LOST_CARIES, LOST_OTHER, SEALANT, CROWN, UNERUPTED, UNKNOWN = range(10)
WORDS = {
    SOUND: _l("健康"), CARIES: _l("龋"), FILLED_CARIES: _l("已充填有龋"), FILLED: _l("已充填无龋"),
    LOST_CARIES: _l("因龋缺失"), LOST_OTHER: _l("因其他原因缺失"), SEALANT: _l("窝沟封闭"),
    CROWN: _l("桥基牙、冠、贴面或种植体"), UNERUPTED: _l("未萌"),
    UNKNOWN: _l("未记录"),
}  # fmt: skip
ALL_LOST_FROM = 30  # years: from this age on every loss counts as M


@dataclass(frozen=True, slots=True)
class Index:
    """D, M and F with their teeth; `surfaces` are the same counts over surfaces (5 of a molar or premolar, else 4)."""

    decayed: tuple[str, ...]
    missing: tuple[str, ...]
    filled: tuple[str, ...]
    surfaces: tuple[int, int, int]

    @property
    def total(self) -> int:
        """Return DMFT or dmft: teeth."""
        return len(self.decayed) + len(self.missing) + len(self.filled)

    @property
    def by_surface(self) -> int:
        """Return DMFS or dmfs: surfaces."""
        return sum(self.surfaces)


def code(tooth: Tooth) -> int:
    """Return the WHO crown code of a tooth as it stands."""
    if tooth.presence == "missing":
        return LOST_CARIES if tooth.cause == "caries" else LOST_OTHER
    if tooth.presence in ("unerupted", "impacted"):
        return UNERUPTED
    if tooth.presence == "implant":
        return CROWN
    if tooth.presence == "root":
        return CARIES
    faces = tooth.faces.values()
    filled = any(face.filled and face.filling != "sealant" for face in faces)
    if any(face.caries for face in faces):
        return FILLED_CARIES if filled or tooth.cover else CARIES
    if tooth.cover:
        return FILLED if tooth.cover_cause == "caries" else CROWN
    if filled:
        return FILLED
    if any(face.filling == "sealant" for face in faces):
        return SEALANT
    return SOUND if tooth.presence == "present" else UNKNOWN


def letter(fdi: str, found: int) -> str:
    """Return a code as it is written: digits of permanent teeth, A–E, F, G of primary ones (WHO form, boxes 45–76)."""
    if not teeth.is_primary(fdi):
        return str(found)
    return {0: "A", 1: "B", 2: "C", 3: "D", 4: "E", 6: "F", 7: "G"}.get(found, "-")


def index(mouth: Mapping[str, Tooth], *, primary: bool, age: int | None) -> Index:
    """Return DMFT (or, `primary`, dmft) of a mouth; `age` in whole years, None: not known, as under 30.

    Supernumerary teeth do not count.
    """
    found: dict[str, list[str]] = {"D": [], "M": [], "F": []}
    faces = {"D": 0, "M": 0, "F": 0}
    for fdi in teeth.PRIMARY if primary else teeth.PERMANENT:
        tooth = mouth.get(fdi)
        of = _letter_of(code(tooth), primary=primary, age=age) if tooth else ""
        if tooth is None or not of:
            continue
        found[of].append(fdi)
        size = 4 if teeth.is_anterior(fdi) else 5
        if of == "M":
            faces["M"] += size
            continue
        faces["D"] += size if tooth.presence == "root" else len(_seen(fdi, tooth, "D"))
        faces["F"] += size if tooth.cover and of == "F" else len(_seen(fdi, tooth, "F"))
    return Index(tuple(found["D"]), tuple(found["M"]), tuple(found["F"]), (faces["D"], faces["M"], faces["F"]))


def _letter_of(found: int, *, primary: bool, age: int | None) -> str:
    if found in (CARIES, FILLED_CARIES):
        return "D"
    if found == FILLED:
        return "F"
    if found == LOST_CARIES:
        return "M"
    counts = found == LOST_OTHER and not primary and (age or 0) >= ALL_LOST_FROM
    return "M" if counts else ""


def _seen(fdi: str, tooth: Tooth, of: str) -> set[str]:
    """Return the surfaces of a tooth that are D (or F): an incisor's edge is no surface, the neck is the cheek's."""

    def counts(face: Face) -> bool:
        if of == "D":
            return bool(face.caries)
        return bool(face.filled) and face.filling != "sealant" and not face.caries

    taken = {"B" if s == "V" else s for s, face in tooth.faces.items() if counts(face)}
    return taken - ({"I"} if teeth.is_anterior(fdi) else set())
