"""Whom a task acts as: the staff member who asked for it, with the rights they hold now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from core.kernel import history, tasks
from core.kernel.errors import Forbidden
from core.kernel.i18n import _
from core.kernel.plugin_state import effective, wanted_keys
from core.kernel.runtime import runtime
from core.kernel.tenancy import Actor
from core.org import roles
from core.org.models import ChainPlugin, Franchise, Staff

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from core.kernel.models import Task


def task_actor(session: Session, task: Task, tz: str) -> Actor:
    """Return the actor of a task's slices; raise Forbidden when the one who asked has left."""
    if task.staff_id is None:
        return Actor(task.franchise_id, task.store_id, door=tasks.DOOR, tz=tz)
    staff = session.scalar(select(Staff).where(Staff.id == task.staff_id))
    if staff is None or not staff.active:
        raise Forbidden(_("提出任务的员工已停用，任务没有继续。"))
    return Actor(
        task.franchise_id, task.store_id, staff.id, staff.name, door=tasks.DOOR, tz=tz,
        roles=frozenset(roles.bases_of(session, staff.id)), grants=roles.grants_of(session, staff.id),
        plugins=plugins_of(session, task.franchise_id), request_id=f"T-{task.id}", person_id=staff.person_id,
    )  # fmt: skip


def plugins_of(session: Session, franchise_id: int) -> frozenset[str]:
    """Return the plugins that are on in a franchise, where no request has found them out."""
    host = runtime().host
    if host is None:
        return frozenset()
    allowed = session.scalars(
        select(ChainPlugin.key)
        .join(Franchise, Franchise.chain_id == ChainPlugin.chain_id)
        .where(Franchise.id == franchise_id, ChainPlugin.allowed.is_(True))
    )
    return effective(host.plugins, allowed, wanted_keys(session))


tasks.act_as(task_actor)


def _staff_names(session: Session, ids: Iterable[int]) -> dict[int, str]:
    rows = session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(list(ids))))
    return {int(row[0]): str(row[1]) for row in rows}


history.name_staff(_staff_names)
