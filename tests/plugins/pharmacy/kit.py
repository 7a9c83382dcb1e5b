"""What the pharmacy's tests share: a pharmacy with a pharmacist on duty, members with facts, sales with overrides."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from core.care import rules as care_rules
from core.care import services as care
from core.kernel import clock
from core.kernel.tenancy import acting, current_actor
from core.orders.quoting import quotes
from core.orders.selling import settle
from core.orders.types import BasketRequest, LineRequest, OverrideRequest, TenderRequest
from core.org.models import Staff
from core.org.proofs import make_proof
from plugins.pharmacy import books
from tests.installation import PIN

WHY = "获益大于风险，已告知"
IBUPROFEN, SILDENAFIL, PARACETAMOL, COLD, AMOXICILLIN = "D0033", "", "D0035", "D0048", "D0001"


@dataclass
class Pharmacy:
    """A pharmacy under test."""

    house: Any
    phones: int = 0

    @contextmanager
    def as_(self, role: str):
        """Act as somebody of a role."""
        with acting(self.house.actor(self.house.pharmacy, role)):
            yield

    def unit(self, mode: str = "write") -> Any:
        """Return a unit of work."""
        return self.house.unit(mode)

    def member(self, **more: Any) -> int:
        """Enrol a member of forty whose allergies were asked: none."""
        self.phones += 1
        told = {"birth_on": date(1986, 3, 1), **more}
        person = self.house.enrol("王芳", f"1380000{self.phones:04d}", **told)
        with self.unit() as session:
            care.set_status(session, person, care_rules.NONE_KNOWN)
        return person

    def takes(self, person: int, *ingredients: str, item: str = "", text: str = "") -> None:
        """Note a medicine."""
        with self.unit() as session:
            care.note_medicine(session, person, ingredients=ingredients, item=item, text=text, source="told")

    def allergic(self, person: int, **told: str) -> None:
        """Note an allergy."""
        with self.unit() as session:
            care.note(session, person, care_rules.allergy(today=care.today(), **told))

    def has(self, person: int, code: str) -> None:
        """Note a condition."""
        with self.unit() as session:
            care.note(session, person, care_rules.condition(today=care.today(), code=code))

    def prescribed(self, person: int, **items: int) -> int:
        """Note a prescription of today."""
        today = clock.today(current_actor().tz)
        with self.as_("pharmacist"), self.unit() as session:
            return books.prescribe(
                session, person, number=f"RX{len(items)}-{clock.now_ms()}", prescriber="李医生", hospital="市一医院",
                issued_on=today, valid_until=today + timedelta(days=2), items=items,
            ).id  # fmt: skip

    def findings(self, person: int | None, *lines: Any) -> list[tuple[str, str, int]]:
        """Return (code, severity, line) of what a basket finds."""
        return [(one.code.removeprefix("pharmacy."), one.severity, one.line) for one in self.quoted(person, *lines)[2]]

    def quoted(self, person: int | None, *lines: Any) -> tuple[int, int, list[Any]]:
        """Store a quote and return its id, total and findings."""
        asked = tuple(
            line if isinstance(line, LineRequest) else LineRequest(*([line] if isinstance(line, str) else line))
            for line in lines
        )
        with self.unit() as session:
            row, priced = quotes.store(session, BasketRequest(asked, person))
            return row.id, priced.quote.total_fen, priced.findings

    def proof(self, payload: str, role: str = "pharmacist") -> str:
        """Return a colleague's single-use proof."""
        with self.unit() as session:
            made = make_proof(
                session,
                self.house.pharmacy.numbers[role],
                PIN,
                "override",
                hashlib.sha256(payload.encode()).hexdigest(),
            )
        assert made.proof, made.refusal
        return made.proof

    def sell(self, person: int | None, *lines: Any, override: bool = False, **told: str) -> settle.Settled:
        """Quote and settle; `override` lets a pharmacist pass what is major."""
        quote_id, total, found = self.quoted(person, *lines)
        given = []
        for one in found:
            if one.severity == "moderate":
                given.append(OverrideRequest(one.id, "已看"))
            elif one.severity in ("major", "contraindicated") and override:
                given.append(OverrideRequest(one.id, WHY, self.proof(f"{quote_id}|{one.id}|{WHY}"), **told))
        with self.unit() as session:
            return settle.settle(session, quote_id, [TenderRequest("cash", total)], given)


def make(installation: Any, *, duty: bool = True) -> Pharmacy:
    """Return a pharmacy whose pharmacist holds a licence and is on duty; act in it as its owner."""
    made = Pharmacy(installation)
    with installation.unit() as session:
        row = session.get(Staff, installation.pharmacy.staff["pharmacist"])
        row.licence_kind, row.licence_no, row.licence_until = "pharmacist", "ZY-001", "2999-12-31"
    if duty:
        with made.as_("pharmacist"), made.unit() as session:
            books.sign_on(session)
    return made


__all__ = ["WHY", "Pharmacy", "make", "replace"]
