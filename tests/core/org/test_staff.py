"""People who work there: records with conflicts, roles with stores, sign-in, devices."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from core.kernel import clock
from core.kernel.errors import Conflict, Forbidden
from core.kernel.models import AuditEntry
from core.kernel.tenancy import acting
from core.org import approvals, credentials, roles, sittings, staff_changes
from core.org.models import ApprovalRequest, Staff, WebSession
from core.org.role_rules import Change
from tests.core.desk.desk_kit import Desk, alert, field, plain, web_of
from tests.installation import PIN


@pytest.fixture
def app(installation):
    return web_of(installation)


@pytest.fixture
def desk(installation, app):
    """Sit down as a role of the dental house."""
    return lambda role="owner": Desk(installation, app, installation.dental, role)


def staff(installation, role):
    with acting(installation.actor(installation.dental)), installation.unit("read") as s:
        row = s.get(Staff, installation.dental.staff[role])
        s.expunge(row)
        return row


def held(installation, role):
    with acting(installation.actor(installation.dental)), installation.unit("read") as s:
        return roles.pairs_of(s, installation.dental.staff[role])


def actions(installation):
    with acting(installation.actor(installation.dental)), installation.unit("read") as s:
        return list(s.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def test_somebody_new_gets_a_one_time_password_that_works(installation, desk):
    owner = desk()
    answer = owner.post(
        "/records/staff/hire",
        {"number": "901", "name": "新人", "role": "front_desk", "role_store": installation.dental.store_id,
         "licence_kind": "nurse", "licence_no": "N-1", "licence_until": "2027-12-31", "performs": "1"},
    )  # fmt: skip
    password = re.search(r'class="otp">([^<]+)<', answer.text).group(1)
    with acting(installation.actor(installation.dental)), installation.unit("read") as s:
        row = s.scalar(select(Staff).where(Staff.number == "901"))
        assert credentials.verify_password(row.password_hash, password)
        assert (row.licence_kind, row.licence_no, row.licence_until, row.performs) == (
            "nurse",
            "N-1",
            "2027-12-31",
            True,
        )
        assert roles.pairs_of(s, row.id) == [("front_desk", installation.dental.store_id)]
        staff_id = row.id
    assert "一次性密码" in answer.text
    assert password not in owner.get(f"/records/staff/{staff_id}").text, "told once"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"number": "", "name": "甲", "role": "front_desk"}, "工号用"),
        ({"number": "902", "name": "", "role": "front_desk"}, "请填写姓名"),
        ({"number": "902", "name": "甲", "role": ""}, "角色"),
        ({"number": "902", "name": "甲", "role": "emperor"}, "emperor"),
        ({"number": "101", "name": "甲", "role": "front_desk"}, "已经有人用了"),
        ({"number": "902", "name": "甲", "role": "front_desk", "licence_until": "明年"}, "执照有效期"),
        ({"number": "902", "name": "甲", "role": "front_desk", "licence_until": "2027-01-01"}, "执照编号"),
        ({"number": "902", "name": "甲", "role": "platform_admin"}, "比你的角色高"),
    ],
)
def test_a_form_that_is_wrong_says_so_and_keeps_what_was_typed(installation, desk, data, says):
    answer = desk().post("/records/staff/hire", data)
    assert answer.status_code >= 400
    assert says in answer.text
    if data["name"]:
        assert f'value="{data["name"]}"' in answer.text
    with acting(installation.actor(installation.dental)), installation.unit("read") as s:
        assert s.scalar(select(Staff).where(Staff.number == "902")) is None


def test_a_record_changed_meanwhile_shows_both_versions(installation, desk):
    owner, row = desk(), staff(installation, "clinician")
    page = owner.get(f"/records/staff/{row.id}/edit").text
    form = {"name": "李医生", "version": field(page, "version"), "licence_no": "A-1"}
    with acting(installation.actor(installation.dental)), installation.unit() as s:
        staff_changes.change(s, row.id, None, {"name": "王医生"})
    answer = owner.post(f"/records/staff/{row.id}/edit", form)
    assert answer.status_code == 409
    assert "王医生" in answer.text
    assert 'value="李医生"' in answer.text
    again = owner.post(f"/records/staff/{row.id}/edit", {**form, "version": field(answer.text, "version")})
    assert again.status_code == 303
    assert staff(installation, "clinician").name == "李医生"


def test_fields_that_are_not_on_the_form_are_not_written(installation, desk):
    """Mass assignment: what may be changed is listed, whatever is sent."""
    owner, row = desk(), staff(installation, "clinician")
    extra = {"active": "", "login": "x", "number": "x", "password_hash": "x", "person_id": "1", "franchise_id": "1",
             "totp_since": "1", "pin_hash": "", "role": "owner", "made_at": "1"}  # fmt: skip
    owner.post(f"/records/staff/{row.id}/edit", {"name": "新名", "version": row.version, **extra})
    after = staff(installation, "clinician")
    assert after.name == "新名"
    for key in ("active", "login", "number", "password_hash", "person_id", "totp_since", "pin_hash", "made_at"):
        assert getattr(after, key) == getattr(row, key), key
    assert held(installation, "clinician") == [("clinician", None)]


def test_roles_with_stores_are_given_and_taken_and_audited(installation, desk):
    owner, row = desk(), staff(installation, "clinician")
    one, two = installation.dental.store_id, installation.dental.other_store_id
    version = field(owner.get(f"/records/staff/{row.id}/roles").text, "version")
    form = {"version": version, "role_0": "clinician", "store_0": one, "role_1": "front_desk", "store_1": two}
    assert owner.post(f"/records/staff/{row.id}/roles", form).status_code == 303
    assert set(held(installation, "clinician")) == {("clinician", one), ("front_desk", two)}
    assert "staff.roles_changed" in actions(installation)
    assert owner.post(f"/records/staff/{row.id}/roles", form).status_code == 409, "stale"
    assert owner.post(f"/records/staff/{row.id}/roles", {**form, "version": "9", "store_0": "123"}).status_code in {
        404,
        409,
    }


def test_nobody_changes_their_own_roles(installation, desk):
    owner, row = desk(), staff(installation, "owner")
    answer = owner.post(f"/records/staff/{row.id}/roles", {"version": row.version, "role_0": "platform_admin"})
    assert answer.status_code == 403
    assert "自己的角色" in alert(answer.text)
    assert held(installation, "owner") == [("owner", None)]


def test_somebody_above_is_not_touched_and_the_last_owner_stays(installation, desk):
    i = installation
    with acting(i.actor(i.dental)), i.unit() as s:
        roles.save(s, 0, [Change("manager", "org.staff.edit", True)], approvals.pairs())
    manager, owner = desk("manager"), staff(i, "owner")
    for path in ("reset", "totp", "active", "sessions/end"):
        assert manager.post(f"/records/staff/{owner.id}/{path}", {"active": "0"}).status_code == 403, path
    assert manager.post(f"/records/staff/{owner.id}/edit", {"name": "x", "version": owner.version}).status_code == 403
    assert (
        manager.post(f"/records/staff/{owner.id}/roles", {"version": owner.version, "role_0": "marketing"}).status_code
        == 403
    )
    with pytest.raises(Conflict) as caught, acting(i.actor(i.dental, "platform_admin")), i.unit() as s:
        staff_changes.set_active(s, owner.id, False)
    assert caught.value.code == "last_owner"


def test_a_role_above_ones_own_leads_to_an_approval(installation, desk):
    owner, row = desk(), staff(installation, "clinician")
    answer = owner.post(f"/records/staff/{row.id}/roles", {"version": row.version, "role_0": "chain_admin"})
    assert answer.status_code == 403
    assert "申请由更高的角色批准" in answer.text
    asked = owner.post(f"/records/staff/{row.id}/roles", {"act": "ask", "role_0": "chain_admin", "reason": "兼任总部"})
    assert asked.status_code == 303
    with acting(installation.actor(installation.dental)), installation.unit("read") as s:
        assert s.scalar(select(ApprovalRequest.kind)) == "org.roles"


def test_reset_gives_a_new_password_and_ends_every_session(installation, desk):
    owner, front = desk(), desk("front_desk")
    row = staff(installation, "front_desk")
    assert front.get("/").status_code == 200
    answer = owner.post(f"/records/staff/{row.id}/reset")
    password = re.search(r'class="otp">([^<]+)<', answer.text).group(1)
    fresh = staff(installation, "front_desk")
    assert credentials.verify_password(fresh.password_hash, password)
    assert (fresh.password_once, fresh.pin_hash) == (True, "")
    assert front.get("/").status_code == 303, "signed out"
    assert owner.post(f"/records/staff/{installation.dental.staff['owner']}/reset").status_code == 403, "not one's own"


def test_who_leaves_is_out_at_once_and_may_come_back(installation, desk):
    owner, front = desk(), desk("front_desk")
    row = staff(installation, "front_desk")
    assert owner.post(f"/records/staff/{row.id}/active", {"active": "0"}).status_code == 303
    assert front.get("/").status_code == 303
    assert not staff(installation, "front_desk").active
    assert "已停用" in plain(owner.get(f"/records/staff/{row.id}").text)
    owner.post(f"/records/staff/{row.id}/active", {"active": "1"})
    assert staff(installation, "front_desk").active
    assert [a for a in actions(installation) if a in {"staff.left", "staff.returned"}] == [
        "staff.left",
        "staff.returned",
    ]


def test_a_lost_second_factor_is_cleared(installation, desk):
    owner, row = desk(), staff(installation, "rule_keeper")
    with acting(installation.actor(installation.dental)), installation.unit() as s:
        found = s.get(Staff, row.id)
        found.totp, found.totp_since = "JBSWY3DPEHPK3PXP", clock.now_ms()
    assert "清除动态口令" in owner.get(f"/records/staff/{row.id}").text
    assert owner.post(f"/records/staff/{row.id}/totp").status_code == 303
    assert staff(installation, "rule_keeper").totp_since is None
    assert "staff.totp_reset" in actions(installation)


def test_my_devices_are_listed_and_ended_but_never_somebody_elses(installation, desk, app):
    front, other, owner = desk("front_desk"), desk("front_desk"), desk()
    page = front.get("/security").text
    assert page.count('class="dev"') == 2
    assert "这台设备" in page
    session_of_owner = _sessions(installation, "owner")[0]
    assert front.post("/security/sessions/end", {"session": session_of_owner}).status_code == 404
    assert owner.get("/").status_code == 200
    front.post("/security/sessions/end", {"session": field(page, "session")})
    assert other.get("/").status_code == 303
    assert front.get("/").status_code == 200
    assert "session.ended" in actions(installation)


def _sessions(installation, role):
    with acting(installation.actor(installation.dental)), installation.unit("read") as s:
        wanted = select(WebSession.id).where(WebSession.staff_id == installation.dental.staff[role])
        return list(s.scalars(wanted))


def test_the_owner_ends_a_staff_members_session_and_keeps_their_own(installation, desk):
    owner, front, more = desk(), desk("front_desk"), desk("front_desk")
    row = staff(installation, "front_desk")
    first = _sessions(installation, "front_desk")[0]
    owner.post(f"/records/staff/{row.id}/sessions/end", {"session": first})
    assert front.get("/").status_code == 303
    assert more.get("/").status_code == 200
    owner.post(f"/records/staff/{row.id}/sessions/end")
    assert more.get("/").status_code == 303
    me = installation.dental.staff["owner"]
    owner.post(f"/records/staff/{me}/sessions/end")
    assert owner.get("/").status_code == 200, "the session at hand stays"


def test_a_manager_sees_staff_but_changes_nobody(installation, desk):
    manager, row = desk("manager"), staff(installation, "front_desk")
    page = manager.get(f"/records/staff/{row.id}")
    assert page.status_code == 200
    assert "重置" not in page.text
    for path in ("edit", "roles", "reset", "totp", "active", "sessions/end"):
        assert manager.post(f"/records/staff/{row.id}/{path}").status_code == 403, path


def test_staff_of_another_franchise_are_absent(installation, desk):
    owner, foreign = desk(), installation.pharmacy.staff["front_desk"]
    for path in ("", "/edit", "/roles"):
        assert owner.get(f"/records/staff/{foreign}{path}").status_code == 404
    for path in ("edit", "roles", "reset", "totp", "active", "sessions/end", "person"):
        assert owner.post(f"/records/staff/{foreign}/{path}", {"version": "1", "name": "x"}).status_code == 404, path


def test_device_words():
    chrome = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/131.0 Safari/537.36"
    assert sittings.device_words(chrome) == "Chrome · Windows"
    assert sittings.device_words("Mozilla/5.0 (iPhone) Version/17 Safari/604") == "Safari · iPhone"
    assert sittings.device_words("<script>") == "script"


def test_commands_still_make_an_owner(installation):
    """The system acts for nobody: a command may give any role."""
    from core.kernel.tenancy import Actor

    with acting(Actor(installation.dental.franchise_id)), installation.unit() as s:
        row, _password = staff_changes.hire(s, roles_given=[("platform_admin", None)], number="990", name="平台")
        assert roles.pairs_of(s, row.id) == [("platform_admin", None)]
    with pytest.raises(Forbidden), acting(installation.actor(installation.dental)), installation.unit() as s:
        staff_changes.hire(s, roles_given=[("platform_admin", None)], number="991", name="平台")
    assert PIN
