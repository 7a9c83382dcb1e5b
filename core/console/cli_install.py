"""Commands of an installation: init, demo, verify, backup, restore, doctor, keys."""

from __future__ import annotations

import json
from pathlib import Path

import click
from sqlalchemy import select

from core.console import demo, doctor, founding, verification
from core.kernel import backup as backups
from core.kernel import keys, rotation
from core.kernel.command import every_franchise, plainly
from core.kernel.i18n import _
from core.kernel.models import Installation
from core.kernel.runtime import runtime
from core.kernel.tenancy import acting
from core.org import franchises
from core.people.services import rekey_tokens


@click.command("init")
@click.option("--chain", default="", help="default: the franchise's name")
@click.option("--franchise", "name", required=True)
@click.option("--owner", required=True, help="sign-in name of the owner: an e-mail address")
@click.option("--store", default="")
@click.option("--preset", default="dental", help="verticals, comma-separated")
@click.option("--programme", default=None)
@click.option("--json", "as_json", is_flag=True)
@plainly
def init(chain: str, name: str, owner: str, store: str, preset: str, programme: str | None, as_json: bool) -> None:
    """Found a usable franchise on an empty or existing database."""
    here = runtime()
    code = founding.prepare(here)
    founded = founding.found(
        here, chain=chain or name, name=name, owner=owner, store=store or _("总店"),
        verticals=[key for key in preset.split(",") if key], programme=programme, recovery_code=code,
    )  # fmt: skip
    told = founded.to_json()
    click.echo(json.dumps(told, ensure_ascii=False) if as_json else "\n".join(f"{k}: {v}" for k, v in told.items()))


@click.command("demo")
@click.option("--people", default=40, show_default=True, help="members a franchise")
@click.option("--seed", default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True)
@plainly
def make_demo(people: int, seed: int, as_json: bool) -> None:
    """Make the demonstration chain; the same seed makes the same chain."""
    here = runtime()
    code = founding.prepare(here)
    signs = demo.build(here, people, seed, code)
    if as_json:
        click.echo(json.dumps([sign.to_json() for sign in signs], ensure_ascii=False))
        return
    for sign in signs:
        click.echo(f"{sign.franchise}\t{sign.role}\t{sign.login}\t{sign.password}\tPIN {sign.pin}")


@click.command("verify")
@click.option("--json", "as_json", is_flag=True)
@click.option("--anchor", type=click.Path(path_type=Path), default=None)
@click.option("--resume", default=None, metavar="REASON", help="allow value-changing calls again")
@plainly
def verify(as_json: bool, anchor: Path | None, resume: str | None) -> None:
    """Recompute balances, lots, tiers, orders and the audit chain; exit 1 and the first difference."""
    here = runtime()
    if resume:
        for actor in every_franchise(here.db):
            with acting(actor), here.db.unit("write") as session:
                if franchises.get(session, actor.franchise_id).frozen_reason:
                    franchises.resume(session, resume)
        return
    configured = here.environment.audit_anchor
    if anchor is None and configured and not configured.startswith("syslog:"):
        anchor = Path(configured)
    results = verification.verify(here, anchor)
    failed = [result for result in results if result.difference]
    if as_json:
        click.echo(json.dumps({"ok": not failed, "checks": [r.to_json() for r in results]}, ensure_ascii=False))
    elif failed:
        click.echo(f"{failed[0].name}: {failed[0].difference}", err=True)
    if failed:
        raise SystemExit(1)


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@plainly
def backup(file: Path) -> None:
    """Write a consistent, sealed backup."""
    here = runtime()
    with here.db.unit("read") as session:
        wrapped = session.scalar(select(Installation.value).where(Installation.key == founding.RECOVERY))
    size = backups.backup(here, file, wrapped)
    click.echo(_("已备份到 %(file)s（%(size)d 字节）。", file=str(file), size=size))


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, exists=True))
@click.option("--recovery-code-file", type=click.Path(path_type=Path, exists=True), default=None)
@plainly
def restore(file: Path, recovery_code_file: Path | None) -> None:
    """Restore a backup into an empty installation, then verify it."""
    here = runtime()
    key_file = here.environment.key_file
    if recovery_code_file is not None:
        master = _recovered(file, recovery_code_file.read_text(encoding="utf-8"))
        if not key_file.exists():
            keys.write_master(key_file, master)
    else:
        master = keys.read_master(key_file)
    backups.restore(here, file, master)
    here.load_keys()
    failed = [r for r in verification.verify(here, freeze=False) if r.difference]
    if failed:
        raise click.ClickException(f"{failed[0].name}: {failed[0].difference}")
    click.echo(_("已恢复，核对无差异。"))


def _recovered(file: Path, code: str) -> bytes:
    wrapped = backups.read_head(file).get("recovery")
    if not wrapped:
        raise click.ClickException(_("这份备份没有恢复码，请用主密钥文件恢复。"))
    return keys.unwrap(founding.recovery_key(code), bytes.fromhex(wrapped), "recovery")


@click.command("doctor")
@click.option("--deploy", is_flag=True, help="also the checks of a served installation")
@plainly
def examine(deploy: bool) -> None:
    """Check the configuration; exit 1 on a fatal finding."""
    findings = doctor.examine(runtime(), deploy=deploy)
    for finding in findings:
        click.echo(f"{'FATAL' if finding.fatal else 'warn '} {finding.code}: {finding.message}", err=finding.fatal)
    if any(finding.fatal for finding in findings):
        raise SystemExit(1)
    if not findings:
        click.echo("ok")


@click.group("keys")
def keys_group() -> None:
    """Data keys."""


@keys_group.command("rotate")
@click.option("--settle-seconds", default=rotation.SETTLE_SECONDS, show_default=True)
@plainly
def rotate(settle_seconds: float) -> None:
    """Rotate the data key and re-seal everything; run again after an interruption."""
    here = runtime()
    done = rotation.rotate(here, every_franchise(here.db), [rekey_tokens], settle_seconds)
    click.echo(_("已换钥，重新加密 %(n)d 行。", n=done))


COMMANDS = (init, make_demo, verify, backup, restore, examine, keys_group)
