"""Cards that were sold elsewhere: found by their printed number, held by members who are known already."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import select

from core.cards import imported
from core.cards import rules as card_rules
from core.cards.models import Card, CardSeat, Household
from core.imports import rules, words
from core.imports.kinds import card_undo, cells
from core.imports.kinds.base import Wording
from core.imports.kinds.keyed import KeyedKind, KeyedTask, KeyedWriter, marks, portions
from core.imports.permissions import CARDS
from core.imports.rules import Field
from core.imports.settings import CARDS_PRESET
from core.kernel import keys
from core.kernel.errors import Invalid
from core.kernel.i18n import _, _l, listed, ngettext
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.kernel.web.formats import number as shown_number
from core.people import rules as people
from core.people.models import Person
from core.programme import services as programmes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.orm import Session

    from core.imports.cleaning import Problem
    from core.imports.kinds.keyed import Known, Row
    from core.imports.models import ImportBatch, ImportRow
    from core.imports.outcomes import Decision
    from core.imports.rules import ColumnMap, Vocabulary
    from core.programme.rules import CardProduct, Programme

FIELDS = (
    Field("number", _l("卡号")), Field("product", _l("卡种")), Field("holder", _l("持卡人")),
    Field("valid_from", _l("生效日期")), Field("valid_until", _l("到期日期")), Field("state", _l("卡状态")),
    Field("family", _l("家人会员号")),
)  # fmt: skip
NUMBER = re.compile(r"[A-Za-z0-9-]{1,20}")
STATES = {"active": _l("正常"), "frozen": _l("冻结"), "lost": _l("挂失")}
MAX_FAMILY = 20
_MEMBER_NO = re.compile(r"\d{8}")

WORDS = Wording(
    title=_l("导入会员卡"),
    noun=_l("会员卡"),
    wants=_l("卡号、卡种、持卡人（会员号或手机）必填；生效日期、到期日期、状态、家人会员号可选"),
    checks=(
        _l("先导入会员，再导入他们的卡；卡种要在现在的会员方案里。"),
        _l("长卡号一列没有变成 8.8E+15，变了就找不回尾数。"),
        _l("家人写会员号，用顿号或分号隔开；人数不能超过卡种的名额。"),
    ),
    recognised=(_l("卡号相同"),),
    filled=_l("已导入的卡只更新填了内容的格子；在这里售出的卡不会被名单改动。"),
    record=_l("会员卡资料"),
    name=_l("卡号"),
    run=lambda n: ngettext("执行导入 %(many)s 张卡", "执行导入 %(many)s 张卡", n, many=shown_number(n)),
    nothing=_l("名单里的卡都已在系统里且没有变化；执行也不会改动任何资料。"),
    none_at_all=_l("没有导入任何会员卡。"),
    taken_out=(_l("撤回的新卡"), lambda n: ngettext("%(many)s 张", "%(many)s 张", n, many=shown_number(n))),
    restored=_l("恢复原样的卡"),
    stays=_l("保留不动的卡"),
    used=_l("导入后用过、改过，或持卡人和家人消费过的卡会保留。撤回的卡不能再用，卡号可以再导入；审计记录保留。"),
    undo=lambda n: ngettext("撤销本批 %(many)s 张", "撤销本批 %(many)s 张", n, many=shown_number(n)),
    undone=lambda p, c, s: _(
        "撤回了 %(p)s 张新卡，恢复了 %(c)s 张卡；%(s)s 张因之后用过或改过而保留。",
        p=shown_number(p), c=shown_number(c), s=shown_number(s),
    ),
    until=lambda at: _("可以撤销到 %(at)s；之后用过或改过的卡会保留。", at=at),
    late=_l("之后又改过这张卡"),
    too_late=_l("只能在导入结束后 24 小时内撤销。现在请在会员页逐张冻结或修改。"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Existing:
    """What is known of a card; `seats` are the persons who share it, the holder among them."""

    person: int
    product: str
    valid_from: date
    valid_until: date | None
    status: str
    sold_here: bool
    bought: bool
    seats: frozenset[int]


@dataclass
class CardsTask(KeyedTask):
    """What the rows of a card list are judged by. Persons are referred to as `m:<member number>` or `p:<phone>`."""

    verbs: ClassVar[bool] = True
    programme: Programme

    def look_up(self, session: Session, known: Known, keys: Sequence[str]) -> None:
        """Add the cards with these numbers and who shares them; letters count alike in capitals or not."""
        spelt = {way: key for key in keys for way in (key.lower(), key.upper(), key)}
        cards = list(session.scalars(select(Card).where(Card.number.in_(spelt))))
        seats: dict[int, set[int]] = {card.id: set() for card in cards}
        statement = select(CardSeat.card_id, CardSeat.person_id).where(CardSeat.left_at.is_(None))
        for card_id, person_id in session.execute(statement.where(CardSeat.card_id.in_(seats))):
            seats[card_id].add(person_id)
        for card in cards:
            known.ids[spelt[card.number]] = card.id
            known.found[card.id] = Existing(
                card.person_id, card.product_code, card.valid_from, card.valid_until, card.status,
                card.source != imported.IMPORTED, card.order_id is not None, frozenset(seats[card.id]),
            )  # fmt: skip

    def look_around(self, session: Session, known: Known, rows: Sequence[Row]) -> None:
        """Find the holders and families of a chunk: by member number, else by their own phone."""
        people_known: dict[str, int] = known.more.setdefault("people", {})
        wanted = {
            who for row in rows for who in (row.values.get("holder"), *row.values.get("family", ())) if who
        } - people_known.keys()
        st = Statements(session, current_actor().franchise_id)
        for part in portions(who[2:] for who in sorted(wanted) if who[0] == "m"):
            sql = (
                "SELECT member_no, id FROM person WHERE franchise_id = ? AND active = TRUE"  # noqa: S608
                f" AND member_no IN ({marks(part)})"
            )
            people_known |= {f"m:{found}": int(pid) for found, pid in st.all(sql, [st.franchise_id, *part])}
        ring = keys.ring()
        phones = (who for who in sorted(wanted) if who[0] == "p")
        blinds = {blind: who for who in phones for blind in ring.blinds(who[2:], "person.phone_blind", st.franchise_id)}
        for part in portions(blinds):
            sql = (
                "SELECT phone_blind, id FROM person WHERE franchise_id = ? AND active = TRUE"  # noqa: S608
                f" AND phone_blind IN ({marks(part)})"
            )
            people_known |= {blinds[bytes(blind)]: int(pid) for blind, pid in st.all(sql, [st.franchise_id, *part])}
        known.more["people"] = people_known

    def refused(self, row: Row, known: Known) -> list[Problem]:
        """Return why a card cannot be taken over."""
        given = row.values
        wanted = (("product", "missing_product"), ("holder", "missing_holder"))
        problems: list[Problem] = [(key, code, None) for key, code in wanted if key not in given]
        if imported.OURS.fullmatch(row.key):
            problems.append(("number", "our_number", None))
        people_known = known.more["people"]
        if "holder" in given and given["holder"] not in people_known:
            problems.append(("holder", "no_holder", None))
        if problems:
            return problems
        product = self.product(given["product"])
        begin, until = self.days(row, product)
        if until is not None and begin > until:
            problems.append(("valid_until", "from_after_until", None))
        return problems + self._family(row, known, product, frozenset({people_known[given["holder"]]}))

    def product(self, code: str) -> CardProduct:
        """Return a card product of the programme in force."""
        found = self.programme.card_product(code)
        assert found is not None
        return found

    def days(self, row: Row, product: CardProduct) -> tuple[date, date | None]:
        """Return when a new card holds: as the row says, else from today for as long as the product does."""
        begin = row.values.get("valid_from", self.today)
        return begin, row.values.get("valid_until", card_rules.valid_until(product, begin))

    def _family(self, row: Row, known: Known, product: CardProduct, seated: frozenset[int]) -> list[Problem]:
        people_known = known.more["people"]
        for place, who in enumerate(row.values.get("family", ()), 1):
            if who not in people_known:
                return [("family", "no_family", place)]
        if len(seated | self.relatives(row, known)) > product.seats:
            return [("family", "no_seats", product.seats)]
        return []

    def relatives(self, row: Row, known: Known) -> set[int]:
        """Return the persons of a row's family."""
        return {known.more["people"][who] for who in row.values.get("family", ())}

    def against(self, row: Row, now: Existing, known: Known) -> tuple[dict[str, Any], list[Problem]]:
        """Return what a row changes of a card that is known: one that was imported, or a free one of the same holder.

        The free card that a member list made with this printed number becomes the card that the list names.
        """
        given, people_known = row.values, known.more["people"]
        if now.status in {"revoked", "replaced"}:
            return {}, [("number", "card_gone", None)]
        if "holder" in given and given["holder"] not in people_known:
            return {}, [("holder", "no_holder", None)]
        if "holder" in given and people_known[given["holder"]] != now.person:
            return {}, [("number", "card_of_other", None)]
        changes: dict[str, Any] = {}
        free = self.programme.free_card()
        if given.get("product", now.product) != now.product:
            if now.bought or free is None or now.product != free.code:
                return {}, [("product", "other_product", None)]
            changes = {"product": given["product"]}
        product = self.programme.card_product(given.get("product", now.product))
        begin, until = given.get("valid_from", now.valid_from), given.get("valid_until", now.valid_until)
        if "product" in changes and product is not None and "valid_until" not in given:
            until = card_rules.valid_until(product, begin)
        wanted = {"valid_from": begin, "valid_until": until, "state": given.get("state", now.status)}
        had = {"valid_from": now.valid_from, "valid_until": now.valid_until, "state": now.status}
        changes |= {key: value for key, value in wanted.items() if value != had[key]}
        if until is not None and begin > until:
            return {}, [("valid_until", "from_after_until", None)]
        if "family" in given and product is not None:
            problems = self._family(row, known, product, now.seats)
            if problems:
                return {}, problems
            added = self.relatives(row, known) - now.seats
            changes |= {"family": sorted(added)} if added else {}
        if changes and now.sold_here and "product" not in changes:
            return {}, [("number", "card_sold_here", None)]
        return changes, []

    def meant(self, row: Row, known: Known) -> dict[str, Any]:
        """Return the holder and then the family of a new card."""
        holder = known.more["people"][row.values["holder"]]
        return {"people": [holder, *sorted(self.relatives(row, known) - {holder})]}

    def writer(self, session: Session) -> CardsWriter:
        """Return a writer of cards."""
        return CardsWriter(session, self)

    def name(self, row: Row) -> str:
        """Return the card's number."""
        return row.key

    def present(self, now: Existing, name: str) -> Any:
        """Return what a card has in a field."""
        return {
            "product": now.product, "valid_from": now.valid_from, "valid_until": now.valid_until, "state": now.status,
        }.get(name)  # fmt: skip

    def shown(self, name: str, value: Any) -> str:
        """Return a value in words; phones are masked."""
        if value in (None, "", []):
            return ""
        if name == "product":
            found = self.programme.card_product(value)
            return found.name if found else str(value)
        if name == "state":
            return str(STATES.get(value, value))
        if name == "family":
            return _("%(n)d 位家人", n=len(value))
        if name == "holder":
            return people.mask_phone(value[2:]) if value[0] == "p" else value[2:]
        return value.isoformat() if isinstance(value, date) else str(value)


class CardsWriter(KeyedWriter):
    """Takes cards over by the verbs of cards; who is meant was found for the chunk."""

    def _person(self, person_id: int) -> Person:
        found = self.session.get(Person, person_id)
        assert found is not None
        return found

    def create(self, draft: Any, row: Row, decision: Decision) -> int:
        """Take a card over."""
        task, session = self.task, self.session
        product = task.product(row.values["product"])
        begin, until = task.days(row, product)
        holder, *family = (self._person(person_id) for person_id in decision.changes["people"])
        tokens = imported.tokens_of(session, holder.id)
        card = imported.take_over(
            session, holder, product, task.programme.version, row.key,
            imported.Terms(begin, until, row.values.get("state", "active")), family,
        )  # fmt: skip
        added = sorted(imported.tokens_of(session, holder.id) - tokens)
        self.remember(row, version=card.version, tokens=added)
        return card.id

    def change(self, row: Row, decision: Decision) -> None:
        """Correct an imported card, or turn the free card of the same number into it; remember what there was."""
        session, changes = self.session, decision.changes
        card = session.get(Card, decision.record)
        assert card is not None
        values = {{"state": "status"}.get(key, key): value for key, value in changes.items()}
        family = values.pop("family", [])
        if "product" in values:
            product = self.task.product(values.pop("product"))
            values |= {"product_code": product.code, "seats": product.seats, "source": imported.IMPORTED}
        tokens = imported.tokens_of(session, card.person_id)
        alone = session.scalar(select(Household.id).where(Household.card_id == card.id)) is None
        before = imported.correct(session, card, values, [self._person(one) for one in family])
        added = sorted(imported.tokens_of(session, card.person_id) - tokens)
        self.remember(row, version=card.version, values=before, family=family, tokens=added, alone=alone)


class CardsKind(KeyedKind):
    """Cards that members hold already."""

    key = "cards"
    icon = "card"
    permission = CARDS
    preset = CARDS_PRESET
    chunk = 25
    keys = ("number",)
    words = WORDS

    def vocabulary(self) -> Vocabulary:
        """Return the fields of a card."""
        return rules.vocabulary(FIELDS, ("number",), words.CARD_HEADINGS)

    def masked(self, field: str) -> bool:
        """Return whether a field may hold phones."""
        return field in {"holder", "family"}

    def task(
        self, session: Session, headings: Sequence[str], mapping: ColumnMap, today: date, batch_id: int, sha256: bytes
    ) -> CardsTask:
        """Return what a card list is judged by."""
        programme = programmes.in_force(session)
        products = cells.squeezed_table((one.code, (one.name,)) for one in programme.card_products)
        states = cells.squeezed_table(
            (code, (*words.CARD_STATES.get(code, ()), str(label))) for code, label in STATES.items()
        )
        cleaners: dict[str, Callable[[str], Any]] = {
            "number": _number, "holder": _person, "valid_from": cells.day,
            "product": cells.choice(products, "unknown_product", lambda: _products(programme)),
            "valid_until": cells.day, "family": cells.several(_person, MAX_FAMILY),
            "state": cells.choice(states, "bad_state", lambda: listed(str(label) for label in STATES.values())),
        }  # fmt: skip
        places = self.places(headings, mapping)
        return CardsTask(today, batch_id, places, cleaners, "number", self.vocabulary().labels(), programme)

    def used(self, session: Session, batch: ImportBatch, record_ids: Sequence[int]) -> dict[int, str]:
        """Return the cards that were used or changed since, or whose people bought something."""
        return card_undo.used_since(session, batch, record_ids)

    def take_out(self, session: Session, batch: ImportBatch, record_ids: Sequence[int]) -> None:
        """Take cards back."""
        card_undo.take_out(session, batch, record_ids)

    def unmoved(self, session: Session, row: ImportRow) -> Any:
        """Return the card and what there was before, unless it was changed since."""
        return card_undo.unmoved(session, row)

    def take_back(self, session: Session, row: ImportRow) -> bool:
        """Put back what a row replaced."""
        return card_undo.take_back(session, row)


def _products(programme: Programme) -> str:
    return listed(f"{one.name}（{one.code}）" for one in programme.card_products)


_code = cells.code(NUMBER, "bad_card_number")


def _number(typed: str) -> str:
    """Return a card number without spaces; letters count alike in capitals or not."""
    return _code(typed).upper()


def _person(typed: str) -> str:
    """Return whom a cell means: `m:` and a member number, or `p:` and a phone."""
    text = "".join(unicodedata.normalize("NFKC", typed).split())
    if _MEMBER_NO.fullmatch(text):
        return f"m:{text}"
    try:
        return f"p:{people.clean_phone(text) or ''}"
    except Invalid:
        raise cells.Bad("bad_holder") from None
