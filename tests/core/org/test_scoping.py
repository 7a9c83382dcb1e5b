"""Rows of another franchise stay unseen wherever they hide in a statement."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import exists, func, select, union_all
from sqlalchemy.orm import aliased

from core.kernel.tenancy import NoActor, acting
from core.org.models import Staff

OTHER = aliased(Staff)
COUNTS = {
    "count of a column": select(func.count(Staff.id)),
    "bare count": select(func.count()).select_from(Staff),
    "count of a subquery": select(func.count()).select_from(select(Staff.id).subquery()),
    "count of an entity subquery": select(func.count()).select_from(select(Staff).limit(50).subquery()),
    "count of an alias": select(func.count()).select_from(OTHER),
    "count of a union": select(func.count()).select_from(
        union_all(select(Staff.id).where(Staff.active), select(Staff.id).where(~Staff.active)).subquery()
    ),
}


@pytest.mark.parametrize("name", COUNTS)
def test_a_count_counts_our_rows(world, name):
    with acting(world.actor()), world.runtime.db.unit("read") as session:
        assert session.scalar(COUNTS[name]) == 3
    with acting(world.actor(franchise_id=world.other_franchise_id)), world.runtime.db.unit("read") as session:
        assert session.scalar(COUNTS[name]) == 1


def test_exists_is_no_oracle(world):
    theirs = Staff.name == "王外"
    with acting(world.actor()), world.runtime.db.unit("read") as session:
        assert session.scalar(select(exists().where(theirs))) is False
        assert session.scalar(select(select(Staff.id).where(theirs).exists())) is False


def test_without_an_actor_owned_rows_are_an_error_or_nobodys(world):
    with world.runtime.db.unit("read") as session:
        with pytest.raises(NoActor):
            session.scalar(select(Staff.id))
        assert session.scalar(COUNTS["count of a subquery"]) == 0
        assert session.scalar(select(exists().where(Staff.id > 0))) is False


def test_two_franchises_at_once_in_many_threads_see_their_own(world):
    """The criterion of a franchise is kept between statements: it may never be another one's."""

    def counts(franchise_id: int) -> set[int]:
        seen = set()
        for n in range(60):
            with acting(world.actor(franchise_id=franchise_id)), world.runtime.db.unit("read") as session:
                seen.add(session.scalar(list(COUNTS.values())[n % len(COUNTS)]))
        return seen

    ours, theirs = world.franchise_id, world.other_franchise_id
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(counts, [ours, theirs] * 3)) == [{3}, {1}] * 3
