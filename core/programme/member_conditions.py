"""Which rules of a programme a payer may have: all conditions of the document in one SELECT."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.programme import facts as engine
from core.programme.checks import member_conditions
from core.programme.conditions import Condition
from core.programme.sentences import words

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from core.hookfacts import Fact
    from core.programme.document import Programme

FIXED = "fixed"
_KEPT = 256
_conditions: dict[int, tuple[Programme, dict[str, Condition]]] = {}


def conditions_of(programme: Programme) -> dict[str, Condition]:
    """Return the conditions of a document by rule code; read once for each document object."""
    found = _conditions.get(id(programme))
    if found is None or found[0] is not programme:
        if len(_conditions) >= _KEPT:
            _conditions.clear()
        found = (programme, {code: condition for _path, code, condition in member_conditions(programme)})
        _conditions[id(programme)] = found
    return found[1]


def holding(
    session: Session, programme: Programme, person_id: int, as_of: date
) -> tuple[frozenset[str], Mapping[str, str]]:
    """Return (codes of the rules whose condition holds for a person, the others in words).

    No statement for a document without conditions, one otherwise. A condition on a fact that is no longer
    offered (its plugin is off) does not hold: the till goes on.
    """
    asked = conditions_of(programme)
    if not asked:
        return frozenset(), {}
    facts = engine.offered()
    fit = {code: one for code, one in asked.items() if not engine.problems(one, facts, "price")}
    flags = engine.holding(session, list(fit.values()), person_id, facts, as_of)
    holds = frozenset(code for code, flag in zip(fit, flags, strict=True) if flag)
    tiers = {tier.code: tier.name for tier in programme.tiers}

    def labels(fact: Fact) -> Mapping[str, str]:
        if fact.key == "tier":
            return tiers
        # No look-up here: names that lie in tables stay codes.
        fixed = fact.choices(None) if fact.choices is not None and fact.extra.get(FIXED) else ()
        return {str(code): str(label) for code, label in fixed}

    return holds, {code: words(one, facts, labels) for code, one in asked.items() if code not in holds}
