"""Home cards of the console: the chain in counts, plugins that are isolated, a trail that is not whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import render_template
from markupsafe import Markup

from core.console import audit_trail, chain
from core.console.health import hook_label, isolated_hooks
from core.console.permissions import AUDIT_VIEW, CHAIN_VIEW, SWITCH
from core.kernel.i18n import _l
from core.kernel.permissions import SEES_NO_PERSON
from core.kernel.runtime import runtime
from core.kernel.web.slots import HomeCard, slots

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.kernel.tenancy import Actor


def _draw(name: str, **context: Any) -> Markup:
    return Markup(render_template(f"console/home/{name}.html", **context))  # noqa: S704


def chain_card(session: Session, actor: Actor) -> Markup | None:
    """Return the chain's sums and its newest franchises, for its administrator."""
    if not actor.roles & SEES_NO_PERSON:
        return None
    row = chain.own_chain(session)
    return _draw("chain", C=row, totals=chain.totals(session, row.id))


def plugin_card(_session: Session, actor: Actor) -> Markup | None:
    """Return the hooks in quarantine of the plugins that are on; nothing while all are well."""
    host = runtime().host
    if host is None:
        return None
    rows = [(str(host.plugins[key].name), hook_label(hook)) for key, hook in isolated_hooks(host, actor.plugins)]
    return _draw("plugins", rows=rows) if rows else None


def trail_card(session: Session, _actor: Actor) -> Markup | None:
    """Return what is wrong with the audit trail; nothing while it is whole."""
    last = audit_trail.last_check(session)
    return _draw("trail", last=last, problem=audit_trail.problem_words(last)) if last and last.problem else None


slots.add_home_card(
    HomeCard("audit_chain", _l("日志链"), trail_card, AUDIT_VIEW, "top", 5),
    HomeCard("isolated", _l("插件"), plugin_card, SWITCH, "top", 16),
    HomeCard("chain", _l("连锁"), chain_card, CHAIN_VIEW, "top", 18),
)
