"""The public page: from the published programme, in members' words, for anybody (S2-18)."""

from __future__ import annotations

import pytest

from core.kernel.tenancy import acting
from core.org.models import Franchise
from tests.core.desk.desk_kit import Desk, web_of
from tests.core.programme.test_built_by_hand import Keeper


@pytest.fixture
def web(installation):
    return web_of(installation)


@pytest.fixture
def keeper(installation, web):
    return Keeper(installation, web, installation.dental)


def address(installation, house):
    with acting(None), installation.unit("read") as session:
        return f"/programme/public/{session.get(Franchise, house.franchise_id).code}"


def test_closed_until_an_owner_opens_it_and_closed_again(installation, web, keeper):
    url, anybody = address(installation, installation.dental), web.test_client()
    assert anybody.get(url).status_code == 404
    assert anybody.get("/programme/public/nobody").status_code == 404
    assert keeper.owner.post("/programme/public", {"on": "1"}).status_code == 303
    page = anybody.get(url)
    assert page.status_code == 200
    assert "金卡会员" in page.text
    assert "登录" not in page.text
    assert keeper.owner.post("/programme/public", {"on": "0"}).status_code == 303
    assert anybody.get(url).status_code == 404


def test_s2_18_changing_300_to_250_changes_the_page(installation, web, keeper):
    url, anybody = address(installation, installation.dental), web.test_client()
    keeper.owner.post("/programme/public", {"on": "1"})
    assert "300 积分" in anybody.get(url).text
    keeper.change("rewards", "R-PASTE", points="250")
    assert "300 积分" in anybody.get(url).text  # a draft is nobody's business
    keeper.publish()
    page = anybody.get(url).text
    assert "250 积分" in page
    assert "300 积分" not in page


def test_it_says_who_a_rule_is_for_and_nothing_of_members(installation, web, keeper):
    keeper.member("刘超明", "13800005051")
    keeper.add("promotions", code="p", name="金卡日", pay_bp="80", tiers=["gold"])
    keeper.publish()
    keeper.owner.post("/programme/public", {"on": "1"})
    page = web.test_client().get(address(installation, installation.dental)).text
    assert "只限金卡会员" in page
    assert "刘超明" not in page
    assert len(page) < 40_000


def test_the_desk_may_not_open_it_and_one_house_does_not_open_the_other(installation, web, keeper):
    desk = Desk(installation, web, installation.dental, "front_desk")
    assert desk.post("/programme/public", {"on": "1"}).status_code == 403
    keeper.owner.post("/programme/public", {"on": "1"})
    assert web.test_client().get(address(installation, installation.pharmacy)).status_code == 404
    assert "任何人都能打开" in keeper.owner.get("/programme/rules").text
