"""The org room's answer to the web edge: who stands behind a session cookie."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.kernel import clock, doors, settings
from core.kernel.models import Setting
from core.kernel.permissions import registry
from core.kernel.plugin_state import enabled_keys
from core.kernel.tenancy import Actor, act_in
from core.kernel.web.identity import Identity, StoreChoice
from core.org import rules, services
from core.org.models import ChainPlugin, Franchise, Staff, StaffRole, Store, WebSession
from core.org.settings import IDLE_MINUTES

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session


class OrgIdentity:
    """Resolves session cookies over the org tables; `host` is the plugin host, or None."""

    def __init__(self, host: Any = None) -> None:
        self._host = host

    def resolve(self, session: Session, cookie: str) -> Identity | None:
        """Return the identity of a session cookie, or None for a dead, expired or unknown one."""
        door = doors.by_session(session, cookie)
        if door is None:
            return None
        franchise_id, session_id = door
        with act_in(session, Actor(franchise_id, door="page")):
            found = session.execute(
                select(WebSession, Staff, Franchise)
                .join(Staff, Staff.id == WebSession.staff_id)
                .join(Franchise, Franchise.id == WebSession.franchise_id)
                .where(
                    WebSession.id == session_id,
                    WebSession.expires_at > clock.now_ms(),
                    Staff.active.is_(True),
                )
            ).first()
            if found is None:
                return None
            return self._identity(session, *found)

    def _identity(self, session: Session, row: WebSession, staff: Staff, franchise: Franchise) -> Identity:
        from core.kernel.web.state import maybe_here

        pairs = [
            (r[0], r[1])
            for r in session.execute(
                select(StaffRole.role, StaffRole.store_id).where(StaffRole.staff_id == staff.id)
            )
        ]
        stores = self._stores(session, pairs)
        here = maybe_here()
        actor = Actor(
            franchise_id=franchise.id,
            store_id=row.store_id,
            staff_id=staff.id,
            staff_name=staff.name,
            door="page",
            tz=franchise.tz,
            roles=frozenset(role for role, _store in pairs),
            grants=registry.of_roles(pairs),
            plugins=self._plugins(session, franchise.chain_id),
            request_id=here.request_id if here else "",
        )
        enrol_by = self._enrol_by(staff, actor)
        return Identity(
            session_id=row.id,
            actor=actor,
            stage=rules.stage(
                locked=row.locked_at is not None,
                level=row.level,
                password_once=staff.password_once,
                enrol_due=enrol_by is not None and clock.today(franchise.tz) > enrol_by,
            ),
            staff_number=staff.number,
            franchise_name=franchise.name,
            store_name=next((s.name for s in stores if s.id == row.store_id), ""),
            last_seen_at=row.seen_at,
            idle_seconds=60 * self._idle_minutes(session),
            stores=tuple(stores),
            enrol_by_on=enrol_by.isoformat() if enrol_by else "",
        )

    @staticmethod
    def _stores(session: Session, pairs: list[tuple[str, int | None]]) -> list[StoreChoice]:
        scopes = {store for _role, store in pairs}
        rows = session.execute(
            select(Store.id, Store.name).where(Store.active.is_(True)).order_by(Store.code)
        ).all()
        return [StoreChoice(r[0], r[1]) for r in rows if None in scopes or r[0] in scopes]

    @staticmethod
    def _enrol_by(staff: Staff, actor: Actor) -> date | None:
        """Return the last day without a second factor, for those who must have one and have none."""
        if staff.totp_since or not rules.must_use_totp(actor.roles):
            return None
        return rules.enrol_by(clock.business_date(clock.from_ms(staff.made_at), actor.tz))

    def _plugins(self, session: Session, chain_id: int) -> frozenset[str]:
        if self._host is None:
            return frozenset()
        allowed = session.scalars(
            select(ChainPlugin.key).where(ChainPlugin.chain_id == chain_id, ChainPlugin.allowed.is_(True))
        )
        return enabled_keys(session, self._host, allowed)

    @staticmethod
    def _idle_minutes(session: Session) -> int:
        stored = session.scalar(select(Setting.value).where(Setting.key == IDLE_MINUTES))
        return int(json.loads(stored)) if stored else int(settings.registry.get(IDLE_MINUTES).default)

    def touch(self, session: Session, identity: Identity) -> None:
        """Note that the session is in use."""
        services.touch(session, identity.session_id)

    def lock(self, session: Session, identity: Identity) -> None:
        """Lock an idle session; its open basket stays."""
        services.lock(session, identity.session_id)
