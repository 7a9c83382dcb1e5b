"""A second level of referral wants the owner's word first: recorded with who, when and which text (loyalty C5).

The law draws the line at paying people for the turnover of those whom others brought (Anti-pyramid Regulation 2005
art. 7(3)); a second level stays below its three, but it is the owner who answers for it, not whoever edits rules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from core.kernel import audit, clock
from core.kernel.errors import Forbidden, Refusal
from core.kernel.i18n import _
from core.kernel.tenancy import current_actor
from core.programme.models import DepthAcknowledgement

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.programme.rules import Programme

# Changes whenever `text` does: an acknowledgement of an older text no longer counts.
TEXT_VERSION = "2026-11"


def text() -> tuple[str, ...]:
    """Return what the owner acknowledges, in the reader's language."""
    return (
        _(
            "二级推荐指：甲介绍乙、乙介绍丙，丙消费后甲也得积分。按下线业绩给上线报酬，层级再深就可能构成传销（《禁止传销条例》第七条）。"
        ),
        _("系统因此只容许到第二级，只给积分，只在真实消费后给，不按人头给，也不能以购买为推荐的条件；第三级无法设置。"),
        _("本人是加盟主体的负责人，已了解上述风险，确认由本机构承担开启二级推荐的责任。"),
    )


def needed(programme: Programme | None) -> bool:
    """Return whether a programme rewards a second level."""
    return programme is not None and programme.referral is not None and programme.referral.depth > 1


def acknowledged(session: Session) -> DepthAcknowledgement | None:
    """Return the acknowledgement of the present text, or None."""
    return session.scalar(select(DepthAcknowledgement).where(DepthAcknowledgement.text_version == TEXT_VERSION))


def acknowledge(session: Session) -> DepthAcknowledgement:
    """Record that the acting owner answers for a second level; once given it stays."""
    found = acknowledged(session)
    if found is not None:
        return found
    actor = current_actor()
    if actor.staff_id is None or "owner" not in actor.roles:
        raise Forbidden(_("二级推荐只能由加盟主本人登录确认。"), code="owner_only")
    row = DepthAcknowledgement(staff_id=actor.staff_id, text_version=TEXT_VERSION, at=clock.now_ms())
    session.add(row)
    session.flush()
    audit.record(
        session, "programme.referral.acknowledged", "depth_acknowledgement", row.id, detail={"text": TEXT_VERSION}
    )
    return row


def check(session: Session, programme: Programme) -> None:
    """Raise Refusal `depth_not_acknowledged` for a second level that no owner has answered for."""
    if needed(programme) and acknowledged(session) is None:
        raise Refusal(
            _("方案开了二级推荐，须先由加盟主在“会员方案”页阅读并确认，才能发布；或把层级改回“只有直接推荐”。"),
            code="depth_not_acknowledged",
        )
