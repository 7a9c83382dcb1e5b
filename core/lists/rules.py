"""How a list becomes a file: pure functions over plain values."""

from __future__ import annotations

import csv
import html
import io
import re
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

BOM = "\ufeff"
FORMATS = ("csv", "xlsx")
XLSX_MOST = 1_000_000
_TAGS = re.compile(r"<svg.*?</svg>|<[^>]*>", re.S)
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_MINUS = "\N{MINUS SIGN}"
# What a spreadsheet takes for the beginning of a formula (security C46); the full-width ones too.
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def plain(value: Any) -> str:
    """Return a cell without markup; a dash for nothing becomes nothing."""
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    if "<" in text:
        text = _TAGS.sub(" ", text)
    text = " ".join(html.unescape(text).split())
    return "" if text == "—" else text


def figure(text: str) -> str:
    """Return a shown figure as a program reads it: ¥1,234.50 is 1234.50; other texts stay."""
    bare = text.replace(",", "").replace("¥", "").replace(_MINUS, "-").strip()
    return bare if _NUMBER.fullmatch(bare) else text


def is_figure(text: str) -> bool:
    """Return whether a text is a plain figure."""
    return bool(_NUMBER.fullmatch(text)) and len(text) < 16


def harmless(text: str) -> str:
    """Return a text that no spreadsheet executes: a formula's beginning is quoted. Figures stay figures."""
    if text.startswith(_DANGEROUS) and not is_figure(text):
        return "'" + text
    return text


def csv_lines(rows: Iterable[Sequence[str]]) -> str:
    """Return rows as CSV lines, every cell harmless."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([harmless(cell) for cell in row] for row in rows)
    return out.getvalue()


def file_title(title: str) -> str:
    """Return a title as a file may be called."""
    return re.sub(r'[\\/:*?"<>|\s]+', "-", title).strip("-")[:60] or "list"
