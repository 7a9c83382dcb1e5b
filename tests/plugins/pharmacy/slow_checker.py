"""The same findings, found slowly and in another way: straight over the rows of the files, nothing indexed."""

from __future__ import annotations

import csv
from pathlib import Path

DATA = Path(__file__).parents[3] / "plugins" / "pharmacy" / "data"
GRAVER = ["info", "moderate", "major", "contraindicated"]


def rows(name):
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


INTERACTIONS, CLASSES, CONDITIONS = rows("interactions"), rows("allergy_classes"), rows("conditions")
ACTIONS = {row["action"]: row["severity"] for row in rows("actions")}
DRUGS = rows("drugs")


def parts(drug):
    return {one for one in drug["ingredients"].split(";") if one and one != "undisclosed"}


def two(one, other, medicine):
    """Yield (kind, severity) of a pair of drugs."""
    body = one["route"] == "systemic" and other["route"] == "systemic"
    for row in INTERACTIONS:
        a, b = row["ingredient_a"], row["ingredient_b"]
        meets = (a in parts(one) and b in parts(other)) or (b in parts(one) and a in parts(other))
        if meets and (body or row["any_route"] == "1"):
            yield "interaction", row["severity"]
    if not (medicine and one["name_zh"] == other["name_zh"]):
        for _shared in parts(one) & parts(other):
            switch = medicine and parts(one) == parts(other)
            yield "duplicate", "major" if body and not switch else "moderate"


def allergic_to(drug, patient):
    """Yield (what the person has, severity) of a drug."""
    for name in parts(drug):
        if name in patient["allergens"]:
            yield name, "contraindicated"
    for row in CLASSES:
        own = row["class"]
        implied = {one["class"] for one in CLASSES if one["member_ingredient"] in patient["allergens"]}
        if own not in patient["classes"] | implied:
            continue
        for entry in row["cross_reactive_with"].split("; "):
            target, action = entry.rsplit(":", 1)
            if target.startswith("ingredient="):
                hit = target[len("ingredient=") :] in parts(drug)
            else:
                hit = any(one["class"] == target and one["member_ingredient"] in parts(drug) for one in CLASSES)
            if hit and ACTIONS[action]:
                yield own, ACTIONS[action]


def against_person(drug, patient):
    """Yield (kind, part, severity) of what the person is or has."""
    body = drug["route"] == "systemic"
    for row in CONDITIONS:
        name, code = row["ingredient"], row["condition_code"]
        acts = body or (name == "tiotropium" and drug["route"] == "inhaled")
        if acts and name in parts(drug) and code in patient["conditions"]:
            kind = "pregnancy" if code == "pregnancy" else "age" if code.startswith("age_lt_") else "condition"
            yield kind, code if kind == "condition" else "", row["severity"]
    if "pregnancy" in patient["conditions"] and drug["pregnancy"] in ("avoid", "caution"):
        yield "pregnancy", "", {"avoid": "major", "caution": "moderate"}[drug["pregnancy"]]
    if drug["min_age_years"] and patient["age"] < float(drug["min_age_years"]):
        yield "age", "", "major"


def findings(basket, patient):
    """Return {(kind, line, against, other, part): gravest severity}."""
    found = {}

    def add(key, severity):
        if key not in found or GRAVER.index(severity) > GRAVER.index(found[key]):
            found[key] = severity

    for line, drug in enumerate(basket, 1):
        for other in range(1, line):
            if basket[other - 1]["name_zh"] != drug["name_zh"]:
                for kind, severity in two(drug, basket[other - 1], False):
                    add((kind, line, "basket", other, ""), severity)
        for place, medicine in enumerate(patient["medicines"]):
            for kind, severity in two(drug, medicine, True):
                add((kind, line, "medicine", place, ""), severity)
        for what, severity in allergic_to(drug, patient):
            add(("allergy", line, "", 0, what), severity)
        for kind, part, severity in against_person(drug, patient):
            add((kind, line, "", 0, part), severity)
    return found
