"""Facts that protect a member: allergies, conditions, medicines (contract.md section 4; security C16)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marshmallow import Schema, fields

from core.api import answer_fields as tell
from core.api import schemas
from core.api.calls import ApiBlueprint, Work, call
from core.care import access, audits, codes, need, reads, relation, rules, safety, whole
from core.care.permissions import ALERT, NOTE, READ, WRITE
from core.kernel.errors import Forbidden
from core.kernel.i18n import _
from core.org.services import staff_of
from core.org.staffing import staff_may
from core.people import services as people

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

bp = ApiBlueprint("health", "Facts that protect a member")
SCOPES = ("health",)
PURPOSE = "api"


class AllergyTold(Schema):
    """An allergy with its status."""

    id = tell.text()
    code_kind = tell.text()
    code = tell.maybe()
    text = tell.maybe()
    name = tell.text()
    status = tell.text()
    verification = tell.text()
    type = tell.text()
    category = tell.maybe()
    criticality = tell.text()
    reaction = tell.maybe()
    severity = tell.maybe()
    onset = tell.maybe()
    emergency = tell.flag()


class ConditionTold(Schema):
    """A condition with its status."""

    id = tell.text()
    code = tell.maybe()
    icd10 = tell.maybe()
    text = tell.maybe()
    name = tell.text()
    status = tell.text()
    since = tell.maybe()
    emergency = tell.flag()


class MedicineTold(Schema):
    """A medicine with its status."""

    id = tell.text()
    ingredients = tell.several(fields.String())
    item = tell.maybe()
    text = tell.maybe()
    dose = tell.maybe()
    name = tell.text()
    status = tell.text()
    started = tell.maybe()
    until = tell.maybe()
    stopped = tell.maybe()
    source = tell.text()
    emergency = tell.flag()


class Health(Schema):
    """A member's facts. `restricted`: only the alert, for a person without the right or a care relation."""

    allergy_status = tell.text()
    allergies = tell.many(AllergyTold)
    conditions = fields.List(fields.Nested(ConditionTold), required=True, allow_none=True)
    medicines = fields.List(fields.Nested(MedicineTold), required=True, allow_none=True)
    version = tell.whole()
    restricted = tell.flag()


@call(bp, "GET", "/members/<member_id>/health", permission=READ, scopes=SCOPES, answer=Health)
def read(work: Work, member_id: str) -> dict[str, Any]:
    """Return a member's allergies, conditions and medicines, those that no longer hold too. Audited every time.

    A call without `X-Staff` is the calling system's. With it the person's own rights count: without `care.read` or
    a care relation only the alert is told (`restricted`, conditions and medicines null).
    """
    person = people.get(work.session, member_id)
    return _told(work, person.id)


@call(
    bp, "PUT", "/members/<member_id>/health", permission=WRITE, scopes=SCOPES, unit="write", body=schemas.HealthBody,
    answer=Health,
    example={"version": 0, "allergies": [{"code": "penicillins", "status": "active"}], "conditions": [],
             "medicines": []},
)  # fmt: skip
def write(work: Work, data: dict[str, Any], member_id: str) -> dict[str, Any]:
    """Note facts or change their status; nothing is ever removed. 409 stale_version, allergies_listed.

    An entry with `id` changes that one; another is the one with the same code or words, else a new one. Without the
    member's consent (purpose `health`) what is noted is an emergency note.
    """
    person = people.get(work.session, member_id)
    _check_writer(work, person.id, data)
    whole.put(work.session, person.id, data["version"], data)
    work.session.flush()
    return _told(work, person.id)


def _person_may(work: Work, code: str) -> bool:
    """Return whether the person named by X-Staff holds a right; without one the system's own scope decides."""
    staff_id = work.caller.actor.staff_id
    return staff_id is None or staff_may(work.session, staff_of(work.session, staff_id), code)


def _reads(work: Work, person_id: int) -> bool:
    if work.caller.actor.staff_id is None:
        return True
    found = relation.of(work.session, person_id) if _person_may(work, READ) else ""
    if found == relation.SELF_MADE:
        need.mark_self_made(work.session, person_id)
    return bool(found) or access.open_glass(work.session, person_id) is not None


def _check_writer(work: Work, person_id: int, data: dict[str, Any]) -> None:
    beyond = bool(data.get("conditions") or data.get("medicines"))
    if not _person_may(work, WRITE if beyond else NOTE) or (beyond and not _reads(work, person_id)):
        raise Forbidden(_("这位员工没有登记这些健康信息的权限，或会员不在其接诊范围。"), code="no_care_relation")


def _told(work: Work, person_id: int) -> dict[str, Any]:
    audits.note_reads(work.session, [person_id], PURPOSE, each=True)
    if not _reads(work, person_id):
        if not _person_may(work, ALERT):
            raise Forbidden(_("这位员工没有查看安全提示的权限。"), code="no_care_relation")
        return _alert(work.session, person_id)
    seen = reads.record(work.session, person_id)
    return {
        "allergy_status": seen.status, "version": seen.version, "restricted": False,
        "allergies": [_allergy(one) for one in seen.facts if one.row.kind == rules.ALLERGY],
        "conditions": [_condition(one) for one in seen.facts if one.row.kind == rules.CONDITION],
        "medicines": [_medicine(one) for one in seen.facts if one.row.kind == rules.MEDICINE],
    }  # fmt: skip


def _alert(session: Session, person_id: int) -> dict[str, Any]:
    """Return what everybody who serves may know: coded allergies, no reaction, no words."""
    view = safety.view_of(session, [person_id])[person_id]
    coded = [one for one in view.allergies if one.code_kind != codes.TEXT]
    return {
        "allergy_status": view.allergy_status, "version": view.version, "restricted": True, "conditions": None,
        "medicines": None,
        "allergies": [
            {
                "id": str(one.fact_id), "code_kind": one.code_kind, "code": one.code, "text": None, "name": one.name,
                "status": one.status, "verification": one.verification, "type": one.type, "category": None,
                "criticality": one.criticality, "reaction": None, "severity": None, "onset": None, "emergency": False,
            }
            for one in coded
        ],
    }  # fmt: skip


def _common(one: reads.FactSeen) -> dict[str, Any]:
    return {"id": str(one.row.id), "name": one.name, "status": one.row.status, "emergency": one.row.emergency}


def _or_null(body: Any, *names: str) -> dict[str, Any]:
    return {name: body[name] or None for name in names}


def _allergy(one: reads.FactSeen) -> dict[str, Any]:
    body = one.body
    plain = {name: body[name] for name in ("code_kind", "verification", "type", "criticality")}
    return {**_common(one), **plain, **_or_null(body, "code", "text", "category", "reaction", "severity", "onset")}


def _condition(one: reads.FactSeen) -> dict[str, Any]:
    return {**_common(one), **_or_null(one.body, "code", "icd10", "text", "since")}


def _medicine(one: reads.FactSeen) -> dict[str, Any]:
    told = _or_null(one.body, "item", "text", "dose", "started", "until", "stopped")
    return {**_common(one), **told, "ingredients": list(one.body["ingredients"]), "source": one.body["source"]}
