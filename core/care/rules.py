"""What may stand in a person's facts and what follows from them. Pure functions over plain data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from core.care import codes
from core.kernel.errors import FieldError, Invalid
from core.kernel.i18n import _, _l

ALLERGY, CONDITION, MEDICINE, PHYSIOLOGY = "allergy", "condition", "medicine", "physiology"
KINDS = (ALLERGY, CONDITION, MEDICINE, PHYSIOLOGY)
UNKNOWN, NONE_KNOWN, LISTED = "unknown", "none_known", "listed"
STATUSES: dict[str, Any] = {UNKNOWN: _l("未询问"), NONE_KNOWN: _l("无已知过敏"), LISTED: _l("有过敏")}

ACTIVE, INACTIVE, RESOLVED, REFUTED, STOPPED, REPLACED, ERASED = (
    "active", "inactive", "resolved", "refuted", "stopped", "replaced", "erased",
)  # fmt: skip
# What a fact of a kind may become (FHIR AllergyIntolerance.clinicalStatus, verificationStatus; Condition).
MAY_BE: dict[str, tuple[str, ...]] = {
    ALLERGY: (ACTIVE, INACTIVE, RESOLVED, REFUTED), CONDITION: (ACTIVE, RESOLVED, REFUTED),
    MEDICINE: (ACTIVE, STOPPED, REFUTED), PHYSIOLOGY: (ACTIVE, REPLACED, REFUTED),
}  # fmt: skip
STATUS_NAMES: dict[str, Any] = {
    ACTIVE: _l("有效"), INACTIVE: _l("不再出现"), RESOLVED: _l("已缓解"), REFUTED: _l("已否定"), STOPPED: _l("已停用"),
    REPLACED: _l("已更新"), ERASED: _l("已清除"),
}  # fmt: skip
TYPES: dict[str, Any] = {"allergy": _l("过敏"), "intolerance": _l("不耐受")}
CATEGORIES: dict[str, Any] = {
    "medication": _l("药物"), "food": _l("食物"), "environment": _l("环境"), "biologic": _l("生物制品"),
}  # fmt: skip
CRITICALITIES: dict[str, Any] = {"low": _l("低"), "high": _l("高"), "unable_to_assess": _l("无法判断")}
SEVERITIES: dict[str, Any] = {"mild": _l("轻"), "moderate": _l("中"), "severe": _l("重")}
VERIFICATIONS: dict[str, Any] = {"unconfirmed": _l("未确认"), "confirmed": _l("已确认")}
SOURCES: dict[str, Any] = {"purchase": _l("在本店购买"), "told": _l("本人告知"), "prescription": _l("处方")}
PREGNANCY, LACTATION, EGFR, HEPATIC, WEIGHT = "pregnancy", "lactation", "egfr", "hepatic", "weight"
STATES: dict[str, Any] = {
    PREGNANCY: _l("妊娠"), LACTATION: _l("哺乳"), EGFR: _l("肾功能 eGFR"), HEPATIC: _l("肝功能"), WEIGHT: _l("体重"),
}  # fmt: skip
YES_NO: dict[str, Any] = {"yes": _l("是"), "no": _l("否"), "unknown": _l("不清楚")}
HEPATIC_GRADES: dict[str, Any] = {"normal": _l("正常"), "mild": _l("轻度损害"), "severe": _l("重度损害")}
CHOICES = {PREGNANCY: YES_NO, LACTATION: YES_NO, HEPATIC: HEPATIC_GRADES}
BOUNDS = {EGFR: (1, 200), WEIGHT: (1, 400)}

TEXT_MOST, CODE_MOST, INGREDIENTS_MOST = 200, 60, 20
FIRST_DAY = date(1900, 1, 1)
# A pregnancy without a stated end is taken to last this long from the day it was told; lactation two years.
PREGNANCY_DAYS, LACTATION_DAYS = 300, 730
# Medicines that ended longer ago than this are history, not a fact that protects.
MEDICINE_DAYS = 400


@dataclass(frozen=True, slots=True)
class New:
    """A fact to note, checked: its kind, `code` (`kind|code kind|code`), the sealed record as plain data."""

    kind: str
    code: str
    body: Mapping[str, Any]


def _text(errors: list[FieldError], name: str, value: str, most: int = TEXT_MOST) -> str:
    text = " ".join(str(value or "").split())
    if len(text) > most:
        errors.append(FieldError(name, _("最多 %(n)d 个字。", n=most)))
    return text[:most]


def _one_of(errors: list[FieldError], name: str, value: str, allowed: Iterable[str], default: str = "") -> str:
    if not value:
        return default
    if value not in set(allowed):
        errors.append(FieldError(name, _("这里不能填“%(value)s”。", value=str(value)[:40])))
    return value


def _day(errors: list[FieldError], name: str, value: date | None, latest: date | None) -> str | None:
    if value is None:
        return None
    if value < FIRST_DAY or (latest is not None and value > latest):
        errors.append(FieldError(name, _("日期应在 1900 年以后，且不晚于今天。")))
    return value.isoformat()


def _raise(errors: list[FieldError]) -> None:
    if errors:
        raise Invalid(_("有 %(n)d 处需要修改。", n=len(errors)), errors=errors)


def allergy(
    *, today: date, code_kind: str = "", code: str = "", text: str = "", type: str = "", category: str = "",  # noqa: A002
    criticality: str = "", verification: str = "", reaction: str = "", severity: str = "", onset: date | None = None,
) -> New:  # fmt: skip
    """Return an allergy to note (FHIR AllergyIntolerance); a class or ingredient by code, else in words.

    Without a code the words are looked up: who writes 青霉素类 means the class. Raises Invalid for an unknown code,
    neither code nor words, or a value that FHIR does not know.
    """
    errors: list[FieldError] = []
    words = _text(errors, "text", text)
    known = codes.substance(code_kind, code) if code and code_kind else None
    if code and known is None:
        known = next((one for kind in (codes.CLASS, codes.INGREDIENT) if (one := codes.substance(kind, code))), None)
        if known is None:
            errors.append(FieldError("code", _("没有“%(code)s”这种物质。可以改用文字填写。", code=code[:60])))
    if not code and words:
        known = codes.matches(words)
        words = "" if known else words
    if not code and not known and not words:
        errors.append(FieldError("text", _("请选择物质，或写出对什么过敏。")))
    body = {
        "code_kind": known.kind if known else codes.TEXT, "code": known.code if known else "", "text": words,
        "type": _one_of(errors, "type", type, TYPES, "allergy"),
        "category": _one_of(errors, "category", category, CATEGORIES),
        "criticality": _one_of(errors, "criticality", criticality, CRITICALITIES, "unable_to_assess"),
        "verification": _one_of(errors, "verification", verification, VERIFICATIONS, "unconfirmed"),
        "reaction": _text(errors, "reaction", reaction),
        "severity": _one_of(errors, "severity", severity, SEVERITIES),
        "onset": _day(errors, "onset", onset, today),
    }  # fmt: skip
    _raise(errors)
    return New(ALLERGY, key(ALLERGY, str(body["code_kind"]), str(body["code"] or body["text"])), body)


def condition(*, today: date, code: str = "", icd10: str = "", text: str = "", since: date | None = None) -> New:
    """Return a condition to note: a code of the list, an ICD-10 code, words, or several of them. Raises Invalid."""
    errors: list[FieldError] = []
    words = _text(errors, "text", text)
    if code and code not in codes.CONDITIONS:
        errors.append(FieldError("code", _("没有“%(code)s”这种情况。可以改用文字填写。", code=code[:60])))
    icd = "".join(icd10.split()).upper()
    if icd and not (3 <= len(icd) <= 8 and icd[0].isalpha() and icd.isascii() and icd[1:3].isalnum()):
        errors.append(FieldError("icd10", _("ICD-10 编码像 K02.1 这样写。")))
    if not (code or icd or words):
        errors.append(FieldError("code", _("请选择一种情况，或写出来。")))
    body = {"code": code, "icd10": icd, "text": words, "since": _day(errors, "since", since, today)}
    _raise(errors)
    own = ("code", code) if code else ("icd10", icd) if icd else (codes.TEXT, words)
    return New(CONDITION, key(CONDITION, *own), body)


def medicine(
    *, today: date, ingredients: Iterable[str] = (), item: str = "", text: str = "", dose: str = "",
    started: date | None = None, until: date | None = None, source: str = "told",
) -> New:  # fmt: skip
    """Return a medicine to note: by single ingredients, the code of a product, or in words. Raises Invalid.

    `until` is the last day for which it is still supplied: what was bought lasts that long.
    """
    errors: list[FieldError] = []
    words = _text(errors, "text", text)
    own = tuple(dict.fromkeys(one for raw in ingredients if (one := " ".join(str(raw).split()))))
    if not own and not item and words and (known := codes.matches(words)) is not None:
        own, words = ((known.code,), "") if known.kind == codes.INGREDIENT else (own, words)
    if len(own) > INGREDIENTS_MOST or any(len(one) > CODE_MOST for one in own):
        errors.append(FieldError("ingredients", _("最多 %(n)d 种成分。", n=INGREDIENTS_MOST)))
    if not (own or item or words):
        errors.append(FieldError("text", _("请选择成分或商品，或写出药名。")))
    body = {
        "ingredients": list(own), "item": _text(errors, "item", item, 40), "text": words,
        "dose": _text(errors, "dose", dose, 120), "started": _day(errors, "started", started, today),
        "until": _day(errors, "until", until, None), "stopped": None,
        "source": _one_of(errors, "source", source, SOURCES, "told"),
    }  # fmt: skip
    _raise(errors)
    name = ("item", item) if item else (codes.INGREDIENT, ";".join(sorted(own))) if own else (codes.TEXT, words)
    return New(MEDICINE, key(MEDICINE, *name), body)


def physiology(*, today: date, state: str, value: str, on: date | None = None, until: date | None = None) -> New:
    """Return a dated state to note: pregnancy and lactation yes, no or unknown; eGFR in mL/min/1.73 m², weight in kg.

    `until` of a pregnancy is the due day. Raises Invalid.
    """
    errors: list[FieldError] = []
    _one_of(errors, "state", state or "?", STATES)
    text = str(value).strip()
    if state in CHOICES:
        _one_of(errors, "value", text or "?", CHOICES[state])
    elif state in BOUNDS:
        low, high = BOUNDS[state]
        if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
            errors.append(FieldError("value", _("请填 %(low)d 到 %(high)d 的整数。", low=low, high=high)))
    day = _day(errors, "on", on or today, today)
    body = {"state": state, "value": text, "on": day, "until": _day(errors, "until", until, None)}
    _raise(errors)
    return New(PHYSIOLOGY, state_key(state, text), body)


def key(kind: str, code_kind: str, code: str) -> str:
    """Return what the keyed index of a fact is made of."""
    return f"{kind}|{code_kind}|{code.strip().lower()}"[:400]


def state_key(state: str, value: str) -> str:
    """Return the key of a dated state; an answer of a list stands in it, so that it can be excluded unread."""
    return key(PHYSIOLOGY, state, value) if state in CHOICES else key(PHYSIOLOGY, "state", state)


def state_keys(state: str) -> tuple[str, ...]:
    """Return every key that a dated state may be kept under, whatever was answered."""
    return (key(PHYSIOLOGY, "state", state), *(key(PHYSIOLOGY, state, value) for value in CHOICES.get(state, ())))


def slot_of(code: str) -> str:
    """Return what a person can have but one of at a time: the fact itself, of a dated state the state."""
    kind, _bar, rest = code.partition("|")
    state = rest.partition("|")[0]
    return key(PHYSIOLOGY, "state", state) if kind == PHYSIOLOGY and state in CHOICES else code


def status_after(status: str, active_allergies: int) -> str:
    """Return the allergy status that follows from how many allergies count now.

    Who has one is listed; who had some and none counts any more is unknown again: asked anew (OpenMRS `Allergies`).
    """
    if active_allergies:
        return LISTED
    return UNKNOWN if status == LISTED else status


def conditions_of(
    stated: Iterable[str], age: int | None, states: Mapping[str, Mapping[str, Any]], today: date
) -> frozenset[str]:
    """Return the codes that hold: those stated, those they imply, and those computed from age and dated states."""
    found = set(stated)
    for code in tuple(found):
        found.update(codes.IMPLIED.get(code, ()))
    if age is not None:
        found.update(f"age_lt_{limit}" for limit in codes.AGES if age < limit)
    found.update(state for state in (PREGNANCY, LACTATION) if yes(states.get(state), state, today) == "yes")
    egfr = number(states.get(EGFR))
    if egfr is not None and egfr < codes.RENAL_BELOW:
        found.add("renal_impairment")
    if egfr is not None and egfr < codes.RENAL_SEVERE_BELOW:
        found.add("renal_severe")
    if (states.get(HEPATIC) or {}).get("value") in ("mild", "severe"):
        found.add("hepatic_impairment")
    return frozenset(found)


def yes(body: Mapping[str, Any] | None, state: str, today: date) -> str:
    """Return yes, no or unknown of a pregnancy or lactation on a day: a yes ends with its day, then it is unknown."""
    if body is None:
        return "unknown"
    if body["value"] != "yes":
        return str(body["value"])
    days = PREGNANCY_DAYS if state == PREGNANCY else LACTATION_DAYS
    last = day_of(body.get("until")) or (day_of(body.get("on")) or today) + timedelta(days=days)
    return "yes" if today <= last else "unknown"


def number(body: Mapping[str, Any] | None) -> int | None:
    """Return the whole number of a dated state, or None."""
    return int(body["value"]) if body and str(body["value"]).isdigit() else None


def day_of(text: Any) -> date | None:
    """Return the day of an ISO text, or None."""
    return date.fromisoformat(text) if text else None


def supplied(body: Mapping[str, Any], status: str, today: date) -> tuple[bool, bool]:
    """Return (is it being taken, does it still matter) of a medicine: what ended over 400 days ago is history."""
    if status == REFUTED:
        return False, False
    until, stopped = day_of(body.get("until")), day_of(body.get("stopped"))
    active = status == ACTIVE and (until is None or until >= today) and (stopped is None or stopped > today)
    end = min((one for one in (until, stopped) if one), default=None)
    return active, active or (end is not None and end >= today - timedelta(days=MEDICINE_DAYS))
