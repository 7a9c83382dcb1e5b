"""Static files as few fingerprinted, compressed requests: one stylesheet, one script, the icons.

The layers of `static/css` and the parts of `static/js` are joined at start, htmx from its installed package before
our own; a file's address carries the hash of its content, so it may be cached for ever. The icon of the browser's tab
is written into the page: that leaves two of a page's six requests to a vertical's own sheet and script.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Blueprint, abort, make_response, request
from markupsafe import Markup, escape

from core.kernel.web.routes import RouteSpec, declare

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

ROOT = Path(__file__).resolve().parents[3]
STATIC = ROOT / "static"
CSS_LAYERS = (
    "tokens.css", "dark.css", "base.css", "layout.css", "components.css", "forms.css", "tables.css",
    "charts.css", "work.css", "conditions.css", "desk.css", "records.css", "staff.css", "programme.css",
    "entry.css", "shell.css", "cash.css", "wallet.css", "rewards.css", "phone.css", "print.css",
)  # fmt: skip
# Sheets of a few pages alone: those pages ask for them in `{% block sheets %}`.
OWN_SHEETS = ("visits.css",)
OWN_SCRIPTS = ("photos.js",)
JS_PARTS = (
    "core.js", "htmx-wiring.js", "toast.js", "popover.js", "subnav.js", "shortcuts.js", "combobox.js", "scanner.js",
    "lists.js", "entry.js", "find.js", "palette.js", "desk.js", "cash.js", "sign.js", "rewards.js",
)  # fmt: skip
_YEAR = 31_536_000
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file ready to be sent: its address name, content type, plain and compressed bytes."""

    name: str
    content_type: str
    plain: bytes
    packed: bytes


class Assets:
    """All assets by the plain name that templates use."""

    def __init__(self, parts: dict[str, str]) -> None:
        self._by_plain: dict[str, Asset] = {}
        self._by_name: dict[str, Asset] = {}
        for plain_name, content in parts.items():
            self._add(plain_name, content.encode())
        # A page draws some fifty symbols, nearly always the same ones.
        self.icon = lru_cache(maxsize=1024, typed=True)(self._icon)

    def _add(self, plain_name: str, data: bytes) -> None:
        stem, suffix = plain_name.rsplit(".", 1)
        name = f"{stem}.{hashlib.sha256(data).hexdigest()[:12]}.{suffix}"
        asset = Asset(name, TYPES[f".{suffix}"], data, gzip.compress(data, 9, mtime=0))
        self._by_plain[plain_name] = asset
        self._by_name[name] = asset

    def get(self, name: str) -> Asset | None:
        """Return the asset at the fingerprinted name, or None."""
        return self._by_name.get(name)

    def path(self, plain_name: str) -> str:
        """Return the address of an asset; raise KeyError for an unknown one."""
        return f"/assets/{self._by_plain[plain_name].name}"

    def _icon(self, name: str, size: int = 18, cls: str = "", label: str = "") -> Markup:
        """Return the symbol `i-<name>` of icons.svg; `label` speaks for it where no word stands beside it."""
        spoken = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
        return Markup(  # noqa: S704 - the label was escaped, the rest is the template's own
            f'<svg class="ic{f" {cls}" if cls else ""}" width="{size}" height="{size}" viewBox="0 0 24 24" {spoken}>'
            f'<use href="{self.path("icons.svg")}#i-{name}"/></svg>'
        )

    def data_uri(self, plain_name: str) -> str:
        """Return an asset as an address that holds it."""
        asset = self._by_plain[plain_name]
        return f"data:{asset.content_type.partition(';')[0]};base64,{base64.b64encode(asset.plain).decode()}"

    def packed_size(self, plain_name: str) -> int:
        """Return the compressed size in bytes."""
        return len(self._by_plain[plain_name].packed)


def squeeze_css(text: str) -> str:
    """Return a stylesheet without comments and needless blanks."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r" ?([{};,>]) ?", r"\1", text)
    return text.replace(";}", "}").replace(": ", ":").strip()


def stylesheet() -> str:
    """Return the joined layers. The dark layer is emitted twice: chosen, and as the system wishes."""
    layers = []
    for name in CSS_LAYERS:
        text = (STATIC / "css" / name).read_text(encoding="utf-8")
        if name == "dark.css":
            text = _dark(text)
        layers.append(squeeze_css(text))
    return "\n".join(layers)


def _dark(rules: str) -> str:
    by_system = rules.replace('[data-theme="dark"]', '[data-theme="auto"]')
    # Paper is white: the dark theme never reaches a printer.
    return f"@media screen{{{rules}}}\n@media screen and (prefers-color-scheme:dark){{{by_system}}}"


def script() -> str:
    """Return the joined parts of our own script."""
    return "\n".join((STATIC / "js" / name).read_text(encoding="utf-8") for name in JS_PARTS)


def htmx() -> str:
    """Return htmx as its installed package has it."""
    import js_lib_htmx

    folder = Path(next(iter(js_lib_htmx.__path__)))
    return (folder / "static" / "htmx" / "htmx.min.js").read_text(encoding="utf-8")


def collect() -> Assets:
    """Return every asset of the installation."""
    images = {p.name: p.read_text(encoding="utf-8") for p in sorted((STATIC / "img").glob("*.svg"))}
    own = {name: squeeze_css((STATIC / "css" / name).read_text(encoding="utf-8")) for name in OWN_SHEETS}
    own |= {name: (STATIC / "js" / name).read_text(encoding="utf-8") for name in OWN_SCRIPTS}
    return Assets({"app.css": stylesheet(), "app.js": f"{htmx()};\n{script()}", **images, **own, **_of_plugins()})


def _of_plugins() -> dict[str, str]:
    """Return the sheets and scripts of plugins (`static/plugins/<key>.css`, `.js`), asked for by their pages alone."""
    found = {p.name: p.read_text(encoding="utf-8") for p in sorted((STATIC / "plugins").glob("*.*"))}
    return {name: squeeze_css(text) if name.endswith(".css") else text for name, text in found.items()}


def blueprint(assets: Assets) -> Blueprint:
    """Return the route that serves the assets."""
    bp = Blueprint("assets", __name__)

    def serve(name: str) -> Response:
        asset = assets.get(name)
        if asset is None:
            abort(404)
        packed = "gzip" in request.headers.get("Accept-Encoding", "")
        answer = make_response(asset.packed if packed else asset.plain)
        answer.headers["Content-Type"] = asset.content_type
        answer.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable"
        answer.headers["Vary"] = "Accept-Encoding"
        if packed:
            answer.headers["Content-Encoding"] = "gzip"
        return answer

    bp.add_url_rule("/assets/<name>", "file", declare(serve, RouteSpec(public=True)))
    return bp
