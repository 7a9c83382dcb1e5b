"""What the periodontal page shows: the grid of sites as it is drawn, boxes of the plain form, lines of the table."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from core.sdk import _, _l
from plugins.dental import board, fold, perio, staging, teeth, words
from plugins.dental.exams import Exam
from plugins.dental.fold import Tooth
from plugins.dental.perio import Head, Measured, Site

# Rows as they are worked through: upper cheek, upper palate back, lower cheek, lower tongue back.
ROWS: tuple[tuple[str, bool, str, Any], ...] = (
    ("UB", True, "B", _l("上颌颊侧")), ("UL", True, "L", _l("上颌腭侧")),
    ("LB", False, "B", _l("下颌颊侧")), ("LL", False, "L", _l("下颌舌侧")),
)  # fmt: skip
WORDS = {"M": _l("近中"), "": _l("中央"), "D": _l("远中")}
SIGNS = ((perio.BLEEDS, "●"), (perio.PUS, "◆"), (perio.PLAQUE, "▪"), (perio.CALCULUS, "▴"))
SIGN_WORDS = {
    perio.BLEEDS: _l("出血"), perio.PUS: _l("溢脓"), perio.PLAQUE: _l("菌斑"), perio.CALCULUS: _l("牙石"),
}  # fmt: skip
BOX = 44  # characters of a box: three sites with everything


@dataclass(frozen=True, slots=True)
class Spot:
    """A site as it is drawn; `n` is its place on the path, -1 where it is left out."""

    name: str
    n: int
    pd: str
    gm: int
    flags: int
    cal: str
    signs: str
    former: str
    css: str


@dataclass(slots=True)
class Cell:
    """One side of a tooth: three spots from left to right; `out` says why it is left out (missing, skipped)."""

    fdi: str
    side: str
    said: str
    out: str
    extra: str
    mobility: int
    furcation: int
    spots: list[Spot] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Line:
    """An examination in the table."""

    exam: Exam
    figures: perio.Figures
    worst: int
    suggested: str


def points(fdi: str, side: str) -> tuple[str, str, str]:
    """Return the three sites of a side as they are seen from left to right: quadrants 1 and 4 show distal first."""
    names = (f"D{side}", side, f"M{side}")
    return names if teeth.corner(fdi) in "14" else names[::-1]


def depth_css(pd: int | None) -> str:
    """Return the class of a depth: from 4 mm on it is a pocket, from 5 on a deep one."""
    return "" if pd is None or pd < 4 else "d4" if pd == 4 else "d5"


def grid(exam: Exam, former: Exam | None, gone: Collection[str]) -> dict[str, tuple[list[Cell], list[Cell]]]:
    """Return the cells of each row, right and left half as they stand on the page. `gone`: teeth not there."""
    skipped = {fdi for fdi, tooth in exam.teeth.items() if tooth.skipped}
    place = {site: n for n, site in enumerate(perio.path(gone))}
    found: dict[str, tuple[list[Cell], list[Cell]]] = {}
    for key, upper, side, word in ROWS:
        row = teeth.ROWS["permanent"][0 if upper else 1]
        cells = [
            _cell(
                fdi, side, str(word), exam, former, "gone" if fdi in gone else "skip" if fdi in skipped else "", place
            )
            for fdi in row
        ]
        found[key] = (cells[:8], cells[8:])
    return found


def _cell(
    fdi: str, side: str, row: str, exam: Exam, former: Exam | None, out: str, place: Mapping[tuple[str, str], int]
) -> Cell:
    tooth = exam.teeth.get(fdi, Measured())
    old = former.teeth.get(fdi, Measured()) if former else Measured()
    cell = Cell(fdi, side, f"{fdi} {row}", out, extra(tooth), tooth.mobility, tooth.furcation)
    for name in points(fdi, side):
        site, was = tooth.sites.get(name, Site()), old.sites.get(name, Site())
        lost = staging.lost_at(site)
        cell.spots.append(Spot(
            name, place.get((fdi, name), -1), "" if site.pd is None else str(site.pd), site.gm, site.flags,
            str(lost) if lost else "", signs(site.flags), "" if was.pd is None else str(was.pd), depth_css(site.pd),
        ))  # fmt: skip
    return cell


def signs(flags: int) -> str:
    """Return the marks of bleeding, pus, plaque and calculus."""
    return "".join(sign for flag, sign in SIGNS if flags & flag)


def extra(tooth: Measured) -> str:
    """Return mobility and furcation as they stand beside a tooth's number: Ⅱ° F1."""
    return " ".join(
        word for word in (words.DEGREES[tooth.mobility], f"F{tooth.furcation}" if tooth.furcation else "") if word
    )


def boxes(exam: Exam, gone: Collection[str]) -> list[tuple[Any, list[tuple[str, str, str]]]]:
    """Return the plain form: each row's name with (name of the box, tooth, text), in the order of the path."""
    found = []
    for _key, upper, side, word in ROWS:
        row = teeth.ROWS["permanent"][0 if upper else 1]
        way = [fdi for fdi in (row if side == "B" else row[::-1]) if fdi not in gone]
        found.append((word, [(f"{fdi}{side}", fdi, text_of(exam.teeth.get(fdi, Measured()), fdi, side))
                             for fdi in way]))  # fmt: skip
    return found


def text_of(tooth: Measured, fdi: str, side: str) -> str:
    """Return what the box of a side holds, from left to right."""
    return perio.write([tooth.sites.get(name, Site()) for name in points(fdi, side)])


def sites_of(fdi: str, side: str, text: str) -> dict[str, Site]:
    """Return the measured sites of a side out of what its box holds; raise Invalid."""
    return {name: site for name, site in zip(points(fdi, side), perio.read(text[:BOX]), strict=False)
            if site.pd is not None}  # fmt: skip


def head_of(exam: Exam, mouth: Mapping[str, Tooth]) -> Head:
    """Return what stage and grade need; teeth lost to periodontitis are those of the chart unless entered."""
    if exam.head.lost is not None:
        return exam.head
    return replace(exam.head, lost=sum(tooth.gone and tooth.cause == "perio" for tooth in mouth.values()))


def lines(exams: Sequence[Exam], events: Sequence[fold.Event], birth: date | None) -> list[Line]:
    """Return the table of examinations."""
    found = []
    for one in exams:
        head = head_of(one, fold.state(events, one.on))
        told = staging.suggest(one.teeth, head, board.age_on(birth, one.on))
        found.append(Line(one, perio.figures(one.teeth), staging.worst_of(one.teeth)[0], told.name))
    return found


def percent(bp: int) -> str:
    """Return basis points as per cent with one decimal: 25.0 %."""
    tenths = (bp + 5) // 10
    return f"{tenths // 10}.{tenths % 10}%"


def missing_said(gone: Collection[str]) -> str:
    """Return the teeth that the path leaves out, in words; empty where none is."""
    return _("跳过缺失和未萌的牙：%(teeth)s", teeth="、".join(sorted(gone))) if gone else ""


def told(fdi: str, tooth: Measured) -> str:
    """Return a tooth as it was measured, in words: 颊侧 3 2 5b；舌侧 3 2 3；松动 Ⅰ°."""
    if tooth.skipped:
        return _("跳过")
    sides = ((_("颊侧"), "B"), (_("舌腭侧"), "L"))
    words = [f"{word} {text}" for word, side in sides if (text := text_of(tooth, fdi, side))]
    return "；".join([*words, *([extra(tooth)] if extra(tooth) else [])])
