"""Segments: how many members a condition holds for (contract.md section 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.api import answers, schemas
from core.api.calls import ApiBlueprint, Work, call
from core.programme import conditions as lang
from core.segments import services as segments
from core.segments.permissions import VIEW

if TYPE_CHECKING:
    from core.segments.services import Preview

bp = ApiBlueprint("segments", "Whom a condition holds for")


@call(
    bp, "POST", "/segments/preview", permission=VIEW, scopes=("members",), body=schemas.Audience,
    answer=answers.AudienceFound,
    example={"condition": {"all": [{"fact": "tier", "op": "in", "value": ["gold"]},
                                   {"fact": "last_visit", "op": "ge", "value": 180}]}, "purpose": "care"},
)  # fmt: skip
def preview(work: Work, data: dict[str, Any]) -> dict[str, Any]:
    """Count the members that a condition holds for, with a few of them; writes nothing.

    `purpose` says what for, since a health fact may select for care only.
    422 names the part of the condition that cannot be read or used.
    """
    condition = lang.parse(data["condition"])
    segments.checked(work.session, condition, data["purpose"])
    segments.ensure_usable(work.session, condition)
    return _told(segments.preview(work.session, condition, data["purpose"], named=True))


def _told(found: Preview) -> dict[str, Any]:
    return {
        "count": found.members,
        "sample": [{"member_id": str(person_id), "name": name} for person_id, name in found.examples],
    }
