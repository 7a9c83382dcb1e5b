"""With a plugin that raises in every hook, every line without its attributes sells (acceptance 9)."""

from __future__ import annotations

import dataclasses

import pytest

from core import rooms
from core.catalog import services as catalog
from core.console import services as switchboard
from core.console.health import recent_failures
from core.kernel.errors import Refusal
from core.kernel.plugin_health import store_failures
from core.kernel.tenancy import acting
from core.orders.quoting import quotes
from core.orders.selling import settle
from core.orders.types import BasketRequest, LineRequest, OverrideRequest, TenderRequest
from core.org import proofs
from core.org.models import Franchise
from tests import installation as houses

KEY = "plugin_broken"


@pytest.fixture
def house(installation):
    """The dental house with the broken plugin allowed, enabled and asked."""
    host = rooms.make_host()
    host.load("tests.plugin_broken")
    rooms.declare(host)
    installation.runtime.host = host
    actor = installation.actor(installation.dental)
    with installation.unit() as session:
        chain = session.get(Franchise, actor.franchise_id).chain_id
        switchboard.set_allowed(session, host, chain, KEY, True)
    with acting(actor), installation.unit() as session:
        switchboard.switch(session, host, KEY, True)
    with acting(dataclasses.replace(actor, plugins=frozenset({"dental", KEY}))):
        yield installation


def broken_item(house):
    with house.unit() as session:
        catalog.add(session, "ODD", "怪项目", "service", 10_000, attributes={f"{KEY}.kind": "odd"})


def quoted(house, member, *codes):
    with house.unit() as session:
        row, priced = quotes.store(session, BasketRequest(tuple(LineRequest(code) for code in codes), member))
        return row.id, priced


def test_lines_without_its_attributes_sell(house):
    member = house.enrol("刘超明", "13800005051")
    house.sell(member, "CARD-FAMILY")
    done = house.sell(member, "F-RESIN", "CLEAN", "PASTE")
    assert done.order_no


def test_its_own_line_wants_a_human_and_the_rest_of_the_basket_does_not(house):
    broken_item(house)
    member = house.enrol("刘超明", "13800005051")
    quote_id, priced = quoted(house, member, "CLEAN", "ODD")
    grave = [f for f in priced.findings if f.severity == "major"]
    assert {(f.line, f.code) for f in grave} == {(2, "check_unavailable")}
    with house.unit() as session, pytest.raises(Refusal) as refusal:
        settle.settle(session, quote_id, [TenderRequest("cash", priced.quote.total_fen)])
    assert refusal.value.code == "blocked"


def test_a_person_with_the_permission_and_a_pin_lets_it_pass(house):
    broken_item(house)
    member = house.enrol("刘超明", "13800005051")
    quote_id, priced = quoted(house, member, "ODD")
    overrides = []
    for finding in priced.findings:
        if finding.severity != "major":
            continue
        import hashlib

        digest = hashlib.sha256(f"{quote_id}|{finding.id}|人工核对过".encode()).hexdigest()
        number = house.dental.numbers["manager"]
        with house.unit() as session:
            made = proofs.make_proof(session, number, houses.PIN, "override", digest)
        overrides.append(OverrideRequest(finding.id, "人工核对过", made.proof))
    with house.unit() as session:
        done = settle.settle(session, quote_id, [TenderRequest("cash", priced.quote.total_fen)], overrides)
    assert done.order_no


def test_its_failures_are_shown_and_attributed(house):
    member = house.enrol("刘超明", "13800005051")
    house.sell(member, "CLEAN")
    store_failures(house.runtime.db, house.runtime.host.health)
    with house.unit("read") as session:
        failures = recent_failures(session, KEY, 50)
        told = " ".join(f"{one.hook} {one.what}" for one in failures)
        hooks = {one.hook for one in failures}
    assert "checkout_checks" in hooks
    assert "canary" not in told
