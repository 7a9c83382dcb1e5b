"""Who may read what a person has: need to know, or behind the glass (security C16, S4-38).

Reading wants the permission and a care relation (relation.py) within the days that the franchise sets. Who has none may
break the glass: a reason, words and a PIN open one member for 30 minutes; the owner hears of it, and somebody else
reviews it in 72 hours. Who made the relation alone reads, and is told of and reviewed in the same list.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from core.care import relation
from core.care.models import HealthGlass
from core.care.permissions import GLASS, READ, REVIEW
from core.kernel import audit, clock
from core.kernel.errors import Conflict, FieldError, Forbidden, Invalid, NotFound, Refusal
from core.kernel.i18n import _, _l
from core.kernel.permissions import may
from core.kernel.tenancy import current_actor
from core.org import notices
from core.org.proofs import consume_proof, make_proof
from core.org.services import staff_of
from core.people.models import Person

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.org.proofs import ProofMade

OPEN_MS, DUE_MS = 30 * 60 * 1000, 72 * 60 * 60 * 1000
MIN_REASON, REASON_MOST, REMARK_MOST = 10, 300, 300
PURPOSE = "unmask"
OPENED, LOOKED = "care.glass_opened", "care.self_made"
REASONS: dict[str, Any] = {
    "emergency": _l("急救"), "referral": _l("转诊、会诊"), "complaint": _l("处理投诉或不良反应"),
    "continuity": _l("接续治疗"), "other": _l("其他"),
}  # fmt: skip
RULINGS: dict[str, Any] = {"justified": _l("理由成立"), "not_justified": _l("理由不成立")}
# What stands on a review row that no glass was broken for: the reader made the relation alone (relation.py).
REASON_NAMES = {**REASONS, relation.SELF_MADE: _l("自建接诊关系")}
RELATION, SELF_MADE, BEHIND_GLASS = relation.GIVEN, relation.SELF_MADE, "glass"


@dataclass(frozen=True, slots=True)
class Access:
    """How far somebody may read one person now. `by` relation, self_made, glass or empty (the alert only)."""

    by: str = ""
    glass: HealthGlass | None = None
    may_break: bool = False

    @property
    def reads(self) -> bool:
        """Return whether the facts may be read."""
        return bool(self.by)


def of(session: Session, person_id: int) -> Access:
    """Return how far the acting staff member may read a person's facts."""
    actor = current_actor()
    found = relation.of(session, person_id) if may(actor, READ) else ""
    if found:
        return Access(found)
    if not may(actor, GLASS):
        return Access()
    glass = open_glass(session, person_id)
    return Access(BEHIND_GLASS, glass) if glass else Access(may_break=True)


def open_glass(session: Session, person_id: int) -> HealthGlass | None:
    """Return the look that the acting staff member opened and that still lasts, or None."""
    return session.scalar(
        select(HealthGlass)
        .where(
            HealthGlass.staff_id == current_actor().staff_id, HealthGlass.person_id == person_id,
            HealthGlass.until_at > clock.now_ms(), HealthGlass.reviewed_at.is_(None),
            HealthGlass.reason_code != SELF_MADE,
        )
        .order_by(HealthGlass.until_at.desc())
        .limit(1)
    )  # fmt: skip


def payload(person_id: int, reason_code: str, reason: str) -> str:
    """Return what the PIN of a break-glass is bound to."""
    return hashlib.sha256(f"care.glass|{person_id}|{reason_code}|{reason}".encode()).hexdigest()


def enter_pin(
    session: Session, number: str, pin: str, person_id: int, reason_code: str, reason: str
) -> ProofMade:  # fmt: skip
    """Return the proof that somebody entered their PIN for this look, or why not.

    A refusal is shown after the unit was committed, so that the wrong PIN counts.
    """
    return make_proof(session, number, pin, PURPOSE, payload(person_id, reason_code, reason))


def check_reason(reason_code: str, reason: str) -> str:
    """Return the reason cleaned; raise Invalid for an unknown code or fewer than ten characters."""
    text = " ".join(reason.split())
    errors = []
    if reason_code not in REASONS:
        errors.append(FieldError("reason_code", _("请选择一个理由。")))
    if not MIN_REASON <= len(text) <= REASON_MOST:
        errors.append(FieldError("reason", _("请写清楚为什么要看，至少 %(n)d 个字。", n=MIN_REASON)))
    if errors:
        raise Invalid(_("有 %(n)d 处需要修改。", n=len(errors)), errors=errors)
    return text


def break_glass(session: Session, person_id: int, reason_code: str, reason: str, proof: str) -> HealthGlass:
    """Open one member's facts to the acting staff member for 30 minutes and return the look.

    Raises Forbidden, NotFound, Invalid (reason), Unauthorized `proof_invalid`. The owner and whoever reviews is told.
    A look that is still open is returned as it is: nobody gets more than 30 minutes by asking twice.
    """
    actor = current_actor()
    if not may(actor, GLASS) or actor.staff_id is None:
        raise Forbidden(_("你没有紧急查看健康信息的权限。请联系店长或加盟主。"))
    text = check_reason(reason_code, reason)
    if session.scalar(select(Person.id).where(Person.id == person_id).with_for_update()) is None:
        raise NotFound(_("没有找到这位会员。"))
    staff = consume_proof(session, proof, PURPOSE, payload(person_id, reason_code, text))
    if staff.id != actor.staff_id:
        raise Refusal(_("须输入你本人的 PIN。"), code="proof_invalid", status=401)
    already = open_glass(session, person_id)
    if already is not None:
        return already
    now = clock.now_ms()
    row = HealthGlass(
        person_id=person_id, staff_id=staff.id, store_id=actor.store_id, reason_code=reason_code, opened_at=now,
        until_at=now + OPEN_MS, due_at=now + DUE_MS,
    )  # fmt: skip
    row.reason = text
    session.add(row)
    audit.record(
        session, "care.glass.opened", "health_glass", row.id, person_id=person_id,
        detail={"reason_code": reason_code, "reason": text},
    )  # fmt: skip
    notices.tell_holders(
        session, REVIEW, actor.store_id, OPENED, {"staff_id": str(staff.id)}, but=(staff.id,), endpoint="care.reviews",
        about=str(row.id), once=True,
    )  # fmt: skip
    session.flush()
    return row


def note_self_made(session: Session, person_id: int, *, count: bool = True) -> HealthGlass:
    """Put a look by a relation that the reader made alone on the list to review, and return its row.

    One row stands until it is reviewed, however often they look (`count`: a page was read). The owner and whoever
    reviews is told once.
    """
    row = _unreviewed(session, person_id)
    if row is None:
        session.scalar(select(Person.id).where(Person.id == person_id).with_for_update())
        row = _unreviewed(session, person_id) or _list_self_made(session, person_id)
    if count:
        count_read(session, row.id)
    return row


def _unreviewed(session: Session, person_id: int) -> HealthGlass | None:
    return session.scalar(
        select(HealthGlass).where(
            HealthGlass.staff_id == current_actor().staff_id, HealthGlass.person_id == person_id,
            HealthGlass.reason_code == SELF_MADE, HealthGlass.reviewed_at.is_(None),
        ).limit(1)
    )  # fmt: skip


def _list_self_made(session: Session, person_id: int) -> HealthGlass:
    actor, now = current_actor(), clock.now_ms()
    if actor.staff_id is None:
        raise NotFound(_("没有找到这位会员。"))
    # It opens nothing by itself: it ends as it begins.
    row = HealthGlass(
        person_id=person_id, staff_id=actor.staff_id, store_id=actor.store_id, reason_code=SELF_MADE, opened_at=now,
        until_at=now, due_at=now + DUE_MS,
    )  # fmt: skip
    row.reason = _("本人新建就诊或登记后查看，没有同事开单，也没有收费。")
    session.add(row)
    audit.record(
        session, "care.glass.self_made", "health_glass", row.id, person_id=person_id, detail={"reason_code": SELF_MADE}
    )
    notices.tell_holders(
        session, REVIEW, actor.store_id, LOOKED, {"staff_id": str(actor.staff_id)}, but=(actor.staff_id,),
        endpoint="care.reviews", about=str(row.id), once=True,
    )  # fmt: skip
    session.flush()
    return row


def count_read(session: Session, glass_id: int) -> None:
    """Count a page that was read behind the glass."""
    session.execute(
        update(HealthGlass).where(HealthGlass.id == glass_id, HealthGlass.reviewed_at.is_(None))
        .values(reads=HealthGlass.reads + 1).execution_options(synchronize_session=False)
    )  # fmt: skip


def review(session: Session, glass_id: int | None, ruling: str, remark: str = "") -> HealthGlass:
    """Rule on a look, once, by somebody else than the reader; return it.

    Raises NotFound, Invalid for an unknown ruling or one against without a remark, Refusal `own_review`, Conflict
    `already_reviewed`. A look that is still open ends with its review.
    """
    actor = current_actor()
    row = session.get(HealthGlass, glass_id, with_for_update=True, populate_existing=True) if glass_id else None
    if row is None:
        raise NotFound(_("没有找到这次查看。"))
    if row.staff_id == actor.staff_id or actor.staff_id is None:
        raise Refusal(_("自己的查看要由别人复核。"), code="own_review", status=403)
    if row.reviewed_at is not None:
        raise Conflict(_("这次查看已经复核过了。"), code="already_reviewed")
    text = " ".join(remark.split())[:REMARK_MOST]
    if ruling not in RULINGS:
        raise Invalid.field("ruling", _("请选择复核结论。"))
    if ruling == "not_justified" and not text:
        raise Invalid.field("remark", _("理由不成立时，请写明怎么处理。"))
    row.ruling, row.reviewed_by = ruling, actor.staff_id
    row.remark = text or None
    row.reviewed_at = clock.now_ms()
    audit.record(
        session, "care.glass.reviewed", "health_glass", row.id, person_id=row.person_id, detail={"ruling": ruling}
    )
    session.flush()
    return row


@dataclass(frozen=True, slots=True)
class GlassSeen:
    """A look as the review list shows it: the row, who read whom, whether the review is late."""

    row: HealthGlass
    reader: str
    person: str
    reviewer: str
    overdue: bool


def looks(session: Session, *, reviewed: bool, limit: int = 50, before: int | None = None) -> list[GlassSeen]:
    """Return looks: the open ones with the soonest due first, or the reviewed ones with the newest first."""
    query = select(HealthGlass, Person.name).join(Person, Person.id == HealthGlass.person_id)
    if reviewed:
        query = query.where(HealthGlass.reviewed_at.is_not(None)).order_by(HealthGlass.id.desc())
        query = query.where(HealthGlass.id < before) if before else query
    else:
        query = query.where(HealthGlass.reviewed_at.is_(None)).order_by(HealthGlass.due_at, HealthGlass.id)
    rows = session.execute(query.limit(limit)).all()
    now = clock.now_ms()
    return [
        GlassSeen(
            row, staff_of(session, row.staff_id).name, name,
            staff_of(session, row.reviewed_by).name if row.reviewed_by else "",
            row.reviewed_at is None and row.due_at < now,
        )
        for row, name in rows
    ]  # fmt: skip
