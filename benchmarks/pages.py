"""The member list over HTTP beside stock Django admin: page, searches, requests a second."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

from tests.browser import free_port, wait_for

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 15


class Site:
    """A served site with a signed-in client on one keep-alive connection."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def get(self, path: str) -> tuple[int, bytes]:
        """Return status and body of a page."""
        return self._request("GET", path, None)

    def post(self, path: str, form: dict[str, str]) -> tuple[int, bytes]:
        """Post a form and return status and body."""
        return self._request("POST", path, form)

    def _request(self, method: str, path: str, form: dict[str, str] | None) -> tuple[int, bytes]:
        origin = f"http://127.0.0.1:{self.port}"
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()), "Accept-Language": "zh-CN",
                   "Origin": origin, "Referer": origin + path}  # fmt: skip
        body = urlencode(form) if form else None
        if form:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionError):
            # The server let go of an idle connection while the other side was being asked.
            self.connection.close()
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
        data = answer.read()
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = line.split(";", 1)[0].partition("=")
            self.cookies[name] = value
        return answer.status, data

    def median_ms(self, path: str, rounds: int = ROUNDS) -> float:
        """Return the median milliseconds of a page, warm."""
        times = []
        for _n in range(rounds):
            begun = time.perf_counter()
            status, _body = self.get(path)
            times.append((time.perf_counter() - begun) * 1000)
            if status != 200:
                raise RuntimeError(f"{path} answered {status}")
        return statistics.median(times[2:])

    def cookie_header(self) -> str:
        """Return the cookies as one header."""
        return "; ".join(f"{k}={v}" for k, v in self.cookies.items())


@contextmanager
def served(python: Path, target: str, env: dict[str, str]) -> Iterator[Site]:
    """Serve a WSGI application with gunicorn, two workers of four threads."""
    port = free_port()
    command = [str(python), "-m", "gunicorn", "-w", "2", "--threads", "4", "-b", f"127.0.0.1:{port}", target]
    with subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **env, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        try:
            wait_for(port)
            yield Site(port)
        finally:
            process.terminate()


def sign_in(site: Site, login: str, password: str) -> None:
    """Sign in to Huike."""
    _status, page = site.get("/sign-in")
    token = re.search(rb'name="csrf_token"[^>]*value="([^"]+)"', page)
    if token is None:
        raise RuntimeError("no token on the sign-in page")
    status, _body = site.post("/sign-in", {"csrf_token": token.group(1).decode(), "login": login, "password": password})
    if status not in {302, 303}:
        raise RuntimeError(f"sign-in answered {status}")


def sign_in_peer(site: Site) -> None:
    """Sign in to the peer."""
    _status, page = site.get("/admin/login/")
    token = re.search(rb'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token is not None
    site.post(
        "/admin/login/?next=/admin/",
        {"csrfmiddlewaretoken": token.group(1).decode(), "username": "bench", "password": "bench"},
    )


def requests_a_second(site: Site, path: str, seconds: int = 5) -> float | None:
    """Return requests a second with eight connections, by wrk; None where wrk is not there."""
    wrk = shutil.which("wrk")
    if wrk is None:
        return None
    done = subprocess.run(
        [wrk, "-t2", "-c8", f"-d{seconds}s", "-H", f"Cookie: {site.cookie_header()}",
         f"http://127.0.0.1:{site.port}{path}"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", done.stdout)
    if wrong:
        raise RuntimeError(f"wrk: {wrong.group(0)}")
    return float(found.group(1)) if found else None


def compare(ours: Site, peer: Site, phone: str, name: str) -> list[tuple[str, float, float]]:
    """Return (operation, our ms, peer's ms), interleaved."""
    operations = (
        ("list page", "/members", "/admin/auth/member/"),
        ("full phone", f"/members?q={phone}", f"/admin/auth/member/?q={phone}"),
        ("two-character name", f"/members?q={quote(name)}", f"/admin/auth/member/?q={quote(name)}"),
    )
    return [(label, ours.median_ms(mine), peer.median_ms(theirs)) for label, mine, theirs in operations]


def python_of(folder: Path) -> Path:
    """Return the interpreter of an environment."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def peer_python() -> Path:
    """Return the interpreter of the peer's environment, made from its lock file at first."""
    folder = ROOT / ".dev" / "peer"
    if not folder.exists():
        subprocess.check_call([sys.executable, "-m", "venv", str(folder)])
        subprocess.check_call(
            [str(python_of(folder)), "-m", "pip", "install", "-q", "--disable-pip-version-check",
             "--require-hashes", "--no-deps", "-r", str(ROOT / "requirements" / "bench.lock")]
        )  # fmt: skip
    return python_of(folder)
