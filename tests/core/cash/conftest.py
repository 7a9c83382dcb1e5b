"""A dental house with a drawer: people at the till, the API beside it."""

from __future__ import annotations

import pytest

from core.cash import days, rules, services
from core.cash.models import DayClose, Shift
from core.kernel import clock
from core.kernel.statements import Statements
from core.kernel.tenancy import acting
from core.orders.types import LineRequest, TenderRequest
from core.org import business_day
from core.org.models import Store
from core.org.proofs import make_proof
from tests.installation import PIN


class Drawer:
    """Shorthands over the services, each act in a unit of its own."""

    def __init__(self, installation):
        self.i, self.h = installation, installation.dental

    def actor(self, role="front_desk"):
        return self.i.actor(self.h, role)

    def as_(self, role="front_desk"):
        return acting(self.actor(role))

    def open(self, float_fen=50_000, role="front_desk"):
        with self.as_(role), self.i.unit() as s:
            return services.open_shift(s, float_fen).id

    def sell(self, fen, kind="cash", role="front_desk"):
        """Sell something for exactly so much and return the order's number."""
        with self.as_("owner") if role == "owner" else self.as_(role):
            actor = self.actor(role)
            from dataclasses import replace

            with acting(replace(actor, grants=self.i.actor(self.h, "owner").grants)):
                return self.i.sell(
                    None, LineRequest("ORTHO", 1, price_fen=fen, price_reason="测试"),
                    tenders=[TenderRequest(kind, fen)] if isinstance(kind, str) else kind,
                ).order_no  # fmt: skip

    def refund(self, order_no, role="front_desk"):
        with self.as_(role):
            return self.i.refund(order_no, {1: 1})

    def move(self, code, fen, words="", role="front_desk"):
        with self.as_(role), self.i.unit() as s:
            return services.move(s, code, fen, words).id

    def close(self, shift_id, counted, reason="", role="front_desk", **more):
        with self.as_(role), self.i.unit() as s:
            row = services.close(s, shift_id, counted, reason, **more)
            return row.expected_fen, row.difference_fen

    def expected(self, shift_id):
        with self.as_("owner"), self.i.unit("read") as s:
            return services.figures(s, s.get(Shift, shift_id)).expected_fen

    def shift(self, shift_id):
        with self.as_("owner"), self.i.unit("read") as s:
            row = s.get(Shift, shift_id)
            row.reason  # noqa: B018 (unsealed while the unit is open)
            s.expunge_all()
            return row

    def proof(self, role, payload="0" * 64):
        with self.as_("owner"), self.i.unit() as s:
            return make_proof(s, self.h.numbers[role], PIN, "approve", payload).proof

    def today(self):
        return clock.today("Asia/Shanghai")

    def book_on(self, at=None):
        with self.as_(), self.i.unit() as s:
            return business_day.book_on(Statements(s, self.h.franchise_id), at)

    def see(self, on=None, role="manager"):
        with self.as_(role), self.i.unit("read") as s:
            seen = days.see(s, s.get(Store, self.h.store_id), on or self.today())
            s.expunge_all()
            return seen

    def close_day(self, on=None, role="manager", *, ticks=None, seen=None):
        """Close a day, everything ticked as the books say unless told."""
        day = self.see(on)
        ticks = ticks if ticks is not None else {one.kind: rules.Tick(done=True) for one in day.sums}
        with self.as_(role), self.i.unit() as s:
            row = days.close(s, self.h.store_id, day.on, ticks, seen or day.digest())
            return row.id

    def day_close(self, row_id):
        with self.as_("owner"), self.i.unit("read") as s:
            row = s.get(DayClose, row_id)
            s.expunge_all()
            return row


@pytest.fixture
def drawer(installation):
    return Drawer(installation)


@pytest.fixture
def any_drawer(any_installation):
    return Drawer(any_installation)
