"""What stands between a member and a session: safety findings, the cashier's own household, a signature (S18, C17)."""

from __future__ import annotations

import re
import types

import pytest

from core.care.models import Finding
from core.courses.models import CourseUse
from core.hooktypes import Check
from core.kernel import settings
from core.kernel.plugins import hookimpl
from core.kernel.tenancy import acting
from core.org.models import Staff
from tests.core.courses import kit
from tests.core.desk.desk_kit import PIN, field, plain


@pytest.fixture
def shop(desk):
    with acting(desk.actor):
        kit.add_items(desk.installation)
    return desk


def finding(shop, severity, **more):
    """Make every session of moxa give a finding."""
    module = types.ModuleType("checks")

    @hookimpl
    def checkout_checks(ctx, basket):
        return [
            Check("test.moxa", severity, "孕期慎用艾灸", line.line, "care.override.major", **more)
            for line in basket.lines
            if line.code == "MOXA"
        ]

    module.checkout_checks = checkout_checks
    shop.installation.runtime.host.register_core("checks", module)


def sold(shop):
    person = shop.enrol()
    shop.ring_up(person, "MOXA10")
    with acting(shop.actor):
        [(course, _parts)] = kit.of(shop.installation, person)
    return person, course.id, f"/members/{person}/courses/use"


def form_of(page):
    return {"once": field(page, "once"), "pick": re.search(r'name="pick" value="([^"]+)"', page).group(1)}


def left(shop, course):
    with acting(shop.actor):
        return kit.left(shop.installation, course)


def test_a_moderate_finding_is_acknowledged_on_the_page_and_kept_with_the_use(shop):
    _person, course, path = sold(shop)
    finding(shop, "moderate")
    blocked = shop.post(path, form_of(shop.get(path).text))
    assert (blocked.status_code, "孕期慎用艾灸" in plain(blocked.text)) == (422, True)
    assert left(shop, course) == 10
    ack = re.search(r'name="ack" value="(\w+)"', blocked.text).group(1)
    assert shop.post(path, {**form_of(blocked.text), "ack": ack}).status_code == 303
    assert left(shop, course) == 9
    with acting(shop.actor), shop.installation.unit("read") as unit:
        use = unit.query(CourseUse).one()
        kept = unit.query(Finding).filter(Finding.order_id == use.id).one()
        assert (kept.text, kept.override_by) == ("孕期慎用艾灸", shop.house.staff["front_desk"])


def test_a_major_finding_wants_a_reason_and_the_pin_of_somebody_who_may(shop):
    _person, course, path = sold(shop)
    finding(shop, "major")
    blocked = shop.post(path, form_of(shop.get(path).text))
    grave = re.search(r'name="grave" value="(\w+)"', blocked.text).group(1)
    numbers = shop.house.numbers
    asked = {**form_of(blocked.text), "grave": grave, f"reason_text_{grave}": "医生当面确认过"}
    wrong = shop.post(path, {**asked, f"number_{grave}": numbers["manager"], f"pin_{grave}": "000001"})
    assert wrong.status_code == 401
    assert "医生当面确认过" in wrong.text  # what was typed stays, but for the PIN
    asked["once"] = field(wrong.text, "once")
    done = shop.post(path, {**asked, f"number_{grave}": numbers["manager"], f"pin_{grave}": PIN})
    assert done.status_code == 303, plain(done.text)[:500]
    assert left(shop, course) == 9


def test_a_contraindication_cannot_be_passed(shop):
    _person, course, path = sold(shop)
    finding(shop, "contraindicated")
    blocked = shop.post(path, form_of(shop.get(path).text))
    assert "此项不能放行，今天不要做" in plain(blocked.text)
    assert left(shop, course) == 10


def test_a_rule_s_own_reason_and_the_prescriber_s_new_signature_go_with_the_use(shop):
    """As at the till and over the API: the code of the reason, the evidence, the licence that was held."""
    _person, course, path = sold(shop)
    finding(shop, "contraindicated", resign=True, reasons=(("doctor", "医师已评估"),))
    with acting(shop.actor), shop.installation.unit() as unit:
        manager = unit.get(Staff, shop.house.staff["manager"])
        manager.licence_kind, manager.licence_no, manager.licence_until = "pharmacist", "ZY-9", "2999-12-31"
    blocked = shop.post(path, form_of(shop.get(path).text))
    grave = re.search(r'name="grave" value="(\w+)"', blocked.text).group(1)
    chosen = re.search(rf'name="reason_{grave}" value="([^"]+)"', blocked.text).group(1)
    asked = {"grave": grave, f"reason_{grave}": chosen, f"number_{grave}": shop.house.numbers["manager"],
             f"pin_{grave}": PIN}  # fmt: skip
    bare = shop.post(path, {**form_of(blocked.text), **asked})
    assert (bare.status_code, "请写明凭据" in plain(bare.text)) == (422, True)
    done = shop.post(path, {**form_of(bare.text), **asked, f"evidence_{grave}": "处方 88 李医师 10:20"})
    assert done.status_code == 303, plain(done.text)[:500]
    assert left(shop, course) == 9
    with acting(shop.actor), shop.installation.unit("read") as unit:
        kept = unit.query(Finding).filter(Finding.override_by.is_not(None)).one()
        assert (kept.reason_code, "处方 88 李医师 10:20" in kept.evidence) == ("prescriber_resigned", True)
        assert (kept.licence_kind, kept.licence_no) == ("pharmacist", "ZY-9")


def test_ones_own_course_wants_a_colleague(shop):
    person, course, path = sold(shop)
    with acting(shop.actor), shop.installation.unit() as unit:
        unit.get(Staff, shop.house.staff["front_desk"]).person_id = person
    page = shop.get(path).text
    assert "须同事作证" in plain(page)
    assert shop.post(path, form_of(page)).status_code == 403
    page = shop.get(path).text
    done = shop.post(path, {**form_of(page), "number": shop.house.numbers["manager"], "pin": PIN})
    assert done.status_code == 303, plain(done.text)[:500]
    assert left(shop, course) == 9


def test_where_a_signature_is_wanted_the_page_asks_for_it(shop):
    from core.courses.settings import CONFIRM

    _person, course, path = sold(shop)
    with acting(shop.actor), shop.installation.unit() as unit:
        settings.change(unit, CONFIRM, "signature")
    page = shop.get(path).text
    assert "顾客已签字（本机构必须）" in plain(page)
    refused = shop.post(path, form_of(page))
    assert (refused.status_code, "须顾客签字确认" in plain(refused.text)) == (422, True)
    assert shop.post(path, {**form_of(refused.text), "signed": "1", "evidence": "单 7"}).status_code == 303
    assert left(shop, course) == 9
