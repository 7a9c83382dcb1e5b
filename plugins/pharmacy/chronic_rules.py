"""The programmes for chronic conditions as pure rules: whom they are for, their plan, readings and their bands (S4-03).

Versioned: a plan says by which version it was made. The bands are for orientation at the counter, no diagnosis:
blood pressure by 中国高血压防治指南 (2018, kept in 2024), fasting glucose by 中国 2 型糖尿病防治指南 (2020), LDL
cholesterol by 中国血脂管理指南 (2023), urate by 中国高尿酸血症与痛风诊疗指南 (2019), breathlessness (mMRC) by
慢性阻塞性肺疾病诊治指南 (2021), and when to send somebody to a doctor at once by 国家基本公共卫生服务规范
(third edition, 2017): 180/110 mmHg; 16.7, 3.9 mmol/L.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from core.sdk import FieldError, Invalid, ItemView, Refusal, _, _l
from plugins.pharmacy.rules import NOT_GIVEN

VERSION = "2026.11"
READING, TALK, CHECK = "reading", "talk", "check"
KINDS: dict[str, Any] = {READING: _l("测量"), TALK: _l("用药指导"), CHECK: _l("复查")}
BP, GLUCOSE, LDL, URATE, BREATH = "bp", "glucose", "ldl", "urate", "mmrc"
TENTH = 10
MOST_NOTE = 300


@dataclass(frozen=True, slots=True)
class Band:
    """Values below `upper` (mmHg, tenths of mmol/L, µmol/L, a grade): what they are called, how it is shown."""

    upper: int
    name: Any
    tint: str = ""


@dataclass(frozen=True, slots=True)
class Measure:
    """What is measured: its fields (name, label, least, most), unit, the bands of each field and their source.

    `alarms`: a field at or below the first or at or above the second value wants a doctor at once.
    """

    key: str
    name: Any
    unit: str
    fields: tuple[tuple[str, Any, int, int], ...]
    bands: dict[str, tuple[Band, ...]]
    source: Any
    drawn: dict[str, tuple[int, int]]  # the least and the most that its course shows
    alarms: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    tenths: bool = False


@dataclass(frozen=True, slots=True)
class Programme:
    """A programme: its condition's code and ICD-10 categories, what is measured, days of the first plan and the next.

    The national rules want four looks a year at least (国家基本公共卫生服务规范); these plans have more.
    """

    key: str
    name: Any
    condition: str
    icd10: tuple[str, ...]
    measure: str
    first: tuple[tuple[int, str], ...] = ((7, TALK), (14, READING), (30, READING), (60, READING), (90, CHECK))
    again: tuple[tuple[int, str], ...] = ((30, READING), (60, TALK), (60, READING), (90, CHECK))

    @property
    def codes(self) -> tuple[str, ...]:
        """Return the ICD-10 codes of its categories, with one digit behind the point."""
        return tuple(code for one in self.icd10 for code in (one, *(f"{one}.{n}" for n in range(10))))


MEASURES = {
    BP: Measure(
        BP, _l("血压"), "mmHg", (("systolic", _l("收缩压"), 60, 300), ("diastolic", _l("舒张压"), 30, 200)),
        {
            "systolic": (
                Band(120, _l("正常范围"), "ok"), Band(140, _l("正常高值")), Band(160, _l("1 级"), "warn"),
                Band(180, _l("2 级"), "bad"), Band(301, _l("3 级"), "bad"),
            ),
            "diastolic": (
                Band(80, _l("正常范围"), "ok"), Band(90, _l("正常高值")), Band(100, _l("1 级"), "warn"),
                Band(110, _l("2 级"), "bad"), Band(201, _l("3 级"), "bad"),
            ),
        },
        _l("中国高血压防治指南；就诊提示按国家基本公共卫生服务规范"), {"systolic": (80, 200), "diastolic": (50, 120)},
        {"systolic": (-1, 180), "diastolic": (-1, 110)},
    ),
    GLUCOSE: Measure(
        GLUCOSE, _l("空腹血糖"), "mmol/L", (("fasting", _l("空腹血糖"), 10, 350),),
        {
            "fasting": (
                Band(40, _l("偏低"), "bad"), Band(61, _l("正常范围"), "ok"), Band(70, _l("空腹血糖受损")),
                Band(167, _l("高于控制目标"), "warn"), Band(351, _l("很高"), "bad"),
            ),
        },
        _l("中国 2 型糖尿病防治指南；就诊提示按国家基本公共卫生服务规范"), {"fasting": (20, 130)},
        {"fasting": (39, 167)}, tenths=True,
    ),
    LDL: Measure(
        LDL, _l("低密度脂蛋白胆固醇"), "mmol/L", (("ldl", _l("低密度脂蛋白胆固醇"), 1, 200),),
        {
            "ldl": (
                Band(26, _l("理想水平"), "ok"), Band(34, _l("合适水平"), "ok"), Band(41, _l("边缘升高"), "warn"),
                Band(201, _l("升高"), "bad"),
            ),
        },
        _l("中国血脂管理指南（2023），用于一般人群；控制目标由医师按风险定"), {"ldl": (10, 70)}, tenths=True,
    ),
    URATE: Measure(
        URATE, _l("血尿酸"), "µmol/L", (("urate", _l("血尿酸"), 50, 999),),
        {
            "urate": (
                Band(180, _l("偏低")), Band(360, _l("达到控制目标"), "ok"), Band(421, _l("高于控制目标"), "warn"),
                Band(1000, _l("升高"), "bad"),
            ),
        },
        _l("中国高尿酸血症与痛风诊疗指南（2019）"), {"urate": (150, 700)},
    ),
    BREATH: Measure(
        BREATH, _l("呼吸困难（mMRC）"), "", (("mmrc", _l("呼吸困难分级 0–4"), 0, 4),),
        {"mmrc": (Band(2, _l("症状较少"), "ok"), Band(4, _l("症状较多"), "warn"), Band(5, _l("很重"), "bad"))},
        _l("慢性阻塞性肺疾病诊治指南（2021）"), {"mmrc": (0, 4)}, {"mmrc": (-1, 4)},
    ),
}  # fmt: skip
# What a laboratory measures is not asked every month; the talks go on.
BLOOD_FIRST = ((7, TALK), (30, TALK), (60, READING), (90, CHECK))
BLOOD_AGAIN = ((30, TALK), (90, READING), (90, CHECK))
PROGRAMMES = {
    "hypertension": Programme(
        "hypertension", _l("高血压管理"), "hypertension", ("I10", "I11", "I12", "I13", "I15"), BP
    ),
    "diabetes": Programme("diabetes", _l("糖尿病管理"), "diabetes", ("E10", "E11", "E12", "E13", "E14"), GLUCOSE),
    "lipids": Programme("lipids", _l("血脂管理"), "dyslipidaemia", ("E78",), LDL, BLOOD_FIRST, BLOOD_AGAIN),
    "gout": Programme("gout", _l("痛风管理"), "gout", ("M10",), URATE, BLOOD_FIRST, BLOOD_AGAIN),
    "copd": Programme("copd", _l("慢阻肺管理"), "copd", ("J44",), BREATH),
}


def programme(key: str) -> Programme:
    """Return a programme; raise Invalid for one that there is not."""
    if key not in PROGRAMMES:
        raise Invalid.field("programme", _("请选择一个慢病项目。"))
    return PROGRAMMES[key]


def holds(one: Programme, view: Any) -> bool:
    """Return whether a person's noted conditions (SafetyView) are those of a programme."""
    return one.condition in view.condition_codes or any(had.icd10[:3] in one.icd10 for had in view.conditions)


def plan(one: Programme, start: date, *, first: bool) -> list[tuple[date, str]]:
    """Return the points of a plan as (day, kind), in order."""
    return [(start + timedelta(days=days), kind) for days, kind in (one.first if first else one.again)]


def values_of(measure: Measure, typed: dict[str, str]) -> dict[str, int]:
    """Return a reading's whole numbers (mmHg, tenths of mmol/L) of what was typed; raise Invalid naming the fields."""
    found: dict[str, int] = {}
    errors = []
    for name, label, least, most in measure.fields:
        value = _whole(typed.get(name, ""), tenths=measure.tenths)
        if value is None or not least <= value <= most:
            low, high = shown(measure, least), shown(measure, most)
            said = (
                _("%(what)s应在 %(low)s 到 %(high)s 之间，写到小数点后一位。", what=label, low=low, high=high)
                if measure.tenths
                else _("%(what)s应在 %(low)s 到 %(high)s 之间。", what=label, low=low, high=high)
            )
            errors.append(FieldError(name, said))
        else:
            found[name] = value
    if not errors and measure.key == BP and found["systolic"] <= found["diastolic"]:
        errors.append(FieldError("diastolic", _("舒张压应低于收缩压，请核对。")))
    if errors:
        raise Invalid(_("有 %(n)d 处需要修改。", n=len(errors)), errors=errors)
    return found


def _whole(text: str, *, tenths: bool) -> int | None:
    head, point, tail = text.strip().replace("．", ".").partition(".")
    if not (head.isascii() and head.isdigit() and len(head) <= 3) or (point and not tenths):
        return None
    if point and not (tail.isascii() and tail.isdigit() and len(tail) == 1):
        return None
    return int(head) * TENTH + int(tail or "0") if tenths else int(head)


def shown(measure: Measure, value: int) -> str:
    """Return a value as it is written."""
    return f"{value // TENTH}.{value % TENTH}" if measure.tenths else str(value)


def band_of(measure: Measure, values: dict[str, int]) -> Band:
    """Return the band of a reading: the graver of its fields."""
    found = []
    for name, bands in measure.bands.items():
        at = next(n for n, band in enumerate(bands) if values[name] < band.upper)
        found.append((at, bands[at]))
    return max(found, key=lambda one: one[0])[1]


def urgent(measure: Measure, values: dict[str, int]) -> bool:
    """Return whether a reading wants a doctor at once (国家基本公共卫生服务规范; mMRC 4: breathless when dressing)."""
    return any(values[name] <= low or values[name] >= high for name, (low, high) in measure.alarms.items())


def check_offer(items: dict[str, ItemView], codes: list[str]) -> None:
    """Raise Invalid for goods that there are not, Refusal `pharmacy_not_public` for one that may not be promoted."""
    for code in codes:
        if code not in items:
            raise Invalid.field("offered", _("没有“%(code)s”这个商品。", code=code[:40]))
        if items[code].attributes.get("pharmacy.rx_class") in NOT_GIVEN:
            raise Refusal(
                _(
                    "“%(name)s”是处方药或甲类非处方药，不能向会员推荐（广告法第 15 条、药品流通监督管理办法）。"
                    "请换器械、保健食品或乙类非处方药。", name=items[code].name,
                ),
                code="pharmacy_not_public", errors=[FieldError("offered", _("不能推荐。"))],
            )  # fmt: skip
