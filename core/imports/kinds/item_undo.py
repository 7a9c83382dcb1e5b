"""Taking back what an item list did: unused items are deleted, replaced values and prices come back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.catalog import prices
from core.catalog import services as catalog
from core.catalog.models import Item
from core.imports.kinds.keyed import kept, marks
from core.imports.kinds.references import references
from core.kernel import audit
from core.kernel.i18n import _
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.programme.models import DraftEntry, ProgrammeVersion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from core.imports.models import ImportBatch, ImportRow

_OWN = frozenset({"item", "import_row"})


def common_price(session: Session, item: Item) -> int:
    """Return what an item costs today at every store without a price of its own, fen."""
    return int(session.scalar(select(prices.common()).where(Item.id == item.id)) or 0)


def used_since(session: Session, batch: ImportBatch, item_ids: Sequence[int]) -> dict[int, str]:
    """Return the batch's items that were used since, each with the reason."""
    if not item_ids:
        return {}
    st = Statements(session, batch.franchise_id)
    used: dict[int, str] = {}
    rows = session.execute(select(Item.id, Item.code, Item.version).where(Item.id.in_(item_ids))).all()
    named = _named_in_programme(session, [row.code for row in rows])
    for row in rows:
        if row.version != 1:
            used[row.id] = _("之后又改过项目或价格")
        elif row.code in named:
            used[row.id] = _("写进了会员方案")
    for table, column in references("item", {"item_id"}, _OWN):
        # Whatever points to an item of this batch came after the batch: a range of ids, not the whole table.
        sql = (
            f"SELECT DISTINCT {column} FROM {table} WHERE franchise_id = ? AND id > ?"  # noqa: S608
            f" AND {column} IN ({marks(item_ids)})"
        )
        why = _("之后设过库存或价格") if table in {"stock", "item_price"} else _("之后卖过或用过")
        used |= {int(found[0]): why for found in st.all(sql, [st.franchise_id, batch.id, *item_ids])}
    return used


def _named_in_programme(session: Session, codes: Sequence[str]) -> set[str]:
    """Return the codes that the latest programme or the open draft names."""
    newest = select(ProgrammeVersion.document).order_by(ProgrammeVersion.number.desc()).limit(1)
    texts = [*session.scalars(newest), *session.scalars(select(DraftEntry.data))]
    return {code for code in codes if any(f'"{code}"' in text for text in texts)}


def take_out(session: Session, item_ids: Sequence[int]) -> None:
    """Delete items that nothing points to; the trail keeps what they were."""
    for item in session.scalars(select(Item).where(Item.id.in_(item_ids))):
        audit.record(
            session, "imports.item.undone", "item", item.id,
            detail={"code": item.code, "name": item.name, "kind": item.kind, "price_fen": item.price_fen},
        )  # fmt: skip
    session.flush()
    st = Statements(session, current_actor().franchise_id)
    st.run(
        f"DELETE FROM item WHERE franchise_id = ? AND id IN ({marks(item_ids)})",  # noqa: S608
        [st.franchise_id, *item_ids],
    )
    session.expire_all()


def unmoved(session: Session, row: ImportRow) -> tuple[Item, dict[str, Any]] | None:
    """Return the item a row changed and what there was, unless item or price was changed since."""
    before = kept(row)
    item = session.get(Item, row.record_id)
    if before is None or item is None or item.version != before["version"]:
        return None
    if "price" in before and common_price(session, item) != before["price"][1]:
        return None
    return item, before


def take_back(session: Session, row: ImportRow) -> bool:
    """Put back what a row replaced; return False when the item was changed since."""
    found = unmoved(session, row)
    if found is None:
        return False
    item, before = found
    if "price" in before:
        prices.put(session, item, before["price"][0])
    if before["values"]:
        catalog.change(session, item, before["values"])
    session.flush()
    return True
