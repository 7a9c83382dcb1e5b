"""Records that are only read: ledgers, orders, cards. No form, no edit route that answers, whatever the method."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from core.kernel.errors import NotFound
from core.kernel.ids import parse_id
from core.kernel.web import routes
from core.kernel.web.admin_view import AdminView


class BookView(AdminView):
    """The base of record views that nobody changes; what the list leaves out cannot be opened either."""

    edit_permission = None

    def get_one(self, id: Any) -> Any:
        """Return a row that the list would show; raise NotFound for any other."""
        row_id, session = parse_id(id), routes.session()
        query = select(self.record).where(self.record.id == (row_id or 0))
        if self.listing.where is not None:
            query = query.where(self.listing.where(session))
        row = session.scalar(query)
        if row is None:
            raise NotFound
        return row
