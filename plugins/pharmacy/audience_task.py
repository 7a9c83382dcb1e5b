"""The audience of a campaign counted by a task: any number of members in little memory, a slice after the other.

Each slice opens the next thousand whom the items may concern (by keyset), counts them and forgets them. Counts are
kept; the first fifty who are left out are kept sealed beside, for whoever may read of them, and wiped after a day.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.sdk import (
    ItemView,
    NotFound,
    _,
    _l,
    concerned_after,
    count_concerned,
    items_of,
    keep_apart,
    kept_apart,
    tasks,
)
from plugins.pharmacy import audience
from plugins.pharmacy.audience import Excluded, Plan, Preview
from plugins.pharmacy.permissions import AUDIENCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

KIND = "pharmacy.audience"
SLICE, MOST_PLANS = 1_000, 4
# What the slices of a running task share; another process makes it anew.
_plans: dict[int, Plan] = {}


@dataclass(slots=True)
class _Seen:
    """What a slice found: counts so far, the place to go on from, whether that was all."""

    made: Preview
    after: int
    looked: int
    over: bool
    total: int = 0
    people: list[Excluded] = field(default_factory=list)


def ask(session: Session, items: Sequence[ItemView]) -> Any:
    """Write down that the audience of these items is to be counted, and return the task."""
    codes = [one.code for one in items]
    title = _("药品活动避开谁：%(n)d 个商品", n=len(codes))
    return tasks.ask(session, KIND, title, {"items": codes}, total=0)


def get(session: Session, task_id: Any) -> Any:
    """Return a counting of the acting staff; raise NotFound for anybody else's, or a task that is none."""
    row = tasks.get(session, task_id)
    if row.kind != KIND:
        raise NotFound(_("没有找到这个任务。"))
    return row


def result(session: Session, task: Any) -> Preview | None:
    """Return what a finished counting found, None before; people as long as they are kept."""
    if task.state != tasks.DONE:
        return None
    place = tasks.progress_of(task)
    targets = list(audience.targets_of(_items(session, place["items"])))
    made = Preview(place["members"], targets, version=place["version"])
    _fill(made, place)
    rows = kept_apart(session, task) or []
    made.people = [Excluded(int(one[0]), one[1], tuple(one[2]), tuple(one[3])) for one in rows]
    return made.ended()


def _items(session: Session, codes: Sequence[str]) -> list[ItemView]:
    known = items_of(session, codes)
    return [known[code] for code in codes if code in known]


def _fill(made: Preview, place: dict[str, Any]) -> None:
    made.excluded, made.by_item = Counter(place.get("excluded", {})), Counter(place.get("by_item", {}))


def _prepare(db: Any, task: Any) -> _Seen:
    place = tasks.progress_of(task)
    with db.unit("read") as session:
        plan = _plans.get(task.id)
        if plan is None:
            if len(_plans) >= MOST_PLANS:
                _plans.clear()
            plan = _plans[task.id] = audience.plan_of(session, _items(session, tasks.params_of(task)["items"]))
        if place:
            made = Preview(place["members"], list(plan.targets), version=place["version"])
            _fill(made, place)
            total = task.total
        else:
            made, total = audience.begun(session, plan), count_concerned(session, plan.concern) if plan.products else 0
        after = int(place.get("after", 0))
        ids = concerned_after(session, plan.concern, after, SLICE) if plan.products else ()
        audience.look(session, plan, made, ids)
    over = len(ids) < SLICE
    if over:
        _plans.pop(task.id, None)
    return _Seen(made, ids[-1] if ids else after, len(ids), over, total, made.people)


def _step(session: Session, task: Any, seen: _Seen) -> bool:
    made = seen.made
    task.done += seen.looked
    task.total = task.done if seen.over else max(seen.total, task.done)
    kept = kept_apart(session, task) or []
    if seen.people and len(kept) < audience.SHOWN:
        rows = [[one.person_id, one.reason, list(one.reasons), list(one.items)] for one in seen.people]
        keep_apart(session, task, (kept + rows)[: audience.SHOWN])
    tasks.set_progress(task, {
        "items": [one.item.code for one in made.targets], "members": made.members, "version": made.version,
        "excluded": dict(made.excluded), "by_item": dict(made.by_item), "after": seen.after,
    })  # fmt: skip
    if seen.over:
        tasks.count(task, members=made.members, left=made.left, looked=task.done)
    return not seen.over


def _told(task: Any) -> str:
    counts = tasks.counts_of(task)
    if not counts:
        return ""
    return _("%(of)s 位会员，可以触达 %(n)s 位", of=f"{counts['members']:,}", n=f"{counts['left']:,}")


tasks.offer(tasks.Kind(KIND, _l("药品活动避开谁"), "pill", AUDIENCE, _step, _prepare, None, _told))
