"""On which days a promotion holds.

Festivals and lunar days come from borax, an arithmetic Chinese calendar for 1900-2100. The `holidays`
library was compared: its Spring Festival and Mid-Autumn agree (2027-02-06, 2027-09-15), but it lists days
off, with the eve before day 1 and moved ("observed") days among them, so "day 1 and seven days long" cannot
be read from it.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

from borax.calendars.lunardate import LunarDate, TermUtils

from core.programme.document import When

_LUNAR = {
    "spring": (1, 1),
    "lantern": (1, 15),
    "dragon_boat": (5, 5),
    "qixi": (7, 7),
    "mid_autumn": (8, 15),
    "double_ninth": (9, 9),
}
_SOLAR = {
    "new_year": (1, 1),
    "valentine": (2, 14),
    "womens_day": (3, 8),
    "labour": (5, 1),
    "childrens_day": (6, 1),
    "national": (10, 1),
    "christmas": (12, 25),
}
FESTIVALS: tuple[str, ...] = (*_LUNAR, *_SOLAR, "qingming")


@lru_cache(maxsize=512)
def festival_day(festival: str, year: int) -> date:
    """First day of a festival that begins in that solar year (S4-33). Raises KeyError for an unknown one."""
    if festival in _SOLAR:
        month, day = _SOLAR[festival]
        return date(year, month, day)
    if festival == "qingming":
        term: date = TermUtils.nth_term_day(year, term_name="清明")
        return term
    month, day = _LUNAR[festival]
    return _solar(year, month, day)


def _solar(lunar_year: int, month: int, day: int) -> date:
    found: date = LunarDate(lunar_year, month, day, 0).to_solar_date()
    return found


@lru_cache(maxsize=4096)
def lunar(day: date) -> tuple[int, int]:
    """Month and day of the Chinese calendar; a leap month carries the number it repeats."""
    found = LunarDate.from_solar(day)
    return found.month, found.day


def lunar_year(day: date) -> int:
    """Year of the Chinese calendar in which a day lies, by the solar year in which that year begins."""
    found: int = LunarDate.from_solar(day).year
    return found


def lunar_month_end(day: date) -> date:
    """Last day of the Chinese month in which a day lies; a leap month is a month of its own."""
    here = LunarDate.from_solar(day)
    last = day
    while True:
        following = last + timedelta(days=1)
        found = LunarDate.from_solar(following)
        if (found.month, found.leap) != (here.month, here.leap):
            return last
        last = following


def is_active(when: When, business_date: date) -> bool:
    """True if every part of `when` that is given holds on that business date (B52, S4-33)."""
    if when.start and business_date < when.start:
        return False
    if when.until and business_date > when.until:
        return False
    if when.weekday and business_date.isoweekday() not in when.weekday:
        return False
    if when.day_of_month and business_date.day not in when.day_of_month:
        return False
    if when.lunar_day and lunar(business_date)[1] not in when.lunar_day:
        return False
    return when.festival is None or _in_festival(when, business_date)


def _in_festival(when: When, business_date: date) -> bool:
    assert when.festival is not None
    for year in (business_date.year, business_date.year - 1, business_date.year + 1):
        first = festival_day(when.festival, year) + timedelta(days=when.offset)
        if first <= business_date < first + timedelta(days=when.days):
            return True
    return False


def birthday_in(birth: date, calendar: str, year: int) -> date:
    """The day on which the birthday is kept in that solar year.

    Born on 29 February: 28 February in a common year. calendar "lunar": the day of birth's month and day in
    the Chinese calendar (29th if that month has no 30th), in the Chinese year that begins in `year`.
    """
    if calendar != "lunar":
        try:
            return birth.replace(year=year)
        except ValueError:
            return date(year, 2, 28)
    month, day = lunar(birth)
    try:
        return _solar(year, month, day)
    except ValueError:
        return _solar(year, month, day - 1)


def is_birthday(birth: date | None, calendar: str, business_date: date, on: str) -> bool:
    """True on the birthday (on=day) or in its month (on=month); a lunar birthday's month is the lunar
    month.
    """
    if birth is None:
        return False
    if on == "month":
        if calendar == "lunar":
            return lunar(business_date)[0] == lunar(birth)[0]
        return business_date.month == birth.month
    years = (business_date.year, business_date.year - 1)
    return any(birthday_in(birth, calendar, year) == business_date for year in years)
