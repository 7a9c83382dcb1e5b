"""The catalogues of translations as tests see them: sources extracted, files read."""

from __future__ import annotations

import configparser
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[1]
LOCALES = ("zh_TW", "en")
KEYWORDS = {**DEFAULT_KEYWORDS, "_": None, "_l": None, "tr": None}


def homes() -> dict[Path, list[Path]]:
    """Return each folder of catalogues with its sources: core's and one for each plugin that speaks."""
    plugins = sorted(path.parent for path in ROOT.glob("plugins/*/__init__.py"))
    return {
        ROOT / "translations": [ROOT / "core", ROOT / "templates"],
        **{plugin / "translations": [plugin] for plugin in plugins},
    }


@cache
def extracted(home: Path) -> frozenset[str]:
    """Return the source texts of `home`'s sources, by the same mapping file that ./dev translate uses."""
    read = configparser.ConfigParser()
    read.read(ROOT / "translations" / "babel.cfg", encoding="utf-8")
    methods, options = [], {}
    for section in read.sections():
        method, pattern = (part.strip() for part in section.split(":"))
        methods.append((pattern, method))
        options[pattern] = dict(read[section])
    return frozenset(
        message if isinstance(message, str) else message[0]
        for source in homes()[home]
        for _file, _line, message, _notes, _context in extract_from_dir(source, methods, options, keywords=KEYWORDS)
    )


@cache
def read(home: Path, locale: str) -> Catalog:
    """Return the catalogue of `home` in `locale`."""
    with (home / locale / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=locale)
