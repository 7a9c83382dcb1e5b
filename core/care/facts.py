"""What conditions may ask about health: the keyed index answers, nothing is opened.

It may exclude from marketing, selects only beside the person's consent and never enters a price (architecture.md
section 4; PIPL art. 24, 28).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.care import codes, rules, services
from core.care.models import HealthFact, HealthRecord
from core.care.permissions import FACTS as MAY
from core.hookfacts import Fact, Rows
from core.kernel.i18n import _l

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy import ColumnElement

GROUP = _l("健康安全")


@dataclass(frozen=True, slots=True)
class _Coded:
    """Stands where a condition has a column of codes: what is compared is the keyed index of the facts."""

    keys: Callable[[str], Iterable[str]]

    def in_(self, wanted: Iterable[str]) -> ColumnElement[bool]:
        """Return the criterion that a fact is one of these codes."""
        return services.coded([key for code in wanted for key in self.keys(code)])


def _held(kind: str) -> Any:
    return select(HealthFact.person_id).where(HealthFact.kind == kind, HealthFact.status == rules.ACTIVE)


def _allergy(code: str) -> Iterable[str]:
    kind, _colon, name = code.partition(":")
    return (rules.key(rules.ALLERGY, kind, name),)


def _condition(code: str) -> Iterable[str]:
    """Return the keys of a condition and of those that imply it."""
    implying = (one for one, implied in codes.IMPLIED.items() if code in implied)
    return tuple(rules.key(rules.CONDITION, "code", one) for one in (code, *implying))


def _state(state: str) -> Rows:
    return Rows(_held(rules.PHYSIOLOGY).where(services.coded([rules.state_key(state, "yes")])))


def _conditions(_session: Any) -> list[tuple[str, Any]]:
    return sorted(codes.CONDITIONS.items(), key=lambda one: str(one[1]))


FACTS = (
    Fact("care.asked", _l("问过过敏史"), "flag", lambda _s, _p: Rows(
        select(HealthRecord.person_id).where(HealthRecord.allergy_status != rules.UNKNOWN)
    ), group=GROUP, missing=False, health=True, permission=MAY, order=60),
    Fact("care.allergic", _l("登记了过敏"), "flag", lambda _s, _p: Rows(_held(rules.ALLERGY)), group=GROUP,
         missing=False, health=True, permission=MAY, order=61),
    Fact("care.allergy", _l("对这些物质过敏"), "set", lambda _s, _p: Rows(_held(rules.ALLERGY), _Coded(_allergy)),
         group=GROUP, choices=lambda _s: codes.choices(), health=True, permission=MAY,
         help=_l("只按选定的类别或成分匹配；用文字登记的过敏不在其中。"), order=62),
    Fact("care.condition", _l("有这些健康情况"), "set",
         lambda _s, _p: Rows(_held(rules.CONDITION), _Coded(_condition)), group=GROUP, choices=_conditions,
         health=True, permission=MAY, help=_l("只按登记的情况，不含按年龄和化验值推算的。"), order=63),
    Fact("care.pregnant", _l("妊娠"), "flag", lambda _s, _p: _state(rules.PREGNANCY), group=GROUP, missing=False,
         health=True, permission=MAY, order=64),
    Fact("care.lactating", _l("哺乳"), "flag", lambda _s, _p: _state(rules.LACTATION), group=GROUP, missing=False,
         health=True, permission=MAY, order=65),
)  # fmt: skip
