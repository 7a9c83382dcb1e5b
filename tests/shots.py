"""Pictures of every page of every role's menu: `./dev shots DIR [role …]`.

Makes a demonstration chain in a temporary folder, signs in as each role of the dental franchise and of the one
that runs all verticals, opens every page of the menu and what lies behind it (the first row of a list, the
acts in a page's head, the tabs of a member and where they lead), and saves a PNG of each: of the first role that has a page light and dark, 1366×768 and
390 px, of each further role once. Prints what a picture cannot show: sideways scroll, console errors,
requests and compressed weight beyond the budget, accessibility violations, controls that Tab does not reach or show.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests import browser as browsers
from tests import keyboard

WEIGHT, REQUESTS = 75 * 1024, 6
VARIANTS = (("light", "desktop"), ("light", "phone"), ("dark", "desktop"), ("dark", "phone"))
FRANCHISES = {"康悦口腔": "dental", "康悦综合门诊": "all"}
AXE = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


def main(arguments: list[str]) -> int:
    """Take the pictures; 1 when a page breaks its budget or a rule."""
    if not arguments:
        print(__doc__)
        return 2
    target, roles = Path(arguments[0]), set(arguments[1:])
    target.mkdir(parents=True, exist_ok=True)
    seen: set[str] = set()
    problems = 0
    with tempfile.TemporaryDirectory(prefix="hkshots") as name:
        env = {"HUIKE_DATA_DIR": f"{name}/var", "HUIKE_KEY_FILE": f"{name}/keys/master.key"}
        signs = _demo(env)
        with browsers.served(env) as address, browsers.chromium() as browser:
            for sign in signs:
                if sign["franchise"] in FRANCHISES and (not roles or sign["role"] in roles):
                    for problem in _role(browser, address, sign, target, seen):
                        print(problem, flush=True)
                        problems += 1
    print(f"{len(list(target.glob('*.png')))} pictures in {target}, {problems} problems")
    return 1 if problems else 0


def _demo(env: dict[str, str]) -> list[dict[str, str]]:
    told = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", "demo", "--json", "--people", "30"], check=True,
        stdout=subprocess.PIPE, text=True, cwd=browsers.ROOT, env={**os.environ, **env},
    )  # fmt: skip
    return json.loads(told.stdout)  # type: ignore[no-any-return]


def _role(browser: Any, address: str, sign: dict[str, str], target: Path, seen: set[str]) -> Iterator[str]:
    """Walk one role's menu: a page nobody had yet in both themes and sizes, the others once, in turn."""
    paths: list[str] = []
    fresh: set[str] = set()
    for place, (theme, size) in enumerate(VARIANTS):
        viewport = browsers.PHONE if size == "phone" else browsers.DESKTOP
        context = browser.new_context(viewport=viewport, locale="zh-CN", color_scheme=theme)
        page = context.new_page()
        watch = Watch(page)
        browsers.sign_in(page, address, sign["login"], sign["password"])
        _choose_theme(page, address, theme)
        if not paths:
            paths = _paths(page, address)
            fresh = {_slug(path) for path in paths} - seen
        for n, path in enumerate(paths):
            slug = _slug(path)
            if slug in fresh or n % len(VARIANTS) == place:
                label = f"{FRANCHISES[sign['franchise']]}-{sign['role']}-{slug}-{size}-{theme}"
                yield from watch.visit(address + path, target / f"{label}.png", label)
        context.close()
    seen |= fresh
    print(f"{sign['franchise']} {sign['role']}: {', '.join(map(_slug, paths))}", flush=True)


def _choose_theme(page: Any, address: str, theme: str) -> None:
    page.wait_for_selector("nav.rail", state="attached")
    token = page.get_attribute("meta[name=csrf]", "content")
    page.request.post(
        f"{address}/preferences", form={"csrf_token": token, "theme": theme},
        headers={"Referer": page.url, "Origin": address},
    )  # fmt: skip
    page.goto(address + "/")
    page.wait_for_load_state("networkidle")


def _paths(page: Any, address: str) -> list[str]:
    """Return every page of the menu and its groups, what their heads lead to, and the first row of each list."""
    paths = ["/"]
    _take(page, address, "/", "nav a[href]", paths)
    for path in tuple(paths):
        _take(page, address, path, "nav.subnav a[href]", paths)
    for path in tuple(paths):
        _take(page, address, path, "main .ph .acts a[href]", paths)
        _take(page, None, path, "main a.cell[href], main .tb a[href]", paths, 1)
    for path in [one for one in paths if _slug(one) in {"members-id", "orders-id"}]:
        _take(page, address, path, "main .ph .acts a[href], main .mh a[href], main nav.tabs a[href]", paths)
    for path in [one for one in paths if "?tab=" in one]:
        _take(page, address, path, "main a[href^='/p/'], main .btn[href]", paths, 12)
    return paths


def _take(page: Any, address: str | None, path: str, where: str, paths: list[str], most: int = 30) -> None:
    """Add to `paths` the pages that `path` links to at `where`: one of each kind, no files."""
    if address is not None:
        page.goto(address + path)
    found = page.eval_on_selector_all(where, "links => links.map(a => a.getAttribute('href'))")
    have = {_slug(one) for one in paths}
    for href in [one for one in found if one.startswith("/") and "export" not in one and _plain(one)]:
        if _slug(href) not in have and most:
            paths.append(href)
            have.add(_slug(href))
            most -= 1


def _plain(href: str) -> bool:
    """Return whether an address is a page: no query, or the one that chooses a tab."""
    return "?" not in href or "?tab=" in href


def _slug(path: str) -> str:
    where, _mark, tab = path.partition("?tab=")
    plain = "-".join(part if not re.search(r"\d{2}", part) else "id" for part in where.strip("/").split("/"))
    plain += f"-tab-{tab}" if tab else ""
    return "".join(ch if ch.isalnum() or ch == "-" else "_" for ch in plain) or "home"


class Watch:
    """Looks at a page's requests, console and layout while its picture is taken."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.messages: list[str] = []
        self.asked: list[Any] = []
        self.requests: list[Any] = []
        page.on("console", lambda m: self.messages.append(m.text) if m.type in {"error", "warning"} else None)
        page.on("pageerror", lambda e: self.messages.append(str(e)))
        page.on("request", lambda request: self.asked.append(request))
        # What the page before asked for may end after this one has begun: it does not count here.
        page.on("requestfinished", lambda r: self.requests.append(r) if r in self.asked else None)

    def visit(self, url: str, file: Path, label: str) -> list[str]:
        """Open a page, save its picture and return what is wrong with it."""
        self.messages.clear()
        self.asked.clear()
        self.requests.clear()
        session = self.page.context.new_cdp_session(self.page)
        session.send("Network.clearBrowserCache")
        session.detach()
        answer = self.page.goto(url)
        self.page.wait_for_load_state("networkidle")
        self.page.screenshot(path=str(file))
        found = [f"{label}: console: {message[:160]}" for message in self.messages]
        if answer.status >= 400:
            found.append(f"{label}: status {answer.status}")
        if self.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{label}: scrolls sideways")
        found += self._weigh(url, label) + self._axe(label)
        if label.endswith("desktop-light"):
            found += [f"{label}: keys: {one}" for one in keyboard.walk(self.page)]
        return found

    def _weigh(self, url: str, label: str) -> list[str]:
        host = url.split("/")[2]
        foreign = [r.url for r in self.requests if r.url.split("/")[2:3] not in ([host], []) and "data:" not in r.url]
        weight = sum(r.sizes()["responseBodySize"] for r in self.requests)
        found = [f"{label}: third party {one}" for one in foreign]
        asked = {r.url.split("/", 3)[3] for r in self.requests}  # the browser may ask for its icon twice
        if len(asked) > REQUESTS:
            found.append(f"{label}: {len(asked)} requests: {' '.join(sorted(asked))}")
        if weight > WEIGHT:
            found.append(f"{label}: {weight} bytes")
        return found

    def _axe(self, label: str) -> list[str]:
        from axe_playwright_python.sync_playwright import Axe

        result = Axe().run(self.page, options=AXE)
        return [
            f"{label}: axe {v['id']} ×{len(v['nodes'])} {v['nodes'][0]['target']}"
            for v in result.response["violations"]
        ]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
