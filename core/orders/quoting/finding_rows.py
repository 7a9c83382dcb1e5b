"""A finding as it is kept with its order or course use: the one record of overrides for all plugins (clinic.md 2)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from core.kernel.ids import new_id
from core.kernel.sealed import seal_text

if TYPE_CHECKING:
    from core.orders.quoting.findings import Passed


def row(one: Passed, franchise_id: int, order_id: int, person_id: int | None, line_no: int, at: int) -> dict[str, Any]:
    """Return the columns of a kept finding; `at` is the instant of the settling.

    What the rule saw and what was shown as evidence are sealed together.
    """
    row_id = new_id()

    def sealed(column: str, text: str) -> bytes | None:
        return seal_text("finding", column, row_id, franchise_id, text) if text else None

    seen = {**one.finding.evidence, **({"shown": one.evidence} if one.evidence else {})}
    return {
        "id": row_id, "franchise_id": franchise_id, "order_id": order_id, "person_id": person_id, "line_no": line_no,
        "plugin": one.finding.plugin, "code": one.finding.code, "severity": one.finding.severity,
        "text_sealed": sealed("text_sealed", one.finding.text), "override_by": one.by,
        "override_at": at if one.by else None, "reason_sealed": sealed("reason_sealed", one.reason),
        "reason_code": one.reason_code, "licence_kind": one.licence_kind, "licence_no": one.licence_no,
        "data_version": one.finding.data_version, "second_by": one.second_by,
        "evidence_sealed": sealed(
            "evidence_sealed", json.dumps(seen, ensure_ascii=False, sort_keys=True, default=str) if seen else ""
        ),
    }  # fmt: skip
