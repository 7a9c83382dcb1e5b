"""`verify`: recompute everything and name the first difference; freeze what does not add up (C34)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, text

from core.cash import verify as cash_checks
from core.courses import verify as course_checks
from core.kernel import audit, clock, schema
from core.kernel.command import every_franchise
from core.kernel.statements import Statements
from core.kernel.tenancy import acting, current_actor
from core.ledger import verify as ledger_checks
from core.orders import verify as order_checks
from core.org import franchises
from core.people.models import Person
from core.programme import services as programmes
from core.referrals import verify as referral_checks
from core.rewards import verify as reward_checks
from core.tiers import movement
from core.tiers import services as tiers
from core.wallet import verify as wallet_checks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from core.kernel.runtime import Runtime

BATCH = 500
FREEZING = ("ledger.", "orders.", "coupons.", "cards.", "courses.", "wallet.", "rewards.", "referrals.", "tiers.")


@dataclass(frozen=True, slots=True)
class Result:
    """One check's outcome; `difference` is the first one found, None when all is well."""

    name: str
    difference: str | None

    def to_json(self) -> dict[str, Any]:
        """Return the check as `verify --json` spells it."""
        plain: dict[str, Any] = {"name": self.name, "ok": self.difference is None}
        if self.difference:
            plain["first_difference"] = self.difference
        return plain


def verify(runtime: Runtime, anchor: Path | None = None, *, freeze: bool = True) -> list[Result]:
    """Check the whole installation and return every outcome; freeze a franchise that does not add up."""
    results = [*_of_database(runtime)]
    heads = read_anchor(anchor) if anchor else {}
    for actor in every_franchise(runtime.db):
        with acting(actor):
            with runtime.db.unit("read") as session:
                found = list(_of_franchise(session, heads.get(actor.franchise_id, {})))
            failed = [r for r in found if r.difference and r.name.startswith(FREEZING)]
            if failed and freeze:
                with runtime.db.unit("write") as session:
                    franchises.freeze(session, f"{failed[0].name}: {failed[0].difference}")
        results += [Result(f"{r.name}@{actor.franchise_id}", r.difference) for r in found]
    return results


def _of_database(runtime: Runtime) -> Iterator[Result]:
    missing = schema.missing_triggers(runtime.db.engine)
    yield Result("schema.triggers", missing[0] if missing else None)
    if runtime.db.dialect != "sqlite":
        return
    with runtime.db.unit("read") as session:
        integrity = session.execute(text("PRAGMA integrity_check")).scalar()
        broken = session.execute(text("PRAGMA foreign_key_check")).first()
    yield Result("database.integrity", None if integrity == "ok" else str(integrity))
    yield Result("database.foreign_keys", _nowhere(broken))


def _nowhere(row: Any) -> str | None:
    return f"row {row[1]} of {row[0]} points nowhere" if row else None


def _of_franchise(session: Session, heads: dict[int, str]) -> Iterator[Result]:
    fid = current_actor().franchise_id
    rooms = (
        ledger_checks, order_checks, course_checks, wallet_checks, reward_checks, referral_checks, cash_checks,
    )  # fmt: skip
    for room in rooms:
        yield from (Result(name, difference) for name, difference in room.check(session, fid))
    yield Result("tiers.recomputed", next(_tiers(session), None))
    yield Result("audit.chain", next(iter(audit.check_chain(session)), None))
    yield Result("audit.anchor", next(iter(audit.check_anchor(session, heads)), None))


def _tiers(session: Session) -> Iterator[str]:
    """Yield a sentence for each member whose tier is not what their events say (I37)."""
    actor = current_actor()
    today = clock.today(actor.tz)
    programme = programmes.in_force(session)
    st = Statements(session, actor.franchise_id)
    # A new version moves tiers by a job: members it has not come to yet still hold what the old one gave.
    moving = movement.due(session, programme.version)
    last = 0
    while True:
        rows = session.execute(
            select(Person.id, Person.tier_code, Person.tier_until, Person.joined_at)
            .where(Person.id > last, Person.visits > 0)
            .order_by(Person.id)
            .limit(BATCH)
        ).all()
        for person_id, tier_code, until, joined_at in rows:
            if until is not None and until < today:
                continue  # its review is due; the nightly job books it
            if moving is not None and person_id > moving.position:
                continue
            says = tiers.standing_of(st, person_id, programme, today, actor.tz, joined_at).tier
            if says != tier_code:
                yield f"person {person_id} holds {tier_code}, the events say {says}"
        if len(rows) < BATCH:
            return
        last = rows[-1][0]


def read_anchor(path: Path) -> dict[int, dict[int, str]]:
    """Return {franchise: {block: head}} of an anchor file; lines are `franchise block head`."""
    found: dict[int, dict[int, str]] = {}
    if not path.exists():
        return found
    for line in path.read_text(encoding="ascii").splitlines():
        parts = line.split()
        if len(parts) == 3 and parts[0].isdigit() and parts[1].isdigit():
            found.setdefault(int(parts[0]), {})[int(parts[1])] = parts[2]
    return found
