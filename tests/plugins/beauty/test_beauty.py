"""The beauty plugin in a franchise: till, records, hand-off job, cycle, pages, duties (B35, B41, B42, S3-13 … S3-34)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from core.hooktypes import BasketView, LineView, PersonView, hook_context
from core.kernel import audit
from core.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refusal
from core.kernel.models import AuditEntry
from core.kernel.tenancy import acting
from core.org.models import Staff, Store
from core.people import consents
from core.people import services as people
from plugins.beauty import aftercare, checks, profiles, records, treatments
from plugins.beauty.models import BeautyProfile, BeautyTreatment
from tests.core.desk.desk_kit import plain
from tests.plugin_kit import A, B, empty_database, make_bench  # noqa: F401

SCORES = dict.fromkeys(records.SCORES, "60")


@pytest.fixture
def bench(make_bench):  # noqa: F811
    made = make_bench()
    made.switch("beauty", True)
    with made.unit() as session:
        session.add(Staff(id=7, number="007", name="李医生", login="007", password_hash="", made_at=0))
        store = session.scalar(select(Store.id))
    bare = made.actor
    made.actor = lambda franchise=A, role=None: replace(
        bare(franchise, role), store_id=store if franchise == A else None
    )
    return made


def enrol(bench, franchise=A, consent=True, **more):
    with bench.unit(franchise) as session:
        person = people.enrol(session, people.NewPerson("王芳", phone="13800005052", **more))
        if consent:
            people.consent(session, person, "health", granted=True)
        return person.id


def ready(bench, person, told=(), *kinds):
    with bench.unit() as session:
        records.answer(session, person, dict(told))
        for kind in kinds:
            records.sign(session, person, kind, method="paper", evidence="纸 12")


def findings(bench, procedure, payer):
    line = LineView(1, 1, "X", "项目", 1, 10_000, 10_000, {"beauty.procedure": procedure})
    answers = bench.call("checkout_checks", basket=BasketView(payer, (line,)))
    assert not [one for one in answers if one.failed]
    return [(one.value.code, one.value.severity, one.value.override) for one in answers]


def done(procedure, **more):
    with_products = {"products": [treatments.Product("玻尿酸", "B-77", "1 mL")]}
    return treatments.Done(procedure, more.pop("on", records.today()), **{**with_products, **more})


def make(bench, person, procedure, role="clinician", **more):
    with acting(bench.actor(role=role)), bench.db.unit("write") as session:
        return treatments.record(session, person, done(procedure, **more)).id


# -- the till --------------------------------------------------------------------------------------


def test_b41_and_b42_at_the_till(bench):
    one = enrol(bench)
    with bench.unit() as session:
        stopped = records.today() - timedelta(days=92)
    ready(bench, one, {"isotretinoin": stopped}, "energy", "injection")
    assert findings(bench, "ablative_laser", one) == [(checks.WARNING, "major", "beauty.override")]
    assert findings(bench, "laser", one) == []
    ready(bench, one, {"pregnancy": None})
    assert findings(bench, "botulinum", one) == [(checks.CONTRAINDICATED, "contraindicated", None)]
    assert findings(bench, "care", one) == []
    assert findings(bench, "botulinum", None) == []
    assert session is not None


def test_a_finding_tells_the_days_but_neither_medicine_nor_diagnosis(bench):
    one = enrol(bench)
    with bench.unit():
        stopped = records.today() - timedelta(days=92)
    ready(bench, one, {"isotretinoin": stopped, "pregnancy": None}, "energy", "injection")
    said = []
    for procedure in ("ablative_laser", "botulinum"):
        line = LineView(1, 1, "X", "项目", 1, 1, 1, {"beauty.procedure": procedure})
        said += [a.value for a in bench.call("checkout_checks", basket=BasketView(one, (line,)))]
    text = "".join(check.text for check in said)
    assert "间隔 92 天，不足 183 天" in text
    assert "孕" not in text and "异维" not in text  # noqa: PT018
    assert said[0].evidence["states"] == ["isotretinoin", "pregnancy"]
    assert said[0].licences == {"physician", "cosmetic"}


def test_what_is_lacking_is_said_and_an_old_text_or_a_withdrawal_lacks_again(bench):
    from core.kernel import settings

    one = enrol(bench)
    both = [(checks.NO_CONSENT, "info", None), (checks.NO_ANSWERS, "info", None)]
    assert findings(bench, "ipl", one) == both
    ready(bench, one, {}, "energy")
    assert findings(bench, "ipl", one) == []
    assert findings(bench, "hydra", one) == both[:1]
    with bench.unit() as session:
        settings.change(session, "beauty.consent_energy", "我们自己的光电同意书，请仔细阅读。")
    assert findings(bench, "ipl", one) == both[:1]
    ready(bench, one, {}, "energy")
    assert findings(bench, "ipl", one) == []
    with bench.unit() as session:
        settings.change(session, "beauty.till_duty", "major")
        records.withdraw(session, one, "energy")
        with pytest.raises(NotFound):
            records.withdraw(session, one, "energy")
    assert findings(bench, "ipl", one) == [(checks.NO_CONSENT, "major", "beauty.override")]


def test_minors_get_no_injection_unless_the_franchise_says_so(bench):
    from core.kernel import settings

    one = enrol(bench, consent=False, birth_on=date(2012, 1, 1))
    with bench.unit() as session:
        mother = consents.Said(guardian_name="王母", relation="mother")
        consents.record(session, people.get(session, one), "health", granted=True, said=mother)
        records.answer(session, one, {})
        with pytest.raises(Invalid):
            records.sign(session, one, "injection", method="paper", evidence="纸 1", age=14)
        records.sign(session, one, "injection", method="paper", evidence="纸 1", age=14, guardian="王母")
    assert findings(bench, "botulinum", one) == [(checks.CONTRAINDICATED, "contraindicated", None)]
    with bench.unit() as session:
        settings.change(session, "beauty.refuse_minor_injection", "weigh")
    assert findings(bench, "botulinum", one) == [(checks.WARNING, "major", "beauty.override")]


# -- treatments ------------------------------------------------------------------------------------


def test_a_treatment_wants_consent_questionnaire_batch_and_nothing_against_it(bench):
    one = enrol(bench)
    refused = []
    for prepare in (lambda: None, lambda: ready(bench, one, {}, "injection")):
        try:
            make(bench, one, "filler")
        except Refusal as problem:
            refused.append(problem.code)
        prepare()
    assert refused == ["beauty_no_consent", "beauty_no_consent"]
    with pytest.raises(Invalid) as wrong:
        make(bench, one, "filler", products=[])
    assert wrong.value.errors[0].field == "product1"
    with pytest.raises(Invalid) as wrong:
        make(bench, one, "filler", products=[treatments.Product("玻尿酸", "", "1 mL")])
    assert wrong.value.errors[0].field == "batch1"
    made = make(bench, one, "filler", areas="鼻唇沟")
    with bench.unit() as session:
        row = session.get(BeautyTreatment, made)
        assert "鼻唇沟".encode() not in row.record_sealed
        [part] = [treatments.words(treatments.json.loads(row.record))]
        assert ("产品", "玻尿酸，批号 B-77，1 mL") in [(str(label), text) for label, text in part]
        assert [found.person_id for found in treatments.of_batch(session, "B-77")] == [one]
        from core.sdk import visit_part_of

        assert visit_part_of(session, row.visit_id, "beauty")["areas"] == "鼻唇沟"
    ready(bench, one, {"pregnancy": None})
    with pytest.raises(Refusal) as stopped:
        make(bench, one, "filler", sign_off="本人要求")
    assert stopped.value.code == "beauty_contraindicated"


def test_a_physician_with_a_licence_in_force_signs_off_what_is_to_be_weighed(bench):
    one = enrol(bench)
    ready(bench, one, {"keloid": None}, "injection")
    with pytest.raises(Refusal) as refused:
        make(bench, one, "filler")
    assert refused.value.code == "beauty_sign_off"
    with pytest.raises(Forbidden) as refused:
        make(bench, one, "filler", sign_off="评估过，可做")
    assert refused.value.code == "licence_needed"
    with bench.unit() as session:
        row = session.get(Staff, 7)
        row.licence_kind, row.licence_no, row.licence_until = "cosmetic", "C-1", "2020-01-01"
    with pytest.raises(Forbidden):
        make(bench, one, "filler", sign_off="评估过，可做")
    with bench.unit() as session:
        session.get(Staff, 7).licence_until = "2999-12-31"
    with pytest.raises(Forbidden):
        make(bench, one, "filler", role="owner", sign_off="评估过，可做")
    assert make(bench, one, "filler", sign_off="评估过，可做")


# -- aftercare -------------------------------------------------------------------------------------


def test_the_owner_changes_by_itself_once_and_every_change_is_audited(bench):
    one = enrol(bench)
    ready(bench, one, {}, "surgery")
    made = make(bench, one, "surgery", consultant_id=9)
    with bench.unit() as session:
        row = session.get(BeautyTreatment, made)
        row.on, row.changes_on = date(2026, 1, 31), date(2026, 2, 28)
        assert (row.stage, row.owner_id) == ("department", 7)
    seen = []
    for day in ("2026-02-27", "2026-02-28", "2026-02-28", "2027-01-30", "2027-01-31", "2027-02-01"):
        with bench.unit() as session:
            moved = aftercare.hand_over(session, date.fromisoformat(day))
            row = session.get(BeautyTreatment, made)
            seen.append((moved, row.stage, row.owner_id))
    assert seen == [
        (0, "department", 7), (1, "consultant", 9), (0, "consultant", 9), (0, "consultant", 9), (1, "service", None),
        (0, "service", None),
    ]  # fmt: skip
    with bench.unit() as session:
        count = select(func.count(AuditEntry.id)).where(AuditEntry.action == "beauty.handoff.moved")
        assert session.scalar(count) == 2


def test_the_job_is_declared_and_hands_over(bench):
    [job] = [one.value for one in bench.host.declared("register_jobs") if one.plugin == "beauty"]
    with bench.unit() as session:
        assert (job.name, job.run(hook_context(session))) == ("beauty.handoffs", 0)


def test_asking_moves_the_next_day_and_the_list_runs_by_pages(bench, monkeypatch):
    one = enrol(bench)
    ready(bench, one, {}, "energy")
    made = [make(bench, one, "ipl", products=[]) for _n in range(3)]
    form = {"phase": "after", "pain": "3", "mood": "low", "wound": "red", "worry": "怕反黑", "note": ""}
    with bench.unit() as session:
        today = records.today()
        assert aftercare.due(session, today) == []
        later = today + timedelta(days=1)
        monkeypatch.setattr(aftercare, "LISTED", 1)
        page = aftercare.due(session, later)
        assert [row.id for row in page] == made[:2]
        assert [row.id for row in aftercare.due(session, later, after=(page[0].due_on, page[0].id))] == made[1:]
        assert aftercare.due(session, later, "service") == []
        session.get(BeautyTreatment, made[0]).on = today - timedelta(days=5)
        aftercare.ask(session, one, str(made[0]), form)
        assert session.get(BeautyTreatment, made[0]).due_on == today + timedelta(days=2)
        for wrong in ({"pain": "11"}, {"mood": "x"}, {"phase": ""}, {"worry": "长" * 501}):
            with pytest.raises(Invalid):
                aftercare.ask(session, one, str(made[0]), {**form, **wrong})
        [kept] = aftercare.care_forms(session, one)[made[0]]
        assert (kept.pain, kept.mood, kept.worry) == (3, "low", "怕反黑")


def test_a_product_goes_from_suggested_to_opinion_and_suiting_ones_come_first(bench):
    from core.catalog import services as catalog

    one = enrol(bench)
    with bench.unit() as session:
        catalog.add(session, "A", "强效精华", "goods", 1, attributes={"beauty.suits": "problem"})
        catalog.add(session, "B", "草本面霜", "goods", 1, attributes={"beauty.suits": "natural"})
        profiles.save(session, one, {"motive": "natural"}, 0)
        assert [name for name, _suits in aftercare.offers(session, one)] == ["草本面霜", "强效精华"]
        row = aftercare.suggest(session, one, "草本面霜", "温和")
        told = {"used_on": records.today(), "effect": "4", "opinion": "不油"}
        aftercare.tell(session, one, str(row.id), **told, version=1)
        with pytest.raises(Conflict):
            aftercare.tell(session, one, str(row.id), **told, version=1)
        with pytest.raises(Invalid):
            aftercare.tell(session, one, str(row.id), **{**told, "effect": "6"}, version=2)
        with pytest.raises(NotFound):
            aftercare.tell(session, one + 1, str(row.id), **told, version=2)
        [found] = aftercare.suggestions(session, one)
        assert (found.row.effect, found.opinion, found.why) == (4, "不油", "温和")


# -- the profile -----------------------------------------------------------------------------------


def test_the_cycle_needs_its_own_consent_cautions_surgery_and_goes_with_the_consent(bench):
    one = enrol(bench)
    ready(bench, one, {}, "surgery")
    with bench.unit() as session:
        last = records.today() - timedelta(days=28)
        with pytest.raises(Refusal) as refused:
            profiles.note_cycle(session, one, last, 28, 0)
        assert refused.value.code == "beauty_no_consent"
        records.sign(session, one, "cycle", method="signature", evidence="前台")
        profiles.note_cycle(session, one, last, 28, 0)
        with pytest.raises(Invalid):
            profiles.note_cycle(session, one, last, 60, 1)
    assert findings(bench, "surgery", one) == [(checks.CAUTION, "moderate", None)]
    assert findings(bench, "peel", one) == [(checks.NO_CONSENT, "info", None)]
    with bench.unit() as session:
        copy = bench.host.call_installed("personal_data", hook_context(session), person_id=one)
        told = str([answer.value for answer in copy])
        assert last.isoformat() not in told
        profiles.withdraw_cycle(session, one)
    with bench.unit() as session:
        assert session.scalar(select(BeautyProfile.cycle_sealed)) is None
    assert findings(bench, "surgery", one) == []


def test_a_profile_is_saved_once_and_audit_names_fields_not_words(bench):
    one = enrol(bench)
    with bench.unit() as session:
        profiles.save(session, one, {"motive": "relax", "taboos": "不谈年龄"}, 0)
        with pytest.raises(Conflict):
            profiles.save(session, one, {"motive": "problem"}, 0)
    with bench.unit() as session:
        [entry] = session.scalars(select(AuditEntry).where(AuditEntry.action == "beauty.profile.saved")).all()
        assert audit.detail_of(entry) == {"fields": ["motive", "taboos"]}
    with bench.unit(A) as session, pytest.raises(Refusal):
        other = people.enrol(session, people.NewPerson("李雷", phone="13800005053"))
        profiles.save(session, other.id, {"motive": "relax"}, 0)


def test_an_objection_is_answered_once(bench):
    one = enrol(bench)
    with bench.unit() as session:
        row = profiles.object_to(session, one, "担心恢复期")
        profiles.answer_objection(session, one, str(row.id), "可以选周五做")
        with pytest.raises(Conflict):
            profiles.answer_objection(session, one, str(row.id), "再说一遍")
        [found] = profiles.objections(session, one)
        assert (found.row.open, found.answer) == (False, "可以选周五做")


# -- pages -----------------------------------------------------------------------------------------


def test_the_skin_is_entered_compared_and_every_look_is_audited(bench):
    one = enrol(bench)
    client, path = bench.client(role="clinician"), f"/p/beauty/members/{one}"
    for day, moisture in (("2026-03-02", "41"), ("2026-04-02", "66")):
        data = {**SCORES, "moisture": moisture, "on": day, "fitzpatrick": "III", "glogau": "2", "iga": "1"}
        assert client.post(f"{path}/skin", data=data).status_code == 303
    page = client.get(path).text
    for words in ("+25", "Fitzpatrick III", "Glogau 2", "IGA 1"):
        assert words in plain(page), words
    assert 'class="c1" viewBox' in page
    assert "stroke-dasharray" in page
    wrong = client.post(f"{path}/skin", data={**SCORES, "oil": "101", "on": "2026-04-02", "note": "留着的话"})
    assert wrong.status_code == 422
    assert "油脂请填 0 到 100 的整数" in plain(wrong.text)
    assert "留着的话" in wrong.text
    with bench.unit() as session:
        count = select(func.count(AuditEntry.id)).where(AuditEntry.action == "care.read")
        assert session.scalar(count) >= 1
    assert bench.client(role="front_desk").get(path).status_code == 403
    assert bench.client(B, "clinician").get(path).status_code == 404


def test_questionnaire_consent_and_treatment_by_their_forms(bench):
    one = enrol(bench)
    client, path = bench.client(role="clinician"), f"/p/beauty/members/{one}"
    assert client.post(f"{path}/answers", data={}).status_code == 422
    assert client.post(f"{path}/answers", data={"told": "tan"}).status_code == 422
    assert client.post(f"{path}/answers", data={"told": ["keloid", "tan"], "on-tan": "2026-01-05"}).status_code == 303
    page = client.get(f"{path}?tab=safety").text
    assert "瘢痕体质" in plain(page)
    version = re.search(r'name="version" value="([^"]+)"', page).group(1)
    signed = {"method": "paper", "evidence": "纸 9", "version": version}
    assert client.post(f"{path}/consents/energy", data={**signed, "version": "old"}).status_code == 409
    assert client.post(f"{path}/consents/energy", data=signed).status_code == 303
    assert client.post(f"{path}/consents/none", data=signed).status_code == 404
    form = {"procedure": "ipl", "on": records_day(bench), "set-energy": "16 J/cm²", "areas": "全面部"}
    assert client.post(f"{path}/treatments", data=form).status_code == 303
    told = plain(client.get(f"{path}?tab=treat").text)
    for words in ("16 J/cm²", "全面部", "填关怀表", "科室"):
        assert words in told, words
    assert client.post(f"{path}/treatments", data={**form, "procedure": "hydra"}).status_code == 422
    assert client.get(f"{path}?tab=products").status_code == 200


def records_day(bench):
    with bench.unit():
        return records.today().isoformat()


def test_care_hand_off_profile_objections_and_batches_have_pages_by_permission(bench):
    one = enrol(bench)
    ready(bench, one, {}, "injection")
    made = make(bench, one, "filler")
    with bench.unit() as session:
        session.get(BeautyTreatment, made).due_on = date(2020, 1, 1)
    path = f"/p/beauty/members/{one}"
    form = {"phase": "after", "pain": "2", "mood": "even", "wound": "red", "worry": "", "note": ""}
    nurse, agent, desk = (bench.client(role=role) for role in ("clinician", "call_agent", "front_desk"))
    assert "王芳" in agent.get("/p/beauty/handoffs").text
    assert "填充" not in agent.get("/p/beauty/handoffs").text
    assert agent.get(f"{path}/care/{made}").status_code == 200
    assert agent.post(f"{path}/care/{made}", data={**form, "pain": "x"}).status_code == 422
    assert agent.post(f"{path}/care/{made}", data=form).status_code == 303
    assert nurse.get(f"{path}/care/{made + 1}").status_code == 404
    assert desk.get(f"{path}/profile").status_code == 403
    assert nurse.post(f"{path}/profile", data={"version": "0", "taboos": "不谈年龄"}).status_code == 303
    assert "不谈年龄" in nurse.get(f"{path}/profile").text
    assert "不谈年龄" not in nurse.get(f"{path}?tab=treat").text
    assert nurse.post(f"{path}/cycle", data={"act": "sign", "method": "paper", "evidence": "纸 3", "text_version": "1"}
                      ).status_code == 303  # fmt: skip
    cycle = {"act": "save", "last": "2026-01-05", "length": "28", "version": "1"}
    assert nurse.post(f"{path}/cycle", data=cycle).status_code == 303
    assert "预计下次" in nurse.get(f"{path}/profile").text
    assert desk.post(f"{path}/objections", data={"text": "担心价格"}).status_code == 303
    assert "担心价格" in desk.get(f"{path}/objections").text
    assert "王芳" in bench.client().get("/p/beauty/batches?batch=B-77").text
    assert "没有人用过" in bench.client().get("/p/beauty/batches?batch=B-78").text
    assert "王芳" not in bench.client(B).get("/p/beauty/batches?batch=B-77").text


# -- duties ----------------------------------------------------------------------------------------


def duty(bench, hook, **arguments):
    with bench.unit() as session:
        return [one.value for one in bench.host.call_installed(hook, hook_context(session), **arguments)]


def test_a_copy_a_merge_and_an_erasure_take_the_records_along(bench):
    one = enrol(bench)
    with bench.unit() as session:
        other = people.enrol(session, people.NewPerson("李雷", phone="13800005053"))
        people.consent(session, other, "health", granted=True)
        other = other.id
        records.analyse(session, one, date(2026, 3, 2), SCORES)
        profiles.save(session, one, {"motive": "relax", "taboos": "不谈年龄"}, 0)
        profiles.save(session, other, {"work": "教师"}, 0)
    ready(bench, one, {"keloid": None}, "energy")
    make(bench, one, "ipl", products=[])
    told = str(duty(bench, "personal_data", person_id=one))
    for words in ("水分 60", "瘢痕体质", "不谈年龄"):
        assert words in told, words
    duty(bench, "merge_people", winner_id=other, loser_id=one)
    with bench.unit() as session:
        found = profiles.profile(session, other)
        assert (found.motive, found.words) == ("relax", {"taboos": "不谈年龄", "work": "教师"})
        assert len(records.skins(session, other)) == len(treatments.treatments(session, other)) == 1
    duty(bench, "erase_person", person_id=other, mode="erase")
    with bench.unit() as session:
        assert records.skins(session, other) == []
        assert treatments.treatments(session, other) == []
        assert profiles.profile(session, other).version == 0


def test_the_panel_tells_days_never_scores(bench):
    from flask import render_template

    one = enrol(bench)
    with bench.unit() as session:
        records.analyse(session, one, date(2026, 3, 2), {**SCORES, "oil": "93"})
    ready(bench, one, {"keloid": None}, "energy")
    data = bench.call("person_panels", person=PersonView(one, "王芳"))[0].value.data
    with bench.app().test_request_context("/"):
        bench.app().preprocess_request()
        told = plain(render_template("beauty/panel.html", panel=data))
    assert "1 次，最近 2026-03-02" in told
    assert "光电治疗知情同意" in told
    assert "93" not in told and "瘢痕" not in told  # noqa: PT018
