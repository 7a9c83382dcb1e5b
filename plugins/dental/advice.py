"""What to suggest to a member, with its reason (S0-32, clinic.md 3.3). Pure; nothing is sold by itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from core.sdk import _
from plugins.dental import rules

if TYPE_CHECKING:
    from core.sdk import SoldLine
    from plugins.dental.models import DentalSummary

ADULT, SEALANT_FROM, SEALANT_TO = 18, 6, 9
ORTHO_VISITS = 2
RETAINER = "RETAINER"
GAP = timedelta(days=90)  # a gap by caries so old is talked about: three months
SPT_MONTHS = {1: 6, 2: 6, 3: 3, 4: 3}  # supportive care by the stage that was suggested
# Told only to who may see the chart.
CLINICAL = frozenset({"caries", "gaps", "implant", "sealant", "perio"})
LOOK_BACK_MS = 3 * 366 * 86_400_000


@dataclass(frozen=True, slots=True)
class Advice:
    """What to suggest and why."""

    code: str
    text: str
    reason: str


def advise(
    figures: DentalSummary | None, sold: Iterable[SoldLine], age: int | None, today: date, *, pregnant: bool
) -> list[Advice]:
    """Return what to suggest on a day, what protects teeth first: treat, keep, then what is for looks.

    Whitening only to adults with a filled tooth, not when pregnant, with caries or with periodontitis. A sealant only
    where a first molar was found sound; supportive care by the stage, from the last periodontal treatment.
    """
    sold = list(sold)
    found: list[Advice] = []
    if figures is not None:
        found += _charted(figures, sold, age, today)
    visits = {one.on for one in sold if _is(one, "ortho") and one.left and one.code != RETAINER}
    if len(visits) >= ORTHO_VISITS and not any(one.code == RETAINER and one.left for one in sold):
        found.append(Advice("retainer", _("保持器或正畸复查"), _("%(n)d 次正畸就诊", n=len(visits))))
    found += _whitening(figures, sold, age, pregnant=pregnant)
    return found


def _charted(figures: DentalSummary, sold: Iterable[SoldLine], age: int | None, today: date) -> list[Advice]:
    """Return what follows from chart and examination, told to who may see them."""
    found: list[Advice] = []
    if figures.decayed:
        found.append(Advice("caries", _("先治龋齿"), _("%(n)d 颗龋齿没有治", n=figures.decayed)))
    found += _supportive(figures, sold, today)
    long_ago = figures.gap_since is not None and today - figures.gap_since >= GAP
    if long_ago and age is not None and age >= ADULT:
        why = _("因龋缺牙，%(day)s 起没有修复", day=figures.gap_since)
        found.append(Advice("implant", _("谈种植等修复方案"), why))
    elif figures.gaps:
        found.append(Advice("gaps", _("谈修复方案"), _("%(n)d 颗缺牙没有修复", n=figures.gaps)))
    if age is not None and SEALANT_FROM <= age <= SEALANT_TO and figures.molars:
        told = _("%(age)d 岁，%(n)d 颗第一恒磨牙健康", age=age, n=figures.molars)
        found.append(Advice("sealant", _("第一磨牙窝沟封闭"), told))
    return found


def _supportive(figures: DentalSummary, sold: Iterable[SoldLine], today: date) -> list[Advice]:
    """Return supportive periodontal care where it is due: three months at stage III and IV, else six."""
    months = SPT_MONTHS.get(figures.stage)
    if months is None:
        return []
    last = max((one.on for one in sold if _is(one, "periodontics") and one.left and one.on), default=None)
    if last is None:
        return [Advice("perio", _("先做牙周治疗"), _("提示牙周炎，还没有牙周治疗记录"))]
    if (today.year - last.year) * 12 + today.month - last.month - (today.day < last.day) < months:
        return []
    told = _("每 %(n)d 个月一次，上次 %(day)s", n=months, day=_day(last))
    return [Advice("perio", _("牙周维护"), told)]


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
