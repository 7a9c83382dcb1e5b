"""Roles as a matrix: what is fixed, who gains and loses, effective at the next request, seen with other eyes."""

from __future__ import annotations

import html
import re

import pytest
from sqlalchemy import event, select

from core.kernel import audit
from core.kernel.errors import Conflict, Invalid, NotFound, Refusal
from core.kernel.models import AuditEntry
from core.kernel.permissions import UNCHANGED, registry
from core.kernel.tenancy import acting
from core.org import approvals, roles, staffing
from core.org.models import RoleOverride, Staff
from core.org.role_rules import Change
from tests.core.desk.desk_kit import Desk, field, plain, web_of
from tests.installation import PIN


@pytest.fixture
def app(installation):
    return web_of(installation)


@pytest.fixture
def desk(installation, app):
    """Sit down as a role of the dental house."""
    return lambda role="owner": Desk(installation, app, installation.dental, role)


def save(installation, *wanted, house=None):
    house = house or installation.dental
    with acting(installation.actor(house)), installation.unit() as s:
        return roles.save(s, roles.version_of(s), [Change(*one) for one in wanted], approvals.pairs())


def details(installation, action):
    with acting(installation.actor(installation.dental)), installation.unit("read") as s:
        rows = s.scalars(select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id))
        return [audit.detail_of(row) for row in rows]


def test_a_permission_given_works_at_the_next_request_and_is_gone_at_the_one_after(installation, desk):
    marketing = desk("marketing") if "marketing" in installation.dental.staff else desk("clinician")
    assert marketing.get("/till").status_code == 403
    save(installation, ("clinician", "desk.till", True))
    assert marketing.get("/till").status_code == 200
    save(installation, ("clinician", "desk.till", False))
    assert marketing.get("/till").status_code == 403


def test_every_change_is_audited_with_before_and_after_and_the_built_in_role_leaves_no_row(installation):
    save(installation, ("manager", "orders.refund.large", False))
    save(installation, ("manager", "orders.refund.large", True))
    assert [(d["role"], d["before"], d["after"]) for d in details(installation, "org.role.changed")] == [
        ("manager", True, False), ("manager", False, True),
    ]  # fmt: skip
    with acting(installation.actor(installation.dental)), installation.unit("read") as s:
        assert s.scalars(select(RoleOverride)).all() == []


def test_another_franchise_keeps_its_roles(installation):
    save(installation, ("manager", "orders.refund", False))
    for house, holds in ((installation.dental, False), (installation.pharmacy, True)):
        with acting(installation.actor(house)), installation.unit("read") as s:
            assert ("orders.refund" in roles.grants_of(s, house.staff["manager"])) is holds


@pytest.mark.parametrize(
    ("role", "permission", "granted", "why"),
    [
        ("auditor", "orders.refund", True, "只看不改"),
        ("auditor", "org.staff.edit", True, "只看不改"),
        ("owner", "org.roles.edit", False, "加盟主必须保留"),
        ("owner", "org.staff.edit", False, "加盟主必须保留"),
        ("manager", "org.roles.edit", True, "只属于加盟主"),
        ("manager", "org.roles.view_as", True, "只属于加盟主"),
        ("platform_admin", "people.view", True, "不接触会员"),
        ("chain_admin", "orders.view", True, "不接触会员"),
        ("front_desk", "points.adjust.approve", True, "不能自己批"),
        ("front_desk", "orders.refund.large", True, "不能自己批"),
        ("pharmacist", "orders.price.override", True, "不能自己批"),
        ("clinician", "org.shell.use", False, "都要能登录"),
    ],
)
def test_duties_that_may_not_be_given_or_taken(installation, role, permission, granted, why):
    with pytest.raises(Refusal) as caught:
        save(installation, (role, permission, granted))
    assert caught.value.code == "role_fixed"
    assert why in caught.value.message


def test_both_halves_of_a_pair_in_one_save_are_refused_too(installation):
    with pytest.raises(Refusal) as caught:
        save(installation, ("call_agent", "points.adjust", True), ("call_agent", "points.adjust.approve", True))
    assert caught.value.code == "role_fixed"


def test_an_auditor_may_be_given_what_only_reads(installation):
    assert save(installation, ("auditor", "catalog.view", False), ("auditor", "console.plugins.view", False))


def test_no_built_in_auditor_writes_and_no_administrator_sees_persons():
    for item in registry.all():
        if "auditor" in item.roles:
            assert item.reads, item.code
        if {"platform_admin", "chain_admin"} & item.roles:
            assert item.code.startswith(("org.", "console.")), item.code


def test_a_stale_matrix_is_refused(installation):
    save(installation, ("manager", "orders.refund", False))
    with pytest.raises(Conflict) as caught, acting(installation.actor(installation.dental)), installation.unit() as s:
        roles.save(s, 0, [Change("manager", "orders.sell", False)], approvals.pairs())
    assert caught.value.code == "stale_version"


def test_unknown_roles_and_permissions_are_refused(installation):
    for one in (("nobody", "orders.sell", True), ("manager", "orders.nothing", True)):
        with pytest.raises(Invalid):
            save(installation, one)


def test_the_preview_counts_the_other_roles_a_person_has(installation):
    house = installation.dental
    with acting(installation.actor(house)), installation.unit() as s:
        staffing.add_staff(s, number="801", name="双岗", roles=[("front_desk", None), ("manager", None)])
    with acting(installation.actor(house)), installation.unit("read") as s:
        effects = roles.preview(s, [Change("front_desk", "orders.refund", False)])
        assert [(e.name, e.gained, e.lost) for e in effects] == [("front_desk员", (), ("退款",))]
        effects = roles.preview(s, [Change("front_desk", "console.plugins.view", True)])
        assert [(e.name, e.gained) for e in effects] == [("front_desk员", ("查看业态与插件",))]


def test_a_role_of_ones_own_holds_what_it_was_copied_from_and_then_differs(installation, desk):
    house = installation.dental
    save(installation, ("front_desk", "orders.refund", False))
    with acting(installation.actor(house)), installation.unit() as s:
        code = roles.make(s, "夜班前台", "front_desk").code
    with acting(installation.actor(house)), installation.unit() as s:
        staff, _password = staffing.add_staff(s, number="802", name="夜班", roles=[(code, house.store_id)], pin=PIN)
        house.staff["night"] = staff.id
    night = desk("night")
    assert night.get("/till").status_code == 200
    save(installation, (code, "desk.till", False))
    assert night.get("/till").status_code == 403
    assert desk("front_desk").get("/till").status_code == 200
    with acting(installation.actor(house)), installation.unit("read") as s:
        assert "orders.refund" not in roles.grants_of(s, staff.id)
    assert "夜班前台" in desk().get("/records/staff/?f.role=" + code).text
    with pytest.raises(Conflict), acting(installation.actor(house)), installation.unit() as s:
        roles.drop(s, code)


def test_names_of_own_roles(installation):
    with acting(installation.actor(installation.dental)), installation.unit() as s:
        for name, like in (("店", "manager"), ("店长", "manager"), ("x" * 21, "manager"), ("好名字", "nobody")):
            with pytest.raises(Invalid):
                roles.make(s, name, like)
        code = roles.make(s, "值班长", "manager").code
        roles.drop(s, code)
        with pytest.raises(NotFound):
            roles.drop(s, "manager")


def test_a_finding_names_the_roles_that_may_let_it_pass_here(installation):
    from core.hooktypes import Check
    from core.orders.quoting.findings import _roles

    check = Check(code="dental.x", severity="major", text="x", override="care.override.major")
    assert "manager" in _roles(check, UNCHANGED)
    save(installation, ("manager", "care.override.major", False), ("rule_keeper", "care.override.major", True))
    with acting(installation.actor(installation.dental)), installation.unit("read") as s:
        named = _roles(check, roles.current(s))
    assert "manager" not in named
    assert "rule_keeper" in named


# -- pages -----------------------------------------------------------------------------------------


def ticked(page):
    return re.findall(r'name="g" value="([^"]+)" checked', page)


def test_the_matrix_is_edited_previewed_and_confirmed_by_pin(installation, desk):
    owner = desk()
    page = owner.get("/roles?role=clinician&q=收银").text
    assert "clinician|desk.till" not in ticked(page)
    form = {
        "version": field(page, "version"),
        "role": "clinician",
        "q": "收银",
        "g": [*ticked(page), "clinician|desk.till"],
    }
    preview = owner.post("/roles/preview", form)
    assert preview.status_code == 200
    seen = plain(preview.text)
    assert "clinician员" in seen
    assert "得到 使用收银台" in seen
    change = html.unescape(field(preview.text, "change"))
    assert change == "clinician|desk.till|1"
    asked = {"version": form["version"], "change": change, "role": "clinician"}
    wrong = owner.post("/roles/save", {**asked, "pin": "999999"})
    assert wrong.status_code == 401
    assert "PIN" in plain(wrong.text)
    assert desk("clinician").get("/till").status_code == 403
    done = owner.post("/roles/save", {**asked, "pin": PIN})
    assert done.status_code == 303
    assert desk("clinician").get("/till").status_code == 200
    again = owner.post("/roles/save", {**asked, "pin": PIN})
    assert again.status_code == 409


def test_what_was_filtered_out_of_sight_is_not_taken_away(installation, desk):
    owner = desk()
    page = owner.get("/roles?role=manager&q=使用收银台").text
    form = {"version": field(page, "version"), "role": "manager", "q": "使用收银台", "g": []}
    preview = owner.post("/roles/preview", form)
    assert re.findall(r'name="change" value="([^"]+)"', preview.text) == ["manager|desk.till|0"]


def test_the_matrix_filters_by_words_and_says_why_a_cell_is_locked(desk):
    page = desk().get("/roles?q=退款").text
    assert "大额退款" in page
    assert "查看门店" not in page
    assert "审计员只看不改" in html.unescape(page)
    assert "没有符合的权限" in desk().get("/roles?q=没有这个词").text


def test_only_the_owner_edits(installation, desk):
    manager = desk("manager")
    page = manager.get("/roles")
    assert page.status_code == 200
    assert 'name="g"' not in page.text
    assert manager.post("/roles/preview", {"g": ["manager|org.roles.edit"]}).status_code == 403
    assert manager.post("/roles/save", {"change": "manager|org.roles.edit|1", "pin": PIN}).status_code == 403
    assert desk("front_desk").get("/roles").status_code == 403


# -- seen with other eyes --------------------------------------------------------------------------


def test_view_as_a_role_shows_its_menu_and_lets_nothing_be_changed(installation, desk):
    owner = desk()
    person = owner.enrol()
    assert owner.post("/roles/view-as", {"role": "front_desk"}).status_code == 303
    home = owner.get("/").text
    assert "正以“前台”的视角查看" in home
    assert owner.get("/roles").status_code == 403, "a front desk sees no matrix"
    assert owner.get("/till").status_code == 200
    for path, data in (
        ("/till/member", {"person_id": person}), ("/till/clear", {}), (f"/members/{person}/tags", {"tag": "甲"}),
        ("/preferences", {"theme": "dark"}), ("/security/sessions/end", {}), ("/roles/view-as", {"role": "manager"}),
        ("/records/stores/new/", {"code": "9", "name": "九"}),
    ):  # fmt: skip
        answer = owner.post(path, data)
        assert answer.status_code == 403, path
    assert "只能看，不能改" in plain(owner.post("/till/clear").text)
    assert owner.post("/roles/view-as/leave").status_code == 303
    assert owner.get("/roles").status_code == 200
    assert owner.post("/till/clear").status_code == 303
    assert [d["role"] for d in details(installation, "session.view_as")] == ["front_desk"]
    assert len(details(installation, "session.view_as_ended")) == 1


def test_viewing_never_shows_more_than_ones_own(installation, desk):
    save(installation, ("owner", "desk.figures", False))
    owner = desk()
    owner.post("/roles/view-as", {"role": "manager"})
    with acting(installation.actor(installation.dental)), installation.unit("read") as s:
        own = roles.grants_of(s, installation.dental.staff["owner"])
    assert "desk.figures" not in own
    assert owner.get("/records/staff/").status_code == 200, "a manager sees staff, and so does the owner"


def test_only_the_owner_may_view_as(desk):
    assert desk("manager").post("/roles/view-as", {"role": "front_desk"}).status_code == 403


# -- cost ------------------------------------------------------------------------------------------


def test_changed_roles_cost_a_request_no_statement_but_the_first(installation, desk):
    save(installation, ("front_desk", "console.plugins.view", True))
    front = desk("front_desk")
    front.get("/still-here")
    engine, seen = installation.runtime.db.engine, []
    event.listen(engine, "before_cursor_execute", lambda *a: seen.append(a[2]))
    front.get("/still-here")
    with_changes = len(seen)
    save(installation, ("front_desk", "console.plugins.view", False))
    front.get("/still-here")
    seen.clear()
    front.get("/still-here")
    assert len(seen) == with_changes
    assert not [sql for sql in seen if "role_override" in sql]


def test_unchanged_roles_are_read_from_code_alone(installation):
    with acting(installation.actor(installation.dental)), installation.unit("read") as s:
        assert roles.current(s) is UNCHANGED
        assert s.get(Staff, installation.dental.staff["owner"]) is not None
