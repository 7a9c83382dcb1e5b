"""Pinyin of Chinese text, by the library pypinyin.

Its tables take 57 MB: they are loaded when they are first asked for, so that a process that writes an export or a
job that spells nothing stays small.
"""

from __future__ import annotations

from functools import cache
from typing import Any


@cache
def _library() -> Any:
    import pypinyin

    return pypinyin


def warm() -> None:
    """Load the tables: a server does it before the first request."""
    _library()


def syllables(text: str) -> list[str]:
    """Return the usual reading of each character, without tones; what is not Chinese stays as it is."""
    return list(_library().lazy_pinyin(text))


def first_letters(text: str) -> list[str]:
    """Return the first letter of each character's reading; every other character stays, one by one."""
    library = _library()
    return list(library.lazy_pinyin(text, style=library.Style.FIRST_LETTER, errors=list))


def readings(character: str) -> list[str]:
    """Return every reading of one Chinese character, without tones: 曾 is zeng and ceng."""
    library = _library()
    return list(library.pinyin(character, style=library.Style.NORMAL, heteronym=True)[0])
