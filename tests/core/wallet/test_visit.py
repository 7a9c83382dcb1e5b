"""Stored value from its top-up to its refund, by services: B54, B24's metric, S16, S17, C1, C4."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core.kernel import settings
from core.kernel.errors import Conflict, Forbidden, Invalid, Refusal
from core.kernel.tenancy import acting
from core.ledger.models import Lot
from core.orders.models import Orders, Tender
from core.orders.refunding import refunds
from core.orders.types import Confirmation, TenderRequest
from core.orders.value.top_up_refund import Choice
from core.people.models import Person
from core.tiers.models import TierEvent
from core.wallet import accounts, limits, pins, services
from core.wallet.giving_back import Payout
from core.wallet.models import StoredValueSpend, TopUp, TopUpRefund
from core.wallet.settings import ATTESTED, CONFIRM_ABOVE, DRAW
from tests.core.courses.kit import points
from tests.core.wallet import kit
from tests.installation import at


@pytest.fixture
def shop(any_installation):
    with acting(any_installation.actor(any_installation.dental)):
        kit.add_items(any_installation, bonus_months="6")
        yield any_installation
        assert kit.problems(any_installation) == []


@pytest.fixture
def member(shop):
    return shop.enrol("王芳", "13800001234")


def order(house, done):
    with house.unit("read") as session:
        row = session.get(Orders, done.order_id)
        tenders = list(session.scalars(select(Tender).where(Tender.orders_id == row.id).order_by(Tender.number)))
        session.expunge_all()
        return row, [(t.kind, t.amount_fen, t.refunded_fen) for t in tenders]


def test_b54_a_top_up_is_drawn_pro_rata_and_earns_on_principal_only(shop, member):
    top = kit.top_up(shop, member)
    assert kit.balance(shop, member) == (100_000, 20_000)
    assert points(shop, member) == 0  # S16: at spend, not at the top-up
    done = kit.pay(shop, member, "CARE600")
    row, tenders = order(shop, done)
    assert tenders == [("stored_value", 50_000, 0), ("stored_bonus", 10_000, 0)]
    assert row.earned_points == 500
    assert kit.balance(shop, member) == (50_000, 10_000)
    with shop.unit() as session:
        shown = refunds.preview(session, top.order_no, {1: 1})
    [told] = shown.to_json()["stored_value"]["top_ups"]
    found = {one["formula"]: (one["amount_fen"], one["allowed"]) for one in told["formulas"]}
    assert found == {"seven_day": (40_000, True), "operator": (50_000, True), "consumer": (40_000, True)}
    assert (told["principal_fen"], told["bonus_fen"], told["consumed_list_fen"]) == (50_000, 10_000, 60_000)
    assert all(one["source"] for one in told["formulas"])


def test_a_top_up_counts_for_the_tier_as_a_top_up_and_is_no_consumption(shop, member):
    kit.top_up(shop, member)
    kit.pay(shop, member, "CARE600")
    with shop.unit("read") as session:
        events = list(session.scalars(select(TierEvent).order_by(TierEvent.id)))
        assert [(e.topup_fen, e.spend_fen) for e in events] == [(100_000, 0), (0, 50_000)]
        assert session.get(Person, member).spent_fen == 50_000


def test_a_refund_of_the_sale_goes_back_into_the_very_lots(shop, member):
    with at("2026-11-01 10:00"):
        kit.top_up(shop, member)
        done = kit.pay(shop, member, "CARE600", ("CARE600", 1), stored=70_000)
    before = lots(shop)
    with at("2026-11-02 10:00"):
        effects = shop.refund(done.order_no, {1: 1})
        stored = next(one for one in effects.to_json()["tenders"] if one["kind"] == "stored_value")
        assert (stored["amount_fen"], stored["principal_fen"], stored["bonus_fen"]) == (35_000, 29_166, 5_834)
        assert kit.balance(shop, member) == (100_000 - 58_333 + 29_166, 20_000 - 11_667 + 5_834)
        shop.refund(done.order_no, {2: 1})
        assert kit.balance(shop, member) == (100_000, 20_000)
        assert points(shop, member) == 0
    assert [(one[0], one[2]) for one in lots(shop)] == [(one[0], one[2]) for one in before]


def lots(house):
    with house.unit("read") as session:
        rows = session.scalars(select(Lot).where(Lot.source_kind == "top_up").order_by(Lot.id))
        return [(row.id, row.remaining, row.expires_on) for row in rows]


def test_an_untouched_top_up_goes_back_whole_and_the_way_it_came(shop, member):
    done = kit.top_up(shop, member)
    with shop.unit() as session:
        effects = refunds.refund(session, done.order_no, {1: 1}, "买错了", approved=True)
    assert effects.tenders == [{"kind": "wechat", "amount_fen": 100_000, "points": 0}]
    assert kit.balance(shop, member) == (0, 0)
    row, _tenders = order(shop, done)
    assert row.state == "refunded"
    with shop.unit("read") as session:
        assert session.get(Person, member).spent_fen == 0
        assert sum(e.topup_fen for e in session.scalars(select(TierEvent))) == 0
        assert session.scalars(select(TopUpRefund)).one().formula == "seven_day"


@pytest.mark.parametrize(
    ("formula", "fen", "kept"), [("operator", 50_000, 0), ("consumer", 40_000, 10_000), (None, 40_000, 10_000)]
)
def test_each_formula_is_booked_and_kept_with_what_it_was_computed_from(shop, member, formula, fen, kept):
    with at("2026-11-01 10:00"):
        done = kit.top_up(shop, member)
        kit.pay(shop, member, "CARE600")
    with at("2026-11-20 10:00"):
        effects = kit.give_back(shop, done.order_no, formula)
        assert effects.amount_fen == fen
        assert effects.tenders == [{"kind": "bank", "amount_fen": fen, "points": 0}]
        assert kit.balance(shop, member) == (0, 0)
        with shop.unit("read") as session:
            row = session.scalars(select(TopUpRefund)).one()
            assert (row.formula, row.result_fen, row.kept_fen) == (formula or "consumer", fen, kept)
            assert (row.left_principal_fen, row.left_bonus_fen, row.consumed_list_fen) == (50_000, 10_000, 60_000)
            assert row.reference == "尾号 6688 流水 20261122"
        with pytest.raises(Refusal, match="用完或退完"), shop.unit() as session:
            refunds.preview(session, done.order_no, {1: 1})


def test_seven_days_end_with_the_seventh_day_after(shop, member):
    with at("2026-11-01 10:00"):
        done = kit.top_up(shop, member)
        kit.pay(shop, member, "CARE600")
    choice = Choice({1: "seven_day"})
    with at("2026-11-08 23:59"), shop.unit() as session:
        assert refunds.preview(session, done.order_no, {1: 1}, choice=choice).amount_fen == 40_000
    with at("2026-11-09 00:01"), shop.unit() as session, pytest.raises(Refusal) as refused:
        refunds.preview(session, done.order_no, {1: 1}, choice=choice)
    assert refused.value.code == "formula_not_allowed"


def test_the_money_of_a_top_up_leaves_by_the_law(shop, member):
    with at("2026-11-01 10:00"):
        done = kit.top_up(shop, member)
        kit.pay(shop, member, "CARE600")
    with at("2026-11-20 10:00"):
        for payout, code in (
            (Payout(), "payout_required"), (Payout("cash"), "payout_not_cash"), (Payout("bank"), "invalid"),
            (Payout("wechat", "1234"), "invalid"),
        ):  # fmt: skip
            with pytest.raises(Refusal) as refused:
                kit.give_back(shop, done.order_no, "operator", payout)
            assert refused.value.code == code
        assert kit.balance(shop, member) == (50_000, 10_000)
        kit.pay(shop, member, "CARE600", stored=59_000)
        assert kit.give_back(shop, done.order_no, "operator", Payout("cash")).amount_fen == 833


def test_a_sale_refunded_after_its_top_up_fills_it_again_and_it_can_be_given_back(shop, member):
    with at("2026-11-01 10:00"):
        top = kit.top_up(shop, member)
        sale = kit.pay(shop, member, "CARE600")
    with at("2026-11-20 10:00"):
        kit.give_back(shop, top.order_no, "consumer")
        with shop.unit() as session:
            accounts.act(session, member, "close", "不来了")
        shop.refund(sale.order_no, {1: 1})
        assert kit.balance(shop, member) == (50_000, 10_000)
        assert kit.give_back(shop, top.order_no, "consumer").amount_fen == 50_000
        assert kit.balance(shop, member) == (0, 0)


def test_what_came_from_expired_bonus_returns_as_grace_and_is_drawn_first(shop, member):
    with at("2026-01-10 10:00"):
        kit.top_up(shop, member)
        sale = kit.pay(shop, member, "CARE600")
    with at("2026-08-01 10:00"):
        assert kit.balance(shop, member) == (50_000, 0)
        effects = shop.refund(sale.order_no, {1: 1})
        assert effects.stored["grace_fen"] == 10_000
        assert kit.balance(shop, member) == (100_000, 10_000)
        kit.pay(shop, member, "CARE600", stored=11_000)
        assert kit.balance(shop, member) == (90_000, 9_000)  # by what is left, since a part ran out
    with at("2026-09-01 10:00"):
        assert kit.balance(shop, member) == (90_000, 0)


@pytest.mark.parametrize(("order_", "left"), [("principal_first", (40_000, 20_000)), ("bonus_first", (60_000, 0))])
def test_other_orders_of_drawing_hold_for_top_ups_made_under_them(shop, member, order_, left):
    with shop.unit() as session:
        settings.change(session, DRAW, order_)
    kit.top_up(shop, member)
    with shop.unit() as session:
        settings.change(session, DRAW, "pro_rata")
    kit.pay(shop, member, "CARE600")
    assert kit.balance(shop, member) == left


def test_two_top_ups_are_drawn_the_older_first(shop, member):
    kit.top_up(shop, member)
    kit.top_up(shop, member, "TOP500")
    done = kit.pay(shop, member, "CARE600", "CARE600", "CARE600", stored=130_000)
    _row, tenders = order(shop, done)
    assert tenders[:2] == [("stored_value", 110_000, 0), ("stored_bonus", 20_000, 0)]
    assert kit.balance(shop, member) == (40_000, 0)


def test_what_a_top_up_may_be_paid_with(shop, member):
    kit.top_up(shop, member, "TOP500")
    for kind in ("stored_value", "insurance_personal", "platform_voucher"):
        with pytest.raises(Refusal) as refused:
            shop.sell(member, "TOP500", tenders=[TenderRequest(kind, 50_000)])
        assert refused.value.code == "topup_tender_not_allowed"
    with pytest.raises(Refusal) as refused:
        shop.sell(None, "TOP500")
    assert refused.value.code == "topup_needs_member"


def test_the_doors_know_no_bonus_tender_and_a_short_balance_says_so(shop, member):
    kit.top_up(shop, member, "TOP500")
    with pytest.raises(Invalid):
        shop.sell(member, "CARE600", tenders=[TenderRequest("stored_bonus", 60_000)])
    with pytest.raises(Refusal) as refused:
        kit.pay(shop, member, "CARE600")
    assert (refused.value.code, refused.value.extra) == (
        "not_enough_stored_value", {"principal_fen": 50_000, "bonus_fen": 0},
    )  # fmt: skip
    with pytest.raises(Refusal) as refused:
        shop.sell(None, "CARE600", tenders=[TenderRequest("stored_value", 60_000)])
    assert refused.value.code == "stored_value_needs_member"


# -- confirmation ----------------------------------------------------------------------------------


def test_above_the_limit_the_member_confirms(shop, member):
    kit.top_up(shop, member)
    with pytest.raises(Refusal) as refused:
        kit.pay(shop, member, "CARE600", confirmation=None)
    assert (refused.value.code, refused.value.extra["allowed"]) == (
        "confirmation_required", ["pin", "signature", "staff_attested"],
    )  # fmt: skip
    with pytest.raises(Refusal) as refused:
        kit.pay(shop, member, "CARE600", confirmation=Confirmation("sms_code", "123456"))
    assert refused.value.code == "confirmation_not_allowed"
    kit.pay(shop, member, "CARE600", stored=50_000, confirmation=None)
    with shop.unit() as session:
        settings.change(session, CONFIRM_ABOVE, 100)
        settings.change(session, ATTESTED, False)
    with pytest.raises(Refusal):
        kit.pay(shop, member, "CARE600", stored=1_000)
    with pytest.raises(Invalid):
        kit.pay(shop, member, "CARE600", stored=1_000, confirmation=Confirmation("signature", "M1 1"))
    path = "M10 10L20 20L30 15L40 30"
    kit.pay(shop, member, "CARE600", stored=1_000, confirmation=Confirmation("signature", path))
    with shop.unit("read") as session:
        rows = list(session.scalars(select(StoredValueSpend).order_by(StoredValueSpend.id)))
        assert [(row.method, row.evidence) for row in rows] == [("", None), ("signature", path)]


def test_a_pin_is_checked_five_tries_lock_it_and_it_is_never_kept(shop, member):
    kit.top_up(shop, member)
    right, wrong = Confirmation("pin", "739146"), Confirmation("pin", "111222")
    with pytest.raises(Refusal) as refused:
        kit.pay(shop, member, "CARE600", confirmation=right)
    assert refused.value.code == "member_pin_missing"
    for bad in ("12345", "111111", "123456", "654321", "abcdef"):
        with pytest.raises(Invalid), shop.unit() as session:
            pins.put(session, member, bad, bad)
    with pytest.raises(Invalid), shop.unit() as session:
        pins.put(session, member, "739146", "739147")
    with shop.unit() as session:
        pins.put(session, member, "739146", "739146")
    for _n in range(5):
        with pytest.raises(Refusal) as refused:
            kit.pay(shop, member, "CARE600", confirmation=wrong)
        assert refused.value.code == "member_pin_wrong"
        with shop.unit() as session:
            pins.count_wrong(session, member)
    with pytest.raises(Refusal) as refused:
        kit.pay(shop, member, "CARE600", confirmation=right)
    assert (refused.value.code, refused.value.status) == ("member_pin_locked", 429)
    with shop.unit() as session:
        pins.put(session, member, "739146", "739146")
    kit.pay(shop, member, "CARE600", confirmation=right)
    with shop.unit("read") as session:
        row = session.scalars(select(StoredValueSpend)).one()
        assert (row.method, row.evidence) == ("pin", None)


# -- limits ----------------------------------------------------------------------------------------


def test_a_named_account_holds_at_most_5000_of_principal_and_says_why(shop, member):
    for _n in range(5):
        kit.top_up(shop, member)
    with pytest.raises(Refusal) as refused:
        kit.top_up(shop, member, "TOP500")
    assert refused.value.code == "stored_value_limit"
    assert "最多还能充 0.00 元" in refused.value.message
    assert "单用途商业预付卡管理办法" in refused.value.message
    assert refused.value.extra["rule"]["limit"] == 500_000


def test_a_limit_is_tightened_by_the_keeper_and_loosened_by_the_owner_with_a_reason(shop, member):
    house = shop.dental
    with acting(shop.actor(house, "rule_keeper")):
        with shop.unit() as session:
            limits.change(session, "named_max_fen", 80_000, "")
        with pytest.raises(Forbidden), shop.unit() as session:
            limits.change(session, "named_max_fen", 900_000, "老板同意了")
    with pytest.raises(Refusal):
        kit.top_up(shop, member)
    with pytest.raises(Invalid), shop.unit() as session:
        limits.change(session, "named_max_fen", 9_000_000, "好")
    with pytest.raises(Invalid), shop.unit() as session:
        limits.change(session, "bearer_max_fen", 10, "不能改的规则")
    with shop.unit() as session:
        limits.change(session, "named_max_fen", 9_000_000, "医疗机构不在办法所列行业")
    with acting(shop.actor(house, "rule_keeper")), pytest.raises(Forbidden), shop.unit() as session:
        limits.change(session, "named_max_fen", 8_000_000, "医疗机构不在办法所列行业")
    with acting(shop.actor(house, "front_desk")), pytest.raises(Forbidden), shop.unit() as session:
        limits.change(session, "named_max_fen", 100, "")
    for _n in range(6):
        kit.top_up(shop, member)
    with pytest.raises(Refusal) as refused:
        shop.sell(member, ("TOP1200", 10))
    assert refused.value.code == "identity_required"
    with pytest.raises(Invalid), shop.unit() as session:
        accounts.take_identity(session, member, "id_card", "110101199003070000")
    with shop.unit() as session:
        row = accounts.take_identity(session, member, "id_card", "11010519491231002x")
        assert row.identity == "11010519491231002X"
    shop.sell(member, ("TOP1200", 10))
    with pytest.raises(Refusal) as refused:
        shop.sell(member, ("TOP1200", 50), tenders=[TenderRequest("cash", 5_000_000)])
    assert refused.value.code == "topup_cash_limit"
    shop.sell(member, ("TOP1200", 50), tenders=[TenderRequest("bank", 5_000_000)])


# -- the account -----------------------------------------------------------------------------------


def test_a_lost_account_takes_and_gives_nothing_until_it_is_reopened(shop, member):
    top = kit.top_up(shop, member)
    sale = kit.pay(shop, member, "CARE600")
    with shop.unit() as session:
        accounts.act(session, member, "report_lost", "手机丢了")
    for attempt in (
        lambda: kit.pay(shop, member, "CENT"), lambda: kit.top_up(shop, member),
        lambda: kit.give_back(shop, top.order_no),
    ):  # fmt: skip
        with pytest.raises(Conflict) as refused:
            attempt()
        assert refused.value.code == "stored_value_lost"
    shop.refund(sale.order_no, {1: 1})
    assert kit.balance(shop, member) == (100_000, 20_000)
    with pytest.raises(Conflict) as refused, shop.unit() as session:
        accounts.act(session, member, "close", "不来了")
    assert refused.value.code == "stored_value_state"
    with shop.unit() as session:
        accounts.act(session, member, "reopen", "核对了身份证")
    with pytest.raises(Conflict) as refused, shop.unit() as session:
        accounts.act(session, member, "close", "不来了")
    assert refused.value.code == "stored_value_not_empty"
    kit.give_back(shop, top.order_no)
    with shop.unit() as session:
        accounts.act(session, member, "close", "不来了")
    kit.top_up(shop, member)
    with shop.unit("read") as session:
        assert services.of_person(session, member).state == "open"
        assert len(list(session.scalars(select(TopUp)))) == 2
