"""Pure rules of the chart: names, state at a date, DMFT (B44), perio figures (B45–B47), entry."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest

from core.sdk import Invalid
from plugins.dental import fold, perio, staging, teeth, who
from plugins.dental.fold import Event

DAY = date(2026, 3, 2)


def e(n, fdi, code, kind=None, surfaces="", on=DAY, **more):
    return Event(n, on, fdi, code, kind or fold.DEFAULT_KIND.get(code, fold.EXISTING), surfaces, made_ms=n, **more)


def test_fifty_two_teeth_in_three_tongues():
    assert len(teeth.ALL) == 52
    assert [teeth.universal(f) for f in ("18", "11", "21", "28", "38", "31", "41", "48")] == [
        "1", "8", "9", "16", "17", "24", "25", "32",
    ]  # fmt: skip
    assert [teeth.universal(f) for f in ("55", "51", "61", "65", "75", "71", "81", "85", "21S")] == [
        "A", "E", "F", "J", "K", "O", "P", "T", "9S",
    ]  # fmt: skip
    assert len({teeth.universal(f) for f in teeth.ALL}) == 52
    assert (teeth.palmer("36"), teeth.palmer("75"), str(teeth.name("36"))) == (("3", "6"), ("3", "E"), "左下第一磨牙")
    assert teeth.cross(["16", "17", "36", "31", "55"]) == {"1": "E76", "2": "", "3": "16", "4": ""}
    assert not any(map(teeth.is_tooth, ("19", "56", "90", "1", "", "SS", "21SS")))


def test_surfaces_are_those_the_tooth_has():
    assert teeth.surfaces("36", "dom") == "MOD"
    assert teeth.surfaces("11", "OL") == "IP"
    assert teeth.surfaces("36", "FI") == "OB"
    assert teeth.surfaces("36", "X") is None


def test_the_state_follows_the_events_and_a_plan_ends_when_it_is_done():
    events = [
        e(1, "36", "caries", surfaces="O", grade=2), e(2, "36", "filling", fold.PLANNED, "O"),
        e(3, "36", "filling", fold.DONE, "O", on=DAY + timedelta(9)),
        e(4, "36", "missing", fold.EXISTING, cause="caries", on=DAY + timedelta(99)),
    ]  # fmt: skip
    seen = [fold.state(events, DAY + timedelta(n)).get("36", fold.NOTHING) for n in (-1, 0, 9, 99)]
    assert [tooth.faces.get("O", fold.Face()).mark for tooth in seen] == ["", "planned", "done", ""]
    assert [tooth.presence for tooth in seen] == ["", "present", "present", "missing"]


def test_a_voided_event_is_gone_at_every_date_and_still_known_to_have_been_believed():
    events = [e(1, "16", "caries", surfaces="M"), replace(e(2, "", ""), voids=1, on=DAY + timedelta(5))]
    assert fold.state(events, DAY) == {}
    assert fold.state(events, DAY, known_ms=1)["16"].carious


CODES_ = list(fold.CODES)


def scribble(rng, n):
    fdi = rng.choice(sorted(teeth.ALL))
    code = rng.choice(CODES_)
    own = teeth.surfaces_of(fdi)
    made = Event(
        n, DAY + timedelta(rng.randrange(60)), fdi, code, rng.choice(list(fold.KINDS)),
        "".join(s for s in own if rng.random() < 0.4) or "B" if code in fold.ON_SURFACES else "",
        rng.randrange(4), rng.choice(list(fold.CAUSES)), made_ms=n,
    )  # fmt: skip
    return replace(made, voids=rng.randrange(1, n)) if n > 5 and rng.random() < 0.15 else made


def test_the_fold_at_every_past_date_is_the_replay_of_what_was_written_until_then():
    """Independent of `state`: a replay day by day, tooth by tooth, that forgets what was taken back."""
    for seed in range(12):
        rng = random.Random(seed)
        events = [scribble(rng, n) for n in range(1, 250)]
        shuffled = rng.sample(events, len(events))
        for known in (60, 250):
            written = [x for x in events if x.id <= known]
            taken_back = {x.voids for x in written if x.voids}
            for day in range(-1, 61, 4):
                on = DAY + timedelta(day)
                expected = {}
                for at in range(day + 1):
                    for x in (x for x in written if x.on == DAY + timedelta(at)):
                        if x.voids is None and x.id not in taken_back:
                            expected[x.fdi] = fold.step(expected.get(x.fdi, fold.NOTHING), x)
                assert fold.state(shuffled, on, known) == expected


def b44():
    return [
        e(1, "16", "caries", surfaces="O", grade=2), e(2, "36", "missing", cause="caries"),
        e(3, "46", "filling", surfaces="MO"), e(4, "24", "missing", cause="ortho"), e(5, "11", "crown", cause="trauma"),
    ]  # fmt: skip


def test_b44_dmft_counts_losses_for_other_reasons_only_from_thirty_on():
    young = who.index(fold.state(b44()), primary=False, age=29)
    assert (young.total, young.decayed, young.missing, young.filled) == (3, ("16",), ("36",), ("46",))
    assert who.index(fold.state(b44()), primary=False, age=30).total == 4
    assert who.index(fold.state(b44()), primary=False, age=None).total == 3
    assert young.surfaces == (1, 5, 2)
    assert young.by_surface == 8


def test_s0_24_one_missing_one_caries_is_two():
    found = who.index(fold.state([e(1, "36", "missing", cause="caries"), e(2, "16", "caries", surfaces="O")]),
                      primary=False, age=40)  # fmt: skip
    assert (len(found.missing), len(found.decayed), found.total) == (1, 1, 2)


@pytest.mark.parametrize(
    ("events", "code"),
    [
        ([e(1, "16", "sound")], who.SOUND),
        ([e(1, "16", "filling", surfaces="O"), e(2, "16", "caries", surfaces="O")], who.FILLED_CARIES),
        ([e(1, "16", "filling", surfaces="O")], who.FILLED),
        ([e(1, "16", "sealant", surfaces="O")], who.SEALANT),
        ([e(1, "16", "crown", cause="caries")], who.FILLED),
        ([e(1, "16", "implant")], who.CROWN),
        ([e(1, "16", "impacted")], who.UNERUPTED),
        ([e(1, "16", "residual_root")], who.CARIES),
        ([e(1, "16", "caries", surfaces="O"), e(2, "16", "filling", fold.PLANNED, "O")], who.CARIES),
        ([e(1, "16", "crown", fold.PLANNED)], who.UNKNOWN),
        ([e(1, "16", "caries", fold.WATCH, "O")], who.SOUND),
    ],
)
def test_who_codes(events, code):
    assert who.code(fold.state(events)["16"]) == code


def test_dmft_of_milk_teeth_is_its_own():
    mouth = fold.state([e(1, "55", "caries", surfaces="O"), e(2, "51", "missing", cause="exfoliated"),
                        e(3, "54", "missing", cause="caries"), e(4, "16", "caries", surfaces="O")])  # fmt: skip
    assert who.index(mouth, primary=True, age=40).total == 2
    assert who.index(mouth, primary=False, age=7).total == 1
    assert who.letter("55", 1) == "B"


def test_b45_cal_is_never_stored():
    assert perio.Site(5, -2).cal == 7
    assert perio.Site(3, 1).cal == 2
    assert perio.Site().cal is None


def exam(bleeding):
    names = [(fdi, site) for fdi in sorted(teeth.PERMANENT)[:28] for site in perio.SITES]
    marked = set(names[:bleeding])
    return {
        fdi: perio.Measured({s: perio.Site(3, 0, int((fdi, s) in marked)) for s in perio.SITES})
        for fdi in sorted(teeth.PERMANENT)[:28]
    }


@pytest.mark.parametrize(
    ("bleeding", "share", "band"),
    [
        (42, 2500, "局限性牙龈炎"),
        (16, 952, "健康"),
        (17, 1012, "局限性牙龈炎"),
        (51, 3036, "广泛性牙龈炎"),
        (0, 0, "健康"),
    ],
)
def test_b46_bleeding(bleeding, share, band):
    found = perio.figures(exam(bleeding))
    assert (found.sites, found.bleeding, found.bleeding_bp, found.band) == (168, bleeding, share, band)


def test_b47_stage_and_grade():
    assert staging.STAGES[staging.stage(5, 6, 3, 40)] == "III"
    assert staging.grade(40, 50) == "B"
    assert staging.grade(40, 50, smokes=10) == "C"
    assert staging.grade(12, 50) == "A"
    assert staging.grade(12, 50, hba1c_tenths=70) == "C"
    assert staging.grade(51, 50) == "C"
    assert staging.grade(None, 50) == ""
    assert [staging.stage(*of) for of in ((0, 3, 0), (2, 4, 0), (3, 4, 0), (2, 5, 0), (5, 4, 0), (5, 6, 5))] == [
        0, 1, 2, 2, 3, 4,
    ]  # fmt: skip


def test_bpe_and_cpi_by_sextant():
    found = exam(0)
    found["16"] = perio.Measured({"MB": perio.Site(6)}, furcation=1)
    found["11"] = perio.Measured({"MB": perio.Site(4)})
    found["26"] = perio.Measured({"MB": perio.Site(2, 0, perio.CALCULUS)})
    found["36"] = perio.Measured({"MB": perio.Site(2, 0, perio.BLEEDS)})
    assert perio.bpe(found)[:4] == ("4*", "3", "2", "1")
    assert perio.cpi(found)[:4] == ("4", "3", "2", "1")
    assert perio.bpe({"16": found["16"]}) == ("-",) * 6


def test_the_path_goes_round_the_mouth_once_and_leaves_out_skipped_teeth():
    way = perio.path()
    assert len(way) == len(set(way)) == 192
    assert way[:4] == [("18", "DB"), ("18", "B"), ("18", "MB"), ("17", "DB")]
    assert way[45:51] == [("28", "MB"), ("28", "B"), ("28", "DB"), ("28", "DL"), ("28", "L"), ("28", "ML")]
    assert len(perio.path(["18", "28"])) == 180


def test_sites_are_read_as_they_are_written():
    assert perio.read("325") == [perio.Site(3), perio.Site(2), perio.Site(5)]
    assert perio.read("3b 12 5bs/-2") == [perio.Site(3, 0, 1), perio.Site(12), perio.Site(5, -2, 3)]
    for text in ("3 2 5", "3b - 5s/-2", ""):
        assert perio.write(perio.read(text)) == text
    for wrong in ("16", "3 4 5 6", "3x", "5/-20", "a"):
        with pytest.raises(Invalid):
            perio.read(wrong)
