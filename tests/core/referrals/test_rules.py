"""The rules of referrals over thousands of random people: no circle, never deeper than allowed, never above the cap."""

from __future__ import annotations

import random
from datetime import date

import pytest

from core.programme.rules import Referral as Rule
from core.referrals import rules
from core.referrals.rules import Upline
from core.referrals.verify import in_a_circle


@pytest.mark.parametrize("seed", range(20))
def test_random_graphs_keep_no_circle_and_every_circle_is_seen(seed):
    rng = random.Random(seed)
    above: dict[int, int] = {}
    people = range(1, rng.randrange(2, 80))
    for _n in range(300):
        member, referrer = rng.choice(people), rng.choice(people)
        walked, at = [], referrer
        while at in above:
            at = above[at]
            walked.append(at)
        circle = member in (referrer, *walked)
        assert rules.closes_cycle(above.get, member, referrer) == circle
        if not circle and member not in above:
            above[member] = referrer
    assert in_a_circle(above) is None
    for member in list(above):
        for at in list(above):
            if rules.closes_cycle(above.get, member, at):
                assert in_a_circle({**above, member: at}) is not None
        break


def test_a_circle_that_stands_already_ends_the_walk():
    assert not rules.closes_cycle({1: 2, 2: 1}.get, 9, 1)
    assert in_a_circle({1: 2, 2: 1}) in {1, 2}
    assert in_a_circle({1: 1}) == 1


@pytest.mark.parametrize("seed", range(500))
def test_what_is_given_is_never_deeper_nor_more_than_the_rule_says(seed):
    rng = random.Random(seed)
    rule = Rule(
        rng.choice(("registration", "first_paid_order")), rng.choice((0, 100, 200)), rng.choice((0, 100)),
        rng.choice((1, 2)), rng.choice((0, 50)), rng.choice((1, 10)),
    )  # fmt: skip
    chain = [
        Upline(n, n, rng.random() < 0.2, rng.random() < 0.2, rng.random() < 0.1, rng.choice((0, 0, 1, 9, 10)))
        for n in range(1, rng.randrange(1, 6))
    ]
    staff = rng.random() < 0.3
    done = rules.outcome(rule, 99, chain, staff_points=staff)
    most = 1 if rule.on == "registration" else rule.depth
    levels = [grant.level for grant in done.grants]
    assert levels == sorted(set(levels))
    assert max(levels, default=0) <= most <= rules.MAX_DEPTH
    worth = {0: rule.referee_points, 1: rule.referrer_points, 2: rule.level2_points}
    for grant in done.grants:
        assert grant.points == worth[grant.level] > 0
        if grant.level:
            one = chain[grant.level - 1]
            assert not (one.kin or one.gone or one.given >= rule.monthly_cap or (one.staff and not staff))
            assert one.person_id == grant.person_id
        else:
            assert grant.person_id == 99
    if chain and chain[0].kin:
        assert done.grants == ()
        assert done.reason == rules.KIN
    assert done.state == (rules.REWARDED if done.grants else rules.REFUSED)


def test_short_codes_are_never_taken_for_a_number():
    for _n in range(200):
        code = rules.make_short_code()
        assert len(code) == rules.SHORT
        assert code[0].isalpha()
        assert not set(code) & set("IO01")
        assert rules.tidy_code(f" {code[:4].lower()}-{code[4:]}") == code


def test_days_and_months():
    assert not rules.too_late(date(2026, 1, 1), date(2026, 1, 31), 30)
    assert rules.too_late(date(2026, 1, 1), date(2026, 2, 1), 30)
    assert rules.month_of(date(2026, 11, 3)) == 202611
    assert rules.still_counts(100, 100)
    assert not rules.still_counts(100, 99)
    assert not rules.still_counts(0, 0)
