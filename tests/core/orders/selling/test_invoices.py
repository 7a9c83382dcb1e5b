"""The invoice state of an order: asked for, issued, taken back by refunds; sealed, audited, foreign is absent."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from core.console import verification
from core.kernel.errors import NotFound, Refusal
from core.kernel.tenancy import acting
from core.orders import reads
from core.orders.models import OrderInvoice, Orders
from core.orders.refunding import refunds
from core.orders.selling import invoices
from core.orders.types import TenderRequest

COMPANY, TAXPAYER = "杭州某某科技有限公司", "91330100MA2ABCDE0K"


def sold(house, qty=2, *tenders):
    paid = [TenderRequest(*one) for one in tenders] or [TenderRequest("wechat", 8_000 * qty)]
    return house.sell(house.enrol("刘超明"), ("CHECK", qty), tenders=paid).order_no


def told(house, order_no):
    with house.unit("read") as session:
        return reads.order_json(session, refunds.find(session, order_no))["invoice"]


def act(house, verb, order_no, *given):
    with house.unit() as session:
        verb(session, order_no, *given)


@pytest.fixture
def house(any_installation):
    with acting(any_installation.actor(any_installation.dental)):
        yield any_installation


def test_asked_issued_and_taken_back_piece_by_piece(house):
    no = sold(house)
    assert told(house, no)["state"] == "none"
    act(house, invoices.request, no, "李个人")
    act(house, invoices.request, no, COMPANY, TAXPAYER)
    asked = told(house, no)
    assert (asked["state"], asked["amount_fen"], asked["title"], asked["taxpayer_id"]) == (
        "requested", 16_000, COMPANY, TAXPAYER,
    )  # fmt: skip
    act(house, invoices.issue, no, "24332000000012345678")
    effects = house.refund(no, {1: 1})
    assert any("红字发票冲 80.00 元" in one for one in effects.effects)
    half = told(house, no)
    assert (half["state"], half["red_due_fen"], half["number"]) == ("needs_red", 8_000, "24332000000012345678")
    act(house, invoices.red_letter, no, "24332000000099999999")
    assert (told(house, no)["state"], told(house, no)["red_due_fen"]) == ("issued", 0)
    effects = house.refund(no, {1: 1})
    assert any("作废或全额红冲 80.00 元" in one for one in effects.effects)
    assert (told(house, no)["state"], told(house, no)["red_due_fen"]) == ("voided", 8_000)
    act(house, invoices.red_letter, no, "24332000000088888888")
    assert (told(house, no)["state"], told(house, no)["red_due_fen"]) == ("voided", 0)
    assert [row for row in verification.verify(house.runtime, freeze=False) if row.difference] == []


def test_a_refund_before_it_is_issued_lowers_or_ends_the_wish(house):
    no = sold(house)
    act(house, invoices.request, no, COMPANY)
    assert "开票金额改为 80.00 元。" in house.refund(no, {1: 1}).effects
    assert told(house, no)["amount_fen"] == 8_000
    assert "开票登记一并撤销。" in house.refund(no, {1: 1}).effects
    assert told(house, no)["state"] == "none"
    with pytest.raises(Refusal) as refused:
        act(house, invoices.request, no, COMPANY)
    assert refused.value.code == "nothing_to_invoice"


def test_the_preview_changes_nothing(house):
    no = sold(house)
    act(house, invoices.request, no, COMPANY)
    act(house, invoices.issue, no, "12345678")
    with house.unit() as session:
        shown = refunds.preview(session, no, {1: 2})
    assert any("全额红冲" in one for one in shown.effects)
    assert told(house, no)["state"] == "issued"


def test_points_are_no_money_and_states_are_kept(house):
    no = sold(house)
    for verb, given in ((invoices.issue, ("12345678",)), (invoices.red_letter, ("12345678",)), (invoices.withdraw, ())):
        with pytest.raises(Refusal) as refused:
            act(house, verb, no, *given)
        assert refused.value.code == "invoice_state"
    act(house, invoices.request, no, COMPANY)
    act(house, invoices.withdraw, no)
    act(house, invoices.request, no, COMPANY)
    for bad in ("12", "号码"):
        with pytest.raises(Refusal):
            act(house, invoices.issue, no, bad)
    act(house, invoices.issue, no, "12345678")
    with pytest.raises(Refusal) as refused:
        act(house, invoices.request, no, "别的抬头")
    assert refused.value.code == "invoice_state"
    with pytest.raises(Refusal):
        act(house, invoices.request, sold_again := sold_other(house), "短", "91-33")
    assert told(house, sold_again)["state"] == "none"


def sold_other(house):
    return house.sell(None, "CHECK", tenders=[TenderRequest("cash", 8_000)]).order_no


def test_titles_are_sealed_written_down_and_foreign_is_absent(house):
    no = sold(house)
    act(house, invoices.request, no, COMPANY, TAXPAYER)
    act(house, invoices.issue, no, "12345678")
    with house.unit("read") as session:
        raw = session.execute(text("SELECT title_sealed, taxpayer_sealed FROM order_invoice")).one()
        assert COMPANY.encode() not in bytes(raw[0])
        assert TAXPAYER.encode() not in bytes(raw[1])
        row = session.scalar(select(OrderInvoice))
        order = session.get(Orders, row.orders_id)
        entries = session.execute(
            text("SELECT action FROM audit_entry WHERE object_id = :id ORDER BY id"), {"id": order.id}
        )
        actions = [one for (one,) in entries]
    assert [one for one in actions if ".invoice." in one] == ["orders.invoice.requested", "orders.invoice.issued"]
    with acting(house.actor(house.pharmacy)), pytest.raises(NotFound):
        act(house, invoices.request, no, COMPANY)
