"""Commands of the programme: export, import, diff, publish, presets."""

from __future__ import annotations

from pathlib import Path

import click

from core.kernel import clock
from core.kernel.command import WrongUse, franchise_actor, plainly
from core.kernel.i18n import _
from core.kernel.runtime import runtime
from core.kernel.tenancy import acting
from core.programme import services
from core.programme.rules import dump, parse_yaml


@click.group("programme")
def programme_group() -> None:
    """The membership programme as YAML (docs/programme.schema.json)."""


@programme_group.command("export")
@click.option("--franchise", required=True)
@click.argument("file", type=click.Path(path_type=Path), required=False)
@plainly
def export(franchise: str, file: Path | None) -> None:
    """Write the programme in force to FILE, or show it."""
    db = runtime().db
    with acting(franchise_actor(db, franchise)), db.unit("read") as session:
        text = services.export_yaml(session)
    if file is None:
        click.echo(text, nl=False)
    else:
        file.write_text(text, encoding="utf-8")


def _publish(franchise: str, file: Path, effective: str | None) -> None:
    db = runtime().db
    at = None
    if effective:
        try:
            at = clock.to_ms(clock.datetime.fromisoformat(effective.replace("Z", "+00:00")))
        except ValueError as problem:
            raise WrongUse(_("生效时间应是 RFC 3339 格式，例如 2027-01-01T00:00:00+08:00。")) from problem
    with acting(franchise_actor(db, franchise)), db.unit("write") as session:
        row = services.import_yaml(session, file.read_text(encoding="utf-8"), at)
        click.echo(_("已发布第 %(n)d 版。", n=row.number))


@programme_group.command("import")
@click.option("--franchise", required=True)
@click.option("--effective", default=None)
@click.argument("file", type=click.Path(path_type=Path, exists=True))
@plainly
def import_(franchise: str, effective: str | None, file: Path) -> None:
    """Check FILE and publish it as the next version."""
    _publish(franchise, file, effective)


@programme_group.command("publish")
@click.option("--franchise", required=True)
@click.option("--effective", default=None)
@click.argument("file", type=click.Path(path_type=Path, exists=True))
@plainly
def publish(franchise: str, effective: str | None, file: Path) -> None:
    """Publish FILE as the next version, effective now or at an instant."""
    _publish(franchise, file, effective)


@programme_group.command("diff")
@click.option("--franchise", required=True)
@click.argument("file", type=click.Path(path_type=Path, exists=True))
@plainly
def diff(franchise: str, file: Path) -> None:
    """Show what FILE would change; exit 1 when it differs."""
    db = runtime().db
    with acting(franchise_actor(db, franchise)), db.unit("read") as session:
        old = dump(services.in_force(session))
    found = services.differences(old, dump(parse_yaml(file.read_text(encoding="utf-8"))))
    for path, before, after in found:
        click.echo(f"{path}\t{before}\t{after}")
    if found:
        raise SystemExit(1)


@programme_group.command("presets")
@plainly
def presets() -> None:
    """List the base programmes that installed verticals bring."""
    for answer in runtime().host.declared("presets"):
        if not answer.failed:
            click.echo(f"{answer.value.key}\t{answer.value.name}")


COMMANDS = (programme_group,)
