"""What to suggest to a member, with its reason (S0-32, clinic.md 3.3). Pure; nothing is sold by itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from core.sdk import _
from plugins.dental import rules

if TYPE_CHECKING:
    from core.sdk import SoldLine
    from plugins.dental.models import DentalSummary

ADULT, SEALANT_FROM, SEALANT_TO = 18, 6, 9
ORTHO_VISITS = 2
RETAINER = "RETAINER"
# Told only to who may see the chart.
CLINICAL = frozenset({"caries", "gaps"})
LOOK_BACK_MS = 3 * 366 * 86_400_000


@dataclass(frozen=True, slots=True)
class Advice:
    """What to suggest and why."""

    code: str
    text: str
    reason: str


def advise(figures: DentalSummary | None, sold: Iterable[SoldLine], age: int | None, *, pregnant: bool) -> list[Advice]:
    """Return what to suggest, what protects teeth first: treat, keep, then what is for looks.

    Whitening only to adults with a filled tooth, not when pregnant, with caries or with periodontitis.
    """
    found: list[Advice] = []
    if figures is not None and figures.decayed:
        found.append(Advice("caries", _("先治龋齿"), _("%(n)d 颗龋齿没有治", n=figures.decayed)))
    if figures is not None and figures.gaps:
        found.append(Advice("gaps", _("谈修复方案"), _("%(n)d 颗缺牙没有修复", n=figures.gaps)))
    visits = {one.on for one in sold if _is(one, "ortho") and one.left and one.code != RETAINER}
    if len(visits) >= ORTHO_VISITS and not any(one.code == RETAINER and one.left for one in sold):
        found.append(Advice("retainer", _("保持器或正畸复查"), _("%(n)d 次正畸就诊", n=len(visits))))
    if age is not None and SEALANT_FROM <= age <= SEALANT_TO:
        found.append(Advice("sealant", _("第一磨牙窝沟封闭"), _("%(n)d 岁，适合窝沟封闭", n=age)))
    found += _whitening(figures, sold, age, pregnant=pregnant)
    return found


def _is(one: SoldLine, category: str) -> bool:
    return one.attributes.get(rules.CATEGORY) == category


def _whitening(figures: Any, sold: Iterable[SoldLine], age: int | None, *, pregnant: bool) -> list[Advice]:
    filled = max((one.on for one in sold if _is(one, "filling") and one.left and one.on), default=None)
    healthy = figures is None or not (figures.decayed or figures.stage)
    if filled is None or not healthy or pregnant or age is None or age < ADULT:
        return []
    if any(_is(one, "whitening") and one.left for one in sold):
        return []
    return [Advice("whitening", _("冷光美白"), _("%(day)s 补过牙", day=_day(filled)))]


def _day(day: date) -> str:
    return day.isoformat()
