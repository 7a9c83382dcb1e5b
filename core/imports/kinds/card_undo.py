"""Taking back what a card list did: unused cards are given back, corrected ones are as they were."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.cards import imported
from core.cards.models import Card
from core.imports.kinds.keyed import kept, marks
from core.imports.models import ImportRow
from core.kernel.i18n import _
from core.kernel.statements import Statements

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from core.imports.models import ImportBatch

_DAYS = ("valid_from", "valid_until")


def _rows(session: Session, batch: ImportBatch, card_ids: Sequence[int]) -> dict[int, ImportRow]:
    found = select(ImportRow).where(ImportRow.import_batch_id == batch.id, ImportRow.record_id.in_(card_ids))
    return {row.record_id: row for row in session.scalars(found) if row.record_id}


def used_since(session: Session, batch: ImportBatch, card_ids: Sequence[int]) -> dict[int, str]:
    """Return the batch's new cards that were used or changed since, or whose people bought, each with the reason."""
    if not card_ids:
        return {}
    used: dict[int, str] = {}
    rows = _rows(session, batch, card_ids)
    for card in session.scalars(select(Card).where(Card.id.in_(card_ids))):
        before = kept(rows[card.id])
        if before is None or card.version != before["version"]:
            used[card.id] = _("之后又改过这张卡")
    st = Statements(session, batch.franchise_id)
    place = [batch.franchise_id, *card_ids]
    for sql, why in (
        (
            "SELECT source_id FROM coupon_use WHERE franchise_id = ? AND source_kind = 'card'"  # noqa: S608
            f" AND source_id IN ({marks(card_ids)})",
            _("卡里的券用过了"),
        ),
        (
            "SELECT s.card_id FROM card_seat s JOIN orders o ON o.franchise_id = s.franchise_id"  # noqa: S608
            " AND o.person_id = s.person_id AND o.id > s.id"
            f" WHERE s.franchise_id = ? AND s.card_id IN ({marks(card_ids)})",
            _("持卡人或家人之后消费过"),
        ),
        (
            "SELECT s.card_id FROM card_seat s JOIN order_line l ON l.franchise_id = s.franchise_id"  # noqa: S608
            " AND l.for_person_id = s.person_id AND l.id > s.id"
            f" WHERE s.franchise_id = ? AND s.card_id IN ({marks(card_ids)})",
            _("持卡人或家人之后消费过"),
        ),
        (
            "SELECT card_id FROM card_seat WHERE franchise_id = ?"  # noqa: S608
            f" AND card_id IN ({marks(card_ids)}) AND (left_at IS NOT NULL OR role NOT IN ('holder', 'other'))",
            _("之后又改过这张卡"),
        ),
    ):
        used = {int(row[0]): why for row in st.all(sql, place)} | used
    return used


def take_out(session: Session, batch: ImportBatch, card_ids: Sequence[int]) -> None:
    """Give cards back: nobody has a seat on them, their numbers may come again."""
    rows = _rows(session, batch, card_ids)
    for card in session.scalars(select(Card).where(Card.id.in_(card_ids))).all():
        imported.give_back(session, card, (kept(rows[card.id]) or {}).get("tokens", ()))


def unmoved(session: Session, row: ImportRow) -> tuple[Card, dict[str, Any]] | None:
    """Return the card a row changed and what there was, unless it was changed since."""
    before = kept(row)
    card = session.get(Card, row.record_id)
    return (card, before) if before and card is not None and card.version == before["version"] else None


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def take_back(session: Session, row: ImportRow) -> bool:
    """Put back what a row replaced; return False when the card was changed since."""
    found = unmoved(session, row)
    if found is None:
        return False
    card, before = found
    values = {key: _day(value) if key in _DAYS else value for key, value in before["values"].items()}
    imported.put_back(session, card, values, before["family"], before["tokens"], alone=before["alone"])
    return True
