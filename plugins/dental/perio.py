"""Figures of a periodontal examination: CAL, bleeding, the screens BPE and CPI, stage and grade as a suggestion.

Depths are whole millimetres. `gm` is the gingival margin against the enamel junction, positive above it, negative where
gum has receded: CAL = PD − GM (B45). Stage and grade: 2018 classification (Tonetti, Greenwell, Kornman); a dentist
decides, nothing here is a diagnosis.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from core.sdk import Invalid, _, _l
from plugins.dental import teeth

SITES = ("MB", "B", "DB", "ML", "L", "DL")
DEEPEST, MARGIN = 15, 15  # mm, what a probe measures
BLEEDS, PUS, PLAQUE, CALCULUS = 1, 2, 4, 8
FLAGS = {"b": BLEEDS, "s": PUS, "p": PLAQUE, "c": CALCULUS}
ALL_FLAGS = 15
# Screens by sextants: upper right, front, left; lower left, front, right.
SEXTANTS = (
    ("17", "16", "15", "14"), ("13", "12", "11", "21", "22", "23"), ("24", "25", "26", "27"),
    ("37", "36", "35", "34"), ("33", "32", "31", "41", "42", "43"), ("44", "45", "46", "47"),
)  # fmt: skip
BANDS = ((1000, _l("健康")), (3001, _l("局限性牙龈炎")), (10_001, _l("广泛性牙龈炎")))  # below, in basis points


@dataclass(frozen=True, slots=True)
class Site:
    """One of six sites: pocket depth and margin in mm (None: not measured), flags added up."""

    pd: int | None = None
    gm: int = 0
    flags: int = 0

    @property
    def cal(self) -> int | None:
        """Return the clinical attachment level in mm: never stored."""
        return None if self.pd is None else self.pd - self.gm


@dataclass(frozen=True, slots=True)
class Measured:
    """A tooth: its sites by name, mobility 0–3, furcation 0–3, or skipped."""

    sites: Mapping[str, Site] = field(default_factory=dict)
    mobility: int = 0
    furcation: int = 0
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """What stage and grade need besides the sites, as far as it is known: bone loss at the worst tooth in per cent of
    the root, teeth lost to periodontitis, cigarettes a day, HbA1c in tenths of a per cent (70 is 7.0 %)."""

    loss_percent: int | None = None
    lost: int | None = None
    smokes: int = 0
    hba1c_tenths: int | None = None

    def to_plain(self) -> dict[str, int | None]:
        """Return plain data that the constructor takes."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Figures:
    """What an examination adds up to; shares in basis points of the sites recorded."""

    sites: int
    bleeding: int
    bleeding_bp: int
    teeth_bleeding: int
    pockets: int  # sites of 4 mm and more
    deepest: int
    worst_cal: int

    @property
    def band(self) -> str:
        """Return what the share of bleeding means where nothing is lost: < 10 %, 10–30 %, > 30 % (B46)."""
        return str(next(word for below, word in BANDS if self.bleeding_bp < below)) if self.sites else ""


def figures(exam: Mapping[str, Measured]) -> Figures:
    """Return the figures of an examination."""
    found = [(fdi, site) for fdi, tooth in exam.items() if not tooth.skipped for site in tooth.sites.values()
             if site.pd is not None]  # fmt: skip
    bleeding = [fdi for fdi, site in found if site.flags & BLEEDS]
    share = (2 * 10_000 * len(bleeding) + len(found)) // (2 * len(found)) if found else 0
    return Figures(
        len(found), len(bleeding), share, len(set(bleeding)), sum((site.pd or 0) >= 4 for _f, site in found),
        max((site.pd or 0 for _f, site in found), default=0), max((site.cal or 0 for _f, site in found), default=0),
    )  # fmt: skip


def plaque_bp(exam: Mapping[str, Measured]) -> int:
    """Return the share of sites with plaque, in basis points of the sites recorded."""
    sites = [
        site for tooth in exam.values() if not tooth.skipped for site in tooth.sites.values() if site.pd is not None
    ]
    return (
        (2 * 10_000 * sum(bool(site.flags & PLAQUE) for site in sites) + len(sites)) // (2 * len(sites)) if sites else 0
    )


# -- screens ---------------------------------------------------------------------------------------


def bpe(exam: Mapping[str, Measured]) -> tuple[str, ...]:
    """Return the Basic Periodontal Examination of the sextants: 0–4, with * for a furcation, "-" under two teeth.

    4: over 5.5 mm, 3: 3.5–5.5 mm (a probe with bands; whole millimetres: 4 and 5), 2: calculus, 1: bleeding.
    """
    return tuple(_screened(exam, sextant) for sextant in SEXTANTS)


def cpi(exam: Mapping[str, Measured]) -> tuple[str, ...]:
    """Return the Community Periodontal Index of the sextants: 4 from 6 mm, 3 from 4 mm, 2 calculus, 1 bleeding."""
    return tuple(_screened(exam, sextant).rstrip("*") for sextant in SEXTANTS)


def _screened(exam: Mapping[str, Measured], sextant: Sequence[str]) -> str:
    found = [exam[fdi] for fdi in sextant if fdi in exam and not exam[fdi].skipped and exam[fdi].sites]
    if len(found) < 2:
        return "-"
    sites = [site for tooth in found for site in tooth.sites.values()]
    deepest = max((site.pd or 0 for site in sites), default=0)
    score = 4 if deepest >= 6 else 3 if deepest >= 4 else 2 if _any(sites, CALCULUS) else int(_any(sites, BLEEDS))
    return f"{score}{'*' if any(tooth.furcation for tooth in found) else ''}"


def _any(sites: Iterable[Site], flag: int) -> bool:
    return any(site.flags & flag for site in sites)


# -- entry -----------------------------------------------------------------------------------------


def path(skipped: Iterable[str] = (), rows: Sequence[Sequence[str]] = teeth.ROWS["permanent"]) -> list[tuple[str, str]]:
    """Return the order in which sites are entered: upper cheek, upper palate back, lower cheek, lower tongue back."""
    out = frozenset(skipped)
    found = []
    for row in rows:
        for side, way in (("B", 1), ("L", -1)):
            for fdi in row[::way]:
                # Left of the picture (quadrants 1, 4) the distal site comes first when going right.
                first = ("D", "", "M") if teeth.corner(fdi) in "14" else ("M", "", "D")
                if fdi not in out:
                    found += [(fdi, f"{point}{side}") for point in first[::way]]
    return found


def read(text: str) -> list[Site]:
    """Return the three sites that a box holds: depths, margins after a slash, marks: `3b 2 5bs/-2`, `325`.

    A depth of ten or more stands alone (`12`); three digits together are three sites. Raises Invalid.
    """
    words = text.lower().replace(",", " ").split()
    if len(words) == 1 and words[0].isdigit() and len(words[0]) == 3:
        words = list(words[0])
    if len(words) > 3:
        raise Invalid(_("“%(text)s”写了不止三个位点。", text=text[:20]))
    return [_site(word) for word in words]


def _site(word: str) -> Site:
    depth, _slash, margin = word.partition("/")
    digits = depth.rstrip("bspc")
    marks = depth[len(digits) :]
    if digits in ("-", ""):
        return Site(None, 0, 0)
    try:
        pd, gm = int(digits), int(margin or 0)
    except ValueError:
        raise Invalid(
            _("看不懂“%(text)s”。请写深度 0–15，标记 b s p c，斜线后写龈缘，例如 5b/-2。", text=word[:12])
        ) from None
    if not 0 <= pd <= DEEPEST or abs(gm) > MARGIN:
        raise Invalid(_("“%(text)s”超出范围：深度 0–15 毫米，龈缘 −15 到 15 毫米。", text=word[:12]))
    return Site(pd, gm, sum(FLAGS[mark] for mark in set(marks)))


def write(sites: Sequence[Site]) -> str:
    """Return three sites as `read` takes them."""
    words = []
    for one in sites:
        marks = "".join(letter for letter, flag in FLAGS.items() if one.flags & flag)
        words.append("-" if one.pd is None else f"{one.pd}{marks}{f'/{one.gm}' if one.gm else ''}")
    return " ".join(words) if any(one.pd is not None for one in sites) else ""
