"""Commands of plugins work in one franchise, as the system, in one unit of work, and only where the plugin is on."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from core.kernel.command import WrongUse, franchise_actor, plainly
from core.kernel.i18n import _
from core.kernel.runtime import runtime
from core.kernel.tenancy import acting
from core.org.task_actor import plugins_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

__all__ = ["franchise_unit", "plainly"]


@contextmanager
def franchise_unit(franchise: str, plugin: str, mode: str) -> Iterator[Session]:
    """Open a unit of work ("read" or "write") in a franchise, by id or code; it is committed at the end of the block.

    Raises WrongUse (exit 2) for a franchise that there is not, or one where the plugin is off.
    """
    db = runtime().db
    actor = franchise_actor(db, franchise)
    with acting(actor), db.unit("read") as session:
        actor = replace(actor, plugins=plugins_of(session, actor.franchise_id))
    if plugin not in actor.plugins:
        raise WrongUse(_("这个机构没有启用“%(plugin)s”。", plugin=plugin))
    with acting(actor), db.unit(mode) as session:
        yield session
