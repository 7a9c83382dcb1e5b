"""A desk that reads a page's main form as a browser would, presses its buttons and posts it."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from tests.core.desk.desk_kit import Desk, web_of


class fields(HTMLParser):
    """Collects what the form with this action would send: {name: value or list of values}."""

    def __init__(self, text: str, action: str) -> None:
        super().__init__()
        self.action, self.inside, self.found = action, False, {}
        self.select, self.first, self.chosen = "", None, None
        self.feed(text)

    def put(self, name: str, value: str) -> None:
        if name in self.found:
            have = self.found[name]
            self.found[name] = [*(have if isinstance(have, list) else [have]), value]
        else:
            self.found[name] = value

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = dict(attrs)
        if tag == "form":
            self.inside = at.get("action") == self.action and at.get("method") == "post"
        if not self.inside:
            return
        name, value = at.get("name") or "", at.get("value") or ""
        if (
            tag == "input"
            and name
            and at.get("type") not in ("checkbox", "radio")
            or tag == "input"
            and name
            and "checked" in at
        ):
            self.put(name, value)
        elif tag == "select":
            self.select, self.first, self.chosen = name, None, None
        elif tag == "option" and self.select:
            self.first = value if self.first is None else self.first
            self.chosen = value if "selected" in at else self.chosen

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        if tag == "select" and self.select:
            self.put(self.select, self.chosen if self.chosen is not None else self.first or "")
            self.select = ""


class Builder(Desk):
    """A desk before a page with one main form."""

    page = ""
    path = ""

    def form(self, path: str) -> dict[str, Any]:
        """Open a page and return what its form would send."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.status
        self.path, self.page = path, answer.text
        return self._fields()

    def _fields(self) -> dict[str, Any]:
        found = fields(self.page, self.path).found
        found.pop("csrf_token", None)
        return found

    def press(self, form: dict[str, Any], button: str, value: str) -> dict[str, Any]:
        """Press a button of the form and return what the page shown then would send."""
        answer = self.post(self.path, {**form, button: value})
        assert answer.status_code == 200, answer.status
        self.page = answer.text
        return self._fields()


def opened(installation: Any, role: str = "owner") -> Builder:
    """Return a role of the dental house at a screen."""
    return Builder(installation, web_of(installation), installation.dental, role)
