"""The sections of a programme document as the editor shows them: lists of entries, or one entry at most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.kernel.i18n import _l
from core.programme import spec
from core.programme.codec import Codec, Field, ListOf, Record


@dataclass(frozen=True, slots=True)
class Section:
    """One key of the document. `many`: a list of entries with codes; else one entry or none.

    `needed` sections are always there (points, tiers, rounding); `start` is what a new entry begins with.
    """

    key: str
    name: Any
    one: Any
    many: bool
    entry: Codec
    needed: bool = False
    start: tuple[tuple[str, Any], ...] = ()


_NAMES: dict[str, tuple[Any, Any, bool, dict[str, Any]]] = {
    "tiers": (_l("等级"), _l("等级"), True, {"from": {"spend_fen": 0}}),
    "points": (_l("积分标准"), _l("积分标准"), True, {}),
    "earn_rules": (_l("积分规则"), _l("积分规则"), False, {"on": "paid", "items": "all"}),
    "promotions": (_l("活动"), _l("活动"), False, {"when": {}, "items": "all"}),
    "coupons": (_l("券"), _l("券"), False, {"items": {}}),
    "card_products": (_l("会员卡"), _l("会员卡"), False, {}),
    "tender": (_l("积分抵现"), _l("积分抵现"), False, {"points_step": 100, "fen_per_step": 100, "cap_bp": 3000}),
    "rewards": (_l("积分礼品"), _l("礼品"), False, {}),
    "referral": (_l("推荐"), _l("推荐"), False, {"on": "registration", "referrer_points": 100}),
    "streaks": (_l("连续到店"), _l("连续到店奖励"), False, {}),
    "rounding": (_l("抹零"), _l("抹零"), True, {}),
    "stored_value": (_l("储值"), _l("储值"), False, {}),
    "privileges": (_l("达标权益"), _l("达标权益"), False, {}),
    "event_points": (_l("活动积分"), _l("活动积分"), False, {"min_points": 0, "max_points": 0}),
}  # fmt: skip


def _section(key: str, field: Field) -> Section:
    name, one, needed, start = _NAMES[key]
    many = isinstance(field.codec, ListOf)
    entry = field.codec.item if isinstance(field.codec, ListOf) else field.codec
    return Section(key, name, one, many, entry, needed, tuple(start.items()))


_FIELDS = {field.key: field for field in spec.PROGRAMME.fields}
SECTIONS: dict[str, Section] = {key: _section(key, _FIELDS[key]) for key in _NAMES}
"""In the order in which the editor shows them."""


def split(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return (section, data) of every entry of a dumped document, in order."""
    found: list[tuple[str, dict[str, Any]]] = []
    for key, section in SECTIONS.items():
        value = document.get(key)
        if section.many:
            found.extend((key, one) for one in value or [])
        elif value is not None or section.needed:
            found.append((key, value or {}))
    return found


def join(key: str, entries: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """Return the document made of entries given in order: the inverse of `split`."""
    document: dict[str, Any] = {"programme": key}
    for section, data in entries:
        if SECTIONS[section].many:
            document.setdefault(section, []).append(data)
        else:
            document[section] = data
    return document


def records(codec: Codec) -> list[Record]:
    """Return the records that a codec reads: itself, or those of a tagged choice."""
    if isinstance(codec, Record):
        return [codec]
    return list(getattr(codec, "records", ()))
