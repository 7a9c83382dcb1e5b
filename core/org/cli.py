"""Commands of the organisation: `staff add`, `token create`."""

from __future__ import annotations

import json

import click

from core.kernel.command import franchise_actor, plainly
from core.kernel.ids import parse_id
from core.kernel.runtime import runtime
from core.kernel.tenancy import acting
from core.org import staffing, tokens


@click.group("staff")
def staff_group() -> None:
    """Staff of a franchise."""


@staff_group.command("add")
@click.option("--franchise", required=True)
@click.option("--store", required=True, help="id of the store; 0 for the whole franchise")
@click.option("--number", required=True)
@click.option("--name", required=True)
@click.option("--role", "role", required=True)
@click.option("--pin", default=None)
@click.option("--licence-kind", default="")
@click.option("--licence-no", default="")
@click.option("--licence-until", default="")
@click.option("--json", "as_json", is_flag=True)
@plainly
def staff_add(
    franchise: str, store: str, number: str, name: str, role: str, pin: str | None, licence_kind: str,
    licence_no: str, licence_until: str, as_json: bool,
) -> None:  # fmt: skip
    """Add a staff member; the one-time password is shown once."""
    db = runtime().db
    store_id = parse_id(store)
    with acting(franchise_actor(db, franchise)), db.unit("write") as session:
        staff, password = staffing.add_staff(
            session, number=number, name=name, roles=[(role, store_id)], store_id=store_id, pin=pin,
            licence=(licence_kind, licence_no, licence_until), performs=role == "clinician",
        )  # fmt: skip
        told = {"staff_id": str(staff.id), "number": staff.number, "login": staff.login, "password": password}
    click.echo(json.dumps(told) if as_json else "\n".join(f"{k}: {v}" for k, v in told.items()))


@click.group("token")
def token_group() -> None:
    """Tokens of the POS API."""


@token_group.command("create")
@click.option("--franchise", required=True)
@click.option("--store", required=True)
@click.option("--scopes", required=True, help="comma-separated")
@click.option("--json", "as_json", is_flag=True)
@plainly
def token_create(franchise: str, store: str, scopes: str, as_json: bool) -> None:
    """Make an API token for one store; it is shown once."""
    db = runtime().db
    with acting(franchise_actor(db, franchise)), db.unit("write") as session:
        token = tokens.create(session, parse_id(store) or 0, scopes.split(","))
    click.echo(json.dumps({"token": token}) if as_json else token)


COMMANDS = (staff_group, token_group)
