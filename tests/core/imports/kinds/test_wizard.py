"""The wizard and the command with the other kinds: choosing, permissions, foreign batches, one-time passwords."""

from __future__ import annotations

import csv
import io
import json
import os
import re

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from core.catalog.models import Item
from core.imports import kinds, runner
from core.imports.cli import import_group
from core.kernel.tenancy import acting
from core.org import approvals, credentials, roles
from core.org.models import Staff
from core.org.role_rules import Change
from tests.core.desk.desk_kit import Desk, plain, web_of
from tests.core.imports import lists
from tests.core.imports.kinds.kit import Bureau
from tests.core.imports.test_views import batch_of, form_of

ITEMS = lists.as_csv(
    [["N-1", "超声洁牙", "服务", "128.5", "牙周治疗"], ["N-2", "电动牙刷", "商品", "二百", ""], ["N-3", "漱口水", "商品", "39", ""]],
    "gb18030", ("编码", "名称", "类型", "价格", "牙科分类"),
)  # fmt: skip
STAFF = lists.as_csv(
    [["201", "王前台", "一店", "前台"], ["202", "李医生", "02", "医生"]], "gb18030", ("工号", "姓名", "门店", "角色")
)
KEYS = ["batch", "rows", "created", "updated", "unchanged", "duplicates", "failed", "error_file"]


@pytest.fixture
def web(installation):
    return web_of(installation)


@pytest.fixture
def owner(installation, web):
    return Desk(installation, web, installation.dental, "owner")


def upload(desk, kind: str, data: bytes, name: str = "老系统.csv"):
    form = {"kind": kind, "file": (io.BytesIO(data), name)}
    return desk.post("/imports/", form, content_type="multipart/form-data")


def to_result(desk, kind: str, data: bytes) -> str:
    batch = batch_of(upload(desk, kind, data))
    assert desk.post(f"{batch}/mapping", form_of(desk.get(batch).text)).status_code == 303
    runner.settle()
    assert desk.post(f"{batch}/run").status_code == 303
    runner.settle()
    return batch


def test_the_kind_is_chosen_first_with_its_columns_and_template(owner):
    page = owner.get("/imports/new").text
    assert re.findall(r'name="kind" value="(\w+)"', page) == [
        "people", "items", "staff", "cards", "balances", "courses",
    ]  # fmt: skip
    assert re.search(r'value="people"[^>]* checked', page)
    assert re.search(r'value="cards"[^>]* checked', owner.get("/imports/new?kind=cards").text)
    for kind, heading in (("items", "编码"), ("staff", "工号"), ("cards", "卡种"), ("people", "监护人手机"),
                          ("balances", "积分到期日"), ("courses", "剩余次数")):  # fmt: skip
        assert f"/imports/template.csv?kind={kind}" in page
        answer = owner.get(f"/imports/template.csv?kind={kind}")
        headings = next(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
        assert heading in headings
        with acting(owner.actor):
            of = kinds.of(kind).vocabulary()
            from core.imports import rules

            # What the template says is understood, whole.
            assert set(rules.guess(headings, of=of).columns) == set(of.labels())
    assert "牙科分类" in owner.get("/imports/template.csv?kind=items").data.decode("utf-8-sig")
    assert owner.get("/imports/template.csv?kind=none").status_code == 422


def test_items_go_through_the_wizard(installation, owner):
    batch = batch_of(upload(owner, "items", ITEMS))
    mapping = plain(owner.get(batch).text)
    assert "导入项目" in mapping
    assert "GB18030（自动识别）" in mapping
    assert "怎样认出已有的记录 1 · 编码相同" in mapping
    assert "会员级别" not in mapping
    assert owner.post(f"{batch}/mapping", form_of(owner.get(batch).text)).status_code == 303
    runner.settle()
    checked = plain(owner.get(batch).text)
    assert "新增 2 行" in checked
    assert "错误 1 行" in checked
    assert "看不懂这个价格" in checked
    assert "执行导入 2 个项目" in checked
    assert "¥128.50" in checked
    owner.post(f"{batch}/run")
    runner.settle()
    result = plain(owner.get(batch).text)
    assert "新增 2 行" in result
    assert "之后卖过或改过的项目会保留" in result
    assert "老系统.csv 项目" in plain(owner.get("/imports/?f.kind=items").text)
    assert "老系统.csv" not in plain(owner.get("/imports/?f.kind=staff").text)
    preview = plain(owner.get(f"{batch}/undo").text)
    assert "删去的新项目 2 个" in preview
    owner.post(f"{batch}/undo")
    runner.settle()
    assert "删去了 2 个新项目" in plain(owner.get(batch).text)
    with acting(owner.actor), installation.unit("read") as session:
        assert session.scalar(select(Item.id).where(Item.code == "N-1")) is None


def test_one_time_passwords_are_downloaded_once_and_never_shown_on_a_page(installation, owner):
    batch = to_result(owner, "staff", STAFF)
    page = owner.get(batch).text
    assert "2 位新员工的一次性密码" in plain(page)
    answer = owner.post(f"{batch}/passwords.csv")
    assert answer.headers["Cache-Control"] == "no-store"
    lines = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [line[0] for line in lines] == ["工号", "201", "202"]
    assert lines[1][3] not in page
    with acting(owner.actor), installation.unit("read") as session:
        staff = session.scalar(select(Staff).where(Staff.number == "201"))
        assert credentials.verify_password(staff.password_hash, lines[1][3])
    assert owner.post(f"{batch}/passwords.csv").status_code == 404
    assert "一次性密码" not in plain(owner.get(batch).text)


def test_each_kind_asks_for_its_own_permission(installation, web, owner):
    manager = Desk(installation, web, installation.dental, "manager")
    page = manager.get("/imports/new").text
    assert re.findall(r'name="kind" value="(\w+)"', page) == ["people", "items", "cards"]
    assert upload(manager, "staff", STAFF).status_code == 403
    assert manager.get("/imports/template.csv?kind=staff").status_code == 403
    batch = batch_of(upload(owner, "staff", STAFF))
    assert manager.get(batch).status_code == 403
    for act in ("mapping", "run", "discard", "undo", "passwords.csv"):
        assert manager.post(f"{batch}/{act}").status_code == 403, act
    assert manager.get(f"{batch}/errors.csv").status_code == 403
    with acting(owner.actor), installation.unit() as session:
        roles.save(session, roles.version_of(session), [Change("manager", "imports.cards", False)], approvals.pairs())
    assert "cards" not in re.findall(r'name="kind" value="(\w+)"', manager.get("/imports/new").text)


def test_a_foreign_franchises_batch_is_not_there(installation, web, owner):
    other = Desk(installation, web, installation.pharmacy, "owner")
    batch = to_result(owner, "staff", STAFF)
    assert other.get(batch).status_code == 404
    assert other.post(f"{batch}/passwords.csv").status_code == 404
    assert other.post(f"{batch}/undo").status_code == 404
    # The same codes elsewhere are another franchise's own.
    with acting(other.actor), installation.unit("read") as session:
        assert session.scalar(select(Staff.id).where(Staff.number == "201")) is None


def test_the_number_and_code_of_another_franchise_are_free_here(installation):
    rows = [["N-1", "甲", "服务", "10"]]
    for house in (installation.dental, installation.pharmacy):
        batch, told = Bureau(installation, house, "items").take(("编码", "名称", "类型", "价格"), *rows)
        assert told == {"created": 1}, batch


def test_an_unknown_kind_is_refused_in_words(owner):
    answer = upload(owner, "coupons", ITEMS)
    assert answer.status_code == 422
    assert "请选择要导入什么" in answer.text


# -- the command -----------------------------------------------------------------------------------


def call(office, kind, file, *arguments):
    told = CliRunner().invoke(
        import_group, [kind, str(file), "--franchise", str(office.house.franchise_id), *arguments]
    )
    assert told.exception is None or isinstance(told.exception, SystemExit), told.exception
    return told


def test_the_command_imports_items_with_the_attributes_of_plugins(installation, tmp_path):
    office = Bureau(installation, installation.dental, "items")
    path = tmp_path / "items.csv"
    path.write_bytes(ITEMS)
    dry = call(office, "items", path, "--dry-run", "--json")
    assert dry.exit_code == 1
    numbers = json.loads(dry.stdout)
    assert list(numbers) == KEYS
    assert (numbers["batch"], numbers["created"], numbers["failed"]) == (None, 2, 1)
    real = json.loads(call(office, "items", path, "--json").stdout)
    assert real["batch"].isdigit()
    assert {k: real[k] for k in KEYS[1:]} == {k: numbers[k] for k in KEYS[1:]}
    with open(real["error_file"], encoding="utf-8-sig", newline="") as lines:
        found = list(csv.DictReader(lines))
    assert [(line["原行号"], line["有问题的列"]) for line in found] == [("3", "价格")]
    with acting(office.actor), office.unit() as session:
        item = session.scalar(select(Item).where(Item.code == "N-1"))
        assert json.loads(item.attributes) == {"dental.category": "periodontics"}
    again = json.loads(call(office, "items", path, "--json").stdout)
    assert (again["unchanged"], again["created"]) == (2, 0)
    assert call(office, "items", path, "--control-total", "9").exit_code == 1


def test_the_command_writes_one_time_passwords_for_its_owner_alone(installation, tmp_path):
    office = Bureau(installation, installation.dental, "staff")
    path, mapping = tmp_path / "staff.csv", tmp_path / "map.yaml"
    path.write_bytes("人员,叫什么,岗位\n201,王前台,前台\n202,周老板,加盟主\n".encode())
    mapping.write_text("columns: {number: 人员, name: 叫什么}\n", encoding="utf-8")
    told = json.loads(call(office, "staff", path, "--mapping", str(mapping), "--json").stdout)
    assert (told["created"], told["failed"]) == (2, 0)
    assert list(told) == [*KEYS, "passwords_file"]
    assert os.stat(told["passwords_file"]).st_mode & 0o777 == 0o600
    with open(told["passwords_file"], encoding="utf-8-sig", newline="") as lines:
        found = {line["工号"]: line for line in csv.DictReader(lines)}
    with acting(office.actor), office.unit() as session:
        staff = session.scalar(select(Staff).where(Staff.number == "202"))
        assert credentials.verify_password(staff.password_hash, found["202"]["一次性密码"])
        # Commands may give every role, as `staff add` does.
        assert roles.pairs_of(session, staff.id) == [("owner", None)]
    again = json.loads(call(office, "staff", path, "--mapping", str(mapping), "--json").stdout)
    assert again["unchanged"] == 2
    assert "passwords_file" not in again


def test_the_command_imports_cards(installation, tmp_path):
    office = Bureau(installation, installation.dental, "cards")
    with acting(office.actor):
        installation.enrol("会员", "13800000001")
    path = tmp_path / "cards.xlsx"
    path.write_bytes(lists.as_xlsx([["OLD-1", "家庭卡", "13800000001"]], ("卡号", "卡种", "持卡人")))
    assert json.loads(call(office, "cards", path, "--json").stdout)["created"] == 1
    assert json.loads(call(office, "cards", path, "--dry-run", "--json").stdout)["unchanged"] == 1
