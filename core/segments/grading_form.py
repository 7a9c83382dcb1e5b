"""The form of grades and value classes: typed texts ↔ specs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.kernel.errors import FieldError, Invalid
from core.kernel.i18n import _
from core.kernel.money import parse_yuan, show_yuan
from core.segments import rules
from core.segments.words import MONEY_FIGURES


def _plain(fen: int) -> str:
    return show_yuan(fen).replace(",", "").removesuffix(".00")


def write(spec: rules.Spec) -> dict[str, Any]:
    """Return a spec as the texts of its form: money in yuan, shares in per cent."""
    if isinstance(spec, rules.GradeSpec):
        money = spec.figure in MONEY_FIGURES
        steps = [{"code": step.code, "least": _plain(step.least) if money else str(step.least)} for step in spec.steps]
        return {"figure": spec.figure, "days": str(spec.days), "steps": steps}
    if isinstance(spec, rules.RfmSpec):
        return {
            "days": str(spec.days), "recency": [str(one) for one in spec.recency],
            "frequency": [str(one) for one in spec.frequency], "money": [_plain(one) for one in spec.money],
            "high": str(spec.high), "general": str(spec.general),
        }  # fmt: skip
    return {"days": str(spec.days), "a": str(spec.a_bp // 100), "b": str(spec.b_bp // 100)}


def typed(form: Any) -> dict[str, Any]:
    """Return the texts that a form posts; steps without code and bound are left out."""
    text = lambda key: form.get(key, "").strip()  # noqa: E731
    pairs = zip(form.getlist("code"), form.getlist("least"), strict=False)
    steps = [{"code": code.strip().upper(), "least": least.strip()} for code, least in pairs]
    return {
        "grade": {"figure": text("figure"), "days": text("grade_days"),
                  "steps": [one for one in steps if one["code"] or one["least"]]},
        "rfm": {"days": text("rfm_days"), "high": text("high"), "general": text("general"),
                **{name: form.getlist(name) for name in ("recency", "frequency", "money")}},
        "abc": {"days": text("abc_days"), "a": text("a"), "b": text("b")},
    }  # fmt: skip


def read(given: Mapping[str, Any]) -> dict[str, rules.Spec]:
    """Return the three specs that were typed; raise Invalid naming each field that is no number."""
    reader = _Reader()
    grade, rfm, abc = given["grade"], given["rfm"], given["abc"]
    money = grade["figure"] in MONEY_FIGURES
    steps = tuple(
        rules.Step(one["code"], (reader.fen if money else reader.whole)(one["least"] or "0", f"least_{n}"))
        for n, one in enumerate(grade["steps"])
    )
    specs: dict[str, rules.Spec] = {
        "grade": rules.GradeSpec(grade["figure"], reader.whole(grade["days"], "days"), steps),
        "rfm": rules.RfmSpec(
            reader.whole(rfm["days"], "rfm_days"), tuple(reader.whole(one, "recency") for one in rfm["recency"]),
            tuple(reader.whole(one, "frequency") for one in rfm["frequency"]),
            tuple(reader.fen(one, "money") for one in rfm["money"]), reader.whole(rfm["high"], "high"),
            reader.whole(rfm["general"], "general"),
        ),
        "abc": rules.AbcSpec(
            reader.whole(abc["days"], "abc_days"), 100 * reader.whole(abc["a"], "a"),
            100 * reader.whole(abc["b"], "b_bp"),
        ),
    }  # fmt: skip
    if reader.errors:
        raise Invalid(_("有 %(n)d 处需要修改。", n=len(reader.errors)), errors=reader.errors)
    return specs


class _Reader:
    def __init__(self) -> None:
        self.errors: list[FieldError] = []

    def whole(self, text: str, field: str) -> int:
        cleaned = text.strip().replace(",", "")
        if cleaned.isdecimal() and len(cleaned) <= 12:
            return int(cleaned)
        self.errors.append(FieldError(field, _("“%(text)s”不是整数。", text=text[:20])))
        return 0

    def fen(self, text: str, field: str) -> int:
        try:
            return parse_yuan(text, field)
        except Invalid as refusal:
            self.errors += refusal.errors
            return 0
