"""A served application and a real browser; skipped with a reason where there is no Chromium."""

from __future__ import annotations

import threading

import pytest

from tests.core.desk.desk_kit import Desk, web_of


@pytest.fixture
def served(installation):
    """The application on a port of its own; gives (address, application)."""
    from werkzeug.serving import make_server

    app = web_of(installation)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", app
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def desk(installation, served):
    """The front desk of the dental franchise behind the scenes."""
    return Desk(installation, served[1], installation.dental, "front_desk")


@pytest.fixture
def page(browser, served, desk):
    """A page of the front desk's browser; console errors and foreign requests fail the test."""
    address, _app = served
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN", base_url=address)
    context.set_default_timeout(30_000)
    context.add_cookies([{"name": "huike", "value": desk.client.get_cookie("huike").value, "url": address}])
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda problem: complaints.append(str(problem)))
    opened.on(
        "request", lambda asked: None if asked.url.startswith((address, "data:")) else complaints.append(asked.url)
    )
    opened.complaints = complaints
    yield opened
    context.close()
    unexpected = [text for text in complaints if "status of 4" not in text]
    assert unexpected == []
