"""One contact a member a day (S3-22, B36; clinic.md 6.3): may somebody be called on again today? Pure.

A contact that is no emergency is refused while another of that day stands, over all posts and channels; a superior's
reason lets it pass. The same text is not sent twice within seven days, whatever the reason. An emergency (a wound, an
adverse reaction) is always let through, and takes nobody's place.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from core.contact.rules import CARE, MARKETING, NOTICE
from core.kernel.errors import Conflict
from core.kernel.i18n import _, _l

EMERGENCY = "emergency"
KINDS: dict[str, Any] = {
    NOTICE: _l("服务通知"), CARE: _l("关怀回访"), MARKETING: _l("营销"), EMERGENCY: _l("紧急联系"),
}  # fmt: skip
SAME_TEXT = timedelta(days=7)
SHORTEST_REASON = 2


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact with one member: the day, its kind, who (as a reader is told), about what, which template if any."""

    on: date
    kind: str
    by: str
    topic: str
    template: str = ""


def refused(wanted: Contact, had: Iterable[Contact], *, reason: str = "", superior: bool = False) -> Conflict | None:
    """Return why a contact may not be made given those there were, or None where it may.

    The refusal is `contacted_same_text` or `contacted_today`, with who, when and what. `reason` counts from a
    `superior` alone.
    """
    if wanted.kind == EMERGENCY:
        return None
    others = sorted((one for one in had if one.kind != EMERGENCY), key=lambda one: one.on)
    same = [one for one in others if wanted.template and one.template == wanted.template and _near(one.on, wanted.on)]
    if same:
        return Conflict(
            _("%(day)s 已经发过同样的内容，7 天内不再发。请换一种说法或改天再联系。", day=same[-1].on.isoformat()),
            code="contacted_same_text",
        )
    today = [one for one in others if one.on == wanted.on]
    if not today or (superior and len(reason.strip()) >= SHORTEST_REASON):
        return None
    return Conflict(
        _(
            "今天%(by)s已经联系过这位会员（%(kind)s：%(topic)s）。请改天再联系，或请主管写明原因放行；紧急情况请选“紧急联系”。",
            by=today[0].by, kind=KINDS[today[0].kind], topic=today[0].topic,
        ),
        code="contacted_today",
    )  # fmt: skip


def _near(one: date, other: date) -> bool:
    return abs(one - other) < SAME_TEXT
