"""Licences that end soon: found in the list, marked, and on the home page of who sees staff."""

from __future__ import annotations

import datetime as dt

import pytest

from core.kernel import clock
from core.kernel.tenancy import acting
from core.org.models import Staff
from tests.core.desk.conftest import desk, sit, web
from tests.core.desk.desk_kit import plain

__all__ = ["desk", "sit", "web"]
ENDS = {"clinician": -1, "pharmacist": 0, "manager": 30, "auditor": 31}


@pytest.fixture
def owner(installation, sit):
    house = installation.dental
    with acting(installation.actor(house)), installation.unit() as session:
        today = clock.today("Asia/Shanghai")
        for role, days in ENDS.items():
            row = session.get(Staff, house.staff[role])
            row.licence_kind, row.licence_no = "physician", f"L-{role}"
            row.licence_until = (today + dt.timedelta(days=days)).isoformat()
    return sit("owner")


@pytest.mark.parametrize(
    ("chosen", "shown"),
    [
        ("due", {"clinician", "pharmacist", "manager"}), ("soon", {"pharmacist", "manager"}), ("over", {"clinician"}),
        ("valid", {"auditor"}),
    ],
)  # fmt: skip
def test_the_list_by_licence(owner, chosen, shown):
    text = plain(owner.get(f"/records/staff/?f.licence={chosen}").text)
    assert {role for role in ENDS if f"{role}员" in text} == shown


def test_marked_in_the_list_and_told_at_home(owner, sit):
    page = plain(owner.get("/records/staff/").text)
    assert page.count("快到期") == 2
    assert page.count("已过期") >= 1
    home = owner.get("/").text
    assert "3 位员工的执照快到期或已过期" in plain(home)
    assert "f.licence=due" in home
    assert "执照快到期" not in plain(sit("front_desk").get("/").text)
