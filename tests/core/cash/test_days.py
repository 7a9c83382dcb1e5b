"""The day close: what blocks it, ticking, the business date afterwards, back-dating, what the database keeps (B51)."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from core.cash import days, rules, verify
from core.console import verification
from core.kernel import audit, clock
from core.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refusal
from core.kernel.models import AuditEntry
from core.kernel.statements import Statements
from core.kernel.tenancy import acting
from core.ledger.models import Transfer
from core.orders.granting import adjustments
from core.orders.models import Orders, Refund
from core.org.models import Store
from core.people.models import Person
from tests.installation import at

DAY = dt.date(2026, 11, 22)
NEXT = DAY + dt.timedelta(days=1)


def business_on(drawer, order_no):
    with drawer.as_("owner"), drawer.i.unit("read") as s:
        return s.scalar(select(Orders.business_on).where(Orders.order_no == order_no))


def test_b51_after_the_close_everything_falls_on_the_next_business_date(any_drawer):
    drawer = any_drawer
    with at("2026-11-22 20:00"):
        shift = drawer.open(50_000)
        drawer.sell(16_000)
        second = drawer.sell(3_900)
        drawer.close(shift, 69_900)
        row = drawer.day_close(drawer.close_day())
        assert (row.business_on, row.received_fen, row.refunded_fen) == (DAY, 19_900, 0)
    with at("2026-11-22 21:30"):
        late = drawer.sell(5_000, "wechat")
        drawer.refund(second)
        assert (business_on(drawer, second), business_on(drawer, late)) == (DAY, NEXT)
        with drawer.as_("owner"), drawer.i.unit("read") as s:
            assert s.scalar(select(Refund.business_on)) == NEXT
        assert [one.net_fen for one in drawer.see(DAY).sums] == [19_900]
        assert {one.kind: one.net_fen for one in drawer.see(NEXT).sums} == {"cash": -3_900, "wechat": 5_000}
    with at("2026-11-23 09:00"):
        assert drawer.book_on() == NEXT
    with at("2026-11-24 09:00"):
        assert drawer.book_on() == NEXT + dt.timedelta(days=1)
        assert drawer.day_close(drawer.close_day(NEXT)).refunded_fen == 3_900
    with drawer.as_("owner"), drawer.i.unit("read") as s:
        assert {found for _name, found in verify.check(s, drawer.h.franchise_id)} == {None}


def test_an_adjustment_after_the_close_is_booked_on_the_next_business_date(drawer):
    from core.kernel import settings
    from core.orders.settings import ADJUST_ALONE

    with at("2026-11-22 20:00"):
        with drawer.as_("owner"):
            member = drawer.i.enrol("刘超明", "13800005051")
            with drawer.i.unit() as s:
                settings.change(s, ADJUST_ALONE, 100)
        drawer.close_day()
        with drawer.as_("owner"), drawer.i.unit() as s:
            done = adjustments.adjust(s, member, "points", 50, "漏记积分")
            assert s.get(Transfer, done.transfer_id).business_on == NEXT


def test_tiers_and_cards_still_go_by_the_day_the_member_came(drawer):
    with at("2026-11-22 20:00"):
        with drawer.as_("owner"):
            member = drawer.i.enrol("刘超明", "13800005051")
        drawer.close_day()
    with at("2026-11-22 21:00"):
        with drawer.as_("owner"):
            done = drawer.i.sell(member, "CARD-FAMILY", "ORTHO")
        assert business_on(drawer, done.order_no) == NEXT
        with drawer.as_("owner"), drawer.i.unit("read") as s:
            st = Statements(s, drawer.h.franchise_id)
            assert st.one("SELECT COUNT(*) FROM card WHERE franchise_id = ? AND valid_from > ?",
                          [st.franchise_id, DAY])[0] == 0  # fmt: skip
            before = s.get(Person, member).tier_code
        wrong = [r for r in verification.verify(drawer.i.runtime, freeze=False) if r.difference]
        assert wrong == []
        with drawer.as_("owner"), drawer.i.unit() as s:
            from core.orders.refunding import refunds

            refunds.refund(s, done.order_no, {2: 1}, "退掉", approved=True)
        assert [r for r in verification.verify(drawer.i.runtime, freeze=False) if r.difference] == []
        assert before


def test_an_open_shift_keeps_the_day_open(drawer):
    shift = drawer.open()
    with pytest.raises(Refusal) as refused:
        drawer.close_day()
    assert refused.value.code == "day_not_ready"
    assert "front_desk员 的班还没交" in refused.value.errors[0].message
    drawer.close(shift, 50_000)
    assert drawer.close_day()


def test_an_earlier_open_day_comes_first_and_an_empty_one_does_not_count(drawer):
    with at("2026-11-19 20:00"):
        drawer.sell(1_000)
        drawer.close_day()
    with at("2026-11-20 20:00"):
        drawer.sell(1_000)
    with at("2026-11-22 20:00"):
        drawer.sell(1_000)
        with pytest.raises(Refusal) as refused:
            drawer.close_day()
        assert "2026-11-20 还没日结" in refused.value.errors[0].message
        drawer.close_day(dt.date(2026, 11, 20))
        drawer.close_day()  # nobody worked on the 21st


def test_the_first_day_close_asks_for_nothing_before(drawer):
    with at("2026-11-10 20:00"):
        drawer.sell(1_000)
    with at("2026-11-22 20:00"):
        assert drawer.close_day()


def test_a_day_is_closed_once_and_not_in_advance(drawer):
    with at("2026-11-22 20:00"):
        drawer.close_day()
        with pytest.raises(Conflict) as refused:
            drawer.close_day()
        assert refused.value.code == "day_closed"
        with pytest.raises(Refusal) as refused:
            drawer.close_day(NEXT)
        assert "还没到" in refused.value.errors[0].message


def test_every_way_to_pay_is_ticked_and_a_difference_has_a_reason(drawer):
    drawer.sell(10_000, "bank")
    drawer.sell(4_000, "wechat")
    with pytest.raises(Invalid) as refused:
        drawer.close_day(ticks={"bank": rules.Tick(done=True, counted_fen=9_900)})
    assert sorted(e.field for e in refused.value.errors) == ["reason_bank", "tick_wechat"]
    done = drawer.close_day(
        ticks={"bank": rules.Tick(True, 9_900, "终端少一笔"), "wechat": rules.Tick(True, 4_000, "不用")}
    )
    row = drawer.day_close(done)
    assert row.difference_fen == -100
    told = {one.kind: (one.counted_fen, one.difference_fen) for one in drawer.see().tenders}
    assert told == {"bank": (9_900, -100), "wechat": (4_000, 0)}


def test_figures_that_moved_since_are_refused(drawer):
    drawer.sell(1_000)
    seen = drawer.see().digest()
    drawer.sell(1_000)
    with pytest.raises(Conflict) as refused:
        drawer.close_day(seen=seen)
    assert refused.value.code == "stale_version"


def test_who_closes_a_day(drawer):
    with pytest.raises((Forbidden, NotFound)):
        drawer.close_day(role="front_desk")
    with pytest.raises((Forbidden, NotFound)):
        drawer.close_day(role="auditor")
    with pytest.raises(NotFound), acting(drawer.i.actor(drawer.i.pharmacy)), drawer.i.unit() as s:
        days.close(s, drawer.h.store_id, drawer.today(), {}, "")
    with pytest.raises(NotFound), acting(drawer.i.actor(drawer.i.pharmacy)), drawer.i.unit("read") as s:
        days.store_for(s, str(drawer.h.store_id))


def test_a_closed_day_never_changes(any_drawer):
    any_drawer.sell(1_000)
    row = any_drawer.close_day()
    for sql in ("UPDATE day_close SET received_fen = 1 WHERE id = :i", "DELETE FROM day_close WHERE id = :i"):
        with pytest.raises(DatabaseError), any_drawer.as_("owner"), any_drawer.i.unit() as s:
            s.execute(text(sql), {"i": row})
    with pytest.raises(DatabaseError), any_drawer.as_("owner"), any_drawer.i.unit() as s:
        s.execute(text("UPDATE till_entry SET amount_fen = amount_fen + 1"))


def test_the_close_carries_the_head_of_the_audit_chain(drawer):
    with drawer.as_("owner"), drawer.i.unit() as s:
        block = audit.seal(s)
        head = bytes(block.head).hex()
    row = drawer.day_close(drawer.close_day())
    assert (row.audit_head, row.audit_block) == (head, 1)
    with drawer.as_("owner"), drawer.i.unit("read") as s:
        entry = s.scalar(select(AuditEntry).where(AuditEntry.action == "cash.day.closed"))
        assert audit.detail_of(entry)["changes"] == {"closed_through_on": [None, drawer.today().isoformat()]}


def ms(text_):
    moment = dt.datetime.fromisoformat(text_).replace(tzinfo=clock.zone("Asia/Shanghai"))
    return clock.to_ms(moment)


def test_what_happened_before_the_last_closed_day_is_not_taken(drawer):
    with at("2026-11-21 20:00"):
        drawer.close_day()
    with at("2026-11-22 10:00"):
        with pytest.raises(Refusal) as refused:
            drawer.book_on(ms("2026-11-20 23:59"))
        assert (refused.value.code, refused.value.status) == ("day_closed", 422)
        assert drawer.book_on(ms("2026-11-21 10:00")) == DAY  # of the closed day itself: the next business date
        assert drawer.book_on(ms("2026-11-22 09:00")) == DAY


def test_another_store_goes_on(drawer):
    from core.org import business_day

    with at("2026-11-22 20:00"):
        drawer.close_day()
        with acting(drawer.actor().at_store(drawer.h.other_store_id)), drawer.i.unit() as s:
            assert business_day.book_on(Statements(s, drawer.h.franchise_id)) == DAY


def test_a_forgotten_day_waits_on_the_home_page(drawer):
    from core.desk.front import todo

    def waits(role="manager"):
        with drawer.as_(role), drawer.i.unit("read") as s:
            return [one.title for one in todo.rows(s, drawer.actor(role)) if "日结" in one.title]

    with at("2026-11-20 20:00"):
        drawer.sell(1_000)
    with at("2026-11-21 20:00"):
        assert waits() == []  # who neither keeps shifts nor closes days is not asked to
        drawer.close_day()
    with at("2026-11-22 20:00"):
        drawer.sell(1_000)
        assert waits() == []
    with at("2026-11-23 09:00"):
        assert waits() == ["2026-11-22 还没日结"]
        assert waits("front_desk") == []


def test_verify_finds_a_closed_day_that_does_not_add_up(drawer):
    drawer.sell(1_000)
    drawer.close_day()
    with drawer.as_("owner"), drawer.i.unit() as s:
        s.execute(text("DROP TRIGGER day_close_no_update"))
        s.execute(text("UPDATE day_close SET received_fen = 7"))
        s.execute(text("DROP TRIGGER till_entry_no_update"))
    with drawer.as_("owner"), drawer.i.unit("read") as s:
        assert "says 7" in dict(verify.check(s, drawer.h.franchise_id))["cash.days_add_up"]
        assert s.get(Store, drawer.h.store_id).closed_through_on == drawer.today()
