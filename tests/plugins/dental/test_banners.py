"""Warnings before dental work, out of core's facts."""

from __future__ import annotations

from core.sdk import AllergyView, MedicineView, SafetyView
from plugins.dental import banners


def test_what_is_taken_and_what_one_has_is_told_gravest_first():
    view = SafetyView(
        1, allergies=(AllergyView("class", "sulfites", ""),), condition_codes=frozenset({"asthma", "pacemaker_icd"}),
        medicines=(MedicineView(("warfarin",)), MedicineView(("alendronic acid",)), MedicineView(("propranolol",))),
        pregnancy="yes",
    )  # fmt: skip
    assert banners.of(view) == [
        banners.BLEEDS, banners.JAW, banners.PRESSURE, banners.SULFITE, banners.PACER, banners.CARRIES,
    ]  # fmt: skip


def test_nothing_known_and_what_was_stopped_tell_nothing():
    assert banners.of(None) == []
    assert banners.of(SafetyView(1, medicines=(MedicineView(("warfarin",), active=False),))) == []
