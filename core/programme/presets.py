"""Reads what a vertical brings along: a programme document and items, as texts that its plugin hands over.

Core never opens a plugin's folder; these are pure functions of the text.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.kernel.errors import Invalid
from core.kernel.i18n import _
from core.programme.codec import Code, Field, Flag, Int, ListOf, OneOf, Problems, Record, Text
from core.programme.document import Programme
from core.programme.document_io import load_yaml, parse_yaml

KINDS = ("service", "goods", "course", "card", "topup")


@dataclass(frozen=True, slots=True)
class PresetItem:
    """An item of a preset. `price_fen` of one piece; `points_fixed` points of one piece (a course: of the
    whole); `session_of` the item whose session a course gives; `includes` what a bundle holds, code ->
    times;
    `desk_script` what the desk says when it sells a card, a line a sentence;
    `attributes` by their full key (core.coupon_classes, pharmacy.rx_class), values text or list of texts."""

    code: str
    name: str
    kind: str
    price_fen: int
    category: str = ""
    name_en: str = ""
    points_fixed: int | None = None
    sessions: int = 0
    session_of: str = ""
    bonus_fen: int = 0
    open_price: bool = False
    includes: Mapping[str, int] = field(default_factory=dict)
    attributes: Mapping[str, str | list[str]] = field(default_factory=dict)
    desk_script: str = ""


class _Mapping(Record):
    """Reads a free mapping as it is."""

    def read(self, data: Any, path: str, problems: Problems) -> Any:
        if isinstance(data, Mapping) and all(isinstance(key, str) for key in data):
            return dict(data)
        problems.add(path, _("应是一组“键: 值”"))
        return None


_FREE = _Mapping(dict, ())
_ITEM = Record(
    PresetItem,
    (
        Field("code", Code()),
        Field("name", Text()),
        Field("kind", OneOf(KINDS)),
        Field("price_fen", Int(0, 10**8)),
        Field("category", Text()),
        Field("name_en", Text(200)),
        Field("points_fixed", Int(0, 10**8)),
        Field("sessions", Int(1, 1000)),
        Field("session_of", Code()),
        Field("bonus_fen", Int(0, 10**8)),
        Field("open_price", Flag()),
        Field("includes", _FREE),
        Field("desk_script", Text(2000)),
        Field("attributes", _FREE),
    ),
)


def load_preset(text: str) -> Programme:
    """The base programme of a preset's YAML text. Raises Invalid as parse does."""
    return parse_yaml(text)


def load_items(text: str) -> list[PresetItem]:
    """The items of a preset: YAML `items: [...]`, or CSV whose header starts with `code,`.

    In CSV a column with a dot is an attribute; its empty cells are left out; core.coupon_classes and
    pharmacy.ingredients are lists joined by `;`. Raises Invalid with the path of every fault
    (items.3.price_fen).
    """
    if text.lstrip("\ufeff").startswith("code,"):
        rows: Any = [_row(row) for row in csv.DictReader(io.StringIO(text.lstrip("\ufeff")))]
    else:
        rows = load_yaml(text).get("items")
    problems = Problems()
    items: list[PresetItem] = ListOf(_ITEM, list).read(rows, "items", problems) or []
    if not problems.errors:
        _cross_check(items, problems)
    if problems.errors:
        raise Invalid(_("项目清单有误：%(first)s", first=problems.errors[0].message), errors=problems.errors)
    return items


def _cross_check(items: list[PresetItem], problems: Problems) -> None:
    codes: set[str] = set()
    for place, item in enumerate(items):
        if item.code in codes:
            problems.add(f"items.{place}.code", _("代码 %(code)s 重复", code=item.code))
        codes.add(item.code)
    for place, item in enumerate(items):
        for code in [*item.includes, *([item.session_of] if item.session_of else [])]:
            if code not in codes:
                problems.add(f"items.{place}", _("没有代码为 %(code)s 的项目", code=code))


_LISTS = ("core.coupon_classes", "pharmacy.ingredients")
_NUMBERS = ("price_fen", "points_fixed", "sessions", "bonus_fen")


def _row(row: Mapping[str, str]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    attributes: dict[str, Any] = {}
    for key, cell in row.items():
        if not cell:
            continue
        if "." in key:
            attributes[key] = cell.split(";") if key in _LISTS else cell
        else:
            plain[key] = int(cell) if key in _NUMBERS and cell.isdigit() else cell
    return {**plain, "attributes": attributes} if attributes else plain
