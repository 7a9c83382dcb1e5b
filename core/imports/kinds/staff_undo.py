"""Taking back what a staff list did: who never came is let go, replaced values and roles come back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from core.imports.kinds.keyed import kept, marks
from core.imports.kinds.references import references
from core.imports.models import ImportRow
from core.imports.outcomes import CREATED
from core.kernel import audit, doors
from core.kernel.i18n import _
from core.kernel.sealed import seal_text
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.org import approvals, roles, staff_changes
from core.org.models import ApprovalRequest, Staff, StaffRole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from core.imports.models import ImportBatch

_OWN = frozenset({"staff", "staff_role", "import_row", "import_batch", "notification"})
_NAMES = frozenset({
    "staff_id", "performer_id", "seller_id", "adviser_id", "override_by", "set_by", "changed_by", "made_by",
    "opened_by", "published_by", "ended_by", "asked_by", "decided_by",
})  # fmt: skip
# Long tables that only grow: whatever tells of staff of this batch came after it, a range of ids.
_GROWING = frozenset({"audit_entry", "orders", "order_line", "refund", "transfer"})


def used_since(session: Session, batch: ImportBatch, staff_ids: Sequence[int]) -> dict[int, str]:
    """Return the batch's new staff who signed in, worked or were changed since, each with the reason."""
    if not staff_ids:
        return {}
    used: dict[int, str] = {}
    made = _made_rows(session, batch, staff_ids)
    for staff in session.scalars(select(Staff).where(Staff.id.in_(staff_ids))):
        before = kept(made[staff.id]) if staff.id in made else None
        if before is None or staff.version != before["version"]:
            used[staff.id] = _("之后又改过资料或角色")
        elif not staff.password_once:
            used[staff.id] = _("之后登录过")
    st = Statements(session, batch.franchise_id)
    for table, column in references("staff", _NAMES, _OWN):
        bound = f" AND id > {int(batch.id)}" if table in _GROWING else ""
        sql = (
            f"SELECT DISTINCT {column} FROM {table} WHERE franchise_id = ?{bound}"  # noqa: S608
            f" AND {column} IN ({marks(staff_ids)})"
        )
        found = [int(row[0]) for row in st.all(sql, [st.franchise_id, *staff_ids])]
        if table == "web_session":
            used |= dict.fromkeys(found, _("之后登录过"))
        used = dict.fromkeys(found, _("之后做过事或服务过会员")) | used
    return used


def _made_rows(session: Session, batch: ImportBatch, staff_ids: Sequence[int]) -> dict[int, ImportRow]:
    rows = session.scalars(
        select(ImportRow).where(ImportRow.import_batch_id == batch.id, ImportRow.record_id.in_(staff_ids))
    )
    return {row.record_id: row for row in rows if row.record_id}


def take_out(session: Session, staff_ids: Sequence[int]) -> None:
    """Take roles and sign-in from staff who never came, empty their record and free their number."""
    for staff in session.scalars(select(Staff).where(Staff.id.in_(staff_ids))).all():
        session.execute(delete(StaffRole).where(StaffRole.staff_id == staff.id))
        doors.close(session, doors.LOGIN, staff.id)
        audit.record(session, "imports.staff.undone", "staff", staff.id, detail={"number": staff.number})
        staff.number = staff.login = f"x{staff.id}"[:20]
        staff.name, staff.password_hash, staff.pin_hash = _("（已撤销的导入）"), "", ""
        staff.licence_kind = staff.licence_no = staff.licence_until = ""
        staff.store_id, staff.active = None, False
        staff.version += 1
    session.flush()


def unmoved(session: Session, row: ImportRow) -> tuple[Staff, dict[str, Any]] | None:
    """Return the staff member a row changed and what there was, unless they were changed since."""
    before = kept(row)
    staff = session.get(Staff, row.record_id)
    if before is None or staff is None or staff.version != before["version"]:
        return None
    return staff, before


def take_back(session: Session, row: ImportRow) -> bool:
    """Put back what a row replaced; a request for a role that still waits is withdrawn by the one who asked."""
    found = unmoved(session, row)
    if found is None:
        return False
    staff, before = found
    if before["request"]:
        _withdraw(session, before["request"])
    if before["values"]:
        staff_changes.change(session, staff.id, None, before["values"])
    pairs = [(role, store) for role, store in before["roles"]]
    if sorted(pairs, key=str) != sorted(roles.pairs_of(session, staff.id), key=str):
        staff_changes.set_roles(session, staff.id, None, pairs)
    return True


def _withdraw(session: Session, request_id: str) -> None:
    asked = session.get(ApprovalRequest, int(request_id))
    if asked is not None and asked.state in approvals.OPEN and asked.asked_by == current_actor().staff_id:
        approvals.withdraw(session, asked.id)


def forget_passwords(session: Session, batch: ImportBatch) -> None:
    """Wipe the one-time passwords of a batch; what an undo needs stays."""
    st = Statements(session, batch.franchise_id)
    rows = session.scalars(
        select(ImportRow).where(ImportRow.import_batch_id == batch.id, ImportRow.outcome == CREATED)
    ).all()
    for row in rows:
        before = kept(row)
        if before is not None and before.pop("password", None):
            blob = seal_text("import_row", "cells_sealed", row.id, row.franchise_id, json.dumps(before))
            st.run(
                "UPDATE import_row SET cells_sealed = ? WHERE franchise_id = ? AND id = ?",
                [blob, batch.franchise_id, row.id],
            )
    session.expire_all()
