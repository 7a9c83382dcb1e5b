"""The desk on PostgreSQL: a whole visit, its refund and every page."""

from __future__ import annotations

import re

import pytest

from tests.core.desk.desk_kit import Desk, plain, web_of

pytestmark = pytest.mark.postgres


def test_a_visit_its_refund_and_every_page(pg_installation):
    house = pg_installation.dental
    app = web_of(pg_installation)
    desk = Desk(pg_installation, app, house, "front_desk")
    manager = Desk(pg_installation, app, house, "manager")
    person = desk.enrol()
    desk.ring_up(person, "CARD-FAMILY")
    card = re.search(r"/cards/(\d+)/family", desk.get(f"/members/{person}").text).group(1)
    assert desk.post(f"/cards/{card}/seats", {"name": "刘子涵", "phone": "", "role": "child"}).status_code == 303
    order = desk.ring_up(person, "F-RESIN")
    assert (order.total_fen, order.earned_points) == (16_000, 160)
    page = desk.post(f"/orders/{order.order_no}/refund/preview", {"qty_1": "1"}).text
    values = {name: re.search(rf'name="{name}" value="([^"]+)"', page).group(1) for name in ("preview_id", "once")}
    done = desk.post(f"/orders/{order.order_no}/refund", {**values, "qty_1": "1", "reason": "顾客改约"})
    assert done.status_code == 303
    assert desk.points(person) == 0
    for path in ("/", "/till", "/members", "/members?f.card=yes&f.tag=x&sort=spent&f.last=away90", "/members?q=lcm5051",
                 f"/members/{person}", f"/members/{person}?tab=orders", f"/members/{person}?tab=points",
                 f"/members/{person}?tab=dental.person", "/orders?f.look=overridden", "/orders?f.look=manual_price",
                 "/orders?f.look=large_refund", f"/orders/{order.order_no}", f"/cards/{card}/family"):  # fmt: skip
        answer = manager.get(path)
        assert answer.status_code == 200, (path, plain(answer.text)[:300])
        assert "暂时打不开" not in answer.text, path
