"""What is known of ingredients: interactions, allergy classes and their crosses, conditions. Plain data, no database.

The grammar of the files is data/README's: a missing row means "not checked", never "safe". `build` reads CSV texts and
returns an index that is asked by single ingredients.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from core.sdk import Invalid, _, _l

INTERACTIONS, ALLERGIES, ACTIONS, CONDITIONS, PRODUCTS = "interactions", "allergies", "actions", "conditions", "drugs"
KINDS = {
    INTERACTIONS: _l("相互作用"), ALLERGIES: _l("过敏分类与交叉"), ACTIONS: _l("交叉处理方式"),
    CONDITIONS: _l("疾病与特殊人群"), PRODUCTS: _l("药品参考目录"),
}  # fmt: skip
FILES = {
    INTERACTIONS: "interactions.csv", ALLERGIES: "allergy_classes.csv", ACTIONS: "actions.csv",
    CONDITIONS: "conditions.csv", PRODUCTS: "drugs.csv",
}  # fmt: skip
# What makes two rows of two versions the same row.
KEYS = {
    INTERACTIONS: ("ingredient_a", "ingredient_b"), ALLERGIES: ("class", "member_ingredient"), ACTIONS: ("action",),
    CONDITIONS: ("ingredient", "condition_code"), PRODUCTS: ("name_zh",),
}  # fmt: skip
NEEDED = {
    INTERACTIONS: {"ingredient_a", "ingredient_b", "severity", "effect_zh", "effect_en", "source", "any_route"},
    ALLERGIES: {"class", "name_zh", "member_ingredient", "cross_reactive_with", "source"},
    ACTIONS: {"action", "severity"},
    CONDITIONS: {"ingredient", "condition_code", "severity", "effect_zh", "effect_en", "source"},
    PRODUCTS: {"name_zh", "ingredients", "atc", "rx_class", "route"},
}  # fmt: skip
SEVERITIES = ("info", "moderate", "major", "contraindicated")
RANK = {name: n for n, name in enumerate(SEVERITIES)}
UNDISCLOSED = "undisclosed"
MODALITY = "modality="
MOST_ROWS = 20_000
ATC_GROUP = 3
_DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Interaction:
    """A pair of ingredients; `any_route`: it fires although one of the products acts locally."""

    severity: str
    effect_zh: str
    effect_en: str
    source: str
    any_route: bool


@dataclass(frozen=True, slots=True)
class Condition:
    """An ingredient against a condition code."""

    severity: str
    effect_zh: str
    effect_en: str
    source: str


@dataclass(frozen=True, slots=True)
class Index:
    """The tables, ready to be asked. `version` stands on every finding.

    `crosses` maps a class that somebody has to (named class or `=ingredient`, severity) entries. `groups` maps
    ("class" or "ingredient", code) to the therapeutic groups (ATC level 2, such as J01) it belongs to.
    """

    version: str
    interactions: Mapping[tuple[str, str], Interaction] = field(default_factory=dict)
    partners: Mapping[str, frozenset[str]] = field(default_factory=dict)
    members: Mapping[str, frozenset[str]] = field(default_factory=dict)
    classes_of: Mapping[str, frozenset[str]] = field(default_factory=dict)
    crosses: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    class_sources: Mapping[str, str] = field(default_factory=dict)
    conditions: Mapping[str, Mapping[str, Condition]] = field(default_factory=dict)
    groups: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)

    def knows(self, ingredient: str) -> bool:
        """Return whether any table has a row for an ingredient."""
        return ingredient in self.partners or ingredient in self.classes_of or ingredient in self.conditions


def pair(one: str, other: str) -> tuple[str, str]:
    """Return the unordered pair's key."""
    return (one, other) if one <= other else (other, one)


def sha256(text: str) -> str:
    """Return the checksum of a file's text with Windows and Unix line ends alike."""
    return hashlib.sha256(text.replace("\r\n", "\n").encode()).hexdigest()


def parse(kind: str, text: str) -> list[dict[str, str]]:
    """Return the rows of a file; raise Invalid naming the row for a missing column, a double key, an unknown word."""
    reader = csv.DictReader(io.StringIO(text.lstrip("﻿")))
    missing = NEEDED[kind] - set(reader.fieldnames or ())
    if missing:
        raise Invalid.field("file", _("文件缺少列：%(names)s。", names="、".join(sorted(missing))))
    rows: list[dict[str, str]] = []
    seen: set[tuple[str, ...]] = set()
    for n, raw in enumerate(reader, 2):
        row = {str(name): (value or "").strip() for name, value in raw.items() if name is not None}
        if len(rows) >= MOST_ROWS:
            raise Invalid.field("file", _("一个文件最多 %(n)d 行。", n=MOST_ROWS))
        _check(kind, n, row)
        key = row_key(kind, row)
        if key in seen:
            raise Invalid.field("file", _("第 %(n)d 行与前面重复：%(key)s。", n=n, key=" × ".join(key)[:80]))
        seen.add(key)
        rows.append(row)
    if not rows:
        raise Invalid.field("file", _("文件里没有数据行。"))
    return rows


def row_key(kind: str, row: Mapping[str, str]) -> tuple[str, ...]:
    """Return what identifies a row across versions; an interaction is an unordered pair."""
    key = tuple(row[name] for name in KEYS[kind])
    return tuple(sorted(key)) if kind == INTERACTIONS else key


def _check(kind: str, n: int, row: Mapping[str, str]) -> None:
    if not all(row_key(kind, row)):
        raise Invalid.field("file", _("第 %(n)d 行没有填完整。", n=n))
    severity = row.get("severity", "")
    wants = kind in (INTERACTIONS, CONDITIONS) or (kind == ACTIONS and severity)
    if wants and severity not in SEVERITIES:
        raise Invalid.field("file", _("第 %(n)d 行的严重程度“%(value)s”不在约定之内。", n=n, value=severity[:40]))
    if kind == ALLERGIES:
        for entry in row["cross_reactive_with"].split(";"):
            if entry.strip() and ":" not in entry:
                raise Invalid.field(
                    "file", _("第 %(n)d 行的交叉写法“%(value)s”读不懂。", n=n, value=entry.strip()[:40])
                )


def build(version: str, rows: Mapping[str, Iterable[Mapping[str, str]]]) -> Index:
    """Return the index over rows by kind."""
    pairs: dict[tuple[str, str], Interaction] = {}
    partners: dict[str, set[str]] = {}
    for row in rows[INTERACTIONS]:
        a, b = row["ingredient_a"], row["ingredient_b"]
        pairs[pair(a, b)] = Interaction(
            row["severity"], row["effect_zh"], row["effect_en"], row["source"], row["any_route"] == "1"
        )
        partners.setdefault(a, set()).add(b)
        partners.setdefault(b, set()).add(a)
    members, classes_of, crosses, sources = _allergies(rows)
    conditions: dict[str, dict[str, Condition]] = {}
    for row in rows[CONDITIONS]:
        if not row["ingredient"].startswith(MODALITY):
            conditions.setdefault(row["ingredient"], {})[row["condition_code"]] = Condition(
                row["severity"], row["effect_zh"], row["effect_en"], row["source"]
            )
    return Index(
        version, pairs, {key: frozenset(found) for key, found in partners.items()},
        {key: frozenset(found) for key, found in members.items()},
        {key: frozenset(found) for key, found in classes_of.items()}, crosses, sources, conditions, _groups(rows),
    )  # fmt: skip


def _groups(rows: Mapping[str, Iterable[Mapping[str, str]]]) -> dict[tuple[str, str], frozenset[str]]:
    """Return the therapeutic groups of classes and ingredients, as far as the tables give an ATC code."""
    told = [(row["ingredient_a"], row.get("atc_a")) for row in rows[INTERACTIONS]]
    told += [(row["ingredient_b"], row.get("atc_b")) for row in rows[INTERACTIONS]]
    told += [(row["ingredient"], row.get("atc")) for row in rows[CONDITIONS]]
    found: dict[tuple[str, str], set[str]] = {}
    for row in rows[ALLERGIES]:
        told.append((row["member_ingredient"], row.get("atc")))
        if row.get("atc"):
            found.setdefault(("class", row["class"]), set()).add(row["atc"][:ATC_GROUP])
    for name, atc in told:
        if atc:
            found.setdefault(("ingredient", name), set()).add(atc[:ATC_GROUP])
    return {key: frozenset(own) for key, own in found.items()}


def _allergies(rows: Mapping[str, Iterable[Mapping[str, str]]]) -> tuple[
    dict[str, set[str]], dict[str, set[str]], dict[str, tuple[tuple[str, str], ...]], dict[str, str]
]:  # fmt: skip
    severity = {row["action"]: row["severity"] for row in rows[ACTIONS]}
    members: dict[str, set[str]] = {}
    classes_of: dict[str, set[str]] = {}
    crosses: dict[str, tuple[tuple[str, str], ...]] = {}
    sources: dict[str, str] = {}
    for row in rows[ALLERGIES]:
        own = row["class"]
        members.setdefault(own, set()).add(row["member_ingredient"])
        classes_of.setdefault(row["member_ingredient"], set()).add(own)
        sources[own] = row["source"]
        entries = []
        for entry in row["cross_reactive_with"].split(";"):
            target, _colon, action = entry.strip().rpartition(":")
            if target and severity.get(action, action):
                # An action that the table does not know is a warning, never silence.
                entries.append((target.strip(), severity.get(action, "major")))
        crosses[own] = tuple(entries)
    return members, classes_of, crosses, sources


@lru_cache(maxsize=8)
def shipped_text(kind: str) -> str:
    """Return the text of the file that came with the plugin."""
    return (_DATA / FILES[kind]).read_text("utf-8")


@lru_cache(maxsize=1)
def shipped_version() -> str:
    """Return the version of the files that came with the plugin."""
    return (_DATA / "VERSION").read_text("utf-8").strip()


def manifest() -> dict[str, str]:
    """Return file name → SHA-256 as the data were delivered."""
    lines = (_DATA / "MANIFEST.sha256").read_text("utf-8").split("\n")
    return {name.strip(): digest for digest, _space, name in (line.partition(" ") for line in lines) if name}


def differences(kind: str, old: str, new: str) -> tuple[list[str], list[str], list[str]]:
    """Return the keys of rows (added, removed, changed) between two texts of a kind, each sorted."""
    before = {row_key(kind, row): row for row in parse(kind, old)}
    after = {row_key(kind, row): row for row in parse(kind, new)}
    show = " × ".join
    return (
        sorted(show(key) for key in after.keys() - before.keys()),
        sorted(show(key) for key in before.keys() - after.keys()),
        sorted(show(key) for key in after.keys() & before.keys() if dict(after[key]) != dict(before[key])),
    )
