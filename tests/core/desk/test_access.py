"""Who may open what at the desk, and that a foreign row is an absent one."""

from __future__ import annotations

import pytest

from core.kernel.ids import new_id

PAGES = {
    "/till": {"owner", "manager", "front_desk", "pharmacist"},
    "/members": {"owner", "manager", "front_desk", "clinician", "pharmacist", "auditor"},
    "/find?q=lcm": {"owner", "manager", "front_desk", "clinician", "pharmacist", "auditor"},
    "/members/new": {"owner", "manager", "front_desk", "pharmacist"},
    "/orders": {"owner", "manager", "front_desk", "clinician", "pharmacist", "auditor"},
    "/members/{person}": {"owner", "manager", "front_desk", "clinician", "pharmacist", "auditor"},
    "/members/{person}/edit": {"owner", "manager", "front_desk"},
    "/orders/{order}": {"owner", "manager", "front_desk", "clinician", "pharmacist", "auditor"},
    "/orders/{order}/refund": {"owner", "manager", "front_desk"},
}
ROLES = ("owner", "manager", "rule_keeper", "front_desk", "clinician", "auditor", "platform_admin", "pharmacist")


@pytest.fixture
def visited(desk):
    """A member and an order of the dental franchise."""
    person = desk.enrol()
    return {"person": person, "order": desk.ring_up(person, "CLEAN").order_no}


@pytest.mark.parametrize("role", ROLES)
def test_each_role_opens_what_it_may_and_nothing_else(sit, visited, role):
    seat = sit(role)
    for path, roles in PAGES.items():
        answer = seat.get(path.format(**visited))
        assert answer.status_code == (200 if role in roles else 403), (role, path)
        if role not in roles:
            assert "刘超明" not in answer.text


@pytest.mark.parametrize("role", ["clinician", "auditor", "rule_keeper"])
def test_those_who_look_do_not_touch(sit, visited, role):
    seat = sit(role)
    for path in ("/till/lines", "/till/pay", "/members/new", "/members/{person}/tags", "/members/{person}/edit",
                 "/orders/{order}/refund/preview", "/orders/{order}/refund"):  # fmt: skip
        assert seat.post(path.format(**visited), {"q": "PASTE", "tag": "x"}).status_code == 403, path


def test_foreign_and_absent_read_the_same(sit, desk, visited, installation):
    stranger = sit("owner", installation.pharmacy)
    person, order = visited["person"], visited["order"]
    card = desk.get(f"/members/{desk.enrol('何静', None)}")
    assert card.status_code == 200
    for path in ("/members/{}", "/members/{}/edit", "/members/{}?tab=points", "/cards/{}/family"):
        foreign, absent = stranger.get(path.format(person)), stranger.get(path.format(new_id()))
        assert (foreign.status_code, absent.status_code) == (404, 404), path
        assert stranger.get(path.format("abc")).status_code == 404
        assert "刘超明" not in foreign.text
    for path in ("/orders/{}", "/orders/{}/refund", "/orders/{}/receipt"):
        assert stranger.get(path.format(order)).status_code == 404
        assert stranger.get(path.format("20200101-01-9999")).status_code == 404
    for path in ("/members/{}/tags", "/members/{}/unmask", "/members/{}/edit"):
        assert stranger.post(path.format(person), {"tag": "x", "reason": "联系改约"}).status_code == 404
    assert stranger.post("/till/member", {"person_id": person}).status_code == 404
    assert stranger.post("/till/lines", {"item": "F-RESIN"}).status_code == 422
    assert "没有找到" in stranger.get("/find?q=lcm5051").text
    assert "已收款" not in stranger.get(f"/till?done={person}").text


def test_no_cookie_no_page(web):
    client = web.test_client()
    for path in ("/till", "/members", "/find?q=x", "/orders"):
        answer = client.get(path)
        assert answer.status_code == 303
        assert answer.location.startswith("/sign-in")
