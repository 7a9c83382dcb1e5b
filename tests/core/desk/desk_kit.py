"""Somebody at a desk: a signed-in client that reads forms and posts them, as a browser without scripts would."""

from __future__ import annotations

import html
import re
from typing import Any

from sqlalchemy import select

from core import assembly
from core.kernel.tenancy import Actor, acting
from core.orders.models import Orders
from core.org import services as org
from core.org.models import Staff
from tests.installation import PIN

HX = {"HX-Request": "true"}


def web_of(installation: Any) -> Any:
    """Return the application over an installation."""
    app = assembly.web_app(installation.runtime)
    app.testing = True
    return app


def secret_of(installation: Any, house: Any, role: str) -> str:
    """Open a session for a role of a house and return its cookie; no password is hashed."""
    with acting(Actor(house.franchise_id)), installation.unit() as unit:
        staff = unit.get(Staff, house.staff[role])
        staff.password_once = False
        login = staff.login
    with installation.unit() as unit:
        account = org.account_of(unit, login, "127.0.0.1")
        return org.sign_in(unit, account, True, "127.0.0.1", "test").secret


class Desk:
    """A role of a house at a screen."""

    def __init__(self, installation: Any, app: Any, house: Any, role: str) -> None:
        self.installation, self.house, self.role = installation, house, role
        self.client = app.test_client()
        self.client.set_cookie("huike", secret_of(installation, house, role))
        self._token = ""

    @property
    def actor(self) -> Actor:
        """The actor behind this desk, for looking at the ledger."""
        return self.installation.actor(self.house, self.role)

    def get(self, path: str, **kw: Any) -> Any:
        """Open a page."""
        return self.client.get(path, **kw)

    def post(self, path: str, data: dict[str, Any] | None = None, **kw: Any) -> Any:
        """Send a form with the session's CSRF token."""
        if not self._token:
            self._token = re.search(r'name="csrf" content="([^"]+)"', self.get("/").text).group(1)
        return self.client.post(path, data={**(data or {}), "csrf_token": self._token}, **kw)

    def enrol(self, name: str = "刘超明", phone: str | None = "13800005051", **more: Any) -> int:
        """Enrol somebody behind the scenes."""
        with acting(self.actor):
            return self.installation.enrol(name, phone, **more)

    # -- the till ---------------------------------------------------------------------------------

    def till(self) -> str:
        """Return the till's HTML."""
        answer = self.get("/till")
        assert answer.status_code == 200, answer.text
        return answer.text

    def take(self, person_id: int) -> None:
        """Put a member at the till."""
        assert self.post("/till/member", {"person_id": person_id}).status_code == 303

    def add(self, typed: str, **more: Any) -> Any:
        """Type into the item box and press Enter."""
        return self.post("/till/lines", {"q": typed, **more})

    def pay_form(self, page: str | None = None) -> dict[str, str]:
        """Return the fields of the pay form of a till page."""
        text = page or self.till()
        return {name: field(text, name) for name in ("pay_key", "shown")}

    def pay(self, form: dict[str, str] | None = None, kind: str = "wechat", **more: Any) -> Any:
        """Press 收款; the answer leads back to the till with the result."""
        return self.post("/till/pay", {**(form or self.pay_form()), "kind": kind, **more})

    def ring_up(self, person_id: int | None, *typed: str, kind: str = "cash", patient: int | None = None) -> Orders:
        """Ring up a whole visit through the forms and return the order."""
        if person_id is not None:
            self.take(person_id)
        for text in typed:
            assert self.add(text, **({"for": patient} if patient else {})).status_code == 303
        answer = self.pay(kind=kind)
        assert answer.status_code == 303, alert(answer.text)
        return self.order_of(answer)

    def order_of(self, answer: Any) -> Orders:
        """Return the order that a payment's answer leads to."""
        order_id = int(re.search(r"done=(\d+)", answer.location).group(1))
        with acting(self.actor), self.installation.unit("read") as unit:
            row = unit.get(Orders, order_id)
            unit.expunge_all()
            return row

    def orders(self) -> list[Orders]:
        """Return every order of the franchise."""
        with acting(self.actor), self.installation.unit("read") as unit:
            rows = list(unit.scalars(select(Orders).order_by(Orders.id)))
            unit.expunge_all()
            return rows

    def points(self, person_id: int) -> int:
        """Return somebody's points by the ledger."""
        from core.kernel import clock
        from core.kernel.statements import Statements
        from core.ledger import services as ledger

        with acting(self.actor), self.installation.unit("read") as unit:
            st = Statements(unit, self.house.franchise_id)
            return ledger.available_of(st, [person_id], "points", clock.today(self.actor.tz))[person_id][0]


def field(text: str, name: str) -> str:
    """Return the value of an input of a page."""
    found = re.search(rf'name="{name}" value="([^"]*)"', text)
    assert found, f"no field {name}"
    return html.unescape(found.group(1))


def plain(text: str) -> str:
    """Return what a reader sees of a page: no tags, single blanks."""
    text = re.sub(r"<(script|style)\b.*?</\1>", " ", text, flags=re.S)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text))).strip()


def alert(text: str) -> str:
    """Return the words of the page's alerts."""
    return " | ".join(
        plain(part) for part in re.findall(r'role="alert".*?</div></div>|role="alert".*?</span>', text, flags=re.S)
    )


__all__ = ["HX", "PIN", "Desk", "alert", "field", "plain", "secret_of", "web_of"]
