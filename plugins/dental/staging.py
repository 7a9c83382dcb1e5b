"""Stage and grade of periodontitis as a suggestion with its reasons: a dentist decides, nothing here is a diagnosis.

2018 classification (Tonetti, Greenwell, Kornman; Papapanou et al. for what a case is). Where a margin was not measured
it stands at the enamel junction, and healthy gum covers that junction by some millimetres: so attachment counts as lost
only where gum has receded or a pocket is 4 mm and more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.sdk import _
from plugins.dental import teeth
from plugins.dental.perio import Figures, Head, Measured, Site, figures

POCKET = 4  # mm: from here on a sulcus is a pocket
BETWEEN = frozenset({"MB", "DB", "ML", "DL"})
DIABETIC = 65  # tenths of a per cent of HbA1c

STAGES = ("", "I", "II", "III", "IV")


def stage(worst_cal: int, deepest: int, lost: int, loss_percent: int | None = None) -> int:
    """Return the stage 0–4 that the worst attachment loss (mm), pocket (mm), teeth lost to it and bone loss suggest.

    CAL 1–2 I, 3–4 II, from 5 III; bone loss under 15 % I, to 33 % II, beyond III; teeth lost 1–4 III, from 5 IV;
    pockets of 6 mm raise to III, of 5 to II.
    """
    if worst_cal <= 0 and not lost and not loss_percent:
        return 0
    by_cal = 3 if worst_cal >= 5 else 2 if worst_cal >= 3 else 1
    by_bone = 0 if loss_percent is None else 1 if loss_percent < 15 else 2 if loss_percent <= 33 else 3
    by_depth = 3 if deepest >= 6 else 2 if deepest == 5 else 1
    found = max(by_cal, by_bone, by_depth, 3 if lost else 0)
    return 4 if lost >= 5 else found


def grade(loss_percent: int | None, age: int | None, *, smokes: int = 0, hba1c_tenths: int | None = None) -> str:
    """Return grade A, B or C by bone loss over age, or "" when neither is known.

    Under 0.25 A, to 1.0 B, over C; ten cigarettes a day or HbA1c from 7.0 % make C, fewer cigarettes or diabetes below
    that (HbA1c from 6.5 %) at least B.
    """
    if loss_percent is None or not age:
        return ""
    found = "A" if 4 * loss_percent < age else "B" if loss_percent <= age else "C"
    if smokes >= 10 or (hba1c_tenths or 0) >= 70:
        return "C"
    return "B" if found == "A" and (smokes or (hba1c_tenths or 0) >= DIABETIC) else found


def lost_at(site: Site) -> int:
    """Return the attachment lost at a site in mm, 0 where there is no sign of any."""
    if site.pd is None or site.cal is None or not (site.gm < 0 or site.pd >= POCKET):
        return 0
    return max(site.cal, 0)


def _measured(exam: Mapping[str, Measured]) -> dict[str, Measured]:
    return {fdi: tooth for fdi, tooth in exam.items() if not tooth.skipped and tooth.sites}


def extent(exam: Mapping[str, Measured]) -> int:
    """Return the share of teeth with attachment loss, in basis points: under 30 % localised."""
    measured = _measured(exam)
    ill = [tooth for tooth in measured.values() if any(map(lost_at, tooth.sites.values()))]
    return 10_000 * len(ill) // len(measured) if measured else 0


def is_case(exam: Mapping[str, Measured]) -> bool:
    """Return whether attachment is lost as in periodontitis.

    Between two teeth that are no neighbours, or 3 mm and more on cheek or tongue side with pockets over 3 mm at two.
    """
    measured = _measured(exam)
    between = {
        fdi for fdi, tooth in measured.items() if any(lost_at(s) for n, s in tooth.sites.items() if n in BETWEEN)
    }
    deep = [
        fdi for fdi, tooth in measured.items()
        if any(lost_at(s) >= 3 and (s.pd or 0) > 3 for n, s in tooth.sites.items() if n not in BETWEEN)
    ]  # fmt: skip
    return len(deep) >= 2 or any(not _neighbours(one, other) for one in between for other in between if one < other)


def _neighbours(one: str, other: str) -> bool:
    row = next(row for row in teeth.ROWS["permanent"] if one in row)
    return other in row and abs(row.index(one) - row.index(other)) == 1


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the figures suggest: stage 0–4 (0: none), grade A–C or "", share of teeth in basis points, why."""

    stage: int
    grade: str
    extent_bp: int
    reasons: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return stage and grade: III 期 B 级; empty where nothing is suggested."""
        if not self.stage:
            return ""
        if not self.grade:
            return _("%(stage)s 期", stage=STAGES[self.stage])
        return _("%(stage)s 期 %(grade)s 级", stage=STAGES[self.stage], grade=self.grade)


def suggest(exam: Mapping[str, Measured], head: Head, age: int | None) -> Suggestion:
    """Return stage and grade as the examination suggests them, with the reasons in sentences."""
    if not (is_case(exam) or head.loss_percent or head.lost):
        told = _("相邻面附着丧失没有达到两颗不相邻的牙，不提示分期。") if _measured(exam) else _("还没有测量。")
        return Suggestion(0, "", 0, (told,))
    found, worst = figures(exam), worst_of(exam)
    step = stage(worst[0], found.deepest, head.lost or 0, head.loss_percent)
    level = grade(head.loss_percent, age, smokes=head.smokes, hba1c_tenths=head.hba1c_tenths)
    return Suggestion(step, level, extent(exam), tuple(_reasons(exam, found, worst, head, age)))


def worst_of(exam: Mapping[str, Measured]) -> tuple[int, str]:
    """Return the most attachment lost (mm) and at which tooth; (0, "") where none is."""
    found = [(lost_at(site), fdi) for fdi, tooth in _measured(exam).items() for site in tooth.sites.values()]
    return max((one for one in found if one[0]), key=lambda one: one[0], default=(0, ""))


def _reasons(
    exam: Mapping[str, Measured], found: Figures, worst: tuple[int, str], head: Head, age: int | None
) -> list[str]:
    told = []
    if worst[0]:
        told.append(_("附着丧失最重 %(mm)d 毫米（%(tooth)s）", mm=worst[0], tooth=worst[1]))
    if found.deepest >= POCKET:
        told.append(_("探诊最深 %(mm)d 毫米", mm=found.deepest))
    if head.lost:
        told.append(_("因牙周病失牙 %(n)d 颗", n=head.lost))
    if head.loss_percent is not None and age:
        ratio = (100 * head.loss_percent + age // 2) // age
        told.append(_("骨丧失 %(percent)d%%，%(age)d 岁：比值 %(ratio)s", percent=head.loss_percent, age=age,
                      ratio=f"{ratio // 100}.{ratio % 100:02}"))  # fmt: skip
    else:
        told.append(_("填写骨丧失百分比后给出分级") if age else _("会员没有出生日期，不能分级"))
    if head.smokes:
        told.append(_("每日吸烟 %(n)d 支", n=head.smokes))
    if head.hba1c_tenths is not None:
        told.append(_("糖化血红蛋白 %(value)s%%", value=f"{head.hba1c_tenths // 10}.{head.hba1c_tenths % 10}"))
    if (share := extent(exam)) and _measured(exam):
        told.append(_("广泛型：%(percent)d%% 的牙", percent=share // 100) if share >= 3000
                    else _("局限型：%(percent)d%% 的牙", percent=share // 100))  # fmt: skip
    return told
