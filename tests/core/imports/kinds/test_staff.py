"""A list of staff: hired with one-time passwords, roles given or asked for, taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.imports import jobs, runner, services
from core.imports.models import ImportRow
from core.kernel import clock
from core.kernel.errors import Forbidden, NotFound
from core.kernel.tenancy import Actor, acting
from core.org import approvals, credentials, roles, staff_changes
from core.org import services as org
from core.org.models import ApprovalRequest, Staff
from core.org.proofs import make_proof
from core.org.role_rules import Change
from tests.core.imports import lists
from tests.core.imports.kinds.kit import Bureau
from tests.installation import PIN

HEADINGS = ("工号", "员工姓名", "门店", "岗位", "执照种类", "证书编号", "执照有效期", "接诊")


def one(number, name="", store="", role="", kind="", no="", until="", performs=""):
    return [number, name, store, role, kind, no, until, performs]


GOOD = (
    one("201", "王前台", "02", "前台"), one("202", "李医生", "一店", "医生", "执业医师", "YS-88", "2027/12/31"),
    one("203", "张药师", "", "pharmacist", performs="否"), one("204", "赵店长", "02", "店长"),
)  # fmt: skip
BAD = (
    one("2 0@5", "坏工号", "", "前台"), one("206", "", "", "前台"), one("207", "没角色"), one("208", "错角色", "", "太上皇"),
    one("209", "错门店", "99", "前台"), one("210", "错日期", "", "前台", "护士", "HS-1", "明年"),
    one("211", "缺编号", "", "前台", "护士", "", "2027-01-01"), one("212", "错执照", "", "前台", "道士"),
    one("", "没工号", "", "前台"), one("213", "很" * 61, "", "前台"),
)  # fmt: skip
WRONG = [
    ("number", "bad_staff_number"), ("name", "missing_staff_name"), ("role", "missing_role"), ("role", "unknown_role"),
    ("store", "unknown_store"), ("licence_until", "bad_date"), ("licence_no", "licence_without_no"),
    ("licence_kind", "bad_licence"), ("number", "missing_number"), ("name", "too_long"),
]  # fmt: skip


@pytest.fixture
def bureau(installation):
    return Bureau(installation, installation.dental, "staff")


@pytest.fixture
def manager(bureau):
    """The manager, whom the owner lets keep the staff."""
    with acting(bureau.actor), bureau.unit("write") as session:
        roles.save(session, roles.version_of(session), [Change("manager", "org.staff.edit", True)], approvals.pairs())
    found = Bureau(bureau.installation, bureau.house, "staff", "manager")
    with acting(found.actor), found.unit() as session:
        found.actor = replace(found.actor, grants=roles.grants_of(session, found.actor.staff_id))
    return found


@pytest.fixture
def any_bureau(any_installation):
    return Bureau(any_installation, any_installation.dental, "staff")


def found(bureau, number):
    with acting(bureau.actor), bureau.unit() as session:
        row = session.scalar(select(Staff).where(Staff.number == number))
        pairs = roles.pairs_of(session, row.id) if row else []
        session.expunge_all()
        return row, pairs


@pytest.mark.parametrize("sheet", [False, True])
def test_good_bad_and_repeated_rows(bureau, sheet):
    rows = [*GOOD, *BAD, one("201", "又一次", "", "前台")]
    batch, told = bureau.take(HEADINGS, *rows, sheet=sheet)
    assert told == {"created": 4, "failed": len(BAD), "duplicate": 1}
    problems = bureau.problems(batch)
    assert [problems[6 + n] for n in range(len(BAD))] == [[wrong] for wrong in WRONG]
    assert problems[16] == [("number", "duplicate")]
    house = bureau.house
    first, pairs = found(bureau, "201")
    assert (first.name, first.store_id, pairs) == (
        "王前台",
        house.other_store_id,
        [("front_desk", house.other_store_id)],
    )
    assert first.login.endswith("-201")
    doctor, pairs = found(bureau, "202")
    assert pairs == [("clinician", house.store_id)]
    assert (doctor.licence_kind, doctor.licence_no, doctor.licence_until) == ("physician", "YS-88", "2027-12-31")
    assert doctor.performs
    assert found(bureau, "203")[1] == [("pharmacist", None)]
    _batch, told = bureau.take(HEADINGS, *rows, sheet=sheet)
    assert told == {"unchanged": 4, "failed": len(BAD), "duplicate": 1}
    lines = bureau.errors(batch)
    assert all(line["原因"] and line["怎么改"] for line in lines)
    assert "02（二店）" in next(line for line in lines if line["有问题的列"] == "门店")["怎么改"]
    assert bureau.actions("staff").count("staff.added") >= 4


def test_each_new_person_signs_in_with_the_password_that_was_handed_out_once(bureau):
    batch, _told = bureau.take(HEADINGS, *GOOD)
    for row in bureau.rows(batch):
        assert row.problem == ""
    with acting(bureau.actor), bureau.unit("write") as session:
        lines = services.hand_out_once(session, services.get(session, batch))
    assert [line[:2] for line in lines[1:]] == [
        ["201", "王前台"],
        ["202", "李医生"],
        ["203", "张药师"],
        ["204", "赵店长"],
    ]
    staff, _pairs = found(bureau, "202")
    assert lines[2][2] == staff.login
    assert credentials.verify_password(staff.password_hash, lines[2][3])
    assert staff.password_once
    assert len({line[3] for line in lines[1:]}) == 4
    with acting(bureau.actor), bureau.unit("write") as session, pytest.raises(NotFound, match="下载一次"):
        services.hand_out_once(session, services.get(session, batch))
    with acting(bureau.actor), bureau.unit() as session:
        rows = session.scalars(select(ImportRow).where(ImportRow.import_batch_id == batch)).all()
        assert all("password" not in (row.cells or "") for row in rows)
    assert "imports.passwords.downloaded" in bureau.actions("import_batch")


def test_passwords_are_for_the_importer_only_and_go_after_a_day(bureau):
    batch, _told = bureau.take(HEADINGS, *GOOD)
    other = Bureau(bureau.installation, bureau.house, "staff", "manager")
    with acting(other.actor), other.unit("write") as session, pytest.raises(NotFound):
        services.hand_out_once(session, services.get(session, batch))
    with clock.frozen_at(clock.now() + timedelta(hours=25)), acting(bureau.actor), bureau.unit("write") as session:
        jobs.forget(session)
        assert services.once(session, services.get(session, batch)) == []


def test_a_role_above_the_importers_is_asked_for_and_given_by_somebody_higher(bureau, manager):
    batch = manager.check(
        lists.as_csv([one("301", "钱老板", "", "加盟主"), one("302", "孙前台", "", "前台")], "utf-8", HEADINGS)
    )
    shown = {row.name: {label: now for label, _was, now in row.lines} for row in manager.sample(batch)}
    assert shown["钱老板"]["角色"] == "加盟主（提交审批）"
    assert shown["孙前台"]["角色"] == "前台"
    manager.run(batch)
    assert found(manager, "301")[1] == []
    with acting(manager.actor), manager.unit() as session:
        asked = session.scalars(select(ApprovalRequest)).one()
        assert (asked.kind, asked.state, asked.asked_by) == (staff_changes.KIND, "asked", manager.actor.staff_id)
        asked_id = asked.id
    # The same list again asks for nothing twice.
    assert manager.take(HEADINGS, one("301", "钱老板", "", "加盟主"))[1] == {"unchanged": 1}
    with acting(bureau.actor):
        with bureau.unit("write") as session:
            payload = approvals.proof_payload(session.get(ApprovalRequest, asked_id))
            secret = make_proof(session, "001", PIN, "approve", payload).proof
        with bureau.unit("write") as session:
            done = approvals.decide(session, asked_id, approve=True, proof=secret, proof_payload_sha256=payload)
            assert done.row.state == "executed"
    assert found(bureau, "301")[1] == [("owner", None)]


def test_known_staff_change_as_their_page_changes_them(any_bureau):
    bureau = any_bureau
    bureau.take(HEADINGS, *GOOD)
    house = bureau.house
    assert bureau.take(HEADINGS, one("201", "王改名"))[1] == {"updated": 1}
    assert found(bureau, "201")[0].name == "王改名"
    assert bureau.take(HEADINGS, one("201", "", "一店", "客服"))[1] == {"updated": 1}
    moved, pairs = found(bureau, "201")
    assert (moved.store_id, pairs) == (house.store_id, [("call_agent", house.store_id)])
    # Holding a role everywhere is enough for one store.
    assert bureau.take(HEADINGS, one("103", "", "一店", "前台"))[1] == {"unchanged": 1}


def test_what_the_staff_page_refuses_the_list_refuses(bureau, manager):
    bureau.take(HEADINGS, *GOOD)
    with acting(bureau.actor), bureau.unit("write") as session:
        staff_changes.set_active(session, found(bureau, "203")[0].id, False)
        staff_changes.set_roles(session, found(bureau, "201")[0].id, None, [("front_desk", None), ("marketing", None)])
    batch, told = bureau.take(
        HEADINGS, one("001", role="前台"), one("203", "张"), one("201", role="客服"), one("204", until="2028-01-01"),
    )  # fmt: skip
    assert told == {"failed": 4}
    assert [code for found_ in bureau.problems(batch).values() for _field, code in found_] == [
        "own_role", "staff_left", "several_roles", "licence_without_no",
    ]  # fmt: skip
    batch, told = manager.take(HEADINGS, one("001", "改老板的名"))
    assert told == {"failed": 1}
    assert manager.problems(batch)[2] == [("number", "staff_above")]


def test_two_numbers_with_one_sign_in_name_are_told_apart(bureau):
    batch, told = bureau.take(HEADINGS, one("A1", "甲", "", "前台"), one("a1", "乙", "", "前台"))
    assert told == {"created": 1, "failed": 1}
    assert bureau.problems(batch)[3] == [("number", "login_taken")]


def test_an_undo_lets_go_who_never_came(any_bureau):
    bureau = any_bureau
    bureau.take(HEADINGS, one("201", "王前台", "02", "前台"))
    batch, told = bureau.take(
        HEADINGS, one("201", "王改名", "一店", "客服"), one("301", "没来过", "", "前台"), one("302", "登录过", "", "前台"),
        one("303", "改过", "", "前台"),
    )  # fmt: skip
    assert told == {"created": 3, "updated": 1}
    signed, _pairs = found(bureau, "302")
    with bureau.unit("write") as session:
        org.sign_in(session, org.account_of(session, signed.login, "127.0.0.1"), True, "127.0.0.1", "test")
    with acting(bureau.actor), bureau.unit("write") as session:
        staff_changes.change(session, found(bureau, "303")[0].id, None, {"name": "改过了"})
    foreseen, done = bureau.take_back(batch)
    assert (done.persons, done.changes, done.stay) == (1, 1, 2)
    assert foreseen == done
    assert set(dict(foreseen.reasons)) == {"之后登录过", "之后又改过资料或角色"}
    back, pairs = found(bureau, "201")
    house = bureau.house
    assert (back.name, back.store_id, pairs) == ("王前台", house.other_store_id, [("front_desk", house.other_store_id)])
    assert found(bureau, "301")[0] is None
    assert found(bureau, "302")[0].active
    with bureau.unit() as session:
        assert org.account_of(session, signed.login.replace("302", "301"), "127.0.0.1").staff_id is None
    assert "imports.staff.undone" in bureau.actions("staff")
    assert bureau.take(HEADINGS, one("301", "又来了", "", "前台"))[1] == {"created": 1}


def test_the_job_goes_on_as_the_importer_and_never_gives_more_than_they_may(bureau, manager):
    batch = manager.check(lists.as_csv([one("301", "钱老板", "", "加盟主")], "utf-8", HEADINGS))
    manager.start(batch)
    system = Actor(manager.house.franchise_id, door="job")
    with acting(system):
        assert jobs.work(manager.installation.runtime, system)["done"] == 1
    assert manager.batch(batch).state == "done"
    assert found(manager, "301")[1] == []
    second = manager.check(lists.as_csv([one("302", "李", "", "前台")], "utf-8", HEADINGS))
    manager.start(second)
    with acting(bureau.actor), bureau.unit("write") as session:
        staff_changes.set_active(session, manager.actor.staff_id, False)
    with acting(system):
        assert jobs.work(manager.installation.runtime, system)["skipped"] == 1
    assert manager.batch(second).state == "paused"
    assert found(manager, "302")[0] is None
    # Somebody else goes on with it: then it is theirs, and so are the passwords.
    with acting(bureau.actor), bureau.unit("write") as session:
        services.resume(session, services.get(session, second))
    with acting(system):
        assert jobs.work(manager.installation.runtime, system)["done"] == 1
    assert found(bureau, "302")[1] == [("front_desk", None)]
    with acting(bureau.actor), bureau.unit() as session:
        assert len(services.once(session, services.get(session, second))) == 2


def test_a_row_that_is_refused_after_all_fails_alone(bureau, monkeypatch):
    batch = bureau.check(lists.as_csv([one("301", "甲", "", "前台"), one("302", "乙", "", "前台")], "utf-8", HEADINGS))
    real = staff_changes.hire

    def hire(session, **values):
        made = real(session, **values)
        if values["number"] == "301":
            raise Forbidden("甲的角色比你高", code="role_above")
        return made

    monkeypatch.setattr(staff_changes, "hire", hire)
    bureau.start(batch)
    runner.run(bureau.db, bureau.actor, batch)
    assert {key: n for key, n in bureau.counted(batch).items() if n} == {"created": 1, "failed": 1}
    assert bureau.problems(batch) == {2: [("", "moved")]}
    assert found(bureau, "301")[0] is None
    assert found(bureau, "302")[0].name == "乙"
    # Nothing of the refused row stays, and no name of anybody stands in the open beside it.
    assert "甲" not in bureau.rows(batch)[0].problem
    assert bureau.take(HEADINGS, one("303", "丙", "", "前台"))[1] == {"created": 1}
