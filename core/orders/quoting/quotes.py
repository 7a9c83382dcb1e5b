"""Quotes that are kept: made at 收款 or by the API, settled within thirty minutes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from core.kernel import clock
from core.kernel.errors import Conflict, NotFound
from core.kernel.i18n import _
from core.kernel.ids import parse_id
from core.kernel.tenancy import current_actor
from core.orders.models import StoredQuote
from core.orders.quoting.basket import price_basket
from core.orders.types import BasketRequest, Priced
from core.pricing.rules import public_json

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

LIFE_MS = 30 * 60 * 1000


def store(
    session: Session, request: BasketRequest, *, quote_id: int | None = None, at: int | None = None
) -> tuple[StoredQuote, Priced]:
    """Price a basket as of the instant `at` (default: now), keep the quote and return both; posts nothing.

    `quote_id` is the id under which overrides were proven before the quote was kept (the till).
    """
    actor = current_actor()
    priced = price_basket(session, request, at=at)
    row = StoredQuote(
        id=quote_id,
        person_id=request.member_id,
        store_id=actor.store_id,
        staff_id=actor.staff_id,
        digest=priced.quote.digest,
        expires_at=clock.now_ms() + LIFE_MS,
        made_at=clock.now_ms(),
    )
    row.request = json.dumps(request.to_json(), ensure_ascii=False)
    session.add(row)
    session.flush()
    return row, priced


def get(session: Session, quote_id: Any) -> StoredQuote:
    """Return a quote of the actor's store; raise NotFound."""
    wanted = quote_id if isinstance(quote_id, int) else parse_id(quote_id)
    row = session.get(StoredQuote, wanted) if wanted else None
    if row is None or row.store_id != current_actor().store_id:
        raise NotFound(_("没有找到这份报价。请重新报价。"))
    return row


def request_of(row: StoredQuote) -> BasketRequest:
    """Return the basket that a stored quote priced."""
    return BasketRequest.from_json(json.loads(row.request or "{}"))


def check_open(row: StoredQuote, now_ms: int) -> None:
    """Raise Conflict when the quote was settled already or has run out."""
    if row.order_id is not None:
        raise Conflict(_("这份报价已经收过款。"), code="quote_used", extra={"order_id": str(row.order_id)})
    if row.expires_at <= now_ms:
        raise Conflict(_("报价超过 30 分钟已失效，请重新报价。"), code="quote_expired")


def to_json(row: StoredQuote, priced: Priced) -> dict[str, Any]:
    """Return the answer of POST /quotes (contract.md section 4)."""
    expires = datetime.fromtimestamp(row.expires_at / 1000, UTC)
    return {
        "quote_id": str(row.id),
        "expires_at": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
        **public_json(priced.quote),
        "findings": [finding.to_json() for finding in priced.findings],
    }
