"""From events to the state of the mouth at a date: nothing is overwritten, the state is what the events add up to.

An event says what was seen or done at a tooth on a day. `kind` says which it is: a condition that is there, something
that exists from elsewhere, a plan, what was done here, or something to watch. A further event voids one that was
entered by mistake: it is left out at every date, and still known to have been believed until then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from core.sdk import _l

CONDITION, PLANNED, DONE, EXISTING, WATCH = "condition", "planned", "done", "existing", "watch"
KINDS = {
    CONDITION: _l("现有问题"), PLANNED: _l("计划"), DONE: _l("本院完成"), EXISTING: _l("外院/既往"), WATCH: _l("观察"),
}  # fmt: skip
CODES = {
    "sound": _l("健康"), "caries": _l("龋"), "filling": _l("充填"), "sealant": _l("窝沟封闭"), "wear": _l("楔缺"),
    "fractured": _l("折裂"), "inlay": _l("嵌体"), "veneer": _l("贴面"), "crown": _l("冠"), "rct": _l("根管"),
    "post": _l("桩核"), "implant": _l("种植"), "pontic": _l("桥体"), "abutment": _l("桥基牙"), "extraction": _l("拔除"),
    "missing": _l("缺失"), "unerupted": _l("未萌"), "impacted": _l("阻生"), "residual_root": _l("残根"),
    "mobility": _l("松动"), "calculus": _l("牙石"), "bracket": _l("托槽"), "retainer": _l("保持器"),
}  # fmt: skip
CAUSES = {
    "": _l("原因不详"), "caries": _l("因龋"), "perio": _l("因牙周病"), "trauma": _l("因外伤"), "ortho": _l("因正畸"),
    "congenital": _l("先天缺失"), "exfoliated": _l("正常替换"),
}  # fmt: skip
DEPTHS = {0: "", 1: _l("釉质"), 2: _l("牙本质"), 3: _l("近髓")}
# Which surfaces an event needs; the others concern the whole tooth.
ON_SURFACES = frozenset({"caries", "filling", "sealant", "wear", "fractured", "inlay"})
COVERS = frozenset({"crown", "veneer", "abutment", "pontic"})  # they hide the surfaces
GONE = frozenset({"missing", "extraction"})
DEFAULT_KIND = {
    "caries": CONDITION, "wear": CONDITION, "fractured": CONDITION, "mobility": CONDITION, "calculus": CONDITION,
    "residual_root": CONDITION, "impacted": CONDITION, "unerupted": CONDITION, "sound": CONDITION,
    "extraction": DONE,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `grade`: depth of caries 1–3, mobility 0–3; `cause` of a loss, or `trauma` of a crown.

    `voids` is the event that this one takes back; it then says nothing else. `made_ms` is when it was written.
    """

    id: int
    on: date
    fdi: str = ""
    code: str = ""
    kind: str = CONDITION
    surfaces: str = ""
    grade: int = 0
    cause: str = ""
    note: str = ""
    made_ms: int = 0
    staff_id: int | None = None
    visit_id: int | None = None
    voids: int | None = None


@dataclass(frozen=True, slots=True)
class Face:
    """A surface: depth of caries (0 none), what fills it and whose it is, what is planned, whether to watch it."""

    caries: int = 0
    filled: str = ""  # "", done or existing
    filling: str = ""  # filling, sealant or inlay
    problem: str = ""  # wear or fractured
    planned: str = ""
    watch: bool = False

    @property
    def mark(self) -> str:
        """Return the kind that the picture shows: a plan first, then what is wrong, to watch, done, from elsewhere."""
        if self.planned:
            return PLANNED
        if self.caries or self.problem:
            return CONDITION
        return WATCH if self.watch else self.filled


@dataclass(frozen=True, slots=True)
class Tooth:
    """A tooth as it stands. `presence`: "" nothing recorded, present, missing, unerupted, impacted, root or implant.

    `cover` is what covers the crown with `cover_kind` and `cover_cause`; `canal` whose root treatment it has;
    `planned` the codes planned for the whole tooth.
    """

    presence: str = ""
    cause: str = ""
    since: date | None = None
    presence_kind: str = ""
    faces: Mapping[str, Face] = field(default_factory=dict)
    cover: str = ""
    cover_kind: str = ""
    cover_cause: str = ""
    canal: str = ""
    mobility: int = 0
    others: frozenset[str] = frozenset()
    planned: tuple[str, ...] = ()
    watch: bool = False

    @property
    def gone(self) -> bool:
        """Return whether there is no tooth and nothing in its place."""
        return self.presence == "missing" and self.cover != "pontic"

    @property
    def carious(self) -> bool:
        """Return whether any surface has caries, or only a root is left."""
        return self.presence == "root" or any(face.caries for face in self.faces.values())


Mouth = dict[str, Tooth]
NOTHING = Tooth()


def live(events: Iterable[Event], known_ms: int | None = None) -> list[Event]:
    """Return the events that count, in their order: without voided ones, as was known at an instant (ms)."""
    known = [one for one in events if known_ms is None or one.made_ms <= known_ms]
    voided = {one.voids for one in known if one.voids is not None}
    return sorted(
        (one for one in known if one.voids is None and one.id not in voided), key=lambda one: (one.on, one.id)
    )


def state(events: Iterable[Event], on: date | None = None, known_ms: int | None = None) -> Mouth:
    """Return the mouth at the end of a day (default: now), as was known at an instant (default: now)."""
    mouth: Mouth = {}
    for one in live(events, known_ms):
        if on is not None and one.on > on:
            break
        mouth[one.fdi] = step(mouth.get(one.fdi, NOTHING), one)
    return mouth


def step(tooth: Tooth, one: Event) -> Tooth:
    """Return a tooth after one more event."""
    if one.kind == PLANNED:
        return _planned(tooth, one)
    if one.kind == WATCH and one.code not in GONE:
        return _watched(tooth, one)
    if one.code in GONE:
        cause = one.cause or tooth.cause
        return Tooth(presence="missing", cause=cause, since=one.on, presence_kind=one.kind, planned=_kept(tooth, one))
    if one.code in ("unerupted", "impacted"):
        return Tooth(presence=one.code, presence_kind=one.kind, since=one.on, planned=tooth.planned)
    if one.code == "implant":
        return Tooth(presence="implant", cause=tooth.cause, since=one.on, presence_kind=one.kind,
                     planned=_kept(tooth, one))  # fmt: skip
    if one.code == "pontic":
        return replace(tooth, presence="missing", cover="pontic", cover_kind=one.kind, planned=_kept(tooth, one))
    there = tooth if tooth.presence in ("present", "implant") else replace(tooth, presence="present", cause="")
    return _on_tooth(there, one)


def _on_tooth(tooth: Tooth, one: Event) -> Tooth:
    if one.code == "sound":
        return _sound(tooth, one)
    if one.code == "residual_root":
        return Tooth(presence="root", since=one.on, presence_kind=one.kind, canal=tooth.canal, planned=tooth.planned)
    if one.code in ON_SURFACES:
        return replace(
            tooth, faces={**tooth.faces, **{s: _face(tooth.faces.get(s, Face()), one) for s in one.surfaces}}
        )
    if one.code in COVERS:
        return replace(tooth, cover=one.code, cover_kind=one.kind, cover_cause=one.cause, faces={},
                       planned=_kept(tooth, one))  # fmt: skip
    if one.code == "rct":
        return replace(tooth, canal=one.kind, planned=_kept(tooth, one))
    if one.code == "mobility":
        return replace(tooth, mobility=one.grade)
    return replace(tooth, others=tooth.others | {one.code}, planned=_kept(tooth, one))


def _kept(tooth: Tooth, one: Event) -> tuple[str, ...]:
    """Return the plans that are not fulfilled by an event; a tooth that is gone is not filled any more."""
    done = {one.code, "extraction" if one.code == "missing" else one.code}
    if one.code in GONE:
        return tuple(code for code in tooth.planned if code in ("implant", "pontic", "retainer"))
    return tuple(code for code in tooth.planned if code not in done)


def _planned(tooth: Tooth, one: Event) -> Tooth:
    if one.code in ON_SURFACES and one.surfaces:
        faces = {s: replace(tooth.faces.get(s, Face()), planned=one.code) for s in one.surfaces}
        return replace(tooth, faces={**tooth.faces, **faces})
    return tooth if one.code in tooth.planned else replace(tooth, planned=(*tooth.planned, one.code))


def _watched(tooth: Tooth, one: Event) -> Tooth:
    there = tooth if tooth.presence else replace(tooth, presence="present")
    if not one.surfaces:
        return replace(there, watch=True)
    faces = {s: replace(tooth.faces.get(s, Face()), watch=True) for s in one.surfaces}
    return replace(there, faces={**tooth.faces, **faces})


def _face(face: Face, one: Event) -> Face:
    if one.code == "caries":
        return replace(face, caries=one.grade or 2, watch=False)
    if one.code in ("wear", "fractured"):
        return replace(face, problem=one.code, watch=False)
    return Face(filled=one.kind, filling=one.code, watch=False)


def _sound(tooth: Tooth, one: Event) -> Tooth:
    if one.surfaces:
        return replace(tooth, faces={s: face for s, face in tooth.faces.items() if s not in one.surfaces})
    return Tooth(presence="present", since=one.on)
