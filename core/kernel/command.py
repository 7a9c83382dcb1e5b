"""What commands share: errors as one line on stderr, and acting in a franchise given by id."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

import click
from sqlalchemy import text

from core.kernel import keys
from core.kernel.errors import Refusal
from core.kernel.i18n import _
from core.kernel.ids import parse_id
from core.kernel.schema import SchemaError
from core.kernel.tenancy import Actor

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.kernel.db import Database

DOOR = "command"


class WrongUse(click.ClickException):
    """Wrong use of a command: one line on stderr, exit 2."""

    exit_code = 2


def plainly(function: Callable[..., Any]) -> Callable[..., Any]:
    """Show refusals, key and schema errors as one line on stderr, exit 1."""

    @wraps(function)
    def run(*args: Any, **arguments: Any) -> Any:
        try:
            return function(*args, **arguments)
        except Refusal as refusal:
            details = "".join(f" [{e.field}: {e.message}]" for e in refusal.errors[:5])
            raise click.ClickException(refusal.message + details) from refusal
        except (SchemaError, keys.KeyError_) as problem:
            raise click.ClickException(str(problem)) from problem

    return run


def franchise_actor(db: Database, franchise: str) -> Actor:
    """Return the system's actor in a franchise given by id or code; raise WrongUse for an unknown one."""
    wanted = parse_id(franchise) or 0
    with db.unit("read") as session:
        row = session.execute(
            text("SELECT id, tz FROM franchise WHERE id = :id OR code = :code"),
            {"id": wanted, "code": franchise},
        ).first()
    if row is None:
        raise WrongUse(_("没有编号为 %(id)s 的加盟主体。", id=franchise))
    return Actor(franchise_id=row[0], door=DOOR, tz=row[1])


def every_franchise(db: Database) -> list[Actor]:
    """Return the system's actor in each franchise of the installation, oldest first."""
    with db.unit("read") as session:
        rows = session.execute(text("SELECT id, tz FROM franchise ORDER BY id")).all()
    return [Actor(franchise_id=row[0], door=DOOR, tz=row[1]) for row in rows]
