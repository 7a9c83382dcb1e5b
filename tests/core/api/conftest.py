"""A till's client over a founded installation."""

from __future__ import annotations

import hashlib
import itertools
import json
from dataclasses import dataclass
from typing import Any

import pytest

from core.api import app as api
from core.kernel.tenancy import acting
from core.kernel.web.app_factory import build_app
from core.org import tokens
from core.org.identity import OrgIdentity
from tests.installation import PIN, House, Installation

ALL = ("members", "health", "orders", "refunds", "points", "catalog", "config", "reports", "export", "backdate")
_keys = itertools.count(1)


@dataclass
class Till:
    """A client of one house: speaks with its token as a staff member."""

    installation: Installation
    house: House
    client: Any
    token: str
    role: str = "owner"

    def call(self, method: str, path: str, body: Any = None, *, key: str | None = None, **headers: str) -> Any:
        """Call /api/v1`path` and return the answer; keyword headers: `x_staff_proof="…"`."""
        sent = {"Authorization": f"Bearer {self.token}", "X-Staff": self.house.numbers[self.role]}
        if key is not None:
            sent["Idempotency-Key"] = key
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        kind = {"content_type": "application/json"} if data is not None else {}
        return self.client.open(
            f"/api/v1{path}", method=method, data=data, headers={k: v for k, v in sent.items() if v is not None}, **kind
        )

    def ok(self, method: str, path: str, body: Any = None, **kw: Any) -> Any:
        """Call and return the JSON of a 2xx answer."""
        answer = self.call(method, path, body, **kw)
        assert answer.status_code < 300, answer.get_data(as_text=True)
        return answer.get_json()

    def refused(self, method: str, path: str, body: Any = None, **kw: Any) -> tuple[int, str]:
        """Call and return (status, code) of a refusal, which is a complete problem document."""
        answer = self.call(method, path, body, **kw)
        return self.problem(answer)[:2]

    @staticmethod
    def problem(answer: Any) -> tuple[int, str, dict[str, Any]]:
        """Return (status, code, document) of a refusal."""
        assert answer.status_code >= 400, answer.get_data(as_text=True)
        assert answer.mimetype == "application/problem+json"
        told = answer.get_json()
        assert told["status"] == answer.status_code
        assert told["title"]
        assert told["detail"]
        assert told["type"].startswith("urn:huike:")
        return answer.status_code, told["code"], told

    # -- a visit --------------------------------------------------------------------------------

    def enrol(self, name: str, phone: str | None = None, **more: Any) -> dict[str, Any]:
        """Enrol a member and return them."""
        return self.ok("POST", "/members", {"name": name, **({"phone": phone} if phone else {}), **more})

    def quote(self, member: str | None, *lines: Any, **more: Any) -> dict[str, Any]:
        """Quote lines: codes, (code, qty) or whole lines."""
        asked = [self.line(line) for line in lines]
        return self.ok("POST", "/quotes", {"member_id": member, "lines": asked, **more})

    @staticmethod
    def line(line: Any) -> dict[str, Any]:
        """Return a line of a basket."""
        if isinstance(line, dict):
            return line
        code, qty = line if isinstance(line, tuple) else (line, 1)
        return {"item": code, "qty": qty}

    def pay(self, quote: dict[str, Any], *tenders: dict[str, Any], key: str | None = None, **more: Any) -> Any:
        """Settle a quote (in cash unless told) and return the answer."""
        paid = list(tenders) or [{"kind": "cash", "amount_fen": quote["total_fen"]}] * bool(quote["total_fen"])
        body = {"quote_id": quote["quote_id"], "tenders": paid, **more}
        return self.call("POST", "/orders", body, key=key or f"key-{next(_keys)}")

    def sell(self, member: str | None, *lines: Any, tenders: Any = (), **more: Any) -> dict[str, Any]:
        """Quote, settle and return the order."""
        answer = self.pay(self.quote(member, *lines, **more), *tenders)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        return answer.get_json()

    def preview(self, order_no: str, lines: dict[int, int]) -> dict[str, Any]:
        """Preview a refund."""
        asked = [{"line": n, "qty": qty} for n, qty in lines.items()]
        return self.ok("POST", f"/orders/{order_no}/refunds/preview", {"lines": asked})

    def refund(self, order_no: str, lines: dict[int, int], key: str | None = None, **more: Any) -> Any:
        """Refund lines, above the limit with the owner's PIN; return the answer."""
        asked = [{"line": n, "qty": qty} for n, qty in lines.items()]
        body = json.dumps({"lines": asked, "reason": "测试退款", **more}).encode()
        proof = self.proof("refund", body)
        return self.call(
            "POST", f"/orders/{order_no}/refunds", body, key=key or f"key-{next(_keys)}", X_Staff_Proof=proof
        )

    def refunded(self, order_no: str, lines: dict[int, int], **more: Any) -> dict[str, Any]:
        """Refund and return the effects."""
        answer = self.refund(order_no, lines, **more)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        return answer.get_json()

    def proof(self, purpose: str, payload: bytes, role: str = "owner", pin: str = PIN) -> str:
        """Return a proof of a PIN over a payload."""
        asked = {
            "staff": self.house.numbers[role], "pin": pin, "purpose": purpose,
            "payload_sha256": hashlib.sha256(payload).hexdigest(),
        }  # fmt: skip
        return self.ok("POST", "/staff/proofs", asked)["proof"]

    def member(self, member: str) -> dict[str, Any]:
        """Return a member."""
        return self.ok("GET", f"/members/{member}")

    def points(self, member: str) -> int:
        """Return a member's usable points."""
        return self.member(member)["points"]["available"]


def make_token(installation: Installation, house: House, scopes: tuple[str, ...] = ALL) -> str:
    """Return a token of a house's first store."""
    with acting(installation.actor(house)), installation.unit() as session:
        return tokens.create(session, house.store_id, scopes)


def api_app(installation: Installation) -> Any:
    """Return an application with the API alone; tests/sweep walks the whole one."""
    runtime = installation.runtime
    return build_app(runtime, [], identity=OrgIdentity(runtime.host), exempt=api.blueprints())


@pytest.fixture
def web(installation):
    """The API over a fresh installation on SQLite."""
    return api_app(installation)


def till_of(installation: Installation, app: Any, house: House, scopes: tuple[str, ...] = ALL) -> Till:
    """Return a till of a house."""
    return Till(installation, house, app.test_client(), make_token(installation, house, scopes))


@pytest.fixture
def dental(installation, web):
    """A till of the dental house."""
    return till_of(installation, web, installation.dental)


@pytest.fixture
def pharmacy(installation, web):
    """A till of the pharmacy house."""
    return till_of(installation, web, installation.pharmacy)


@pytest.fixture
def any_dental(any_installation):
    """A till of the dental house, on each of the two databases."""
    return till_of(any_installation, api_app(any_installation), any_installation.dental)
