"""How long after a scan the finding stands on the screen (issue 5: under 200 ms).

    python -m benchmarks.scan [ROUNDS]

A real browser at the till of a pharmacy served as the README says: a member who takes twenty medicines, a basket that
grows from one to ten lines by scanning codes. The clock starts with the scanner's Enter and stops with the first frame
that shows the new line and a finding on it. Prints milliseconds (median, 95th percentile, longest).
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from core import rooms
from core.care import services as care
from core.catalog import services as catalog
from core.kernel.tenancy import acting
from tests import browser as browsers
from tests import installation as houses
from tests.core.desk.desk_kit import secret_of

assert rooms, "the rooms are imported first: their tables refer to each other"
ROUNDS = 10
LINES = 10
# Starts at Enter, stops in the frame after the wanted number of lines stand there, the last one with its finding.
WATCH = """wanted => { window.scanned = new Promise(done => {
    let start = 0;
    addEventListener('keydown', event => { if (event.key === 'Enter') start = start || performance.now(); }, true);
    const look = () => {
        const lines = document.querySelectorAll('.lines .ln');
        if (start && lines.length === wanted && lines[wanted - 1].querySelector('.fin'))
            requestAnimationFrame(() => { seen.disconnect(); done(performance.now() - start); });
    };
    const seen = new MutationObserver(look);
    seen.observe(document.body, {childList: true, subtree: true});
}); }"""


def _member(made: Any) -> tuple[int, list[str]]:
    """Enrol who takes twenty medicines; return them and the codes to scan."""
    with acting(made.actor(made.pharmacy)):
        member = made.enrol("王芳", "13800001234", birth_on=date(1960, 1, 1))
        with made.unit() as session:
            items = list(catalog.by_codes(session, [f"D{n:04d}" for n in range(1, 31)]).values())
            for item in items[10:30]:
                names = catalog.attributes_of(item)["pharmacy.ingredients"]
                care.note_medicine(session, member, ingredients=names, item=item.code, source="told")
            return member, [item.code for item in items[:LINES]]


def _basket(page: Any, codes: list[str]) -> list[float]:
    """Scan all codes one after the other; return the milliseconds of each scan."""
    taken = []
    for n, code in enumerate(codes, 1):
        page.evaluate(WATCH, n)
        page.focus("#item")
        page.keyboard.type(code)
        page.keyboard.press("Enter")
        taken.append(float(page.evaluate("() => window.scanned")))
    return taken


def main(rounds: int) -> None:
    """Measure `rounds` baskets after one that warms everything up."""
    with tempfile.TemporaryDirectory(prefix="hkscan") as name:
        folder = Path(name)
        made = houses.open_copy(folder / "made", houses.make(folder / "made"), folder / "copy")
        member, codes = _member(made)
        secret = secret_of(made, made.pharmacy, "front_desk")
        copy = folder / "copy"
        env = {"HUIKE_DATA_DIR": str(copy / "var"), "HUIKE_KEY_FILE": str(copy / "keys" / "master.key")}
        made.close()
        taken: list[float] = []
        with browsers.served(env) as address, browsers.chromium() as browser:
            context = browser.new_context(viewport=browsers.DESKTOP, locale="zh-CN", base_url=address)
            context.add_cookies([{"name": "huike", "value": secret, "url": address}])
            page = context.new_page()
            for n in range(rounds + 1):
                page.goto("/till")
                _choose(page, member)
                scans = _basket(page, codes)
                taken += scans if n else []
                _empty(page)
    taken.sort()
    p95 = taken[int(len(taken) * 0.95)]
    print(f"{len(taken)} scans: p50 {statistics.median(taken):.0f} ms, p95 {p95:.0f} ms, longest {taken[-1]:.0f} ms")


def _post(page: Any, path: str, form: dict[str, str]) -> None:
    token = page.get_attribute("meta[name=csrf]", "content")
    page.evaluate(
        "async ([path, form]) => fetch(path, {method: 'POST', body: new URLSearchParams(form)})",
        [path, {**form, "csrf_token": token}],
    )


def _choose(page: Any, member: int) -> None:
    _post(page, "/till/member", {"person_id": str(member)})
    page.goto("/till")


def _empty(page: Any) -> None:
    _post(page, "/till/clear", {})


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
