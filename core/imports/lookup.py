"""Finding whom the rows of a chunk may mean: a few statements a chunk, whatever the number of members."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.imports.outcomes import Existing
from core.kernel import keys
from core.kernel.sealed import open_text
from core.kernel.statements import as_date
from core.people import rules as people
from core.people.rules import card_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from core.imports.cleaning import Row
    from core.imports.outcomes import Known
    from core.kernel.statements import Statements

_PARAMETERS = 900  # values a statement: far below what either driver takes
_BLIND = "person.phone_blind"


def fill(st: Statements, known: Known, rows: Sequence[Row], earlier: Sequence[int]) -> None:
    """Add to `known` everybody whom `rows` may mean; `earlier` are batches of the same file."""
    before = set(known.persons)
    found = _by_phone(st, known, rows) | _by_card(st, known, rows) | _by_birth(st, known, rows)
    found |= _by_row(st, known, rows, earlier)
    _by_member_no(st, known, rows)
    _load(st, known, found - before)


def _marks(n: int) -> str:
    return ", ".join("?" * n)


def _portions(values: Iterable[Any]) -> Iterable[list[Any]]:
    every = list(values)
    return (every[start : start + _PARAMETERS] for start in range(0, len(every), _PARAMETERS))


def _by_phone(st: Statements, known: Known, rows: Sequence[Row]) -> set[int]:
    wanted = {phone for row in rows for phone in (row.phone, row.guardian, row.referrer) if phone}
    ring, fid = keys.ring(), st.franchise_id
    wanted -= known.phones.keys() | known.gone_phones
    blinds = {blind: phone for phone in wanted for blind in ring.blinds(phone, _BLIND, fid)}
    for part in _portions(blinds):
        sql = f"SELECT id, phone_blind FROM person WHERE franchise_id = ? AND phone_blind IN ({_marks(len(part))})"  # noqa: S608
        for person_id, blind in st.all(sql, [fid, *part]):
            known.phones[blinds[bytes(blind)]] = int(person_id)
    own = {row.phone for row in rows if row.phone}
    return {known.phones[phone] for phone in own if known.phones.get(phone, 0) > 0}


def _by_card(st: Statements, known: Known, rows: Sequence[Row]) -> set[int]:
    """Find persons by an old card number (a search token that is nobody's member number) or a card's number."""
    printed = {"".join(row.card.split()): card_key(row.card) for row in rows if row.card}
    own = set(printed.values())
    wanted = own | {card_key(row.referrer) for row in rows if row.referrer}
    wanted -= known.cards.keys()
    # Shorter ones could be a piece of a company's name.
    for part in _portions(value for value in wanted if len(value) > 4):
        sql = (
            "SELECT t.token, t.person_id FROM search_token t JOIN person p ON p.id = t.person_id"  # noqa: S608
            " AND p.franchise_id = t.franchise_id WHERE t.franchise_id = ? AND p.active = TRUE"
            f" AND p.member_no <> t.token AND t.token IN ({_marks(len(part))})"
        )
        known.cards.update({token: int(person_id) for token, person_id in st.all(sql, [st.franchise_id, *part])})
    # A printed number was typed by somebody once, in capitals or not.
    numbers = {spelt for number in (*printed, *wanted) for spelt in (number, number.upper(), number.lower())}
    for part in _portions(numbers):
        sql = (
            "SELECT number, person_id FROM card WHERE franchise_id = ? AND status <> 'revoked'"  # noqa: S608
            f" AND number IN ({_marks(len(part))})"
        )
        for number, person_id in st.all(sql, [st.franchise_id, *part]):
            known.cards.setdefault(card_key(number), int(person_id))
    return {known.cards[key] for key in own if known.cards.get(key, 0) > 0}


def _by_birth(st: Statements, known: Known, rows: Sequence[Row]) -> set[int]:
    """Find persons by name, birth date and guardian: for rows that have neither phone nor card number."""
    loose = [row for row in rows if (not row.phone or row.phone == row.guardian) and not row.card]
    names = {row.name for row in loose if row.birth_on or row.guardian}
    found: set[int] = set()
    for part in _portions(names):
        spelt = list({people.sort_pinyin(name) for name in part})
        sql = (
            "SELECT id, name, birth_on, contact_of_id FROM person WHERE franchise_id = ? AND active = TRUE"  # noqa: S608
            f" AND pinyin IN ({_marks(len(spelt))}) ORDER BY id DESC"
        )
        # The oldest comes last and wins.
        for person_id, name, birth_on, contact in st.all(sql, [st.franchise_id, *spelt]):
            key = (name, as_date(birth_on), int(contact or 0))
            if name in names and key not in known.gone_births:
                known.births[key] = int(person_id)
                found.add(int(person_id))
    return found


def _by_row(st: Statements, known: Known, rows: Sequence[Row], earlier: Sequence[int]) -> set[int]:
    """Find persons by their row in an earlier batch of the very same file."""
    found: set[int] = set()
    for batch_id in earlier:
        for part in _portions(row.number for row in rows):
            sql = (
                "SELECT r.number, r.person_id FROM import_row r JOIN person p ON p.id = r.person_id"  # noqa: S608
                " AND p.franchise_id = r.franchise_id WHERE r.franchise_id = ? AND r.import_batch_id = ?"
                f" AND p.active = TRUE AND r.number IN ({_marks(len(part))})"
            )
            for number, person_id in st.all(sql, [st.franchise_id, batch_id, *part]):
                known.earlier[int(number)] = int(person_id)
                found.add(int(person_id))
    return found


def _by_member_no(st: Statements, known: Known, rows: Sequence[Row]) -> None:
    for part in _portions({row.referrer for row in rows if row.referrer} - known.members.keys()):
        sql = f"SELECT member_no, id FROM person WHERE franchise_id = ? AND member_no IN ({_marks(len(part))})"  # noqa: S608
        known.members.update({number: int(person_id) for number, person_id in st.all(sql, [st.franchise_id, *part])})


def _load(st: Statements, known: Known, ids: set[int]) -> None:
    """Load what is known of the persons `ids`, to see what a row would change."""
    fid = st.franchise_id
    tags: dict[int, set[str]] = {}
    for part in _portions(ids):
        sql = f"SELECT person_id, tag FROM person_tag WHERE franchise_id = ? AND person_id IN ({_marks(len(part))})"  # noqa: S608
        for person_id, tag in st.all(sql, [fid, *part]):
            tags.setdefault(int(person_id), set()).add(tag)
        sql = (
            "SELECT id, name, gender, birth_on, birth_calendar, occupation, company, contact_of_id, referrer_id,"  # noqa: S608
            " phone_sealed, address_sealed, email_sealed, note_sealed FROM person"
            f" WHERE franchise_id = ? AND id IN ({_marks(len(part))})"
        )
        for row in st.all(sql, [fid, *part]):
            person_id = int(row[0])
            phone, address, email, note = (
                open_text("person", column, person_id, fid, blob)
                for column, blob in zip(
                    ("phone_sealed", "address_sealed", "email_sealed", "note_sealed"), row[9:], strict=True
                )
            )
            known.persons[person_id] = Existing(
                name=row[1], phone=phone, gender=row[2], birth_on=as_date(row[3]), birth_calendar=row[4],
                occupation=row[5], company=row[6], address=address or "", email=email or "", note=note or "",
                contact_of=row[7], referrer=row[8], tags=frozenset(tags.get(person_id, ())),
            )  # fmt: skip
