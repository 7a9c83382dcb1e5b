"""Facts about whom a member brought, for segments and for rights of members (S3-16)."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from core.hookfacts import Fact, Total
from core.kernel.i18n import _l
from core.people.facts import TIES
from core.people.models import Person


def _bought() -> Total:
    brought = aliased(Person)
    return Total(
        select(brought.referrer_id).where(brought.referrer_id.is_not(None), brought.spent_fen > 0),
        func.count(brought.id),
    )


FACTS = (
    # Who was brought counts by what they paid: a benefit for heads alone is what the law forbids (part D).
    Fact("referrals_bought", _l("推荐来并消费过的会员"), "number", lambda _s, _p: _bought(), group=TIES, unit=_l("人"),
         missing=0, help=_l("按净实收大于零计；给权益请用这一项，不要用只数人头的那一项。"), order=36),
)  # fmt: skip
