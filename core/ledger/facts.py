"""What the ledger offers to conditions: points that may be used, points about to run out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, or_, select

from core.hookfacts import WINDOW, Fact, FactParam, FactScope, Total
from core.kernel.i18n import _l
from core.ledger.models import Account, Lot
from core.ledger.services import POINTS

if TYPE_CHECKING:
    from collections.abc import Mapping

GROUP = _l("积分")
LOT: Any = Lot  # its account_id is made by belongs_to, which the type checker does not see


def _available(scope: FactScope, _params: Mapping[str, int]) -> Total:
    """Return points usable on the business date: lots not yet run out, less debt (in debt: below zero)."""
    usable = and_(
        LOT.account_id == Account.id, Lot.remaining > 0, or_(Lot.expires_on.is_(None), Lot.expires_on > scope.today)
    )
    rows = select(Account.owner_id).outerjoin(Lot, usable).where(*_points())
    return Total(rows, func.coalesce(func.sum(Lot.remaining), 0) - func.max(Account.debt))


def _expiring(scope: FactScope, params: Mapping[str, int]) -> Total:
    """Return points whose last usable day lies within so many days from today."""
    rows = (
        select(Account.owner_id)
        .join(Lot, LOT.account_id == Account.id)
        .where(
            *_points(), Lot.remaining > 0, Lot.expires_on > scope.today,
            Lot.expires_on <= scope.day(-params[WINDOW] - 1),
        )
    )  # fmt: skip
    return Total(rows, func.coalesce(func.sum(Lot.remaining), 0))


def _points() -> tuple[Any, ...]:
    return (Account.owner_kind == "person", Account.unit == POINTS, Account.bucket == "available")


FACTS = (
    Fact("points", _l("可用积分"), "number", _available, group=GROUP, unit=_l("分"), missing=0, low=-(10**9), order=40),
    Fact("points_expiring", _l("即将到期的积分"), "number", _expiring, group=GROUP, unit=_l("分"), missing=0,
         params=(FactParam(WINDOW, _l("天内到期"), 30, 1, 366),), sentence=_l("%(days)d 天内到期的积分"), order=41),
)  # fmt: skip
