"""The demonstration chain: four franchises, one for each base programme, and one with all verticals.

Everything is made by the same services as in real life, with the clock held in the past, so the demo's
ledger verifies. The same seed makes the same people and the same visits.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from core.cards import services as cards
from core.care import demo as care_demo
from core.cash import demo as cash_demo
from core.catalog.models import Item
from core.console import demo_names as names
from core.console import founding
from core.hookreads import some_people
from core.hooktypes import hook_context
from core.kernel import clock
from core.kernel.permissions import registry
from core.kernel.tenancy import Actor, acting
from core.orders import demo as orders_demo
from core.orders import demo_referrals
from core.orders.quoting import quotes
from core.orders.selling import settle
from core.orders.types import BasketRequest, LineRequest, TenderRequest
from core.org import credentials, staffing
from core.people import services as persons
from core.people.services import NewPerson
from core.rewards import demo as rewards_demo
from core.segments import demo as segments_demo

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.console.founding import Founded
    from core.kernel.runtime import Runtime

CHAIN = "康悦医疗连锁"
FRANCHISES = (
    ("康悦口腔", ("dental",), "dental", ("人民路店", "滨江店")),
    ("康悦大药房", ("pharmacy",), "pharmacy", ("中山路店",)),
    ("康悦理疗", ("physio",), "physio", ("体育馆店",)),
    ("康悦医美", ("beauty",), "beauty", ("万象店",)),
    ("康悦综合门诊", ("dental", "pharmacy", "physio", "beauty"), "dental", ("总院", "东区分院")),
)
STAFF = (
    ("101", "李前台", "front_desk"), ("102", "王医生", "clinician"), ("103", "陈店长", "manager"),
    ("104", "周规则", "rule_keeper"), ("105", "赵审计", "auditor"), ("106", "钱平台", "platform_admin"),
    ("107", "孙药师", "pharmacist"),
)  # fmt: skip
LICENCES = {"clinician": ("physician", "110101", "2029-12-31"), "pharmacist": ("pharmacist", "220202", "2029-12-31")}
DEMO_PIN = "246802"
PASSWORD_LENGTH = 14
VISITS_TODAY = 5  # so that the home pages show a day at work


@dataclass(frozen=True, slots=True)
class DemoSignIn:
    """A sign-in of the demonstration chain."""

    franchise: str
    role: str
    login: str
    password: str
    pin: str

    def to_json(self) -> dict[str, str]:
        """Return the sign-in as plain data."""
        return {"franchise": self.franchise, "role": self.role, "login": self.login,
                "password": self.password, "pin": self.pin}  # fmt: skip


def build(runtime: Runtime, people: int, seed: int, recovery_code: str | None = None) -> list[DemoSignIn]:
    """Make the demonstration chain with `people` members a franchise; return every sign-in."""
    rng = random.Random(seed)
    password = f"huike-{rng.randrange(10**8):08d}"
    signs: list[DemoSignIn] = []
    for n, (name, verticals, programme, stores) in enumerate(FRANCHISES):
        founded = founding.found(
            runtime, chain=CHAIN, name=name, owner=f"owner{n + 1}@demo.huike", store=stores[0],
            verticals=verticals, programme=programme, recovery_code=recovery_code,
        )  # fmt: skip
        actor = Actor(founded.franchise_id, founded.store_id, door="demo")
        with acting(actor):
            signs += _staff(runtime, founded, stores, name, password)
            _fill(runtime, actor, random.Random(seed + n), people)
            care_demo.fill(runtime, actor)
            segments_demo.fill(runtime, actor)
        with acting(replace(actor, grants=registry.of_roles([("owner", None)]))):
            orders_demo.fill(runtime, seed + n)
            rewards_demo.fill(runtime)
            demo_referrals.fill(runtime)
        _of_plugins(runtime, replace(actor, plugins=frozenset(verticals)), seed + n, people)
        with acting(actor):  # last: it closes yesterday, and nothing is booked into a closed day
            cash_demo.fill(runtime, actor)
    return signs


def _staff(runtime: Runtime, founded: Founded, stores: Sequence[str], name: str, password: str) -> list[DemoSignIn]:
    """Give the owner the demo password and PIN, add the other stores and one of each role."""
    signs = []
    hashed = credentials.hash_password(password)
    with runtime.db.unit("write") as session:
        for n, store in enumerate(stores[1:], 2):
            staffing.add_store(session, f"{n:02d}", store, name)
        owner = staffing.by_number(session, "001")
        members = [("owner", owner)]
        for number, person, role in STAFF:
            at = founded.store_id if role in {"front_desk", "clinician", "manager", "pharmacist"} else None
            staff, _once = staffing.add_staff(
                session, number=number, name=person, roles=[(role, at)], store_id=founded.store_id,
                pin=DEMO_PIN, performs=role == "clinician", licence=LICENCES.get(role, ("", "", "")),
            )  # fmt: skip
            members.append((role, staff))
        owner.pin_hash = credentials.hash_pin(owner.id, DEMO_PIN)
        for role, staff in members:
            staff.password_hash, staff.password_once = hashed, False
            signs.append(DemoSignIn(name, role, staff.login, password, DEMO_PIN))
    return signs


def _fill(runtime: Runtime, actor: Actor, rng: random.Random, people: int) -> None:
    """Enrol members over two years and let them visit."""
    today = clock.today(actor.tz)
    with runtime.db.unit("read") as session:
        items = [
            (item.code, item.price_fen)
            for item in session.query(Item).order_by(Item.code)
            if item.kind in {"service", "goods"} and item.price_fen and "rx" not in item.attributes.lower()
        ]
        family = session.query(Item.id).filter(Item.code == "CARD-FAMILY").first() is not None
    grants = registry.of_roles([("owner", None)])
    acting_owner = Actor(actor.franchise_id, actor.store_id, door="demo", grants=grants)
    # Dear items come rarely, as in a clinic: the price says how often.
    weights = [max(1, 400_000 // max(price, 2_000)) for _code, price in items]
    with acting(acting_owner):
        _known_member(runtime, family)
        enrolled: list[int] = []
        for n in range(people):
            joined = today - timedelta(days=rng.randrange(20, 720))
            person = _enrol(runtime, rng, n, joined)
            enrolled.append(person)
            if family and rng.random() < 0.25:
                _sell(runtime, rng, [("CARD-FAMILY", 1)], person, joined)
                _add_child(runtime, rng, person, joined)
            for visit in sorted(rng.randrange(1, max((today - joined).days, 2)) for _v in range(rng.randrange(0, 6))):
                basket = [(code, 1) for code, _price in rng.choices(items, weights, k=rng.randrange(1, 3))]
                _sell(runtime, rng, basket, person, joined + timedelta(days=visit))
        late = sorted((rng.randrange(2, 100) for _v in range(VISITS_TODAY)), reverse=True)
        for person, minutes in zip(enrolled, late, strict=False):
            basket = [(code, 1) for code, _price in rng.choices(items, weights)]
            _sell(runtime, rng, basket, person, today, clock.now() - timedelta(minutes=minutes))


def _of_plugins(runtime: Runtime, actor: Actor, seed: int, people: int) -> None:
    """Let a few members agree to their health being recorded, then let the plugins write rows of their own."""
    with acting(actor), runtime.db.unit("write") as session:
        for person_id in some_people(session, 6)[1:]:
            persons.consent(session, persons.get(session, person_id), "health", granted=True, evidence="demo")
        session.flush()
        if runtime.host is not None:
            runtime.host.call("demo_data", hook_context(session), seed=seed, size=people)


def _known_member(runtime: Runtime, family: bool) -> None:
    """Enrol the member of the README's first steps: 刘超明, 138 0000 5051, with an unused family card."""
    joined = clock.now() - timedelta(days=3)
    with clock.frozen_at(joined), runtime.db.unit("write") as session:
        new = NewPerson(
            name="刘超明", phone="13800005051", gender="male", birth_on=date(1998, 3, 12), occupation="工程师",
            consents=(("membership", True, "demo"),), source="到店",
        )  # fmt: skip
        person = cards.enrol(session, new).id
    if family:
        _sell(runtime, random.Random(0), [("CARD-FAMILY", 1)], person, (joined + timedelta(days=1)).date())


def _at(day: date, rng: random.Random) -> datetime:
    """Return an instant in the opening hours of a day, never in the future."""
    moment = datetime(day.year, day.month, day.day, rng.randrange(1, 10), rng.randrange(60), tzinfo=clock.UTC)
    return min(moment, clock.now() - timedelta(minutes=1))


def _enrol(runtime: Runtime, rng: random.Random, n: int, joined: date) -> int:
    gender = rng.choice(("female", "male"))
    new = NewPerson(
        name=names.name(rng, gender),
        phone=names.phone(rng, n),
        gender=gender,
        birth_on=date(rng.randrange(1948, 2008), rng.randrange(1, 13), rng.randrange(1, 29)),
        occupation=rng.choice(names.OCCUPATIONS),
        consents=(("membership", True, "demo"),),
        source=rng.choice(("到店", "朋友推荐", "线上")),
    )
    with clock.frozen_at(_at(joined, rng)), runtime.db.unit("write") as session:
        return cards.enrol(session, new).id


def _add_child(runtime: Runtime, rng: random.Random, person_id: int, joined: date) -> None:
    with clock.frozen_at(_at(joined, rng)), runtime.db.unit("write") as session:
        parent = cards.people.get(session, person_id)
        found = cards.household_of(session, parent)
        if found is None:
            return
        child = NewPerson(
            name=parent.name[0] + names.given(rng, "female"), contact_of=person_id, relation="child",
            birth_on=date(rng.randrange(2014, 2021), rng.randrange(1, 13), rng.randrange(1, 29)),
        )  # fmt: skip
        cards.seat(session, found[1], cards.enrol(session, child), "child")


def _sell(
    runtime: Runtime, rng: random.Random, basket: list[tuple[str, int]], person_id: int, day: date,
    at: datetime | None = None,
) -> None:  # fmt: skip
    """Sell at an hour of `day`, or at the instant given."""
    lines = tuple(LineRequest(code, qty) for code, qty in basket)
    with clock.frozen_at(at or _at(day, rng)):
        with runtime.db.unit("write") as session:
            quote, priced = quotes.store(session, BasketRequest(lines, person_id))
            total = priced.quote.total_fen
        kind = rng.choice(("wechat", "alipay", "cash"))
        tenders: list[Any] = [TenderRequest(kind, total)] if total else []
        overrides = [settle.OverrideRequest(f.id, "演示") for f in priced.findings if f.severity == "moderate"]
        with runtime.db.unit("write") as session:
            settle.settle(session, quote.id, tenders, overrides)
