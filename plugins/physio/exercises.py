"""What to do at home: a short catalogue of common exercises, and what somebody was told to do. Pure.

The wording is ours and general; the clinic's therapist chooses and may add a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.sdk import FieldError, Invalid, _, _l

EXERCISES: dict[str, tuple[Any, Any]] = {
    "chin_tuck": (_l("收下巴"), _l("坐直，下巴水平向后收，停 5 秒，放松。")),
    "neck_side_stretch": (_l("颈侧拉伸"), _l("一手轻扶头侧向同侧拉，到有牵拉感停 20 秒，不要弹动。")),
    "shoulder_pendulum": (_l("钟摆运动"), _l("弯腰，手臂自然下垂，像钟摆一样画小圈。")),
    "wall_climb": (_l("手指爬墙"), _l("面对墙，手指沿墙向上爬，到微痛处停 5 秒。")),
    "scapular_squeeze": (_l("夹肩胛"), _l("两肩胛向后向中间夹紧，停 5 秒，放松。")),
    "pelvic_tilt": (_l("骨盆后倾"), _l("仰卧屈膝，收腹把腰压向床面，停 5 秒。")),
    "bridge": (_l("臀桥"), _l("仰卧屈膝，抬起臀部与身体成一线，停 5 秒，慢放。")),
    "cat_cow": (_l("猫式伸展"), _l("四点跪位，吸气塌腰抬头，呼气弓背低头。")),
    "dead_bug": (_l("死虫式"), _l("仰卧，对侧手脚慢慢伸直，腰不离床。")),
    "quad_set": (_l("绷大腿"), _l("坐或卧，膝盖伸直，大腿前侧绷紧停 5 秒。")),
    "straight_leg_raise": (_l("直腿抬高"), _l("仰卧，膝伸直抬腿 30 厘米，停 5 秒，慢放。")),
    "calf_raise": (_l("提踵"), _l("扶椅背站立，慢慢踮脚，停 3 秒，慢放。")),
    "ankle_pump": (_l("踝泵"), _l("脚背用力勾起，再用力绷直，来回做。")),
}  # fmt: skip
MOST = 8


@dataclass(frozen=True, slots=True)
class Task:
    """An exercise somebody was given: sets a day, repetitions a set, a line of the therapist's."""

    code: str
    sets: int
    times: int
    note: str

    @property
    def name(self) -> str:
        """Return what it is called."""
        return str(EXERCISES[self.code][0])

    @property
    def how(self) -> str:
        """Return how it is done."""
        return str(EXERCISES[self.code][1])


def read(form: Mapping[str, str], chosen: Iterable[str]) -> list[Task]:
    """Return what was chosen; raise Invalid for none, too many, or figures that cannot be."""
    errors: list[FieldError] = []
    found = []
    for code in dict.fromkeys(chosen):
        if code not in EXERCISES:
            errors.append(FieldError("exercise", _("没有“%(code)s”这个动作。", code=code[:40])))
            continue
        sets = _number(form.get(f"sets_{code}", "2"), f"sets_{code}", 10, errors)
        times = _number(form.get(f"times_{code}", "10"), f"times_{code}", 50, errors)
        found.append(Task(code, sets, times, form.get(f"note_{code}", "").strip()[:80]))
    if not errors and not 1 <= len(found) <= MOST:
        errors.append(FieldError("exercise", _("请选 1 到 %(most)d 个动作，多了做不到。", most=MOST)))
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    return found


def _number(text: str, name: str, most: int, errors: list[FieldError]) -> int:
    text = text.strip()
    if text.isascii() and text.isdigit() and 1 <= int(text) <= most:
        return int(text)
    errors.append(FieldError(name, _("请填 1 到 %(most)d 的整数。", most=most)))
    return 1


def to_plain(tasks: Iterable[Task]) -> dict[str, Any]:
    """Return what was given as it is kept."""
    return {"tasks": [[one.code, one.sets, one.times, one.note] for one in tasks]}


def of_plain(data: Mapping[str, Any]) -> list[Task]:
    """Return what was given as it was kept; an exercise that is no longer in the catalogue is left out."""
    return [Task(*one) for one in data["tasks"] if one[0] in EXERCISES]
