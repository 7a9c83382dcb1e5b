"""The org room's answer to the web edge: who stands behind a session cookie."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from core.kernel import clock, doors, settings
from core.kernel.ids import parse_id
from core.kernel.permissions import registry
from core.kernel.plugin_state import effective
from core.kernel.statements import Statements
from core.kernel.tenancy import Actor, act_in
from core.kernel.web.identity import Identity, StoreChoice
from core.org import roles, rules, services
from core.org.approvals import may_decide
from core.org.permissions import ROLES_VIEW_AS
from core.org.settings import IDLE_MINUTES

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from core.kernel.permissions import RoleChanges


_WHO = (
    "SELECT w.id, s.id, w.store_id, w.seen_at, w.locked_at, w.level, s.number, s.name, s.password_once,"
    " s.totp_since, s.made_at, s.person_id, w.view_role, f.roles_version, f.name, f.tz, f.chain_id FROM web_session w"
    " JOIN staff s ON s.franchise_id = w.franchise_id AND s.id = w.staff_id AND s.active"
    " JOIN franchise f ON f.id = w.franchise_id"
    " WHERE w.franchise_id = ? AND w.id = ? AND w.expires_at > ?"
)
# Roles, stores, plugins that are on, idle minutes, open approvals by kind, unread notices: one round trip.
_FACTS = (
    "SELECT 'role' AS part, r.role AS a, r.store_id AS b, '' AS c FROM staff_role r"
    " WHERE r.franchise_id = ? AND r.staff_id = ?"
    " UNION ALL SELECT 'store', t.name, t.id, t.code FROM store t WHERE t.franchise_id = ? AND t.active"
    " UNION ALL SELECT 'plugin', p.key, 0, '' FROM plugin_state p JOIN chain_plugin c ON c.key = p.key"
    "  AND c.allowed WHERE p.franchise_id = ? AND c.chain_id = ? AND p.enabled"
    " UNION ALL SELECT 'idle', g.value, 2, '' FROM setting g WHERE g.franchise_id = ? AND g.key = ?"
    " UNION ALL SELECT 'idle', h.value, 1, '' FROM chain_setting h WHERE h.chain_id = ? AND h.key = ?"
    " UNION ALL SELECT 'waits', q.kind, COUNT(*), CAST(q.store_id AS VARCHAR) FROM approval_request q"
    "  WHERE q.franchise_id = ? AND q.state = 'asked' AND q.expires_at > ? AND q.asked_by <> ?"
    "  GROUP BY q.kind, q.store_id"
    " UNION ALL SELECT 'unread', '', COUNT(*), '' FROM notification n"
    "  WHERE n.franchise_id = ? AND n.staff_id = ? AND n.read_at = 0"
)


def _stores(facts: list[tuple[Any, ...]], pairs: tuple[tuple[str, int | None], ...]) -> tuple[StoreChoice, ...]:
    scopes = {store for _role, store in pairs}
    rows = sorted((c, int(b), a) for part, a, b, c in facts if part == "store")
    return tuple(StoreChoice(b, a) for _code, b, a in rows if None in scopes or b in scopes)


def _idle_minutes(facts: list[tuple[Any, ...]]) -> int:
    said = sorted((int(b), a) for part, a, b, _c in facts if part == "idle")
    return int(json.loads(said[-1][1])) if said else int(settings.registry.get(IDLE_MINUTES).default)


def _seen_by(role: str, own: dict[str, frozenset[int]], changes: RoleChanges) -> dict[str, frozenset[int]]:
    """Return what somebody sees with the eyes of `role`: never more than they may see themselves."""
    seen = registry.of_roles(((role, None),), changes)
    return {code: stores for code, stores in own.items() if code in seen}


class OrgIdentity:
    """Resolves session cookies over the org tables; `host` is the plugin host, or None."""

    def __init__(self, host: Any = None) -> None:
        self._host = host

    def resolve(self, session: Session, cookie: str) -> Identity | None:
        """Return the identity of a session cookie, or None for a dead, expired or unknown one.

        Runs before every page, so it takes three statements whatever the roles and stores are; a fourth
        once in a process after the franchise changed its roles.
        """
        door = doors.by_session(session, cookie)
        if door is None:
            return None
        franchise_id, session_id = door
        with act_in(session, Actor(franchise_id, door="page")):
            st = Statements(session, franchise_id)
            who = st.one(_WHO, [franchise_id, session_id, clock.now_ms()])
            if who is None:
                return None
            chain_id = int(who[-1])
            facts = st.all(_FACTS, [*([franchise_id, who[1]]), franchise_id, franchise_id, chain_id,
                                    franchise_id, IDLE_MINUTES, chain_id, IDLE_MINUTES, franchise_id,
                                    clock.now_ms(), who[1], franchise_id, who[1]])  # fmt: skip
            changes = roles.changes_at(st, int(who[13]))
        return self._identity(franchise_id, who, facts, changes)

    def _identity(
        self, franchise_id: int, who: tuple[Any, ...], facts: list[tuple[Any, ...]], changes: RoleChanges
    ) -> Identity:
        from core.kernel.web.state import maybe_here

        (session_id, staff_id, store_id, seen_at, locked_at, level, number, name, once, totp_since, made_at,
         person_id, view_role, _version, franchise_name, tz, _chain) = who  # fmt: skip
        pairs = tuple((a, None if b is None else int(b)) for part, a, b, _c in facts if part == "role")
        stores = _stores(facts, pairs)
        here = maybe_here()
        grants = registry.of_roles(pairs, changes)
        viewing = view_role if ROLES_VIEW_AS in grants and view_role in changes.roles() else ""
        held = frozenset(changes.base(role) for role, _store in pairs)
        enrol_by = self._enrol_by(totp_since, made_at, held, tz)
        actor = Actor(
            franchise_id=franchise_id,
            store_id=store_id,
            staff_id=staff_id,
            staff_name=name,
            door="page",
            tz=tz,
            roles=frozenset({changes.base(viewing)}) if viewing else held,
            grants=_seen_by(viewing, grants, changes) if viewing else grants,
            plugins=self._plugins(frozenset(a for part, a, _b, _c in facts if part == "plugin")),
            request_id=here.request_id if here else "",
            person_id=person_id,
        )
        return Identity(
            session_id=session_id,
            actor=actor,
            stage=rules.stage(
                locked=locked_at is not None,
                level=level,
                password_once=bool(once),
                enrol_due=enrol_by is not None and clock.today(tz) > enrol_by,
            ),
            staff_number=number,
            franchise_name=franchise_name,
            store_name=next((s.name for s in stores if s.id == store_id), ""),
            last_seen_at=seen_at,
            idle_seconds=60 * _idle_minutes(facts),
            stores=stores,
            enrol_by_on=enrol_by.isoformat() if enrol_by else "",
            viewing=changes.label(viewing) if viewing else "",
            waiting=sum(int(b) for part, a, b, c in facts if part == "waits" and may_decide(actor, a, parse_id(c))),
            unread=next((int(b) for part, _a, b, _c in facts if part == "unread"), 0),
        )

    def _plugins(self, keys: frozenset[str]) -> frozenset[str]:
        """Return what is on of the plugins that the chain allows and the franchise enabled."""
        return frozenset() if self._host is None else effective(self._host.plugins, keys, keys)

    @staticmethod
    def _enrol_by(totp_since: int | None, made_at: int, held: frozenset[str], tz: str) -> date | None:
        """Return the last day without a second factor, for those who must have one and have none."""
        if totp_since or not rules.must_use_totp(held):
            return None
        return rules.enrol_by(clock.business_date(clock.from_ms(made_at), tz))

    def touch(self, session: Session, identity: Identity) -> None:
        """Note that the session is in use."""
        services.touch(session, identity.session_id)

    def lock(self, session: Session, identity: Identity) -> None:
        """Lock an idle session; its open basket stays."""
        services.lock(session, identity.session_id)
