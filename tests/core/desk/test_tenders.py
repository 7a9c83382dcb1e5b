"""The tender list and the reasons: what a franchise takes and says is what the till and the API take and show."""

from __future__ import annotations

import re

import pytest

from core.kernel import settings
from core.kernel.errors import Invalid, Refusal
from core.kernel.tenancy import acting
from core.orders import reads
from core.orders.models import Orders
from core.orders.selling import tender_list
from core.orders.selling.receipt import receipt_text
from core.orders.types import TenderRequest
from tests.core.api.conftest import api_app, till_of
from tests.core.desk.desk_kit import alert, plain


def keep(house, layer="franchise", store=None, **changes):
    """Change ways by code: on, word, reference; `first` puts a code first."""
    first = changes.pop("first", None)
    rows = [{**row, **changes.get(row["kind"], {})} for row in tender_list.DEFAULT]
    rows.sort(key=lambda row: row["kind"] != first)
    with house.unit() as session:
        settings.change(session, tender_list.KEY, rows, layer, store)


def test_the_till_shows_exactly_the_list(desk):
    with acting(desk.actor):
        keep(desk.installation, first="cash", alipay={"on": False}, cash={"word": "现钞"}, other={"on": False})
    desk.add("CHECK")
    page = desk.till()
    kinds = re.findall(r'type="radio" name="kind" value="(\w+)"', page)
    assert kinds == ["cash", "wechat", "bank", "insurance_personal", "insurance_pooled"]
    parts = re.findall(r'name="split_(\w+)"', page)
    assert parts == [*kinds, "platform_voucher"]
    assert "现钞" in plain(page)
    assert desk.order_of(desk.pay(kind="cash")).total_fen == 8_000
    desk.add("CHECK")
    refused = desk.pay(kind="alipay")
    assert refused.status_code == 422
    assert "不收“支付宝”" in alert(refused.text)
    assert len(desk.orders()) == 1, "nothing half done"


def test_both_doors_obey(installation):
    with acting(installation.actor(installation.dental)):
        keep(installation, wechat={"on": False}, bank={"reference": True})
        for tender, code in (
            (TenderRequest("wechat", 8_000), "tender_not_taken"),
            (TenderRequest("bank", 8_000), "invalid"),
        ):
            with pytest.raises(Refusal) as refused:
                installation.sell(None, "CHECK", tenders=[tender])
            assert refused.value.code == code
        installation.sell(None, "CHECK", tenders=[TenderRequest("bank", 8_000, reference="P-1")])
    till = till_of(installation, api_app(installation), installation.dental)
    quote = till.quote(None, "CHECK")
    for tender, code, field in (
        ({"kind": "wechat"}, "tender_not_taken", "tenders.0.kind"), ({"kind": "bank"}, "invalid", "tenders.0.reference"),
    ):  # fmt: skip
        status, told, answer = till.problem(till.pay(quote, {**tender, "amount_fen": 8_000}))
        assert (status, told, answer["errors"][0]["field"]) == (422, code, field)
    done = till.pay(quote, {"kind": "bank", "amount_fen": 8_000, "reference": "P-2"})
    assert done.status_code == 201


def test_a_store_has_its_own_list_and_receipts_its_words(installation):
    house = installation.dental
    actor = installation.actor(house)
    with acting(actor):
        keep(installation, "store", house.other_store_id, cash={"on": False})
        done = installation.sell(None, "CHECK")
        with acting(actor.at_store(house.other_store_id)), pytest.raises(Refusal):
            installation.sell(None, "CHECK")
        keep(installation, cash={"word": "现钞收讫"})
        with installation.unit("read") as session:
            assert "现钞收讫" in receipt_text(reads.see(session, session.get(Orders, done.order_id)))


@pytest.mark.parametrize(
    "wrong",
    [
        [], {}, tender_list.DEFAULT[:-1], [*tender_list.DEFAULT, tender_list.DEFAULT[0]],
        [{**row, "on": False} for row in tender_list.DEFAULT], [{**row, "word": "字" * 13} for row in tender_list.DEFAULT],
        [{**row, "kind": "gold"} for row in tender_list.DEFAULT], [{**row, "on": 1} for row in tender_list.DEFAULT],
    ],
)  # fmt: skip
def test_a_list_that_cannot_be_is_refused(installation, wrong):
    with acting(installation.actor(installation.dental)), pytest.raises(Invalid), installation.unit() as session:
        settings.change(session, tender_list.KEY, wrong)


def test_the_page_of_the_list(sit):
    owner, desk = sit("owner"), sit("front_desk")
    page = owner.get("/records/tenders").text
    form = {"layer": "franchise", "was": re.search(r'name="was" value="([^"]*)"', page).group(1)}
    on = {f"on_{code}": "1" for code in tender_list.CODES if code != "other"}
    places = {f"at_{code}": str(9 - n) for n, code in enumerate(tender_list.CODES)}
    answer = owner.post("/records/tenders", {**form, **on, **places, "word_cash": "现钞", "ref_bank": "1"})
    assert answer.status_code == 303
    with acting(owner.actor), owner.installation.unit("read") as session:
        ways = tender_list.ways(session)
    assert [way.kind for way in ways] == list(reversed(tender_list.CODES))
    assert {way.kind: way.on for way in ways}["other"] is False
    assert [way.word for way in ways if way.kind == "cash"] == ["现钞"]
    assert [way.kind for way in ways if way.reference] == ["bank"]
    assert owner.post("/records/tenders", {**form, **on}).status_code == 409
    fresh = re.search(r'name="was" value="([^"]*)"', owner.get("/records/tenders").text).group(1)
    nothing = owner.post("/records/tenders", {"layer": "franchise", "was": fresh})
    assert nothing.status_code == 422
    assert "至少要收一种" in plain(nothing.text)
    assert owner.post("/records/tenders", {"layer": "franchise", "was": fresh, "reset": "1"}).status_code == 303
    assert desk.get("/records/tenders").status_code == 403
    assert sit("auditor").post("/records/tenders", {**form, **on}).status_code == 403


def test_reasons_are_the_franchises_own_and_free_text_stays(desk):
    with acting(desk.actor), desk.installation.unit() as session:
        for key in ("refund", "price", "points", "unmask"):
            settings.change(session, f"desk.reasons_{key}", [f"{key}甲", f"{key}乙"])
    person = desk.enrol()
    order = desk.ring_up(person, "CHECK")
    assert "refund甲" not in desk.get(f"/orders/{order.order_no}/refund").text
    shown = desk.post(f"/orders/{order.order_no}/refund/preview", {"qty_1": "1"}).text
    assert 'value="refund甲"' in shown
    assert "顾客改约" not in shown
    form = {name: re.search(rf'name="{name}" value="([^"]*)"', shown).group(1) for name in ("preview_id", "once")}
    done = desk.post(f"/orders/{order.order_no}/refund", {**form, "qty_1": "1", "reason_text": "自己写的原因"})
    assert done.status_code == 303
    assert "自己写的原因" in plain(desk.get(f"/orders/{order.order_no}").text)
    assert 'value="points乙"' in desk.get(f"/members/{person}/adjust").text
    assert 'value="unmask甲"' in desk.get(f"/members/{person}").text
    desk.add("CHECK")
    assert '<option value="price甲">' in desk.till()
