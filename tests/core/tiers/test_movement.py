"""A new programme's moves: the number shown is the number that moves; promises to holders; resumed when killed."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.console import verification
from core.kernel import clock
from core.kernel.tenancy import acting
from core.people.models import Person
from core.programme import drafts
from core.programme import services as programmes
from core.programme.rules import Threshold, document_hash
from core.tiers import jobs, movement
from tests.installation import at

pytestmark = pytest.mark.usefixtures("day")


@pytest.fixture()
def day():
    with at("2026-11-20 10:00"):
        yield


@pytest.fixture()
def house(any_installation):
    with acting(any_installation.actor(any_installation.dental)):
        yield any_installation


def crowd(house, n=24, seed=3):
    """Enrol members who bought for very different sums."""
    rng = random.Random(seed)
    found = {}
    for k in range(n):
        member = house.enrol(f"会员{k}", f"1390000{k:04d}")
        for _visit in range(rng.choice((0, 1, 2, 3))):
            house.sell(member, ("F-RESIN", rng.choice((1, 3, 9, 20))))
        found[member] = tier_of(house, member)
    return found


def tier_of(house, member):
    with house.unit("read") as session:
        return session.scalar(select(Person.tier_code).where(Person.id == member))


def tiers_of(house, members):
    return {member: tier_of(house, member) for member in members}


def harder(programme, factor):
    """The same programme with every threshold times `factor` (in tenths)."""
    tiers = [programme.tiers[0]]
    for tier in programme.tiers[1:]:
        entry = replace(tier.entry, spend_fen=(tier.entry.spend_fen or 0) * factor // 10)
        keep = replace(tier.keep, spend_fen=(tier.keep.spend_fen or 0) * factor // 10) if tier.keep else None
        tiers.append(replace(tier, entry=entry, keep=keep))
    return replace(programme, tiers=tuple(tiers))


def shown(house, new, *, keep_holders=False, as_of=None):
    with house.unit("read") as session:
        old = programmes.in_force(session)
        return movement.preview(
            session, old, new, as_of or clock.today("Asia/Shanghai"), "Asia/Shanghai", keep_holders=keep_holders
        )


def publish(house, new, *, keep_holders=False, moved=0, at_ms=None):
    with house.unit() as session:
        row = programmes.publish(session, new, at_ms)
        movement.announce(session, row.number, row.effective_at, keep_holders=keep_holders, previewed=moved)
        return row.number


def run(house):
    return jobs.programme_effects(house.runtime, house.actor(house.dental))["done"]


def verified(house):
    return [f"{r.name}: {r.difference}" for r in verification.verify(house.runtime, freeze=False) if r.difference]


@pytest.mark.parametrize("factor", [5, 15, 30])
def test_the_number_shown_is_the_number_that_moves(house, factor):
    before = crowd(house)
    assert len(set(before.values())) >= 3, "the crowd must spread over tiers, or this proves nothing"
    with house.unit("read") as session:
        new = harder(programmes.in_force(session), factor)
    preview = shown(house, new)
    publish(house, new, moved=preview.moved)
    assert run(house) == preview.moved
    after = tiers_of(house, before)
    moved = {(before[m], after[m]) for m in before if before[m] != after[m]}
    assert moved == set(preview.matrix)
    assert sum(before[m] != after[m] for m in before) == preview.moved > 0
    assert {m.person_id for m in preview.first} == {m for m in before if before[m] != after[m]}
    assert run(house) == 0, "booked once"
    assert verified(house) == []


def test_holders_keep_their_tier_until_their_period_ends(house):
    before = crowd(house)
    with house.unit("read") as session:
        new = harder(programmes.in_force(session), 30)
    preview = shown(house, new, keep_holders=True)
    assert preview.kept > 0
    assert preview.moved == 0
    publish(house, new, keep_holders=True)
    run(house)
    assert tiers_of(house, before) == before
    assert verified(house) == []
    with at("2030-01-01 10:00"):
        from core.orders import jobs as money_jobs

        money_jobs.tier_review(house.runtime, house.actor(house.dental))
        assert set(tiers_of(house, before).values()) == {"regular"}
        assert verified(house) == []


def test_a_version_of_a_later_day_moves_nobody_before_it(house):
    before = crowd(house)
    with house.unit("read") as session:
        new = harder(programmes.in_force(session), 30)
    publish(house, new, at_ms=clock.now_ms() + 30 * 86_400_000)
    assert run(house) == 0
    assert tiers_of(house, before) == before
    assert verified(house) == []
    with at("2026-12-21 10:00"):
        expected = shown_by_hand(house, new, before)
        assert verified(house) == [], "what waits for the job is no difference"
        run(house)
        assert tiers_of(house, before) == expected
        assert verified(house) == []


def shown_by_hand(house, new, members):
    """The slow way: every member's standing under the new rules."""
    from core.kernel.statements import Statements
    from core.tiers import services

    with house.unit("read") as session:
        st = Statements(session, house.dental.franchise_id)
        today = clock.today("Asia/Shanghai")
        return {m: services.standing_of(st, m, new, today, "Asia/Shanghai", clock.now_ms()).tier for m in members}


def test_a_killed_run_goes_on_where_it_was(house, monkeypatch):
    before = crowd(house)
    with house.unit("read") as session:
        new = harder(programmes.in_force(session), 30)
    expected = shown_by_hand(house, new, before)
    publish(house, new)
    with house.unit() as session:
        due = movement.due(session, 2)
        movement.begin(session, due, 0)
        old = programmes.numbered(session, due.before)
        today = clock.today("Asia/Shanghai")
        movement.book(
            session, old, programmes.numbered(session, 2), today, "Asia/Shanghai", keep_holders=False, after=0, limit=2
        )
    half = sum(tiers_of(house, before)[m] != before[m] for m in before)
    assert half == 2
    assert verified(house) == []
    run(house)
    assert tiers_of(house, before) == expected


def test_a_version_published_by_command_moves_too(house):
    before = crowd(house)
    with house.unit("read") as session:
        new = harder(programmes.in_force(session), 30)
    with house.unit() as session:
        programmes.publish(session, new)
    run(house)
    assert tiers_of(house, before) == shown_by_hand(house, new, before)
    assert verified(house) == []


def test_a_tier_that_is_taken_out_leaves_nobody_in_it(house):
    before = crowd(house)
    gone = next(tier for tier in ("diamond", "gold", "silver") if tier in before.values())
    with house.unit("read") as session:
        old = programmes.in_force(session)
    new = replace(old, tiers=tuple(tier for tier in old.tiers if tier.code != gone))
    publish(house, new)
    run(house)
    assert gone not in tiers_of(house, before).values()
    assert verified(house) == []


def test_publishing_asks_for_the_preview_of_the_same_draft(house):
    with house.unit() as session:
        draft = drafts.open_from(session, programmes.in_force(session))
        row = next(e for e in drafts.entries(session, draft) if e.code == "gold")
        part = drafts.section("tiers")
        data = {**drafts.data_of(row), "from": {"spend_fen": 1_200_000, "window": {"months": 12}}}
        drafts.save(session, draft, part, data, row, row.version)
        programme = drafts.read(session, draft).programme
        seen = drafts.keep_preview(session, document_hash(programme), clock.now_ms(), False, 0, {})
    with house.unit() as session:
        draft = drafts.required(session)
        row = next(e for e in drafts.entries(session, draft) if e.code == "silver")
        drafts.save(session, draft, part, {**drafts.data_of(row), "grace_days": 30}, row, row.version)
    with house.unit() as session, pytest.raises(Exception, match="预览之后") as stale:
        drafts.publish(session, drafts.required(session), drafts.preview(session, seen.id))
    assert stale.value.code == "stale_preview"
    with house.unit() as session:
        programme = drafts.read(session, drafts.required(session)).programme
        again = drafts.keep_preview(session, document_hash(programme), clock.now_ms(), False, 0, {})
        version = drafts.publish(session, drafts.required(session), again)
        assert version.number == 2
        assert drafts.current(session) is None
    with house.unit("read") as session:
        tier = programmes.in_force(session).tier("gold")
        assert tier.entry == Threshold(spend_fen=1_200_000, window_months=12)


def test_a_tier_set_by_hand_stays_what_the_new_rules_say(house):
    from core.kernel.ids import new_id
    from core.kernel.statements import Statements
    from core.tiers.models import TierOverride

    before = crowd(house)
    favourite = next(m for m, tier in before.items() if tier == "regular")
    today = clock.today("Asia/Shanghai")
    with house.unit() as session:
        session.add(
            TierOverride(
                id=new_id(), person_id=favourite, tier_code="gold", start_on=today, until_on=today + timedelta(days=90),
                made_at=clock.now_ms(),
            )
        )  # fmt: skip
        session.flush()
        st = Statements(session, house.dental.franchise_id)
        programme = programmes.in_force(session)
        from core.tiers import services

        services.refresh(
            st, favourite, programme, today, "Asia/Shanghai", cause="override", source_kind="test", source_id=0
        )
    assert tier_of(house, favourite) == "gold"
    publish(house, harder(programme, 30))
    run(house)
    assert tier_of(house, favourite) == "gold"
    assert verified(house) == []


def reported(house, number):
    from core.tiers import report

    with house.unit("read") as session:
        return report.report(session, number, "Asia/Shanghai")


def previewed(house, new, day):
    """Preview as the page does: the result is kept under the document's hash."""
    from core.tiers.views import _result

    outcome = shown(house, new, as_of=day)
    with house.unit() as session:
        old = programmes.in_force(session)
        drafts.keep_preview(session, document_hash(new), 0, False, outcome.moved, _result(outcome, old, new))
    return outcome.moved


def test_a_later_day_works_the_preview_out_anew_and_names_who_is_new(house):
    crowd(house)
    with house.unit("read") as session:
        new = harder(programmes.in_force(session), 5)
    day = clock.today("Asia/Shanghai") + timedelta(days=10)
    number = publish(house, new, moved=previewed(house, new, day), at_ms=clock.now_ms() + 10 * 86_400_000)
    first = reported(house, number)
    assert (first.state, first.differs) == ("waiting", False)
    late = house.enrol("后来的", "13911112222")
    house.sell(late, ("F-RESIN", 4))
    again = reported(house, number)
    assert again.differs
    assert again.joined == [late]
    assert (again.left, again.found) == ([], first.shown + 1)
    with at("2026-11-30 10:30"):
        run(house)
        done = reported(house, number)
        assert (done.state, done.found, done.shown) == ("done", first.shown + 1, first.shown)
