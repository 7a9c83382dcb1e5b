"""Pages and commands of the tables: which version counts, its search, taking one in, signing for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask import request
from sqlalchemy import select

from core.sdk import (
    Invalid,
    Refusal,
    _,
    franchise_unit,
    go,
    may,
    on_refusal,
    page,
    page_session,
    plainly,
    render_page,
    staff_names,
    tenancy,
    toast,
)
from plugins.pharmacy import checks, datasets, knowledge
from plugins.pharmacy.blueprint import bp
from plugins.pharmacy.models import PharmacyDataset
from plugins.pharmacy.permissions import DATA, VIEW

if TYPE_CHECKING:
    from click import Command
    from sqlalchemy.orm import Session

MOST_BYTES = 2_000_000
SHOWN = 30
LISTED = 8


@page(bp, "/data", permission=VIEW)
def data() -> Any:
    """Show the version of each table, who answers for it, and what a word or ingredient is found in."""
    return _data(page_session())


def _data(unit: Session, refusal: Refusal | None = None, diff: Any = None) -> Any:
    stands = datasets.standing(unit)
    digest = datasets.digest_of(stands)
    history = unit.scalars(select(PharmacyDataset).order_by(PharmacyDataset.id.desc()).limit(10)).all()
    wanted = request.args.get("q", "").strip().lower()
    return render_page(
        "pharmacy/data.html", status=refusal.status if refusal else 200, refusal=refusal, kinds=knowledge.KINDS,
        stands=[(one, len(knowledge.parse(kind, datasets.body_of(unit, one)))) for kind, one in stands.items()],
        digest=digest, version=datasets.version_of(stands), signed=datasets.signed(unit, digest), history=history,
        names=staff_names(unit, [row.staff_id for row in history]), may_change=may(tenancy.current_actor(), DATA),
        q=wanted, hits=_search(unit, stands, wanted) if wanted else [], levels=checks.LEVELS, diff=diff,
        typed=request.form,
    )  # fmt: skip


def _search(unit: Session, stands: Any, wanted: str) -> list[tuple[str, str, str, str, str]]:
    """Return (kind, what, severity, effect, source) of rows that hold a word."""
    hits = []
    for kind in (knowledge.INTERACTIONS, knowledge.CONDITIONS, knowledge.ALLERGIES):
        for row in knowledge.parse(kind, datasets.body_of(unit, stands[kind])):
            if any(wanted in value.lower() for value in row.values()):
                hits.append((kind, _what(kind, row), row.get("severity", ""), _effect(kind, row), row["source"]))
                if len(hits) >= SHOWN:
                    return hits
    return hits


def _what(kind: str, row: Any) -> str:
    if kind == knowledge.INTERACTIONS:
        return f"{row['name_a_zh'] or row['ingredient_a']} × {row['name_b_zh'] or row['ingredient_b']}"
    if kind == knowledge.CONDITIONS:
        return f"{checks.name_of(row['ingredient'])} × {row.get('condition_zh') or row['condition_code']}"
    return f"{row['name_zh']} · {row.get('member_name_zh') or row['member_ingredient']}"


def _effect(kind: str, row: Any) -> str:
    return row["cross_reactive_with"] if kind == knowledge.ALLERGIES else row["effect_zh"]


@page(bp, "/data", permission=DATA, unit="write", methods=("POST",), endpoint="data_post", upload=True)
def data_post() -> Any:
    """Compare a file with what counts, take it in, go back to the shipped one, or sign for all tables."""
    unit, form = page_session(), request.form
    on_refusal(lambda refusal: _data(page_session(), refusal))
    act, kind = form.get("act", ""), form.get("kind", "")
    if act == "sign":
        datasets.sign(unit, form.get("digest", ""), form.get("name", ""))
        toast(_("已记录核定签字。"))
    elif act == "back":
        datasets.go_back(unit, kind)
        toast(_("已换回随软件提供的版本。"))
    else:
        body = _uploaded()
        if kind not in knowledge.KINDS:
            raise Invalid.field("kind", _("没有这一类资料。"))
        if act != "take":
            return _data(unit, diff=_compared(unit, kind, body))
        row = datasets.take_in(unit, kind, form.get("version", ""), body)
        toast(_("已导入 %(n)d 行，从现在起按新版本核对。", n=row.rows))
    return go("pharmacy.data")


def _uploaded() -> str:
    file = request.files.get("file")
    raw = file.read(MOST_BYTES + 1) if file else b""
    if not raw or len(raw) > MOST_BYTES:
        raise Invalid.field("file", _("请选择一个 CSV 文件，最大 2 MB。"))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid.field("file", _("文件须是 UTF-8 编码的 CSV。")) from None


def _compared(unit: Session, kind: str, body: str) -> dict[str, Any]:
    old = datasets.body_of(unit, datasets.standing(unit)[kind])
    added, removed, changed = knowledge.differences(kind, old, body)
    return {
        "kind": kind,
        "parts": [
            (word, len(keys), keys[:LISTED])
            for word, keys in ((_("新增"), added), (_("删除"), removed), (_("修改"), changed))
        ],
    }


@click.command("data")
@click.argument("kind", type=click.Choice(sorted(knowledge.KINDS)))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def compare_command(kind: str, file: Path) -> None:
    """Compare a file of the tables with the one that came with the plugin: added, removed, changed rows."""
    try:
        parts = knowledge.differences(kind, knowledge.shipped_text(kind), file.read_text("utf-8-sig"))
    except Invalid as refusal:
        raise click.ClickException(str(refusal)) from None
    for word, keys in zip(("added", "removed", "changed"), parts, strict=True):
        click.echo(f"{word} {len(keys)}")
        for key in keys:
            click.echo(f"  {key}")


@click.command("import")
@click.argument("kind", type=click.Choice(sorted(knowledge.KINDS)))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--franchise", required=True, help="id or code")
@click.option("--version", "version", required=True, help="name of the new version, such as 2026.12")
@click.option("--write", is_flag=True, help="take it in; without it nothing is written")
@click.option("--json", "as_json", is_flag=True)
@plainly
def import_command(kind: str, file: Path, franchise: str, version: str, write: bool, as_json: bool) -> None:
    """Take a file of the tables in as a franchise's new version; a dry run unless --write is given.

    Prints what it adds, removes and changes against the version that counts there. Exit 1 for a file that cannot be
    read, the same data or the same version name.
    """
    try:
        body = file.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid.field("file", _("文件须是 UTF-8 编码的 CSV。")) from None
    with franchise_unit(franchise, "pharmacy", "write" if write else "read") as unit:
        before = datasets.standing(unit)[kind]
        parts = knowledge.differences(kind, datasets.body_of(unit, before), body)
        if write:
            datasets.take_in(unit, kind, version, body)
        else:
            datasets.check_new(kind, version, body, before)
    counts = dict(zip(("added", "removed", "changed"), (len(keys) for keys in parts), strict=True))
    told = {"kind": kind, "from": before.version, "to": version, **counts, "written": write}
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    for word, keys in zip(counts, parts, strict=True):
        click.echo(f"{word} {len(keys)}")
        for key in keys:
            click.echo(f"  {key}")
    click.echo(f"{before.version} -> {version}: {'written' if write else 'dry run, nothing written (--write)'}")


COMMANDS: list[Command] = [compare_command, import_command]
