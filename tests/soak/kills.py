"""SIGKILL of the server and its worker under load: nothing lost, nothing twice, nothing unbalanced.

Clients ring up visits, top up, pay with stored value, use sessions, redeem, leave bills open and pay them, all through
the POS API, each with its own idempotency key, and repeat a call until it is answered; a process beside them closes one
business day after the other. The supervisor kills the process group and the closer at random and starts them again. In
the end every key has exactly one effect, every acknowledged answer is what the database holds, and `verify` is silent.
Two controls run the same against a server with a fault built in, which must be noticed.
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
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from core.catalog import services as catalog
from core.console import verification
from core.courses import services as courses
from core.kernel.statements import Statements
from core.kernel.tenancy import acting
from core.org import tokens
from core.wallet import limits
from tests.core.rewards import kit as reward_kit
from tests.core.wallet import kit as wallet_kit
from tests.installation import Installation
from tests.soak.places import place

CLIENTS = 6
CONTROLS = ("no_idempotency", "split_commit")


@dataclass
class Tally:
    """What the clients saw: (kind, key) to what was acknowledged, and how often they had to repeat."""

    acknowledged: dict[tuple[str, str], str] = field(default_factory=dict)
    repeats: int = 0
    strange: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Server:
    """The served installation as a process group of its own."""

    def __init__(self, house: Installation, url: str | None, control: str = "", command: str = "") -> None:
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
        if control or command:
            self.command = [sys.executable, "-m", command or "tests.soak.faulty_server"]
        self.process: subprocess.Popen[bytes] | None = None

    def launch(self) -> None:
        """Start it and go on at once."""
        self.process = subprocess.Popen(
            self.command,
            env=self.env,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def start(self) -> float:
        """Start it and wait for the first answer; return the seconds that took."""
        begun = time.monotonic()
        self.launch()
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


@dataclass(frozen=True)
class Shop:
    """What the clients work with: a token, the staff number that may do all of it, members with a course each."""

    token: str
    staff: str
    members: list[int]
    courses: list[int]


class Client:
    """A till that goes on until it is stopped, and repeats each call until it is answered."""

    def __init__(self, server: Server, shop: Shop, tally: Tally, seed: int) -> None:
        self.server, self.shop, self.tally, self.seed = server, shop, tally, seed
        self.rng = random.Random(seed)
        self.n = 0

    def run(self, stop: threading.Event) -> None:
        """Do one thing after the other."""
        works = (self._visit, self._top_up, self._pay_with_value, self._use, self._redeem, self._owe)
        while not stop.is_set():
            self.n += 1
            self.rng.choices(works, (40, 10, 10, 15, 10, 15))[0](self.rng.randrange(len(self.shop.members)))

    def _visit(self, n: int) -> None:
        self._order(n, self.rng.choice(("CHECK", "POLISH", "CLEAN")), "cash")

    def _top_up(self, n: int) -> None:
        self._order(n, "TOP100", "wechat")

    def _pay_with_value(self, n: int) -> None:
        self._order(n, "CHECK", "stored_value", confirmation={"method": "staff_attested", "evidence": "本人在场"})

    def _use(self, n: int) -> None:
        self._once("use", f"/courses/{self.shop.courses[n]}/uses", {}, lambda told: told["id"])

    def _redeem(self, n: int) -> None:
        path = f"/members/{self.shop.members[n]}/redemptions"
        self._once("redemption", path, {"reward": "R-HEAD", "qty": 1}, lambda told: told["id"])

    def _owe(self, n: int) -> None:
        """Leave a bill open and pay the rest of it with the next call."""
        order_no = self._order(n, "POLISH", "", allow_debt=True)
        if order_no:
            body = {"tenders": [{"kind": "wechat", "amount_fen": self.total_fen}]}
            self._once("payment", f"/orders/{order_no}/payments", body, lambda told: told["order_no"])

    def _order(self, n: int, item: str, kind: str, **more: Any) -> str | None:
        basket = {"member_id": str(self.shop.members[n]), "lines": [{"item": item, "qty": 1}]}
        status, quote = self._call("/quotes", basket, None)
        if status != 201:
            self._strange("quote", status, quote)
            return None
        self.total_fen = quote["total_fen"]
        tenders = [{"kind": kind, "amount_fen": quote["total_fen"]}] * bool(kind)
        body = {"quote_id": quote["quote_id"], "tenders": tenders, **more}
        return self._once("order", "/orders", body, lambda told: told["order_no"])

    def _once(self, kind: str, path: str, body: Any, name: Callable[[Any], str]) -> str | None:
        """Call with a key of its own; return what was acknowledged."""
        key = f"{kind}-{self.seed}-{self.n}"
        status, told = self._call(path, body, key)
        if status not in (200, 201):
            if told.get("code") not in FAIR:
                self._strange(kind, status, told)
            return None
        with self.tally.lock:
            self.tally.acknowledged[kind, key] = name(told)
        return name(told)

    def _call(self, path: str, body: Any, key: str | None) -> tuple[int, Any]:
        return _until_answered(
            lambda: _call(self.server.port, self.shop.token, self.shop.staff, path, body, key), self.tally
        )

    def _strange(self, kind: str, status: int, told: Any) -> None:
        with self.tally.lock:
            self.tally.strange.append(f"{kind} {status} {told}")


FAIR = {"stale_quote", "quote_expired", "quote_used", "not_enough_stored_value"}


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
        shop = _shop(house, seed)
        before = _effects(house)
        server, tally, stop = Server(house, url, control), Tally(), threading.Event()
        closer = Server(house, url, command="tests.soak.day_closer")
        closer.env["HUIKE_SOAK_STORE"] = (
            f"{house.dental.franchise_id}:{house.dental.store_id}:{house.dental.staff['owner']}"
        )
        closer.env["HUIKE_SOAK_CLOSED"] = str(house.folder / "closed.txt")
        starts = [server.start()]
        closer.launch()
        clients = [
            threading.Thread(target=Client(server, shop, tally, seed * 100 + n).run, args=(stop,), daemon=True)
            for n in range(CLIENTS)
        ]
        for client in clients:
            client.start()
        for n in range(kills):
            time.sleep(rng.uniform(0.05, 0.4))
            server.kill()
            if n % 3 == 2:
                closer.kill()
                closer.launch()
            starts.append(server.start())
            if n % 20 == 19:
                say(f"{dialect}: {n + 1} kills, {len(tally.acknowledged)} acknowledged, {tally.repeats} repeats")
        stop.set()
        for client in clients:
            client.join(60)
        server.kill()
        closer.kill()
        return _figures(house, tally, before, kills, starts)


def _shop(house: Installation, seed: int) -> Shop:
    """Set up what the clients sell, use and redeem, with more of it than they get through."""
    with house.unit() as session:
        token = tokens.create(session, house.dental.store_id, ["members", "orders", "refunds", "points"])
        limits.change(session, "named_max_fen", 10**10, "测试要很多充值")
        catalog.add(session, "TOP100", "充值 100", "topup", 10_000, bonus_fen=2_000)
        catalog.add(session, "MANY", "多次卡", "course", 100_000, sessions=9_000)
    reward_kit.open_shop(house)
    members = [house.enrol(f"会员{n}", f"138{seed % 10}{n:07d}") for n in range(20)]
    for member in members:
        house.sell(member, "MANY")
        reward_kit.give(house, member, 10**7)
        wallet_kit.top_up(house, member, "TOP100")
    with house.unit("read") as session:
        own = [courses.owned_by(session, member)[0].id for member in members]
    return Shop(token, house.dental.numbers["owner"], members, own)


_EFFECTS = {
    "order": "SELECT order_no FROM orders WHERE franchise_id = ?",
    "use": "SELECT id FROM course_use WHERE franchise_id = ?",
    "redemption": "SELECT id FROM redemption WHERE franchise_id = ?",
    "payment": "SELECT o.order_no FROM payment p JOIN orders o ON o.id = p.orders_id WHERE p.franchise_id = ?",
}


def _effects(house: Installation) -> dict[str, list[str]]:
    """Return what the database holds of each kind: a thing done twice stands twice."""
    fid = house.dental.franchise_id
    with house.unit("read") as session:
        st = Statements(session, fid)
        return {kind: [str(row[0]) for row in st.all(sql, [fid])] for kind, sql in _EFFECTS.items()}


def _days(house: Installation) -> tuple[set[str], set[str]]:
    """Return the days that were said to be closed, and those that are."""
    told = house.folder / "closed.txt"
    said = set(told.read_text(encoding="utf-8").split()) if told.exists() else set()
    with house.unit("read") as session:
        rows = Statements(session, house.dental.franchise_id).all(
            "SELECT business_on FROM day_close WHERE franchise_id = ?", [house.dental.franchise_id]
        )
    return said, {str(row[0]) for row in rows}


def _figures(
    house: Installation, tally: Tally, before: dict[str, list[str]], kills: int, starts: list[float]
) -> dict[str, Any]:
    lost = doubled = done = 0
    for kind, rows in _effects(house).items():
        old = set(before[kind])
        held = Counter(row for row in rows if row not in old)
        told = Counter(name for (one, _key), name in tally.acknowledged.items() if one == kind)
        lost += (told - held).total()
        doubled += (held - told).total() + sum(n - 1 for n in told.values())
        done += held.total()
    said, closed = _days(house)
    wrong = [f"{r.name}: {r.difference}" for r in verification.verify(house.runtime, freeze=False) if r.difference]
    starts = sorted(starts)
    return {
        "kills": kills,
        "acknowledged": len(tally.acknowledged),
        "effects": done,
        "days_closed": len(closed),
        "lost": lost + len(said - closed),
        "duplicated": doubled,
        "unbalanced": len(wrong),
        "repeats": tally.repeats,
        "strange": tally.strange[:5] + wrong[:5],
        "restart_p95_ms": int(starts[int(len(starts) * 0.95) - 1] * 1000),
    }
