"""Commands of the console: `plugin` (what the switchboard does) and `db` (migrations)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from sqlalchemy import select

from core.console import chain as chains
from core.console import cli_install, cli_serve, services
from core.console.health import plugin_rows
from core.kernel import schema
from core.kernel.command import WrongUse, franchise_actor, plainly
from core.kernel.i18n import _
from core.kernel.runtime import runtime
from core.kernel.tenancy import acting
from core.org.models import Chain

if TYPE_CHECKING:
    from core.kernel.plugins import PluginHost


def plugin_command_groups(host: PluginHost) -> list[click.Group]:
    """Return a group `<key>` with the commands of each plugin that has some."""
    groups: dict[str, click.Group] = {}
    for answer in host.declared("register_commands"):
        if answer.plugin is not None and not answer.failed:
            group = groups.setdefault(answer.plugin, click.Group(answer.plugin))
            group.add_command(answer.value)
    return list(groups.values())


@click.group("plugin")
def plugin_group() -> None:
    """Verticals: what is installed, allowed and enabled."""


@plugin_group.command("list")
@click.option("--franchise", required=True)
@plainly
def list_plugins(franchise: str) -> None:
    """List the plugins of a franchise: key, version, on or off, why not."""
    with acting(franchise_actor(runtime().db, franchise)), runtime().db.unit("read") as session:
        for row in plugin_rows(session, runtime().host):
            state = "on" if row.on else "missing" if row.missing else "off" if row.allowed else "not-allowed"
            click.echo(f"{row.key}\t{row.version}\t{state}\t{row.name}")


@plugin_group.command("enable")
@click.option("--franchise", required=True)
@click.argument("key")
@plainly
def enable(franchise: str, key: str) -> None:
    """Switch a plugin on, with those it requires."""
    _switch(franchise, key, True)


@plugin_group.command("disable")
@click.option("--franchise", required=True)
@click.argument("key")
@plainly
def disable(franchise: str, key: str) -> None:
    """Switch a plugin off, with those that require it; its data stay."""
    _switch(franchise, key, False)


def _switch(franchise: str, key: str, on: bool) -> None:
    with acting(franchise_actor(runtime().db, franchise)), runtime().db.unit("write") as session:
        changed = services.switch(session, runtime().host, key, on)
    click.echo(" ".join(changed) or _("没有变化。"))


@plugin_group.command("allow")
@click.option("--chain", required=True)
@click.argument("key")
@plainly
def allow(chain: str, key: str) -> None:
    """Allow a plugin to the franchises of a chain."""
    change_allowed(chain, key, True)


@plugin_group.command("withdraw")
@click.option("--chain", required=True)
@click.argument("key")
@plainly
def withdraw(chain: str, key: str) -> None:
    """Withdraw a plugin from a chain; it goes off in every franchise, data stay."""
    change_allowed(chain, key, False)


def change_allowed(chain: str, key: str, allowed: bool) -> None:
    """Decide for a chain, then note it in each franchise in a unit of its own.

    A run cut short is made good by running it again: the decision itself counts from the first unit.
    """
    host, db = runtime().host, runtime().db
    with db.unit("read") as session:
        chain_id = session.scalar(select(Chain.id).where(Chain.name == chain))
    if chain_id is None:
        raise WrongUse(_("没有名为“%(name)s”的连锁。", name=chain))
    franchises = chains.decide(db, host, chain_id, key, allowed)
    click.echo(_("已在 %(n)d 个加盟主体生效。", n=len(franchises)))


@click.group("db")
def db_group() -> None:
    """Migrations of core and plugins."""


@db_group.command("upgrade")
@plainly
def db_upgrade() -> None:
    """Bring core and every plugin to their newest revision; re-create triggers and policies."""
    engine = runtime().db.engine
    copy = schema.upgrade(engine, schema.components(runtime().host))
    if copy:
        click.echo(_("升级前的副本：%(path)s", path=copy.name))
    _print_status()


@db_group.command("status")
@plainly
def db_status() -> None:
    """Show the revision of every component, and of plugins whose package is gone."""
    _print_status()


def _print_status() -> None:
    engine, parts = runtime().db.engine, schema.components(runtime().host)
    for state in schema.status(engine, parts):
        click.echo(f"{state.key}\t{state.current or '-'}\t{state.head or '-'}\t{state.pending}")
    for key in schema.orphans(engine, parts):
        click.echo(f"{key}\torphan\t-\t0")


@db_group.command("check")
@plainly
def db_check() -> None:
    """Compare the database with the models, triggers and policies; exit 1 on a difference."""
    problems = schema.check(runtime().db.engine, schema.components(runtime().host))
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        raise SystemExit(1)


@db_group.command("revision")
@click.argument("component")
@click.argument("message")
@plainly
def db_revision(component: str, message: str) -> None:
    """Write the next revision of a component (core or a plugin's key) from its models."""
    parts = schema.components(runtime().host)
    part = next((p for p in parts if p.key == component), None)
    if part is None:
        raise WrongUse(f"unknown component {component}")
    click.echo(schema.make_revision(part, parts, message).name)


COMMANDS = (plugin_group, db_group, *cli_install.COMMANDS, *cli_serve.COMMANDS)
