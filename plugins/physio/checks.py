"""Findings on a basket: a modality against what the person treated was found to have. Pure but for its one read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from core.sdk import BasketView, Check, CheckSpec, HookContext, _, _l
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
    found: list[Check] = []
    for line in lines:
        person = basket.treated(line)
        row = rows.get(person or 0)
        if person is None:
            continue
        if row is None:
            found.append(Check(NOT_SCREENED, "info", _("还没有做过理疗禁忌筛查，这一行没有核对。"), line.line))
            continue
        found += _findings(line, frozenset(json.loads(row.found or "[]")), row.on.isoformat())
    return found


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
            licences=LICENCES if one.severity == "major" else frozenset(),
        )
        for one in contraindications.against(modality, conditions)
    ]  # fmt: skip
