"""A franchise full of odd people for conditions, and a slow plain reading of every fact about them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random

from sqlalchemy import select

from core.cards.models import Card, CardSeat
from core.care.models import HealthFact, HealthRecord
from core.catalog.models import Item
from core.kernel import clock, triggers
from core.kernel.ids import new_id
from core.kernel.tenancy import acting, current_actor
from core.ledger.models import Account, Lot, Transfer
from core.orders.models import OrderLine, Orders
from core.org.models import Store
from core.people.models import Consent, ConsentText, Person, PersonField, PersonTag, PersonValue
from core.programme.fact_tests import age_on
from core.programme.recurrence import birthday_in
from tests.core.programme import facts_health
from tests.installation import at
from tests.plugin_demo.models import PluginDemoNote

NOW = "2026-11-21 10:00"
TODAY = dt.date(2026, 11, 21)
TAGS = ("高潜力", "价格敏感", "老客", "怕疼")
ILLS = ("asthma", "gout")
DAY_MS = 86_400_000


def with_demo(installation):
    """Load the demo plugin into a running installation, with its table."""
    installation.runtime.host.load("tests.plugin_demo")
    engine = installation.runtime.db.engine
    PluginDemoNote.__table__.create(engine, checkfirst=True)
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            triggers.enforce(connection)


def actor_of(installation, house):
    """Return the owner of a house with the demo plugin on."""
    actor = installation.actor(house)
    return dataclasses.replace(actor, plugins=actor.plugins | {"plugin_demo"})


def fill(installation, house, seed, size=40):
    """Put `size` people with a random past into a house."""
    rng = random.Random(seed)
    with at(NOW), acting(actor_of(installation, house)), installation.unit() as session:
        _Maker(session, rng, house).people(size)


class _Maker:
    def __init__(self, session, rng, house):
        self.session, self.rng, self.house = session, rng, house
        self.items = list(session.scalars(select(Item).where(Item.kind != "card").order_by(Item.code)))
        self.issued = session.scalar(select(Account).where(Account.owner_kind == "house", Account.bucket == "issued"))
        if self.issued is None:
            self.issued = self.add(Account(owner_kind="house", owner_id=0, unit="points", bucket="issued"))
        for purpose, material, days in (("health", True, 30), ("marketing_sms", False, 1)):
            self.add(
                ConsentText(
                    purpose=purpose, number=2, body="文本", material=material,
                    published_at=clock.now_ms() - days * DAY_MS,
                )
            )  # fmt: skip
        self.field = self.add(PersonField(key="skin", label="肤质", kind="choice", choices="油\n干"))
        self.session.flush()

    def add(self, row):
        self.session.add(row)
        return row

    def people(self, size):
        made = []
        for n in range(size):
            made.append(self.person(n, made))
        self.session.flush()
        for person in made:
            self.past(person)
        self.families(made)

    def person(self, n, before):
        rng = self.rng
        birth = rng.choice(
            [
                None,
                dt.date(rng.randint(1930, 2020), rng.randint(1, 12), rng.randint(1, 28)),
                dt.date(1988, 2, 29),
                TODAY.replace(year=1966),
                dt.date(1970, 11, rng.randint(18, 30)),
                birthday_in(dt.date(1980, 1, 5), "lunar", 2026),
            ]
        )
        return self.add(
            Person(
                member_no=f"9{n:07d}",
                name=f"人{n}",
                pinyin=f"ren{n}",
                gender=rng.choice(["female", "male", "unknown"]),
                birth_on=birth,
                birth_calendar=rng.choice(["solar", "solar", "lunar"]),
                occupation=rng.choice(["", "教师", "Teacher", "司机"]),
                industry=rng.choice(["", "教师", "Teacher"]),
                adviser_id=rng.choice([None, 7]),
                source=rng.choice(["", "walk_in", "event"]),
                phone_blind=rng.choice([None, new_id().to_bytes(8, "big")]),
                store_id=rng.choice([None, self.house.store_id, self.house.other_store_id]),
                tier_code=rng.choice(["", "regular", "gold"]),
                tier_since=rng.choice([None, TODAY - dt.timedelta(days=rng.randint(0, 400))]),
                referrer_id=rng.choice(before).id if before and rng.random() < 0.4 else None,
                joined_at=clock.now_ms() - rng.randint(0, 900) * DAY_MS,
                last_visit_at=rng.choice([0, clock.now_ms() - rng.randint(0, 400) * DAY_MS]),
                visits=rng.choice([0, 1, 5, 20]),
                spent_fen=rng.choice([0, 1, 99900, 1500000]),
                active=rng.random() > 0.1,
            )
        )

    def past(self, person):
        rng, at_ms = self.rng, clock.now_ms()
        for tag in rng.sample(TAGS, rng.randint(0, 2)):
            self.add(PersonTag(person_id=person.id, tag=tag, at=at_ms))
        if said := rng.choice(["", "油", "干"]):
            code = f"skin:{said}"
            self.add(PersonValue(person_id=person.id, person_field_id=self.field.id, value=said, code=code))
        for purpose in rng.sample(["health", "marketing_sms"], rng.randint(0, 2)):
            for _n in range(rng.randint(1, 3)):
                self.add(
                    Consent(
                        id=new_id(),
                        person_id=person.id,
                        purpose=purpose,
                        granted=rng.random() < 0.6,
                        door="test",
                        at=at_ms - rng.choice([0, 60]) * DAY_MS,
                    )
                )
                self.session.flush()
        facts_health.put(self.session, rng, person)
        for _n in range(rng.randint(0, 3)):
            self.add(
                PluginDemoNote(
                    person_id=person.id, text=rng.choice([*ILLS, "-"]), made_at=at_ms - rng.randint(0, 60) * DAY_MS
                )
            )
        for _n in range(rng.choice([0, 0, 1, 3])):
            self.order(person)
        if rng.random() < 0.6:
            self.points(person)

    def order(self, person):
        rng = self.rng
        paid = rng.choice([0, 5000, 40000, 120000])
        order = self.add(
            Orders(
                order_no=f"X{new_id()}",
                person_id=rng.choice([person.id, person.id, None]),
                store_id=self.house.store_id,
                total_fen=paid,
                list_fen=paid,
                paid_fen=paid,
                refunded_fen=rng.choice([0, 0, paid]),
                business_on=TODAY - dt.timedelta(days=rng.randint(0, 400)),
                booked_at=clock.now_ms(),
                door="test",
            )
        )
        self.session.flush()
        for n in range(rng.randint(0, 2)):
            item = rng.choice(self.items)
            self.add(
                OrderLine(
                    orders_id=order.id,
                    person_id=order.person_id,
                    for_person_id=rng.choice([person.id, None]),
                    line_no=n,
                    item_id=item.id,
                    item_code=item.code,
                    category=item.category,
                    kind=item.kind,
                    qty=1,
                    refunded_qty=rng.choice([0, 0, 1]),
                )
            )

    def points(self, person):
        rng = self.rng
        debt = rng.choice([0, 0, 0, 70])
        account = self.add(
            Account(
                owner_kind="person",
                owner_id=person.id,
                person_id=person.id,
                unit="points",
                bucket="available",
                debt=debt,
                balance=-debt,
            )
        )
        self.session.flush()
        for _n in range(0 if debt else rng.randint(0, 3)):
            amount = rng.choice([10, 250, 900])
            transfer = self.add(
                Transfer(
                    from_account_id=self.issued.id,
                    to_account_id=account.id,
                    person_id=person.id,
                    unit="points",
                    amount=amount,
                    reason="earn",
                    source_kind="order",
                    source_id=1,
                    business_on=TODAY,
                    booked_at=clock.now_ms(),
                    door="test",
                )
            )
            self.session.flush()
            self.add(
                Lot(
                    account_id=account.id,
                    transfer_id=transfer.id,
                    person_id=person.id,
                    amount=amount,
                    remaining=rng.choice([0, amount, amount // 2]),
                    earned_on=TODAY,
                    expires_on=rng.choice([None, TODAY, TODAY + dt.timedelta(days=rng.randint(-5, 40))]),
                    source_kind="order",
                    source_id=1,
                )
            )
            account.balance += amount

    def families(self, made):
        rng = self.rng
        for _n in range(12):
            holder = rng.choice(made)
            card = self.add(
                Card(
                    person_id=holder.id,
                    number=f"{new_id()}",
                    product_code=rng.choice(["CARD-FAMILY", "FREE"]),
                    status=rng.choice(["active", "active", "frozen"]),
                    seats=rng.choice([1, 8]),
                    valid_from=TODAY - dt.timedelta(days=rng.randint(-2, 300)),
                    valid_until=rng.choice([None, TODAY, TODAY - dt.timedelta(days=1)]),
                    qr_hash=new_id().to_bytes(8, "big"),
                    issued_at=clock.now_ms(),
                )
            )
            self.session.flush()
            seated = [holder, *rng.sample([p for p in made if p is not holder], rng.randint(0, 3))]
            for place, person in enumerate(seated):
                self.add(
                    CardSeat(
                        card_id=card.id,
                        person_id=person.id,
                        role="child" if place else "holder",
                        joined_at=clock.now_ms(),
                        left_at=rng.choice([None, None, 1]) if place else None,
                    )
                )


class Slow(facts_health.SlowHealth):
    """Everything of one franchise read into plain rows, and each fact of a person by plain loops."""

    def __init__(self, session, seen):
        fid = current_actor().franchise_id
        read = lambda model: [row for row in session.scalars(select(model)) if row.franchise_id == fid]  # noqa: E731
        self.persons = [p for p in read(Person) if p.active]
        self.everybody = {p.id: p for p in read(Person)}
        self.own = read(PersonValue)
        self.tags, self.consents = read(PersonTag), sorted(read(Consent), key=lambda c: c.id)
        self.orders = {o.id: o for o in read(Orders)}
        self.lines, self.notes = read(OrderLine), read(PluginDemoNote)
        self.accounts, self.lots = read(Account), read(Lot)
        self.cards, self.seats = {c.id: c for c in read(Card)}, read(CardSeat)
        self.stores = {s.id: s.code for s in read(Store)}
        self.sensitive = {i.code for i in read(Item) if i.sensitive}
        self.health, self.asked = read(HealthFact), read(HealthRecord)
        self.texts = read(ConsentText)
        self.seen = seen

    def matching(self, condition):
        """Return the ids of active persons for whom a condition holds."""
        return {p.id for p in self.persons if self.holds(condition, p)}

    def holds(self, tree, person):
        if "all" in tree:
            return all(self.holds(part, person) for part in tree["all"])
        if "any" in tree:
            return any(self.holds(part, person) for part in tree["any"])
        if "not" in tree:
            return not self.holds(tree["not"], person)
        return self.leaf(tree, person)

    def leaf(self, leaf, person):
        op, value = leaf["op"], leaf["value"]
        self.seen.add(leaf["fact"])
        had = getattr(self, "f_" + leaf["fact"].replace(".", "_"))(person, leaf.get("days", leaf.get("years")))
        if op == "known":
            return (had is not None) == value
        if op in ("any_of", "none_of"):
            return bool(set(had) & set(value)) == (op == "any_of")
        if op in ("in", "not_in"):
            return (had in value) == (op == "in")
        if had is None:
            return False
        if op == "is":
            return bool(had) == value
        if op == "contains":
            return value.lower() in had.lower()
        return {
            "ge": lambda: had >= value,
            "le": lambda: had <= value,
            "eq": lambda: had == value,
            "between": lambda: value[0] <= had <= value[1],
        }[op]()

    # one method a fact

    def f_gender(self, p, _d):
        return p.gender

    def f_age(self, p, _d):
        return age_on(p.birth_on, TODAY) if p.birth_on else None

    def f_birth_month(self, p, _d):
        return p.birth_on.month if p.birth_on else None

    def f_birthday(self, p, _d):
        if not p.birth_on:
            return None
        for n in range(400):
            day = TODAY + dt.timedelta(days=n)
            if any(birthday_in(p.birth_on, p.birth_calendar, y) == day for y in (day.year - 1, day.year)):
                return n
        raise AssertionError("a year without a birthday")

    def f_occupation(self, p, _d):
        return p.occupation or None

    def f_industry(self, p, _d):
        return p.industry or None

    def f_custom(self, p, _d):
        return {v.code for v in self.own if v.person_id == p.id and v.code}

    def f_adviser(self, p, _d):
        return p.adviser_id is not None

    def f_has_phone(self, p, _d):
        return p.phone_blind is not None

    def f_store(self, p, _d):
        return self.stores.get(p.store_id, "")

    def f_source(self, p, _d):
        return p.source

    def f_joined(self, p, _d):
        return self._days(p.joined_at)

    def f_last_visit(self, p, _d):
        return self._days(p.last_visit_at) if p.last_visit_at else 36_500

    @staticmethod
    def _days(ms):
        return (TODAY - clock.business_date(clock.from_ms(ms), "Asia/Shanghai")).days

    def f_visits_ever(self, p, _d):
        return p.visits

    def f_spent_ever(self, p, _d):
        return p.spent_fen

    def f_tag(self, p, _d):
        return {t.tag for t in self.tags if t.person_id == p.id}

    def f_consent(self, p, _d):
        newest = {c.purpose: c for c in self.consents if c.person_id == p.id}
        return {purpose for purpose, c in newest.items() if c.granted and not self._overtaken(c)}

    def _overtaken(self, c):
        return any(t.purpose == c.purpose and t.material and t.published_at > c.at for t in self.texts)

    def f_referred(self, p, _d):
        return p.referrer_id is not None

    def f_referrals(self, p, _d):
        return sum(1 for other in self.everybody.values() if other.referrer_id == p.id)

    def f_referrals_bought(self, p, _d):
        return sum(1 for other in self.everybody.values() if other.referrer_id == p.id and other.spent_fen > 0)

    def f_tier(self, p, _d):
        return p.tier_code

    def f_tier_held(self, p, _d):
        return (TODAY - p.tier_since).days if p.tier_since else None

    def _points(self, p):
        return [a for a in self.accounts if a.owner_kind == "person" and a.owner_id == p.id]

    def f_points(self, p, _d):
        return sum(
            -a.debt
            + sum(
                t.remaining
                for t in self.lots
                if t.account_id == a.id and (t.expires_on is None or t.expires_on > TODAY)
            )
            for a in self._points(p)
        )

    def f_points_expiring(self, p, days):
        last = TODAY + dt.timedelta(days=(days or 30) + 1)
        return sum(
            t.remaining
            for a in self._points(p)
            for t in self.lots
            if t.account_id == a.id and t.expires_on and TODAY < t.expires_on <= last
        )

    def _usable(self, card):
        until = card.valid_until or TODAY
        return card.status == "active" and card.valid_from <= TODAY <= until

    def _seats(self, p):
        return [
            s for s in self.seats if s.person_id == p.id and s.left_at is None and self._usable(self.cards[s.card_id])
        ]

    def f_card(self, p, _d):
        return {self.cards[s.card_id].product_code for s in self._seats(p)}

    def _shared(self, p):
        return [s for s in self._seats(p) if self.cards[s.card_id].seats > 1]

    def f_household_size(self, p, _d):
        return len(self._household(p)) or 1

    def _household(self, p):
        cards = {s.card_id for s in self._shared(p)}
        return {s.person_id for s in self.seats if s.card_id in cards and s.left_at is None}

    def f_household_child(self, p, years):
        born = [self.everybody[one].birth_on for one in self._household(p) - {p.id} if one in self.everybody]
        return any(day and age_on(day, TODAY) < (years or 12) for day in born)

    def f_household_role(self, p, _d):
        return {s.role for s in self._shared(p)}

    def _orders(self, p, days):
        since = TODAY - dt.timedelta(days=days or 365)
        return [o for o in self.orders.values() if o.person_id == p.id and o.business_on >= since]

    def f_visits(self, p, days):
        return len({o.business_on for o in self._orders(p, days) if o.paid_fen > o.refunded_fen})

    def f_spend(self, p, days):
        return sum(o.paid_fen - o.refunded_fen for o in self._orders(p, days))

    def _lines(self, p, days):
        since = TODAY - dt.timedelta(days=days or 365)
        return [
            n
            for n in self.lines
            if n.for_person_id == p.id and n.refunded_qty < n.qty and self.orders[n.orders_id].business_on >= since
        ]

    def f_item(self, p, days):
        return {n.item_code for n in self._lines(p, days)} - self.sensitive

    def f_category(self, p, days):
        return {n.category for n in self._lines(p, days)}

    def f_grade(self, p, _d):
        return p.grade

    def f_value_class(self, p, _d):
        return p.value_class

    def f_abc(self, p, _d):
        return p.abc

    def f_plugin_demo_notes(self, p, days):
        since = clock.to_ms(
            dt.datetime.combine(TODAY - dt.timedelta(days=days or 30), dt.time.min, clock.zone("Asia/Shanghai"))
        )
        return sum(1 for n in self.notes if n.person_id == p.id and n.made_at >= since)

    def f_plugin_demo_ill(self, p, _d):
        return {n.text for n in self.notes if n.person_id == p.id}
