"""Remote checking: the till asks, a pharmacist of the franchise takes it, the answer reaches the till that waits."""

from __future__ import annotations

import re
import threading

import pytest
from sqlalchemy import select

from core.care.models import Finding
from core.kernel import clock
from core.kernel.errors import Refusal
from core.kernel.tenancy import acting
from core.org.models import Staff
from plugins.pharmacy import asks
from plugins.pharmacy.models import PharmacyAsk
from tests.core.desk.desk_kit import HX, PIN, Desk, alert, plain, web_of
from tests.installation import at

IBUPROFEN = "D0033"
WHY = "benefit_outweighs|获益大于风险"


@pytest.fixture
def shop(embedded):
    """A cashier with a basket that only a pharmacist may let pass."""
    app = web_of(embedded.house)
    made = {role: Desk(embedded.house, app, embedded.house.pharmacy, role) for role in ("front_desk", "pharmacist")}
    member = embedded.member()
    embedded.takes(member, "warfarin")
    made["front_desk"].take(member)
    made["front_desk"].add(IBUPROFEN)
    return embedded, made["front_desk"], made["pharmacist"]


def asked(desk):
    finding = re.search(r'/p/pharmacy/ask/([0-9a-f]+)"', desk.till()).group(1)
    assert desk.post(f"/p/pharmacy/ask/{finding}").status_code == 303
    return finding


def state(desk, finding):
    return plain(desk.get(f"/p/pharmacy/ask/{finding}/state", headers=HX).text)


def the_row(house):
    with house.unit("read") as session:
        [row] = session.scalars(select(PharmacyAsk)).all()
        session.expunge_all()
        return row


def test_the_answer_of_a_pharmacist_reaches_the_till_and_stands_on_the_order(shop):
    house, till, pharmacist = shop
    finding = asked(till)
    assert "等待接单" in state(till, finding)
    page = pharmacist.get("/p/pharmacy/asks").text
    assert "布洛芬" in plain(page) and "接这一条" in plain(page)
    row = the_row(house)
    assert pharmacist.post(f"/p/pharmacy/asks/{row.id}/take").status_code == 303
    page = plain(pharmacist.get("/p/pharmacy/asks").text)
    assert "华法林" in page and "我的 PIN" in page, "the pharmacist sees what the rule saw"
    assert "正在审" in state(till, finding) and "华法林" not in till.till()
    wrong = pharmacist.post(f"/p/pharmacy/asks/{row.id}", {"act": "pass", "reason": WHY, "pin": "000000"})
    assert wrong.status_code == 401 and "PIN" in alert(wrong.text)
    done = pharmacist.post(f"/p/pharmacy/asks/{row.id}", {"act": "pass", "reason": WHY, "pin": PIN})
    assert done.status_code == 303, alert(done.text)
    assert "已同意放行" in state(till, finding)
    page = till.till()
    assert "已放行" in plain(page)
    order = till.order_of(till.pay(till.pay_form(page), kind="cash"))
    with house.unit("read") as session:
        [kept] = session.scalars(select(Finding).where(Finding.order_id == order.id, Finding.severity == "major")).all()
        assert (kept.override_by, kept.licence_no) == (house.house.pharmacy.staff["pharmacist"], "ZY-001")
        assert kept.second_by == house.house.pharmacy.staff["front_desk"]
    assert "同意放行" in plain(pharmacist.get("/p/pharmacy/asks").text)


def test_a_refusal_is_told_with_its_reason_and_sells_nothing(shop):
    house, till, pharmacist = shop
    finding = asked(till)
    row = the_row(house)
    with_nobody = pharmacist.post(f"/p/pharmacy/asks/{row.id}", {"act": "refuse", "why": "换对乙酰氨基酚"})
    assert with_nobody.status_code == 409, "first take it"
    pharmacist.post(f"/p/pharmacy/asks/{row.id}/take")
    assert pharmacist.post(f"/p/pharmacy/asks/{row.id}", {"act": "refuse", "why": "不"}).status_code == 422
    pharmacist.post(f"/p/pharmacy/asks/{row.id}", {"act": "refuse", "why": "换对乙酰氨基酚"})
    assert "不同意：换对乙酰氨基酚" in state(till, finding)
    page = till.till()
    assert till.pay(till.pay_form(page), kind="cash").status_code == 422


def test_a_basket_that_changed_and_two_minutes_end_it(shop):
    house, till, pharmacist = shop
    finding = asked(till)
    row = the_row(house)
    pharmacist.post(f"/p/pharmacy/asks/{row.id}/take")
    pharmacist.post(f"/p/pharmacy/asks/{row.id}", {"act": "pass", "reason": WHY, "pin": PIN})
    till.add("MISC-100")
    assert "再请药师审" in state(till, finding)
    assert till.pay(till.pay_form(till.till()), kind="cash").status_code == 422
    assert till.post(f"/p/pharmacy/ask/{finding}").status_code == 303
    with house.unit("read") as session:
        newest = session.scalar(select(PharmacyAsk.id).order_by(PharmacyAsk.id.desc()))
    pharmacist.post(f"/p/pharmacy/asks/{newest}/take")
    till.post("/till/clear")
    gone = pharmacist.post(f"/p/pharmacy/asks/{newest}", {"act": "pass", "reason": WHY, "pin": PIN})
    assert gone.status_code == 409 and "已经变了" in alert(gone.text)
    with house.unit("read") as session:
        assert session.get(PharmacyAsk, newest).state == "gone"


def test_a_contraindication_wants_the_prescribers_signature_from_afar_too(embedded):
    from tests.plugins.pharmacy.test_till import code_of

    app, code = web_of(embedded.house), code_of(embedded, "西地那非")
    till, pharmacist = (Desk(embedded.house, app, embedded.house.pharmacy, one) for one in ("front_desk", "pharmacist"))
    member = embedded.member()
    embedded.takes(member, "nitroglycerin")
    embedded.prescribed(member, **{code: 1})
    till.take(member)
    till.add(code)
    asked(till)
    row = the_row(embedded)
    pharmacist.post(f"/p/pharmacy/asks/{row.id}/take")
    data = {"act": "pass", "pin": PIN, "reason": WHY}
    assert pharmacist.post(f"/p/pharmacy/asks/{row.id}", data).status_code == 422
    data |= {"reason": "prescriber_resigned|处方医师更正", "evidence": "市一医院李医生 10:20 电话更正"}
    assert pharmacist.post(f"/p/pharmacy/asks/{row.id}", data).status_code == 303
    assert till.order_of(till.pay(kind="cash"))


def test_who_may_not_and_what_is_not_theirs(shop):
    house, till, pharmacist = shop
    finding = asked(till)
    assert till.get("/p/pharmacy/asks").status_code == 403
    row = the_row(house)
    assert till.post(f"/p/pharmacy/asks/{row.id}/take").status_code == 403
    assert pharmacist.get(f"/p/pharmacy/ask/{finding}/state", headers=HX).status_code == 404, "another till's question"
    assert pharmacist.post("/p/pharmacy/asks/999/take").status_code == 404
    with house.unit() as session:
        session.get(Staff, house.house.pharmacy.staff["pharmacist"]).licence_until = "2020-01-01"
    assert pharmacist.post(f"/p/pharmacy/asks/{row.id}/take").status_code == 403
    with house.unit("read") as session:
        for entry in (row.told_sealed, row.answer_sealed):
            assert "布洛芬".encode() not in (entry or b"")
        assert session.get(PharmacyAsk, row.id).state == "waiting"


def question(house, sitting=7):
    with house.unit() as session:
        row = PharmacyAsk(
            store_id=house.house.pharmacy.store_id, sitting=sitting, locale="zh_CN", finding="f" * 16,
            rule="pharmacy.interaction", severity="major", asked_at=clock.now_ms(),
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row.id


def test_the_oldest_stands_first_and_what_is_left_lying_may_be_taken_over(pharmacy):
    with at("2026-11-01 10:00"):
        old = question(pharmacy)
    with at("2026-11-01 10:05"):
        new = question(pharmacy, 8)
        with pharmacy.as_("pharmacist"), pharmacy.unit() as session:
            assert [(one.row.id, one.minutes) for one in asks.queue(session)] == [(old, 5), (new, 0)]
            asks.take(session, old)
    with at("2026-11-01 10:10"), pharmacy.as_("pharmacist"), pharmacy.unit() as session:
        session.get(PharmacyAsk, old).taken_by = 1  # a colleague
        session.flush()
        with pytest.raises(Refusal) as refused:
            asks.take(session, old)
        assert refused.value.code == "pharmacy_ask_taken"
    with at("2026-11-01 10:30"), pharmacy.as_("pharmacist"), pharmacy.unit() as session:
        assert asks.take(session, old).state == "taken"
    with at("2026-11-01 13:00"), pharmacy.unit("read") as session:
        assert asks.queue(session) == []


def test_of_two_pharmacists_at_once_one_has_it(pharmacy):
    wanted = question(pharmacy)
    home = pharmacy.house.pharmacy
    with pharmacy.unit() as session:
        row = session.get(Staff, home.staff["manager"])
        row.licence_kind, row.licence_no, row.licence_until = "pharmacist", "ZY-002", "2999-12-31"
    done, refused, start = [], [], threading.Barrier(2)

    def take(role):
        with acting(pharmacy.house.actor(home, role)):
            start.wait()
            try:
                with pharmacy.unit() as session:
                    done.append(asks.take(session, wanted).taken_by)
            except Refusal as one:
                refused.append(one.code)

    threads = [threading.Thread(target=take, args=(role,)) for role in ("pharmacist", "manager")]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert (len(done), refused) == (1, ["pharmacy_ask_taken"])
