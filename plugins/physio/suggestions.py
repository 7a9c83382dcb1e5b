"""What to suggest next: assess again, renew, come back (clinic.md 5.3). Pure.

Who does not get better after six treatments is assessed again, not sold another course.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from core.sdk import _

if TYPE_CHECKING:
    from core.sdk import CourseView
    from plugins.physio.treatments import Treatment

FEW_LEFT, AWAY_DAYS, ENDING_DAYS, ENOUGH, SHARE = 2, 14, 30, 6, 30


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What to do, in a sentence without any score; kinds: reassess, renew, return, ending."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Course:
    """How a treatment goes: the treatments (day, treatment) from the first one on, the last assessment's day."""

    treatments: Sequence[tuple[date, Treatment]]
    assessed_on: date | None


def no_better(treatments: Sequence[Treatment]) -> bool:
    """Return whether pain came down by less than 30 per cent over at least six treatments."""
    measured = [one for one in treatments if one.before is not None]
    if len(measured) < ENOUGH:
        return False
    first, last = measured[0].before or 0, measured[-1].before or 0
    return (first - last) * 100 < SHARE * first


def suggest(how: Course, courses: Sequence[CourseView], today: date, every: int) -> list[Suggestion]:
    """Return what to suggest, what matters most first."""
    found = []
    since = sum(1 for day, _one in how.treatments if how.assessed_on is None or day > how.assessed_on)
    stuck = no_better([one for _day, one in how.treatments])
    if stuck or since >= every:
        found.append(Suggestion("reassess", _("已治疗 %(n)d 次没有复评，先复评再决定下一步。", n=since)
                                if since >= every else _("先复评，再决定下一步。")))  # fmt: skip
    left = sum(one.left for one in courses)
    if courses and left <= FEW_LEFT and not stuck:
        found.append(Suggestion("renew", _("疗程只剩 %(n)d 次，可以谈续购。", n=left)))
    ending = [one for one in courses if one.until and (one.until - today).days <= ENDING_DAYS]
    found += [
        Suggestion("ending", _("“%(name)s”还剩 %(n)d 次，%(day)s 到期。", name=one.name, n=one.left, day=one.until))
        for one in ending
    ]
    if left and how.treatments and (today - how.treatments[-1][0]).days >= AWAY_DAYS:
        days = (today - how.treatments[-1][0]).days
        found.append(Suggestion("return", _("%(n)d 天没来，疗程还有 %(left)d 次，请约下次时间。", n=days, left=left)))
    return found
