"""A modality at the till: a contraindication blocks the line until a licensed therapist lets it pass with a reason."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from core.care.models import Finding
from core.catalog import services as catalog
from core.courses import services as courses
from core.kernel.errors import Refusal
from core.kernel.tenancy import acting
from core.orders.quoting import quotes
from core.orders.selling import settle
from core.orders.sessions import burn
from core.orders.types import BasketRequest, LineRequest, OverrideRequest, TenderRequest
from core.org.models import Staff
from core.org.proofs import make_proof
from plugins.physio import records
from tests.installation import PIN

WHY = "已与主管医师确认"


@pytest.fixture
def house(any_installation):
    actor = replace(any_installation.actor(any_installation.dental), plugins=frozenset({"physio"}))
    with acting(actor):
        with any_installation.unit() as session:
            marked = {"physio.modality": "electrotherapy"}
            catalog.add(session, "TENS", "中频电疗", "service", 8_000, attributes=marked)
            catalog.add(
                session, "TENS10", "电疗十次", "course", 60_000, sessions=10,
                attributes={**marked, "core.session_of": "TENS"},
            )  # fmt: skip
        yield any_installation


def licensed(house, kind, until="2999-12-31"):
    with house.unit() as session:
        row = session.get(Staff, house.dental.staff["clinician"])
        row.licence_kind, row.licence_no, row.licence_until = kind, "T-1" if kind else "", until


def proof(house, payload):
    with house.unit() as session:
        made = make_proof(
            session, house.dental.numbers["clinician"], PIN, "override", hashlib.sha256(payload.encode()).hexdigest()
        )
    assert made.proof, made.refusal
    return made.proof


def screened(house, *found):
    member = house.enrol("刘超明", "13800005051")
    with house.unit() as session:
        records.screen(session, member, found)
    return member


def sell(house, member, override):
    with house.unit() as session:
        quote, priced = quotes.store(session, BasketRequest((LineRequest("TENS"),), member))
        quote_id, total, found = quote.id, priced.quote.total_fen, priced.findings
    given = [OverrideRequest(one.id, WHY, proof(house, f"{quote_id}|{one.id}|{WHY}")) for one in found if override]
    with house.unit() as session:
        return settle.settle(session, quote_id, [TenderRequest("cash", total)], given)


def test_a_pacemaker_stops_electrotherapy_until_a_licensed_therapist_lets_it_pass(house):
    member = screened(house, "pacemaker")
    with pytest.raises(Refusal) as refused:
        sell(house, member, override=False)
    assert refused.value.code == "blocked"
    assert refused.value.extra["findings"][0]["code"] == "physio.contraindicated"
    assert refused.value.extra["findings"][0]["overridable_by"] == ["clinician"]
    for kind, until in (("", ""), ("nurse", "2999-12-31"), ("therapist", "2020-01-01")):
        licensed(house, kind, until)
        with pytest.raises(Refusal) as refused:
            sell(house, member, override=True)
        assert refused.value.code == "licence_needed"
    licensed(house, "therapist")
    done = sell(house, member, override=True)
    with house.unit("read") as session:
        [kept] = session.query(Finding).filter_by(order_id=done.order_id).all()
        assert (kept.severity, kept.reason) == ("major", WHY)
        assert kept.override_by == house.dental.staff["clinician"]


def test_a_session_of_a_course_is_checked_as_a_sale_is(house):
    member = screened(house)
    sold = house.sell(member, "TENS10")
    with house.unit("read") as session:
        [course] = [row.id for row in courses.owned_by(session, member) if row.order_id == sold.order_id]
    with house.unit() as session:
        records.screen(session, member, ["pacemaker"])
    with pytest.raises(Refusal) as refused, house.unit() as session:
        burn.burn(session, course, burn.Burning())
    assert refused.value.code == "blocked"
    with house.unit() as session:
        records.screen(session, member, [])
    with house.unit() as session:
        assert burn.burn(session, course, burn.Burning()).left == 9


def test_who_was_not_screened_may_be_treated_and_the_receipt_says_nothing(house):
    member = house.enrol("刘超明", "13800005051")
    with house.unit() as session:
        _row, priced = quotes.store(session, BasketRequest((LineRequest("TENS"),), member))
    assert [one.severity for one in priced.findings] == ["info"]
    assert sell(house, member, override=False).order_no
