"""Grades and value classes as data (S1-11, S3-06)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.kernel.errors import Invalid
from core.segments import rules
from core.segments.rules import AbcSpec, GradeSpec, RfmSpec, Step


@pytest.mark.parametrize(
    ("yuan", "grade"),
    [(20000, "A"), (19999, "B"), (12000, "B"), (10000, "B"), (5000, "C"), (2000, "D"), (1, "E"), (0, "F"), (-5, "F")],
)
def test_grades_of_consumption(yuan, grade):
    assert GradeSpec().grade_of(yuan * 100) == grade


def test_a_member_who_comes_often_lately_and_spends_is_of_high_value():
    spec = RfmSpec()
    assert spec.score(10, 14, 1_200_000) == ("555", "high")
    assert spec.score(100, 3, 120_000) == ("333", "general")
    assert spec.score(36_500, 0, 0) == ("111", "low")
    assert spec.score(30, 12, 1_000_000)[0] == "555"
    assert spec.score(31, 11, 999_999)[0] == "444"


@pytest.mark.parametrize(
    "spec", [GradeSpec(), RfmSpec(), AbcSpec(), GradeSpec("visits", 90, (Step("A", 3), Step("B", 0)))]
)
def test_a_spec_is_read_as_it_was_written(spec):
    rules.check(spec)
    kind = {GradeSpec: "grade", RfmSpec: "rfm", AbcSpec: "abc"}[type(spec)]
    assert rules.load(kind, rules.dump(spec)) == spec


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        (GradeSpec(steps=(Step("A", 100), Step("B", 100), Step("C", 0))), "least_1"),
        (GradeSpec(steps=(Step("A", 100), Step("B", 1))), "least_1"),
        (GradeSpec(steps=(Step("A", 100), Step("A", 0))), "code_1"),
        (GradeSpec(steps=(Step("甲", 100), Step("B", 0))), "code_0"),
        (GradeSpec(figure="age"), "figure"),
        (GradeSpec(days=0), "days"),
        (replace(RfmSpec(), recency=(30, 30, 60, 90)), "recency"),
        (replace(RfmSpec(), money=(1, 2, 3, 4)), "money"),
        (replace(RfmSpec(), high=7, general=7), "high"),
        (AbcSpec(a_bp=9500, b_bp=9500), "b_bp"),
    ],
)
def test_bounds_that_cannot_be_are_refused(spec, field):
    with pytest.raises(Invalid) as refusal:
        rules.check(spec)
    assert field in [error.field for error in refusal.value.errors]
