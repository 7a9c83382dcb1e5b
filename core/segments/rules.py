"""How members are classed, as pure data: grades by thresholds, RFM scores with their class, ABC shares."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import Any

from core.kernel.errors import FieldError, Invalid
from core.kernel.i18n import _
from core.programme.fact_tests import Band

CODE = re.compile(r"[A-Z][A-Z0-9+]{0,3}")
FIGURES = ("spend", "spent_ever", "visits", "visits_ever", "points")
WINDOWED = ("spend", "visits")
MAX_STEPS = 12
SCORES = 5
VALUE_CLASSES = ("high", "general", "low")
LOWEST_SUM, HIGHEST_SUM = 3, 15


@dataclass(frozen=True, slots=True)
class Step:
    """A grade and the least figure it takes."""

    code: str
    least: int


@dataclass(frozen=True, slots=True)
class GradeSpec:
    """Grades by one figure: spend (fen), visits or points; `days` is the window of a windowed one. Highest first,
    the last step takes the rest. S1-11: ≥ 20,000 A … > 0 E, 0 F."""

    figure: str = "spent_ever"
    days: int = 365
    steps: tuple[Step, ...] = (
        Step("A", 2_000_000), Step("B", 1_000_000), Step("C", 500_000), Step("D", 200_000), Step("E", 1), Step("F", 0),
    )  # fmt: skip

    def bands(self) -> list[tuple[Band, str]]:
        """Return each grade's figures; the last one takes everything below too."""
        found, above = [], None
        for n, step in enumerate(self.steps):
            last = n == len(self.steps) - 1
            found.append((Band(None if last else step.least, None if above is None else above - 1), step.code))
            above = step.least
        return found

    def grade_of(self, figure: int) -> str:
        """Return the grade of a figure."""
        return next(code for band, code in self.bands() if band.covers(figure))


@dataclass(frozen=True, slots=True)
class RfmSpec:
    """Recency (days, four rising bounds), frequency and money (four falling bounds), scored 5 to 1 within a
    window of `days`; a sum of at least `high` is high value, at least `general` general, else low (S3-06)."""

    days: int = 365
    recency: tuple[int, ...] = (30, 90, 180, 365)
    frequency: tuple[int, ...] = (12, 6, 3, 1)
    money: tuple[int, ...] = (1_000_000, 500_000, 100_000, 1)
    high: int = 12
    general: int = 7

    def recency_bands(self) -> list[tuple[Band, str]]:
        """Return the days of each score: the fewer, the better."""
        found, low = [], 0
        for n, bound in enumerate(self.recency):
            found.append((Band(low, bound), str(SCORES - n)))
            low = bound + 1
        return found

    @staticmethod
    def falling_bands(bounds: tuple[int, ...]) -> list[tuple[Band, str]]:
        """Return the figures of each score: the more, the better."""
        found: list[tuple[Band, str]] = []
        above: int | None = None
        for n, bound in enumerate(bounds):
            found.append((Band(bound, None if above is None else above - 1), str(SCORES - n)))
            above = bound
        return found

    def score(self, days: int, times: int, fen: int) -> tuple[str, str]:
        """Return (RFM code, value class) of a member's figures."""
        pairs = (
            (self.recency_bands(), days), (self.falling_bands(self.frequency), times),
            (self.falling_bands(self.money), fen),
        )  # fmt: skip
        digits = [next((code for band, code in bands if band.covers(figure)), "1") for bands, figure in pairs]
        return "".join(digits), self.class_of(sum(map(int, digits)))

    def class_of(self, total: int) -> str:
        """Return the value class of a sum of scores."""
        return "high" if total >= self.high else "general" if total >= self.general else "low"


@dataclass(frozen=True, slots=True)
class AbcSpec:
    """Classes by share of the money of `days`: the members that together bring `a_bp` are A, up to `b_bp` B, the
    rest that bought C."""

    days: int = 365
    a_bp: int = 8000
    b_bp: int = 9500


Spec = GradeSpec | RfmSpec | AbcSpec
DEFAULTS: dict[str, Spec] = {"grade": GradeSpec(), "rfm": RfmSpec(), "abc": AbcSpec()}


def dump(spec: Spec) -> dict[str, Any]:
    """Return a spec as plain data."""
    return asdict(spec)


def load(kind: str, data: dict[str, Any]) -> Spec:
    """Return the spec that `dump` wrote."""
    if kind == "grade":
        steps = tuple(Step(one["code"], one["least"]) for one in data["steps"])
        return GradeSpec(data["figure"], data["days"], steps)
    if kind == "rfm":
        bounds = {key: tuple(data[key]) for key in ("recency", "frequency", "money")}
        return RfmSpec(days=data["days"], high=data["high"], general=data["general"], **bounds)
    return AbcSpec(data["days"], data["a_bp"], data["b_bp"])


@dataclass
class _Faults:
    errors: list[FieldError] = field(default_factory=list)

    def unless(self, fine: bool, name: str, message: str) -> None:
        if not fine:
            self.errors.append(FieldError(name, message))

    def done(self) -> None:
        if self.errors:
            raise Invalid(_("有 %(n)d 处需要修改。", n=len(self.errors)), errors=self.errors)


def check(spec: Spec) -> None:
    """Raise Invalid for bounds that overlap, do not fall or lie outside what can be."""
    faults = _Faults()
    days = getattr(spec, "days", 365)
    faults.unless(1 <= days <= 3660, "days", _("天数应在 1 到 3,660 之间。"))
    if isinstance(spec, GradeSpec):
        _check_grade(spec, faults)
    elif isinstance(spec, RfmSpec):
        _check_rfm(spec, faults)
    else:
        faults.unless(0 < spec.a_bp < spec.b_bp <= 10_000, "b_bp", _("A 的占比须小于 A+B 的占比，两者都不超过全部。"))
    faults.done()


def _check_grade(spec: GradeSpec, faults: _Faults) -> None:
    faults.unless(spec.figure in FIGURES, "figure", _("请选择按什么分级。"))
    faults.unless(2 <= len(spec.steps) <= MAX_STEPS, "steps", _("分级应有 2 到 %(n)d 级。", n=MAX_STEPS))
    codes = [step.code for step in spec.steps]
    for n, step in enumerate(spec.steps):
        faults.unless(bool(CODE.fullmatch(step.code)), f"code_{n}", _("级别用大写字母开头，最多 4 个字符。"))
        faults.unless(codes.index(step.code) == n, f"code_{n}", _("级别 %(code)s 重复。", code=step.code))
        higher = n == 0 or spec.steps[n - 1].least > step.least
        faults.unless(higher, f"least_{n}", _("门槛须逐级降低，否则这一级永远没有人。"))
        faults.unless(step.least >= 0, f"least_{n}", _("门槛不能是负数。"))
    if spec.steps:
        faults.unless(spec.steps[-1].least == 0, f"least_{len(spec.steps) - 1}", _("最低一级的门槛必须是 0。"))


def _check_rfm(spec: RfmSpec, faults: _Faults) -> None:
    for name in ("recency", "frequency", "money"):
        bounds = getattr(spec, name)
        rising = list(bounds) if name == "recency" else list(reversed(bounds))
        fine = len(bounds) == SCORES - 1 and all(one >= 0 for one in bounds) and rising == sorted(set(bounds))
        words = _("四个界限须逐个变大。") if name == "recency" else _("四个界限须逐个变小。")
        faults.unless(fine, name, words)
    fine = LOWEST_SUM < spec.general < spec.high <= HIGHEST_SUM
    faults.unless(fine, "high", _("总分在 3 到 15 之间，高价值的下限须大于一般的下限。"))
