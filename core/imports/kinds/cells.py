"""Cells of a list, one at a time: text of the sheet in, a value or a problem out. Pure.

A problem is (code, argument), without the cell itself: it is kept in the open beside the sealed row.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

from core.imports.cleaning import EARLIEST, parse_day
from core.imports.rules import squeezed
from core.imports.words import FLAGS, YUAN
from core.kernel.errors import Refusal
from core.kernel.money import parse_yuan
from core.people import rules as people

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date

_BROKEN = "\ufffd"
_UNIT = re.compile(rf"\s*({'|'.join(YUAN)})\s*$", re.IGNORECASE)
_BRACKETS = re.compile(r"[(（【\[].*?[)）】\]]")
_SPLIT = re.compile(r"[、,，;；|/\n]")
_SCIENTIFIC = re.compile(r"(\d)(?:\.(\d+))?[eE]\+?(\d{1,2})")
_YES = {squeezed(word) for word in FLAGS["yes"]}
_NO = {squeezed(word) for word in FLAGS["no"]}


class Bad(Exception):
    """A cell that cannot be taken as it is; `code` and `argument` become words in messages.py."""

    def __init__(self, code: str, argument: Any = None) -> None:
        super().__init__(code)
        self.code = code
        self.argument = argument


def plain(cell: str) -> str:
    """Return a cell's text, trimmed, without what spreadsheets put before numbers; raise Bad for broken characters."""
    text = people.clean(cell)
    if text.startswith("'"):
        text = text[1:].strip()
    if _BROKEN in text:
        raise Bad("bad_text")
    return text


def text(most: int) -> Callable[[str], str]:
    """Return a cleaner of text of at most so many characters."""

    def clean(typed: str) -> str:
        found = re.sub(r"[ \t]+", " ", typed)
        if len(found) > most:
            raise Bad("too_long", most)
        return found

    return clean


def code(pattern: re.Pattern[str], problem: str) -> Callable[[str], str]:
    """Return a cleaner of codes that fit a pattern, half-width; 1.2E+15 has lost its digits."""

    def clean(typed: str) -> str:
        found = "".join(unicodedata.normalize("NFKC", typed).split())
        short = _SCIENTIFIC.fullmatch(found)
        if short and len(short[2] or "") < int(short[3]) and "+" in found:
            raise Bad("lost_digits")
        if not pattern.fullmatch(found):
            raise Bad(problem)
        return found

    return clean


def money(most: int) -> Callable[[str], int]:
    """Return a cleaner of yuan into fen, from 0 to `most` fen."""

    def clean(typed: str) -> int:
        try:
            fen = parse_yuan(_UNIT.sub("", typed)[:20])
        except Refusal:
            raise Bad("bad_price") from None
        if not 0 <= fen <= most:
            raise Bad("price_bounds")
        return fen

    return clean


def whole(least: int, most: int) -> Callable[[str], int]:
    """Return a cleaner of whole numbers from `least` to `most`."""

    def clean(typed: str) -> int:
        found = unicodedata.normalize("NFKC", typed).replace(",", "")
        if not (found.isascii() and found.isdigit() and len(found) <= 12) or not least <= int(found) <= most:
            raise Bad("bad_number", [least, most])
        return int(found)

    return clean


def flag(typed: str) -> bool:
    """Return a yes or no; raise Bad for another word."""
    word = squeezed(typed)
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise Bad("bad_flag")


def day(typed: str) -> date:
    """Return a day from 1900 on."""
    found = parse_day(typed)
    if found is None or found < EARLIEST:
        raise Bad("bad_date")
    return found


def choice(table: Mapping[str, str], problem: str, shown: Callable[[], str]) -> Callable[[str], str]:
    """Return a cleaner of words into codes; `table` has squeezed words, `shown` names what may be written."""

    def clean(typed: str) -> str:
        found = table.get(squeezed(typed))
        if found is None:
            raise Bad(problem, shown())
        return found

    return clean


def several(one: Callable[[str], str], most: int) -> Callable[[str], list[str]]:
    """Return a cleaner of a list separated by 、 or ; into values, each once, at most `most`."""

    def clean(typed: str) -> list[str]:
        found = list(dict.fromkeys(one(part) for part in parts(typed)))
        if len(found) > most:
            raise Bad("too_many", most)
        return found

    return clean


def parts(typed: str) -> list[str]:
    """Return the pieces of a cell that are separated by 、 , ; | or /."""
    return [piece.strip() for piece in _SPLIT.split(typed) if piece.strip()]


def squeezed_table(pairs: Iterable[tuple[str, Iterable[Any]]]) -> dict[str, str]:
    """Return squeezed words to code, from (code, words): the code names itself, brackets may be left out."""
    found: dict[str, str] = {}
    for code, words in pairs:
        for word in map(str, (code, *words)):
            for spelt in (squeezed(word), squeezed(_BRACKETS.sub("", word))):
                found.setdefault(spelt, code)
    found.pop("", None)
    return found
