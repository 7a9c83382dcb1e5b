"""Languages. The source language is zh_CN: message ids are the Chinese texts themselves.

Catalogues of core lie in `translations/`, those of a plugin in `plugins/<key>/translations/`; they
are merged per locale. Nothing here needs Flask, so rules and services may use it.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from babel.support import LazyProxy, NullTranslations, Translations

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SOURCE_LOCALE = "zh_CN"
LOCALES = ("zh_CN", "zh_TW", "en")
LOCALE_NAMES = {"zh_CN": "简体中文", "zh_TW": "繁體中文", "en": "English"}

_ROOT = Path(__file__).resolve().parents[2]
_locale: ContextVar[str] = ContextVar("huike_locale", default=SOURCE_LOCALE)


def _catalogue_folders() -> list[Path]:
    return [_ROOT / "translations", *sorted(_ROOT.glob("plugins/*/translations"))]


def compile_catalogues() -> list[Path]:
    """Compile every `.po` whose `.mo` is missing or older; return the files made.

    Written aside and moved into place, so that a process beside this one never reads half a file.
    The command line of Babel is not used: it takes a translation with a parameter of its own for an
    error, and a price of "8 折" needs one in English ("20% off").
    """
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    made = []
    for folder in _catalogue_folders():
        for text in sorted(folder.glob("*/LC_MESSAGES/messages.po")):
            target = text.with_suffix(".mo")
            if target.exists() and target.stat().st_mtime >= text.stat().st_mtime:
                continue
            aside = target.with_name(f"messages.{os.getpid()}.mo")
            with text.open("rb") as source, aside.open("wb") as out:
                write_mo(out, read_po(source, locale=text.parents[1].name))
            aside.replace(target)
            made.append(target)
    return made


@lru_cache(maxsize=8)
def catalogue(locale: str) -> NullTranslations:
    """Return the merged catalogue of `locale`; the source locale has none and translates to itself."""
    merged: NullTranslations | None = None
    for folder in _catalogue_folders():
        found = Translations.load(str(folder), [locale])
        if not isinstance(found, Translations):
            continue
        if merged is None:
            merged = found
        elif isinstance(merged, Translations):
            merged.merge(found)
    return merged or NullTranslations()


def current_locale() -> str:
    """Return the locale of the present request, job or command."""
    return _locale.get()


def set_locale(locale: str) -> None:
    """Set the locale for the present context; an unknown one means the source locale."""
    _locale.set(locale if locale in LOCALES else SOURCE_LOCALE)


@contextmanager
def in_locale(locale: str) -> Iterator[None]:
    """Speak `locale` within the block."""
    token = _locale.set(locale if locale in LOCALES else SOURCE_LOCALE)
    try:
        yield
    finally:
        _locale.reset(token)


def _(message: str, **params: Any) -> str:
    """Return `message` in the current locale with `%(name)s` parameters filled in."""
    text = catalogue(_locale.get()).gettext(message) if message else ""
    return text % params if params else text


def form_for(singular: str, plural: str, n: int) -> str:
    """Return the form of a text for `n`, its parameters still to be filled in: templates fill them escaped."""
    return catalogue(_locale.get()).ngettext(singular, plural, n)


def ngettext(singular: str, plural: str, n: int, **params: Any) -> str:
    """Return the form for `n`; `%(n)d` is filled in besides `params`. Chinese writes both alike."""
    return form_for(singular, plural, n) % {"n": n, **params}


def listed(words: Iterable[Any]) -> str:
    """Return the words as a list of the current language: 甲、乙 in Chinese, "A, B" in English."""
    return _("、").join(str(word) for word in words)


def _l(message: str, **params: Any) -> LazyProxy:
    """Return a text that is translated when it is shown: for labels made at import."""
    return LazyProxy(lambda: _(message, **params), enable_cache=False)
