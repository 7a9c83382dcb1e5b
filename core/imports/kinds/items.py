"""Items of the catalogue: found by code, priced by the price table, with the attributes of the plugins that are on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.catalog import permissions, prices
from core.catalog import rules as catalog_rules
from core.catalog import services as catalog
from core.catalog.models import Item
from core.catalog.words import KIND_NAMES
from core.hookattributes import attributes_for, check_values, merged
from core.imports import rules, words
from core.imports.kinds import cells, item_undo
from core.imports.kinds.base import Wording
from core.imports.kinds.keyed import KeyedKind, KeyedTask, KeyedWriter
from core.imports.rules import Field
from core.imports.settings import ITEMS_PRESET
from core.kernel.i18n import _, _l, listed, ngettext
from core.kernel.ids import new_id
from core.kernel.runtime import runtime
from core.kernel.tenancy import current_actor
from core.kernel.web.formats import number, yuan

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from core.hooktypes import ItemAttribute
    from core.imports.cleaning import Problem
    from core.imports.kinds.keyed import Known, Row
    from core.imports.models import ImportBatch, ImportRow
    from core.imports.outcomes import Decision
    from core.imports.rules import ColumnMap, Vocabulary

CLASSES = "core.coupon_classes"
FIELDS = (
    Field("code", _l("编码")), Field("name", _l("名称")), Field("kind", _l("类型")), Field("price", _l("价格（元）")),
    Field("category", _l("分类")), Field("barcode", _l("条码")), Field("points_fixed", _l("固定积分")),
    Field("sessions", _l("疗程次数")), Field("active", _l("在售")), Field(CLASSES, _l("券类别")),
    Field("sensitive", _l("敏感项目")),
)  # fmt: skip
# Columns of the item itself, by field; price goes to the price table, attributes are merged.
COLUMNS = ("name", "category", "barcode", "points_fixed", "sessions", "active", "sensitive")
LENGTHS = {"name": 120, "category": 40, "barcode": 40}
MAX_POINTS, MAX_SESSIONS, MAX_CLASSES = 10**8, 1000, 20

WORDS = Wording(
    title=_l("导入项目"),
    noun=_l("项目"),
    wants=_l("编码必填；新项目还要名称、类型、价格；分类、条码、固定积分、疗程次数、在售和业态属性可选"),
    checks=(
        _l("第一行是列名，例如“编码”“名称”“类型”“价格”。"),
        _l("价格的单位是元；已有项目的新价格从今天起生效，以前的订单不变。"),
        _l("会员卡和充值项目不在这里新增，请在项目页新增。"),
    ),
    recognised=(_l("编码相同，大小写也要一致"),),
    filled=_l("已有的项目只更新填了内容的格子；类型建档后不能改。"),
    record=_l("项目资料"),
    name=_l("项目"),
    run=lambda n: ngettext("执行导入 %(many)s 个项目", "执行导入 %(many)s 个项目", n, many=number(n)),
    nothing=_l("名单里的项目都已在系统里且没有变化；执行也不会改动任何资料。"),
    none_at_all=_l("没有导入任何项目。"),
    taken_out=(_l("删去的新项目"), lambda n: ngettext("%(many)s 个", "%(many)s 个", n, many=number(n))),
    restored=_l("恢复原样的项目"),
    stays=_l("保留不动的项目"),
    used=_l("导入后卖过、改过、设过库存或写进会员方案的项目会保留。恢复的价格从今天起生效，价格历史保留；审计记录保留。"),
    undo=lambda n: ngettext("撤销本批 %(many)s 个", "撤销本批 %(many)s 个", n, many=number(n)),
    undone=lambda p, c, s: _(
        "删去了 %(p)s 个新项目，恢复了 %(c)s 个项目；%(s)s 个因之后用过或改过而保留。",
        p=number(p), c=number(c), s=number(s),
    ),
    until=lambda at: _("可以撤销到 %(at)s；之后卖过或改过的项目会保留。", at=at),
    late=_l("之后又改过项目或价格"),
    too_late=_l("只能在导入结束后 24 小时内撤销。现在请逐个修改项目。"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Existing:
    """What is known of an item; `price` is today's at every store without one of its own, fen."""

    kind: str
    values: dict[str, Any]
    price: int
    attributes: dict[str, Any]


def specs() -> list[ItemAttribute]:
    """Return the attributes that the plugins that are on offer, in order."""
    host = runtime().host
    return sorted(attributes_for(host, current_actor().plugins), key=lambda s: (s.order, s.key)) if host else []


def _kinds() -> str:
    return listed(str(KIND_NAMES[kind]) for kind in words.ITEM_KINDS)


def _cleaner(spec: ItemAttribute) -> Callable[[str], Any]:
    """Return the cleaner of a plugin's attribute: codes and labels of its choices, numbers, yes or no, text."""
    if spec.kind == "flag":
        return cells.flag
    if spec.kind == "number":
        return cells.whole(0, 10**9)
    one: Callable[[str], str] = cells.text(200)
    if spec.choices:
        table = cells.squeezed_table((value, (str(label),)) for value, label in spec.choices)
        one = cells.choice(table, "bad_choice", lambda: listed(str(label) for _value, label in spec.choices))
    return cells.several(one, MAX_CLASSES) if spec.kind == "choices" else one


@dataclass
class ItemsTask(KeyedTask):
    """What the rows of an item list are judged by."""

    specs: dict[str, ItemAttribute]

    def look_up(self, session: Session, known: Known, keys: Sequence[str]) -> None:
        """Add the items with these codes."""
        for item, price in session.execute(select(Item, prices.common()).where(Item.code.in_(keys))):
            known.ids[item.code] = item.id
            known.found[item.id] = Existing(
                item.kind, {key: getattr(item, key) for key in COLUMNS}, int(price), catalog.attributes_of(item)
            )

    def refused(self, row: Row, known: Known) -> list[Problem]:
        """Return what a new item lacks, and attributes that its kind has not."""
        wanted = (("name", "missing_item_name"), ("kind", "missing_kind"), ("price", "missing_price"))
        problems: list[Problem] = [(key, code, None) for key, code in wanted if key not in row.values]
        kind = row.values.get("kind", "")
        if kind == "course" and not row.values.get("sessions"):
            problems.append(("sessions", "missing_sessions", None))
        return problems + self._foreign(row, kind)

    def _foreign(self, row: Row, kind: str) -> list[Problem]:
        """Return the attributes that items of this kind have not."""
        return [
            (key, "not_for_kind", None)
            for key, spec in self.specs.items()
            if kind and row.values.get(key) and kind not in spec.item_kinds
        ]

    def against(self, row: Row, now: Existing, known: Known) -> tuple[dict[str, Any], list[Problem]]:
        """Return what a row changes of an item; its kind stays, as on the item's page."""
        given = row.values
        if given.get("kind", now.kind) != now.kind:
            return {}, [("kind", "kind_fixed", str(KIND_NAMES.get(now.kind, now.kind)))]
        problems = self._foreign(row, now.kind)
        if problems:
            return {}, problems
        changes = {key: given[key] for key in COLUMNS if key in given and given[key] != now.values[key]}
        if "price" in given and given["price"] != now.price:
            changes["price"] = given["price"]
        for key in (CLASSES, *self.specs):
            if key in given and not _same(given[key], now.attributes.get(key)):
                changes[key] = given[key]
        if now.kind == "course" and changes.get("sessions") == 0:
            return {}, [("sessions", "missing_sessions", None)]
        return changes, []

    def attributes(self, old: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
        """Return the attributes to store: what a row says, else what there is; "no" takes a mark away."""
        given = {key: ("" if values[key] is False else values[key]) for key in self.specs if key in values}
        assert not check_values(self.specs.values(), given)
        found = merged(old, given, self.specs.values())
        return {**found, CLASSES: values[CLASSES]} if CLASSES in values else found

    def writer(self, session: Session) -> ItemsWriter:
        """Return a writer of items."""
        return ItemsWriter(session, self)

    def present(self, now: Existing, name: str) -> Any:
        """Return what an item has in a field."""
        if name == "price":
            return now.price
        return now.kind if name == "kind" else now.values.get(name, now.attributes.get(name))

    def shown(self, name: str, value: Any) -> str:
        """Return a value in words."""
        if name == "price":
            return yuan(value)
        if name == "kind":
            return str(KIND_NAMES.get(value, value))
        if isinstance(value, bool):
            return _("是") if value else _("否")
        labels = {code: str(label) for code, label in self.specs[name].choices} if name in self.specs else {}
        several = value if isinstance(value, list) else [] if value in (None, "") else [value]
        return "、".join(labels.get(one, number(one) if isinstance(one, int) else str(one)) for one in several)


def _same(new: Any, old: Any) -> bool:
    """Return whether an attribute stays as it is: an absent mark is a no, a number may be kept as text."""
    if new is False or old in (None, "", []):
        return (new or None) == (old or None)
    return sorted(new) == sorted(old) if isinstance(new, list) and isinstance(old, list) else str(new) == str(old)


class ItemsWriter(KeyedWriter):
    """New items in one go, changes by the verbs of the catalogue."""

    def __init__(self, session: Session, task: ItemsTask) -> None:
        super().__init__(session, task)
        self._new: list[dict[str, Any]] = []

    def create(self, draft: Any, row: Row, decision: Decision) -> int:
        """Note an item to be made and return its id."""
        item_id, given = new_id(), row.values
        self._new.append({
            "id": item_id, "code": row.key, "name": given["name"], "kind": given["kind"], "price_fen": given["price"],
            "attributes": self.task.attributes({}, given), **{key: given[key] for key in COLUMNS if key in given},
        })  # fmt: skip
        self.remember(row, version=1)
        return item_id

    def change(self, row: Row, decision: Decision) -> None:
        """Change an item: its price from today on, the rest as its page does; remember what there was."""
        item = self.session.get(Item, decision.record)
        assert item is not None
        changes = decision.changes
        old = catalog.attributes_of(item)
        before: dict[str, Any] = {key: getattr(item, key) for key in COLUMNS if key in changes}
        values = {key: changes[key] for key in COLUMNS if key in changes}
        attributes = self.task.attributes(old, changes)
        if attributes != old:
            before["attributes"], values["attributes"] = old, attributes
        kept: dict[str, Any] = {"values": before}
        if "price" in changes:
            kept["price"] = [item_undo.common_price(self.session, item), changes["price"]]
            prices.put(self.session, item, changes["price"])
        if values:
            catalog.change(self.session, item, values)
        else:
            item.version += 1
        self.session.flush()
        self.remember(row, version=item.version, **kept)

    def flush(self) -> None:
        """Write the new items."""
        catalog.add_many(self.session, self._new, action="imports.item.created")
        self._new.clear()


class ItemsKind(KeyedKind):
    """Services, goods and courses."""

    key = "items"
    icon = "tag"
    permission = permissions.EDIT
    preset = ITEMS_PRESET
    keys = ("code",)
    words = WORDS

    def vocabulary(self) -> Vocabulary:
        """Return the fields of an item, with the attributes of the plugins that are on."""
        extra = [Field(spec.key, spec.label) for spec in specs()]
        headings = {CLASSES if key == "classes" else key: other for key, other in words.ITEM_HEADINGS.items()}
        return rules.vocabulary((*FIELDS, *extra), ("code",), headings)

    def task(
        self, session: Session, headings: Sequence[str], mapping: ColumnMap, today: date, batch_id: int, sha256: bytes
    ) -> ItemsTask:
        """Return what an item list is judged by."""
        offered = {spec.key: spec for spec in specs()}
        kinds = cells.squeezed_table((k, (*other, str(KIND_NAMES[k]))) for k, other in words.ITEM_KINDS.items())
        cleaners: dict[str, Callable[[str], Any]] = {
            "code": cells.code(catalog_rules.CODE, "bad_code"), "kind": cells.choice(kinds, "bad_kind", _kinds),
            "price": cells.money(catalog_rules.MAX_FEN), "points_fixed": cells.whole(0, MAX_POINTS),
            "sessions": cells.whole(0, MAX_SESSIONS), "active": cells.flag, "sensitive": cells.flag,
            CLASSES: cells.several(cells.text(40), MAX_CLASSES),
            **{key: cells.text(most) for key, most in LENGTHS.items()},
            **{key: _cleaner(spec) for key, spec in offered.items()},
        }  # fmt: skip
        places = self.places(headings, mapping)
        return ItemsTask(today, batch_id, places, cleaners, "code", self.vocabulary().labels(), offered)

    def used(self, session: Session, batch: ImportBatch, record_ids: Sequence[int]) -> dict[int, str]:
        """Return the items that were sold, changed, stocked, priced or written into the programme since."""
        return item_undo.used_since(session, batch, record_ids)

    def take_out(self, session: Session, batch: ImportBatch, record_ids: Sequence[int]) -> None:
        """Delete items that nothing points to: their codes are free again."""
        item_undo.take_out(session, record_ids)

    def unmoved(self, session: Session, row: ImportRow) -> Any:
        """Return the item and what there was before, unless item or price was changed since."""
        return item_undo.unmoved(session, row)

    def take_back(self, session: Session, row: ImportRow) -> bool:
        """Put back what a row replaced; an old price counts again from today on."""
        return item_undo.take_back(session, row)
