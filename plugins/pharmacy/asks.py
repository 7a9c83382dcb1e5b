"""The queue of findings put before a pharmacist from any store of the franchise: ask, take, decide. Never commits.

The oldest first; one pharmacist at a time has one. An answer is an override with the pharmacist's own PIN, licence and
reason, and reaches the till that waits (core/desk/selling/remote.py). Nothing is let pass by waiting.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeGuard

from sqlalchemy import CursorResult, and_, or_, select, update

from core.sdk import (
    AtTill,
    Conflict,
    InQuote,
    Invalid,
    NotFound,
    Refusal,
    _,
    answer_at_till,
    answer_of_quote,
    ask_at_till,
    ask_of_quote,
    clock,
    current_locale,
    in_locale,
    person_of,
    record_audit,
    sitting,
    staff_names,
    store_names,
    tenancy,
)
from plugins.pharmacy import books, checks
from plugins.pharmacy.models import PharmacyAsk

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

WAITING, TAKEN, PASSED, REFUSED, GONE = "waiting", "taken", "passed", "refused", "gone"
OPEN = (WAITING, TAKEN)
# Who asked this long ago has gone home; what was taken and left lying may be taken by another.
LIVES_MS, LEFT_LYING_MS = 2 * 3600 * 1000, 10 * 60 * 1000
SHOWN, MIN_WHY = 50, 4
# The codes of evidence are the pharmacist's to see: what is taken, which condition, which substances met.
_SAID = ("kind", "against", "cause", "medicine", "effect", "source", "version")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the queue shows it: the row, what the till shows, names, the minutes it waits, whose it is."""

    row: PharmacyAsk
    told: dict[str, Any]
    store: str
    by: str
    taken: str
    person: str
    minutes: int
    mine: bool

    @property
    def seen(self) -> list[str]:
        """Return what the rule saw, in words: medicines, substances, the condition."""
        codes = [*self.told.get("medicine", ()), *self.told.get("cause", ())]
        return list(dict.fromkeys(checks.condition_name(code) for code in codes if code))


def ask(session: Session, finding_id: str) -> PharmacyAsk:
    """Put a finding of the open basket before the pharmacists; asking twice is the same question."""
    found = ask_at_till(session, finding_id)
    row = latest(session, finding_id)
    if _is_open(row):
        return row
    return _put(session, found, sitting=found.sitting)


def _put(session: Session, found: AtTill | InQuote, *, sitting: int = 0, quote_id: int | None = None) -> PharmacyAsk:
    actor, one = tenancy.current_actor(), found.finding
    seen = {key: one.evidence[key] for key in _SAID if key in one.evidence}
    row = PharmacyAsk(
        store_id=actor.store_id, staff_id=actor.staff_id, sitting=sitting, quote_id=quote_id, locale=current_locale(),
        person_id=found.person_id, finding=one.id, rule=one.code, severity=one.severity, item_code=found.item,
        asked_at=clock.now_ms(),
    )  # fmt: skip
    row.told = json.dumps({**seen, "text": one.text, "item": found.name, "qty": found.qty})
    session.add(row)
    session.flush()
    record_audit(
        session, "pharmacy.ask.made", "pharmacy_ask", row.id, person_id=row.person_id, detail={"rule": row.rule}
    )
    return row


def _is_open(row: PharmacyAsk | None) -> TypeGuard[PharmacyAsk]:
    return row is not None and row.state in OPEN and row.asked_at > clock.now_ms() - LIVES_MS


def ask_quote(session: Session, quote_id: int, finding_id: str) -> PharmacyAsk:
    """Put a finding of a stored quote before the pharmacists (the API); asking twice is the same question.

    Raises what `ask_of_quote` raises: NotFound, Conflict, Invalid.
    """
    found = ask_of_quote(session, quote_id, finding_id)
    query = select(PharmacyAsk).where(PharmacyAsk.quote_id == quote_id, PharmacyAsk.finding == finding_id)
    row = session.scalar(query.order_by(PharmacyAsk.id.desc()).limit(1))
    return row if _is_open(row) else _put(session, found, quote_id=quote_id)


def of_here(session: Session, ask_id: int | None) -> PharmacyAsk:
    """Return a question that the acting store put over the API; raise NotFound for any other."""
    row = get(session, ask_id)
    if row.quote_id is None or row.store_id != tenancy.current_actor().store_id:
        raise NotFound(_("没有找到这条审方请求。"))
    return row


def pass_of(row: PharmacyAsk) -> dict[str, Any]:
    """Return what lets the order of a quote pass at this moment: proof, reason_code, evidence, expires_at; or {}."""
    made: dict[str, Any] = json.loads(row.pass_ or "{}") if row.state == PASSED else {}
    return made if made.get("expires_at", 0) > clock.now_ms() else {}


def latest(session: Session, finding_id: str) -> PharmacyAsk | None:
    """Return the newest question about a finding of the acting till session, or None."""
    query = select(PharmacyAsk).where(PharmacyAsk.sitting == sitting(), PharmacyAsk.finding == finding_id)
    return session.scalar(query.order_by(PharmacyAsk.id.desc()).limit(1))


def queue(session: Session) -> list[Asked]:
    """Return what waits for a pharmacist in all stores and what is being looked at, the oldest first."""
    rows = session.scalars(
        select(PharmacyAsk)
        .where(PharmacyAsk.state.in_(OPEN), PharmacyAsk.asked_at > clock.now_ms() - LIVES_MS)
        .order_by(PharmacyAsk.asked_at, PharmacyAsk.id).limit(SHOWN)
    ).all()  # fmt: skip
    return _shown(session, rows)


def decided(session: Session, limit: int = 10) -> list[Asked]:
    """Return the latest answers."""
    rows = session.scalars(
        select(PharmacyAsk).where(PharmacyAsk.state.in_((PASSED, REFUSED)))
        .order_by(PharmacyAsk.asked_at.desc(), PharmacyAsk.id.desc()).limit(limit)
    ).all()  # fmt: skip
    return _shown(session, rows)


def _shown(session: Session, rows: Any) -> list[Asked]:
    names = staff_names(session, [one for row in rows for one in (row.staff_id, row.taken_by)])
    stores, now, me = store_names(session), clock.now_ms(), tenancy.current_actor().staff_id
    people = {one: person_of(session, one).name for one in {row.person_id for row in rows if row.person_id}}
    return [
        Asked(
            row, json.loads(row.told or "{}"), stores.get(row.store_id, ""), names.get(row.staff_id or 0, ""),
            names.get(row.taken_by or 0, ""), people.get(row.person_id, ""), (now - row.asked_at) // 60_000,
            row.state == TAKEN and row.taken_by == me,
        )
        for row in rows
    ]  # fmt: skip


def get(session: Session, ask_id: int | None) -> PharmacyAsk:
    """Return a question by id; raise NotFound for a foreign or absent one."""
    row = session.get(PharmacyAsk, ask_id) if ask_id else None
    if row is None:
        raise NotFound(_("没有找到这条审方请求。"))
    return row


def take(session: Session, ask_id: int | None) -> PharmacyAsk:
    """Take a question: the first one who does has it. Raises Conflict `pharmacy_ask_taken`, Forbidden `licence_needed`.

    What a colleague took and left lying for ten minutes may be taken.
    """
    row = get(session, ask_id)
    books.licence(session)
    me, now = tenancy.current_actor().staff_id, clock.now_ms()
    free = or_(PharmacyAsk.taken_by == me, PharmacyAsk.taken_at < now - LEFT_LYING_MS)
    done = session.execute(
        update(PharmacyAsk)
        .where(
            PharmacyAsk.id == row.id,
            or_(
                PharmacyAsk.state == WAITING,
                and_(PharmacyAsk.state == TAKEN, free),
            ),
        )
        .values(state=TAKEN, taken_by=me, taken_at=now)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    session.refresh(row)
    if not isinstance(done, CursorResult) or done.rowcount != 1:
        raise Conflict(_("这条已经有同事在审或审完了。"), code="pharmacy_ask_taken")
    record_audit(session, "pharmacy.ask.taken", "pharmacy_ask", row.id, person_id=row.person_id)
    return row


def _mine(session: Session, ask_id: int | None) -> PharmacyAsk:
    row = get(session, ask_id)
    if row.state != TAKEN or row.taken_by != tenancy.current_actor().staff_id:
        raise Conflict(_("请先接下这条再审。"), code="pharmacy_ask_taken")
    return row


def let_pass(
    session: Session, ask_id: int | None, reason: str, pin: str, *, reason_code: str = "", evidence: str = ""
) -> Refusal | None:  # fmt: skip
    """Let it pass at the till that waits, by the acting pharmacist's PIN; return why not, to be shown after the commit.

    Raises Conflict where it is not theirs, Forbidden `licence_needed`, Invalid for no reason. A basket that changed
    ends the question (`gone`).
    """
    row = _mine(session, ask_id)
    held = books.licence(session)
    told = {"reason_code": reason_code, "evidence": evidence}
    try:
        with in_locale(row.locale):
            if row.quote_id is None:
                refused = answer_at_till(session, row.sitting, row.store_id, row.finding, reason, pin, **told)
            else:
                made = answer_of_quote(session, row.quote_id, row.store_id, row.finding, reason, pin, **told)
                refused = made.refusal
                row.pass_ = json.dumps({"proof": made.proof, "expires_at": made.expires_at, **told})
    except Conflict as gone:
        _close(session, row, GONE, held, "")
        return gone
    if refused is None:
        _close(session, row, PASSED, held, reason.strip())
    return refused


def refuse(session: Session, ask_id: int | None, why: str) -> PharmacyAsk:
    """Answer that it must not be sold, with a reason. Raises Conflict, Forbidden `licence_needed`, Invalid."""
    row = _mine(session, ask_id)
    if len(why.strip()) < MIN_WHY:
        raise Invalid.field("why", _("请写明不同意的原因，至少 %(n)d 个字。", n=MIN_WHY))
    _close(session, row, REFUSED, books.licence(session), why.strip()[:200])
    return row


def _close(session: Session, row: PharmacyAsk, state: str, licence: str, answer: str) -> None:
    row.state, row.decided_at, row.licence_no = state, clock.now_ms(), licence
    row.answer = answer or None
    session.flush()
    record_audit(
        session, "pharmacy.ask.answered", "pharmacy_ask", row.id, person_id=row.person_id,
        detail={"changes": {"state": [TAKEN, state]}, "rule": row.rule},
    )  # fmt: skip
