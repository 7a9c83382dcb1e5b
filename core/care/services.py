"""Verbs of health facts: ask, note, change. They read, lock, check, write, flush and never commit.

A fact that protects a person is kept although a consent is missing; it is then an emergency note (product.md: an
allergy that cannot be noted because a consent is missing must never happen). Nothing is ever removed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import false, func, or_, select

from core.care import rules
from core.care.models import HealthChange, HealthFact, HealthRecord
from core.kernel import audit, clock
from core.kernel.errors import Conflict, Invalid, NotFound
from core.kernel.i18n import _
from core.kernel.tenancy import current_actor
from core.people import consents
from core.people.models import Person

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

PURPOSE = "health"
WHY_MOST = 200


def today() -> date:
    """Return the day in the franchise's zone."""
    return clock.today(current_actor().tz)


def consented(session: Session, person_ids: Iterable[int]) -> set[int]:
    """Return who of these agrees today to their health data being kept (PIPL art. 29)."""
    return consents.agreed(session, set(person_ids), PURPOSE)


def open_record(session: Session, person_id: int, version: int | None = None) -> HealthRecord:
    """Return a person's record, locked and made where there is none; raise NotFound for nobody of the franchise.

    `version` is what the caller saw (0: no record yet). Raises Conflict `stale_version` when it has moved since.
    """
    if session.scalar(select(Person.id).where(Person.id == person_id).with_for_update()) is None:
        raise NotFound(_("没有找到这位会员。"))
    row = session.scalar(
        select(HealthRecord).where(HealthRecord.person_id == person_id).execution_options(populate_existing=True)
    )
    have = row.version if row else 0
    if version is not None and version != have:
        raise Conflict(
            _("这位会员的健康安全信息刚被别人修改过。请核对最新内容后再保存。"), code="stale_version",
            extra={"version": have},
        )  # fmt: skip
    if row is None:
        row = HealthRecord(person_id=person_id, allergy_status=rules.UNKNOWN, version=0)
        session.add(row)
    return row


def set_status(session: Session, person_id: int, status: str, version: int | None = None) -> HealthRecord:
    """Note the answer to "any allergies?": none_known, or unknown (asked again). Listed follows from allergies alone.

    Raises Conflict `allergies_listed` for none_known while an allergy counts, Invalid for another status.
    """
    row = open_record(session, person_id, version)
    if status not in (rules.UNKNOWN, rules.NONE_KNOWN):
        raise Invalid.field("allergy_status", _("只能记“无已知过敏”或“未询问”；有过敏请直接登记过敏。"))
    if active_allergies(session, person_id):
        raise Conflict(
            _("已登记有过敏，不能改成“%(status)s”。请先把不成立的过敏标为已否定。", status=rules.STATUSES[status]),
            code="allergies_listed",
        )
    _answer(session, row, status)
    return row


def _answer(session: Session, row: HealthRecord, status: str) -> None:
    before = row.allergy_status
    row.allergy_status = status
    row.asked_on, row.asked_by = (today(), current_actor().staff_id) if status != rules.UNKNOWN else (None, None)
    _touch(session, row)
    audit.record(
        session, "care.allergies.asked", "person", row.person_id, person_id=row.person_id,
        detail={"changes": {"allergy_status": [before, status]}},
    )  # fmt: skip


def _touch(session: Session, row: HealthRecord) -> None:
    row.version = (row.version or 0) + 1
    session.flush()


def active_allergies(session: Session, person_id: int) -> int:
    """Return how many allergies of a person count now."""
    count = select(func.count()).where(
        HealthFact.person_id == person_id, HealthFact.kind == rules.ALLERGY, HealthFact.status == rules.ACTIVE
    )
    return int(session.scalar(count) or 0)


def facts_of(session: Session, person_id: int) -> list[HealthFact]:
    """Return every fact of a person, those that no longer hold too, newest first."""
    return list(
        session.scalars(select(HealthFact).where(HealthFact.person_id == person_id).order_by(HealthFact.id.desc()))
    )


def note(
    session: Session, person_id: int, new: rules.New, *, version: int | None = None, source_ref: str = ""
) -> HealthFact:
    """Note a fact and return its row: the one that says the same and still holds, brought up to date, or a new one.

    Without consent it becomes an emergency note. A dated state takes the place of the one before it. `source_ref`
    names what brought it: what it brought once is returned as it is. Raises NotFound and Conflict `stale_version`.
    """
    record = open_record(session, person_id, version)
    if source_ref:
        brought = session.scalar(
            select(HealthFact).where(
                HealthFact.source_ref == source_ref, HealthFact.person_id == person_id, HealthFact.kind == new.kind
            )
        )
        if brought is not None:
            return brought
    known = same(session, person_id, new)
    if known is not None and new.kind != rules.PHYSIOLOGY and not source_ref:
        return _renew(session, record, known, new)
    if known is not None and new.kind == rules.PHYSIOLOGY:
        _change(session, known, rules.REPLACED, "")
    row = HealthFact(
        person_id=person_id, kind=new.kind, status=rules.ACTIVE, source_ref=source_ref[:60],
        emergency=person_id not in consented(session, [person_id]), noted_at=clock.now_ms(),
        noted_by=current_actor().staff_id, store_id=current_actor().store_id,
    )  # fmt: skip
    row.code = new.code
    row.body = json.dumps(dict(new.body), ensure_ascii=False)
    session.add(row)
    audit.record(
        session, f"care.{new.kind}.noted", "health_fact", row.id, person_id=person_id,
        detail={"emergency": True} if row.emergency else None,
    )  # fmt: skip
    _settle(session, record)
    return row


def coded(keys: Iterable[str]) -> ColumnElement[bool]:
    """Return the criterion that a fact is one of these (rules.key), by the keyed index: nothing is opened."""
    field, franchise = HealthFact.sealed_fields["code"], current_actor().franchise_id  # type: ignore[attr-defined]
    return or_(false(), *(field.matches(HealthFact, one, franchise) for one in keys))


def same(session: Session, person_id: int, new: rules.New, *, live: bool = True) -> HealthFact | None:
    """Return the newest fact of a person that says the same: among those that hold, or (`live` False) among all."""
    keys = rules.state_keys(str(new.body["state"])) if new.kind == rules.PHYSIOLOGY else (new.code,)
    query = select(HealthFact).where(HealthFact.person_id == person_id, coded(keys))
    query = query.where(HealthFact.status == rules.ACTIVE) if live else query
    return session.scalar(query.order_by(HealthFact.id.desc()).limit(1))


def _renew(session: Session, record: HealthRecord, row: HealthFact, new: rules.New) -> HealthFact:
    """Bring what is said of a fact up to date; what is not said now stays."""
    before = json.loads(row.body or "{}")
    after = {**before, **{key: value for key, value in new.body.items() if _says(key, value)}}
    if after == before:
        return row
    _remember(session, row, row.status, "")
    row.body = json.dumps(after, ensure_ascii=False)
    audit.record(
        session, "care.fact.changed", "health_fact", row.id, person_id=row.person_id,
        detail={"fields": sorted(key for key in after if after[key] != before.get(key))},
    )  # fmt: skip
    _settle(session, record)
    return row


def _says(key: str, value: Any) -> bool:
    """Return whether a value tells something: the values that stand for "not said" do not overwrite what is known."""
    return value not in ("", None, [], (), "unable_to_assess") and not (key == "verification" and value != "confirmed")


def _settle(session: Session, record: HealthRecord) -> None:
    """Bring the allergy status and the version of a record in line with its facts."""
    session.flush()
    status = rules.status_after(record.allergy_status, active_allergies(session, record.person_id))
    if status != record.allergy_status:
        record.allergy_status = status
        record.asked_on, record.asked_by = (
            (today(), current_actor().staff_id) if status == rules.LISTED else (None, None)
        )  # fmt: skip
    _touch(session, record)


def get(session: Session, person_id: int, fact_id: int | None) -> HealthFact:
    """Return a fact of a person; raise NotFound."""
    row = session.get(HealthFact, fact_id) if fact_id else None
    if row is None or row.person_id != person_id:
        raise NotFound(_("没有找到这条记录。"))
    return row


def change_status(
    session: Session, person_id: int, fact_id: int | None, status: str, why: str = "", version: int | None = None,
    on: date | None = None,
) -> HealthFact:  # fmt: skip
    """Refute, resolve, stop or restore a fact and return it; the row stays, with who and when.

    `on` is the day a medicine was stopped (today). Raises Invalid for a status its kind cannot have, NotFound,
    Conflict `stale_version`.
    """
    record = open_record(session, person_id, version)
    row = get(session, person_id, fact_id)
    if status not in rules.MAY_BE[row.kind] or status == rules.REPLACED or row.status == rules.ERASED:
        raise Invalid.field("status", _("这里不能填“%(value)s”。", value=status[:40]))
    if row.status == status:
        return row
    _change(session, row, status, why)
    if row.kind == rules.MEDICINE:
        body = json.loads(row.body or "{}")
        body["stopped"] = (on or today()).isoformat() if status == rules.STOPPED else None
        row.body = json.dumps(body, ensure_ascii=False)
    _settle(session, record)
    return row


def replace(session: Session, row: HealthFact) -> None:
    """Let a fact give way to another that says the same; it stays as history."""
    _change(session, row, rules.REPLACED, "")


def end_states(session: Session, after: int = 0, limit: int = 500) -> tuple[int, int | None]:
    """Let pregnancies and lactations whose day has passed be history; return (how many, the last id looked at or None).

    `after` goes on behind a row. What is said of them stays; it no longer holds, here or in a condition (facts.py).
    """
    timed = [rules.state_key(state, "yes") for state in (rules.PREGNANCY, rules.LACTATION)]
    rows = session.scalars(
        select(HealthFact)
        .where(HealthFact.id > after, HealthFact.status == rules.ACTIVE, coded(timed))
        .order_by(HealthFact.id)
        .limit(limit)
    ).all()
    ended = [row for row in rows if rules.yes(body_of(row), body_of(row)["state"], today()) != "yes"]
    for row in ended:
        record = open_record(session, row.person_id)
        replace(session, row)
        _settle(session, record)
    return len(ended), rows[-1].id if len(rows) == limit else None


def _change(session: Session, row: HealthFact, status: str, why: str) -> None:
    _remember(session, row, status, why)
    audit.record(
        session, "care.fact.changed", "health_fact", row.id, person_id=row.person_id,
        detail={"changes": {"status": [row.status, status]}},
    )  # fmt: skip
    row.status = status


def _remember(session: Session, row: HealthFact, status_to: str, why: str) -> None:
    actor = current_actor()
    past = HealthChange(
        health_fact_id=row.id, at=clock.now_ms(), staff_id=actor.staff_id, store_id=actor.store_id, door=actor.door,
        status_from=row.status, status_to=status_to,
    )  # fmt: skip
    past.before = row.body
    past.why = " ".join(why.split())[:WHY_MOST] or None
    session.add(past)
    row.changed_at, row.changed_by = clock.now_ms(), actor.staff_id


def note_medicine(
    session: Session, person_id: int, *, ingredients: Iterable[str] = (), item: str = "", text: str = "",
    dose: str = "", started: date | None = None, until: date | None = None, source: str = "purchase",
    source_ref: str = "",
) -> int:  # fmt: skip
    """Note a medicine that a person takes or bought and return the fact's id; for plugins (a dispensing).

    `until` is the last day for which what was bought lasts. `source_ref` (`pharmacy:<line id>`, at most 60
    characters) makes it once-only: a second call with it returns the first fact. Raises Invalid, NotFound.
    """
    new = rules.medicine(
        today=today(), ingredients=ingredients, item=item, text=text, dose=dose, started=started or today(),
        until=until, source=source,
    )  # fmt: skip
    return note(session, person_id, new, source_ref=source_ref).id


def stop_medicine(session: Session, person_id: int, source_ref: str, *, refuted: bool = False) -> bool:
    """Stop the medicine that `source_ref` brought; `refuted`: it was never taken (a refund). Returns whether one was.

    Raises NotFound for nobody of the franchise.
    """
    row = session.scalar(
        select(HealthFact).where(
            HealthFact.source_ref == source_ref, HealthFact.person_id == person_id, HealthFact.status == rules.ACTIVE
        )
    )
    if row is None:
        return False
    change_status(session, person_id, row.id, rules.REFUTED if refuted else rules.STOPPED)
    return True


def body_of(row: HealthFact) -> Mapping[str, Any]:
    """Return what is said of a fact; empty once it was erased."""
    return json.loads(row.body or "{}")  # type: ignore[no-any-return]
