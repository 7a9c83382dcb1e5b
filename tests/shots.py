"""Pictures of every page of every role's menu: `./dev shots DIR [role …]`.

Makes a demonstration chain in a temporary folder, signs in as each role of the dental franchise and of the one
that runs all verticals, opens every page of the menu and a few pages behind them, light and dark, 1366×768
and 390 px, and saves a PNG of each. Prints what a picture cannot show: sideways scroll, console errors,
requests and compressed weight beyond the budget, accessibility violations.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests import browser as browsers

WEIGHT, REQUESTS = 75 * 1024, 6
FRANCHISES = {"康悦口腔": "dental", "康悦综合门诊": "all"}
AXE = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


def main(arguments: list[str]) -> int:
    """Take the pictures; 1 when a page breaks its budget or a rule."""
    if not arguments:
        print(__doc__)
        return 2
    target, roles = Path(arguments[0]), set(arguments[1:])
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="hkshots") as name:
        env = {"HUIKE_DATA_DIR": f"{name}/var", "HUIKE_KEY_FILE": f"{name}/keys/master.key"}
        signs = _demo(env)
        with browsers.served(env) as address, browsers.chromium() as browser:
            problems = [
                problem
                for sign in signs
                if sign["franchise"] in FRANCHISES and (not roles or sign["role"] in roles)
                for problem in _role(browser, address, sign, target)
            ]
    for problem in problems:
        print(problem)
    print(f"{len(list(target.glob('*.png')))} pictures in {target}, {len(problems)} problems")
    return 1 if problems else 0


def _demo(env: dict[str, str]) -> list[dict[str, str]]:
    told = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", "demo", "--json", "--people", "30"], check=True,
        stdout=subprocess.PIPE, text=True, cwd=browsers.ROOT, env={**os.environ, **env},
    )  # fmt: skip
    return json.loads(told.stdout)  # type: ignore[no-any-return]


def _role(browser: Any, address: str, sign: dict[str, str], target: Path) -> list[str]:
    """Walk one role's menu in both themes and sizes."""
    problems = []
    for theme in ("light", "dark"):
        for size, viewport in (("desktop", browsers.DESKTOP), ("phone", browsers.PHONE)):
            context = browser.new_context(viewport=viewport, locale="zh-CN", color_scheme=theme)
            page = context.new_page()
            watch = Watch(page)
            browsers.sign_in(page, address, sign["login"], sign["password"])
            _choose_theme(page, theme)
            for path in _paths(page, address):
                label = f"{FRANCHISES[sign['franchise']]}-{sign['role']}-{_slug(path)}-{size}-{theme}"
                problems += watch.visit(address + path, target / f"{label}.png", label)
            context.close()
    return problems


def _choose_theme(page: Any, theme: str) -> None:
    token = page.evaluate("document.querySelector('[name=csrf_token]')?.value || ''")
    page.request.post(
        page.url.rstrip("/") + "/preferences", form={"csrf_token": token, "theme": theme},
        headers={"Referer": page.url, "Origin": page.url.rstrip("/")},
    )  # fmt: skip


def _paths(page: Any, address: str) -> list[str]:
    """Return every page of the menu, and the first member, order and card behind the lists."""
    page.goto(address + "/")
    found = page.eval_on_selector_all("nav a[href]", "links => links.map(a => a.getAttribute('href'))")
    paths = list(dict.fromkeys(["/", *[href for href in found if href.startswith("/") and "?" not in href]]))
    for path in list(paths):
        page.goto(address + path)
        inner = page.eval_on_selector_all(
            "main nav a[href], main a.cell[href], main table a[href]", "links => links.map(a => a.getAttribute('href'))"
        )
        fresh = [href for href in inner if href.startswith("/") and "?" not in href and href not in paths]
        paths += fresh[:1]
    return paths


def _slug(path: str) -> str:
    plain = "-".join(part if not part.isdigit() else "id" for part in path.strip("/").split("/"))
    return "".join(ch if ch.isalnum() or ch == "-" else "_" for ch in plain) or "home"


class Watch:
    """Looks at a page's requests, console and layout while its picture is taken."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.messages: list[str] = []
        self.requests: list[Any] = []
        page.on("console", lambda m: self.messages.append(m.text) if m.type in {"error", "warning"} else None)
        page.on("pageerror", lambda e: self.messages.append(str(e)))
        page.on("requestfinished", lambda request: self.requests.append(request))

    def visit(self, url: str, file: Path, label: str) -> list[str]:
        """Open a page, save its picture and return what is wrong with it."""
        self.messages.clear()
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
        return found + self._weigh(url, label) + self._axe(label)

    def _weigh(self, url: str, label: str) -> list[str]:
        host = url.split("/")[2]
        foreign = [r.url for r in self.requests if r.url.split("/")[2:3] not in ([host], []) and "data:" not in r.url]
        weight = sum(r.sizes()["responseBodySize"] for r in self.requests)
        found = [f"{label}: third party {one}" for one in foreign]
        if len(self.requests) > REQUESTS:
            found.append(f"{label}: {len(self.requests)} requests")
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
