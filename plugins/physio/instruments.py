"""Scored instruments: their answers, scores, bands and what counts as an important change. Pure.

Scores are whole hundredths, so that 37.5 is 3,750. Less is better, but for the `rising` ones.
Only numbers and scoring are shipped: the wording of ODI, NDI, DASH, QuickDASH and LEFS belongs to its owners; NRS, RMDQ
and PSFS are free to use.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.sdk import Invalid, _, _l

HUNDRED = 100
Answers = Sequence[int | None]


@dataclass(frozen=True, slots=True)
class Instrument:
    """An instrument: `items` answers from `low` to `high`, scored when at least `fewest` are given.

    `bands` are (upper bound inclusive, name); `change` is the important change in hundredths, `share` the percentage of
    the earlier score it must be as well; `source` says who found that.
    """

    key: str
    name: Any
    full: Any
    items: int
    low: int
    high: int
    fewest: int
    top: int
    unit: str
    bands: tuple[tuple[int, Any], ...]
    change: int
    share: int
    source: Any
    rising: bool = False

    def score(self, answers: Answers) -> int | None:
        """Return the score in hundredths, or None when too few answers were given to score."""
        given = [one for one in answers if one is not None]
        if len(given) < self.fewest:
            return None
        return SCORING[self.key](given)

    def band(self, score: int) -> Any:
        """Return the name of the band a score lies in, or None for an instrument without bands."""
        return next((name for upper, name in self.bands if score <= upper * HUNDRED), None)

    def show(self, score: int | None) -> str:
        """Return a score as it is read: 44%, 37.5, 7."""
        return "—" if score is None else f"{points(score)}{self.unit}"

    def important(self, before: int, now: int) -> int:
        """Return 1 for an important improvement, -1 for an important worsening, 0 for neither."""
        moved = abs(now - before)
        if moved < self.change or moved * 100 < self.share * before:
            return 0
        return 1 if (now > before) == self.rising else -1


def points(hundredths: int) -> str:
    """Return hundredths as they are read, without their sign: 37.5."""
    whole, rest = divmod(abs(hundredths), HUNDRED)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".")


def _half_up(over: int, under: int) -> int:
    return (2 * over + under) // (2 * under)


def _odi(given: Sequence[int]) -> int:
    """Return sum / (5 × answered) × 100: a section left out is left out of the whole (Fairbank and Pynsent 2000)."""
    return _half_up(sum(given) * 100 * HUNDRED, 5 * len(given))


def _dash(given: Sequence[int]) -> int:
    """Return (mean − 1) × 25 (Hudak 1996; at most three of thirty may be missing)."""
    return _half_up((sum(given) - len(given)) * 25 * HUNDRED, len(given))


def _nrs(given: Sequence[int]) -> int:
    return given[0] * HUNDRED


def _sum(given: Sequence[int]) -> int:
    return sum(given) * HUNDRED


def _mean(given: Sequence[int]) -> int:
    return _half_up(sum(given) * HUNDRED, len(given))


SCORING = {
    "odi": _odi, "ndi": _odi, "dash": _dash, "quickdash": _dash, "nrs": _nrs, "rmdq": _sum, "lefs": _sum, "psfs": _mean,
}  # fmt: skip

ODI = Instrument(
    "odi", _l("ODI"), _l("Oswestry 功能障碍指数（腰）"), 10, 0, 5, 1, 100, "%",
    ((20, _l("轻度")), (40, _l("中度")), (60, _l("重度")), (80, _l("残疾")), (100, _l("卧床"))),
    10 * HUNDRED, 0, _l("变化 10 分以上有意义（Ostelo 2008）"),
)  # fmt: skip
DASH = Instrument(
    "dash", _l("DASH"), _l("上肢功能障碍评分（臂、肩、手）"), 30, 1, 5, 27, 100, "", (),
    1_083, 0, _l("变化 10.83 分以上有意义（Franchignoni 2014）"),
)  # fmt: skip
NRS = Instrument(
    "nrs", _l("NRS"), _l("疼痛数字评分（0–10）"), 1, 0, 10, 1, 10, "",
    ((0, _l("无痛")), (3, _l("轻度")), (6, _l("中度")), (10, _l("重度"))),
    2 * HUNDRED, 30, _l("降 2 分以上且降 30% 以上为有效（Farrar 2001）"),
)  # fmt: skip
NDI = Instrument(
    "ndi", _l("NDI"), _l("颈椎功能障碍指数"), 10, 0, 5, 1, 100, "%",
    ((8, _l("无障碍")), (28, _l("轻度")), (48, _l("中度")), (68, _l("重度")), (100, _l("完全障碍"))),
    10 * HUNDRED, 0, _l("变化 5 分（满分 50），即百分之十以上有意义（Vernon 2008）"),
)  # fmt: skip
QUICKDASH = Instrument(
    "quickdash", _l("QuickDASH"), _l("上肢功能障碍简表"), 11, 1, 5, 10, 100, "", (),
    1_591, 0, _l("变化 15.91 分以上有意义（Franchignoni 2014）"),
)  # fmt: skip
LEFS = Instrument(
    "lefs", _l("LEFS"), _l("下肢功能量表（0–80）"), 20, 0, 4, 20, 80, "", (),
    9 * HUNDRED, 0, _l("变化 9 分以上有意义（Binkley 1999）"), rising=True,
)  # fmt: skip
PSFS = Instrument(
    "psfs", _l("PSFS"), _l("患者特异性功能量表（3–5 项活动）"), 5, 0, 10, 3, 10, "", (),
    2 * HUNDRED, 0, _l("平均分变化 2 分以上有意义（Stratford 1995）"), rising=True,
)  # fmt: skip
RMDQ = Instrument(
    "rmdq", _l("RMDQ"), _l("Roland-Morris 腰痛问卷（0–24）"), 24, 0, 1, 24, 24, "", (),
    5 * HUNDRED, 0, _l("变化 5 分以上有意义（Ostelo 2008）"),
)  # fmt: skip
ALL = {one.key: one for one in (NRS, ODI, NDI, RMDQ, DASH, QUICKDASH, LEFS, PSFS)}
FEW_ODI = 8  # fewer sections are scored as published, but said to be few


def read(one: Instrument, quick: str, typed: Sequence[str]) -> list[int | None]:
    """Return the answers that were typed; raise Invalid naming the item at fault.

    `quick` is all of them in one go, a digit each, `-` for one left out; empty: the boxes `typed` count.
    """
    raw = _quick(one, quick) if quick.strip() else [text.strip() for text in typed]
    answers: list[int | None] = []
    for number, text in enumerate(raw, 1):
        if text in ("", "-"):
            answers.append(None)
            continue
        if not (text.isascii() and text.isdigit() and one.low <= int(text) <= one.high):
            message = _("第 %(n)d 题只能填 %(low)d 到 %(high)d。", n=number, low=one.low, high=one.high)
            raise Invalid.field(f"a{number}", message)
        answers.append(int(text))
    answers += [None] * (one.items - len(answers))
    if all(answer is None for answer in answers):
        raise Invalid.field("quick" if one.items > 1 else "a1", _("还没有填答案。"))
    return answers[: one.items]


def _quick(one: Instrument, quick: str) -> list[str]:
    marks = [mark for mark in quick if not mark.isspace() and mark not in ",，"]
    if len(marks) != one.items:
        raise Invalid.field("quick", _("要 %(n)d 个，一题一个；跳过的填 -。", n=one.items))
    return marks


@dataclass(frozen=True, slots=True)
class Change:
    """A score against an earlier one: moved by `by` hundredths; `important` 1 better, -1 worse, 0 neither."""

    by: int
    percent: int
    important: int


def change(one: Instrument, before: int | None, now: int | None) -> Change | None:
    """Return how a score moved, or None where one of the two was not scored."""
    if before is None or now is None:
        return None
    percent = _half_up(abs(now - before) * 100, before) if before else 0
    return Change(now - before, percent, one.important(before, now))
