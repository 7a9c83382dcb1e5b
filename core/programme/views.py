"""Pages of the programme: overview, the draft's entries, differences, versions, the rule sheet, YAML."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flask import Blueprint, make_response, request, url_for

from core.kernel import settings
from core.kernel.errors import Invalid, Refusal
from core.kernel.i18n import _, _l
from core.kernel.ids import parse_id
from core.kernel.permissions import may
from core.kernel.runtime import runtime
from core.kernel.tenancy import current_actor
from core.kernel.web.render import MenuEntry, go, menu, render_page, toast
from core.kernel.web.routes import on_refusal, page, session
from core.org import franchises
from core.programme import (
    condition_form,
    conditions,
    drafts,
    editor,
    facts,
    fields,
    referral_depth,
    services,
    templates,
)
from core.programme.permissions import ACKNOWLEDGE, EDIT, PUBLISH, VIEW
from core.programme.rules import dump_yaml, parse, parse_yaml
from core.programme.settings import PUBLIC_PAGE

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.programme.models import DraftEntry
    from core.programme.sections import Section

bp = Blueprint("programme", __name__, url_prefix="/programme")
menu.add(MenuEntry("settings", _l("会员方案"), "programme.index", "star", VIEW, order=10))

YAML_LIMIT = 300_000
TEMPLATE = "template:"


def _id(text: str) -> int:
    """Return the id or number in an address; 0, which nothing has, for what cannot be one."""
    return parse_id(text) or 0


@page(bp, "/", permission=VIEW)
def index() -> Any:
    """Show what is in force, the open draft section by section, and the versions."""
    return _overview(session())


def _overview(unit: Session, refusal: Refusal | None = None) -> Any:
    draft = drafts.current(unit)
    codes = frozenset(editor.item_names(unit))
    reading = drafts.read(unit, draft, codes) if draft else None
    newest = services.newest(unit)
    return render_page(
        "programme/index.html", draft=draft, reading=reading, refusal=refusal,
        sections=editor.shown(unit, draft, reading) if draft and reading else [],
        changed=len(drafts.differences(unit, draft)) if draft else 0,
        sheet=editor.sheet_of(unit, services.in_force(unit)) if newest and not draft else [],
        versions=editor.history(unit), presets=_starts(unit), may_edit=may(current_actor(), EDIT),
        may_publish=may(current_actor(), PUBLISH),
        depth=referral_depth.text() if reading and referral_depth.needed(reading.programme) else (),
        answered=referral_depth.acknowledged(unit) if reading else None,
        may_acknowledge=may(current_actor(), ACKNOWLEDGE),
    )  # fmt: skip


def _starts(unit: Session) -> list[tuple[str, str]]:
    """Return what a draft may begin from: the chain's templates, then the presets of the verticals."""
    host = runtime().host
    answers = host.declared("presets") if host else []
    offered = [(f"{TEMPLATE}{row.id}", _("总部模板：%(name)s", name=row.name)) for row in templates.offered(unit)]
    return [*offered, *((one.value.key, str(one.value.name)) for one in answers if not one.failed)]


@page(bp, "/draft", permission=EDIT, unit="write", methods=("POST",))
def open_draft() -> Any:
    """Open a draft: a copy of what is in force, a vertical's preset, or a template of the chain."""
    on_refusal(lambda refusal: _overview(session(), refusal))
    preset = request.form.get("preset", "")
    if not preset:
        version = services.newest(session())
        programme = parse(json.loads(version.document)) if version else _preset_of("")
        drafts.open_from(session(), programme, _("第 %(n)d 版", n=version.number) if version else "")
    elif preset.startswith(TEMPLATE):
        row, programme = templates.take(session(), _id(preset.removeprefix(TEMPLATE)))
        drafts.open_from(session(), programme, _("总部模板“%(name)s”", name=row.name))
    else:
        drafts.open_from(session(), _preset_of(preset), preset)
    return go("programme.index")


def _preset_of(key: str) -> Any:
    host = runtime().host
    for one in host.declared("presets") if host else []:
        if not one.failed and one.value.key == key:
            return parse_yaml(one.value.programme)
    raise Invalid.field("preset", _("没有这个起步方案，请重新选择。"))


@page(bp, "/draft/discard", permission=EDIT, unit="write", methods=("POST",))
def discard() -> Any:
    """Give the draft up."""
    drafts.discard(session(), drafts.required(session()))
    toast(_("草稿已放弃，现行方案没有变化。"))
    return go("programme.index")


@page(bp, "/referral-depth", permission=ACKNOWLEDGE, unit="write", methods=("POST",))
def acknowledge_depth() -> Any:
    """Record the owner's word that a second level of referral is theirs to answer for."""
    on_refusal(lambda refusal: _overview(session(), refusal))
    if request.form.get("read") != "1":
        raise Invalid.field("read", _("请先勾选“已阅读并了解”。"))
    referral_depth.acknowledge(session())
    toast(_("已记录你的确认，可以发布带二级推荐的方案了。"))
    return go("programme.index")


@page(bp, "/draft/import", permission=EDIT, unit="write", methods=("POST",), upload=True)
def import_draft() -> Any:
    """Replace the draft by a YAML file (contract.md section 5)."""
    on_refusal(lambda refusal: _overview(session(), refusal))
    file = request.files.get("file")
    data = file.stream.read(YAML_LIMIT + 1) if file else b""
    if not data or len(data) > YAML_LIMIT:
        raise Invalid.field("file", _("请选择一个不超过 300 KB 的 YAML 文件。"))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise Invalid.field("file", _("文件不是 UTF-8 编码的文本，请用“导出”得到的格式。")) from problem
    unit = session()
    draft = drafts.current(unit)
    if draft is None:
        drafts.open_from(unit, parse_yaml(text), _("导入的文件"))
    else:
        drafts.replace_by_yaml(unit, draft, text)
    toast(_("文件已读进草稿，发布前请核对差异。"))
    return go("programme.index")


def _yaml(text: str, name: str) -> Any:
    answer = make_response(text)
    answer.headers["Content-Type"] = "application/yaml; charset=utf-8"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@page(bp, "/versions/<number>.yaml", permission=VIEW)
def export_version(number: str) -> Any:
    """Hand a published version out as YAML."""
    programme = services.numbered(session(), _id(number))
    return _yaml(dump_yaml(programme), f"programme-{programme.key}-v{programme.version}.yaml")


@page(bp, "/draft/export.yaml", permission=EDIT)
def export_draft() -> Any:
    """Hand the draft out as YAML; a draft with faults says which."""
    draft = drafts.required(session())
    return _yaml(dump_yaml(parse(drafts.document(session(), draft))), f"programme-{draft.key}-draft.yaml")


# -- one entry ----------------------------------------------------------------------------------------------


@page(bp, "/draft/<section>/new", permission=EDIT)
def new_entry(section: str) -> Any:
    """Show the form of a new entry."""
    part = drafts.section(section)
    return _form(session(), part, None, dict(part.start))


@page(bp, "/draft/entry/<entry_id>", permission=EDIT)
def entry(entry_id: str) -> Any:
    """Show the form of an entry."""
    row = drafts.entry(session(), drafts.required(session()), _id(entry_id))
    return _form(session(), drafts.section(row.section), row, drafts.data_of(row))


def _form(unit: Session, part: Section, row: DraftEntry | None, data: dict[str, Any],
          refusal: Refusal | None = None, builders: Builders | None = None) -> Any:  # fmt: skip
    draft = drafts.required(unit)
    errors = {one.field: _reason(one.message) for one in refusal.errors} if refusal else {}
    drawer = fields.Drawer(editor.choices(unit, draft), errors)
    nodes = drawer.entry(part.entry, data)
    shown = set(_names(nodes))
    url = url_for("programme.save_entry", entry_id=row.id) if row else url_for("programme.add_entry", section=part.key)
    return render_page(
        "programme/entry.html", part=part, row=row, url=url, nodes_=nodes, refusal=refusal,
        builders=builders or _builders_of(unit, nodes, data),
        errors=[(name if name in shown else "", message) for name, message in errors.items()],
        title=str(data.get("name") or data.get("code") or part.one), version=row.version if row else 0,
    )  # fmt: skip


Builders = dict[str, condition_form.Draft]
"""The condition builders of an entry's form by the name of their field."""


def _builders_of(unit: Session, nodes: list[fields.Node], data: dict[str, Any]) -> Builders:
    """Return the builders of a form that nobody typed in yet."""
    offered = facts.for_prices()
    found: Builders = {}
    for node in nodes:
        if node.kind == "member":
            condition, _errors = conditions.read(data.get(node.name), node.name)
            made = condition_form.of(unit, condition, offered, node.name) if condition else None
            found[node.name] = made or condition_form.blank(unit, offered, node.name)
    return found


def _reason(message: str) -> str:
    """Leave out the path that a document's problems begin with: here the field itself says where."""
    return message.split("：", 1)[-1]


def _names(nodes: list[fields.Node]) -> list[str]:
    return [name for node in nodes for name in (node.name, *_names(node.children))]


@page(bp, "/draft/<section>/new", permission=EDIT, unit="write", methods=("POST",))
def add_entry(section: str) -> Any:
    """Write a new entry, or show the form again with a row more or less."""
    return _save(drafts.section(section), None)


@page(bp, "/draft/entry/<entry_id>", permission=EDIT, unit="write", methods=("POST",))
def save_entry(entry_id: str) -> Any:
    """Write an entry, or show the form again with a row more or less."""
    row = drafts.entry(session(), drafts.required(session()), _id(entry_id))
    return _save(drafts.section(row.section), row)


def _save(part: Section, row: DraftEntry | None) -> Any:
    unit, offered, builders = session(), facts.for_prices(), dict[str, condition_form.Draft]()
    form: Any = request.form

    def member(name: str) -> Any:
        builder = builders[name] = condition_form.read(unit, form, offered, name)
        return builder.plain() if builder.rows else fields.ABSENT

    reader = fields.Reader(request.form, member)
    data = reader.entry(part.entry)
    row_id = row.id if row else None

    def again(refusal: Refusal | None) -> Any:
        unit = session()
        fresh = drafts.entry(unit, drafts.required(unit), row_id) if row_id else None
        for builder in builders.values():
            builder.session = unit
        return _form(unit, part, fresh, data, refusal, builders)

    if any(one.acted for one in builders.values()):
        return again(None)
    act = request.form.get("act", "")
    if act:
        data = fields.rearrange(data, act, part.entry)
        return again(None)
    on_refusal(again)
    if reader.errors:
        raise Invalid(_("还有 %(n)d 处要改。", n=len(reader.errors)), errors=fields.as_errors(reader.errors))
    for builder in builders.values():
        if builder.rows:
            builder.condition("price")
    version = request.form.get("version", "0")
    drafts.save(unit, drafts.required(unit), part, data, row, int(version) if version.isdigit() else 0)
    toast(_("已存进草稿，还没有发布。"))
    return go("programme.index", _anchor=part.key)


@page(bp, "/draft/entry/<entry_id>/remove", permission=EDIT, unit="write", methods=("POST",))
def remove_entry(entry_id: str) -> Any:
    """Take an entry out of the draft."""
    on_refusal(lambda refusal: _overview(session(), refusal))
    draft = drafts.required(session())
    row = drafts.entry(session(), draft, _id(entry_id))
    drafts.remove(session(), draft, row)
    return go("programme.index", _anchor=row.section)


@page(bp, "/draft/entry/<entry_id>/up", permission=EDIT, unit="write", methods=("POST",))
def up(entry_id: str) -> Any:
    """Move an entry before the one above it."""
    draft = drafts.required(session())
    row = drafts.entry(session(), draft, _id(entry_id))
    drafts.move_up(session(), draft, row)
    return go("programme.index", _anchor=row.section)


# -- the whole ----------------------------------------------------------------------------------------------


@page(bp, "/draft/diff", permission=EDIT)
def diff() -> Any:
    """Show what the draft changes against the newest version."""
    draft = drafts.required(session())
    names = editor.item_names(session())
    changes = editor.told(drafts.differences(session(), draft), names)
    return render_page("programme/diff.html", changes=changes, draft=draft)


@page(bp, "/versions/<number>", permission=VIEW)
def version(number: str) -> Any:
    """Show a published version: its rule sheet and what it changed."""
    unit = session()
    programme = services.numbered(unit, _id(number))
    rows = {row.number: row for row in services.versions(unit)}
    row, before = rows.get(programme.version), rows.get(programme.version - 1)
    changes = services.changes(json.loads(before.document), json.loads(row.document)) if row and before else []
    return render_page(
        "programme/version.html", row=row, programme=programme, sheet=editor.sheet_of(unit, programme),
        changes=editor.told(changes, editor.item_names(unit)),
    )  # fmt: skip


@page(bp, "/rules", permission=VIEW)
def rules() -> Any:
    """Show the rules in force in members' words, to be printed for the counter (S2-17), and the public page."""
    unit = session()
    programme = services.in_force(unit)
    return render_page(
        "programme/rules.html", sheet=editor.sheet_of(unit, programme), programme=programme,
        is_open=bool(settings.value(unit, PUBLIC_PAGE)), may_publish=may(current_actor(), PUBLISH),
        address=url_for("programme.public", code=franchises.code_of(unit), _external=True),
    )  # fmt: skip


from core.programme import public_views  # noqa: E402, F401 - its pages stand on the same blueprint
