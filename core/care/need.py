"""A plugin's own health page asks here first: may this person's record be read, and write down that it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import core.kernel.models  # noqa: F401 (before access: the kernel's own sealed fields come first)
from core.care import access, audits
from core.kernel.errors import Forbidden
from core.kernel.i18n import _

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def check_need(session: Session, person_id: int, purpose: str, *, each: bool = True) -> None:
    """Note that a person's record is read for `purpose` (a code of at most 33 characters); `each`: every time anew.

    The person must be known to be the franchise's own already. Raises Forbidden `no_care_relation` for who neither
    treats them nor looks behind the glass (security C16).
    """
    if not access.of(session, person_id).reads:
        raise Forbidden(
            _("这位会员近期没有在你的门店就诊，不能直接查看。确有需要时，请在“健康安全”页紧急查看并写明理由。"),
            code="no_care_relation",
        )
    audits.note_reads(session, [person_id], purpose, each=each)
