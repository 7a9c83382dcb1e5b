"""Rendering in the shell: menu, store, user, theme; a fragment when htmx asks for one.

A room puts itself into the rail with `menu.add(MenuEntry(...))`; plugins do through a source that
the lead registers (`menu.add_source`). An entry whose permission the actor lacks, or whose endpoint
is not registered, is not shown.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from flask import current_app, flash, make_response, redirect, render_template, request, url_for

from core.kernel import permissions
from core.kernel.i18n import _l
from core.kernel.web import state
from core.kernel.web.routes import spec_of
from core.kernel.web.slots import slots

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from werkzeug.wrappers import Response

    from core.kernel.tenancy import Actor

GROUPS: dict[str, tuple[Any, str, int]] = {
    "home": (_l("首页"), "home", 10),
    "till": (_l("收银"), "till", 20),
    "members": (_l("会员"), "user", 30),
    "appointments": (_l("预约"), "cal", 40),
    "followups": (_l("回访"), "phone", 50),
    "marketing": (_l("营销"), "mega", 60),
    "reports": (_l("报表"), "chart", 70),
    "settings": (_l("设置"), "gear", 80),
}


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """One destination: the rail shows its group, the group's pages list its entries.

    `group` is a key of GROUPS, `icon` a symbol of the sprite (static/img/icons.svg),
    `count` an optional function of the actor giving the figure at the right.
    """

    group: str
    label: Any
    endpoint: str
    icon: str
    permission: str | None = None
    order: int = 100
    plugin: str | None = None
    values: tuple[tuple[str, Any], ...] = ()


@dataclass
class ShownGroup:
    """A group as the rail draws it."""

    key: str
    label: Any
    icon: str
    url: str
    active: bool
    entries: list[ShownEntry] = field(default_factory=list)


@dataclass(frozen=True)
class ShownEntry:
    """An entry as the page of a group draws it."""

    label: Any
    icon: str
    url: str
    active: bool


class Menu:
    """All entries of the installation, and sources of entries that depend on the actor."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str, tuple[tuple[str, Any], ...]], MenuEntry] = {}
        self._sources: list[Callable[[Actor], Iterable[MenuEntry]]] = []

    def add(self, *entries: MenuEntry) -> None:
        """Add entries; raise ValueError for an unknown group."""
        for entry in entries:
            if entry.group not in GROUPS:
                raise ValueError(f"unknown menu group {entry.group}")
            self._entries[(entry.group, entry.endpoint, entry.values)] = entry

    def add_source(self, source: Callable[[Actor], Iterable[MenuEntry]]) -> None:
        """Add a function that gives further entries for an actor (plugins)."""
        self._sources.append(source)

    def entries(self, actor: Actor) -> list[MenuEntry]:
        """Return the entries that the actor may open, in order."""
        found = [*self._entries.values(), *(e for source in self._sources for e in source(actor))]
        return sorted((e for e in found if _may_open(e, actor)), key=lambda e: (GROUPS[e.group][2], e.order))


menu = Menu()


def _may_open(entry: MenuEntry, actor: Actor) -> bool:
    if entry.endpoint not in current_app.view_functions:
        return False
    if entry.plugin and entry.plugin not in actor.plugins:
        return False
    return entry.permission is None or permissions.may(actor, entry.permission)


def shown_menu(actor: Actor) -> list[ShownGroup]:
    """Return the rail for the actor; the active group is the one the present page belongs to."""
    groups: dict[str, ShownGroup] = {}
    for entry in menu.entries(actor):
        label, icon, _order = GROUPS[entry.group]
        url = url_for(entry.endpoint, **dict(entry.values))
        group = groups.setdefault(entry.group, ShownGroup(entry.group, label, icon, url, False))
        group.entries.append(ShownEntry(entry.label, entry.icon, url, _is_here(entry, url)))
    best = max((e for g in groups.values() for e in g.entries if e.active), key=lambda e: len(e.url), default=None)
    for group in groups.values():
        group.active = best is not None and best in group.entries
        # A page below two entries belongs to the nearer one alone.
        group.entries = [entry if entry is best else replace(entry, active=False) for entry in group.entries]
    if best is None and (below := groups.get(_declared_group())):
        below.active, below.entries = True, []  # lit, without the group's own pages above this one
    return list(groups.values())


def _declared_group() -> str:
    """Return the group that the page says it belongs to, where no entry of the menu leads to it.

    A page about a person, whichever vertical it is of, belongs to the people.
    """
    spec = spec_of(current_app.view_functions.get(request.endpoint or ""))
    return (spec.group if spec else "") or ("members" if "person_id" in (request.view_args or {}) else "")


def _is_here(entry: MenuEntry, url: str) -> bool:
    if request.endpoint == entry.endpoint and dict(entry.values) == (request.view_args or {}):
        return True
    return url != "/" and request.path.startswith(url.rstrip("/") + "/")


def is_fragment() -> bool:
    """Return whether htmx asks for a piece of a page (a boosted or restored one is a whole page)."""
    head = request.headers
    return "HX-Request" in head and "HX-Boosted" not in head and "HX-History-Restore-Request" not in head


def shell_context() -> dict[str, Any]:
    """Return what base.html needs beside the page's own data."""
    here, web = state.here(), state.web()
    who = here.identity if here.identity and here.identity.stage == "full" else None
    return {
        "shell": web.shell,
        "who": who,
        "rail": shown_menu(who.actor) if who else [],
        "rail_feet": slots.rail_feet(here.session, who.actor) if who and not is_fragment() else [],
        "theme": here.theme,
        "density": here.density,
        "locale": here.locale,
        "html_lang": {"zh_CN": "zh-CN", "zh_TW": "zh-TW"}.get(here.locale, "en"),
        "request_id": here.request_id,
        "nonce": here.nonce,
        "fragment": is_fragment(),
        "banner": here.banner or (here.session.info.get(state.BANNER) if here.session else None),
    }


def render_page(template: str, *, status: int = 200, **context: Any) -> Response:
    """Return `template` rendered in the shell.

    A template that offers a fragment reads `fragment` (true for an htmx request) and may extend
    "fragment.html" instead of "base.html": `{% extends "fragment.html" if fragment else "base.html" %}`.
    """
    body = render_template(template, **shell_context(), **context)
    answer = make_response(body, status)
    answer.headers.add("Vary", "HX-Request")
    return answer


def go(endpoint: str, **values: Any) -> Response:
    """Return the way to another page after a post (303), understood by htmx as well."""
    return go_to(url_for(endpoint, **values))


def go_to(path: str) -> Response:
    """Return the way to a path of this site."""
    if "HX-Request" in request.headers:
        answer = make_response("", 204)
        answer.headers["HX-Redirect"] = path
        return answer
    return redirect(path, 303)  # type: ignore[return-value]


def toast(text: str, *, undo: str | None = None, kind: str = "ok") -> None:
    """Show a toast on the next page: `undo` is the path that a press on 撤销 posts to."""
    flash(json.dumps({"text": text, "undo": undo}), kind)


def with_toast(answer: Response, text: str, *, undo: str | None = None) -> Response:
    """Return an htmx answer that also shows a toast."""
    answer.headers["HX-Trigger"] = json.dumps({"toast": {"text": text, "undo": undo}})
    return answer


def link_if(endpoint: str, **values: Any) -> str | None:
    """Return the address of an endpoint, or None when it is not registered in this application."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None


def may_see(permission: str) -> bool:
    """Return whether the signed-in person holds a permission: for templates that offer what leads further."""
    here = state.maybe_here()
    who = here.identity if here else None
    return who is not None and permission in permissions.registry and permissions.may(who.actor, permission)
