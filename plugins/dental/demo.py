"""Mouths for the demonstration: (days ago, what was noted then)."""

from __future__ import annotations

import random

from plugins.dental import fold, perio, teeth
from plugins.dental.chart import Entry
from plugins.dental.perio import Measured, Site

DEMO: tuple[tuple[int, tuple[Entry, ...]], ...] = (
    (1050, (
        Entry("18", "missing", cause="perio"), Entry("48", "missing"), Entry("28", "missing"),
        Entry("17", "filling", "O", fold.EXISTING), Entry("11", "crown", kind=fold.EXISTING, cause="trauma"),
        Entry("46", "missing", cause="caries"), Entry("16", "caries", "O", grade=2),
        Entry("26", "caries", "MOD", grade=3), Entry("24", "caries", "OD"),
    )),
    (1010, (Entry("16", "filling", "O", fold.DONE), Entry("26", "rct", kind=fold.DONE))),
    (760, (Entry("26", "crown", kind=fold.DONE, cause="caries"), Entry("24", "filling", "OD", fold.DONE))),
    (540, (Entry("46", "implant", kind=fold.EXISTING), Entry("38", "impacted"))),
    (365, (Entry("45", "wear", "B", fold.WATCH), Entry("37", "caries", "O", fold.WATCH))),
    (150, (Entry("14", "caries", "D", grade=1), Entry("41", "mobility", grade=1), Entry("31", "mobility", grade=1))),
    (0, (
        Entry("36", "caries", "O", grade=2), Entry("36", "filling", "O", fold.PLANNED),
        Entry("14", "filling", "D", fold.PLANNED),
    )),
)  # fmt: skip

EXAMS = (200, 0)  # days ago


def examined(rng: random.Random, *, worse: bool) -> dict[str, Measured]:
    """Return a mouth measured at six sites of every tooth that the charts above have; `worse`: with deeper pockets."""
    found = {}
    for fdi in teeth.PERMANENT:
        if fdi in ("18", "28", "38", "48"):
            continue
        back, sites = teeth.place(fdi) > 5, {}
        for name in perio.SITES:
            pd = rng.choice((2, 2, 3, 3, 3)) + (rng.choice((0, 0, 1, 3)) if back and name != "B" and worse else 0)
            flags = perio.BLEEDS if pd > 3 and rng.random() < 0.7 else perio.PLAQUE if rng.random() < 0.1 else 0
            sites[name] = Site(pd, -1 if pd > 4 else 0, flags)
        found[fdi] = Measured(sites, 1 if fdi in ("31", "41") else 0)
    return found
