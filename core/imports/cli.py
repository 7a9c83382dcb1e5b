"""Commands of the import room: `import people|items|staff|cards|balances|courses FILE`.

The wizard's engine without the wizard.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import yaml

from core.imports import control, kinds, readers, reports, rules, runner, services, staging
from core.imports.reports import Faulty
from core.kernel import settings
from core.kernel.command import WrongUse, franchise_actor, plainly
from core.kernel.errors import Refusal
from core.kernel.i18n import _, ngettext
from core.kernel.runtime import runtime
from core.kernel.tenancy import acting
from core.org.task_actor import plugins_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from core.imports.kinds.base import Kind
    from core.imports.rules import ColumnMap
    from core.kernel.tenancy import Actor


@click.group("import")
def import_group() -> None:
    """Lists from other systems."""


def _command(kind: Kind, what: str) -> None:
    """Add the command that imports one kind: the same options for each."""

    @import_group.command(kind.key, help=f"Import {what} from a CSV or XLSX; exit 1 with an error file when rows fail.")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--franchise", required=True)
    @click.option("--mapping", "mapping_file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--dry-run", is_flag=True, help="the same numbers, and nothing is written")
    @click.option("--control-total", type=int, default=None, help="how many rows the list must have")
    @click.option("--json", "as_json", is_flag=True)
    @plainly
    def run(
        file: Path, franchise: str, mapping_file: Path | None, dry_run: bool, control_total: int | None, as_json: bool
    ) -> None:
        take_in(kind, file, franchise, mapping_file, dry_run, control_total, as_json)


def _value_command(kind: Kind, what: str) -> None:
    """Add the command that imports a kind which gives value: a control total for each of its units."""

    def run(
        file: Path, franchise: str, mapping_file: Path | None, dry_run: bool, control_total: str | None, as_json: bool,
        **totals: str | None,
    ) -> None:  # fmt: skip
        typed = {unit.key: totals[unit.key] for unit in kind.units if totals.get(unit.key) is not None}
        take_in(kind, file, franchise, mapping_file, dry_run, control_total, as_json, typed)

    command = plainly(run)
    options = [
        click.option("--json", "as_json", is_flag=True),
        *(
            click.option(
                f"--control-{unit.key}", unit.key, default=None, metavar="YUAN" if unit.money else "N",
                help=f"what the list must add up to: {unit.key}{' in yuan' if unit.money else ''}",
            )
            for unit in kind.units
        ),
        click.option("--control-total", default=None, metavar="N", help="the same for the first of them the list has"),
        click.option("--dry-run", is_flag=True, help="the same numbers, and nothing is written"),
        click.option("--mapping", "mapping_file", type=click.Path(exists=True, dir_okay=False, path_type=Path)),
        click.option("--franchise", required=True),
        click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path)),
    ]  # fmt: skip
    for option in options:
        command = option(command)
    import_group.command(kind.key, help=f"Import {what} from a CSV or XLSX; exit 1 with an error file when rows fail.")(
        command
    )


for _key, _what in (("people", "members"), ("items", "items"), ("staff", "staff"), ("cards", "cards")):
    _command(kinds.ALL[_key], _what)
for _key, _what in (("balances", "opening balances"), ("courses", "courses with sessions left")):
    _value_command(kinds.ALL[_key], _what)


def take_in(
    kind: Kind, file: Path, franchise: str, mapping_file: Path | None, dry_run: bool, control_total: Any,
    as_json: bool, totals: Mapping[str, str] | None = None,
) -> None:  # fmt: skip
    """Import a list of one kind and tell the numbers; exit 1 when rows fail, before anything when totals differ."""
    db = runtime().db
    actor = franchise_actor(db, franchise)
    with acting(actor), db.unit("read") as session:
        actor = replace(actor, plugins=plugins_of(session, actor.franchise_id))
    data = file.read_bytes()
    with acting(actor):
        table = readers.read(data, kind.vocabulary())
        own = read_mapping_file(mapping_file, kind) if mapping_file else None
        wanted = _wanted(kind, table, own, control_total, totals or {}, actor)
    n = sum(1 for _row in table.rows)
    if not kind.units and control_total is not None and control_total != n:
        raise Refusal(
            _("控制总数不符：文件有 %(n)d 行，应为 %(total)d 行。没有导入任何内容。", n=n, total=control_total)
        )
    if dry_run:
        told = _dry(actor, kind, table, own, data, file, wanted)
    else:
        told = _real(actor, kind, own, data, file, wanted)
    _tell(told, as_json)


def read_mapping_file(path: Path, kind: Kind) -> ColumnMap:
    """Return the mapping in a YAML or JSON file; raise WrongUse when it is neither."""
    try:
        plain = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        plain = None
    if not isinstance(plain, dict):
        raise WrongUse(_("映射文件应为 YAML 或 JSON，例如 columns: {name: 姓名, phone: 手机}。"))
    return rules.read_mapping(plain, kind.vocabulary())


def _completed(own: ColumnMap | None, guessed: ColumnMap) -> ColumnMap:
    """Return the caller's mapping; what it does not speak of is guessed."""
    if own is None:
        return guessed
    free = {k: h for k, h in guessed.columns.items() if k not in own.columns and h not in own.columns.values()}
    return rules.ColumnMap({**free, **own.columns}, {**guessed.tiers, **own.tiers}, {**guessed.genders, **own.genders})


def _mapped(kind: Kind, table: readers.Table, own: ColumnMap | None) -> ColumnMap:
    with runtime().db.unit("read") as session:
        guessed = rules.guess(table.headings, settings.value(session, kind.preset), kind.vocabulary())
    return _completed(own, guessed)


def _wanted(
    kind: Kind, table: readers.Table, own: ColumnMap | None, total: Any, totals: Mapping[str, str], actor: Actor
) -> dict[str, int]:
    """Return the control totals by unit; `total` is that of the first unit whose column the list has."""
    if not kind.units:
        return {}
    typed = dict(totals)
    if total is not None:
        columns = _mapped(kind, table, own).columns
        main = next((one for one in kind.units if one.key in columns), None) or next(
            one for one in kind.units if one.ledger
        )
        typed.setdefault(main.key, str(total))
    found = {one.key: control.read(one, typed[one.key]) for one in kind.units if one.key in typed}
    return {key: amount for key, amount in found.items() if amount is not None}


def _dry(
    actor: Actor, kind: Kind, table: readers.Table, own: ColumnMap | None, data: bytes, file: Path,
    wanted: Mapping[str, int],
) -> dict[str, Any]:  # fmt: skip
    with acting(actor):
        mapping = _mapped(kind, table, own)
        with runtime().db.unit("read") as session:
            control.refuse_again(session, kind, hashlib.sha256(data).digest())
    dry, n = runner.check_table(runtime().db, actor, kind, table, mapping, hashlib.sha256(data).digest())
    rows = [Faulty(one.staged.number, one.staged.cells, one.decision.problems) for one in dry.problems]
    rows.sort(key=lambda one: one.number)
    with acting(actor):
        error_file = _write_errors(kind, file, rows, table.headings, mapping.columns)
        control.refuse_difference(kind, wanted, dry.totals)
    return _answer(None, n, dry.counts, error_file) | _figures(kind, dry.totals, dry.warned)


def _figures(kind: Kind, totals: Mapping[str, int], warned: int) -> dict[str, Any]:
    """Return what a list that gives value adds up to (money in fen) and how many of its rows want attention."""
    if not kind.units:
        return {}
    named = {f"{one.key}_fen" if one.money else one.key: totals.get(one.key, 0) for one in kind.units}
    return {"totals": named, "warnings": warned}


def _real(
    actor: Actor, kind: Kind, own: ColumnMap | None, data: bytes, file: Path, wanted: Mapping[str, int]
) -> dict[str, Any]:
    db = runtime().db
    batch_id = runner.load(db, actor, file.name, data, kind)
    with acting(actor), db.unit("write") as session:
        batch = services.get(session, batch_id)
        services.save_mapping(session, batch, _completed(own, staging.mapping_of(batch)), totals=wanted)
    runner.finish_off(db, actor, batch_id)
    _start(actor, batch_id)
    runner.finish_off(db, actor, batch_id)
    with acting(actor), db.unit("read") as session:
        batch = services.get(session, batch_id)
        rows = list(reports.every_faulty_row(session, batch))
        columns = staging.mapping_of(batch).columns
        error_file = _write_errors(kind, file, rows, staging.headings_of(batch), columns)
        told = _answer(batch_id, batch.rows, services.counted(batch), error_file)
        told |= _figures(kind, json.loads(batch.dry_run).get("totals", {}), control.warnings(batch)[0])
    return told | _write_once(actor, kind, batch_id, file)


def _start(actor: Actor, batch_id: int) -> None:
    """Let a batch run; one that may not is given up, so that it does not lie about."""
    db = runtime().db
    try:
        with acting(actor), db.unit("write") as session:
            services.start(session, services.get(session, batch_id))
    except Refusal:
        with acting(actor), db.unit("write") as session:
            services.discard(session, services.get(session, batch_id))
        raise


def _write_once(actor: Actor, kind: Kind, batch_id: int, file: Path) -> dict[str, str]:
    """Write one-time passwords beside the list, for its owner's eyes only; they are kept nowhere else from then on."""
    with acting(actor), runtime().db.unit("write") as session:
        batch = services.get(session, batch_id)
        lines = kind.once(session, batch)
        if not lines:
            return {}
        target = file.with_name(f"{file.stem}.passwords.csv")
        _write_secret(target, reports.error_csv([reports.guarded(cell) for cell in line] for line in lines))
        kind.forget_once(session, batch)
    return {"passwords_file": str(target)}


def _write_errors(
    kind: Kind, file: Path, rows: Sequence[Faulty], headings: Sequence[str], columns: dict[str, str]
) -> str | None:
    """Write the error file beside the list, for its owner's eyes only; return its path, or None without errors."""
    if not rows:
        return None
    lines: Iterable[Sequence[str]] = reports.error_lines(kind, rows, headings, columns)
    sheet = file.suffix.lower() == ".xlsx"
    target = file.with_name(f"{file.stem}.errors{'.xlsx' if sheet else '.csv'}")
    _write_secret(target, reports.error_xlsx(lines) if sheet else reports.error_csv(lines))
    return str(target)


def _write_secret(target: Path, data: bytes) -> None:
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(data)


def _answer(batch_id: int | None, rows: int, counts: dict[str, int], error_file: str | None) -> dict[str, Any]:
    return {
        "batch": str(batch_id) if batch_id else None, "rows": rows, "created": counts["created"],
        "updated": counts["updated"], "unchanged": counts["unchanged"], "duplicates": counts["duplicate"],
        "failed": counts["failed"], "error_file": error_file,
    }  # fmt: skip


def _tell(told: dict[str, Any], as_json: bool) -> None:
    click.echo(json.dumps(told, ensure_ascii=False) if as_json else "\n".join(f"{k}: {v}" for k, v in told.items()))
    if told["failed"]:
        click.echo(
            ngettext(
                "有 %(n)d 行没有导入，原因见错误文件：%(file)s",
                "有 %(n)d 行没有导入，原因见错误文件：%(file)s",
                told["failed"],
                file=told["error_file"],
            ),
            err=True,
        )
        raise SystemExit(1)


COMMANDS = (import_group,)
