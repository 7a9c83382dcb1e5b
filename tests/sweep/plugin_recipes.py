"""How the routes of the plugins are asked (recipes.py)."""

from __future__ import annotations

from tests.sweep.asked import PERSON, PLAIN, Recipe, Ref

TREATMENT, SUGGESTION = Ref("beauty_treatment"), Ref("beauty_suggestion")
SKIN = {
    **dict.fromkeys(("moisture", "oil", "pores", "wrinkles", "pigment", "redness", "texture", "acne"), "50"),
    "on": "2026-01-05",
}
PLUGINS: dict[str, Recipe] = {
    "dental.items": PLAIN,
    "dental.record": Recipe({"person_id": PERSON}, query={"tooth": "36"}),
    "dental.note": Recipe({"person_id": PERSON}, form={"fdi": "16", "s": "O", "code": "caries"}),
    "dental.void": Recipe({"person_id": PERSON, "event_id": "5"}),  # a further event: whose, is tested beside the chart
    "dental.plan": Recipe({"person_id": PERSON}),
    "pharmacy.traces": Recipe(query={"q": "81000000000000000001"}),
    "pharmacy.trace_note": Recipe({"line_id": "5"}, form={"codes": "81000000000000000001"}),
    "pharmacy.ask": Recipe({"finding": "abc"}),
    "pharmacy.ask_state": Recipe({"finding": "abc"}),
    "pharmacy.asks": PLAIN,
    "pharmacy.ask_take": Recipe({"ask_id": "5"}),
    "pharmacy.ask_answer": Recipe({"ask_id": "5"}, form={"act": "refuse", "why": "扫一扫吧"}),
    "api_x.pharmacy_audience": Recipe(json={"items": ["VITC"]}),
    "api_x.pharmacy_audience_count": Recipe(json={"items": ["VITC"]}),
    "api_x.pharmacy_audience_state": Recipe(json={"task_id": "5"}),
    "pharmacy.overrides": PLAIN,
    "pharmacy.chronic": PLAIN,
    "pharmacy.chronic_member": Recipe({"person_id": PERSON}),
    "pharmacy.chronic_enrol": Recipe({"person_id": PERSON}, form={"programme": "hypertension", "agreed": "扫一扫吧"}),
    "pharmacy.chronic_read": Recipe(
        {"person_id": PERSON},
        form={"programme": "hypertension", "systolic": "120", "diastolic": "80", "on": "2026-01-05"},
    ),
    "pharmacy.chronic_do": Recipe({"person_id": PERSON, "point_id": "5"}, form={"note": "扫一扫"}),
    "pharmacy.audience_count": Recipe(form={"item": "VITC"}),
    "pharmacy.audience_counted": Recipe({"task_id": "5"}),
    "pharmacy.audience": Recipe(query={"item": "VITC"}),
    "api_x.pharmacy_ask": Recipe(json={"quote_id": Ref("quote"), "finding": "5c4d1f0a9b7e2d31"}),
    "api_x.pharmacy_ask_state": Recipe(json={"ask_id": "5"}),
    "api_x.pharmacy_asks": Recipe(json={"limit": 20}),
    "api_x.pharmacy_answer": Recipe(json={"ask_id": "5", "act": "refuse", "reason": "扫一扫吧"}),
    "api_x.pharmacy_duty": Recipe(json={"act": "on"}),
    "api_x.pharmacy_prescriptions": Recipe(
        json={
            "member_id": PERSON,
            "number": "1",
            "prescriber": "扫一扫",
            "hospital": "扫一扫",
            "issued_on": "2026-01-05",
            "items": [{"item": "X", "pieces": 1}],
        },
    ),
    "dental.plan_save": Recipe({"person_id": PERSON}, form={"number": "0"}),
    "dental.recall_list": PLAIN,
    "dental.recall_mark": Recipe({"recall_id": "5"}),
    "dental.report": PLAIN,
    "dental.perio_page": Recipe({"person_id": PERSON}),
    "dental.perio_begin": Recipe({"person_id": PERSON}),
    "dental.perio_save": Recipe({"person_id": PERSON, "exam_id": "5"}, form={"fdi": "16", "B": "3 2 3"}),
    "pharmacy.duty": PLAIN,
    "pharmacy.duty_post": Recipe(form={"act": "on"}),
    "pharmacy.member": Recipe({"person_id": PERSON}),
    "pharmacy.prescribe": Recipe({"person_id": PERSON}, form={"number": "1", "issued_on": "2026-01-05", "code": "X"}),
    "pharmacy.pictures": Recipe({"person_id": PERSON, "prescription_id": "5"}),
    "pharmacy.void": Recipe({"prescription_id": "5"}, form={"why": "扫一扫吧"}),
    "pharmacy.register": Recipe({"person_id": PERSON}),
    "pharmacy.register_post": Recipe({"person_id": PERSON}, form={"name": "扫一", "id_number": "1", "packs": "1"}),
    "pharmacy.books_page": PLAIN,
    "pharmacy.refills": PLAIN,
    "pharmacy.refill_told": Recipe({"refill_id": "5"}),
    "pharmacy.demand": PLAIN,
    "pharmacy.data": Recipe(query={"q": "warfarin"}),
    "pharmacy.data_post": Recipe(form={"act": "back", "kind": "interactions"}),
    "physio.record": Recipe({"person_id": PERSON}),
    "physio.assess": Recipe({"person_id": PERSON, "key": "odi"}),
    "physio.assess_post": Recipe({"person_id": PERSON, "key": "odi"}, form={"on": "2026-01-05", "quick": "2222222222"}),
    "physio.screening": Recipe({"person_id": PERSON}, form={"none": "1"}),
    "physio.treatment": Recipe({"person_id": PERSON}),
    "physio.treatment_post": Recipe(
        {"person_id": PERSON},
        form={"on": "2026-01-05", "region": "knee", "side": "left", "modality": "exercise", "before": "5"},
    ),
    "physio.rom": Recipe({"person_id": PERSON}),
    "physio.rom_post": Recipe(
        {"person_id": PERSON}, form={"on": "2026-01-05", "way": "active", "knee_flexion_left": "90"}
    ),
    "physio.exercise": Recipe({"person_id": PERSON}),
    "physio.exercise_post": Recipe(
        {"person_id": PERSON}, form={"on": "2026-01-05", "exercise": "bridge", "sets_bridge": "2", "times_bridge": "8"}
    ),
    "physio.exercise_sheet": Recipe({"person_id": PERSON}),
    "physio.report": Recipe(),
    "beauty.record": Recipe({"person_id": PERSON}, query={"tab": "treat"}),
    "beauty.skin_add": Recipe({"person_id": PERSON}, form=SKIN),
    "beauty.answers_save": Recipe({"person_id": PERSON}, form={"none": "1"}),
    "beauty.consent_sign": Recipe(
        {"person_id": PERSON, "kind": "energy"}, form={"method": "paper", "evidence": "扫一扫", "version": "1"}
    ),
    "beauty.treat_save": Recipe({"person_id": PERSON}, form={"procedure": "care", "on": "2026-01-05"}),
    "beauty.suggest": Recipe({"person_id": PERSON}, form={"product": "扫一扫"}),
    "beauty.suggestion_tell": Recipe(
        {"person_id": PERSON, "suggestion_id": SUGGESTION}, form={"used_on": "2026-01-05", "version": "1"}
    ),
    "beauty.care": Recipe({"person_id": PERSON, "treatment_id": TREATMENT}),
    "beauty.care_save": Recipe(
        {"person_id": PERSON, "treatment_id": TREATMENT},
        form={"phase": "after", "pain": "1", "mood": "even", "wound": "fine"},
    ),
    "beauty.handoffs": PLAIN,
    "beauty.profile": Recipe({"person_id": PERSON}),
    "beauty.profile_save": Recipe({"person_id": PERSON}, form={"version": "1", "taboos": "扫一扫"}),
    "beauty.cycle": Recipe({"person_id": PERSON}, form={"act": "sign", "method": "paper", "evidence": "扫一扫"}),
    "beauty.objections": Recipe({"person_id": PERSON}),
    "beauty.objection_save": Recipe({"person_id": PERSON}, form={"text": "扫一扫"}),
    "beauty.table": PLAIN,
    "beauty.table_sign": Recipe(form={"name": "扫一扫", "digest": "x"}),
    "beauty.batches": Recipe(query={"batch": "SWEPT-1"}),
}
