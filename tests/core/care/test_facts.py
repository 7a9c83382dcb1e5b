"""Health in conditions: it excludes from marketing freely, selects beside the consent alone, never enters a price."""

from __future__ import annotations

import pytest

from core.care import jobs, rules, services
from core.care.facts import FACTS
from core.kernel.errors import Forbidden, Invalid
from core.kernel.tenancy import acting
from core.people import services as people
from core.programme import conditions as lang
from core.programme import facts as engine
from core.segments import services as segments
from tests.installation import at

CONSENT = {"fact": "consent", "op": "any_of", "value": ["health"]}
ALLERGIC = {"fact": "care.allergy", "op": "any_of", "value": ["class:penicillins"]}


def leaf(key, value=True, op="is"):
    return {"fact": f"care.{key}", "op": op, "value": value}


@pytest.fixture
def clinic(any_installation):
    """Four members: allergic with and without consent, ill and pregnant, of whom nothing is known."""
    house = any_installation
    with at("2026-11-20 10:00"), acting(house.actor(house.dental)):
        made = {name: house.enrol(name) for name in ("甲", "乙", "丙", "丁")}
        with house.unit() as session:
            day = services.today()
            people.consent(session, people.get(session, made["甲"]), "health", granted=True, evidence="单")
            for name in ("甲", "乙"):
                new = rules.allergy(today=day, code_kind="class", code="penicillins")
                services.note(session, made[name], new)
            services.set_status(session, made["丙"], rules.NONE_KNOWN)
            services.note(session, made["丙"], rules.condition(today=day, code="renal_severe"))
            services.note(session, made["丙"], rules.physiology(today=day, state="pregnancy", value="no"))
            services.note(session, made["丙"], rules.physiology(today=day, state="pregnancy", value="yes"))
    house.made = made
    return house


def who(house, tree):
    """Return the names for whom a condition holds."""
    names = {person: name for name, person in house.made.items()}
    with acting(house.actor(house.dental)), house.unit("read") as session:
        return {names[one] for one in session.scalars(engine.persons(session, lang.parse(tree))) if one in names}


def test_every_fact_and_its_complement(clinic):
    everybody = set(clinic.made)
    expected = [
        (leaf("asked"), {"甲", "乙", "丙"}), (leaf("allergic"), {"甲", "乙"}), (ALLERGIC, {"甲", "乙"}),
        (leaf("allergy", ["class:latex"], "any_of"), set()), (leaf("condition", ["renal_severe"], "any_of"), {"丙"}),
        (leaf("condition", ["renal_impairment", "asthma"], "any_of"), {"丙"}), (leaf("pregnant"), {"丙"}),
        (leaf("lactating"), set()),
    ]  # fmt: skip
    for tree, found in expected:
        assert who(clinic, tree) == found, tree
        assert who(clinic, {"not": tree}) == everybody - found, tree
    assert who(clinic, {**ALLERGIC, "op": "none_of"}) == {"丙", "丁"}


def test_a_segment_excludes_without_consent_and_selects_only_beside_it(clinic):
    with acting(clinic.actor(clinic.dental)), clinic.unit() as session:
        without = lang.parse({**ALLERGIC, "op": "none_of"})
        assert segments.save(session, code="safe", name="可推", condition=without).members == 2
        with pytest.raises(Invalid):
            segments.save(session, code="x", name="过敏", condition=lang.parse(ALLERGIC))
        beside = lang.parse({"all": [CONSENT, ALLERGIC]})
        assert segments.save(session, code="told", name="过敏且同意", condition=beside).members == 1
        through = lang.parse({"not": {"fact": "segment", "op": "any_of", "value": ["safe"]}})
        with pytest.raises(Invalid):  # who is not safe is allergic
            segments.save(session, code="y", name="绕过", condition=through)


@pytest.mark.parametrize(
    ("tree", "allowed"),
    [
        ({"not": {**ALLERGIC, "op": "none_of"}}, False), ({"not": ALLERGIC}, True),
        ({"all": [CONSENT, {"not": {**ALLERGIC, "op": "none_of"}}]}, True),
        (leaf("pregnant", False), True), ({"not": leaf("pregnant", False)}, False), (leaf("pregnant"), False),
        ({"any": [{**ALLERGIC, "op": "none_of"}, leaf("pregnant")]}, False),
    ],
)  # fmt: skip
def test_a_negation_turned_round_selects(installation, tree, allowed):
    with acting(installation.actor(installation.dental)):
        assert (engine.problems(lang.parse(tree), engine.offered(), "marketing") == []) is allowed
        assert engine.problems(lang.parse(tree), engine.offered(), "care") == []


def test_none_enters_a_price_or_a_tag(installation):
    with acting(installation.actor(installation.dental)), installation.unit() as session:
        assert not {fact.key for fact in FACTS} & set(engine.for_prices())
        for fact in FACTS:
            value = ["asthma"] if fact.kind == "set" else True
            tree = lang.parse({"fact": fact.key, "op": "any_of" if fact.kind == "set" else "is", "value": value})
            assert engine.problems(tree, engine.offered(), "price"), fact.key
            for condition in (tree, lang.Not(tree)):
                with pytest.raises(Invalid):
                    segments.save_tag(session, None, tag="看得到", group="", note="", condition=condition)


def test_who_may_not_ask_about_health_sees_no_names(installation):
    with acting(installation.actor(installation.dental)), installation.unit() as session:
        segments.save(session, code="care", name="过敏", condition=lang.parse(ALLERGIC), purpose="care")
    with acting(installation.actor(installation.dental, "marketing")), installation.unit("read") as session:
        assert not {key for key in segments.facts() if key.startswith("care.")}
        for tree in (ALLERGIC, {"not": {"fact": "segment", "op": "any_of", "value": ["care"]}}):
            with pytest.raises(Forbidden):
                segments.ensure_usable(session, lang.parse(tree))


def test_names_of_a_segment_about_health_are_a_read_that_is_noted(installation):
    from sqlalchemy import select

    from core.kernel.models import AuditEntry
    from tests.core.care.kit import Desk

    with acting(installation.actor(installation.dental)), installation.unit() as session:
        segments.save(session, code="care", name="过敏", condition=lang.parse(ALLERGIC), purpose="care")
        old = lang.parse({"fact": "visits_ever", "op": "ge", "value": 1})
        segments.save(session, code="plain", name="来过", condition=old)
    desk = Desk(installation)
    for role, code in (("owner", "care"), ("owner", "plain"), ("manager", "care")):
        assert desk.client(role).get(f"/segments/{code}").status_code == 200
    with acting(installation.actor(installation.dental)), installation.unit("read") as session:
        kinds = session.scalars(select(AuditEntry.object_kind).where(AuditEntry.action == "care.read")).all()
        assert kinds == ["health:segment"]


def test_a_pregnancy_whose_day_has_passed_holds_no_longer(clinic):
    house, actor = clinic, clinic.actor(clinic.dental)
    assert jobs.end_states(house.runtime, actor) == {"done": 0, "skipped": 0, "failed": 0}
    with at("2027-10-01 10:00"):
        assert jobs.end_states(house.runtime, actor)["done"] == 1
        assert jobs.end_states(house.runtime, actor)["done"] == 0
        assert who(house, leaf("pregnant")) == set()
    with acting(actor), house.unit("read") as session:
        rows = [row for row in services.facts_of(session, house.made["丙"]) if row.kind == rules.PHYSIOLOGY]
        assert [row.status for row in rows] == [rules.REPLACED, rules.REPLACED]


def test_a_merge_leaves_one_answer_about_a_state(clinic):
    from core.care import duties

    with acting(clinic.actor(clinic.dental)), clinic.unit() as session:
        later = rules.physiology(today=services.today(), state="pregnancy", value="no")
        services.note(session, clinic.made["丁"], later)
        duties.merge(session, clinic.made["丁"], clinic.made["丙"])
        rows = services.facts_of(session, clinic.made["丁"])
        held = [
            services.body_of(row)["value"] for row in rows if row.kind == rules.PHYSIOLOGY and row.status == "active"
        ]
        assert held == ["no"]
