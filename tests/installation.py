"""A whole installation for tests: two franchises (dental and pharmacy) of one chain, founded for real.

Made once a session as a template and copied for each test, on SQLite or PostgreSQL.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core import rooms
from core.cards import services as cards
from core.console import founding
from core.kernel import clock, keys
from core.kernel import runtime as runtimes
from core.kernel.permissions import registry
from core.kernel.runtime import Runtime
from core.kernel.settings import Environment
from core.kernel.tenancy import Actor, acting
from core.orders.quoting import quotes
from core.orders.refunding import refunds
from core.orders.selling import settle
from core.orders.types import BasketRequest, LineRequest, OverrideRequest, TenderRequest
from core.org import staffing
from core.people.services import NewPerson

CHAIN = "测试连锁"
PIN = "246802"


@dataclass
class House:
    """A franchise under test: its ids, and staff numbers by role (PIN is tests.installation.PIN)."""

    franchise_id: int
    code: str
    store_id: int
    other_store_id: int
    staff: dict[str, int] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)


@dataclass
class Installation:
    """A running installation: runtime, and two houses `dental` and `pharmacy`."""

    runtime: Runtime
    dental: House
    pharmacy: House
    folder: Path

    def actor(self, house: House, role: str = "owner", door: str = "test") -> Actor:
        """Return an actor of `house` at its first store."""
        plugins = frozenset({"dental"} if house is self.dental else {"pharmacy"})
        return Actor(
            house.franchise_id, house.store_id, house.staff.get(role), door=door, roles=frozenset({role}),
            grants=registry.of_roles([(role, None)]), plugins=plugins,
        )  # fmt: skip

    def unit(self, mode: str = "write") -> Any:
        """Return a unit of work."""
        return self.runtime.db.unit(mode)

    def enrol(self, name: str = "刘超明", phone: str | None = None, **more: Any) -> int:
        """Enrol a member (under the acting franchise) and return their id."""
        with self.unit() as session:
            return cards.enrol(session, NewPerson(name, phone=phone, **more)).id

    def sell(
        self, member: int | None, *lines: Any, tenders: list[TenderRequest] | None = None,
        overrides: tuple[OverrideRequest, ...] = (), coupons: tuple[str, ...] | None = None,
    ) -> settle.Settled:  # fmt: skip
        """Quote and settle; lines are codes, (code, qty) or LineRequests; paid in cash unless told."""
        asked = tuple(
            line if isinstance(line, LineRequest) else LineRequest(*([line] if isinstance(line, str) else line))
            for line in lines
        )
        with self.unit() as session:
            quote, priced = quotes.store(session, BasketRequest(asked, member, coupons))
        total = priced.quote.total_fen
        with self.unit() as session:
            return settle.settle(
                session, quote.id, tenders if tenders is not None else [TenderRequest("cash", total)] * bool(total),
                overrides,
            )  # fmt: skip

    def refund(self, order_no: str, lines: dict[int, int], reason: str = "测试退款") -> refunds.Effects:
        """Refund lines (below the limit that asks for a PIN)."""
        with self.unit() as session:
            return refunds.refund(session, order_no, lines, reason)

    def close(self) -> None:
        """Let go of the database."""
        self.runtime.db.dispose()
        runtimes.use(None)
        keys.use(None)


def at(text: str) -> Any:
    """Hold the clock at an instant in Shanghai's time: `2026-11-21 10:00`."""
    moment = datetime.fromisoformat(text)
    return clock.frozen_at(moment.replace(tzinfo=clock.zone("Asia/Shanghai")).astimezone(UTC))


def environment(folder: Path, url: str | None = None) -> Environment:
    """Return an environment whose data and keys lie apart in `folder`."""
    env = {"HUIKE_DATA_DIR": str(folder / "var"), "HUIKE_KEY_FILE": str(folder / "keys" / "master.key")}
    if url:
        env["DATABASE_URL"] = url
    return Environment.from_os(env)


ROLES = ("manager", "rule_keeper", "front_desk", "clinician", "auditor", "platform_admin", "pharmacist")


def _house(runtime: Runtime, name: str, vertical: str) -> House:
    made = founding.found(
        runtime, chain=CHAIN, name=name, owner=f"{vertical}@example.com", store="一店", verticals=[vertical]
    )
    house = House(made.franchise_id, made.franchise_code, made.store_id, 0)
    with acting(Actor(made.franchise_id, made.store_id)), runtime.db.unit() as session:
        house.other_store_id = staffing.add_store(session, "02", "二店", name).id
        owner = staffing.by_number(session, "001")
        owner.pin_hash = _pin(owner.id)
        house.staff["owner"], house.numbers["owner"] = owner.id, "001"
        for n, role in enumerate(ROLES, 101):
            staff, _password = staffing.add_staff(
                session, number=str(n), name=f"{role}员", roles=[(role, None)], store_id=made.store_id, pin=PIN,
                performs=role == "clinician",
            )  # fmt: skip
            house.staff[role], house.numbers[role] = staff.id, str(n)
    return house


def _pin(staff_id: int) -> str:
    from core.org import credentials

    return credentials.hash_pin(staff_id, PIN)


def make(folder: Path, url: str | None = None) -> tuple[House, House]:
    """Found the installation in `folder` (and the database `url`); return its houses."""
    runtime = rooms.start(environment(folder, url))
    founding.prepare(runtime)
    houses = _house(runtime, "甲口腔", "dental"), _house(runtime, "乙药房", "pharmacy")
    runtime.db.dispose()
    return houses


def open_copy(template: Path, houses: tuple[House, House], folder: Path, url: str | None = None) -> Installation:
    """Return an installation over a copy of the template folder (SQLite) or over `url`."""
    shutil.copytree(template, folder, dirs_exist_ok=True)
    runtime = rooms.start(environment(folder, url))
    runtime.load_keys()
    # Tests put people of their own into a house: the template's must stay as it was made.
    dental, pharmacy = (replace(one, staff=dict(one.staff), numbers=dict(one.numbers)) for one in houses)
    return Installation(runtime, dental, pharmacy, folder)
