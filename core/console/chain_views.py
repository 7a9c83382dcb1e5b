"""Pages of the chain's administrator: franchises and counts, a new franchise, plugins, programme templates."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flask import request

from core.console import chain, founding
from core.console.blueprint import bp, id_of
from core.console.permissions import CHAIN_EDIT, CHAIN_VIEW
from core.kernel import clock, doors, permissions
from core.kernel.errors import Conflict, Invalid, Refusal
from core.kernel.i18n import _, _l
from core.kernel.runtime import runtime
from core.kernel.tenancy import Actor, act_in, current_actor
from core.kernel.web import state
from core.kernel.web.render import MenuEntry, go, menu, render_page, toast
from core.kernel.web.routes import on_refusal, own_unit, page, session
from core.org import rules as org_rules
from core.programme import presets, templates
from core.programme import services as programmes

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.org.models import Chain
    from core.programme.rules import Programme

menu.add(
    MenuEntry("settings", _l("连锁总览"), "console.chain_home", "tree", CHAIN_VIEW, order=5),
    MenuEntry("settings", _l("允许的插件"), "console.chain_plugins", "plug", CHAIN_VIEW, order=6),
    MenuEntry("settings", _l("方案模板"), "console.chain_templates", "star", CHAIN_VIEW, order=7),
)
LONGEST = 60


@dataclass
class Typed:
    """What was typed into the form of a new franchise, and what is wrong with it by field."""

    values: dict[str, str] = field(default_factory=dict)
    verticals: tuple[str, ...] = ()
    errors: dict[str, str] = field(default_factory=dict)


# -- franchises ------------------------------------------------------------------------------------


@page(bp, "/chain", permission=CHAIN_VIEW, endpoint="chain_home")
def chain_home() -> Any:
    """Show the chain's franchises with their stores and counts."""
    return _overview(session())


def _overview(unit: Session) -> Any:
    row = chain.own_chain(unit)
    after = request.args.get("after", "")
    rows, more = chain.branches(unit, row.id, int(after) if after.isdigit() and len(after) < 19 else 0)
    return render_page(
        "console/chain.html", C=row, rows=rows, more=more, first=not after, totals=chain.totals(unit, row.id),
        names=_plugin_names(), may_edit=_may_edit(), own=current_actor().franchise_id,
    )  # fmt: skip


def _plugin_names() -> dict[str, str]:
    return {key: str(plugin.name) for key, plugin in runtime().host.plugins.items()}


def _may_edit() -> bool:
    return permissions.may(current_actor(), CHAIN_EDIT)


@page(bp, "/chain/franchises/<franchise_id>", permission=CHAIN_VIEW)
def chain_franchise(franchise_id: str) -> Any:
    """Show one franchise: stores, plugins, newest programme, counts."""
    unit = session()
    row = chain.own_chain(unit)
    branch = chain.branch(unit, chain.franchise_of(unit, row.id, id_of(franchise_id)))
    return render_page("console/chain_franchise.html", C=row, B=branch, names=_plugin_names())


@page(bp, "/chain/count", permission=CHAIN_EDIT, unit="own", methods=("POST",))
def chain_count() -> Any:
    """Count every franchise now instead of tonight."""
    with own_unit("read") as unit:
        chain_id = chain.own_chain(unit).id
    done = chain.recount(runtime().db, chain_id)
    toast(_("已重新统计 %(n)d 个加盟主体。", n=done))
    return go("console.chain_home")


@page(bp, "/chain/franchises/new", permission=CHAIN_EDIT)
def chain_new() -> Any:
    """Show the form of a new franchise."""
    return _form(session(), Typed())


def _form(unit: Session, typed: Typed, status: int = 200) -> Any:
    row = chain.own_chain(unit)
    offered = [one for one in chain.allowances(unit, runtime().host, row.id) if one.allowed and not one.missing]
    known = founding.known_presets(runtime())
    return render_page(
        "console/chain_new.html", status=status, C=row, typed=typed,
        verticals=[one for one in offered if one.key in known],
        programmes=[(key, str(known[key].name)) for key in known if any(one.key == key for one in offered)],
    )  # fmt: skip


@page(bp, "/chain/franchises/new", permission=CHAIN_EDIT, unit="own", methods=("POST",), endpoint="chain_found")
def chain_found() -> Any:
    """Found a franchise; the owner's one-time password is shown on the answer and never again."""
    typed = _typed()
    with own_unit("read") as unit:
        row = chain.own_chain(unit)
        _check(unit, row, typed)
        if typed.errors:
            return _form(unit, typed, 422)
        chain_name = row.name
    given = typed.values
    try:
        made = founding.found(
            runtime(), chain=chain_name, name=given["name"], owner=given["owner"], store=given["store"],
            verticals=typed.verticals, programme=given["programme"],
        )  # fmt: skip
    except Refusal as refused:
        typed.errors[refused.errors[0].field if refused.errors else "owner"] = refused.message
        with own_unit("read") as unit:
            return _form(unit, typed, refused.status)
    with own_unit("write") as unit:
        detail = {"name": given["name"], "code": made.franchise_code, "verticals": list(typed.verticals)}
        chain.note(unit, "console.franchise.founded", "franchise", made.franchise_id, detail)
    return render_page("console/chain_founded.html", made=made, name=given["name"])


def _typed() -> Typed:
    names = ("name", "store", "owner", "programme")
    values = {name: " ".join(request.form.get(name, "").split())[:120] for name in names}
    return Typed(values, tuple(dict.fromkeys(request.form.getlist("vertical")))[:20])


def _check(unit: Session, row: Chain, typed: Typed) -> None:
    """Note what is wrong with the form before anything is made."""
    given, errors = typed.values, typed.errors
    for name, label in (("name", _("机构名")), ("store", _("门店名"))):
        if not 2 <= len(given[name]) <= LONGEST:
            errors[name] = _("%(what)s 2 到 %(n)d 个字。", what=label, n=LONGEST)
    owner = org_rules.normal(given["owner"]).strip().lower()
    if "@" not in owner or len(owner) < 5:
        errors["owner"] = _("请填写加盟主的邮箱，用它登录。")
    elif doors.by_login(unit, owner):
        errors["owner"] = _("登录名 %(login)s 已经有人用了。", login=owner)
    allowed = {one.key for one in chain.allowances(unit, runtime().host, row.id) if one.allowed and not one.missing}
    known = founding.known_presets(runtime())
    if not typed.verticals:
        errors["vertical"] = _("至少选一个业态。")
    elif not set(typed.verticals) <= allowed & set(known):
        errors["vertical"] = _("只能选总部已经允许的业态。")
    if given["programme"] not in known:
        errors["programme"] = _("请选择起步方案。")
    elif not errors.get("vertical") and given["programme"] not in typed.verticals:
        errors["programme"] = _("起步方案要是选中的业态之一。")


# -- plugins ---------------------------------------------------------------------------------------


@page(bp, "/chain/plugins", permission=CHAIN_VIEW)
def chain_plugins() -> Any:
    """Show what the chain allows and who uses it."""
    unit = session()
    row = chain.own_chain(unit)
    rows = chain.allowances(unit, runtime().host, row.id)
    return render_page("console/chain_plugins.html", C=row, rows=rows, may_edit=_may_edit(), now_ms=clock.now_ms())


@page(bp, "/chain/plugins/<key>", permission=CHAIN_EDIT, unit="own", methods=("POST",))
def chain_allow(key: str) -> Any:
    """Allow a plugin to the chain, or withdraw it: it goes off everywhere, an audit line each, rows stay."""
    allowed = request.form.get("allowed") == "1"
    with own_unit("read") as unit:
        chain_id = chain.own_chain(unit).id
    who = state.identity()
    by = f"{who.franchise_name} {who.staff_number}" if who else ""
    done = chain.decide(runtime().db, runtime().host, chain_id, key, allowed, by)
    name = _plugin_names().get(key, key)
    if allowed:
        toast(_("已允许%(name)s，%(n)d 个加盟主体可以自己启用。", name=name, n=len(done)))
    else:
        toast(_("已收回%(name)s，正在用的加盟主体已停用，数据都还在。", name=name))
    return go("console.chain_plugins")


# -- templates -------------------------------------------------------------------------------------


@page(bp, "/chain/templates", permission=CHAIN_VIEW)
def chain_templates() -> Any:
    """Show the programme templates that the chain hands out."""
    return _templates(session())


def _templates(unit: Session, refusal: Refusal | None = None) -> Any:
    row = chain.own_chain(unit)
    return render_page(
        "console/chain_templates.html", C=row, rows=templates.of_chain(unit, row.id), refusal=refusal,
        sources=_sources(unit, row.id) if _may_edit() else [], may_edit=_may_edit(), typed=request.form,
    )  # fmt: skip


def _sources(unit: Session, chain_id: int) -> list[tuple[str, str]]:
    """Return what a template may be made of: presets, and the newest programme of a franchise."""
    found = [(f"preset:{key}", _("起步方案：%(name)s", name=str(one.name)))
             for key, one in founding.known_presets(runtime()).items()]  # fmt: skip
    after = 0
    while True:
        rows, after = chain.branches(unit, chain_id, after)
        found += [
            (f"franchise:{one.id}", _("%(name)s · 第 %(n)d 版", name=one.name, n=one.programme[1]))
            for one in rows
            if one.programme
        ]
        if not after:
            return found


@page(bp, "/chain/templates", permission=CHAIN_EDIT, unit="write", methods=("POST",), endpoint="chain_hand_out")
def chain_hand_out() -> Any:
    """Hand a programme out as a template; franchises take it as a draft."""
    on_refusal(lambda refusal: _templates(session(), refusal))
    unit = session()
    row = chain.own_chain(unit)
    programme, origin = _programme(unit, row.id, request.form.get("source", "")[:60])
    made = templates.hand_out(
        unit, row.id, request.form.get("name", "")[:200], programme, origin, request.form.get("note", "")[:400]
    )
    chain.note(
        unit, "console.template.handed_out", "programme_template", made.id, {"name": made.name, "origin": made.origin}
    )
    toast(_("“%(name)s”已下发，加盟主体在“会员方案”里可以取用。", name=made.name))
    return go("console.chain_templates")


def _programme(unit: Session, chain_id: int, source: str) -> tuple[Programme, str]:
    kind, _sep, what = source.partition(":")
    known = founding.known_presets(runtime())
    if kind == "preset" and what in known:
        return presets.load_preset(known[what].programme), _("起步方案：%(name)s", name=str(known[what].name))
    if kind != "franchise":
        raise Invalid.field("source", _("请选择用哪份方案做模板。"))
    row = chain.franchise_of(unit, chain_id, id_of(what))
    with act_in(unit, Actor(row.id, door="page", tz=row.tz)):
        newest = programmes.newest(unit)
        if newest is None:
            raise Conflict(_("这个加盟主体还没有发布过方案。"), code="no_programme")
        programme = programmes.numbered(unit, newest.number)
    return programme, _("%(name)s · 第 %(n)d 版", name=row.name, n=programme.version)


@page(bp, "/chain/templates/<template_id>/withdraw", permission=CHAIN_EDIT, unit="write", methods=("POST",))
def chain_template_withdraw(template_id: str) -> Any:
    """Hand a template out no longer."""
    unit = session()
    row = templates.withdraw(unit, chain.own_chain(unit).id, id_of(template_id))
    chain.note(unit, "console.template.withdrawn", "programme_template", row.id, {"name": row.name})
    toast(_("“%(name)s”已收回，已经取用的草稿和版本不受影响。", name=row.name))
    return go("console.chain_templates")
