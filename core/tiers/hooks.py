"""What tiers offer to the house: their approval, the facts of a person's tier."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.hookfacts import Ago, Fact, Of
from core.hooktypes import ApprovalKind
from core.kernel.i18n import _l
from core.kernel.plugins import hookimpl
from core.people.models import Person
from core.programme import services as programmes
from core.tiers import overrides

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

GROUP = _l("等级与分级")


def _tiers(session: Session) -> list[tuple[str, Any]]:
    return [(tier.code, tier.name) for tier in programmes.in_force(session).tiers]


@hookimpl
def register_approvals() -> list[ApprovalKind]:
    """Return the tier that is set by hand."""
    return [
        ApprovalKind(
            overrides.KIND, overrides.LABEL, overrides.ASK, overrides.APPROVE, overrides.describe, overrides.execute, 15
        )
    ]


@hookimpl
def register_facts() -> list[Fact]:
    """Return the facts of a person's tier."""
    return [
        Fact("tier", _l("等级"), "choice", lambda _s, _p: Of(Person.tier_code), group=GROUP, missing="",
             choices=_tiers, order=45),
        Fact("tier_held", _l("成为现等级距今"), "number", lambda _s, _p: Ago(Person.tier_since), group=GROUP,
             unit=_l("天"), order=46),
    ]  # fmt: skip
