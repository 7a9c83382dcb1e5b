"""Shifts: case B51, who may do what, differences with reason and a second person, what the database keeps."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from core.cash import difference_approval, services, verify
from core.cash.models import Shift
from core.cash.settings import APPROVE_ABOVE, SHIFT_REQUIRED
from core.kernel import settings
from core.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refusal
from core.kernel.models import AuditEntry
from core.kernel.tenancy import acting
from core.orders.models import TillEntry
from core.orders.selling import till_entries
from core.orders.types import TenderRequest
from core.org import approvals
from core.org.models import ApprovalRequest
from core.org.proofs import make_proof
from tests.installation import PIN


def b51(drawer):
    """Float 500, cash sales 160 + 39, cash refund 39; a card sale changes nothing."""
    shift = drawer.open(50_000)
    drawer.sell(16_000)
    second = drawer.sell(3_900)
    drawer.sell(8_800, "bank")
    drawer.refund(second)
    return shift


def test_b51_expected_660_counted_655(any_drawer):
    shift = b51(any_drawer)
    assert any_drawer.expected(shift) == 66_000
    assert any_drawer.close(shift, 65_500, "找零有误") == (66_000, -500)
    row = any_drawer.shift(shift)
    assert (row.counted_fen, row.difference_fen, row.reason) == (65_500, -500, "找零有误")
    with any_drawer.as_("owner"), any_drawer.i.unit("read") as s:
        assert dict(verify.check(s, any_drawer.h.franchise_id)) == dict.fromkeys(
            ("cash.shifts_add_up", "cash.days_add_up", "cash.entries_match_tenders", "cash.entries_match_payments")
        )


def test_a_difference_without_a_reason_is_refused_and_the_count_is_kept(drawer):
    shift = b51(drawer)
    with pytest.raises(Refusal) as refused:
        drawer.close(shift, 65_000)
    assert refused.value.code == "difference_needs_reason"
    assert refused.value.extra["difference_fen"] == -1000
    with drawer.as_(), drawer.i.unit() as s:
        services.note_count(s, shift, 65_000)
    assert drawer.close(shift, 65_500, "再数一次") == (66_000, -500)
    row = drawer.shift(shift)
    assert (row.first_counted_fen, row.counted_fen, row.counts) == (65_000, 65_500, 2)


def test_nothing_is_told_before_the_count(drawer):
    shift = b51(drawer)
    row = drawer.shift(shift)
    assert (row.expected_fen, row.counted_fen, row.closed_at) == (None, None, None)
    assert drawer.close(shift, 66_000) == (66_000, 0)
    assert drawer.shift(shift).reason is None


def test_cash_put_in_and_taken_out_counts(drawer):
    shift = drawer.open(10_000)
    drawer.move("change", 5_000)
    drawer.move("bank", 12_000)
    drawer.move("petty", 300, "买水")
    assert drawer.expected(shift) == 2_700
    with pytest.raises(Invalid, match="用途"):
        drawer.move("petty", 300)
    with pytest.raises(Invalid, match="大于 0"):
        drawer.move("bank", 0)
    with pytest.raises(Invalid, match="用途"):
        drawer.move("elsewhere", 1)


def test_money_of_another_cashier_and_store_is_not_in_my_drawer(drawer):
    mine, theirs = drawer.open(0), drawer.open(0, "pharmacist")
    drawer.sell(16_000)
    drawer.sell(7_000, role="pharmacist")
    drawer.sell(5_000, role="manager")  # has no shift
    assert (drawer.expected(mine), drawer.expected(theirs)) == (16_000, 7_000)
    assert drawer.see().loose_fen == 5_000


def test_a_split_payment_puts_only_its_cash_into_the_drawer(drawer):
    shift = drawer.open(0)
    drawer.sell(10_000, [TenderRequest("cash", 4_000), TenderRequest("wechat", 6_000)])
    assert drawer.expected(shift) == 4_000


def test_one_open_shift_a_person_and_store(any_drawer):
    first = any_drawer.open()
    with pytest.raises(Conflict) as refused:
        any_drawer.open()
    assert (refused.value.code, refused.value.extra["shift_id"]) == ("shift_open", str(first))
    any_drawer.close(first, 50_000)
    assert any_drawer.open() != first


def test_a_closed_shift_is_closed_once_and_never_changes(any_drawer):
    shift = any_drawer.open()
    any_drawer.close(shift, 50_000)
    with pytest.raises(Conflict) as refused:
        any_drawer.close(shift, 50_000)
    assert refused.value.code == "shift_closed"
    with pytest.raises(DatabaseError), any_drawer.as_("owner"), any_drawer.i.unit() as s:
        s.execute(
            text("UPDATE shift SET counted_fen = 1, difference_fen = 1 - expected_fen WHERE id = :i"), {"i": shift}
        )
    with pytest.raises(DatabaseError), any_drawer.as_("owner"), any_drawer.i.unit() as s:
        s.execute(text("DELETE FROM shift WHERE id = :i"), {"i": shift})


def test_a_stale_count_is_refused(drawer):
    shift = drawer.open()
    seen = drawer.shift(shift).version
    drawer.move("change", 1_000)
    with pytest.raises(Conflict) as refused:
        drawer.close(shift, 50_000, version=seen)
    assert refused.value.code == "stale_version"


def test_whose_shift_it_is(drawer):
    shift = drawer.open()
    with pytest.raises(NotFound):
        drawer.close(shift, 50_000, role="pharmacist")
    with pytest.raises(NotFound), acting(drawer.i.actor(drawer.i.pharmacy)), drawer.i.unit() as s:
        services.close(s, shift, 50_000)
    assert drawer.close(shift, 50_000, role="manager") == (50_000, 0)
    assert drawer.shift(shift).closed_by == drawer.h.staff["manager"]


def test_somebody_without_the_permission_opens_none(drawer):
    with pytest.raises(Forbidden):
        drawer.open(role="clinician")
    with pytest.raises(Invalid):
        drawer.open(-1)


def test_a_large_difference_wants_somebody_else(drawer):
    shift = drawer.open(50_000)
    with pytest.raises(Refusal) as refused:
        drawer.close(shift, 40_000, "少了")
    assert (refused.value.code, refused.value.status) == ("difference_needs_proof", 403)
    with pytest.raises(Forbidden, match="没有确认"):
        drawer.close(shift, 40_000, "少了", proof=drawer.proof("pharmacist"), payload_sha256="0" * 64)
    with pytest.raises(Forbidden, match="另一个人"):
        drawer.close(shift, 40_000, "少了", proof=drawer.proof("front_desk"), payload_sha256="0" * 64)
    done = drawer.close(shift, 40_000, "少了", proof=drawer.proof("manager"), payload_sha256="0" * 64)
    assert done == (50_000, -10_000)
    assert drawer.shift(shift).approved_by == drawer.h.staff["manager"]


def test_a_manager_does_not_confirm_their_own_shift(drawer):
    shift = drawer.open(role="manager")
    with pytest.raises(Forbidden, match="另一个人"):
        drawer.close(shift, 1, "少了", role="manager", proof=drawer.proof("manager"), payload_sha256="0" * 64)


def ask(drawer, shift, counted=40_000):
    with drawer.as_(), drawer.i.unit() as s:
        return difference_approval.ask(s, shift, counted, "抽屉少了一百").id


def decide(drawer, request_id):
    with drawer.as_("manager"):
        with drawer.i.unit() as s:
            payload = approvals.proof_payload(s.get(ApprovalRequest, request_id))
            secret = make_proof(s, drawer.h.numbers["manager"], PIN, "approve", payload).proof
        with drawer.i.unit() as s:
            done = approvals.decide(s, request_id, approve=True, proof=secret, proof_payload_sha256=payload)
            return done.row.state, done.refusal.code if done.refusal else None


def test_a_large_difference_may_wait_for_an_approval(drawer):
    shift = drawer.open(50_000)
    assert decide(drawer, ask(drawer, shift)) == ("executed", None)
    row = drawer.shift(shift)
    assert (row.difference_fen, row.closed_by) == (-10_000, drawer.h.staff["manager"])


def test_a_sale_after_asking_makes_the_approval_stale(drawer):
    shift = drawer.open(50_000)
    request = ask(drawer, shift)
    drawer.sell(1_000)
    assert decide(drawer, request) == ("failed", "approval_stale")
    assert drawer.shift(shift).closed_at is None


def require(drawer, on=True):
    with drawer.as_("owner"), drawer.i.unit() as s:
        settings.change(s, SHIFT_REQUIRED, on)


def test_a_sale_in_cash_may_need_an_open_shift(drawer):
    drawer.sell(1_000)  # off by default
    require(drawer)
    with pytest.raises(Refusal) as refused:
        drawer.sell(1_000)
    assert refused.value.code == "shift_required"
    assert drawer.sell(1_000, "bank")
    drawer.open()
    assert drawer.sell(1_000)


def test_a_failing_cash_room_loses_no_sale(any_drawer, monkeypatch):
    require(any_drawer)

    def broken(st, _drawer):
        st.run("SELECT nothing FROM nowhere")

    monkeypatch.setattr(till_entries, "_finders", [broken])
    order_no = any_drawer.sell(1_000)
    with any_drawer.as_("owner"), any_drawer.i.unit("read") as s:
        entries = s.scalars(select(TillEntry)).all()
        assert [(e.amount_fen, e.shift_id) for e in entries] == [(1_000, None)]
    assert order_no


def test_the_limit_is_a_setting(drawer):
    with drawer.as_("owner"), drawer.i.unit() as s:
        settings.change(s, APPROVE_ABOVE, 100)
    shift = drawer.open(50_000)
    with pytest.raises(Refusal) as refused:
        drawer.close(shift, 49_800, "少了")
    assert refused.value.code == "difference_needs_proof"


def test_the_trail_names_every_act(drawer):
    shift = drawer.open()
    drawer.move("change", 1_000)
    drawer.close(shift, 51_000)
    with drawer.as_("owner"), drawer.i.unit("read") as s:
        found = s.scalars(select(AuditEntry.action).where(AuditEntry.object_id == shift).order_by(AuditEntry.id))
        assert list(found) == ["cash.shift.opened", "cash.shift.moved", "cash.shift.closed"]


def test_verify_finds_a_shift_that_does_not_add_up(drawer):
    shift = b51(drawer)
    drawer.close(shift, 66_000)
    with drawer.as_("owner"), drawer.i.unit() as s:
        s.execute(text("DROP TRIGGER shift_final"))
        s.execute(text("UPDATE shift SET expected_fen = 1, counted_fen = 1 WHERE id = :i"), {"i": shift})
    with drawer.as_("owner"), drawer.i.unit("read") as s:
        assert "66000" in dict(verify.check(s, drawer.h.franchise_id))["cash.shifts_add_up"]
        assert s.scalar(select(Shift.id)) == shift
