"""Health facts as a page or a program shows them: every fact with its status, who noted it and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.care import codes, rules, services
from core.care.models import HealthFact, HealthRecord
from core.kernel.i18n import _
from core.org.models import Staff

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class FactSeen:
    """A fact opened: what is said of it, its name, what may become of it, who noted and who changed it."""

    row: HealthFact
    body: Mapping[str, Any]
    name: str
    noted_by: str
    changed_by: str

    @property
    def live(self) -> bool:
        """Return whether it holds."""
        return self.row.status == rules.ACTIVE

    @property
    def told(self) -> list[str]:
        """Return what else is known of it, in words."""
        body, kind = self.body, self.row.kind
        if kind == rules.ALLERGY:
            words = [
                _("危险程度%(level)s", level=rules.CRITICALITIES[body["criticality"]])
                if body["criticality"] in ("low", "high") else "",
                str(rules.TYPES[body["type"]]) if body["type"] == "intolerance" else "",
                str(rules.VERIFICATIONS[body["verification"]]), body["reaction"],
                _("反应%(level)s", level=rules.SEVERITIES[body["severity"]]) if body["severity"] else "",
                body["onset"] or "",
            ]  # fmt: skip
        elif kind == rules.CONDITION:
            words = [body["icd10"], body["text"] if body["text"] != self.name else "",
                     _("%(day)s 起", day=body["since"]) if body["since"] else ""]  # fmt: skip
        elif kind == rules.MEDICINE:
            words = [body["dose"], str(rules.SOURCES[body["source"]]),
                     _("%(day)s 起", day=body["started"]) if body["started"] else "",
                     _("用到 %(day)s", day=body["until"]) if body["until"] else "",
                     _("%(day)s 停", day=body["stopped"]) if body["stopped"] else ""]  # fmt: skip
        else:
            words = [value_of(body), _("%(day)s 记录", day=body["on"]),
                     _("到 %(day)s", day=body["until"]) if body["until"] else ""]  # fmt: skip
        return [word for word in words if word]


@dataclass(frozen=True, slots=True)
class RecordSeen:
    """All that is known of a person, newest first in each kind; `pending`: consent is still missing."""

    status: str
    asked_on: Any
    version: int
    facts: list[FactSeen]
    pending: bool

    def of(self, kind: str) -> list[FactSeen]:
        """Return what holds of a kind."""
        return [one for one in self.facts if one.row.kind == kind and one.live]

    @property
    def past(self) -> list[FactSeen]:
        """Return what no longer holds."""
        return [one for one in self.facts if not one.live]


def value_of(body: Mapping[str, Any]) -> str:
    """Return the value of a dated state in words."""
    state, value = body["state"], str(body["value"])
    if state in rules.CHOICES:
        return str(rules.CHOICES[state].get(value, value))
    return f"{value} kg" if state == rules.WEIGHT else f"{value} mL/min/1.73 m²"


def name_of(kind: str, body: Mapping[str, Any]) -> str:
    """Return what a fact is called; empty once it was erased."""
    if not body:
        return ""
    if kind == rules.ALLERGY:
        known = codes.substance(body["code_kind"], body["code"]) if body["code"] else None
        return known.name if known else body["text"] or body["code"]
    if kind == rules.CONDITION:
        return str(codes.CONDITIONS.get(body["code"], "")) or body["text"] or body["icd10"]
    if kind == rules.MEDICINE:
        named = [one.name if (one := codes.substance(codes.INGREDIENT, code)) else code for code in body["ingredients"]]
        return body["text"] or "、".join(named) or body["item"]
    return str(rules.STATES[body["state"]])


def record(session: Session, person_id: int) -> RecordSeen:
    """Return all that is known of a person. The caller notes the read and has checked that it may be done."""
    head = session.scalar(select(HealthRecord).where(HealthRecord.person_id == person_id))
    rows = services.facts_of(session, person_id)
    wanted = {one for row in rows for one in (row.noted_by, row.changed_by) if one}
    names: dict[int, str] = {}
    if wanted:
        names = {row[0]: row[1] for row in session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(wanted)))}
    seen = [_seen(row, names) for row in rows if row.status != rules.ERASED]
    live = any(one.row.emergency and one.live for one in seen)
    return RecordSeen(
        head.allergy_status if head else rules.UNKNOWN, head.asked_on if head else None, head.version if head else 0,
        seen, live and person_id not in services.consented(session, [person_id]),
    )  # fmt: skip


def _seen(row: HealthFact, names: Mapping[int, str]) -> FactSeen:
    body = services.body_of(row)
    return FactSeen(
        row, body, name_of(row.kind, body), names.get(row.noted_by or 0, ""), names.get(row.changed_by or 0, "")
    )
