"""Two franchises of one installation; the second is full of canaries that must never be seen from the first."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import inspect, select, text
from sqlalchemy.exc import DBAPIError

from core.cards import services as cards
from core.cards.models import Card
from core.care import documents, photos, visits
from core.care import rules as health_rules
from core.care import services as health
from core.care.models import HealthGlass
from core.care.visit_models import Attachment
from core.cash import services as cash
from core.catalog import prices
from core.catalog import services as catalog
from core.contact.models import MessageTemplate
from core.coupons import services as coupons
from core.courses.models import Course
from core.desk import rules as basket_rules
from core.desk.models import HeldBasket
from core.imports import runner
from core.kernel import clock, counters, tasks
from core.kernel.db import Base, FranchiseOwned
from core.kernel.ids import new_id
from core.kernel.models import AuditEntry
from core.kernel.statements import Statements
from core.kernel.tenancy import Actor, acting, current_actor
from core.kernel.web import saved_views
from core.ledger import services as ledger
from core.ledger.models import Lot
from core.orders.granting import adjustments, referral_grants
from core.orders.models import OrderLine, Orders, StoredQuote, TillEntry
from core.orders.quoting import quotes
from core.orders.sessions import burn
from core.orders.types import BasketRequest, LineRequest, TenderRequest
from core.org import approvals, staffing, tokens
from core.org import services as org
from core.org.models import Chain, Franchise, Notification, Staff, Store, WebSession
from core.people import custom
from core.people import services as people
from core.people.models import Person, PersonField
from core.programme import conditions as lang
from core.programme import drafts, templates
from core.programme import services as programmes
from core.programme.rules import CouponRule
from core.referrals import services as referrals
from core.rewards import services as rewards
from core.rewards.models import ExpiryNotice
from core.segments import services as segments
from core.wallet import accounts, opening, pins
from core.wallet.models import SettlementLine, TopUp
from plugins.beauty import aftercare, profiles, records, treatments
from tests.core.care import picture_kit as care_kit
from tests.installation import House, Installation

CANARY = "金丝雀7Q"
LATIN = "CANARY7Q"
PHONE = "13877777777"
ABSENT = "4611686018427387904"
MALFORMED = ("abc", "9" * 25, "-1", "1,2")
EXTRA = 12
MORE_ROLES = ("call_agent", "marketing", "chain_admin")
# Words shown to people; codes, dates and JSON keep their meaning, or the second house could not have been made.
LABELS = frozenset({
    "name", "note", "reason", "legal_entity", "company", "occupation", "category", "device", "tag", "licence_no",
    "file_name", "label", "title", "frozen_reason",
})  # fmt: skip
# Rows that tell of the attempt itself, or of who is signed in.
NOISE = frozenset({
    "audit_entry", "throttle", "idempotency_key", "web_session", "door", "plugin_failure", "pin_proof", "audit_seal",
})  # fmt: skip


@dataclass
class World:
    """The installation, and ids by kind and variant: own, other_store, foreign, absent."""

    installation: Installation
    ids: dict[str, dict[str, str]] = field(default_factory=dict)
    token: str = ""
    narrow: str = ""
    secrets: set[str] = field(default_factory=set)
    chain_sees: set[str] = field(default_factory=set)

    @property
    def home(self) -> House:
        """Return the house that asks."""
        return self.installation.dental

    @property
    def away(self) -> House:
        """Return the house that must not be seen."""
        return self.installation.pharmacy

    def put(self, kind: str, **values: Any) -> None:
        """Note ids of a kind; what is absent is absent."""
        self.ids[kind] = {"absent": ABSENT, **{name: str(value) for name, value in values.items()}}

    def counts(self) -> tuple[tuple[str, int], ...]:
        """Return the number of rows of every table but the noisy ones."""
        names = [t.name for t in house_tables() if t.name not in NOISE]
        sql = " UNION ALL ".join(f"SELECT '{name}', COUNT(*) FROM {name}" for name in names)
        with self.installation.unit("read") as session:
            return tuple((row[0], row[1]) for row in session.execute(text(sql)))

    def fingerprint(self) -> str:
        """Return a hash over every row of the franchise that must not be touched."""
        digest = hashlib.sha256()
        with self.installation.unit("read") as session:
            for table in house_tables():
                # Counts belong to the chain: taking them anew is its administrator's right.
                if "franchise_id" not in table.columns or table.name == "franchise_count":
                    continue
                rows = session.execute(
                    text(f"SELECT * FROM {table.name} WHERE franchise_id = :f ORDER BY id"),
                    {"f": self.away.franchise_id},
                )
                for row in rows:
                    digest.update(repr((table.name, *row)).encode())
        return digest.hexdigest()

    def cookie(self, role: str) -> str:
        """Return the cookie of a new session of a role at home; no password is hashed."""
        with acting(Actor(self.home.franchise_id)), self.installation.unit() as session:
            login = session.get(Staff, self.home.staff[role]).login
        with self.installation.unit() as session:
            account = org.account_of(session, login, "127.0.0.1")
            return org.sign_in(session, account, True, "127.0.0.1", "sweep").secret


def build(installation: Installation) -> World:
    """Fill both houses and return the world."""
    world = World(installation)
    for house in (world.home, world.away):
        with acting(installation.actor(house)), installation.unit() as session:
            _more_staff(session, house)
    with acting(installation.actor(world.away)), installation.unit() as session:
        st = Statements(session, world.away.franchise_id)
        # Numbers run per franchise: the away house's must be ones that the home house never reaches.
        for name in ("member_no", "card_number"):
            counters.take(st, name)
        st.run("UPDATE counter SET value = value + 500000 WHERE franchise_id = ?", [world.away.franchise_id])
    home = _fill(installation, world.home, "F-TEMP")
    other = _fill(installation, world.home, "CHECK", store=world.home.other_store_id)
    away = _fill(installation, world.away, "MISC-100")
    for kind in home:
        world.put(kind, own=home[kind], other_store=other[kind], foreign=away[kind])
    world.put("store", own=world.home.store_id, other_store=world.home.other_store_id, foreign=world.away.store_id)
    _chains(installation, world)
    with acting(installation.actor(world.home)), installation.unit() as session:
        world.token = tokens.create(session, world.home.store_id, tokens.SCOPES)
        world.narrow = tokens.create(session, world.home.store_id, ["reports"])
    with acting(installation.actor(world.away)), installation.unit() as session:
        world.secrets = _plant(session, world)
    return world


def _chains(installation: Installation, world: World) -> None:
    """Note the franchises of the chain (the away house is one of them) and one of another chain, with its template.

    The chain's administrator may see names of franchises and stores of their own chain: the away house's are
    words of their own, so that letting these pass lets nothing else pass.
    """
    with acting(installation.actor(world.home)), installation.unit("read") as session:
        programme = programmes.in_force(session)
    with installation.unit() as session:
        other = Chain(name=f"{CANARY}连锁")
        session.add(other)
        session.flush()
        foreign = Franchise(chain_id=other.id, code="z9", name=f"{CANARY}外人", made_at=0)
        session.add(foreign)
        home = session.get(Franchise, world.home.franchise_id)
        made = [
            templates.hand_out(session, chain_id, f"{word}模板{n}", programme, "扫").id
            for n, (chain_id, word) in enumerate([(home.chain_id, "平常"), (home.chain_id, "又一"), (other.id, CANARY)])
        ]
        world.put("template", own=made[0], other_store=made[1], foreign=made[2])
        world.put("franchise", own=home.id, other_store=world.away.franchise_id, foreign=foreign.id)


def _more_staff(session: Any, house: House) -> None:
    for n, role in enumerate((*MORE_ROLES, "disabled"), 301):
        staff, _password = staffing.add_staff(
            session, number=str(n), name=f"{role}员", roles=[("owner" if role == "disabled" else role, None)],
            store_id=house.store_id,
        )  # fmt: skip
        house.staff[role], house.numbers[role] = staff.id, str(n)
    for staff_id in house.staff.values():
        session.get(Staff, staff_id).password_once = False


def _draft(session: Any, programme: Any, word: str, code: str) -> tuple[int, int]:
    """Put an entry into the franchise's draft and keep a preview; return their ids."""
    draft = drafts.current(session) or drafts.open_from(session, programme, word)
    data = {"code": code, "name": f"{word}券", "amount_fen": 100, "items": "all"}
    entry = drafts.save(session, draft, drafts.section("coupons"), data, None)
    result = {"tiers": [f"{word}级"], "cells": [[0]], "rows": [], "kept": 0, "cost_fen": 0, "first": []}
    return entry.id, drafts.keep_preview(session, "0" * 64, 0, False, 0, result).id


def _fill(installation: Installation, house: House, item: str, store: int | None = None) -> dict[str, Any]:
    """Make a member with cards, an order with a refund and an open quote; return their ids."""
    away = house is installation.pharmacy
    actor = installation.actor(house)
    store = house.other_store_id if away else store
    actor = actor.at_store(store) if store else actor
    word = CANARY if away else "平常"
    with acting(actor):
        member = installation.enrol(
            f"{word}人", PHONE if away else None, email=f"{LATIN if away else 'plain'}@example.com",
            address=f"{word}路 1 号", note=f"{word}备注", company=f"{word}公司", occupation=f"{word}职业",
            tags=(f"{word}标签",), consents=(("profiling", True, f"{word}凭证"),),
        )  # fmt: skip
        for _n in range(EXTRA if away else 0):
            installation.sell(None, item)
        done = installation.sell(member, item, (item, 2))
        code = f"{house.code.upper()}-{store or 0}"
        with installation.unit() as session:
            sold = catalog.add(session, code, f"{word}项目", "service", 12_300, category=f"{word}类")
            price = prices.put(session, sold, 12_400, prices.today() + dt.timedelta(days=9))
            item_id, price_id = sold.id, price.id
            kept = _records(session, people.get(session, member), programmes.in_force(session), word, f"k{store or 0}")
            quote, _priced = quotes.store(session, BasketRequest((LineRequest(item),), member))
            quote_id = quote.id
        listed = f"姓名,手机号\n{word}乙,{'13877777778' if away else '13900000001'}\n".encode()
        batch = runner.load(installation.runtime.db, actor, f"{word}名单.csv", listed)
        kept |= _course(installation, member, code, word) | _held(installation, member, item, store or house.store_id)
        kept |= _top_up(installation, member, code, word)
        kept |= _redemption(installation, member)
        kept |= _health(installation, house, member, word)
        kept |= _referral(installation, member, word)
        kept |= _visit(installation, house, member, word)
        kept |= _beauty(installation, house, member, word)
        installation.refund(done.order_no, {1: 1}, f"{word}退款原因")
        with installation.unit() as session:
            person = people.get(session, member)
            programme = programmes.in_force(session)
            old = lang.parse({"fact": "age", "op": "ge", "value": 60})
            segment = segments.save(session, code=f"seg-{house.code}-{store or 0}", name=f"{word}人群", condition=old)
            tag = segments.save_tag(
                session, None, tag=f"{word}规则{store or 0}", group="", note=f"{word}说明", condition=old
            )
            cards.issue(session, person, replace(programme.free_card(), seats=8), programme.version)
            held = cards.cards_of(session, [member])[member]
            household = cards.household_of(session, person)
            assert household is not None
            entry, preview = _draft(session, programme, word, code)
            spare = _spare(session, house, store)
            request = approvals.ask(
                session, adjustments.KIND, {"person_id": str(member), "delta": 40 + len(item)}, f"{word}原因"
            )
            view = saved_views.save(session, "members", f"{word}视图{store or 0}", {"f.gender": "female"}, shared=True)
            task = tasks.ask(session, "lists.bulk", f"{word}任务", {"note": f"{word}参数"})
            shift = cash.open_shift(session, 100)
            cash.move(session, "petty", 50, f"{word}用途")
            cash.close(session, shift.id, 49, f"{word}差额原因")
            return {
                "shift": shift.id,
                "view": view.id, "task": task.id,
                **kept, "entry": entry, "preview": preview, "staff_id": house.staff["front_desk"], "spare_staff": spare.id, "approval": request.id,
                "sitting": _sitting(session, spare), "person": member, "order": done.order_no, "order_id": done.order_id, "quote": quote_id, "item": code, "item_id": item_id, "item_price": price_id,
                "card": held[0].id, "household": household[0].id,
                "staff": house.staff["front_desk"], "member_no": person.member_no, "card_number": held[0].number, "batch": batch,
                "segment": segment.code, "tag_definition": tag.id,
                "notice": session.scalar(select(Notification.id).order_by(Notification.id.desc()).limit(1)),
                "audit": session.scalar(select(AuditEntry.id).order_by(AuditEntry.id.desc()).limit(1)),
            }  # fmt: skip


def _records(session: Any, person: Person, programme: Any, word: str, key: str) -> dict[str, int]:
    """Make a field of the franchise's own with a value, and a coupon; return their ids and those of the ledger."""
    field_ = PersonField(key=key, label=f"{word}字段", kind="text")
    session.add(field_)
    session.flush()
    custom.save(session, person, {field_.id: f"{word}资料"})
    card = next(one for one in programme.card_products if one.free)
    coupon = coupons.issue(
        session,
        person.id,
        CouponRule(code="swept", name=f"{word}券", amount_fen=100),
        prices.today(),
        "sweep",
        card.seats,
    )
    told = MessageTemplate(code=f"m{key}", name=f"{word}模板", channel="sms", purpose="care", body=f"{word}正文")
    session.add(told)
    session.flush()
    lot = session.scalar(select(Lot).where(Lot.person_id == person.id))
    line = session.scalar(select(OrderLine).where(OrderLine.person_id == person.id))
    return {
        "person_field": field_.id, "coupon": coupon.id, "lot": lot.id, "transfer": lot.transfer_id,
        "order_line": line.id, "message_template": told.id,
        "till_entry": session.scalars(select(TillEntry.id).order_by(TillEntry.id).limit(1)).one(),
    }  # fmt: skip


def _course(installation: Installation, member: int, code: str, word: str) -> dict[str, int]:
    """Sell a course that may be handed over, use a session of it; return their ids."""
    with installation.unit() as session:
        catalog.add(
            session, f"C-{code}"[:40], f"{word}疗程", "course", 3_000, sessions=3,
            attributes={"core.shared": True, "core.transferable": True, "core.valid_months": "12"},
        )  # fmt: skip
    installation.sell(member, f"C-{code}"[:40], coupons=())
    with installation.unit() as session:
        course = session.scalar(select(Course).where(Course.person_id == member))
        used = burn.burn(session, course.id, burn.Burning(evidence=f"{word}单号", method="signature"))
        return {"course": course.id, "course_use": used.use_id}


def _health(installation: Installation, house: House, member: int, word: str) -> dict[str, int]:
    """Note an allergy and a condition of the member, with a look behind the glass; return their ids."""
    with installation.unit() as session:
        today = health.today()
        made = [
            health_rules.allergy(today=today, code_kind="class", code="penicillins", reaction=f"{word}反应"),
            health_rules.condition(today=today, text=f"{word}病情"),
        ]
        facts = [health.note(session, member, one).id for one in made]
        glass = HealthGlass(
            person_id=member, staff_id=house.staff["clinician"], reason_code="other", opened_at=1, until_at=2,
            due_at=3,
        )  # fmt: skip
        glass.reason = f"{word}理由"
        session.add(glass)
        session.flush()
        return {"health_fact": facts[0], "glass": glass.id}


def _visit(installation: Installation, house: House, member: int, word: str) -> dict[str, Any]:
    """Write a visit, take a photo and a document in; return their ids."""
    with installation.unit() as session:
        people.consent(session, people.get(session, member), "photo_record", granted=True, evidence=f"{word}单号")
        visit = visits.open_visit(session, member, practitioner_id=house.staff["clinician"])
        visits.attach_part(session, visit.id, "care", 1, {"complaint": f"{word}主诉"})
        photo = care_kit.photo(session, member, name=f"{word}部位")
        photos.add_document(session, visit.id, care_kit.png(), f"{word}化验单")
        code = session.get(Attachment, photo.attachment_id).code
        paper = documents.keep(session, member, "care.report", care_kit.png(), note=f"{word}报告")
        paper_code = session.get(Attachment, paper.attachment_id).code
    return {"visit": visit.id, "photo": photo.id, "photo_code": code, "paper_code": paper_code}


def _beauty(installation: Installation, house: House, member: int, word: str) -> dict[str, int]:
    """Write what the beauty plugin keeps of a member; return the ids of a treatment and a suggestion."""
    with installation.unit() as session:
        people.consent(session, people.get(session, member), "health", granted=True, evidence=f"{word}单号")
        records.analyse(session, member, records.today(), dict.fromkeys(records.SCORES, "50"))
        records.answer(session, member, {})
        records.sign(session, member, "injection", method="paper", evidence=f"{word}凭据")
        used = [treatments.Product(f"{word}产品", "SWEPT-1", "1 mL")]
        done = treatments.Done(
            "filler", records.today(), f"{word}部位", products=used, operator_id=house.staff["clinician"]
        )
        treatment = treatments.record(session, member, done)
        form = {"phase": "after", "pain": "1", "mood": "even", "wound": "fine", "worry": f"{word}担心"}
        aftercare.ask(session, member, str(treatment.id), form)
        suggestion = aftercare.suggest(session, member, f"{word}面霜", f"{word}理由")
        profiles.save(session, member, {"taboos": f"{word}忌讳"}, 0)
        profiles.object_to(session, member, f"{word}顾虑")
        return {"beauty_treatment": treatment.id, "beauty_suggestion": suggestion.id}


def _held(installation: Installation, member: int, item: str, store_id: int) -> dict[str, int]:
    """Put a basket aside at a store; return its id."""
    with installation.unit() as session:
        row = HeldBasket(store_id=store_id, person_id=member, lines=1, held_at=clock.now_ms())
        session.add(row)
        row.basket = basket_rules.Draft(member, [basket_rules.DraftLine("k", item)]).to_text()
        session.flush()
        return {"held": row.id}


def _top_up(installation: Installation, member: int, code: str, word: str) -> dict[str, int]:
    """Top up, pay with it, take down a document, owe another legal entity, bring value along; return their ids."""
    with installation.unit() as session:
        catalog.add(session, f"V-{code}"[:40], f"{word}充值", "topup", 5_000, bonus_fen=500)
        catalog.add(session, f"U-{code}"[:40], f"{word}小项", "service", 1_100)
    installation.sell(member, f"V-{code}"[:40], coupons=())
    paid = [TenderRequest("stored_value", 1_100)]
    installation.sell(member, f"U-{code}"[:40], coupons=(), tenders=paid)
    with installation.unit() as session:
        accounts.take_identity(session, member, "passport", f"{LATIN.upper()}123")
        pins.put(session, member, "739146", "739146")
        row = session.scalar(select(TopUp).where(TopUp.person_id == member))
        line = SettlementLine(
            issuing=f"{word}甲主体", serving=f"{word}乙主体", source_kind="order", source_id=1, principal_fen=0,
            bonus_fen=0, month="2026-11", business_on=prices.today(), booked_at=1,
        )  # fmt: skip
        session.add(line)
        st, brought = Statements(session, row.franchise_id), new_id()
        posting = ledger.Posting(prices.today(), 1, "opening", brought, None, row.store_id, "job")
        opening.bring(st, [opening.Brought(brought, member, 700, 0)], posting)
        session.flush()
        return {"top_up": row.id, "settlement": line.id, "brought": brought}


def _redemption(installation: Installation, member: int) -> dict[str, int]:
    """Give points, redeem a coupon for some of them, tell of the lot; return the ids."""
    with installation.unit() as session:
        reward = next(one for one in programmes.in_force(session).rewards if one.kind == "coupon")
        actor, today = current_actor(), prices.today()
        st = Statements(session, actor.franchise_id)
        posting = ledger.Posting(today, clock.now_ms(), "sweep", member, None, actor.store_id, "test")
        balance = ledger.balance_of(st, "person", member, ledger.POINTS, member)
        ends = today + dt.timedelta(days=300)
        moved = ledger.credit(st, balance, ledger.POINTS, reward.points * 3, posting, expires_on=ends)
        row = rewards.take(session, member, rewards.Asked(reward.code))
        lot = session.scalar(select(Lot.id).where(Lot.transfer_id == moved))
        notice = ExpiryNotice(
            lot_id=lot, person_id=member, points=1, expires_on=ends, state="queued", channel="sms", business_on=today,
            made_at=clock.now_ms(),
        )  # fmt: skip
        session.add(notice)
        session.flush()
        return {"redemption": row.id, "expiry_notice": notice.id}


def _referral(installation: Installation, member: int, word: str) -> dict[str, int]:
    """Let the member bring somebody, with a code of their own; return the referral's id."""
    with installation.unit() as session:
        referrals.make_code(session, member)
        number = people.get(session, member).member_no
        brought = referral_grants.enrol(session, people.NewPerson(f"{word}友", referrer_no=number))
        row = referrals.of_person(session, brought.id)
        assert row is not None
        row.why = f"{word}原因"
        return {"referral": row.id}


def _spare(session: Any, house: House, store: int | None) -> Staff:
    """Return somebody whose sign-in may be reset without taking a role's session away."""
    staff, _password = staffing.add_staff(
        session, number=f"9{store or 0}"[-12:], name="备员", roles=[("marketing", None)], store_id=store or house.store_id,
    )  # fmt: skip
    return staff


def _sitting(session: Any, staff: Staff) -> int:
    """Return a live session of somebody."""
    row = WebSession(
        staff_id=staff.id, store_id=staff.store_id, device="sweep", started_at=clock.now_ms(), seen_at=clock.now_ms(),
        expires_at=clock.now_ms() + 12 * 3_600_000,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row.id


# Other tests import plugins of their own into the same process; their tables are not in this database.
HOUSE = ("core.", "plugins.")


def house_tables() -> list[Any]:
    """Return the tables of core and the bundled plugins."""
    ours = {m.local_table.name for m in Base.registry.mappers if m.class_.__module__.startswith(HOUSE)}
    return [table for table in Base.metadata.sorted_tables if table.name in ours]


def _plant(session: Any, world: World) -> set[str]:
    """Put canaries into every sealed field and every word of the second house; return what must not be seen."""
    secrets = {CANARY, LATIN, PHONE}
    for mapper in Base.registry.mappers:
        model = mapper.class_
        if not issubclass(model, FranchiseOwned) or not model.__module__.startswith(HOUSE):
            continue
        names = [c.key for c in mapper.columns if c.key in LABELS]
        sealed = [name for name in getattr(model, "sealed_fields", {}) if name != "phone"]
        for row in session.scalars(select(model)).all():
            try:
                with session.begin_nested():
                    for name in (*names, *sealed):
                        if getattr(row, name):
                            setattr(row, name, f"{CANARY}{name}"[: _length(model, name)])
                    session.flush()
            except DBAPIError:
                session.refresh(row)  # append-only: its canaries were planted when it was made
    franchise = session.get(Franchise, world.away.franchise_id)
    franchise.name = f"{CANARY}加盟店"
    for store in session.scalars(select(Store)):
        store.name = f"{CANARY}门店{store.code}"
        world.chain_sees.add(store.name)
    world.chain_sees |= {franchise.name, str(world.away.franchise_id)}
    for model in (Orders, Card, StoredQuote, Person, Staff):
        secrets |= {str(row_id) for row_id in session.scalars(select(model.id))}
    return secrets | {str(world.away.franchise_id)}


def _length(model: Any, name: str) -> int:
    column = inspect(model).columns.get(name)
    return getattr(column.type, "length", None) or 200 if column is not None else 200
