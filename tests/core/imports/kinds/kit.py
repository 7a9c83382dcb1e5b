"""Somebody who imports lists of one kind, and the checks that every kind must pass."""

from __future__ import annotations

import csv
import io
from typing import Any

from sqlalchemy import select

from core.imports import kinds, reports, runner, services, staging, undo
from core.imports.models import ImportRow
from core.kernel.models import AuditEntry
from core.kernel.tenancy import acting
from tests.core.imports import lists
from tests.core.imports.kit import Office


class Bureau(Office):
    """A role of a house that imports lists of one kind."""

    def __init__(self, installation: Any, house: Any, kind: str, role: str = "owner") -> None:
        super().__init__(installation, house)
        self.actor = installation.actor(house, role)
        self.kind = kinds.of(kind)

    def check(self, data: bytes, mapping: Any = None, name: str = "名单.csv") -> int:
        """Upload a list, map it as guessed (or as told) and dry-run it; return the batch's id."""
        batch_id = runner.load(self.db, self.actor, name, data, self.kind)
        with acting(self.actor), self.unit("write") as session:
            batch = services.get(session, batch_id)
            services.save_mapping(session, batch, mapping or staging.mapping_of(batch))
        runner.check(self.db, self.actor, batch_id)
        return batch_id

    def take(self, headings: tuple[str, ...], *rows: list[str], sheet: bool = False) -> tuple[int, dict[str, int]]:
        """Import rows as a GB18030 CSV or an XLSX; return the batch and its outcomes without the zeros."""
        given = [list(row) for row in rows]
        data = lists.as_xlsx(given, headings) if sheet else lists.as_csv(given, "gb18030", headings)
        batch = self.check(data)
        return batch, {key: n for key, n in self.run(batch).items() if n}

    def errors(self, batch_id: int) -> list[dict[str, str]]:
        """Return the lines of the batch's error file by heading."""
        with acting(self.actor), self.unit() as session:
            batch = services.get(session, batch_id)
            lines = reports.error_lines(
                self.kind, reports.every_faulty_row(session, batch), staging.headings_of(batch),
                staging.mapping_of(batch).columns,
            )  # fmt: skip
            text = reports.error_csv(lines).decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text)))

    def sample(self, batch_id: int) -> list[Any]:
        """Return what the first rows would write."""
        with acting(self.actor), self.unit() as session:
            return reports.sample(session, services.get(session, batch_id), [2, 3, 4, 5, 6])

    def take_back(self, batch_id: int) -> tuple[undo.Effect, undo.Effect]:
        """Undo a batch; return what was foreseen and what was done."""
        with acting(self.actor), self.unit("write") as session:
            batch = services.get(session, batch_id)
            foreseen = undo.effect(session, batch)
            undo.begin(session, batch)
        runner.take_back(self.db, self.actor, batch_id)
        with acting(self.actor), self.unit() as session:
            return foreseen, undo.done(session, services.get(session, batch_id))

    def rows(self, batch_id: int) -> list[Any]:
        """Return the rows of a batch."""
        with acting(self.actor), self.unit() as session:
            found = session.scalars(
                select(ImportRow).where(ImportRow.import_batch_id == batch_id).order_by(ImportRow.number)
            ).all()
            session.expunge_all()
            return list(found)

    def actions(self, kind: str) -> list[str]:
        """Return the actions of the trail about objects of a kind, in order."""
        with acting(self.actor), self.unit() as session:
            found = select(AuditEntry.action).where(AuditEntry.object_kind == kind).order_by(AuditEntry.id)
            return list(session.scalars(found))
