"""Reads a form from a page as a browser would send it untouched."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, list[tuple[str, str]]]] = []
        self._select: str | None = None
        self._first: str | None = None
        self._chosen: str | None = None
        self._area: str | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given: dict[str, Any] = dict(attrs)
        if tag == "form":
            self.forms.append((given.get("action") or "", []))
        if not self.forms:
            return
        values = self.forms[-1][1]
        name = given.get("name")
        if tag == "input" and name and "disabled" not in given:
            kind = given.get("type", "text")
            if kind not in {"checkbox", "radio", "file", "submit"} or ("checked" in given and kind != "file"):
                values.append((name, given.get("value") or ""))
        if tag == "select":
            self._select, self._first, self._chosen = name, None, None
        if tag == "option" and self._select:
            self._first = self._first if self._first is not None else given.get("value", "")
            if "selected" in given:
                self._chosen = given.get("value", "")
        if tag == "textarea":
            self._area, self._text = name, ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._select:
            self.forms[-1][1].append((self._select, (self._chosen if self._chosen is not None else self._first) or ""))
            self._select = None
        if tag == "textarea" and self._area:
            # A browser leaves out the first line break after the tag.
            self.forms[-1][1].append((self._area, self._text.removeprefix("\r").removeprefix("\n")))
            self._area = None


def form_of(page: str, action: str) -> dict[str, list[str]]:
    """Return the fields (name → values) of the form whose address is `action`."""
    reader = _Forms()
    reader.feed(page)
    found: dict[str, list[str]] = {}
    for name, value in next(values for target, values in reader.forms if target == action):
        found.setdefault(name, []).append(value)
    found.pop("csrf_token", None)
    return found


def form_with(page: str, field: str) -> dict[str, list[str]]:
    """Return the fields of the form that has a field of that name, whatever its address."""
    reader = _Forms()
    reader.feed(page)
    found: dict[str, list[str]] = {}
    for name, value in next(values for _target, values in reader.forms if field in dict(values)):
        found.setdefault(name, []).append(value)
    found.pop("csrf_token", None)
    return found
