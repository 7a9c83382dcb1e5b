"""Who calls: a token's franchise, store and scopes, and the staff member named by X-Staff.

`Authorization: Bearer` is the only credential; cookies are ignored. What a call may do is limited by
the token's scopes; a call that changes value wants X-Staff as well, and that person's own right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import request
from sqlalchemy import select

from core.api.permissions import SCOPE_GRANTS
from core.kernel import permissions
from core.kernel.errors import FieldError, Forbidden, Invalid, NotFound, Unauthorized
from core.kernel.i18n import _
from core.kernel.runtime import runtime
from core.kernel.tenancy import Actor, act_in
from core.kernel.web import state
from core.org import franchises, roles, tokens
from core.org.models import Staff

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.org.tokens import TokenBearer

NUMBER_LENGTH = 20


@dataclass(frozen=True, slots=True)
class Demand:
    """What a call asks of its caller: any of `scopes` (none: any token), a permission, and a person.

    `staff` says that X-Staff is required and that the permission must be that person's own. `plugin`: the call is
    absent (404) where that plugin is off.
    """

    permission: str
    scopes: tuple[str, ...] = ()
    staff: bool = False
    plugin: str = ""


@dataclass(frozen=True, slots=True)
class Caller:
    """An admitted caller."""

    bearer: TokenBearer
    actor: Actor

    def has(self, scope: str) -> bool:
        """Return whether the token carries `scope`."""
        return scope in self.bearer.scopes


def admit(demand: Demand) -> Caller:
    """Return the caller of this request.

    Raises Unauthorized without a good token, Forbidden `scope_missing` or `staff_unknown`, Invalid (400)
    `staff_required` where X-Staff is missing, and Forbidden when the named person lacks the permission.
    """
    secret = _bearer()
    with runtime().db.unit("read") as session:
        bearer = tokens.resolve(session, secret)
        if not demand.plugin:
            _check_scope(bearer, demand)
        with act_in(session, Actor(bearer.franchise_id, bearer.store_id, door="api", tz=bearer.tz)):
            if demand.plugin:
                if demand.plugin not in franchises.plugins_on(session, bearer.chain_id):
                    raise NotFound
                _check_scope(bearer, demand)
            staff = _staff(session, demand)
            if staff is not None and demand.staff:
                _check_person(session, staff, demand.permission, bearer.store_id)
            return Caller(bearer, _actor(session, bearer, staff))


def _bearer() -> str:
    kind, _space, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not secret.strip() or len(secret) > 200:
        raise Unauthorized(_("缺少令牌。请在请求头 Authorization 中给出 Bearer 令牌。"))
    return secret.strip()


def _check_scope(bearer: TokenBearer, demand: Demand) -> None:
    if demand.scopes and not bearer.scopes & set(demand.scopes):
        raise scope_missing(*demand.scopes)


def scope_missing(*scopes: str) -> Forbidden:
    """Return the refusal of a token that lacks a scope."""
    return Forbidden(
        _("这个令牌没有权限范围 %(scope)s。请重新建立令牌。", scope=" / ".join(scopes)),
        code="scope_missing",
        extra={"scopes": list(scopes)},
    )


def _staff(session: Session, demand: Demand) -> Staff | None:
    number = request.headers.get("X-Staff", "").strip()
    if not number:
        if demand.staff:
            raise Invalid(
                _("请在请求头 X-Staff 中给出经手员工的工号。"), code="staff_required", status=400,
                errors=[FieldError("X-Staff", _("缺失。"))],
            )  # fmt: skip
        return None
    staff = session.scalar(select(Staff).where(Staff.number == number[: NUMBER_LENGTH + 1], Staff.active.is_(True)))
    if staff is None:
        raise Forbidden(_("没有这个工号，或已停用。"), code="staff_unknown")
    return staff


def _check_person(session: Session, staff: Staff, code: str, store_id: int) -> None:
    stores = roles.grants_of(session, staff.id).get(code)
    if stores is None or (stores and store_id not in stores):
        what = str(permissions.registry.get(code).label)
        raise Forbidden(
            _("%(name)s 在这家门店没有“%(what)s”的权限。", name=staff.name, what=what),
            extra={"permission": code},
        )


def _actor(session: Session, bearer: TokenBearer, staff: Staff | None) -> Actor:
    here = state.maybe_here()
    here_only = frozenset({bearer.store_id})
    return Actor(
        franchise_id=bearer.franchise_id,
        store_id=bearer.store_id,
        staff_id=staff.id if staff else None,
        staff_name=staff.name if staff else "",
        door="api",
        tz=bearer.tz,
        grants={code: here_only for scope in bearer.scopes for code in SCOPE_GRANTS.get(scope, ())},
        plugins=franchises.plugins_on(session, bearer.chain_id),
        request_id=here.request_id if here else "",
        person_id=staff.person_id if staff else None,
    )
