"""Item attributes of the pharmacy plugin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from core.sdk import ItemAttribute, _l, find_substances, substance_of

RX_CLASSES = (
    ("Rx", _l("处方药")),
    ("OTC-A", _l("甲类非处方药")),
    ("OTC-B", _l("乙类非处方药")),
    ("supplement", _l("保健食品")),
    ("device", _l("医疗器械")),
    ("other", _l("其他")),
)
ROUTES = (
    ("systemic", _l("全身用药")),
    ("topical", _l("外用")),
    ("eye", _l("眼用")),
    ("nasal", _l("鼻用")),
    ("inhaled", _l("吸入")),
    ("oral_local", _l("口腔局部")),
    ("rectal_local", _l("直肠局部")),
    ("vaginal", _l("阴道用")),
    ("none", _l("不适用")),
)
RX_CLASS, INGREDIENTS, ROUTE, DAYS_SUPPLY = (
    "pharmacy.rx_class", "pharmacy.ingredients", "pharmacy.route", "pharmacy.days_supply",
)  # fmt: skip
EPHEDRINE, PSYCHOTROPIC, PREGNANCY, MIN_AGE, ATC = (
    "pharmacy.ephedrine", "pharmacy.psychotropic", "pharmacy.pregnancy", "pharmacy.min_age_years", "pharmacy.atc",
)  # fmt: skip
# The joint notice of 2012 names these; products of the herb are not counted.
EPHEDRINES = frozenset({"pseudoephedrine", "ephedrine", "methylephedrine"})
_GOODS = frozenset({"goods"})

ATTRIBUTES = [
    ItemAttribute("pharmacy.rx_class", _l("药品分类"), "choice", RX_CLASSES, _GOODS, order=10),
    ItemAttribute("pharmacy.ingredients", _l("成分"), "choices", (), _GOODS, _l("英文通用名，多个成分逐个填写。"), 20),
    ItemAttribute("pharmacy.route", _l("给药途径"), "choice", ROUTES, _GOODS, order=30),
    ItemAttribute("pharmacy.days_supply", _l("每件可用天数"), "number", (), _GOODS, order=40),
    ItemAttribute("pharmacy.atc", _l("ATC 编码"), "text", (), _GOODS, order=50),
    ItemAttribute("pharmacy.form", _l("剂型"), "text", (), _GOODS, order=60),
    ItemAttribute("pharmacy.pack_text", _l("包装规格"), "text", (), _GOODS, order=70),
    ItemAttribute("pharmacy.units_per_pack", _l("每件单位数"), "number", (), _GOODS, order=80),
    ItemAttribute("pharmacy.ephedrine", _l("含麻黄碱"), "flag", (), _GOODS, order=90),
    ItemAttribute("pharmacy.ephedrine_mg_per_pack", _l("每件麻黄碱毫克数"), "number", (), _GOODS, order=100),
    ItemAttribute("pharmacy.psychotropic", _l("精神药品"), "flag", (), _GOODS, order=110),
    ItemAttribute("pharmacy.pregnancy", _l("孕期提示"), "text", (), _GOODS, order=120),
    ItemAttribute("pharmacy.min_age_years", _l("最小年龄（岁）"), "number", (), _GOODS, order=130),
    ItemAttribute("pharmacy.confidence", _l("资料可信度"), "text", (), _GOODS, order=140),
]


def flagged(value: Any) -> bool:
    """Return whether a flag is set; a catalogue from a file holds words: 0, 1, II."""
    return str(value or "").strip().lower() not in ("", "0", "false", "none", "no")


def number(value: Any) -> float | None:
    """Return a number, or None where none was told."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


@lru_cache(maxsize=4096)
def ingredient_code(text: str) -> str:
    """Return the code of an ingredient however it was written: capitals, blanks, its Chinese name. Else the text.

    What comes by import or from another system is spelled by others; a spelling must not be a way around the check.
    """
    plain = " ".join(str(text).split())
    if substance_of("ingredient", plain) is not None:
        return plain
    lower = plain.lower()
    for one in find_substances(plain) if plain else ():
        if one.kind == "ingredient" and lower in (one.code.lower(), one.name_zh.lower()):
            return one.code
    return lower if substance_of("ingredient", lower) is not None else plain


def ingredients_of(told: Iterable[str] | None) -> tuple[str, ...]:
    """Return the codes of the ingredients that an item or a medicine names, each once."""
    return tuple(dict.fromkeys(ingredient_code(one) for one in told or ()))


def ephedrine(attributes: Mapping[str, Any]) -> bool:
    """Return whether a medicine holds ephedrine: by its flag or by an ingredient, whichever was filled in."""
    return flagged(attributes.get(EPHEDRINE)) or bool(EPHEDRINES & set(ingredients_of(attributes.get(INGREDIENTS))))
