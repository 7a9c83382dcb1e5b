"""The rules in members' words for everybody who has the address: site, WeChat, a poster's code (S2-18).

It says what the published programme says and nothing else; an owner switches it on. An unknown franchise and one
that keeps its page closed are the same 404.
"""

from __future__ import annotations

from typing import Any

from flask import make_response, request
from sqlalchemy import select

from core.kernel import audit, clock, settings
from core.kernel.errors import NotFound
from core.kernel.i18n import _
from core.kernel.runtime import runtime
from core.kernel.tenancy import Actor, acting
from core.kernel.web.render import go, render_page, toast
from core.kernel.web.routes import page, session
from core.org import franchises
from core.org.models import Franchise
from core.programme import editor, services
from core.programme.permissions import PUBLISH
from core.programme.settings import PUBLIC_PAGE
from core.programme.views import bp

FRESH_S = 300
"""How long a browser or a proxy may show the page without asking again, seconds."""


@page(bp, "/public/<code>", public=True, unit="own", endpoint="public")
def public_rules(code: str) -> Any:
    """Show the rules of a franchise to anybody; raise NotFound where there is no such page."""
    db = runtime().db
    with acting(None), db.unit("read") as unit:
        columns = (Franchise.id, Franchise.name, Franchise.tz, Franchise.chain_id)
        found = unit.execute(select(*columns).where(Franchise.code == code[:20])).first()
    if found is None:
        raise _closed()
    # Nobody in particular looks: the page is the same for all, whoever is signed in.
    reader = Actor(found.id, tz=found.tz, door="public")
    with acting(reader), db.unit("read") as unit:
        reader = Actor(found.id, tz=found.tz, door="public", plugins=franchises.plugins_on(unit, found.chain_id))
        with acting(reader):
            if not settings.value(unit, PUBLIC_PAGE) or services.newest(unit) is None:
                raise _closed()
            programme = services.in_force(unit)
            sheet = editor.sheet_of(unit, programme)
            since = services.version_in_force(unit).effective_at
    answer = make_response(
        render_page(
            "programme/public.html", sheet=sheet, franchise=found.name, version=programme.version,
            since=clock.business_date(clock.from_ms(since), found.tz) if since else None,
        )
    )  # fmt: skip
    answer.headers["Cache-Control"] = f"private, max-age={FRESH_S}"
    return answer


def _closed() -> NotFound:
    return NotFound(_("没有这个页面，或商家没有公开会员规则。"))


@page(bp, "/public", permission=PUBLISH, unit="write", methods=("POST",), endpoint="open_public")
def open_public() -> Any:
    """Open or close the public page."""
    on = request.form.get("on") == "1"
    settings.change(session(), PUBLIC_PAGE, on)
    audit.record(session(), "programme.public.switched", "setting", detail={"on": on})
    toast(_("会员规则页已公开。") if on else _("会员规则页已关闭，原网址不再能打开。"))
    return go("programme.rules")
