"""Mouths for the demonstration: (days ago, what was noted then)."""

from __future__ import annotations

from plugins.dental import fold
from plugins.dental.chart import Entry

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
