"""The one record of overrides: licence of that time, reason code, evidence, who rang it up; a re-signed prescription."""

import hashlib
import json
import types

import pytest
from sqlalchemy import select

from core.care import overrides
from core.care.models import Finding
from core.hooktypes import Check
from core.kernel import clock
from core.kernel.errors import Invalid, Refusal
from core.kernel.plugins import hookimpl
from core.kernel.tenancy import acting
from core.orders.quoting import quotes
from core.orders.selling import settle
from core.orders.types import BasketRequest, LineRequest, OverrideRequest, TenderRequest
from core.org.models import Staff
from core.org.proofs import make_proof
from tests.installation import PIN


@pytest.fixture
def shop(installation):
    """A franchise where every cleaning is contraindicated unless the prescriber signs again."""
    module = types.ModuleType("checks")

    @hookimpl
    def checkout_checks(ctx, basket):
        return [
            Check(
                "test.block", "contraindicated", "青霉素过敏", line.line, "care.override.major",
                {"class": "penicillins"}, resign=True, data_version="2026.11",
            )
            for line in basket.lines
        ]  # fmt: skip

    module.checkout_checks = checkout_checks
    installation.runtime.host.register_core("checks", module)
    return installation


def sell(shop, **more):
    house = shop.dental
    with acting(shop.actor(house, "front_desk")):
        with shop.unit() as session:
            quote, priced = quotes.store(session, BasketRequest((LineRequest("CLEAN"),), None))
            total, finding = priced.quote.total_fen, priced.findings[0]
        assert finding.overridable_by
        claim = f"{quote.id}|{finding.id}|医师已重签处方".encode()
        with shop.unit() as session:
            digest = hashlib.sha256(claim).hexdigest()
            proof = make_proof(session, house.numbers["pharmacist"], PIN, "override", digest).proof
        asked = {"reason_code": "prescriber_resigned", "evidence": "处方 8821，王医师 10:20", **more}
        with shop.unit() as session:
            override = OverrideRequest(finding.id, "医师已重签处方", proof, **asked)
            return settle.settle(session, quote.id, [TenderRequest("cash", total)], (override,))


def license_(shop, kind="pharmacist"):
    with acting(shop.actor(shop.dental)), shop.unit() as session:
        row = session.get(Staff, shop.dental.staff["pharmacist"])
        row.licence_kind, row.licence_no, row.licence_until = kind, "ZY-0042", "2099-12-31"


def test_a_contraindication_passes_only_by_a_new_signature(shop):
    license_(shop)
    for wrong in ({"reason_code": "benefit"}, {"evidence": "短"}):
        with pytest.raises(Invalid):
            sell(shop, **wrong)
    sell(shop)
    with acting(shop.actor(shop.dental)), shop.unit("read") as session:
        row = session.scalars(select(Finding)).one()
        assert (row.reason_code, row.licence_kind, row.licence_no) == ("prescriber_resigned", "pharmacist", "ZY-0042")
        assert (row.override_by, row.second_by) == (shop.dental.staff["pharmacist"], shop.dental.staff["front_desk"])
        assert row.data_version == "2026.11"
        assert json.loads(row.evidence) == {"class": "penicillins", "shown": "处方 8821，王医师 10:20"}


def test_it_wants_a_pharmacists_licence(shop):
    license_(shop, "therapist")
    with pytest.raises(Refusal) as caught:
        sell(shop)
    assert caught.value.code == "licence_needed"


def test_overrides_are_counted_by_rule_and_by_person(shop):
    license_(shop)
    sell(shop)
    sell(shop)
    with acting(shop.actor(shop.dental)), shop.unit("read") as session:
        today = clock.today("Asia/Shanghai")
        report = overrides.report(session, today.replace(day=1))
        assert [(one.code, one.passed, one.people) for one in report.rules] == [("test.block", 2, 1)]
        assert [one.passed for one in report.persons] == [2]
        assert overrides.report(session, overrides.month_of("2020-01", today)).rules == []
