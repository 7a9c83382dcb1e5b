"""A course from its sale to its last session, on both databases (S2-02, S2-07, B12, B39, I27)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from core.courses import changes
from core.courses.models import CourseUse
from core.kernel.errors import Forbidden, NotFound, Refusal
from core.kernel.tenancy import acting
from core.orders import jobs
from core.orders.models import Orders
from core.people.models import Person
from core.programme import services as programmes
from core.programme.document import Streak
from tests.core.courses import kit
from tests.installation import at


@pytest.fixture
def house(any_installation):
    with acting(any_installation.actor(any_installation.dental)):
        kit.add_items(any_installation)
        kit.fix_points(any_installation)
        yield any_installation


def sold(house, *lines, name="王芳"):
    """Sell lines (one course unless told) to a new member; return (member, settled, courses)."""
    member = house.enrol(name, f"138{abs(hash(name)) % 10**8:08d}")
    done = house.sell(member, *(lines or ("MOXA10",)))
    return member, done, kit.of(house, member)


def proof_off(house):
    from core.kernel import settings
    from core.orders.settings import REFUND_PROOF_ABOVE

    with house.unit() as session:
        settings.change(session, REFUND_PROOF_ABOVE, 100_000_000)


def test_a_course_earns_at_its_sale_and_its_uses_earn_nothing(house):
    member, _done, [(course, [part])] = sold(house)
    assert (course.paid_fen, course.sessions, part.usable, part.row.item_code) == (108_000, 10, 10, "MOXA")
    assert kit.points(house, member) == 1_200
    used = kit.use(house, course.id)
    assert (used.value_fen, used.left, used.total, used.name) == (10_800, 9, 10, "艾灸")
    assert kit.points(house, member) == 1_200
    assert kit.problems(house) == []


def test_the_eleventh_session_is_refused(house):
    _member, _done, [(course, _parts)] = sold(house)
    values = [kit.use(house, course.id).value_fen for _n in range(10)]
    assert sum(values) == 108_000
    with pytest.raises(Refusal) as refusal:
        kit.use(house, course.id)
    assert (refusal.value.code, refusal.value.status) == ("no_sessions_left", 409)
    assert kit.problems(house) == []


def test_refund_of_four_unused_sessions_takes_480_points_and_pays_their_share(house):
    proof_off(house)
    member, done, [(course, _parts)] = sold(house)
    for _n in range(6):
        kit.use(house, course.id)
    with house.unit() as session:
        from core.orders.refunding import refunds

        shown = refunds.preview(session, done.order_no, {1: 1})
    effects = house.refund(done.order_no, {1: 1})
    assert effects.digest() == shown.digest()
    assert (effects.amount_fen, effects.points_taken) == (43_200, 480)
    assert kit.points(house, member) == 720
    assert effects.courses[0]["sessions"] == 4
    assert "未用的 4 次；已用的 6 次不退" in "".join(effects.effects)
    assert kit.left(house, course.id) == 0
    with pytest.raises(Refusal) as refusal:
        house.refund(done.order_no, {1: 1})
    assert refusal.value.code == "course_used_up"
    assert kit.problems(house) == []


def test_refund_of_four_of_ten_unused_leaves_six(house):
    proof_off(house)
    member, done, [(course, _parts)] = sold(house)
    with house.unit() as session:
        from core.orders.refunding import refunds

        effects = refunds.refund(session, done.order_no, {1: 1}, "改期", sessions={1: 4})
    assert (effects.amount_fen, effects.points_taken) == (43_200, 480)
    assert kit.left(house, course.id) == 6
    effects = house.refund(done.order_no, {1: 1})
    assert (effects.amount_fen, effects.points_taken, kit.points(house, member)) == (64_800, 720, 0)
    with house.unit("read") as session:
        assert session.get(Orders, done.order_id).state == "refunded"
    assert kit.problems(house) == []


def test_a_whole_refund_restores_the_start(house):
    proof_off(house)
    member, done, owned = sold(house, ("MOXA10", 2))
    assert len(owned) == 2
    effects = house.refund(done.order_no, {1: 2})
    assert effects.amount_fen == 216_000
    assert kit.points(house, member) == 0
    assert kit.of(house, member) == []
    with house.unit("read") as session:
        row = session.get(Person, member)
        assert (row.spent_fen, row.visits) == (0, 0)
    assert kit.problems(house) == []


def test_undo_the_same_day_gives_the_session_its_value_and_the_visit_back(house):
    with at("2026-03-02 10:00"):
        member, _done, [(course, _parts)] = sold(house)
    with at("2026-03-03 10:00"):
        used = kit.use(house, course.id)
        again = kit.use(house, course.id)
        with house.unit("read") as session:
            assert session.get(Person, member).visits == 2  # the day of the sale and this one (B17)
        assert kit.undo(house, course.id, again.use_id) == 9
        assert kit.undo(house, course.id, used.use_id) == 10
        with house.unit("read") as session:
            assert session.get(Person, member).visits == 1
        with pytest.raises(Refusal) as refusal:
            kit.undo(house, course.id, used.use_id)
        assert refusal.value.code == "already_undone"
    assert kit.problems(house) == []


def test_undo_of_yesterday_wants_an_approval(house):
    with at("2026-03-02 10:00"):
        _member, _done, [(course, _parts)] = sold(house)
        used = kit.use(house, course.id)
    with at("2026-03-03 10:00"), pytest.raises(Forbidden) as refusal:
        kit.undo(house, course.id, used.use_id)
    assert refusal.value.code == "undo_needs_approval"


def test_a_bundle_is_used_one_by_one_and_its_price_is_shared_by_what_its_items_cost(house):
    _member, _done, [(course, parts)] = sold(house, "PKG-CARE")
    assert [(part.row.item_code, part.usable) for part in parts] == [("CLEAN", 1), ("CHECK", 1), ("POLISH", 1)]
    assert [part.row.paid_fen for part in parts] == [11_706, 4_682, 3_512]
    assert sum(part.row.paid_fen for part in parts) == 19_900
    assert kit.use(house, course.id, item="CHECK").value_fen == 4_682
    with pytest.raises(Refusal) as refusal:
        kit.use(house, course.id, item="CHECK")
    assert refusal.value.code == "no_sessions_left"
    assert kit.use(house, course.id).item == "CLEAN"
    assert kit.left(house, course.id) == 1
    assert kit.problems(house) == []


def test_bonus_sessions_share_the_price(house):
    with house.unit() as session:
        from core.catalog import services as catalog

        catalog.add(
            session, "SEVEN", "六送一", "course", 10_000, sessions=6,
            attributes={"core.session_of": "MOXA", "core.bonus_sessions": "1"},
        )  # fmt: skip
    _member, _done, [(course, _parts)] = sold(house, "SEVEN")
    values = [kit.use(house, course.id).value_fen for _n in range(7)]
    assert values == [1_429, 1_429, 1_428, 1_429, 1_428, 1_429, 1_428]
    assert sum(values) == 10_000


def test_a_course_wants_a_member_and_an_item_that_exists(house):
    with pytest.raises(Refusal) as refusal:
        house.sell(None, "MOXA10")
    assert refusal.value.code == "course_needs_member"
    with house.unit() as session:
        from core.catalog import services as catalog

        catalog.add(session, "LOST", "没有项目", "course", 1, sessions=1, attributes={"core.session_of": "NOWHERE"})
    with pytest.raises(Refusal) as refusal:
        house.sell(house.enrol("王芳", "13800001234"), "LOST")
    assert refusal.value.code == "course_incomplete"


def test_expiry_is_by_date_and_an_extension_brings_back_what_the_sweep_booked(house):
    with house.unit() as session:
        from core.catalog import services as catalog

        item = catalog.by_code(session, "MOXA10")
        catalog.change(session, item, {"attributes": {"core.session_of": "MOXA", "core.valid_months": "1"}})
    with at("2026-03-02 10:00"):
        member, done, [(course, _parts)] = sold(house)
        assert course.expires_on.isoformat() == "2026-04-02"
        first = kit.use(house, course.id)
    with at("2026-04-01 23:00"):
        kit.use(house, course.id)
    with at("2026-04-02 00:30"):
        with pytest.raises(Refusal) as refusal:
            kit.use(house, course.id)
        assert (refusal.value.code, refusal.value.status) == ("course_expired", 409)
        assert "2026-04-02" in refusal.value.message
        assert jobs.expire_points(house.runtime, house.actor(house.dental))["done"] == 1
        assert kit.problems(house) == []
        with pytest.raises(Refusal) as refusal:
            house.refund(done.order_no, {1: 1})
        assert refusal.value.code == "course_used_up"
        with house.unit() as session:
            changes.extend(session, course.id, 30, "住院延期")
        assert kit.left(house, course.id) == 8
        kit.use(house, course.id)
        assert kit.problems(house) == []
    with at("2026-05-02 10:00"):
        assert kit.left(house, course.id) == 0
        with house.unit() as session:
            from core.orders.sessions import burn

            burn.undo(session, course.id, first.use_id, "没来过", approved=True)
        assert kit.left(house, course.id) == 1  # thirty days of grace: its own lot has run out
        assert kit.use(house, course.id).left == 0
        assert kit.problems(house) == []


def test_a_course_without_sessions_left_is_not_frozen(house):
    with at("2026-03-02 10:00"):
        _member, _done, [(course, _parts)] = sold(house)
        for _n in range(10):
            kit.use(house, course.id)
        with pytest.raises(Refusal) as refusal, house.unit() as session:
            changes.freeze(session, course.id, "怀孕暂停")
    assert refusal.value.code == "no_sessions_left"


def test_a_frozen_course_waits_and_its_time_stands_still(house):
    with house.unit() as session:
        from core.catalog import services as catalog

        item = catalog.by_code(session, "MOXA10")
        catalog.change(session, item, {"attributes": {"core.session_of": "MOXA", "core.valid_months": "1"}})
    with at("2026-03-02 10:00"):
        _member, _done, [(course, _parts)] = sold(house)
        with house.unit() as session:
            changes.freeze(session, course.id, "怀孕暂停")
        with pytest.raises(Refusal) as refusal:
            kit.use(house, course.id)
        assert refusal.value.code == "course_frozen"
    with at("2026-08-29 10:00"):
        assert jobs.expire_points(house.runtime, house.actor(house.dental))["done"] == 0
        with house.unit() as session:
            row = changes.unfreeze(session, course.id)
            assert row.expires_on.isoformat() == "2026-09-29"
        assert kit.use(house, course.id).left == 9
    assert kit.problems(house) == []


def test_only_a_shared_course_serves_the_family(house):
    from core.cards import services as cards
    from core.people import services as people

    with house.unit() as session:
        from core.catalog import services as catalog

        catalog.add(
            session, "SHARE", "家庭疗程", "course", 50_000, sessions=5,
            attributes={"core.session_of": "MOXA", "core.shared": True, "core.transferable": True},
        )  # fmt: skip
    holder, _done, [(own, _p), (shared, _q)] = sold(house, "MOXA10", "SHARE")
    house.sell(holder, "CARD-FAMILY")
    child, stranger = house.enrol("小明", contact_of=holder), house.enrol("路人", "13800007777")
    with house.unit() as session:
        _household, card = cards.household_of(session, people.get(session, holder))
        cards.seat(session, cards.get(session, card.id), people.get(session, child), "child")
    for course, who in ((own, child), (shared, stranger)):
        with pytest.raises(Refusal) as refusal:
            kit.use(house, course.id, for_member_id=who)
        assert refusal.value.code == "course_not_shared"
    used = kit.use(house, shared.id, for_member_id=child)
    with house.unit("read") as session:
        assert session.get(CourseUse, used.use_id).for_person_id == child
        assert session.get(Person, child).visits == 1
    with house.unit() as session, pytest.raises(Refusal) as refusal:
        changes.transfer(session, own.id, stranger, "送人")
    assert refusal.value.code == "not_transferable"
    with house.unit() as session:
        changes.transfer(session, shared.id, stranger, "送给朋友")
    assert [c.id for c, _parts in kit.of(house, stranger)] == [shared.id]
    assert kit.use(house, shared.id).left == 3
    assert kit.undo(house, shared.id, used.use_id) == 4
    assert kit.problems(house) == []


def test_what_one_part_lacks_the_franchise_next_door_does_not_have(house):
    _member, _done, [(course, _parts)] = sold(house)
    with acting(house.actor(house.pharmacy)), pytest.raises(NotFound):
        kit.use(house, course.id)


def test_where_a_signature_is_wanted_the_word_of_the_staff_is_not_enough(house):
    from core.courses.settings import CONFIRM
    from core.kernel import settings

    _member, _done, [(course, _parts)] = sold(house)
    with house.unit() as session:
        settings.change(session, CONFIRM, "signature")
    with pytest.raises(Refusal) as refusal:
        kit.use(house, course.id)
    assert refusal.value.code == "confirmation_not_allowed"
    used = kit.use(house, course.id, method="signature", evidence="单 0815")
    with house.unit("read") as session:
        assert session.get(CourseUse, used.use_id).evidence == "单 0815"


def test_a_line_of_an_order_is_paid_with_a_session_and_its_refund_gives_it_back(house):
    from core.orders.quoting import quotes
    from core.orders.refunding import refunds
    from core.orders.selling import settle
    from core.orders.types import BasketRequest, LineRequest, TenderRequest

    member, _done, [(course, _parts)] = sold(house)
    for _n in range(7):
        kit.use(house, course.id)

    def ring_up(qty):
        lines = (LineRequest("MOXA", qty, course_id=course.id), LineRequest("CHECK"))
        with house.unit() as session:
            quote, priced = quotes.store(session, BasketRequest(lines, member))
        with house.unit() as session:
            total = priced.quote.total_fen
            return priced, settle.settle(session, quote.id, [TenderRequest("cash", total)])

    had = kit.points(house, member)
    priced, done = ring_up(2)
    assert [line.net_fen for line in priced.quote.lines] == [0, 8_000]
    assert priced.quote.lines[0].steps[-1].text == "疗程核销 2 次"
    assert kit.points(house, member) == had
    assert kit.left(house, course.id) == 1
    with pytest.raises(Refusal) as refusal:
        ring_up(2)
    assert (refusal.value.code, refusal.value.status) == ("no_sessions_left", 409)
    with house.unit("read") as session:
        used = session.scalars(select(CourseUse).where(CourseUse.order_id == done.order_id)).all()
        assert [one.value_fen for one in used] == [10_800, 10_800]
        use_id = used[0].id
    with pytest.raises(Refusal) as refusal:
        kit.undo(house, course.id, use_id)
    assert refusal.value.code == "use_of_order"
    with house.unit() as session:
        shown = refunds.preview(session, done.order_no, {1: 1})
    assert kit.left(house, course.id) == 1
    effects = house.refund(done.order_no, {1: 1})
    assert effects.digest() == shown.digest()
    assert (effects.amount_fen, effects.courses[0]["returned"]) == (0, 1)
    assert kit.left(house, course.id) == 2
    house.refund(done.order_no, {1: 1, 2: 1})
    assert kit.left(house, course.id) == 3
    with house.unit("read") as session:
        assert session.get(Orders, done.order_id).state == "refunded"
    assert kit.problems(house) == []


def test_a_use_is_a_visit_of_a_streak_and_its_undo_takes_the_bonus_back(house):
    with at("2026-03-01 09:00"), house.unit() as session:
        now = programmes.in_force(session)
        programmes.publish(session, replace(now, streaks=(Streak("twice", "一月两次", 1, 2, 70),)))
    with at("2026-03-02 10:00"):
        member, _done, [(course, _parts)] = sold(house)
    before = kit.points(house, member)
    with at("2026-03-09 10:00"):
        first = kit.use(house, course.id)
        assert kit.points(house, member) == before + 70
        second = kit.use(house, course.id)
        assert kit.points(house, member) == before + 70, "given once"
        kit.undo(house, course.id, first.use_id)
        assert kit.points(house, member) == before + 70, "the other use of that day is still a visit"
        kit.undo(house, course.id, second.use_id)
        assert kit.points(house, member) == before
        assert kit.problems(house) == []
