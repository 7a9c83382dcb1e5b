"""Examinations and plans against models that share no code with them: thousands of steps, every past state; races."""

from __future__ import annotations

import random
import threading
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from core.desk.models import HeldBasket
from core.kernel.errors import Conflict, Invalid
from core.kernel.tenancy import acting
from plugins.dental import chart, exams, fold, perio, planned, plans, staging
from plugins.dental.chart import Entry
from plugins.dental.models import DentalPerioEntry, DentalPlan
from plugins.dental.perio import Head, Measured, Site
from tests.installation import at

UPPER = [f"1{n}" for n in range(8, 0, -1)] + [f"2{n}" for n in range(1, 9)]
LOWER = [f"4{n}" for n in range(8, 0, -1)] + [f"3{n}" for n in range(1, 9)]
FIRST = date(2026, 1, 5)
PLACES = ("MB", "B", "DB", "ML", "L", "DL")


# -- what an examination adds up to, reckoned from a flat list -------------------------------------


def flat(model):
    """Return (tooth, place, depth, margin, flags) of every measured site of a tooth that is not skipped."""
    return [
        (fdi, name, *site) for fdi, (sites, _m, _f, skipped) in model.items() if not skipped
        for name, site in sites.items() if site[0] is not None
    ]  # fmt: skip


def lost(_fdi, _name, depth, margin, _flags):
    return max(depth - margin, 0) if margin < 0 or depth >= 4 else 0


def reckoned(model):
    """Return the figures by hand: sites, bleeding, its share half up, plaque, pockets, deepest, worst level, teeth."""
    rows = flat(model)
    bleeding, plaque = ([row for row in rows if row[4] & flag] for flag in (1, 4))

    def share(found):
        return int(10_000 * len(found) / len(rows) + 0.5) if rows else 0

    return (
        len(rows), len(bleeding), share(bleeding), len({row[0] for row in bleeding}), share(plaque),
        sum(row[2] > 3 for row in rows), max([row[2] for row in rows] + [0]), max([row[2] - row[3] for row in rows] + [0]),
    )  # fmt: skip


def is_ill(model):
    """Return whether two teeth that are no neighbours lost attachment between teeth, or two did deep at the side."""
    between = {row[0] for row in flat(model) if len(row[1]) == 2 and lost(*row)}
    deep = {row[0] for row in flat(model) if len(row[1]) == 1 and lost(*row) >= 3 and row[2] > 3}
    apart = any(
        (a in UPPER) != (b in UPPER) or abs((UPPER + LOWER).index(a) - (UPPER + LOWER).index(b)) > 1
        for a in between for b in between if a != b
    )  # fmt: skip
    return apart or len(deep) > 1


def stage_of(model, head):
    """Return the stage by the table of 2018: the gravest of attachment, bone, pockets, teeth lost."""
    bone, gone = head[0], head[1] or 0
    if not (is_ill(model) or bone or gone):
        return 0
    worst, deepest = max([lost(*row) for row in flat(model)] + [0]), reckoned(model)[6]
    if not worst and not gone and not bone:
        return 0
    signs = [1, 2 if worst > 2 else 1, 3 if worst > 4 else 1, 2 if deepest == 5 else 1, 3 if deepest > 5 else 1]
    signs += [0 if bone is None else 1 if bone < 15 else 2 if bone <= 33 else 3, 3 if gone else 0, 4 if gone > 4 else 0]
    return max(signs)


# -- the walk --------------------------------------------------------------------------------------


def some_tooth(rng):
    """Return a tooth's entry as the model keeps it: sites, mobility, furcation, skipped; now and then one too deep."""
    deep = rng.random() < 0.02
    healthy = rng.random() < 0.6
    sites = {
        name: (16 if deep else rng.randrange(1, 4) if healthy else rng.randrange(10),
               rng.choice((0, 1, 2)) if healthy else rng.randrange(-4, 3), rng.randrange(16))
        for name in PLACES if rng.random() < 0.8
    }  # fmt: skip
    return sites, rng.randrange(4), rng.randrange(4), rng.random() < 0.1


def measured(entry):
    sites, mobility, furcation, skipped = entry
    return Measured({name: Site(*site) for name, site in sites.items()}, mobility, furcation, skipped)


def same_as_model(session, member, days):
    """Assert that every examination of the past, and of today, is what the model holds, with its figures."""
    found = exams.exams_of(session, member, 1000)
    assert [one.id for one in found] == [exam for exam, _m, _h in reversed(days)]
    for one, (_exam, model, head) in zip(found, reversed(days), strict=True):
        assert one.teeth == {fdi: measured(entry) for fdi, entry in model.items()}
        sums = perio.figures(one.teeth)
        assert (
            sums.sites, sums.bleeding, sums.bleeding_bp, sums.teeth_bleeding, perio.plaque_bp(one.teeth), sums.pockets,
            sums.deepest, sums.worst_cal,
        ) == reckoned(model)  # fmt: skip
        assert (one.head.loss_percent, one.head.lost) == head
        assert staging.suggest(one.teeth, one.head, 50).stage == stage_of(model, head)


def walk(house, steps, seed):
    """Save teeth and heads over many days, some refused, some after their day; look back at all past states."""
    rng, days, refused = random.Random(seed), [], 0
    with acting(house.actor(house.dental, "clinician")):
        with at("2026-01-05 09:00"):
            member = house.enrol()
        done = 0
        while done < steps:
            with at(f"{FIRST + timedelta(len(days))} 10:00"):
                with house.unit() as session:
                    exam, model, head = exams.begin(session, member), {}, (None, None)
                    for _n in range(min(steps - done, rng.randrange(1, 60))):
                        done += 1
                        if days and rng.random() < 0.03:
                            with pytest.raises(Conflict):
                                exams.save(session, member, days[-1][0], {"16": Measured({"B": Site(3)})})
                            refused += 1
                            continue
                        if rng.random() < 0.05:
                            head = (rng.choice((None, 10, 20, 40)), rng.choice((None, 0, 2, 5)))
                            exams.save(session, member, exam, {}, Head(*head))
                            continue
                        fdi, entry = rng.choice(UPPER + LOWER), some_tooth(rng)
                        if any(site[0] > 15 for site in entry[0].values()):
                            with pytest.raises(Invalid):
                                exams.save(session, member, exam, {fdi: measured(entry)})
                            refused += 1
                            continue
                        exams.save(session, member, exam, {fdi: measured(entry)})
                        if entry != ({}, 0, 0, False) or fdi in model:
                            model[fdi] = entry
                    days.append((exam, model, head))
                if len(days) % 15 == 1 or done >= steps:
                    with house.unit("read") as session:
                        same_as_model(session, member, days)
        assert refused
        return len(days)


@pytest.fixture
def quick(monkeypatch):
    """Leave out what follows from an examination (figures for facts): it has tests of its own."""
    monkeypatch.setattr(chart, "_followers", [])


def test_thousands_of_entries_are_what_an_independent_model_holds(installation, quick):
    assert walk(installation, 2000, 2018) > 2


def test_the_same_on_both_databases(any_installation, quick):
    assert walk(any_installation, 150, 7) > 2


# -- races -----------------------------------------------------------------------------------------


def at_once(*works):
    """Run works in threads of their own; return what each came to: "done" or the code of its refusal."""
    told, gate = [], threading.Barrier(len(works))

    def run(work):
        gate.wait()
        try:
            work()
            told.append("done")
        except (Conflict, Invalid) as refused:
            told.append(refused.code)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(told)


def accepted(house):
    """Return a member whose plan of one filling is accepted."""
    member = house.enrol()
    with house.unit() as session:
        chart.note(session, member, [Entry("36", "caries", "O"), Entry("36", "filling", "O", fold.PLANNED)])
    with house.unit() as session:
        seen = plan(session, member)
        seen = plans.choose(session, member, seen, {"36.filling": ("F-RESIN", 1)}, 0)
        plans.accept(session, member, seen, ["36.filling"])
    return member


def plan(session, member):
    events = chart.events_of(session, member)
    return planned.plan_of(session, member, events, fold.state(events))


def baskets(house):
    with house.unit("read") as session:
        return len(session.scalars(select(HeldBasket.id)).all())


def test_a_plan_sent_by_two_who_saw_the_same_page_is_one_basket(any_installation):
    house = any_installation
    actor = house.actor(house.dental, "clinician")
    with acting(actor):
        member = accepted(house)
        with house.unit("read") as session:
            seen = plan(session, member)  # both have this page open

    def send():
        with acting(actor), house.unit() as session:
            plans.send(session, member, seen)

    assert at_once(send, send) == ["done", "stale"]
    with acting(actor):
        assert baskets(house) == 1
        with house.unit("read") as session:
            assert [row.state for row in plan(session, member).rows] == [planned.SENT]


def test_without_the_number_of_the_revision_two_would_be_sent(installation, monkeypatch):
    """The control: what makes it one basket is that a revision's number is there once."""

    @contextmanager
    def unnumbered():
        real = DentalPlan.__init__

        def init(self, **more):
            with installation.unit("read") as session:
                n = len(session.scalars(select(DentalPlan.id)).all())
            real(self, **{**more, "number": n + 1})

        monkeypatch.setattr(DentalPlan, "__init__", init)
        yield
        monkeypatch.undo()

    actor = installation.actor(installation.dental, "clinician")
    with acting(actor):
        member = accepted(installation)
        with installation.unit("read") as session:
            seen = plan(session, member)
        with unnumbered():
            for _twice in range(2):
                with installation.unit() as session:
                    plans.send(session, member, seen)
        assert baskets(installation) == 2


def test_one_tooth_saved_by_two_keeps_both_entries_and_shows_the_later(any_installation):
    house = any_installation
    actor = house.actor(house.dental, "clinician")
    with acting(actor):
        member = house.enrol()
        with house.unit() as session:
            exam = exams.begin(session, member)
    two = [Measured({"B": Site(depth)}) for depth in (4, 7)]

    def save(tooth):
        def work():
            with acting(actor), house.unit() as session:
                exams.save(session, member, exam, {"16": tooth})

        return work

    assert at_once(*map(save, two)) == ["done", "done"]
    with acting(actor), house.unit("read") as session:
        rows = session.scalars(select(DentalPerioEntry).order_by(DentalPerioEntry.id)).all()
        [shown] = exams.exams_of(session, member)
        assert len(rows) == 2
        assert shown.teeth["16"] in two
        assert str([shown.teeth["16"].sites["B"].pd, 0, 0]) in rows[-1].body
