"""Sign-in, lock and unlock, sign-out: the verbs over sessions (the second factor: totp.py).

A wrong password or PIN must be counted, so those verbs return an outcome instead of raising: the
edge commits the count and then shows `outcome.refusal`. Checking a hash takes 40 ms and happens
outside of any unit of work, between a read (`account_of`) and a write (`sign_in`).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from core.kernel import audit, clock, doors
from core.kernel.errors import Invalid, NotFound, Refusal, TooMany, Unauthorized
from core.kernel.i18n import _
from core.kernel.tenancy import Actor, act_in, current_actor
from core.org import credentials, roles, rules, throttle
from core.org.models import Franchise, Staff, StaffRole, Store, WebSession

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

ACCOUNT, ADDRESS, PIN = "account", "address", "pin"


@dataclass(frozen=True, slots=True)
class Account:
    """What a sign-in needs to know of an account; `staff_id` None means there is none."""

    login: str
    franchise_id: int = 0
    staff_id: int | None = None
    password_hash: str | None = None
    wait_ms: int = 0


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The outcome of a sign-in step: the new session's secret, or why not."""

    secret: str | None = None
    session_id: int | None = None
    refusal: Refusal | None = None


def new_secret() -> str:
    """Return the 256-bit secret of a new session."""
    return secrets.token_urlsafe(32)


def account_of(session: Session, login: str, address: str) -> Account:
    """Return the account behind a sign-in name, and how long name or address must still wait."""
    name = rules.normal(login)
    wait = max(throttle.wait_ms(session, ACCOUNT, name), throttle.wait_ms(session, ADDRESS, address))
    door = doors.by_login(session, name)
    if door is None:
        return Account(name, wait_ms=wait)
    franchise_id, staff_id = door
    with act_in(session, Actor(franchise_id, door="page")):
        staff = session.scalar(select(Staff).where(Staff.id == staff_id, Staff.active.is_(True)))
    stored = staff.password_hash if staff else None
    return Account(name, franchise_id, staff_id if staff else None, stored, wait)


def sign_in(session: Session, account: Account, fits: bool, address: str, device: str) -> SignedIn:
    """Open a session for an account whose password fits, or count the failure.

    One message for a wrong name, a wrong password and an inactive person (security C1).
    """
    wait = max(
        account.wait_ms,
        throttle.wait_ms(session, ACCOUNT, account.login),
        throttle.wait_ms(session, ADDRESS, address),
    )
    if wait:
        return SignedIn(refusal=too_many(wait))
    if not fits or account.staff_id is None:
        _count_failure(session, account, address)
        return SignedIn(refusal=Unauthorized(_("登录名或密码不对。请再输一次；连错 5 次会暂停登录。")))
    throttle.clear(session, ACCOUNT, account.login)
    with act_in(session, Actor(account.franchise_id, staff_id=account.staff_id, door="page")):
        staff = session.scalars(select(Staff).where(Staff.id == account.staff_id)).one()
        level = "totp" if staff.totp_since else "password"
        life = rules.PENDING_MS if level == "totp" else rules.SESSION_MS
        row = WebSession(
            staff_id=staff.id,
            store_id=first_store(session, staff),
            device=device[:200],
            started_at=clock.now_ms(),
            seen_at=clock.now_ms(),
            expires_at=clock.now_ms() + life,
            level=level,
        )
        session.add(row)
        session.flush()
        secret = _cut(session, row)
        audit.record(session, "session.sign_in", "staff", staff.id, detail={"level": level})
    return SignedIn(secret, row.id)


def rehash(session: Session, account: Account, password: str) -> None:
    """Store the password's hash anew when it was made with weaker parameters."""
    if account.staff_id is None or not account.password_hash:
        return
    if credentials.needs_rehash(account.password_hash):
        with act_in(session, Actor(account.franchise_id, staff_id=account.staff_id, door="page")):
            staff_of(session, account.staff_id).password_hash = credentials.hash_password(password)


def too_many(wait_ms: int) -> TooMany:
    """Return the refusal of somebody who must wait."""
    minutes = max(1, -(-wait_ms // 60_000))
    return TooMany(_("连错多次，请 %(n)d 分钟后再试。", n=minutes), extra={"retry_after": -(-wait_ms // 1000)})


def _count_failure(session: Session, account: Account, address: str) -> None:
    throttle.failed(session, ACCOUNT, account.login)
    throttle.failed(session, ADDRESS, address, free=rules.ADDRESS_TRIES)
    if account.staff_id is None:
        return
    with act_in(session, Actor(account.franchise_id, staff_id=account.staff_id, door="page")):
        audit.record(session, "session.refused", "staff", account.staff_id)


def first_store(session: Session, staff: Staff) -> int | None:
    """Return the store a session starts at: the person's own, else the first they may work at."""
    open_stores = stores_of(session, staff.id)
    if staff.store_id in {store.id for store in open_stores}:
        return staff.store_id  # type: ignore[no-any-return]
    return open_stores[0].id if open_stores else None


def stores_of(session: Session, staff_id: int) -> list[Store]:
    """Return the active stores where the person holds a role, in order of code."""
    scopes = session.scalars(select(StaffRole.store_id).where(StaffRole.staff_id == staff_id)).all()
    wanted = select(Store).where(Store.active.is_(True)).order_by(Store.code)
    if None not in scopes:
        wanted = wanted.where(Store.id.in_([s for s in scopes if s is not None]))
    return list(session.scalars(wanted))


def staff_of(session: Session, staff_id: int | None) -> Staff:
    """Return an active staff member; raise NotFound for an absent, inactive or foreign one."""
    staff = session.scalar(select(Staff).where(Staff.id == staff_id, Staff.active.is_(True)))
    if staff is None:
        raise NotFound
    return staff


def session_row(session: Session, session_id: int, *, held: bool = True) -> WebSession:
    """Return a session's row, locked unless `held` is False; raise Unauthorized when it is gone."""
    wanted = select(WebSession).where(WebSession.id == session_id)
    row = session.scalar(wanted.with_for_update() if held else wanted)
    if row is None or row.expires_at <= clock.now_ms():
        raise Unauthorized(_("登录已过期，请重新登录。"))
    return row


def _cut(session: Session, row: WebSession) -> str:
    secret = new_secret()
    doors.cut(session, doors.SESSION, secret, row.franchise_id, row.id)
    return secret


def rotate(session: Session, row: WebSession) -> str:
    """Give a session a new secret, at sign-in and whenever its rights change; the old one is dead."""
    doors.close(session, doors.SESSION, row.id)
    return _cut(session, row)


def sign_out(session: Session, session_id: int) -> None:
    """End a session: its cookie leads nowhere from now on."""
    row = session.scalar(select(WebSession).where(WebSession.id == session_id))
    doors.close(session, doors.SESSION, session_id)
    if row is None:
        return
    row.expires_at = clock.now_ms()
    audit.record(session, "session.sign_out", "staff", row.staff_id)


def end_sessions(session: Session, staff_id: int, *, but: int | None = None) -> int:
    """End every session of a person (password changed, person left) except `but`; return how many."""
    rows = session.scalars(
        select(WebSession).where(WebSession.staff_id == staff_id, WebSession.expires_at > clock.now_ms())
    ).all()
    gone = [row for row in rows if row.id != but]
    for row in gone:
        doors.close(session, doors.SESSION, row.id)
        row.expires_at = clock.now_ms()
    return len(gone)


def change_password(session: Session, session_id: int, old: str, new: str) -> str:
    """Set a new password and return the session's new secret; other sessions of the person end.

    Raises Invalid for a wrong old password or a weak new one (rules.password_problem).
    """
    row = session_row(session, session_id)
    staff = staff_of(session, row.staff_id)
    if not credentials.verify_password(staff.password_hash, old):
        raise Invalid.field("old", _("现在的密码不对。"))
    franchise = session.get(Franchise, staff.franchise_id)
    words = (staff.name, staff.login, staff.number, "huike", "惠客", franchise.name if franchise else "")
    problem = rules.password_problem(new, words)
    if problem is None and rules.same(rules.normal(old), rules.normal(new)):
        problem = _("新密码和现在的一样。")
    if problem:
        raise Invalid.field("new", problem)
    staff.password_hash = credentials.hash_password(new)
    staff.password_once = False
    end_sessions(session, staff.id, but=row.id)
    audit.record(session, "staff.password_changed", "staff", staff.id)
    return rotate(session, row)


def set_pin(session: Session, staff_id: int, pin: str) -> None:
    """Set a person's PIN; raise Invalid for a weak one."""
    problem = rules.pin_problem(pin)
    if problem:
        raise Invalid.field("pin", problem)
    staff = staff_of(session, staff_id)
    staff.pin_hash = credentials.hash_pin(staff.id, pin)
    throttle.clear(session, PIN, str(staff.id))
    audit.record(session, "staff.pin_changed", "staff", staff.id)


def switch_store(session: Session, session_id: int, store_id: int) -> str:
    """Work at another store from now on; return the session's new secret (rights change with it)."""
    row = session_row(session, session_id)
    if store_id not in {store.id for store in stores_of(session, row.staff_id)}:
        raise NotFound
    row.store_id = store_id
    return rotate(session, row)


def touch(session: Session, session_id: int) -> None:
    """Note that a session is in use."""
    row = session.scalar(select(WebSession).where(WebSession.id == session_id))
    if row is not None and row.locked_at is None:
        row.seen_at = clock.now_ms()


def lock(session: Session, session_id: int) -> None:
    """Lock a session: its pages wait for a PIN, its open basket stays (security C5)."""
    row = session.scalar(select(WebSession).where(WebSession.id == session_id))
    if row is not None and row.locked_at is None:
        row.locked_at = clock.now_ms()
        audit.record(session, "session.locked", "staff", row.staff_id)


def colleagues(session: Session, session_id: int) -> list[Staff]:
    """Return who may unlock a session: its own person first, then people with a PIN at its store."""
    row = session_row(session, session_id, held=False)
    own = staff_of(session, row.staff_id)
    here = select(StaffRole.staff_id).where((StaffRole.store_id == row.store_id) | StaffRole.store_id.is_(None))
    others = session.scalars(
        select(Staff)
        .where(Staff.active.is_(True), Staff.pin_hash != "", Staff.id != own.id, Staff.id.in_(here))
        .order_by(Staff.number)
        .limit(12)
    )
    return [own, *(o for o in others if not _needs_more_than_pin(session, o.id))]


def _needs_more_than_pin(session: Session, staff_id: int) -> bool:
    return rules.must_use_totp(roles.bases_of(session, staff_id))


def unlock(session: Session, session_id: int, staff_id: int, fits: bool) -> SignedIn:
    """Open a locked session for the person whose PIN fits; what follows is attributed to that person.

    The PIN of a role that must use a second factor opens only a session which that person signed in
    to: rights over rules and accounts never come from six digits (security C5, C6).
    """
    row = session_row(session, session_id)
    staff = staff_of(session, staff_id)
    wait = throttle.wait_ms(session, PIN, str(staff.id))
    if wait:
        return SignedIn(refusal=too_many(wait))
    if staff.id not in {s.id for s in colleagues(session, session_id)}:
        return SignedIn(refusal=Unauthorized(_("请用密码登录，或请本店有 PIN 的同事解锁。")))
    if not fits:
        throttle.failed(session, PIN, str(staff.id), fixed_ms=rules.PIN_LOCK_MS)
        audit.record(session, "session.unlock_refused", "staff", staff.id)
        return SignedIn(refusal=Unauthorized(_("PIN 不对。连错 5 次会锁 15 分钟。")))
    throttle.clear(session, PIN, str(staff.id))
    row.locked_at = None
    row.seen_at = clock.now_ms()
    if row.staff_id != staff.id:
        row.staff_id = staff.id
        row.level = "pin"
        row.view_role = ""
    audit.record(session, "session.unlocked", "staff", staff.id)
    return SignedIn(rotate(session, row), row.id)


def acting_staff(session: Session) -> Staff:
    """Return the staff member who acts."""
    return staff_of(session, current_actor().staff_id)
