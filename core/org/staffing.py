"""Stores and staff: making them and giving roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from core.kernel import audit, clock, doors
from core.kernel.errors import Conflict, Invalid, NotFound
from core.kernel.i18n import _
from core.kernel.tenancy import current_actor
from core.org import credentials, rules
from core.org import roles as roles_of_franchise
from core.org.models import Franchise, Staff, StaffRole, Store

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session


def add_store(session: Session, code: str, name: str, legal_entity: str = "") -> Store:
    """Return a new store; raise Conflict when the code is taken."""
    if session.scalar(select(Store.id).where(Store.code == code)):
        raise Conflict(_("门店编号 %(code)s 已经有了。", code=code))
    store = Store(code=code, name=name, legal_entity=legal_entity)
    session.add(store)
    session.flush()
    audit.record(session, "store.added", "store", store.id)
    return store


def add_staff(
    session: Session,
    *,
    number: str,
    name: str,
    roles: Iterable[tuple[str, int | None]],
    store_id: int | None = None,
    login: str | None = None,
    pin: str | None = None,
    licence: tuple[str, str, str] = ("", "", ""),
    performs: bool = False,
    secret: tuple[str, str] | None = None,
) -> tuple[Staff, str]:
    """Return a new staff member and the one-time password, which is told once and must be changed.

    Without a `login` it is `<franchise code>-<number>`. `roles` are (role, store or None) pairs;
    `licence` is (kind, number, last valid day); `secret` is a one-time password and its hash that were made before,
    where many are added (hashing takes its time). Raises Conflict for a number or login that is taken,
    Invalid for an unknown role or a weak PIN.
    """
    roles = list(roles)
    known = roles_of_franchise.current(session).roles()
    unknown = [role for role, _store in roles if role not in known]
    if unknown:
        raise Invalid.field("role", _("没有“%(role)s”这个角色。", role=unknown[0]))
    if pin is not None and rules.pin_problem(pin):
        raise Invalid.field("pin", rules.pin_problem(pin) or "")
    if session.scalar(select(Staff.id).where(Staff.number == number)):
        raise Conflict(_("工号 %(number)s 已经有人用了。", number=number))
    franchise = session.get(Franchise, current_actor().franchise_id)
    login = login_of(login or f"{franchise.code if franchise else ''}-{number}")
    if doors.by_login(session, login):
        raise Conflict(_("登录名 %(login)s 已经有人用了。", login=login))
    password, password_hash = secret or new_secret()
    staff = Staff(
        number=number,
        name=name,
        login=login,
        store_id=store_id,
        password_hash=password_hash,
        password_once=True,
        licence_kind=licence[0],
        licence_no=licence[1],
        licence_until=licence[2],
        performs=performs,
        made_at=clock.now_ms(),
    )
    if pin:
        staff.pin_hash = credentials.hash_pin(staff.id, pin)
    session.add(staff)
    session.flush()
    session.add_all(StaffRole(staff_id=staff.id, role=role, store_id=store) for role, store in roles)
    doors.cut(session, doors.LOGIN, login, staff.franchise_id, staff.id)
    session.flush()
    audit.record(session, "staff.added", "staff", staff.id, detail={"roles": sorted({r for r, _s in roles})})
    return staff, password


def new_secret() -> tuple[str, str]:
    """Return a one-time password and its hash."""
    password = credentials.one_time_password()
    return password, credentials.hash_password(password)


def login_of(text: str) -> str:
    """Return a sign-in name as it is kept and compared."""
    return rules.normal(text).strip().lower()


def staff_may(session: Session, staff: Staff, code: str) -> bool:
    """Return whether a staff member holds the permission `code` by any of their roles."""
    return code in roles_of_franchise.grants_of(session, staff.id)


def find(session: Session, number: str, staff_id: int | None) -> Staff | None:
    """Return the active staff member with this number, else with this id, else None."""
    row = session.scalar(select(Staff).where(Staff.number == number, Staff.active.is_(True)))
    if row is None and staff_id is not None:
        row = session.scalar(select(Staff).where(Staff.id == staff_id, Staff.active.is_(True)))
    return row


def by_number(session: Session, number: str) -> Staff:
    """Return the staff member with this number; raise NotFound."""
    row = session.scalar(select(Staff).where(Staff.number == number))
    if row is None:
        raise NotFound(_("没有工号 %(n)s。", n=number[:20]))
    return row
