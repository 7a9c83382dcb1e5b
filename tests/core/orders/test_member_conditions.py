"""Rules for some members only: `when_member` on earn rules and promotions (S2-23, S2-30)."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from core.kernel.errors import Invalid
from core.kernel.tenancy import acting
from core.orders.models import Orders
from core.orders.quoting.basket import price_basket
from core.orders.types import BasketRequest, LineRequest
from core.programme import services as programmes
from core.programme.rules import check, dump, dump_yaml, parse, parse_yaml
from tests import installation as houses
from tests.core.orders.test_statements import counted
from tests.core.programme import facts_world as world

OLD = {"fact": "age", "op": "ge", "value": 60}
RICH = {"fact": "points", "op": "ge", "value": 100}


def publish(session, **lists):
    """Publish the programme in force with further entries."""
    plain = dump(programmes.in_force(session))
    for name, entries in lists.items():
        plain[name] = [*plain.get(name, []), *entries]
    return programmes.publish(session, parse(plain))


def price(installation, member, *codes):
    with installation.unit() as session:
        lines = tuple(LineRequest(code) for code in codes)
        return price_basket(session, BasketRequest(lines, member)).quote


def test_points_by_age_on_moxa(installation):
    """S2-30: 1.2 times the points on moxa from sixty on; nobody else, nothing else."""
    house = houses._house(installation.runtime, "丙理疗", "physio")
    actor = replace(installation.actor(house), plugins=frozenset({"physio"}))
    senior = {"code": "senior-moxa", "when": {}, "factor_bp": 12000, "items": {"codes": ["MOXA"]}, "when_member": OLD}
    with acting(actor):
        old = installation.enrol("老人", birth_on=dt.date(1950, 1, 1))
        young = installation.enrol("青年", birth_on=dt.date(2000, 1, 1))
        unknown = installation.enrol("不详")
        before = {one: price(installation, one, "MOXA").earn.points for one in (old, young, unknown)}
        assert len(set(before.values())) == 1
        with installation.unit() as session:
            publish(session, promotions=[senior])
        plain = before[old]
        assert price(installation, old, "MOXA").earn.points == plain * 12 // 10
        assert price(installation, young, "MOXA").earn.points == plain
        assert price(installation, unknown, "MOXA").earn.points == plain
        assert price(installation, old, "HEAD").earn.points == price(installation, young, "HEAD").earn.points
        order = installation.sell(old, "MOXA").order_id
        with installation.unit("read") as session:
            assert session.get(Orders, order).earned_points == plain * 12 // 10


@pytest.fixture
def dental(installation):
    with acting(installation.actor(installation.dental)):
        yield installation


def test_a_benefit_for_who_has_many_points(dental):
    """S2-23: a price for those with at least 100 points; the others read what would make it apply."""
    rich = {
        "code": "rich",
        "name": "积分会员价",
        "when": {},
        "pay_bp": 9000,
        "items": {"codes": ["WHITEN"]},
        "when_member": RICH,
    }
    with dental.unit() as session:
        publish(session, promotions=[rich])
    member = dental.enrol("刘超明")
    quote = price(dental, member, "WHITEN")
    assert quote.total_fen == 128000
    told = next(one for one in quote.not_applied if one.rule == "rich")
    assert (told.reason, told.hint) == ("condition", "仅限符合条件的会员：可用积分不少于 100 分")
    dental.sell(member, "CLEAN")
    assert price(dental, member, "WHITEN").total_fen == 115200
    guest = price(dental, None, "WHITEN")
    assert guest.total_fen == 128000
    assert [one.reason for one in guest.not_applied if one.rule == "rich"] == ["members_only"]


def test_an_earn_rule_for_some(dental):
    rule = {
        "code": "ladies",
        "on": "item",
        "points": 7,
        "items": {"codes": ["CLEAN"]},
        "when_member": {"fact": "gender", "op": "in", "value": ["female"]},
    }
    with dental.unit() as session:
        publish(session, earn_rules=[rule])
    her, him = dental.enrol("王芳", gender="female"), dental.enrol("李强", gender="male")
    assert price(dental, her, "CLEAN").earn.points == price(dental, him, "CLEAN").earn.points + 7


def test_one_more_statement_for_all_conditions_and_none_without(dental, monkeypatch):
    member = dental.enrol("刘超明", birth_on=dt.date(1950, 1, 1))

    def statements():
        price(dental, member, "CLEAN")
        with counted(dental, monkeypatch) as seen:
            price(dental, member, "CLEAN")
        return len(seen)

    before = statements()
    conditions = [OLD, RICH, {"all": [OLD, {"not": {"fact": "spend", "op": "ge", "value": 1, "days": 30}}]}]
    extra = [{"code": f"p{n}", "when": {}, "pay_bp": 9900, "when_member": one} for n, one in enumerate(conditions)]
    with dental.unit() as session:
        publish(session, promotions=extra)
    assert statements() == before + 1


def test_what_may_not_price_is_not_published(dental):
    world.with_demo(dental)
    ill = {"fact": "plugin_demo.ill", "op": "none_of", "value": ["gout"]}
    for condition in (
        ill,
        {"fact": "segment", "op": "any_of", "value": ["x"]},
        {"fact": "nothing", "op": "ge", "value": 1},
    ):
        entry = {"code": "x", "when": {}, "pay_bp": 9000, "when_member": {"all": [OLD, condition]}}
        with acting(world.actor_of(dental, dental.dental)), dental.unit() as session, pytest.raises(Invalid) as refusal:
            publish(session, promotions=[entry])
        place = len(programme_of(dental)["promotions"]) if "promotions" in programme_of(dental) else 0
        assert [error.field for error in refusal.value.errors] == [f"promotions.{place}.when_member.all.1.fact"]


def programme_of(installation):
    with installation.unit("read") as session:
        return dump(programmes.in_force(session))


def test_a_rule_whose_plugin_is_off_waits_and_the_till_goes_on(dental):
    world.with_demo(dental)
    entry = {
        "code": "x",
        "when": {},
        "pay_bp": 9000,
        "when_member": {"fact": "plugin_demo.notes", "op": "le", "value": 9},
    }
    member = dental.enrol("刘超明")
    with acting(world.actor_of(dental, dental.dental)):
        with dental.unit() as session:
            publish(session, promotions=[entry])
        assert price(dental, member, "CLEAN").total_fen == 18000
    assert price(dental, member, "CLEAN").total_fen == 20000


def test_a_condition_survives_yaml_and_names_its_path(dental):
    entry = {"code": "x", "when": {}, "pay_bp": 9000, "when_member": {"any": [OLD, {"not": RICH}]}}
    plain = programme_of(dental)
    made = parse({**plain, "promotions": [entry]})
    assert parse_yaml(dump_yaml(made)) == made
    assert dump(made)["promotions"][0]["when_member"] == entry["when_member"]
    wrong = {**entry, "when_member": {"any": [OLD, {"fact": "age", "op": "ge", "value": "sixty"}]}}
    with pytest.raises(Invalid) as refusal:
        parse({**plain, "promotions": [wrong]})
    assert [error.field for error in refusal.value.errors] == ["promotions.0.when_member.any.1.value"]
    with pytest.raises(Invalid) as refusal:
        parse({**plain, "promotions": [{**entry, "public": True}]})
    assert [error.field for error in refusal.value.errors] == ["promotions.0.public"]
    assert [one for one in check(made) if one.severity == "error"] == []
