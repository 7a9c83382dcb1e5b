"""A person's facts written as one list, as a program sends them: told ones are noted or changed, none is removed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from core.care import rules, services
from core.kernel.errors import FieldError, Invalid, NotFound
from core.kernel.i18n import _

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

LISTS = {"allergies": rules.ALLERGY, "conditions": rules.CONDITION, "medicines": rules.MEDICINE}
MAKERS: dict[str, Any] = {
    rules.ALLERGY: rules.allergy, rules.CONDITION: rules.condition, rules.MEDICINE: rules.medicine,
}  # fmt: skip


def put(session: Session, person_id: int, version: int, data: Mapping[str, Any]) -> None:
    """Bring a person's facts in line with what is told: each entry is noted, or its status changed.

    `data` may hold allergy_status and the lists allergies, conditions, medicines; an entry with `id` changes that one,
    another is the one with the same code or words, else a new one. What is not told stays as it is. Raises Conflict
    `stale_version` and `allergies_listed`, NotFound for an id of somebody else, Invalid.
    """
    services.open_record(session, person_id, version)
    for name, kind in LISTS.items():
        for number, entry in enumerate(data.get(name) or ()):
            try:
                _put(session, person_id, kind, dict(entry))
            except Invalid as problem:
                raise _placed(problem, f"{name}.{number}") from None
    status = data.get("allergy_status")
    if status is None:
        return
    listed = services.open_record(session, person_id).allergy_status == rules.LISTED
    if status == rules.LISTED and not listed:
        raise Invalid.field("allergy_status", _("没有有效的过敏，不能记为“有过敏”。请在 allergies 里写出。"))
    if status != rules.LISTED:
        services.set_status(session, person_id, status)


def _put(session: Session, person_id: int, kind: str, entry: dict[str, Any]) -> None:
    status, fact_id, why = entry.pop("status", None), entry.pop("id", None), entry.pop("why", "")
    if status is not None and status not in rules.MAY_BE[kind]:
        raise Invalid.field("status", _("这里不能填“%(value)s”。", value=status))
    if fact_id is not None:
        row = services.get(session, person_id, int(fact_id))
        if row.kind != kind:
            raise NotFound(_("没有找到这条记录。"))
        services.change_status(session, person_id, row.id, status or row.status, why)
        return
    new = MAKERS[kind](today=services.today(), **entry)
    if status in (None, rules.ACTIVE):
        services.note(session, person_id, new)
        return
    known = services.same(session, person_id, new, live=False)
    row = known or services.note(session, person_id, new)
    services.change_status(session, person_id, row.id, status, why)


def _placed(problem: Invalid, place: str) -> Invalid:
    errors: Iterable[FieldError] = problem.errors or [FieldError("", problem.message)]
    return Invalid(
        problem.message,
        errors=[FieldError(f"{place}.{one.field}" if one.field else place, one.message) for one in errors],
    )
