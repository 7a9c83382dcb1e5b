"""Findings on a basket: procedures against what is known of the person treated, and what a treatment still lacks.

What core knows (core/care), the questionnaire and the note of the cycle are read together. A finding says neither a
diagnosis nor a medicine: everybody at the till sees it. What it matched stands in its evidence, sealed with the order.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from core.sdk import BasketView, Check, CheckSpec, HookContext, _, _l, safety_of, setting_value
from plugins.beauty import contraindications, profiles, records, sign_off
from plugins.beauty.attributes import CONSENT_OF, INJECTED, NAMES, PROCEDURE
from plugins.beauty.contraindications import BLOCK, MAJOR, Against
from plugins.beauty.permissions import OVERRIDE
from plugins.beauty.settings import DUTY, ISOTRETINOIN, MINORS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy.orm import Session

    from core.sdk import LineView

CONTRAINDICATED, WARNING, CAUTION = "beauty.contraindicated", "beauty.warning", "beauty.caution"
NO_CONSENT, NO_ANSWERS = "beauty.no_consent", "beauty.no_questionnaire"
CODE_OF = {BLOCK: CONTRAINDICATED, MAJOR: WARNING, "moderate": CAUTION}
LICENCES = sign_off.LICENCES

SPECS = [
    CheckSpec(CONTRAINDICATED, _l("美容项目禁用"), "contraindicated", 10),
    CheckSpec(WARNING, _l("美容项目须医师评估"), "major", 20),
    CheckSpec(CAUTION, _l("美容项目慎用"), "moderate", 30),
    CheckSpec(NO_CONSENT, _l("还没有签知情同意"), "major", 40),
    CheckSpec(NO_ANSWERS, _l("禁忌问卷没有做或已过期"), "major", 50),
]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a person against procedures: states with their days, the questionnaire's day, consents."""

    told: Mapping[str, date | None]
    asked_on: date | None
    signed: frozenset[str]


def known_of(session: Session, person_ids: Collection[int], purpose: str, on: date) -> dict[int, Known]:
    """Return what is known of these persons; the read of their safety facts is audited under `purpose`."""
    safety = safety_of(session, person_ids, purpose)
    answers = records.newest_answers(session, person_ids)
    consents = records.newest_consents(session, person_ids)
    cycles = profiles.in_period(session, person_ids, on)
    found = {}
    for person in person_ids:
        row = answers.get(person)
        told = contraindications.merged(
            contraindications.of_care(safety.get(person)), records.told_in(row),
            {"period": None} if person in cycles else {},
        )  # fmt: skip
        signed = frozenset(
            kind for (one, kind), kept in consents.items() if one == person and records.is_good(session, kept)
        )
        found[person] = Known(told, row.on if row else None, signed)
    return found


def against(session: Session, procedure: str, known: Known, on: date) -> list[Against]:
    """Return what speaks against a procedure for a person, by the franchise's windows, the gravest first."""
    windows = {"isotretinoin": int(setting_value(session, ISOTRETINOIN))}
    found = contraindications.against(procedure, known.told, on, windows)
    if "minor" in known.told and procedure in INJECTED and setting_value(session, MINORS) == "refuse":
        found = [Against("minor", BLOCK), *(one for one in found if one.state != "minor")]
    return found


def checks(ctx: HookContext, basket: BasketView) -> list[Check]:
    """Return the findings of the lines with a procedure that somebody known is treated by."""
    lines = [line for line in basket.lines if line.attributes.get(PROCEDURE) in CONSENT_OF]
    treated = {person for line in lines if (person := basket.treated(line)) is not None}
    if ctx.session is None or not treated:
        return []
    known = known_of(ctx.session, treated, "beauty.check", ctx.business_date)
    found: list[Check] = []
    for line in lines:
        person = basket.treated(line)
        if person is not None:
            found += _matched(ctx, line, known[person]) + _lacking(ctx, line, known[person])
    return found


def _matched(ctx: HookContext, line: LineView, known: Known) -> list[Check]:
    """Return one finding a level: a cashier sees that something speaks against it, not what."""
    assert ctx.session is not None
    procedure = line.attributes[PROCEDURE]
    levels: dict[str, list[Against]] = {}
    for one in against(ctx.session, procedure, known, ctx.business_date):
        levels.setdefault(one.level, []).append(one)
    return [
        Check(
            CODE_OF[level], level, words(procedure, ones, sign_off.told_version(ctx.session)), line.line,  # type: ignore[arg-type]
            OVERRIDE if level == MAJOR else None,
            {"states": [one.state for one in ones], "days": [one.days for one in ones], "procedure": procedure},
            licences=LICENCES if level == MAJOR else frozenset(), data_version=contraindications.VERSION,
        )
        for level, ones in levels.items()
    ]  # fmt: skip


def words(procedure: str, ones: list[Against], version: str) -> str:
    """Return what a finding says: the procedure, the level, how many days of a window have passed, the table."""
    name, level = NAMES[procedure], contraindications.LEVELS[ones[0].level]
    timed = next((one for one in ones if one.days is not None), None)
    if timed is not None:
        return _(
            "%(name)s：%(level)s，间隔 %(days)d 天，不足 %(window)d 天（禁忌表 %(version)s）",
            name=name, level=level, days=timed.days, window=timed.window, version=version,
        )  # fmt: skip
    return _(
        "%(name)s：%(level)s，请医师核对健康信息和问卷（禁忌表 %(version)s）",
        name=name, level=level, version=version,
    )  # fmt: skip


def lacking(session: Session, procedure: str, known: Known, on: date) -> list[str]:
    """Return what a treatment still lacks, as codes of findings: a consent of its kind, a questionnaire in force."""
    missing = [] if CONSENT_OF[procedure] in known.signed else [NO_CONSENT]
    if not contraindications.is_current(known.asked_on, on, records.valid_days(session)):
        missing.append(NO_ANSWERS)
    return missing


def _lacking(ctx: HookContext, line: LineView, known: Known) -> list[Check]:
    assert ctx.session is not None
    severity: Any = setting_value(ctx.session, DUTY)
    procedure = line.attributes[PROCEDURE]
    said = {
        NO_CONSENT: _("%(name)s还没有有效的知情同意，治疗前请签署。", name=NAMES[procedure]),
        NO_ANSWERS: _("%(name)s的禁忌问卷没有做或已过期，治疗前请先问。", name=NAMES[procedure]),
    }
    return [
        Check(
            code, severity, said[code], line.line, OVERRIDE if severity == MAJOR else None,
            licences=LICENCES if severity == MAJOR else frozenset(), data_version=contraindications.VERSION,
        )
        for code in lacking(ctx.session, procedure, known, ctx.business_date)
    ]  # fmt: skip
