"""Pure matching against the shipped tables: figures of data/README, and a slow checker that was written apart."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from pathlib import Path

import pytest

from core.kernel.errors import Invalid
from plugins.pharmacy import knowledge, matching
from tests.plugins.pharmacy import slow_checker

BASKETS = 1_000


@pytest.fixture(scope="module")
def index():
    return knowledge.build(
        "2026.11", {kind: knowledge.parse(kind, knowledge.shipped_text(kind)) for kind in knowledge.KINDS}
    )


def product(drug, line=0):
    return matching.Product(
        drug["name_zh"], drug["name_zh"], tuple(one for one in drug["ingredients"].split(";") if one), drug["route"],
        drug["rx_class"], drug["pregnancy"], float(drug["min_age_years"]) if drug["min_age_years"] else None, line,
    )  # fmt: skip


def key(one):
    part = ""
    if one.kind == "allergy" or one.kind == "condition":
        part = one.b
    return one.kind, one.line, one.against, one.other, part


def test_the_shipped_files_are_those_of_the_manifest():
    folder = Path(knowledge.__file__).parent / "data"
    for name, digest in knowledge.manifest().items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name
    assert len(knowledge.manifest()) == 5


def test_138_pairs_of_products_fire_and_98_share_an_ingredient(index):
    found = matching.match(
        index, [product(drug, n) for n, drug in enumerate(slow_checker.DRUGS, 1)], matching.Patient()
    )
    counted = Counter((one.kind, one.severity) for one in found if one.kind == "interaction")
    assert counted == {
        ("interaction", "contraindicated"): 23, ("interaction", "major"): 53, ("interaction", "moderate"): 62,
    }  # fmt: skip
    assert sum(one.kind == "duplicate" for one in found) == 98


def test_a_penicillin_allergy_blocks_2_warns_gravely_of_4_and_mildly_of_3_of_19(index):
    drugs = [one for one in slow_checker.DRUGS if one["atc"].startswith("J01")]
    patient = matching.Patient(classes=frozenset({"penicillins"}))
    counted = Counter(one.severity for drug in drugs for one in matching.match(index, [product(drug, 1)], patient))
    assert (len(drugs), counted) == (19, {"contraindicated": 2, "major": 4, "moderate": 3})


def test_a_thousand_random_baskets_find_what_the_slow_checker_finds(index):
    rng = random.Random(5)
    classes = sorted({row["class"] for row in slow_checker.CLASSES})
    names = sorted({row["member_ingredient"] for row in slow_checker.CLASSES})
    conditions = sorted({row["condition_code"] for row in slow_checker.CONDITIONS})
    seen = Counter()
    for n in range(BASKETS):
        basket = rng.sample(slow_checker.DRUGS, rng.randrange(1, 7))
        told = {
            "classes": set(rng.sample(classes, rng.randrange(3))),
            "allergens": set(rng.sample(names, rng.randrange(2))),
            "conditions": set(rng.sample(conditions, rng.randrange(6))), "age": rng.randrange(1, 90),
            "medicines": rng.sample(slow_checker.DRUGS, rng.randrange(5)),
        }  # fmt: skip
        patient = matching.Patient(
            frozenset(told["classes"]), frozenset(told["allergens"]), frozenset(told["conditions"]),
            tuple(product(one) for one in told["medicines"]), "pregnancy" in told["conditions"], told["age"],
        )  # fmt: skip
        found = matching.match(index, [product(drug, line) for line, drug in enumerate(basket, 1)], patient)
        assert {key(one): one.severity for one in found} == slow_checker.findings(basket, told), n
        assert len({key(one) for one in found}) == len(found)
        seen.update(one.kind for one in found)
    assert set(seen) == {"interaction", "duplicate", "allergy", "condition", "pregnancy", "age"}


def test_an_unknown_ingredient_is_told_and_undisclosed_is_no_shared_ingredient(index):
    secret = matching.Product("A", "甲", ("undisclosed",), rx_class="OTC-B", line=1)
    strange = matching.Product("B", "乙", ("newdrugol", "undisclosed"), rx_class="Rx", line=2)
    gauze = matching.Product("C", "纱布", (), "none", "device", line=3)
    assert matching.match(index, [secret, strange], matching.Patient()) == []
    assert matching.unknown_ingredients(index, [secret, strange, gauze]) == {
        1: ("undisclosed",), 2: ("newdrugol", "undisclosed"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "缺少列"),
        ("action,severity\nblock,deadly\n", "严重程度"),
        ("action,severity\nblock,major\nblock,info\n", "重复"),
        ("action,severity\n", "没有数据行"),
    ],
)
def test_a_file_that_cannot_be_read_says_where(text, said):
    with pytest.raises(Invalid) as refused:
        knowledge.parse(knowledge.ACTIONS, text)
    assert said in refused.value.errors[0].message


def test_two_versions_are_compared_by_row():
    old = "action,severity\nblock,contraindicated\ncheck,moderate\n"
    new = "action,severity\nblock,major\nnone,\n"
    assert knowledge.differences(knowledge.ACTIONS, old, new) == (["none"], ["check"], ["block"])
