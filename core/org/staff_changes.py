"""Changing who works here: records, roles, second factor, sign-in, leaving. Every verb is audited.

Nobody changes their own roles, nobody touches somebody who stands above them, nobody gives a role above
their own, and the last owner stays an owner.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from core.hooktypes import ApprovalSummary
from core.kernel import audit
from core.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refusal
from core.kernel.i18n import _, _l
from core.kernel.ids import parse_id
from core.kernel.tenancy import current_actor
from core.org import credentials, roles, services, staffing
from core.org.models import Staff, StaffRole, Store
from core.org.permissions import ROLES_APPROVE, STAFF_EDIT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.orm import Session

    from core.hooktypes import HookContext

KIND = "org.roles"
ASK, APPROVE = STAFF_EDIT, ROLES_APPROVE
LABEL = _l("授予更高的角色")
Pairs = list[tuple[str, int | None]]
EDITABLE = ("name", "store_id", "licence_kind", "licence_no", "licence_until", "performs")


def get(session: Session, staff_id: Any) -> Staff:
    """Return a staff member, active or not; raise NotFound for an absent or foreign one."""
    wanted = staff_id if isinstance(staff_id, int) else parse_id(staff_id)
    row = session.scalar(select(Staff).where(Staff.id == wanted)) if wanted else None
    if row is None:
        raise NotFound(_("没有找到这位员工。"))
    return row


def _held(session: Session, staff_id: Any, version: Any) -> Staff:
    """Return a staff member's row, locked, as somebody below oneself; raise Conflict for a stale version."""
    wanted = get(session, staff_id).id
    row = session.scalars(
        select(Staff).where(Staff.id == wanted).with_for_update().execution_options(populate_existing=True)
    ).one()
    if version is not None and str(version) != str(row.version):
        raise Conflict(
            _("这份资料刚被别人改过。你的输入还在，请对照后再保存一次。"), code="stale_version",
            extra={"version": row.version},
        )  # fmt: skip
    refuse_above(session, row)
    row.version += 1
    return row


def refuse_above(session: Session, staff: Staff) -> None:
    """Raise Forbidden `role_above` for somebody who stands above the acting person (commands may)."""
    actor = current_actor()
    if actor.staff_id is None or staff.id == actor.staff_id:
        return
    if roles.rank_of(session, staff.id) > roles.rank_of(session, actor.staff_id):
        raise Forbidden(_("%(name)s 的角色比你高，须由更高的角色来改。", name=staff.name), code="role_above")


# -- records -------------------------------------------------------------------------------------


def hire(session: Session, *, roles_given: Iterable[tuple[str, int | None]], **values: Any) -> tuple[Staff, str]:
    """Return a new staff member and the one-time password, made by somebody who may give these roles.

    Takes what `staffing.add_staff` takes and raises what it raises, Forbidden `role_above` for a role above
    one's own.
    """
    pairs = list(roles_given)
    if not pairs:
        raise Invalid.field("role", _("请至少选一个角色。"))
    _refuse_unknown(session, pairs)
    _refuse_higher(session, {role for role, _store in pairs})
    _check_licence(values.get("licence", ("", "", "")))
    return staffing.add_staff(session, roles=pairs, **values)


def change(session: Session, staff_id: Any, version: Any, values: Mapping[str, Any]) -> Staff:
    """Change fields of a staff member (EDITABLE) and return them; raise Conflict `stale_version`, Invalid."""
    unknown = set(values) - set(EDITABLE)
    if unknown:
        raise ValueError(f"not editable: {sorted(unknown)}")
    row = _held(session, staff_id, version)
    name = str(values.get("name", row.name)).strip()
    if not 1 <= len(name) <= 60:
        raise Invalid.field("name", _("请填写姓名，最多 60 个字。"))
    licence = tuple(str(values.get(key, getattr(row, key))) for key in ("licence_kind", "licence_no", "licence_until"))
    _check_licence(licence)
    if values.get("store_id") is not None:
        _store(session, values["store_id"])
    moved = {}
    for key, value in {**values, "name": name}.items():
        before = getattr(row, key)
        if before != value:
            moved[key] = [before, value]
            setattr(row, key, value)
    session.flush()
    audit.record(session, "staff.changed", "staff", row.id, detail={"changed": moved})
    return row


def _check_licence(licence: Sequence[str]) -> None:
    _kind, number, until = licence
    if until:
        try:
            date.fromisoformat(until)
        except ValueError:
            raise Invalid.field("licence_until", _("执照有效期写成 2027-12-31 这样的日期。")) from None
    if until and not number:
        raise Invalid.field("licence_no", _("填了有效期，也要填执照编号。"))


def _store(session: Session, store_id: int) -> Store:
    row = session.scalar(select(Store).where(Store.id == store_id))
    if row is None:
        raise NotFound(_("没有这家门店。"))
    return row


def link_person(session: Session, staff_id: Any, person_id: int | None) -> None:
    """Say which person of the franchise a staff member is (None: nobody); their own card is theirs no more to serve.

    Raises Conflict when another active staff member is that person.
    """
    row = _held(session, staff_id, None)
    if person_id is not None:
        other = session.scalar(
            select(Staff.name).where(Staff.person_id == person_id, Staff.id != row.id, Staff.active.is_(True))
        )
        if other is not None:
            raise Conflict(_("这位会员已经关联到员工%(name)s。", name=other), code="person_taken")
    before, row.person_id = row.person_id, person_id
    session.flush()
    audit.record(
        session, "staff.person_linked", "staff", row.id, person_id=person_id,
        detail={"before": str(before or ""), "after": str(person_id or "")},
    )  # fmt: skip


# -- roles ---------------------------------------------------------------------------------------


def set_roles(session: Session, staff_id: Any, version: Any, wanted: Pairs) -> Staff:
    """Give a staff member exactly these roles at these stores (None: everywhere); return them.

    Raises Forbidden `own_roles` for oneself, `role_above` for a role above one's own (ask for approval instead:
    `ask_roles`), Conflict `last_owner` and `stale_version`.
    """
    row = _held(session, staff_id, version)
    if row.id == current_actor().staff_id:
        raise Forbidden(_("自己的角色要由别人来改。"), code="own_roles")
    _refuse_unknown(session, wanted)
    present = roles.pairs_of(session, row.id)
    _refuse_higher(session, {role for role, _store in set(present) ^ set(wanted)})
    return _write_roles(session, row, present, wanted)


def ask_roles(session: Session, staff_id: Any, wanted: Pairs, reason: str) -> Any:
    """Ask somebody higher to give these roles; return the request. Raises Forbidden `own_roles` for oneself."""
    from core.org import approvals

    row = get(session, staff_id)
    if row.id == current_actor().staff_id:
        raise Forbidden(_("自己的角色要由别人来改。"), code="own_roles")
    pairs = [[role, str(store) if store else ""] for role, store in sorted(wanted, key=str)]
    return approvals.ask(session, KIND, {"staff_id": str(row.id), "roles": pairs}, reason)


def _pairs_of(payload: Mapping[str, Any]) -> Pairs:
    return [(str(role), parse_id(store) if store else None) for role, store in payload.get("roles", [])]


def words_of(session: Session, pairs: Iterable[tuple[str, int | None]]) -> str:
    """Return roles with their stores in words."""
    changes = roles.current(session)
    stores = {row.id: row.name for row in session.scalars(select(Store))}
    told = [
        _("%(role)s（%(store)s）", role=changes.label(role), store=stores.get(store, "?"))
        if store else _("%(role)s（全部门店）", role=changes.label(role))
        for role, store in pairs
    ]  # fmt: skip
    return "、".join(told) or _("没有角色")


def describe(ctx: HookContext, payload: Mapping[str, Any]) -> ApprovalSummary:
    """Return a grant of roles in words; its subject is the staff member's version."""
    session: Session = ctx.session  # type: ignore[assignment]
    row = get(session, payload.get("staff_id"))
    wanted = _pairs_of(payload)
    _refuse_unknown(session, wanted)
    rows = [
        (_("员工"), f"{row.name} · {row.number}"),
        (_("现在的角色"), words_of(session, roles.pairs_of(session, row.id))),
        (_("改为"), words_of(session, wanted)),
    ]
    return ApprovalSummary(tuple(rows), f"{row.version}|{row.active}")


def execute(ctx: HookContext, payload: Mapping[str, Any], _request_id: int) -> dict[str, Any]:
    """Give the approved roles; the one who approved must stand as high as each of them."""
    session: Session = ctx.session  # type: ignore[assignment]
    row = set_roles(session, payload.get("staff_id"), None, _pairs_of(payload))
    return {"staff_id": str(row.id)}


def _refuse_unknown(session: Session, wanted: Pairs) -> None:
    known = set(roles.current(session).roles())
    stores = set(session.scalars(select(Store.id).where(Store.active.is_(True))))
    for role, store in wanted:
        if role not in known:
            raise Invalid.field("role", _("没有“%(role)s”这个角色。", role=role[:30]))
        if store is not None and store not in stores:
            raise NotFound(_("没有这家门店。"))


def _refuse_higher(session: Session, touched: set[str]) -> None:
    actor = current_actor()
    if actor.staff_id is None:
        return
    own, changes = roles.rank_of(session, actor.staff_id), roles.current(session)
    above = sorted((role for role in touched if changes.rank(role) > own), key=changes.rank)
    if above:
        raise Forbidden(
            _("“%(role)s”比你的角色高，你不能给予或收回。可以写明原因，申请由更高的角色批准。",
              role=changes.label(above[-1])),
            code="role_above",
        )  # fmt: skip


def _write_roles(session: Session, row: Staff, present: Pairs, wanted: Pairs) -> Staff:
    if ("owner", None) in present and ("owner", None) not in wanted:
        _refuse_last_owner(session, row)
    gone, new = set(present) - set(wanted), set(wanted) - set(present)
    for role, store in gone:
        same = StaffRole.store_id.is_(None) if store is None else StaffRole.store_id == store
        session.execute(delete(StaffRole).where(StaffRole.staff_id == row.id, StaffRole.role == role, same))
    session.add_all(StaffRole(staff_id=row.id, role=role, store_id=store) for role, store in sorted(new, key=str))
    session.flush()
    if gone or new:
        audit.record(
            session, "staff.roles_changed", "staff", row.id,
            detail={"before": _plain(present), "after": _plain(wanted)},
        )  # fmt: skip
    return row


def _plain(pairs: Iterable[tuple[str, int | None]]) -> list[str]:
    return sorted(f"{role}@{store or '*'}" for role, store in pairs)


def _refuse_last_owner(session: Session, row: Staff) -> None:
    others = session.scalar(
        select(Staff.id)
        .join(StaffRole, StaffRole.staff_id == Staff.id)
        .where(StaffRole.role == "owner", StaffRole.store_id.is_(None), Staff.active.is_(True), Staff.id != row.id)
        .limit(1)
    )
    if others is None:
        raise Conflict(_("%(name)s 是最后一位加盟主，不能收回或停用。", name=row.name), code="last_owner")


# -- sign-in -------------------------------------------------------------------------------------


def reset_sign_in(session: Session, staff_id: Any) -> str:
    """Return a new one-time password; the PIN is cleared and every session ends."""
    row = _held(session, staff_id, None)
    _refuse_self(row)
    if not row.active:
        raise Refusal(_("这位员工已停用，先恢复在职再重置。"), code="staff_inactive", status=409)
    password = credentials.one_time_password()
    row.password_hash = credentials.hash_password(password)
    row.password_once = True
    row.pin_hash = ""
    ended = services.end_sessions(session, row.id)
    session.flush()
    audit.record(session, "staff.sign_in_reset", "staff", row.id, detail={"sessions": ended})
    return password


def reset_totp(session: Session, staff_id: Any) -> None:
    """Clear a lost second factor; every session ends, and a role that must have one sets it up anew."""
    row = _held(session, staff_id, None)
    _refuse_self(row)
    row.totp = None
    row.totp_since = None
    row.totp_step = 0
    row.recovery_hashes = ""
    ended = services.end_sessions(session, row.id)
    session.flush()
    audit.record(session, "staff.totp_reset", "staff", row.id, detail={"sessions": ended})


def set_active(session: Session, staff_id: Any, active: bool) -> int:
    """Let somebody leave (every session ends at once) or come back; return how many sessions ended."""
    row = _held(session, staff_id, None)
    _refuse_self(row)
    if not active and ("owner", None) in roles.pairs_of(session, row.id):
        _refuse_last_owner(session, row)
    before, row.active = row.active, active
    ended = 0 if active else services.end_sessions(session, row.id)
    session.flush()
    audit.record(
        session, "staff.returned" if active else "staff.left", "staff", row.id,
        detail={"before": before, "after": active, "sessions": ended},
    )  # fmt: skip
    return ended


def _refuse_self(row: Staff) -> None:
    if row.id == current_actor().staff_id:
        raise Forbidden(_("这一步不能对自己做，请由别人来。"), code="own_account")
