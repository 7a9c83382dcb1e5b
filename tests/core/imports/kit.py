"""Somebody who imports lists: the steps of the wizard without its pages."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from core.imports import engine, reports, runner, services, staging
from core.imports.models import ImportRow
from core.kernel.tenancy import acting
from core.people import services as people
from core.people.models import Person
from tests.core.imports import lists


class Office:
    """The owner of a house and their batches."""

    def __init__(self, installation: Any, house: Any) -> None:
        self.installation, self.house = installation, house
        self.db = installation.runtime.db
        self.actor = installation.actor(house)

    def unit(self, mode: str = "read") -> Any:
        """Return a unit of work; `with acting(office.actor)` goes around it."""
        return self.db.unit(mode)

    def check(self, data: bytes, mapping: Any = None, name: str = "名单.csv") -> int:
        """Upload a list, map it as guessed (or as told) and dry-run it; return the batch's id."""
        batch_id = runner.load(self.db, self.actor, name, data)
        with acting(self.actor), self.unit("write") as session:
            batch = services.get(session, batch_id)
            services.save_mapping(session, batch, mapping or staging.mapping_of(batch))
        runner.check(self.db, self.actor, batch_id)
        return batch_id

    def start(self, batch_id: int) -> None:
        """Let a checked batch run, without running it."""
        with acting(self.actor), self.unit("write") as session:
            services.start(session, services.get(session, batch_id))

    def run(self, batch_id: int) -> dict[str, int]:
        """Run a checked batch and return its counts, which must be those of its dry run."""
        planned = self.planned(batch_id)
        self.start(batch_id)
        runner.run(self.db, self.actor, batch_id)
        assert self.batch(batch_id).state == "done"
        assert self.counted(batch_id) == planned
        return planned

    def take_in(self, data: bytes, mapping: Any = None) -> dict[str, int]:
        """Import a list: dry run and run."""
        return self.run(self.check(data, mapping))

    def take_rows(self, *rows: list[str], headings: tuple[str, ...] = lists.HEADINGS) -> dict[str, int]:
        """Import rows; return how many had each outcome, without the zeros."""
        counts = self.take_in(lists.as_csv([list(row) for row in rows], "utf-8", headings))
        return {key: n for key, n in counts.items() if n}

    def batch(self, batch_id: int) -> Any:
        """Return a batch."""
        with acting(self.actor), self.unit() as session:
            row = services.get(session, batch_id)
            session.expunge_all()
            return row

    def planned(self, batch_id: int) -> dict[str, int]:
        """Return the counts of the dry run."""
        return services.planned(self.batch(batch_id))

    def counted(self, batch_id: int) -> dict[str, int]:
        """Return the counts of the run."""
        return services.counted(self.batch(batch_id))

    def problems(self, batch_id: int) -> dict[int, list[tuple[str, str]]]:
        """Return (field, code) of the problems of each row at fault."""
        with acting(self.actor), self.unit() as session:
            rows = reports.every_faulty_row(session, services.get(session, batch_id))
            return {row.number: [(p[0], p[1]) for p in row.problems] for row in rows}

    def members(self) -> int:
        """Return how many active persons the franchise has."""
        with acting(self.actor), self.unit() as session:
            return session.scalar(select(func.count()).select_from(Person).where(Person.active.is_(True)))

    def find(self, text: str) -> Any:
        """Return the one person that a search finds."""
        with acting(self.actor), self.unit() as session:
            found = people.find(session, text)
            assert len(found) == 1, [one.name for one in found]
            person = found[0]
            _ = (person.phone, person.address)
            session.expunge_all()
            return person

    def outcomes(self, batch_id: int) -> dict[str, int]:
        """Return how many rows of a batch have each outcome."""
        with acting(self.actor), self.unit() as session:
            statement = (
                select(ImportRow.outcome, func.count())
                .where(ImportRow.import_batch_id == batch_id)
                .group_by(ImportRow.outcome)
            )
            return dict(session.execute(statement).all())


def row(**cells: str) -> list[str]:
    """Return a row in the order of lists.HEADINGS; cells are named as the fields are."""
    keys = (
        "name", "phone", "gender", "birth", "calendar", "occupation", "company", "address", "email", "tier", "card",
        "referrer", "tags", "note", "guardian", "source",
    )  # fmt: skip
    assert set(cells) <= set(keys)
    return [cells.get(key, "") for key in keys]


def read_problems(text: str) -> Any:
    """Return stored problems."""
    return engine.read_problems(text)
