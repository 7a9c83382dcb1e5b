"""Writing what an import makes: persons in bulk by prepared statements, changes by the verbs of people.

A made person is the one that `cards.services.enrol` makes: member number, search tokens, the base tier
(or the opening one), the programme's free card with its holder's seat.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.cards import rules as card_rules
from core.cards.models import Card, CardSeat
from core.kernel import audit, clock, counters
from core.kernel.ids import new_code, new_id
from core.kernel.sealed import seal_text
from core.kernel.tenancy import current_actor
from core.people import rules as people_rules
from core.people import services as people
from core.people.models import Person, PersonTag, Relation
from core.people.rules import card_key
from core.tiers import rules as tier_rules
from core.tiers import services as tiers

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from core.imports.cleaning import Row
    from core.imports.outcomes import Decision
    from core.kernel.statements import Statements
    from core.programme.rules import Programme

ACTION = "imports.person.created"
# Our own numbers look like this; a printed one of the same look could be given out a second time.
_OURS = re.compile(r"8800\d{12}")
_CARD_LIKE = re.compile(r"(?=.*\d)[a-z0-9]{5,40}")
_PRINTED = 20


def _blank(model: Any) -> dict[str, Any]:
    """Return a row of `model` with the defaults of its columns, by column name."""
    return {
        column.name: column.default.arg if column.default is not None and column.default.is_scalar else None
        for column in model.__table__.columns
    }


_PERSON, _CARD, _SEAT, _TAG = (_blank(model) for model in (Person, Card, CardSeat, PersonTag))
_RELATION = _blank(Relation)
_SEALED = ("phone_sealed", "phone_blind", "email_sealed", "address_sealed", "note_sealed")
_NO_PHONE = {"phone_sealed": None, "phone_blind": None}


@dataclass(frozen=True, slots=True)
class Draft:
    """A person ready to be written: id, columns with the sealed ones, search tokens; made outside the lock.

    `phone_token` is the one that goes when the phone turns out to be the guardian's.
    """

    id: int
    values: dict[str, Any]
    tokens: set[str]
    phone_token: str


def draft(row: Row) -> Draft:
    """Return the draft of the person that `row` would make, as an enrolment would fill it."""
    said = {
        "name": row.name, "pinyin": people_rules.sort_pinyin(row.name), "gender": row.gender or "unknown",
        "birth_on": row.birth_on, "birth_calendar": row.birth_calendar or "solar", "occupation": row.occupation,
        "company": row.company, "source": row.source or "import", "member_no": "",
    }  # fmt: skip
    person = Person(**said)
    person.phone, person.email = row.phone, row.email
    person.address, person.note = row.address, row.note
    values = {**_PERSON, **said} | {name: getattr(person, name) for name in _SEALED}
    token = people.last4_tokens(row.phone)[0] if row.phone else ""
    return Draft(person.id, values, people.tokens_of(person) - {""}, token)


def card_tokens(number: str) -> set[str]:
    """Return the tokens by which an old card number finds its member: whole, and its runs of digits."""
    key = card_key(number)
    return {key, *re.findall(r"\d{4,}", key)} if key else set()


class Writer:
    """Collects what the rows of a chunk make and writes it at once; changes are written as they come."""

    def __init__(self, session: Session, st: Statements, programme: Programme, today: date, batch_id: int) -> None:
        self.session = session
        self.st = st
        self.programme = programme
        self.today = today
        self.batch_id = batch_id
        self.free = programme.free_card()
        self.base = programme.base_tier().code
        self.before: dict[int, str] = {}
        self._made: list[tuple[Draft, Row, Decision]] = []

    def create(self, draft: Draft, row: Row, decision: Decision) -> int:
        """Note a person to be made and return their id."""
        self._made.append((draft, row, decision))
        return draft.id

    def flush(self) -> None:
        """Write the persons noted: each table in one go."""
        if not self._made:
            return
        self.session.flush()
        st, n = self.st, len(self._made)
        first = counters.take(st, "member_no", n)
        numbers = self._card_numbers()
        now, actor = clock.now_ms(), current_actor()
        persons, tokens, cards, seats, tags, relations, entries, opened = [], [], [], [], [], [], [], []
        for place, (one, row, decision) in enumerate(self._made):
            owned = {"franchise_id": st.franchise_id}
            member_no = f"{10_000_000 + first + place:08d}"
            tier, since, until = self._tier(row)
            phone = {} if decision.phone else _NO_PHONE
            persons.append({
                **one.values, **owned, **phone, "id": one.id, "member_no": member_no,
                "contact_of_id": decision.guardian, "referrer_id": decision.referrer, "store_id": actor.store_id,
                "tier_code": tier, "tier_since": since, "tier_until": until, "joined_at": now,
            })  # fmt: skip
            words = {*one.tokens, member_no, *card_tokens(row.card)}
            if not decision.phone:
                words.discard(one.phone_token)
            if self.free is not None:
                words.add(numbers[place])
                card = self._card(one.id, numbers[place], now)
                cards.append(card)
                seats.append({
                    **_SEAT, **owned, "id": new_id(), "card_id": card["id"], "person_id": one.id, "role": "holder",
                    "joined_at": now,
                })  # fmt: skip
            tokens += [people.token_row(st.franchise_id, one.id, word) for word in sorted(words)]
            tags += [
                {**_TAG, **owned, "id": new_id(), "person_id": one.id, "tag": tag, "source": "import", "at": now}
                for tag in row.tags
            ]
            if decision.guardian:
                relations.append({
                    **_RELATION, **owned, "id": new_id(), "person_id": decision.guardian, "other_id": one.id,
                    "role": "guardian",
                })  # fmt: skip
            if tier != self.base:
                opened.append((one.id, tier))
            entries.append(self._entry(one.id, now))
        for table, rows in (
            ("person", persons), ("search_token", tokens), ("card", cards), ("card_seat", seats), ("person_tag", tags),
            ("relation", relations), ("audit_entry", entries),
        ):  # fmt: skip
            st.insert_many(table, rows)
        for person_id, tier in opened:
            tiers.grant(st, person_id, tier, self.today, "opening", "import", self.batch_id, self.programme.version)
        self._made.clear()

    def _tier(self, row: Row) -> tuple[str, date, date | None]:
        """Return (code, since, last day kept) of the tier a person begins with."""
        if not row.tier or row.tier == self.base:
            return self.base, self.today, None
        held = tier_rules.Held(row.tier, self.today)
        standing = tier_rules.standing((), self.programme.tiers, self.today, held, joined_on=self.today)
        return standing.tier, self.today, standing.until

    def _card_numbers(self) -> list[str]:
        """Return a card number for each person: the printed one where it may stay, else a new one."""
        if self.free is None:
            return [""] * len(self._made)
        printed = ["".join(row.card.split()) for _draft, row, _decision in self._made]
        keep = [0 < len(number) <= _PRINTED and not _OURS.fullmatch(number) for number in printed]
        missing = keep.count(False)
        following = iter(range(counters.take(self.st, "card_number", missing), 1 << 62)) if missing else iter(())
        return [
            number if kept else card_rules.number(next(following)) for number, kept in zip(printed, keep, strict=True)
        ]

    def _card(self, person_id: int, number: str, now: int) -> dict[str, Any]:
        assert self.free is not None
        card_id, code = new_id(), new_code()
        return {
            **_CARD, "id": card_id, "franchise_id": self.st.franchise_id, "person_id": person_id, "number": number,
            "product_code": self.free.code, "seats": self.free.seats, "valid_from": self.today,
            "valid_until": card_rules.valid_until(self.free, self.today),
            "programme_number": self.programme.version, "qr_hash": hashlib.sha256(code.encode()).digest(),
            "qr_sealed": seal_text("card", "qr_sealed", card_id, self.st.franchise_id, code), "issued_at": now,
        }  # fmt: skip

    def _entry(self, person_id: int, now: int) -> dict[str, Any]:
        actor = current_actor()
        return {
            "id": new_id(), "franchise_id": self.st.franchise_id, "at": now, "staff_id": actor.staff_id,
            "store_id": actor.store_id, "door": actor.door, "action": ACTION, "object_kind": "import_batch",
            "object_id": self.batch_id, "person_id": person_id, "request_id": actor.request_id,
            "detail_sealed": None,
        }  # fmt: skip

    def change(self, row: Row, decision: Decision) -> None:
        """Change a known person as the row says, remembering what was there before for an undo."""
        person = people.get(self.session, decision.record)
        changes = dict(decision.changes)
        before: dict[str, Any] = {}
        tags, card = changes.pop("tags", []), changes.pop("card", "")
        for key, column in (("contact_of", "contact_of_id"), ("referrer", "referrer_id")):
            if key in changes:
                setattr(person, column, changes.pop(key))
                before[column] = None
        before |= {key: _plain(getattr(person, key)) for key in changes}
        tokens_before = self._tokens(person)
        people.change(self.session, person, person.version, changes)
        if not changes:
            person.version += 1
            audit.record(
                self.session, "people.person.changed", "person", person.id, person_id=person.id,
                detail={"fields": sorted(decision.changes)},
            )  # fmt: skip
        for tag in tags:
            people.add_tag(self.session, person, tag)
        self.session.flush()
        # A change writes the tokens of the name anew; old card numbers with letters must not go with them.
        kept = {token for token in tokens_before if _CARD_LIKE.fullmatch(token)}
        have = self._tokens(person)
        fresh = sorted(card_tokens(card) - tokens_before)
        missing = sorted((kept | set(fresh)) - have)
        self.st.insert_many(
            "search_token", [people.token_row(person.franchise_id, person.id, token) for token in missing]
        )
        self.before[row.number] = json.dumps(
            {"values": before, "tags": tags, "tokens": fresh, "version": person.version}, ensure_ascii=False
        )

    def _tokens(self, person: Person) -> set[str]:
        rows = self.st.all(
            "SELECT token FROM search_token WHERE franchise_id = ? AND person_id = ?", [person.franchise_id, person.id]
        )
        return {row[0] for row in rows}


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
