"""Random legal conditions over any facts, as plain data."""

from __future__ import annotations

from core.programme import facts as engine
from tests.core.programme.facts_world import ILLS, TAGS

VALUES = {
    "gender": ["female", "male", "unknown"],
    "occupation": ["教师", "司机", "nobody"],
    "industry": ["教师", "司机"],
    "custom": ["skin:油", "skin:干", "skin:没有的"],
    "store": ["01", "02", ""],
    "source": ["walk_in", "event", "web"],
    "tag": [*TAGS, "没有的"],
    "consent": ["health", "marketing_sms", "profiling"],
    "tier": ["regular", "gold", ""],
    "card": ["CARD-FAMILY", "FREE", "NONE"],
    "household_role": ["holder", "child", "spouse"],
    "item": ["F-RESIN", "CLEAN", "PASTE", "CHECK"],
    "category": ["filling", "clean", "oral"],
    "plugin_demo.ill": [*ILLS],
    "care.allergy": ["class:penicillins", "ingredient:aspirin", "class:latex"],
    "care.condition": ["renal_severe", "renal_impairment", "asthma"],
    "grade": ["A", "B", "F", ""],
    "value_class": ["high", "low", ""],
    "abc": ["A", "B", "C"],
}
NUMBERS = {
    "spent_ever": [0, 1, 99900, 100000, 1500000],
    "spend": [-1, 0, 1, 5000, 40000, 45000, 160000],
    "points": [-70, -1, 0, 1, 125, 250, 900],
    "points_expiring": [0, 1, 5, 250],
    "birthday": [0, 1, 7, 30, 60],
}


def known(offered):
    """Return the facts that the slow reading knows: core's and the demo plugin's. A vertical tests its own."""
    return [one for one in offered if not one.extra.get("named") and not one.key.startswith("dental.")]


def random_leaf(rng, fact):
    """Return a random legal leaf about a fact, as plain data."""
    op = rng.choice(engine.ops_of(fact))
    leaf = {"fact": fact.key, "op": op}
    if fact.params and rng.random() < 0.8:
        name = fact.params[0].name
        leaf[name] = rng.choice([1, 7, 30, 90, 366] if name == "days" else [6, 12, 18])
    pool = [n for n in NUMBERS.get(fact.key, [0, 1, 2, 3, 5, 11, 20, 30, 60, 90, 365]) if fact.low <= n <= fact.high]
    if op in ("is", "known"):
        leaf["value"] = rng.random() < 0.5
    elif op == "between":
        leaf["value"] = sorted(rng.choices(pool, k=2))
    elif op in ("ge", "le", "eq"):
        leaf["value"] = rng.choice(pool)
    elif op == "contains":
        leaf["value"] = rng.choice(["师", "teach", "%", "_"])
    else:
        codes = [code for code in VALUES[fact.key] if code]
        leaf["value"] = rng.sample(codes, rng.randint(1, len(codes)))
    return leaf


def random_tree(rng, facts, depth=1):
    """Return a random condition as plain data."""
    kind = rng.random()
    if depth >= 4 or kind < 0.35:
        return random_leaf(rng, rng.choice(facts))
    if kind < 0.5:
        return {"not": random_tree(rng, facts, depth + 1)}
    parts = [random_tree(rng, facts, depth + 1) for _n in range(rng.randint(1, 3))]
    return {"all" if kind < 0.75 else "any": parts}
