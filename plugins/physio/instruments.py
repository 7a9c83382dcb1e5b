"""Scored instruments: their answers, scores, bands and what counts as an important change. Pure.

Scores are whole hundredths, so that 37.5 is 3,750. In all of them less is better.
Only numbers and scoring are shipped: the wording of ODI and DASH belongs to its owners, NRS is free to use.
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
        return 1 if now < before else -1


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


SCORING = {"odi": _odi, "dash": _dash, "nrs": _nrs}

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
ALL = {one.key: one for one in (ODI, DASH, NRS)}
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
