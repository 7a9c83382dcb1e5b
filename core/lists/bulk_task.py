"""A change to many rows as a task: the rows are gathered first, then changed a part at a time, each with its undo."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from core.kernel import bulk, task_parts, tasks
from core.kernel.errors import Conflict, Invalid, Refusal
from core.kernel.i18n import _, _l
from core.kernel.ids import parse_id
from core.kernel.tasks import Kind
from core.kernel.web import lists, offered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from core.kernel.bulk import Action
    from core.kernel.db import Database
    from core.kernel.models import Task

KIND = "lists.bulk"
GATHER = 5000
PART = 500
FIRST = 12
MIN_REASON, MAX_REASON = 2, 200


# -- preview ---------------------------------------------------------------------------------------


def matching(session: Session, list_key: str, state: Mapping[str, str], ids: Sequence[int] | None) -> Any:
    """Return (model, function narrowing a SELECT) of the rows an action is for: some ids, or all that match."""
    spec = offered.get(list_key).make(session, state)
    if ids is None:
        return spec.model, lists.criteria(session, spec, state)
    base = lists.criteria(session, spec, {k: v for k, v in state.items() if k != "q" and not k.startswith("f.")})
    return spec.model, lambda statement: base(statement).where(spec.model.id.in_(ids))


def counted(session: Session, list_key: str, state: Mapping[str, str], ids: Sequence[int] | None) -> int:
    """Return how many rows those are, exactly."""
    model, base = matching(session, list_key, state, ids)
    return int(session.scalar(select(func.count()).select_from(base(select(model.id)).subquery())) or 0)


def first(session: Session, list_key: str, state: Mapping[str, str], ids: Sequence[int] | None) -> list[int]:
    """Return the ids of the first of them."""
    model, base = matching(session, list_key, state, ids)
    return list(session.scalars(base(select(model.id)).order_by(model.id).limit(FIRST)))


def ids_of(values: Sequence[str]) -> list[int]:
    """Return the ids that a page's boxes sent; senseless ones are dropped."""
    return sorted({found for found in map(parse_id, values[:500]) if found is not None})


# -- asking ----------------------------------------------------------------------------------------


def ask(
    session: Session, action: Action, state: Mapping[str, str], ids: Sequence[int] | None, values: dict[str, str], *,
    reason: str = "", seen: int | None = None,
) -> Task:  # fmt: skip
    """Ask for a bulk change and return its task.

    Raises Invalid for missing values or reason, Conflict `bulk_moved` when other rows match by now than the
    `seen` ones, Invalid when none does.
    """
    given = {one.name: " ".join(values.get(one.name, "").split())[: one.longest] for one in action.fields}
    action.check(session, given)
    why = " ".join(reason.split())[:MAX_REASON]
    if action.reason and len(why) < MIN_REASON:
        raise Invalid.field("reason", _("请写明原因，至少 %(n)d 个字。", n=MIN_REASON))
    total = counted(session, action.list_key, state, ids)
    if not total:
        raise Invalid(_("没有选中任何一行。"), code="bulk_empty")
    if seen is not None and seen != total:
        raise Conflict(
            _("名单刚刚变了：刚才是 %(a)d 行，现在是 %(b)d 行。请再看一眼再执行。", a=seen, b=total), code="bulk_moved"
        )
    params = {
        "list": action.list_key, "action": action.key, "state": dict(state),
        "ids": None if ids is None else list(ids),
        "values": {**given, "reason": why},
    }  # fmt: skip
    title = _("%(action)s · %(list)s", action=str(action.label), list=str(offered.get(action.list_key).title))
    return tasks.ask(session, KIND, title, params, total=total)


# -- slices ----------------------------------------------------------------------------------------


def _action(params: Mapping[str, Any]) -> Action:
    return bulk.get(params["list"], params["action"])


def _prepare(db: Database, task: Task) -> list[int] | None:
    """Return the next ids to gather; None when gathering is over."""
    place, params = tasks.progress_of(task), tasks.params_of(task)
    if place.get("gathered"):
        return None
    with db.unit("read") as session:
        model, base = matching(session, params["list"], params["state"], params["ids"])
        query = base(select(model.id)).where(model.id > place.get("after", 0)).order_by(model.id).limit(GATHER)
        return list(session.scalars(query))


def _step(session: Session, task: Task, ids: list[int] | None) -> bool:
    if ids is not None:
        _gather(session, task, ids)
        return True
    part = task_parts.first(session, task, "rows", "waiting")
    if part is None:
        return False
    params = tasks.params_of(task)
    wanted = json.loads(task_parts.read(part))["ids"]
    before = _action(params).apply(session, wanted, params["values"])
    task_parts.write(part, json.dumps({"before": before}, ensure_ascii=False).encode())
    part.state = "done"
    task.done += len(wanted)
    tasks.count(task, changed=len(before), unchanged=len(wanted) - len(before))
    return task.done < task.total


def _gather(session: Session, task: Task, ids: list[int]) -> None:
    place = tasks.progress_of(task)
    number = place.get("parts", 0)
    for begin in range(0, len(ids), PART):
        some = ids[begin : begin + PART]
        number += 1
        task_parts.add(session, task, "rows", number, len(some), json.dumps({"ids": some}).encode())
    gathered = place.get("rows", 0) + len(ids)
    over = len(ids) < GATHER
    tasks.set_progress(
        task, {"after": ids[-1] if ids else 0, "parts": number, "rows": gathered, "gathered": over}
    )  # fmt: skip
    if over:
        task.total = gathered


def _undo(session: Session, task: Task) -> bool:
    part = task_parts.first(session, task, "rows", "done")
    if part is None:
        return False
    params = tasks.params_of(task)
    before = {int(k): v for k, v in json.loads(task_parts.read(part))["before"].items()}
    kept = _action(params).revert(session, before, params["values"]) if before else set()
    task_parts.write(part, json.dumps({"kept": sorted(kept)}).encode())
    part.state = "undone"
    task.done += len(before)
    tasks.count(task, restored=len(before) - len(kept), kept=len(kept))
    return task_parts.first(session, task, "rows", "done") is not None


def kept_ids(session: Session, task: Task, limit: int = FIRST) -> list[int]:
    """Return the first rows that an undo left as they are, because somebody changed them since."""
    found: list[int] = []
    for number in range(1, task_parts.how_many(session, task, "rows") + 1):
        part = task_parts.at(session, task, "rows", number)
        if part is not None and part.state == "undone":
            found += json.loads(task_parts.read(part)).get("kept", [])
        if len(found) >= limit:
            break
    return found[:limit]


def kept_names(session: Session, task: Task) -> list[str]:
    """Return the first rows that an undo left alone, in words; nothing where the reader may not see them."""
    if not tasks.counts_of(task).get("kept"):
        return []
    try:
        return _action(tasks.params_of(task)).names(session, kept_ids(session, task))
    except Refusal:
        return []


def _told(task: Task) -> str:
    counts = tasks.counts_of(task)
    if "restored" in counts or task.state in {tasks.UNDOING, tasks.UNDONE}:
        n = counts.get("restored", 0)
        if counts.get("kept"):
            return _("已恢复 %(n)d 行，%(k)d 行之后又被改过，没有动", n=n, k=counts["kept"])
        return _("已恢复 %(n)d 行", n=n)
    if not counts.get("unchanged"):
        return _("改了 %(n)d 行", n=counts.get("changed", 0))
    return _("改了 %(n)d 行，%(k)d 行本来就是这样", n=counts.get("changed", 0), k=counts["unchanged"])


tasks.offer(Kind(KIND, _l("批量修改"), "users", "", _step, _prepare, _undo, _told))
