"""How a value is compared: the same test in SQL and in Python, and what it says where there is no value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, false, not_, or_, true

LOW, HIGH = -(10**13), 10**13


@dataclass(frozen=True, slots=True)
class Band:
    """Whole numbers from `low` to `high`, both inclusive; None: open."""

    low: int | None = None
    high: int | None = None

    @property
    def pair(self) -> tuple[int, int]:
        """Return both bounds, open ones as very far."""
        return (LOW if self.low is None else self.low, HIGH if self.high is None else self.high)

    def covers(self, value: int) -> bool:
        """Return whether the band holds a number."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    def holds(self, value: Any) -> Any:
        """Return the criterion that an SQL expression lies in the band."""
        if self.low is not None and self.low == self.high:
            return value == self.low
        parts = []
        if self.low is not None:
            parts.append(value >= self.low)
        if self.high is not None:
            parts.append(value <= self.high)
        return and_(*parts) if parts else true()


@dataclass(frozen=True, slots=True)
class Test:
    """An operator with its value; `missing` is what stands where a person has no data (None: nothing holds)."""

    op: str
    value: Any
    missing: int | str | bool | None = None

    __test__ = False  # for pytest: this is no test case

    @property
    def band(self) -> Band:
        """Return the numbers that pass a ge, le, eq or between."""
        if self.op == "between":
            low, high = self.value
            return Band(None if low <= LOW else low, None if high >= HIGH else high)
        if self.op == "ge":
            return Band(self.value, None)
        if self.op == "le":
            return Band(None, self.value)
        return Band(self.value, self.value)

    @property
    def codes(self) -> tuple[str, ...]:
        """Return the codes that a choice or set is compared with."""
        return self.value if isinstance(self.value, tuple) else ()

    @property
    def negative(self) -> bool:
        """Return whether the operator is the negation of another."""
        return self.op in ("not_in", "none_of") or (self.op in ("is", "known") and not self.value)

    @property
    def missing_holds(self) -> bool:
        """Return whether the test holds for a person without data."""
        if self.op == "known":
            return not self.value
        if self.missing is None:
            return self.negative
        return self.passes(self.missing)

    def passes(self, value: Any) -> bool:
        """Return whether a value passes, in Python."""
        if self.op in ("ge", "le", "eq", "between"):
            return self.band.covers(int(value))
        if self.op == "contains":
            return str(self.value).lower() in str(value).lower()
        if self.op == "is":
            return bool(value) == self.value
        if self.op == "known":
            return bool(self.value)
        return (value in self.codes) != self.negative

    def total(self, value: Any) -> Any:
        """Return the two-valued criterion over an SQL expression that may be NULL."""
        if self.op == "known":
            return value.is_not(None) if self.value else value.is_(None)
        found = self._plain(value)
        if getattr(getattr(value, "property", None), "columns", None) and not value.property.columns[0].nullable:
            return found
        return or_(value.is_(None), found) if self.missing_holds else and_(value.is_not(None), found)

    def _plain(self, value: Any) -> Any:
        if self.op in ("ge", "le", "eq", "between"):
            return self.band.holds(value)
        if self.op == "contains":
            return value.icontains(self.value, autoescape=True)
        if self.op == "is":
            return value.is_(True) if self.value else not_(value.is_(True))
        if not self.codes:
            return true() if self.negative else false()
        return value.not_in(self.codes) if self.negative else value.in_(self.codes)


def years_before(day: date, years: int) -> date:
    """Return the last date of birth of those who are at least so many years old on `day`."""
    year = day.year - years
    if year < 1:
        return date.min
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


def age_on(birth: date, day: date) -> int:
    """Return the age in whole years on a day."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
