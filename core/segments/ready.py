"""Segments that a vertical brings ready made, kept when it is first switched on; then they are the franchise's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml
from sqlalchemy import select

from core.kernel import audit, clock
from core.kernel.tenancy import current_actor
from core.programme import conditions as lang
from core.programme import facts as engine
from core.segments.models import Segment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session


def ready_segments(session: Session, text: str, plugins: Iterable[str] = ()) -> list[str]:
    """Keep the segments of a YAML text (`segments`: code, name, purpose, condition) and return the codes made.

    They are not counted yet. A code that was ever used stays as it is, changed or archived. `plugins`: whose facts the
    conditions may use besides those that are on (a vertical that is just being switched on). Raises Invalid for a
    condition that cannot be.
    """
    facts = engine.offered(current_actor().plugins | frozenset(plugins))
    have, made = set(session.scalars(select(Segment.code))), []
    for one in yaml.safe_load(text)["segments"]:
        if one["code"] in have:
            continue
        condition = lang.parse(one["condition"])
        engine.ensure(condition, one["purpose"], facts)
        row = Segment(
            code=one["code"], name=one["name"], purpose=one["purpose"], tree=lang.to_text(condition), made_by=None,
            changed_at=clock.now_ms(),
        )  # fmt: skip
        session.add(row)
        session.flush()
        after = {"name": row.name, "purpose": row.purpose, "tree": lang.dump(condition)}
        audit.record(
            session, "segments.segment.saved", "segment", row.id,
            detail={"code": row.code, "before": None, "after": after},
        )  # fmt: skip
        made.append(row.code)
    return made
