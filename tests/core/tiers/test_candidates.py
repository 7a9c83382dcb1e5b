"""Who is left out of a movement would not have moved: against a reading of every member."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import text

from core.kernel import clock
from core.kernel.ids import new_id
from core.kernel.tenancy import acting
from core.programme import services as programmes
from core.programme.rules import Threshold
from core.tiers import candidates, movement, rules
from tests.installation import at

TODAY, TZ = date(2026, 11, 20), "Asia/Shanghai"
METRICS = ("spend_fen", "visits", "points")
AMOUNTS = {"spend_fen": (50_000, 100_000, 200_000, 400_000), "visits": (1, 2, 3, 5), "points": (500, 1_000, 3_000)}


@pytest.fixture()
def house(any_installation):
    with at("2026-11-20 10:00"), acting(any_installation.actor(any_installation.dental)):
        yield any_installation


def a_threshold(rng):
    asked = rng.sample(METRICS, rng.choice((1, 1, 2)))
    return Threshold(
        **{metric: rng.choice(AMOUNTS[metric]) for metric in asked}, match=rng.choice(("any", "all")),
        window_months=rng.choice((None, 6, 12, 12, 12)), window_kind=rng.choice((None, None, "calendar")),
    )  # fmt: skip


def a_tier(rng, tier):
    return replace(
        tier, entry=a_threshold(rng), keep=rng.choice((None, a_threshold(rng))), grace_days=rng.choice((0, 60)),
        period_months=rng.choice((None, 6, 12)), fall=rng.choice(("to_qualified", "to_qualified", "one_down", "never")),
        cooling_days=rng.choice((0, 30)),
    )  # fmt: skip


def times(threshold, factor):
    return threshold and replace(
        threshold, **{metric: int(value * factor) for metric in METRICS if (value := getattr(threshold, metric))}
    )


def an_edit(rng, programme):
    """One thing an owner does: amounts up or down, another shape, a tier taken out, two tiers exchanged."""
    tiers = list(programme.tiers)
    place = rng.randrange(1, len(tiers))
    act = rng.choice(("amounts", "amounts", "amounts", "keep", "shape", "out", "swap"))
    if act == "amounts":
        factor = rng.choice((0.5, 0.75, 1.5, 2))
        tiers[place] = replace(tiers[place], entry=times(tiers[place].entry, factor),
                               keep=rng.choice((tiers[place].keep, times(tiers[place].keep, factor))))  # fmt: skip
    elif act == "keep":
        tiers[place] = replace(tiers[place], keep=times(tiers[place].keep or tiers[place].entry, rng.choice((0.5, 2))))
    elif act == "shape":
        tiers[place] = a_tier(rng, tiers[place])
    elif act == "out":
        del tiers[place]
    else:
        other = rng.randrange(1, len(tiers))
        tiers[place], tiers[other] = tiers[other], tiers[place]
    return replace(programme, tiers=tuple(tiers))


def events(rng):
    """Visits of three years, a third of them refunded in part or whole, a few entered late."""
    found = []
    for _n in range(rng.randrange(7)):
        day = TODAY - timedelta(days=rng.choice((rng.randrange(1100), rng.randrange(330, 400))))
        spent = rng.choice((30_000, 50_000, 100_000, 250_000))
        booked = min(TODAY, day + timedelta(days=rng.choice((0, 0, 0, 45))))
        found.append(rules.QualifyingEvent(day, spent, 1, spent // 100, 0, booked))
        if rng.random() < 0.3:
            back = min(TODAY, booked + timedelta(days=rng.choice((1, 20, 60, 200))))
            part = rng.choice((spent, spent // 2))
            found.append(rules.QualifyingEvent(day, -part, -1 if part == spent else 0, -part // 100, 0, back))
    return found


def write(house, person, own):
    fid = house.dental.franchise_id
    with house.unit() as session:
        for one in own:
            booked = clock.to_ms(datetime.combine(one.booked_on, time(10), clock.zone(TZ)))
            session.execute(
                text("INSERT INTO tier_event (id, franchise_id, person_id, spend_fen, visits, points, topup_fen,"
                     " effective_on, booked_at, source_kind, source_id)"
                     " VALUES (:id, :fid, :person, :spend, :visits, :points, 0, :on, :booked, 'order', :id)"),
                {"id": new_id(), "fid": fid, "person": person, "spend": one.spend_fen, "visits": one.visits,
                 "points": one.points, "on": one.on, "booked": booked},
            )  # fmt: skip


def stored_by(house, crowd, programme):
    """Store for everybody what the programme in force says of them."""
    with house.unit() as session:
        for person, own in crowd.items():
            now = rules.standing(own, programme.tiers, TODAY)
            session.execute(
                text("UPDATE person SET tier_code = :tier, tier_since = :since, tier_until = :until WHERE id = :id"),
                {"tier": now.tier, "since": now.since, "until": now.until, "id": person},
            )


def moved(house, old, new):
    with house.unit("read") as session:
        outcome = movement.Outcome()
        found = list(movement.moves(session, old, new, TODAY, TZ, keep_holders=False, outcome=outcome))
    return {(move.person_id, move.before, move.after) for move in found}, outcome.examined


def everybody(monkeypatch):
    monkeypatch.setattr(candidates, "_doubt", lambda *_a: candidates.Doubt(["1 = 1"], [], None))


@pytest.mark.parametrize("seed", range(3))
def test_nobody_who_would_move_is_left_out(house, monkeypatch, seed):
    rng = random.Random(seed)
    with house.unit("read") as session:
        base = programmes.in_force(session)
    crowd = {house.enrol(f"会员{n}", f"1390000{n:04d}"): events(rng) for n in range(40)}
    for person, own in crowd.items():
        write(house, person, own)
    all_moves = left_out = 0
    for _programme in range(6):
        old = replace(base, tiers=(base.tiers[0], *(a_tier(rng, tier) for tier in base.tiers[1:])))
        stored_by(house, crowd, old)
        for _edit in range(8):
            new = an_edit(rng, old)
            some, looked = moved(house, old, new)
            with monkeypatch.context() as patched:
                everybody(patched)
                whole, _all = moved(house, old, new)
            assert some == whole, (old.tiers, new.tiers)
            all_moves += len(whole)
            left_out += len(crowd) - looked
    assert all_moves > 50, "edits that move nobody prove nothing"
    assert left_out > 200, "nor does looking at everybody"


def test_a_doubt_that_leaves_out_too_many_is_noticed(house, monkeypatch):
    """The control: with nobody in doubt the comparison above finds moves that are missing."""
    with house.unit("read") as session:
        base = programmes.in_force(session)
    person = house.enrol("王会员", "13900000000")
    own = [rules.QualifyingEvent(TODAY - timedelta(days=30), 400_000, 1, 4_000, 0, TODAY - timedelta(days=30))]
    write(house, person, own)
    tiers = tuple(replace(tier, entry=Threshold(spend_fen=300_000 * n, window_months=12), keep=None)
                  for n, tier in enumerate(base.tiers))  # fmt: skip
    old = replace(base, tiers=tiers)
    stored_by(house, {person: own}, old)
    new = replace(old, tiers=tuple(replace(tier, entry=times(tier.entry, 2)) for tier in tiers))
    assert moved(house, old, new)[0] == {(person, tiers[1].code, tiers[0].code)}
    monkeypatch.setattr(candidates, "_doubt", lambda *_a: candidates.Doubt())
    assert moved(house, old, new)[0] == set()
