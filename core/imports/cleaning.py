"""One row of a list, cleaned: text of the sheet in, a person's values or its problems out. Pure.

A problem is (field, code, argument) and never holds the cell itself: it is kept in the open beside the
sealed row, and becomes a sentence in messages.py.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from core.imports.rules import CALENDARS, GENDERS, NONE, squeezed, tier_of
from core.kernel.errors import Invalid
from core.people import rules as people

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.imports.rules import ColumnMap

EARLIEST = date(1900, 1, 1)
LENGTHS = {
    "name": people.MAX_NAME, "occupation": 60, "company": 120, "address": 300, "email": 120, "card": 40, "source": 40,
    "note": 2000,
}  # fmt: skip
TAG_LENGTH, TAG_COUNT = 40, 20
_SERIAL_ZERO = date(1899, 12, 30)
_BROKEN = "\ufffd"
_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[T ].*)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SCIENTIFIC = re.compile(r"(\d)(?:\.(\d+))?[eE]\+?(\d{1,2})")
_MAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")

Problem = tuple[str, str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """A cleaned row. Empty values are "" or None: nothing is said about them."""

    number: int
    name: str = ""
    phone: str | None = None
    gender: str = ""
    birth_on: date | None = None
    birth_calendar: str = ""
    occupation: str = ""
    company: str = ""
    address: str = ""
    email: str = ""
    tier: str = ""
    card: str = ""
    guardian: str | None = None
    referrer: str = ""
    tags: tuple[str, ...] = ()
    source: str = ""
    note: str = ""


class Cleaner:
    """Cleans the rows of one list: knows its columns, the tiers and today."""

    def __init__(
        self, headings: Sequence[str], mapping: ColumnMap, tiers: Sequence[tuple[str, str]], today: date
    ) -> None:
        self.places = {key: headings.index(heading) for key, heading in mapping.columns.items()}
        self.headings = dict(mapping.columns)
        self.mapping = mapping
        self.tiers = tiers
        self.today = today

    def clean(self, number: int, cells: Sequence[str]) -> tuple[Row | None, list[Problem]]:
        """Return the row's values and its problems; no row at all when there are problems."""
        problems: list[Problem] = []
        raw = {key: cells[at] if at < len(cells) else "" for key, at in self.places.items()}
        text = {key: self._text(key, value, problems) for key, value in raw.items()}
        if not text.get("name") and not any(p[0] == "name" for p in problems):
            problems.append(("name", "missing_name", None))
        values = {
            key: text[key] for key in ("occupation", "company", "address", "card", "source", "note") if key in text
        }
        values["name"] = re.sub(r"\s+", " ", text.get("name", ""))
        phone = self._phone("phone", text, problems)
        guardian = self._phone("guardian", text, problems)
        row = Row(
            number, phone=phone, guardian=guardian, gender=self._gender(text, problems),
            birth_on=self._birth(text, problems), birth_calendar=self._calendar(text, problems),
            email=self._email(text, problems), tier=self._tier(text, problems), tags=self._tags(text, problems),
            referrer=self._referrer(text, problems), **values,
        )  # fmt: skip
        return (None if problems else row), problems

    @staticmethod
    def _text(key: str, value: str, problems: list[Problem]) -> str:
        text = people.clean(value)
        # What a spreadsheet puts before text that looks like a number or a formula.
        if text.startswith("'"):
            text = text[1:].strip()
        if _BROKEN in text:
            problems.append((key, "bad_text", None))
            return ""
        longest = LENGTHS.get(key)
        if longest and len(text) > longest:
            problems.append((key, "too_long", longest))
            return ""
        return text

    @staticmethod
    def _phone(key: str, text: dict[str, str], problems: list[Problem]) -> str | None:
        typed = unicodedata.normalize("NFKC", text.get(key, ""))
        if not typed:
            return None
        short = _SCIENTIFIC.fullmatch(typed)
        if short and len(short[2] or "") < int(short[3]):
            problems.append((key, "lost_digits", None))
            return None
        try:
            return people.clean_phone(typed)
        except Invalid:
            problems.append((key, "bad_phone", None))
            return None

    def _gender(self, text: dict[str, str], problems: list[Problem]) -> str:
        word = squeezed(text.get("gender", ""))
        if not word:
            return ""
        found = self.mapping.genders.get(word, GENDERS.get(word))
        if found is None:
            problems.append(("gender", "bad_gender", None))
        return "" if found in {None, "unknown"} else found

    def _calendar(self, text: dict[str, str], problems: list[Problem]) -> str:
        word = squeezed(text.get("calendar", ""))
        found = CALENDARS.get(word) if word else ""
        if found is None:
            problems.append(("calendar", "bad_calendar", None))
        return found or ""

    def _birth(self, text: dict[str, str], problems: list[Problem]) -> date | None:
        typed = text.get("birth", "")
        if not typed:
            return None
        found = parse_day(typed)
        if found is None:
            problems.append(("birth", "bad_date", None))
        elif found > self.today:
            problems.append(("birth", "future_birth", None))
        elif found < EARLIEST:
            problems.append(("birth", "too_early", EARLIEST.year))
        else:
            return found
        return None

    @staticmethod
    def _email(text: dict[str, str], problems: list[Problem]) -> str:
        typed = unicodedata.normalize("NFKC", text.get("email", ""))
        if typed and not _MAIL.fullmatch(typed):
            problems.append(("email", "bad_email", None))
            return ""
        return typed

    def _tier(self, text: dict[str, str], problems: list[Problem]) -> str:
        found = tier_of(text.get("tier", ""), self.tiers, self.mapping.tiers)
        if found is None:
            problems.append(("tier", "unknown_tier", None))
        return found or NONE

    @staticmethod
    def _tags(text: dict[str, str], problems: list[Problem]) -> tuple[str, ...]:
        found = dict.fromkeys(part.strip() for part in re.split(r"[,，;；、|/]", text.get("tags", "")))
        found.pop("", None)
        if len(found) > TAG_COUNT:
            problems.append(("tags", "too_many_tags", TAG_COUNT))
        elif any(len(tag) > TAG_LENGTH for tag in found):
            problems.append(("tags", "too_long", TAG_LENGTH))
        return tuple(found)

    @staticmethod
    def _referrer(text: dict[str, str], problems: list[Problem]) -> str:
        typed = unicodedata.normalize("NFKC", text.get("referrer", ""))
        if not typed:
            return ""
        try:
            return people.clean_phone(typed) or ""
        except Invalid:
            return people.card_key(typed)


def parse_day(typed: str) -> date | None:
    """Return the day written as 1990-05-02, 1990/5/2, 1990.5.2, 1990年5月2日, 19900502 or a sheet's serial number."""
    text = unicodedata.normalize("NFKC", typed).strip()
    found = _DATE.fullmatch(text) or _COMPACT.fullmatch(text)
    if found:
        try:
            return date(int(found[1]), int(found[2]), int(found[3]))
        except ValueError:
            return None
    if re.fullmatch(r"\d{1,5}(\.\d+)?", text):
        serial = int(text.split(".")[0])
        # Serial 60 is the 29th of February 1900, a day that never was; nobody was born before it.
        return _SERIAL_ZERO + timedelta(days=serial) if serial > 60 else None
    return None
