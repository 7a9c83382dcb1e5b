"""One sign-in that enrols many people by the word of one referrer is shown to be looked at (S22), nothing more."""

from __future__ import annotations

from sqlalchemy import select

from core.desk.assets import anomalies
from core.kernel import settings
from core.kernel.tenancy import acting
from core.people.models import Person
from core.referrals.models import Referral
from core.referrals.settings import ODD_SITTING
from tests.core.desk.desk_kit import Desk, plain, web_of


def odd(house):
    with house.unit("read") as session:
        return [(one.person_id, one.what) for one in anomalies.found(session, 7) if one.kind == "sitting"]


def test_many_newcomers_of_one_referrer_in_one_sitting_are_shown(installation):
    house, app = installation, web_of(installation)
    one, two = (Desk(house, app, house.dental, role) for role in ("front_desk", "manager"))
    with acting(one.actor):
        with house.unit() as session:
            settings.change(session, ODD_SITTING, 3)
        referrer = house.enrol("刘超明", "13800005051")
        with house.unit("read") as session:
            number = session.get(Person, referrer).member_no
        for n, desk in enumerate((one, one, two)):
            form = {"name": f"新人{n}", "phone": f"1390000100{n}", "referrer": number}
            assert desk.post("/members/new", form).status_code == 303
        assert odd(house) == [], "two here, one there"
        assert one.post("/members/new", {"name": "新人", "phone": "13900001009", "referrer": number}).status_code == 303
        [(person, what)] = odd(house)
        assert person == referrer
        assert "登记了 3 位" in what
        with house.unit("read") as session:
            keys = session.scalars(select(Referral.door_key)).all()
        assert all(len(key) == 32 for key in keys)
        assert len(set(keys)) == 2
    shown = plain(Desk(house, app, house.dental, "owner").get("/points/anomalies").text)
    assert "集中登记推荐" in shown
