"""The command of the benchmarks.

    ./dev bench [--people N] [--orders N] [--only sqlite|postgresql] [--keep]

Makes an installation with a million members on each database, measures settle against raw driver loops and
the member list against stock Django admin on the same people in the same run, and writes the table of
docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import pages, places, settle
from core.kernel import keys
from core.kernel.tenancy import acting
from core.org import credentials, staffing
from tests.soak.places import place

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "reports" / "benchmarks.json"
REPORT = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- figures: written by ./dev bench -->", "<!-- end of figures -->"
PASSWORD = "benchmark-2026-only"
TARGETS = {
    "sqlite": {"of_raw_writes": 0.40, "list page": 5, "full phone": 100, "two-character name": 15, "rps": 300},
    "postgresql": {"of_raw_writes": 0.60, "list page": 10, "full phone": 100, "two-character name": 15, "rps": 300},
}


def say(text: str) -> None:
    """Tell how far it is."""
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def run(dialect: str, people: int, orders: int) -> dict[str, Any]:
    """Measure everything on one database and return the figures."""
    figures: dict[str, Any] = {"people": people}
    with place(dialect, durable=True) as (house, url), acting(house.actor(house.dental)):
        figures["fill_s"] = places.fill(house, people)
        say(f"{dialect}: {people} members in {figures['fill_s']:.0f} s")
        _known_password(house)
        with tempfile.TemporaryDirectory(prefix="hkbench") as name:
            folder = Path(name)
            server = _server_of(url)
            twin = settle.postgres_twin(server, house) if server else settle.sqlite_twin(house, folder)
            figures["settle"] = settle.measure(house, places.some_members(house, orders), twin)
            say(f"{dialect}: settle {figures['settle']}")
            figures["pages"] = _pages(house, url, folder, people)
        say(f"{dialect}: pages {figures['pages']}")
    return figures


def _server_of(url: str | None) -> Any:
    if url is None:
        return None
    from tests import pg

    return pg.running(url)


def _known_password(house: Any) -> None:
    with house.unit() as session:
        staff = staffing.by_number(session, house.dental.numbers["front_desk"])
        staff.password_hash, staff.password_once = credentials.hash_password(PASSWORD), False


def _pages(house: Any, url: str | None, folder: Path, people: int) -> dict[str, Any]:
    rows = folder / "people.tsv"
    with rows.open("w", encoding="utf-8") as file:
        for one in places.people(people):
            file.write(f"{one.number}\t{one.name}\t{one.phone}\t{one.gender}\t{one.visited_at}\t{one.spent_fen}\n")
    peer_db = str(folder / "peer.db")
    if url is not None:
        server = _server_of(url)
        server.make_database("peer")
        peer_db = f"{server.folder}|peer"
    python = pages.peer_python()
    env = {"PEER_DB": peer_db, "PYTHONPATH": str(ROOT)}
    subprocess.check_call([str(python), "-m", "benchmarks.peer.site", str(rows)], cwd=ROOT, env={**os.environ, **env})
    own = {"HUIKE_DATA_DIR": str(house.folder / "var"), "HUIKE_KEY_FILE": str(house.folder / "keys" / "master.key")}
    if url is not None:
        own["DATABASE_URL"] = url
    sample = next(places.people(1))
    login = f"{house.dental.code}-{house.dental.numbers['front_desk']}"
    with (
        pages.served(Path(sys.executable), "app:create_app()", own) as ours,
        pages.served(python, "benchmarks.peer.site:application", env) as peer,
    ):
        pages.sign_in(ours, login, PASSWORD)
        pages.sign_in_peer(peer)
        compared = pages.compare(ours, peer, sample.phone, sample.name[:2])
        found = {label: (mine, theirs) for label, mine, theirs in compared}
        found["rps"] = (
            pages.requests_a_second(ours, "/members") or 0, pages.requests_a_second(peer, "/admin/auth/member/") or 0
        )  # fmt: skip
    return found


def write(results: dict[str, Any]) -> None:
    """Put the table into docs/benchmarks.md between its marks; what people wrote around it stays."""
    before, rest = REPORT.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    REPORT.write_text(f"{before}{BEGIN}\n\n{report(results)}\n\n{END}{after}", encoding="utf-8")


def report(results: dict[str, Any]) -> str:
    """Return the table of figures that stands between the two marks of docs/benchmarks.md."""
    lines = [
        f"Machine: {results['machine']}.", "",
        "| database | what | ours | beside it | ratio | wanted | |", "|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    for dialect, figures in results["databases"].items():
        wanted, settled = TARGETS[dialect], figures["settle"]
        lines += [
            _row(dialect, f"settle, {settled['statements']} statements, against a raw loop of the same writes",
                 f"{settled['settle_ms']:.2f} ms", f"{settled['raw_writes_ms']:.2f} ms", settled["of_raw_writes"],
                 wanted["of_raw_writes"], share=True),
            _row(dialect, "settle against a raw loop of the same statements, reads too",
                 f"{settled['settle_ms']:.2f} ms", f"{settled['raw_ms']:.2f} ms", settled["of_raw"], None, share=True),
            f"| {dialect} | pricing a basket (reads, engine, checks), apart | {settled['pricing_ms']:.2f} ms | | | | |",
        ]  # fmt: skip
        for label, (mine, theirs) in figures["pages"].items():
            if label == "rps":
                short = "" if mine >= wanted["rps"] else "short"
                lines.append(
                    f"| {dialect} | list, 8 connections | {mine:.0f}/s | Django admin {theirs:.0f}/s |"
                    f" {mine / max(theirs, 0.1):.1f}× | ≥ {wanted['rps']}/s | {short} |"
                )
                continue
            lines.append(
                _row(dialect, f"{label}, {figures['people']:,} members", f"{mine:.1f} ms",
                     f"Django admin {theirs:.1f} ms", theirs / mine, wanted[label])
            )  # fmt: skip
    return "\n".join(lines)


def _row(
    dialect: str, what: str, ours: str, other: str, ratio: float, wanted: float | None, *, share: bool = False
) -> str:
    shown = f"{ratio:.0%}" if share else f"{ratio:.1f}×"
    goal = "" if wanted is None else (f"≥ {wanted:.0%}" if share else f"≥ {wanted}×")
    short = "short" if wanted is not None and ratio < wanted else ""
    return f"| {dialect} | {what} | {ours} | {other} | {shown} | {goal} | {short} |"


def main() -> None:
    """Parse the arguments, measure, write the report."""
    parser = argparse.ArgumentParser(prog="./dev bench")
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--orders", type=int, default=1000)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    asked = parser.parse_args()
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {"databases": {}}
    results["machine"] = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    for dialect in [asked.only] if asked.only else list(TARGETS):
        results["databases"][dialect] = run(dialect, asked.people, asked.orders)
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(results, indent=1))
    write(results)
    keys.use(None)


if __name__ == "__main__":
    main()
