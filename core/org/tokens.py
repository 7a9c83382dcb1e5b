"""API tokens: one franchise, one store, some scopes (contract.md section 3)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from core.kernel import audit, clock, doors
from core.kernel.errors import Invalid, NotFound, Unauthorized
from core.kernel.i18n import _
from core.kernel.tenancy import Actor, act_in
from core.org.models import ApiToken, Franchise, Store

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

SCOPES = (
    "members", "health", "orders", "refunds", "points", "catalog", "config", "reports", "export", "backdate",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TokenBearer:
    """Whom a token speaks for."""

    token_id: int
    franchise_id: int
    franchise_name: str
    franchise_code: str
    chain_id: int
    tz: str
    store_id: int
    store_code: str
    store_name: str
    scopes: frozenset[str]


def create(session: Session, store_id: int, scopes: Iterable[str]) -> str:
    """Make a token for a store of the acting franchise and return its secret, which is told once."""
    wanted = [scope.strip() for scope in scopes if scope.strip()]
    unknown = [scope for scope in wanted if scope not in SCOPES]
    if unknown or not wanted:
        raise Invalid.field("scopes", _("可选的权限范围：%(all)s。", all="、".join(SCOPES)))
    if session.get(Store, store_id) is None:
        raise NotFound(_("没有这家门店。"))
    row = ApiToken(store_id=store_id, scopes=",".join(sorted(set(wanted))), made_at=clock.now_ms())
    session.add(row)
    secret = "hk_" + secrets.token_urlsafe(32)
    doors.cut(session, doors.TOKEN, secret, row.franchise_id, row.id)
    session.flush()
    audit.record(session, "org.token.created", "api_token", row.id, detail={"scopes": row.scopes})
    return secret


def revoke(session: Session, token_id: int) -> None:
    """End a token at once; raise NotFound."""
    row = session.get(ApiToken, token_id)
    if row is None:
        raise NotFound(_("没有这个令牌。"))
    row.revoked_at = clock.now_ms()
    doors.close(session, doors.TOKEN, row.id)
    audit.record(session, "org.token.revoked", "api_token", row.id)


def resolve(session: Session, secret: str) -> TokenBearer:
    """Return whom a token speaks for; raise Unauthorized for an unknown or revoked one."""
    door = doors.by_token(session, secret)
    if door is not None:
        franchise_id, token_id = door
        with act_in(session, Actor(franchise_id, door="api")):
            found = session.execute(
                select(ApiToken, Store, Franchise)
                .join(Store, Store.id == ApiToken.store_id)
                .join(Franchise, Franchise.id == ApiToken.franchise_id)
                .where(ApiToken.id == token_id, ApiToken.revoked_at.is_(None))
            ).first()
        if found is not None:
            row, store, franchise = found
            return TokenBearer(
                row.id, franchise.id, franchise.name, franchise.code, franchise.chain_id, franchise.tz,
                store.id, store.code, store.name, frozenset(row.scopes.split(",")),
            )  # fmt: skip
    raise Unauthorized(_("令牌无效或已停用。请检查 Authorization: Bearer 请求头。"))
