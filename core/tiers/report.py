"""What became of a preview: a later day finds other members than the day of publishing did (issue 3, acceptance 1).

Until a version's day the preview is worked out anew as of that day and compared with what was shown; afterwards the
moves that were booked are.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.kernel import clock
from core.kernel.errors import NotFound
from core.kernel.i18n import _
from core.programme import services as programmes
from core.programme.models import ProgrammePreview, ProgrammeVersion
from core.tiers import movement
from core.tiers.models import TierMovement

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass
class Report:
    """What was shown and what is now, or was booked. `joined`, `left`: ids of members who move only now, only then.

    The names are known while a preview names everybody (`movement.NAMED`); `named` says so.
    """

    number: int
    on: date
    state: str
    shown: int
    found: int
    kept: int
    named: bool = False
    joined: list[int] = field(default_factory=list)
    left: list[int] = field(default_factory=list)

    @property
    def differs(self) -> bool:
        """Return whether anything is other than it was shown."""
        return self.shown != self.found or bool(self.joined or self.left)


def report(session: Session, number: int, tz: str) -> Report:
    """Return the report of a published version; raise NotFound for one that no preview announced."""
    row = session.scalar(select(TierMovement).where(TierMovement.programme_number == number))
    version = session.scalar(select(ProgrammeVersion).where(ProgrammeVersion.number == number))
    if row is None or version is None:
        raise NotFound(_("这一版没有等级变化的记录。"))
    on = clock.business_date(clock.from_ms(version.effective_at), tz)
    if row.ended_at is not None:
        return Report(number, on, "done", row.previewed, row.moved, row.kept)
    today = clock.today(tz)
    state = "waiting" if on > today else "running"
    old, new = programmes.numbered(session, number - 1), programmes.numbered(session, number)
    if state == "running":
        return Report(number, on, state, row.previewed, row.moved, row.kept)
    now = movement.preview(session, old, new, on, tz, keep_holders=row.keep_holders)
    found = Report(number, on, state, row.previewed, now.moved, now.kept)
    then = _shown(session, version)
    found.named = then is not None and now.moved <= movement.NAMED and row.previewed <= movement.NAMED
    if found.named and then is not None:
        ids = {move.person_id for move in now.first}
        found.joined, found.left = sorted(ids - then), sorted(then - ids)
    return found


def _shown(session: Session, version: ProgrammeVersion) -> set[int] | None:
    """Return whom the preview of a version named; None when no preview of it is kept."""
    text = session.scalar(
        select(ProgrammePreview.result)
        .where(ProgrammePreview.sha256 == version.sha256, ProgrammePreview.made_at <= version.published_at)
        .order_by(ProgrammePreview.made_at.desc())
        .limit(1)
    )
    if text is None:
        return None
    result: dict[str, Any] = json.loads(text)
    return {int(move["id"]) for move in result["first"]}
