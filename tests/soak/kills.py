"""SIGKILL of the server and its worker under load: nothing lost, nothing twice, nothing unbalanced.

Clients ring up visits through the POS API, each with its own idempotency key, and repeat a call until it
is answered. The supervisor kills the process group at random and starts it again. In the end every key has
exactly one order, every acknowledged answer is what the database holds, and `verify` is silent. Two
controls run the same against a server with a fault built in, which must be noticed.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from core.console import verification
from core.kernel.statements import Statements
from core.kernel.tenancy import acting
from core.org import tokens
from tests.installation import Installation
from tests.soak.places import place

CLIENTS = 6
CONTROLS = ("no_idempotency", "split_commit")


@dataclass
class Tally:
    """What the clients saw: key to the acknowledged order number, and how often they had to repeat."""

    acknowledged: dict[str, str] = field(default_factory=dict)
    repeats: int = 0
    strange: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Server:
    """The served installation as a process group of its own."""

    def __init__(self, house: Installation, url: str | None, control: str = "") -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.env = {
            **os.environ, "HUIKE_DATA_DIR": str(house.folder / "var"),
            "HUIKE_KEY_FILE": str(house.folder / "keys" / "master.key"), "HUIKE_PORT": str(self.port),
            "PYTHONPATH": os.getcwd(), "HUIKE_SOAK_CONTROL": control,
        }  # fmt: skip
        if url:
            self.env["DATABASE_URL"] = url
        self.command = [sys.executable, "-m", "flask", "--app", "app", "serve"]
        if control:
            self.command = [sys.executable, "-m", "tests.soak.faulty_server"]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Start it and wait for the first answer; return the seconds that took."""
        begun = time.monotonic()
        self.process = subprocess.Popen(
            self.command,
            env=self.env,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while time.monotonic() - begun < 60:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
                connection.request("GET", "/readyz")
                if connection.getresponse().status == 200:
                    return time.monotonic() - begun
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("the server did not come up")

    def kill(self) -> None:
        """SIGKILL the whole group: server and worker at once."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def _call(port: int, token: str, staff: str, path: str, body: dict[str, Any], key: str | None) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    headers = {"Authorization": f"Bearer {token}", "X-Staff": staff, "Content-Type": "application/json"}
    if key:
        headers["Idempotency-Key"] = key
    connection.request("POST", f"/api/v1{path}", json.dumps(body), headers)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read() or b"{}")


def _client(
    server: Server, token: str, staff: str, members: list[int], tally: Tally, stop: threading.Event, seed: int
) -> None:
    rng = random.Random(seed)
    n = 0
    while not stop.is_set():
        n += 1
        _one_sale(server, token, staff, rng.choice(members), f"k{seed}-{n}", tally, rng)


def _one_sale(server: Server, token: str, staff: str, member: int, key: str, tally: Tally, rng: random.Random) -> None:
    """Ring up one visit; repeat each call until it is answered, however often the server dies."""
    basket = {
        "member_id": str(member),
        "lines": [{"item": rng.choice(("CHECK", "POLISH", "CLEAN")), "qty": 1}],
    }
    quote = _until_answered(lambda: _call(server.port, token, staff, "/quotes", basket, None), tally)
    if quote[0] != 201:
        with tally.lock:
            tally.strange.append(f"quote {quote}")
        return
    body = {
        "quote_id": quote[1]["quote_id"],
        "tenders": [{"kind": "cash", "amount_fen": quote[1]["total_fen"]}],
    }
    done = _until_answered(lambda: _call(server.port, token, staff, "/orders", body, key), tally)
    with tally.lock:
        if done[0] == 201:
            tally.acknowledged[key] = done[1]["order_no"]
        elif done[1].get("code") not in {"stale_quote", "quote_expired", "quote_used"}:
            tally.strange.append(f"order {done}")


def _until_answered(call: Callable[[], tuple[int, Any]], tally: Tally) -> tuple[int, Any]:
    while True:
        try:
            status, answer = call()
            if status < 500:
                return status, answer
        except (OSError, http.client.HTTPException, ValueError):
            pass
        with tally.lock:
            tally.repeats += 1
        time.sleep(0.05)


def kill_loop(
    kills: int,
    dialect: str,
    *,
    seed: int = 1,
    control: str = "",
    say: Callable[[str], None] = lambda text: None,
) -> dict[str, Any]:
    """Kill `kills` times under load and return the figures: lost, duplicated, unbalanced, and more."""
    rng = random.Random(seed)
    with place(dialect, durable=True) as (house, url), acting(house.actor(house.dental)):
        with house.unit() as session:
            token = tokens.create(session, house.dental.store_id, ["members", "orders", "refunds", "points"])
        members = [house.enrol(f"会员{n}", f"138{seed % 10}{n:07d}") for n in range(20)]
        before = _orders(house)
        server, tally, stop = Server(house, url, control), Tally(), threading.Event()
        starts = [server.start()]
        clients = [
            threading.Thread(
                target=_client,
                args=(
                    server,
                    token,
                    house.dental.numbers["front_desk"],
                    members,
                    tally,
                    stop,
                    seed * 100 + n,
                ),
            )
            for n in range(CLIENTS)
        ]
        for client in clients:
            client.start()
        for n in range(kills):
            time.sleep(rng.uniform(0.05, 0.4))
            server.kill()
            starts.append(server.start())
            if n % 20 == 19:
                say(f"{dialect}: {n + 1} kills, {len(tally.acknowledged)} acknowledged, {tally.repeats} repeats")
        stop.set()
        for client in clients:
            client.join(60)
        server.kill()
        return _figures(house, tally, before, kills, starts)


def _orders(house: Installation) -> set[str]:
    with house.unit("read") as session:
        rows = Statements(session, house.dental.franchise_id).all(
            "SELECT order_no FROM orders WHERE franchise_id = ?", [house.dental.franchise_id]
        )
    return {row[0] for row in rows}


def _figures(house: Installation, tally: Tally, before: set[str], kills: int, starts: list[float]) -> dict[str, Any]:
    orders = _orders(house) - before
    acknowledged = set(tally.acknowledged.values())
    wrong = [f"{r.name}: {r.difference}" for r in verification.verify(house.runtime, freeze=False) if r.difference]
    starts = sorted(starts)
    return {
        "kills": kills,
        "acknowledged": len(tally.acknowledged),
        "orders": len(orders),
        "lost": len(acknowledged - orders),
        "duplicated": len(orders) - len(acknowledged) + (len(tally.acknowledged) - len(acknowledged)),
        "unbalanced": len(wrong),
        "repeats": tally.repeats,
        "strange": tally.strange[:5] + wrong[:5],
        "restart_p95_ms": int(starts[int(len(starts) * 0.95) - 1] * 1000),
    }
