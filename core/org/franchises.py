"""Franchises and their stores: found one, look up, freeze and resume."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from core.kernel import audit, clock
from core.kernel.errors import NotFound, Refusal
from core.kernel.i18n import _
from core.kernel.plugin_state import enabled_keys
from core.kernel.runtime import runtime
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.org.models import Chain, ChainPlugin, Franchise, Store

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def found(session: Session, chain_name: str, name: str) -> Franchise:
    """Make a franchise (and its chain, if new) and return it. Runs before any franchise acts."""
    chain = session.scalar(select(Chain).where(Chain.name == chain_name))
    if chain is None:
        chain = Chain(name=chain_name)
        session.add(chain)
        session.flush()
    codes = set(session.scalars(select(Franchise.code)))
    n = len(codes) + 1
    while f"f{n}" in codes:
        n += 1
    franchise = Franchise(chain_id=chain.id, code=f"f{n}", name=name, made_at=clock.now_ms())
    session.add(franchise)
    session.flush()
    return franchise


def all_franchises(session: Session) -> list[Franchise]:
    """Return every franchise of the installation, oldest first."""
    return list(session.scalars(select(Franchise).order_by(Franchise.id)))


def get(session: Session, franchise_id: int) -> Franchise:
    """Return a franchise; raise NotFound."""
    row = session.get(Franchise, franchise_id)
    if row is None:
        raise NotFound(_("没有这个加盟主体。"))
    return row


def stores(session: Session) -> list[Store]:
    """Return the active stores of the franchise by code."""
    return list(session.scalars(select(Store).where(Store.active.is_(True)).order_by(Store.code)))


def store_code(st: Statements, store_id: int | None) -> str:
    """Return the code of a store; raise Refusal when the actor works at none."""
    if store_id is None:
        raise Refusal(_("请先选择门店。"), code="no_store")
    row = st.one("SELECT code FROM store WHERE franchise_id = ? AND id = ?", [st.franchise_id, store_id])
    if row is None:
        raise NotFound(_("没有这家门店。"))
    return str(row[0])


def freeze(session: Session, reason: str) -> None:
    """Refuse value-changing calls of the acting franchise from now on: an invariant failed (C34)."""
    franchise = get(session, current_actor().franchise_id)
    franchise.frozen_reason = reason[:400]
    audit.record(session, "org.franchise.frozen", "franchise", franchise.id, detail={"reason": reason})


def resume(session: Session, reason: str) -> None:
    """Allow value-changing calls again; the reason is kept in the audit trail."""
    franchise = get(session, current_actor().franchise_id)
    franchise.frozen_reason = ""
    audit.record(session, "org.franchise.resumed", "franchise", franchise.id, detail={"reason": reason})


def refuse_when_frozen(session: Session, *, member: bool) -> None:
    """Raise `frozen` when the franchise's ledger is frozen; a sale without a member stays possible."""
    franchise = session.get(Franchise, current_actor().franchise_id)
    if franchise is not None and franchise.frozen_reason and member:
        raise Refusal(
            _("账目核对发现差异，涉及会员资产的操作已暂停。不记名销售不受影响，请联系管理员处理。"),
            code="frozen",
            status=423,
        )


def store_choices(session: Session) -> tuple[tuple[str, str], ...]:
    """Return (id as text, name) of every store, closed ones too, by code: the choices of a filter."""
    st = Statements(session, current_actor().franchise_id)
    rows = st.all("SELECT id, name FROM store WHERE franchise_id = ? ORDER BY code", [st.franchise_id])
    return tuple((str(row[0]), str(row[1])) for row in rows)


def code_of(session: Session) -> str:
    """Return the code of the acting franchise, by which the outside names it."""
    found = session.scalar(select(Franchise.code).where(Franchise.id == current_actor().franchise_id))
    return found or ""


def plugins_on(session: Session, chain_id: int) -> frozenset[str]:
    """Return the plugins that are on for the acting franchise, whose chain is `chain_id`."""
    host = runtime().host
    if host is None:
        return frozenset()
    allowed = session.scalars(
        select(ChainPlugin.key).where(ChainPlugin.chain_id == chain_id, ChainPlugin.allowed.is_(True))
    )
    return enabled_keys(session, host, allowed)
