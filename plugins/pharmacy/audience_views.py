"""The page of the audience preview: choose items, see whom they leave out and why. Sends nothing."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from flask import request

from core.sdk import (
    Refusal,
    begin_task,
    go,
    ids,
    is_fragment,
    on_refusal,
    own_unit,
    page,
    page_session,
    render_page,
    tasks,
)
from plugins.pharmacy import audience, audience_task
from plugins.pharmacy.blueprint import bp
from plugins.pharmacy.knowledge import ATC_GROUP
from plugins.pharmacy.permissions import AUDIENCE

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

ROWS = 5


@page(bp, "/audience", permission=AUDIENCE, endpoint="audience")
def audience_page() -> Any:
    """Show the choice of items, and for a choice the counts, the refused items, and whom one may read by name."""
    on_refusal(lambda refusal: _audience(page_session(), refusal))
    unit, (codes, group) = page_session(), _chosen(request.args)
    if not codes and not group:
        return _audience(unit)
    items = audience.wanted(unit, codes, group)
    try:
        made = audience.preview(unit, items)
    except Refusal as refusal:
        if refusal.code != "pharmacy_audience_large":
            raise
        return _audience(unit, large=refusal)
    return _audience(unit, made=made)


def _chosen(given: Any) -> tuple[list[str], str]:
    return [code.strip() for code in given.getlist("item") if code.strip()], given.get("group", "")[:ATC_GROUP]


def _audience(unit: Session, refusal: Refusal | None = None, made: Any = None, **more: Any) -> Any:
    """Render the page: `large` a refusal that a task may count, `task` one that counts, or counted."""
    named, hidden = audience.named(unit, made) if made else ([], 0)
    drugs = audience.catalogue(unit)
    codes, group = _chosen(request.form if request.method == "POST" else request.args)
    if "task" in more:
        codes = tasks.params_of(more["task"])["items"]
    groups = Counter(found for one in drugs if (found := audience.group_of(one)))
    return render_page(
        "pharmacy/audience.html", status=refusal.status if refusal else 200, refusal=refusal, codes=codes, group=group,
        rows=max(ROWS, len(codes) + 1), groups=sorted(groups.items()), made=made, named=named, hidden=hidden,
        reasons=audience.REASONS, short=audience.SHORT, not_public=audience.NOT_PUBLIC,
        drugs=drugs[: audience.SHOWN * 10],
        names={one.item.code: one.item.name for one in made.targets} if made else {}, **more,
    )  # fmt: skip


@page(bp, "/audience/counts", permission=AUDIENCE, unit="own", methods=("POST",))
def audience_count() -> Any:
    """Have a task count the audience of the chosen items, however many members they concern."""
    codes, group = _chosen(request.form)
    try:
        with own_unit("write") as unit:
            task = audience_task.ask(unit, audience.wanted(unit, codes, group))
            franchise, known = task.franchise_id, task.id
    except Refusal as refusal:
        with own_unit("read") as unit:
            return _audience(unit, refusal)
    begin_task(franchise, known)
    return go("pharmacy.audience_counted", task_id=known)


@page(bp, "/audience/counts/<task_id>", permission=AUDIENCE)
def audience_counted(task_id: str) -> Any:
    """Show a counting of one's own: how far it is, and when it is done what it found."""
    unit = page_session()
    task = audience_task.get(unit, ids.parse_id(task_id))
    if is_fragment() and task.state in tasks.OPEN:
        return render_page("pharmacy/audience_progress.html", task=task)
    if is_fragment():
        return go("pharmacy.audience_counted", task_id=task.id)
    return _audience(unit, made=audience_task.result(unit, task), task=task)
