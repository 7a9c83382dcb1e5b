"""A list of cards sold elsewhere: taken over for members who are known, shared, never refunded, taken back."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select

from core.cards import rights
from core.cards import rules as card_rules
from core.cards import services as cards
from core.cards.models import Card, CardSeat, Household
from core.imports import jobs, runner, services
from core.imports import undo as undoing
from core.kernel import clock
from core.kernel.statements import Statements
from core.kernel.tenancy import acting
from core.orders.models import Orders
from core.orders.refunding import refunds
from core.people import services as people
from core.people.models import Person
from core.programme import services as programmes
from tests.core.imports import lists
from tests.core.imports.kinds.kit import Bureau
from tests.core.imports.kit import Office, row
from tests.core.imports.test_kill import killed_run

HEADINGS = ("卡号", "卡类型", "持卡人", "开卡日期", "有效期至", "卡状态", "家庭成员")


def card(number, product="", holder="", begin="", until="", state="", family=""):
    return [number, product, holder, begin, until, state, family]


class CardBureau(Bureau):
    """A bureau with five members."""

    def __init__(self, installation, house):
        super().__init__(installation, house, "cards")
        with acting(self.actor):
            self.people = [installation.enrol(f"会员{n}", f"1380000000{n}") for n in range(1, 6)]
            with self.unit() as session:
                self.numbers = [people.get(session, one).member_no for one in self.people]

    def card(self, number):
        with acting(self.actor), self.unit() as session:
            found = cards.by_number(session, number)
            session.expunge_all()
            return found

    def seats(self, number):
        with acting(self.actor), self.unit() as session:
            return [one.person.name for one in cards.seats_of(session, cards.by_number(session, number))]


@pytest.fixture
def bureau(installation):
    return CardBureau(installation, installation.dental)


@pytest.fixture
def any_bureau(any_installation):
    return CardBureau(any_installation, any_installation.dental)


@pytest.mark.parametrize("sheet", [False, True])
def test_good_bad_and_repeated_rows(bureau, sheet):
    no = bureau.numbers
    good = [
        card("OLD-0001", "家庭卡", no[0], "2026-03-01", "2027-02-28", "正常", f"{no[1]}、{no[2]}"),
        card("OLD 0002", "CARD-FAMILY", "13800000004", "2026/11/01"),
        card("900003", "会员卡", no[4], state="冻结"),
        card("900004", "家庭卡", no[4], "2020-01-01", "2020-12-31", family=no[3]),
    ]
    wrong = [
        (card("卡 1", "家庭卡", no[0]), ("number", "bad_card_number")),
        (card("900010", "", no[0]), ("product", "missing_product")),
        (card("900011", "钻石卡", no[0]), ("product", "unknown_product")),
        (card("900012", "家庭卡"), ("holder", "missing_holder")),
        (card("900013", "家庭卡", "99999999"), ("holder", "no_holder")),
        (card("900014", "家庭卡", "张三"), ("holder", "bad_holder")),
        (card("900015", "家庭卡", no[0], "2026-05-01", "2026-04-01"), ("valid_until", "from_after_until")),
        (card("900016", "会员卡", no[0], family=no[1]), ("family", "no_seats")),
        (card("900017", "家庭卡", no[0], family=f"{no[1]};88888888"), ("family", "no_family")),
        (card("8800123456789012", "家庭卡", no[0]), ("number", "our_number")),
        (card("900018", "家庭卡", no[0], state="丢"), ("state", "bad_state")),
        (card("", "家庭卡", no[0]), ("number", "missing_number")),
    ]
    rows = [*good, *(one for one, _problem in wrong), card("old-0001", "家庭卡", no[0])]
    batch, told = bureau.take(HEADINGS, *rows, sheet=sheet)
    problems = bureau.problems(batch)
    assert [problems[6 + n] for n in range(len(wrong))] == [[problem] for _one, problem in wrong]
    assert told == {"created": 4, "failed": len(wrong), "duplicate": 1}
    first = bureau.card("OLD-0001")
    assert (first.person_id, first.product_code, first.seats, first.source) == (
        bureau.people[0], "CARD-FAMILY", 8, "import",
    )  # fmt: skip
    assert (first.valid_from, first.valid_until, first.order_id) == (date(2026, 3, 1), date(2027, 2, 28), None)
    assert sorted(bureau.seats("OLD-0001")) == ["会员1", "会员2", "会员3"]
    second = bureau.card("OLD0002")
    assert (second.person_id, second.valid_until) == (bureau.people[3], date(2027, 10, 31))
    assert bureau.card("900003").status == "frozen"
    assert sorted(bureau.seats("900004")) == ["会员4", "会员5"]
    _batch, told = bureau.take(HEADINGS, *rows, sheet=sheet)
    assert told == {"unchanged": 4, "failed": len(wrong), "duplicate": 1}
    lines = bureau.errors(batch)
    assert all(line["原因"] and line["怎么改"] for line in lines)
    assert "家庭卡（CARD-FAMILY）" in lines[2]["怎么改"]
    assert [one.name for one in [bureau.find("OLD0002")]] == ["会员4"]
    assert bureau.find("900003").name == "会员5"


def test_an_imported_card_works_as_if_it_had_been_sold_here(any_bureau):
    """Golden case B01 on an imported family card: (400 − 200) × 0.8 = 160.00 for a seat; the coupon is used once."""
    bureau = any_bureau
    bureau.take(HEADINGS, card("OLD-1", "家庭卡", bureau.numbers[0], family=bureau.numbers[1]))
    with acting(bureau.actor):
        with bureau.unit() as session:
            today = clock.today(bureau.actor.tz)
            person = people.get(session, bureau.people[1])
            programme = programmes.in_force(session)
            held = [one for one in cards.cards_of(session, [person.id])[person.id] if one.source == "import"]
            assert [card_rules.usable(one.status, one.valid_from, one.valid_until, today) for one in held] == [True]
            st = Statements(session, bureau.actor.franchise_id)
            codes = [one.rule.code for one in rights.coupons_of(session, st, programme, person, held, today)]
            assert "filling200" in codes
        done = bureau.installation.sell(bureau.people[1], "F-RESIN")
        with bureau.unit() as session:
            assert session.scalar(select(Orders.total_fen).where(Orders.order_no == done.order_no)) == 16_000
        with bureau.unit("write") as session:
            refunds.refund(session, done.order_no, {1: 1}, "测试退款")
    assert bureau.card("OLD-1").status == "active"


def test_known_cards_are_corrected_and_those_sold_here_are_left_alone(bureau):
    no = bureau.numbers
    bureau.take(HEADINGS, card("OLD-1", "家庭卡", no[0], "2026-03-01", "2027-02-28"))
    assert bureau.take(HEADINGS, card("OLD-1", until="2027-06-30", state="挂失", family=no[1]))[1] == {"updated": 1}
    found = bureau.card("OLD-1")
    assert (found.valid_until, found.status, sorted(bureau.seats("OLD-1"))) == (
        date(2027, 6, 30), "lost", ["会员1", "会员2"],
    )  # fmt: skip
    with acting(bureau.actor), bureau.unit() as session:
        free = cards.cards_of(session, [bureau.people[2]])[bureau.people[2]][0].number
    batch, told = bureau.take(
        HEADINGS, card(free, state="冻结"), card("OLD-1", "会员卡"), card("OLD-1", holder=no[2]),
    )  # fmt: skip
    assert told == {"failed": 3}
    assert [code for one in bureau.problems(batch).values() for _field, code in one] == [
        "card_sold_here", "other_product", "card_of_other",
    ]  # fmt: skip


def test_the_free_card_of_a_member_list_becomes_the_card_of_the_card_list(bureau):
    """A member list with a card column makes free cards with the printed numbers; the cards themselves come next."""
    Office(bureau.installation, bureau.house).take_rows(row(name="新会员", phone="13900001111", card="VIP-77"))
    assert bureau.card("VIP-77").product_code == "CARD-FREE"
    batch, told = bureau.take(HEADINGS, card("VIP-77", "家庭卡", "13900001111", "2026-06-01", family=bureau.numbers[0]))
    assert told == {"updated": 1}
    found = bureau.card("VIP-77")
    assert (found.product_code, found.seats, found.source, found.valid_until) == (
        "CARD-FAMILY", 8, "import", date(2027, 5, 31),
    )  # fmt: skip
    assert sorted(bureau.seats("VIP-77")) == ["会员1", "新会员"]
    foreseen, done = bureau.take_back(batch)
    assert (done.persons, done.changes, done.stay) == (0, 1, 0) == (foreseen.persons, foreseen.changes, foreseen.stay)
    back = bureau.card("VIP-77")
    assert (back.product_code, back.seats, back.source, back.valid_until) == ("CARD-FREE", 1, "", None)
    assert bureau.seats("VIP-77") == ["新会员"]
    with acting(bureau.actor), bureau.unit() as session:
        assert session.scalar(select(func.count()).select_from(Household).where(Household.card_id == back.id)) == 0


def test_an_undo_gives_unused_cards_back_and_frees_their_numbers(any_bureau):
    bureau, no = any_bureau, any_bureau.numbers
    rows = [
        card("OLD-1", "家庭卡", no[0], family=no[1]), card("OLD-2", "家庭卡", no[2]), card("OLD-3", "家庭卡", no[3]),
        card("7788990011", "家庭卡", no[4]),
    ]  # fmt: skip
    batch, told = bureau.take(HEADINGS, *rows)
    assert told == {"created": 4}
    assert bureau.find("7788990011").name == "会员5"
    with acting(bureau.actor):
        bureau.installation.sell(bureau.people[2], "F-RESIN")
        with bureau.unit("write") as session:
            cards.act(session, cards.by_number(session, "OLD-3"), "freeze", "本人要求")
    foreseen, done = bureau.take_back(batch)
    assert (done.persons, done.changes, done.stay) == (2, 0, 2)
    assert foreseen == done
    assert "之后又改过这张卡" in dict(foreseen.reasons)
    assert bureau.card("OLD-1") is None
    assert bureau.card("OLD-2").status == "active"
    with acting(bureau.actor), bureau.unit() as session:
        assert people.find(session, "7788990011") == []
        live = select(CardSeat).where(CardSeat.left_at.is_(None), CardSeat.person_id == bureau.people[1])
        assert len(session.scalars(live).all()) == 1
    assert bureau.take(HEADINGS, rows[0])[1] == {"created": 1}


def test_members_with_an_imported_card_stay_when_their_member_list_is_taken_back(bureau):
    office = Office(bureau.installation, bureau.house)
    batch = office.check(
        lists.as_csv([row(name="甲", phone="13900002222"), row(name="乙", phone="13900003333")], "utf-8")
    )
    office.run(batch)
    bureau.take(HEADINGS, card("OLD-9", "家庭卡", "13900002222"))
    with acting(office.actor), office.unit("write") as session:
        found = services.get(session, batch)
        assert (undoing.effect(session, found).persons, undoing.effect(session, found).stay) == (1, 1)
        undoing.begin(session, found)
    runner.take_back(office.db, office.actor, batch)
    with acting(office.actor), office.unit() as session:
        names = session.scalars(select(Person.name).where(Person.active.is_(True), Person.name.in_(["甲", "乙"])))
        assert names.all() == ["甲"]
    assert bureau.card("OLD-9").status == "active"


def test_a_killed_run_goes_on_without_a_card_twice(bureau):
    rows = [card(f"K{k:05d}", "家庭卡", bureau.numbers[k % 5]) for k in range(200)]
    batch = bureau.check(lists.as_csv(rows, "gb18030", HEADINGS))
    bureau.start(batch)
    assert 0 < killed_run(bureau, batch, 1) < 200
    with acting(bureau.actor):
        jobs.work(bureau.installation.runtime, bureau.actor)
    assert bureau.counted(batch)["created"] == 200
    with acting(bureau.actor), bureau.unit() as session:
        assert session.scalar(select(func.count()).select_from(Card).where(Card.source == "import")) == 200
