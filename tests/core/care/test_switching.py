"""A vertical switched off takes its checks along, never what protects the person (acceptance 6)."""

from __future__ import annotations

import pytest

from core.catalog import services as catalog
from core.kernel.tenancy import acting
from tests.core.care.kit import Desk, note
from tests.verticals import VERTICALS, all_on, switch


@pytest.fixture
def desk(installation):
    made = Desk(installation)
    all_on(installation, made.house)
    with acting(installation.actor(made.house)), installation.unit() as session:
        drug = {"pharmacy.rx_class": "OTC-A", "pharmacy.ingredients": ["amoxicillin"]}
        catalog.add(session, "AMOX", "阿莫西林胶囊", "goods", 1_200, attributes=drug)
    return made


def blocked(desk, member):
    """Ring the drug up for the member and return the till's page."""
    client = desk.client("front_desk")
    client.post("/till/member", data={"person_id": str(member)})
    client.post("/till/lines", data={"item": "AMOX"})
    return client.get("/till").get_data(as_text=True)


def test_off_the_strip_stays_and_on_again_the_check_resumes(desk):
    house = desk.installation
    with acting(house.actor(desk.house)):
        member = house.enrol()
        note(house, member)
    assert 'class="fin bad"' in blocked(desk, member)
    switch(house, desk.house, "pharmacy", False)
    page = blocked(desk, member)
    assert "过敏：青霉素类" in page
    assert 'class="fin bad"' not in page
    member_page = desk.client("front_desk").get(f"/members/{member}").get_data(as_text=True)
    assert "过敏：青霉素类" in member_page
    assert ">用药<" not in member_page
    switch(house, desk.house, "pharmacy", True)
    page = blocked(desk, member)
    assert "过敏：青霉素类" in page
    assert 'class="fin bad"' in page


def test_all_four_draw_their_tabs_without_failing_one_another(desk):
    house = desk.installation
    with acting(house.actor(desk.house)):
        member = house.enrol()
        note(house, member)
    client = desk.client("owner")
    for key in VERTICALS:
        page = client.get(f"/members/{member}?tab={key}.person").get_data(as_text=True)
        assert "过敏：青霉素类" in page, key
        assert "暂时打不开" not in page, key
        tabs = page.split('<nav class="tabs')[1].split("</nav>")[0]
        assert tabs.split("<details")[0].count("<a ") + tabs.count("<details") <= 8, key
        assert f"tab={key}.person" in tabs.split("<details")[0], "the open tab never hides"
