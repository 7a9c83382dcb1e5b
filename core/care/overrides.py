"""What was let pass, counted: rules that are always overridden want tuning (clinic.md 4.4)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from core.care.models import Finding
from core.kernel import clock
from core.kernel.days import add_months
from core.kernel.tenancy import current_actor
from core.org.models import Staff

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

# A rule that was let pass this often in a month is marked for a look: who is warned of everything hears nothing.
NOISY_FROM = 30
MOST = 100


@dataclass(frozen=True, slots=True)
class RuleCount:
    """How often a rule's findings were let pass in a month, at a severity, and by how many persons."""

    plugin: str
    code: str
    severity: str
    passed: int
    people: int

    @property
    def noisy(self) -> bool:
        """Return whether it is let pass so often that it wants a look."""
        return self.passed >= NOISY_FROM


@dataclass(frozen=True, slots=True)
class PersonCount:
    """Who let how many findings pass in a month, of a severity."""

    name: str
    severity: str
    passed: int


@dataclass(frozen=True, slots=True)
class Report:
    """The counts of a month; neighbours as `YYYY-MM`."""

    rules: list[RuleCount]
    persons: list[PersonCount]
    before: str
    after: str


def month_of(text: str, today: dt.date) -> dt.date:
    """Return the first day of the month `YYYY-MM`, of this month for anything else."""
    try:
        return dt.date.fromisoformat(f"{text[:7]}-01")
    except ValueError:
        return today.replace(day=1)


def report(session: Session, month: dt.date) -> Report:
    """Return the counts of a month by rule and by person."""
    zone = clock.zone(current_actor().tz)
    bounds = [clock.to_ms(dt.datetime.combine(day, dt.time.min, zone)) for day in (month, add_months(month, 1))]
    inside = (Finding.override_at >= bounds[0], Finding.override_at < bounds[1])
    by_rule = session.execute(
        select(Finding.plugin, Finding.code, Finding.severity, func.count(), func.count(Finding.override_by.distinct()))
        .where(*inside)
        .group_by(Finding.plugin, Finding.code, Finding.severity)
        .order_by(func.count().desc(), Finding.code)
        .limit(MOST)
    )
    by_person = session.execute(
        select(Staff.name, Finding.severity, func.count())
        .join(Staff, Staff.id == Finding.override_by)
        .where(*inside)
        .group_by(Staff.id, Staff.name, Finding.severity)
        .order_by(func.count().desc())
        .limit(MOST)
    )
    return Report(
        [RuleCount(*row[:3], int(row[3]), int(row[4])) for row in by_rule],
        [PersonCount(row[0], row[1], int(row[2])) for row in by_person],
        f"{add_months(month, -1):%Y-%m}", f"{add_months(month, 1):%Y-%m}",
    )  # fmt: skip
