"""What the chart shows, reckoned from events: slots with their marks, figures, timeline, plans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from core.sdk import _l
from plugins.dental import fold, outlines, teeth, who, words
from plugins.dental.fold import Event, Tooth
from plugins.dental.perio import BLEEDS, Measured

VIEWS = {"permanent": _l("恒牙"), "primary": _l("乳牙"), "mixed": _l("混合")}
SYSTEMS = {"fdi": "FDI", "palmer": "Palmer", "universal": "Universal"}
PITCH, EDGE, WIDTH = 53.5, 6, 440
# Corners of the five fields of a box of 36: outer, inner, left, right, middle.
TOP, BOTTOM, LEFT, RIGHT = (
    "0,0 36,0 26,10 10,10",
    "0,36 36,36 26,26 10,26",
    "0,0 10,10 10,26 0,36",
    "36,0 26,10 26,26 36,36",
)
MIDDLE = "10,10 26,10 26,26 10,26"
# Where a mark on a surface is drawn on the crown, of a tooth of quadrant 1.
SPOTS = {"M": (9, 13), "D": (-9, 13), "O": (0, 19), "I": (0, 24), "B": (0, 11), "V": (0, 4)}
_CLASS = {fold.CONDITION: "cond", fold.PLANNED: "plan", fold.DONE: "done", fold.EXISTING: "ext", fold.WATCH: "watch"}


@dataclass(slots=True)
class Slot:
    """A tooth as it is drawn: where, mirrored or not, its outlines, the class of each part, what is said of it."""

    fdi: str
    label: str
    x: float
    mirror: int
    upper: bool
    outline: outlines.Outline
    scale: float
    spoken: str
    here: bool = False
    gone: bool = False
    tilted: bool = False
    faint: bool = False
    implant: str = ""
    crown: str = ""
    canal: str = ""
    cross: str = ""
    degree: str = ""
    root_only: bool = False
    boxes: list[tuple[str, str, str]] = field(default_factory=list)
    depths: list[tuple[float, int, str, str]] = field(default_factory=list)
    bled: bool = False
    spots: list[tuple[int, int, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Plan:
    """A planned treatment: tooth, surfaces, what, and what was found there."""

    fdi: str
    surfaces: str
    code: str
    reason: str


def age_on(birth: date | None, day: date) -> int | None:
    """Return whole years on a day, or None."""
    if birth is None:
        return None
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def usual_view(mouth: Mapping[str, Tooth], age: int | None) -> str:
    """Return the dentition to show first: by age (milk teeth under 6, mixed under 13), else by what was noted."""
    if age is not None:
        return "primary" if age < 6 else "mixed" if age < 13 else "permanent"
    return "mixed" if any(teeth.is_primary(fdi) and not tooth.gone for fdi, tooth in mouth.items()) else "permanent"


def rows(view: str, mouth: Mapping[str, Tooth], age: int | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the teeth of the upper and the lower row.

    In a mixed dentition a place shows the milk tooth until it fell out or its successor is there, tooth by tooth; where
    nothing was noted, first molars and incisors are permanent from 8 years on, incisors milk teeth before.
    """
    if view != "mixed":
        return teeth.ROWS[view]

    def shown(fdi: str) -> str:
        milk = f"{int(fdi[0]) + 4}{fdi[1]}"
        if teeth.place(fdi) > 5:
            return fdi
        own, other = mouth.get(fdi, fold.NOTHING), mouth.get(milk, fold.NOTHING)
        if other.presence == "missing" or own.presence in ("present", "implant", "root"):
            return fdi
        if other.presence:
            return milk
        return fdi if teeth.place(fdi) <= 2 and (age or 0) >= 8 else milk

    upper, lower = teeth.ROWS["permanent"]
    return tuple(map(shown, upper)), tuple(map(shown, lower))


def halves(
    mouth: Mapping[str, Tooth],
    shown: tuple[tuple[str, ...], tuple[str, ...]],
    here: str,
    system: str,
    measured: Mapping[str, Measured],
) -> list[list[Slot]]:
    """Return the slots of the patient's right and left half: each is drawn by itself, a phone stacks them.

    `measured` is the latest periodontal examination: pockets stand outside the roots.
    """
    found: list[list[Slot]] = [[], []]
    for row in shown:
        for fdi in row:
            left = teeth.corner(fdi) in "14"
            nth = 8 - teeth.place(fdi) if left else teeth.place(fdi) - 1
            one = slot(fdi, mouth.get(fdi, fold.NOTHING), EDGE + PITCH * (nth + 0.5), system)
            one.here = fdi == here
            _probe(one, fdi, measured.get(fdi))
            found[0 if left else 1].append(one)
    return found


def slot(fdi: str, tooth: Tooth, x: float, system: str = "fdi") -> Slot:
    """Return how a tooth is drawn at `x`."""
    left, upper, primary = teeth.corner(fdi) in "14", teeth.is_upper(fdi), teeth.is_primary(fdi)
    place = teeth.place(fdi) + (2 if primary and teeth.place(fdi) > 3 else 0)
    # Milk molars look like small molars.
    place = {6: 6, 7: 6}.get(place, place) if primary else place
    one = Slot(
        fdi, teeth.shown(fdi, system), round(x, 1), 1 if left else -1, upper,
        (outlines.UPPER if upper else outlines.LOWER)[place], 0.8 if primary else 1, words.said(fdi, tooth),
    )  # fmt: skip
    one.gone = tooth.gone
    one.tilted, one.faint = tooth.presence == "impacted", tooth.presence == "unerupted"
    one.root_only = tooth.presence == "root"
    if tooth.presence == "implant" or "implant" in tooth.planned:
        one.implant = "plan" if tooth.presence != "implant" else _CLASS[tooth.presence_kind]
        one.gone = False
    one.crown = "plan" if set(tooth.planned) & fold.COVERS else _CLASS.get(tooth.cover_kind, "")
    one.canal = "plan" if "rct" in tooth.planned else _CLASS.get(tooth.canal, "")
    one.cross = "plan" if "extraction" in tooth.planned else ""
    one.degree = words.DEGREES[tooth.mobility]
    if tooth.watch and not one.crown:
        one.crown = "watch"
    marks = {s: _CLASS.get(face.mark, "") for s, face in tooth.faces.items()}
    one.boxes = _boxes(fdi, marks, one.crown if tooth.cover else "")
    one.spots = [(*SPOTS[s], mark) for s, mark in marks.items() if mark and s in SPOTS and not one.crown]
    return one


def _probe(one: Slot, fdi: str, tooth: Measured | None) -> None:
    """Put the pockets of a tooth outside its root: the deeper of cheek and tongue side at each of three places."""
    if tooth is None or tooth.skipped or one.gone:
        return
    first = ("D", "", "M") if teeth.corner(fdi) in "14" else ("M", "", "D")
    for n, point in enumerate(first):
        found = [site for side in "BL" if (site := tooth.sites.get(f"{point}{side}")) and site.pd is not None]
        deepest = max((site.pd or 0 for site in found), default=0)
        if found:
            css = "pb5" if deepest >= 5 else "pb4" if deepest == 4 else "pb"
            one.depths.append((one.x - 16 + 11 * n, min(2 + 2 * deepest, 22), css, str(deepest) if deepest > 3 else ""))
        one.bled = one.bled or any(site.flags & BLEEDS for site in found)


def _boxes(fdi: str, marks: Mapping[str, str], cover: str) -> list[tuple[str, str, str]]:
    """Return (corners, surface, class) of the five fields: the cheek is outside, the midline in the middle."""
    own = teeth.surfaces_of(fdi)
    outer, inner = (TOP, BOTTOM) if teeth.is_upper(fdi) else (BOTTOM, TOP)
    left, right = ("D", "M") if teeth.corner(fdi) in "14" else ("M", "D")
    where = ((outer, "B"), (inner, own[4]), (LEFT, left), (RIGHT, right), (MIDDLE, own[1]))
    return [(corners, s, marks.get(s) or cover) for corners, s in where]


# -- figures ---------------------------------------------------------------------------------------


def plans(mouth: Mapping[str, Tooth]) -> list[Plan]:
    """Return what is planned and not yet done, by tooth."""
    found = []
    for fdi in sorted(mouth):
        tooth = mouth[fdi]
        by_code: dict[str, list[str]] = {}
        for s in teeth.surfaces_of(fdi):
            face = tooth.faces.get(s)
            if face and face.planned:
                by_code.setdefault(face.planned, []).append(s)
        for code, faces in by_code.items():
            depth = max(tooth.faces[s].caries for s in faces)
            reason = f"{fold.CODES['caries']}（{fold.DEPTHS[depth]}）" if depth else ""
            found.append(Plan(fdi, "".join(faces), code, reason))
        found += [Plan(fdi, "", code, "；".join(_reasons(tooth))) for code in tooth.planned]
    return found


def _reasons(tooth: Tooth) -> list[str]:
    return words.facts(Tooth(tooth.presence, tooth.cause, faces={s: f for s, f in tooth.faces.items() if f.caries},
                       mobility=tooth.mobility))[:2]  # fmt: skip


def by_year(events: Sequence[Event], last: date, birth: date | None, *, primary: bool) -> list[tuple[int, who.Index]]:
    """Return the caries index at the end of each of up to four years, the last one as of `last`."""
    known = fold.live(events)
    if not known:
        return []
    first = max(known[0].on.year, last.year - 3)
    found = []
    for year in range(first, last.year + 1):
        day = min(date(year, 12, 31), last)
        found.append((year, who.index(fold.state(known, day), primary=primary, age=age_on(birth, day))))
    return found


def bars(found: Sequence[tuple[int, who.Index]]) -> list[dict[str, Any]]:
    """Return the bars of the index: filled below, then lost, then decayed; 40 high at most."""
    top = max((index.total for _year, index in found), default=0) or 1
    shown = []
    for n, (year, index) in enumerate(found):
        y, parts = 43.0, []
        for counted, css in ((index.filled, "done"), (index.missing, "ext"), (index.decayed, "cond")):
            high = round(38 * len(counted) / top, 1)
            if high:
                y = round(y - high, 1)
                parts.append((y, max(high - 1, 1), css))
        shown.append({"year": year, "x": 6 + 37 * n, "parts": parts, "total": index.total})
    return shown


def days_of(events: Sequence[Event]) -> list[date]:
    """Return the days on which something was noted, the first one first."""
    return sorted({one.on for one in fold.live(events)})


def line(days: Sequence[date], today: date) -> dict[str, Any]:
    """Return the timeline: (x, day) of every day between the first and today, and the years below it."""
    first = days[0]
    span = max((today - first).days, 1)

    def x(day: date) -> float:
        return round(10 + 640 * (day - first).days / span, 1)

    years = [(x(date(year, 1, 1)), year) for year in range(first.year + 1, today.year + 1)]
    shown = [one for n, one in enumerate(years) if 40 < one[0] < 610][-8:]
    return {"dots": [(x(day), day) for day in days if day < today], "years": shown, "first": first.year}
