"""Key rotation: a new data key for writes, everything re-sealed in the background, then the old retires.

Resumable: what is left to do is read from the rows themselves (the key number stands in each ciphertext),
so a killed rotation goes on where it was. While it runs, look-ups use both keys' blind indexes.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect, select

from core.kernel import keys, schema
from core.kernel.db import Base, FranchiseOwned
from core.kernel.key_models import DataKey
from core.kernel.sealed import Sealed, aad
from core.kernel.statements import Statements
from core.kernel.tenancy import acting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy.orm import Session

    from core.kernel.runtime import Runtime
    from core.kernel.tenancy import Actor

BATCH = 500
SETTLE_SECONDS = 15


def rotate(
    runtime: Runtime, actors: Iterable[Actor], also: Iterable[Callable[[Session], None]] = (),
    settle_seconds: float = SETTLE_SECONDS,
) -> int:  # fmt: skip
    """Rotate the data key (or finish a rotation that was cut off); return how many rows were re-sealed.

    `also` re-keys what is derived in other ways, one franchise at a time. Running processes learn of the
    new key within `settle_seconds`, before any row is touched.
    """
    master = keys.ring().master
    if not _running(runtime):
        with runtime.db.unit("write") as session:
            newest = session.scalars(select(DataKey).order_by(DataKey.number.desc())).first()
            assert newest is not None
            newest.state = "retiring"
            keys.add_key(session, master, newest.number + 1)
        time.sleep(settle_seconds)
    runtime.load_keys()
    done = 0
    for actor in actors:
        with acting(actor):
            for model in owned_models(runtime):
                done += _reseal_table(runtime, actor.franchise_id, model)
            for rekey in also:
                with runtime.db.unit("write") as session:
                    rekey(session)
    with runtime.db.unit("write") as session:
        for row in session.scalars(select(DataKey).where(DataKey.state == "retiring")):
            row.state = "retired"
    runtime.load_keys()
    return done


def _running(runtime: Runtime) -> bool:
    with runtime.db.unit("read") as session:
        return session.scalar(select(DataKey.id).where(DataKey.state == "retiring")) is not None


def owned_models(runtime: Runtime) -> list[Any]:
    """Return the franchise-owned classes of core and loaded plugins that hold ciphertexts."""
    present = schema.table_names(runtime.host)
    classes: list[Any] = [m.class_ for m in Base.registry.mappers if issubclass(m.class_, FranchiseOwned)]
    return sorted(
        (c for c in classes if c.__tablename__ in present and sealed_columns(c)), key=lambda c: c.__tablename__
    )


def sealed_columns(model: Any) -> list[str]:
    """Return the names of the ciphertext columns of a class."""
    return [c.name for c in inspect(model).local_table.columns if c.name.endswith("_sealed")]


def _blind_of(model: Any, column: str) -> Sealed | None:
    fields: dict[str, Sealed] = getattr(model, "sealed_fields", {})
    return next((f for f in fields.values() if f.column == column and f.blind), None)


def _reseal_table(runtime: Runtime, franchise_id: int, model: Any) -> int:
    columns, last, done = sealed_columns(model), 0, 0
    table = model.__tablename__
    while True:
        with runtime.db.unit("write") as session:
            st = Statements(session, franchise_id)
            rows = st.all(
                f"SELECT id, {', '.join(columns)} FROM {table}"  # noqa: S608 (names are ours)
                " WHERE franchise_id = ? AND id > ? ORDER BY id LIMIT ?",
                [franchise_id, last, BATCH],
            )
            for row in rows:
                done += _reseal_row(st, model, columns, row)
        if len(rows) < BATCH:
            return done
        last = int(rows[-1][0])


def _reseal_row(st: Statements, model: Any, columns: list[str], row: tuple[Any, ...]) -> int:
    ring, row_id, changes = keys.ring(), int(row[0]), {}
    for column, blob in zip(columns, row[1:], strict=True):
        if blob is None or ring.number_of(blob) == ring.active:
            continue
        place = aad(model.__tablename__, column, row_id)
        plain = ring.open(blob, place, st.franchise_id)
        changes[column] = ring.seal(plain, place, st.franchise_id)
        field = _blind_of(model, column)
        if field is not None and field.blind:
            index = f"{model.__tablename__}.{field.blind}"
            changes[field.blind] = ring.blind(field.normalise(plain.decode()), index, st.franchise_id)
    if not changes:
        return 0
    sets = ", ".join(f"{name} = ?" for name in changes)
    st.run(
        f"UPDATE {model.__tablename__} SET {sets} WHERE franchise_id = ? AND id = ?",  # noqa: S608
        [*changes.values(), st.franchise_id, row_id],
    )
    return 1
