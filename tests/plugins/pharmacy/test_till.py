"""Cases B27 to B33 at the till's door: what is found, who may let it pass, what nobody may."""

from __future__ import annotations

from datetime import date

import pytest

from core.care.models import Finding
from core.kernel.errors import Refusal
from core.org.models import Staff
from plugins.pharmacy import books, dispensing
from plugins.pharmacy.models import PharmacyRefill
from tests.installation import at
from tests.plugins.pharmacy.kit import WHY

IBUPROFEN, PARACETAMOL, COLD, AMOXICILLIN, ERYTHROMYCIN = "D0033", "D0035", "D0048", "D0001", "D0013"
SILDENAFIL, OINTMENT = "SILD", "ERYOINT"


def code_of(pharmacy, name):
    from sqlalchemy import select

    from core.catalog.models import Item

    with pharmacy.unit("read") as session:
        return session.scalars(select(Item.code).where(Item.name.contains(name)).order_by(Item.code)).first()


def test_b27_ibuprofen_to_a_warfarin_user_wants_a_licensed_pharmacist_with_a_reason(pharmacy):
    member = pharmacy.member()
    pharmacy.takes(member, "warfarin")
    assert ("interaction", "major", 1) in pharmacy.findings(member, IBUPROFEN)
    with pytest.raises(Refusal) as refused:
        pharmacy.sell(member, IBUPROFEN)
    assert refused.value.code == "blocked"
    with pharmacy.unit() as session:
        session.get(Staff, pharmacy.house.pharmacy.staff["pharmacist"]).licence_until = "2020-01-01"
    with pytest.raises(Refusal) as refused:
        pharmacy.sell(member, IBUPROFEN, override=True)
    assert refused.value.code == "licence_needed"
    with pharmacy.unit() as session:
        session.get(Staff, pharmacy.house.pharmacy.staff["pharmacist"]).licence_until = "2999-12-31"
    done = pharmacy.sell(member, IBUPROFEN, override=True)
    with pharmacy.unit("read") as session:
        [kept] = session.query(Finding).filter_by(order_id=done.order_id, severity="major").all()
        assert (kept.code, kept.reason, kept.licence_no, kept.data_version) == (
            "pharmacy.interaction", WHY, "ZY-001", "2026.11",
        )  # fmt: skip
        assert "warfarin" in kept.evidence and "warfarin" not in kept.text and "华法林" not in kept.text


def test_b28_sildenafil_to_a_nitroglycerin_user_passes_by_the_prescribers_signature_alone(pharmacy):
    member, code = pharmacy.member(), code_of(pharmacy, "西地那非")
    pharmacy.takes(member, "nitroglycerin")
    pharmacy.prescribed(member, **{code: 2})
    assert ("interaction", "contraindicated", 1) in pharmacy.findings(member, code)
    with pytest.raises(Refusal):
        pharmacy.sell(member, code)
    with pytest.raises(Refusal):
        pharmacy.sell(member, code, override=True, reason_code="benefit_outweighs")
    told = {"reason_code": "prescriber_resigned", "evidence": "市一医院李医生 10:20 电话更正，处方号 8812"}
    assert pharmacy.sell(member, code, override=True, **told).order_no


def test_a_contraindication_of_what_is_not_prescribed_cannot_pass_at_all(pharmacy):
    member = pharmacy.member()
    pharmacy.allergic(member, code_kind="ingredient", code="ibuprofen")
    assert ("allergy", "contraindicated", 1) in pharmacy.findings(member, "D0034")
    told = {"reason_code": "prescriber_resigned", "evidence": "市一医院李医生电话更正"}
    with pytest.raises(Refusal) as refused:
        pharmacy.sell(member, "D0034", override=True, **told)
    assert refused.value.code == "blocked"


def test_b29_the_route_decides(pharmacy):
    member = pharmacy.member()
    pharmacy.takes(member, "simvastatin")
    ointment = code_of(pharmacy, "红霉素软膏") or code_of(pharmacy, "红霉素眼膏")
    assert not [one for one in pharmacy.findings(member, ointment) if one[0] == "interaction"]
    pharmacy.prescribed(member, **{ERYTHROMYCIN: 1})
    assert ("interaction", "contraindicated", 1) in pharmacy.findings(member, ERYTHROMYCIN)


def test_b30_two_medicines_with_paracetamol_are_a_duplicate(pharmacy):
    member = pharmacy.member()
    assert ("duplicate", "major", 2) in pharmacy.findings(member, COLD, PARACETAMOL)
    assert not [one for one in pharmacy.findings(member, (PARACETAMOL, 2)) if one[0] == "duplicate"]


def with_digit(seventeen):
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return seventeen + "10X98765432"[sum(int(d) * w for d, w in zip(seventeen, weights, strict=True)) % 11]


def test_b31_two_packs_by_register_and_no_more_that_day(pharmacy):
    member, other = pharmacy.member(), pharmacy.member()
    number = with_digit("11010119860307001")
    assert pharmacy.findings(member, (COLD, 3))[0][:2] == ("ephedrine_limit", "contraindicated")
    assert ("ephedrine_register", "contraindicated", 1) in pharmacy.findings(member, COLD)
    assert ("ephedrine_register", "contraindicated", 1) in pharmacy.findings(None, COLD)
    with pharmacy.unit() as session:
        with pytest.raises(Refusal):
            books.register(
                session, member, name="王芳", id_number=number[:17] + ("0" if number[17] != "0" else "1"), packs=1
            )
        with pytest.raises(Refusal) as refused:
            books.register(session, member, name="小明", id_number=with_digit("11010120160307001"), packs=1)
        assert refused.value.code == "pharmacy_minor"
        row = books.register(session, member, name="王芳", id_number=number, packs=2)
        assert number.encode() not in row.id_number_sealed
        with pytest.raises(Refusal) as refused:
            books.register(session, other, name="王芳", id_number=number, packs=1)
        assert refused.value.code == "pharmacy_too_many_packs"
    assert pharmacy.sell(member, COLD).order_no
    assert ("ephedrine_limit", "contraindicated", 1) in pharmacy.findings(member, (COLD, 2))
    assert pharmacy.sell(member, COLD).order_no
    with pytest.raises(Refusal) as refused:
        pharmacy.sell(member, COLD)
    assert refused.value.code == "blocked"


def test_b32_no_prescription_no_sale_and_none_is_used_twice(pharmacy):
    member = pharmacy.member()
    for person in (member, None):
        with pytest.raises(Refusal) as refused:
            pharmacy.sell(person, AMOXICILLIN, override=True)
        assert refused.value.code in ("blocked", "override_forbidden")
    prescription = pharmacy.prescribed(member, **{AMOXICILLIN: 2})
    assert pharmacy.sell(member, AMOXICILLIN).order_no
    assert ("prescription", "contraindicated", 1) in pharmacy.findings(member, (AMOXICILLIN, 2))
    again = pharmacy.sell(member, AMOXICILLIN)
    assert ("prescription", "contraindicated", 1) in pharmacy.findings(member, AMOXICILLIN)
    pharmacy.house.refund(again.order_no, {1: 1})
    assert ("prescription", "contraindicated", 1) not in pharmacy.findings(member, AMOXICILLIN)
    with pharmacy.as_("pharmacist"), pharmacy.unit() as session:
        books.void(session, prescription, "医生改了方案")
    assert ("prescription", "contraindicated", 1) in pharmacy.findings(member, AMOXICILLIN)


def test_without_a_pharmacist_on_duty_prescription_and_class_a_drugs_pause(pharmacy):
    member = pharmacy.member()
    with pharmacy.as_("pharmacist"), pharmacy.unit() as session:
        assert books.sign_off(session) == 1
    assert ("no_pharmacist", "contraindicated", 1) in pharmacy.findings(member, IBUPROFEN)
    assert not [one for one in pharmacy.findings(member, PARACETAMOL) if one[0] == "no_pharmacist"]
    with pharmacy.as_("front_desk"), pharmacy.unit() as session, pytest.raises(Refusal) as refused:
        books.sign_on(session)
    assert refused.value.code == "licence_needed"
    with pharmacy.as_("pharmacist"):  # who rings it up is there
        assert not [one for one in pharmacy.findings(member, IBUPROFEN) if one[0] == "no_pharmacist"]


def test_class_two_is_never_sold_to_a_minor_or_to_somebody_of_unknown_age(pharmacy):
    for born, said in ((date(2012, 1, 1), True), (None, True), (date(1986, 1, 1), False)):
        member = pharmacy.member(birth_on=born)
        pharmacy.prescribed(member, D0044=1)
        found = pharmacy.findings(member, "D0044")
        assert (("class_two", "contraindicated", 1) in found) is said, (born, found)


def test_a_penicillin_allergy_at_the_counter_2_blocked_4_major_3_moderate_10_free(embedded):
    from collections import Counter

    from sqlalchemy import select

    from core.catalog.models import Item

    member = embedded.member()
    embedded.allergic(member, code_kind="class", code="penicillins")
    with embedded.unit("read") as session:
        codes = session.scalars(select(Item.code).where(Item.attributes.contains('"pharmacy.atc": "J01'))).all()
    assert len(codes) == 19
    counted = Counter(
        one[1] for code in codes for one in embedded.findings(member, code) if one[0] == "allergy"
    )  # fmt: skip
    assert counted == {"contraindicated": 2, "major": 4, "moderate": 3}


def test_pregnancy_age_and_conditions_are_found_and_not_named(embedded):
    member = embedded.member(gender="female")
    embedded.has(member, "peptic_ulcer")
    found = [one for one in embedded.quoted(member, IBUPROFEN)[2] if one.code == "pharmacy.condition"]
    assert found and "溃疡" not in found[0].text and "peptic_ulcer" in str(found[0].evidence)
    young = embedded.member(birth_on=date(2011, 1, 1))
    assert ("age", "contraindicated", 1) in embedded.findings(young, "D0014")
    assert ("age", "major", 1) in embedded.findings(young, "D0039")


def test_what_was_not_checked_is_said(embedded):
    asked = embedded.house.enrol("李雷", "13900001111", birth_on=date(1986, 1, 1))
    said = [one.text for one in embedded.quoted(asked, PARACETAMOL)[2]]
    assert any("还没有问过敏史" in text for text in said)
    assert any("没有选会员" in one.text for one in embedded.quoted(None, PARACETAMOL)[2])
    member = embedded.member()
    embedded.takes(member, text="进口胶囊")
    embedded.allergic(member, text="某种草药")
    said = [one.text for one in embedded.quoted(member, "BOX-SPRING")[2]]
    assert any("用文字写的过敏" in text for text in said) and any("用文字写的在用药" in text for text in said)
    assert any("成分没有登记完整" in text for text in said)


def test_what_was_bought_counts_as_taken_and_runs_out_on_its_day(embedded):
    from core.hooktypes import Event, hook_context

    code = code_of(embedded, "二甲双胍")
    with at("2026-11-01 10:00"):
        with embedded.as_("pharmacist"), embedded.unit() as session:
            books.sign_on(session)
        member = embedded.member()
        embedded.prescribed(member, **{code: 3})
        from core.catalog import services as catalog

        with embedded.unit() as session:
            item = catalog.by_code(session, code)
            catalog.change(session, item, {"attributes": {**catalog.attributes_of(item), "pharmacy.days_supply": 30}})
        done = embedded.sell(member, code)
        with embedded.unit() as session:
            for _n in range(2):
                dispensing.heard(session, Event("order.paid", 0, {"order_id": done.order_id}))
            assert hook_context(session)
        with embedded.unit("read") as session:
            [row] = session.query(PharmacyRefill).all()
            assert row.run_out_on == date(2026, 12, 1)
            assert dispensing.due(session, date(2026, 12, 1), 9) and not dispensing.due(session, date(2026, 11, 30), 9)
        again = embedded.sell(member, code)
        with embedded.unit() as session:
            dispensing.heard(session, Event("order.paid", 0, {"order_id": again.order_id}))
            [row] = session.query(PharmacyRefill).all()
            assert row.run_out_on == date(2026, 12, 31)
        embedded.house.refund(again.order_no, {1: 1})
        with embedded.unit() as session:
            dispensing.heard(session, Event("order.refunded", 0, {"order_id": again.order_id}))
            [row] = session.query(PharmacyRefill).all()
            assert row.run_out_on == date(2026, 12, 1)
