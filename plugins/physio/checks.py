"""Findings on a basket: a modality against what the person treated was found to have. Pure but for its one read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from core.sdk import BasketView, Check, CheckSpec, HookContext, SafetyView, _, _l, safety_of
from plugins.physio import contraindications, records
from plugins.physio.permissions import OVERRIDE

if TYPE_CHECKING:
    from core.sdk import LineView

MODALITY = "physio.modality"
CONTRAINDICATED, CAUTION, NOT_SCREENED = "physio.contraindicated", "physio.caution", "physio.not_screened"

LICENCES = frozenset({"therapist", "physician", "assistant"})

SPECS = [
    CheckSpec(CONTRAINDICATED, _l("理疗禁忌"), "major", 10),
    CheckSpec(CAUTION, _l("理疗慎用"), "moderate", 20),
    CheckSpec(NOT_SCREENED, _l("没有做过理疗禁忌筛查"), "info", 30),
]


def checks(ctx: HookContext, basket: BasketView) -> list[Check]:
    """Return the findings of the lines whose modality has contraindications; of nobody known: none were asked for."""
    lines = [line for line in basket.lines if line.attributes.get(MODALITY) in contraindications.ASKED_FOR]
    treated = {person for line in lines if (person := basket.treated(line)) is not None}
    if ctx.session is None or not treated:
        return []
    rows = records.screenings(ctx.session, treated)
    known = safety_of(ctx.session, treated, "physio.check")
    found: list[Check] = []
    for line in lines:
        person = basket.treated(line)
        row = rows.get(person or 0)
        if person is None:
            continue
        screened = frozenset(json.loads(row.found or "[]")) if row else frozenset()
        found += _unnamed(line, of_care(known.get(person)) - screened)
        if row is None:
            found.append(Check(NOT_SCREENED, "info", _("还没有做过理疗禁忌筛查，这一行没有核对。"), line.line))
            continue
        found += _findings(line, screened, row.on.isoformat())
    return found


def of_care(view: SafetyView | None) -> frozenset[str]:
    """Return the conditions of ours that core's facts about a person say they have."""
    if view is None:
        return frozenset()
    return frozenset(own for code in view.condition_codes for own in contraindications.FROM_CARE.get(code, ()))


def _findings(line: LineView, conditions: frozenset[str], on: str) -> list[Check]:
    modality = line.attributes[MODALITY]
    return [
        Check(
            CONTRAINDICATED if one.severity == "major" else CAUTION, one.severity,  # type: ignore[arg-type]
            _("%(what)s：%(level)s（%(day)s 筛查，禁忌表 %(version)s）",
              what=contraindications.CONDITIONS[one.condition], level=contraindications.LEVELS[one.level], day=on,
              version=contraindications.VERSION),
            line.line, OVERRIDE if one.severity == "major" else None,
            {"condition": one.condition, "modality": modality, "version": contraindications.VERSION},
            licences=LICENCES if one.severity == "major" else frozenset(), data_version=contraindications.VERSION,
        )
        for one in contraindications.against(modality, conditions)
    ]  # fmt: skip


def _unnamed(line: LineView, conditions: frozenset[str]) -> list[Check]:
    """Return a finding a level for what core's facts say: a cashier sees the alert, not the diagnosis (S4-38)."""
    modality = line.attributes[MODALITY]
    found: dict[str, Check] = {}
    for one in contraindications.against(modality, conditions):
        major = one.severity == "major"
        found.setdefault(one.level, Check(
            CONTRAINDICATED if major else CAUTION, one.severity,  # type: ignore[arg-type]
            _("健康信息提示这个理疗方式%(level)s，请治疗师核对（禁忌表 %(version)s）",
              level=contraindications.LEVELS[one.level], version=contraindications.VERSION),
            line.line, OVERRIDE if major else None,
            {"condition": one.condition, "modality": modality, "version": contraindications.VERSION},
            licences=LICENCES if major else frozenset(), data_version=contraindications.VERSION,
        ))  # fmt: skip
    return list(found.values())
