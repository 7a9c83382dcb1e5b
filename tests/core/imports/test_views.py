"""The wizard's pages by test client: without scripts, with refusals, for those who may."""

from __future__ import annotations

import csv
import io
import re

import pytest
from sqlalchemy import select

from core.imports import readers, reports, runner
from core.kernel.models import AuditEntry
from core.kernel.tenancy import acting
from tests.core.desk.desk_kit import HX, Desk, plain, web_of
from tests.core.imports import lists
from tests.core.imports.kit import Office, row


@pytest.fixture
def web(installation):
    return web_of(installation)


@pytest.fixture
def owner(installation, web):
    """The owner of the pharmacy at a screen."""
    return Desk(installation, web, installation.pharmacy, "owner")


def upload(desk, data: bytes, name: str = "老系统.csv"):
    return desk.post("/imports/", {"file": (io.BytesIO(data), name)}, content_type="multipart/form-data")


def batch_of(answer) -> str:
    assert answer.status_code == 303, plain(answer.text)
    return re.search(r"/imports/(\d+)", answer.location).group(0)


def form_of(text: str) -> dict[str, str]:
    """Return what the mapping form would send as it stands."""
    found = dict(re.findall(r'<input type="hidden" name="((?:tier|gender)\.word\.\d+)" value="([^"]*)"', text))
    for name, options in re.findall(r'<select id="[^"]+" name="([^"]+)">(.*?)</select>', text, flags=re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = chosen.group(1) if chosen else ""
    return found


def to_dry_run(desk, data: bytes) -> str:
    batch = batch_of(upload(desk, data))
    page = desk.get(batch).text
    assert desk.post(f"{batch}/mapping", form_of(page)).status_code == 303
    runner.settle()
    return batch


def test_a_list_goes_through_the_wizard_without_scripts(installation, owner):
    rows, want = lists.members(700)
    assert "还没有导入过名单" in owner.get("/imports/").text
    assert "编码（GB18030、UTF-8、UTF-16、Big5）" in owner.get("/imports/new").text
    batch = batch_of(upload(owner, lists.as_csv(rows)))
    mapping = owner.get(batch).text
    assert "GB18030（自动识别）" in plain(mapping)
    assert "超级会员" in mapping
    assert "不认识，请选择" in mapping
    assert "138****" in mapping
    assert "13800000005" not in mapping
    assert owner.post(f"{batch}/mapping", form_of(mapping)).status_code == 303
    runner.settle()
    checked = plain(owner.get(batch).text)
    assert f"新增 {want['created']} 行" in checked
    assert f"错误 {want['failed']} 行" in checked
    assert f"重复 {want['duplicate']} 行" in checked
    assert "还没有写入任何内容" in checked
    office = Office(installation, installation.pharmacy)
    assert office.members() == 0
    assert owner.post(f"{batch}/run").status_code == 303
    runner.settle()
    result = plain(owner.get(batch).text)
    assert f"新增 {want['created']} 行" in result
    assert office.members() == want["created"]
    listed = plain(owner.get("/imports/").text)
    assert "老系统.csv" in listed
    assert f"新增 {want['created']}" in listed


def test_the_error_file_names_row_column_reason_and_way_out(owner):
    data = lists.as_csv([
        row(name="王小明", phone="12345", note="=cmd|' /C calc'!A0"), row(name="好人", phone="13800000001"),
        row(name="好人", phone="13800000001", address="@SUM(A1)"), row(name="孩子", birth="2020-01-01"),
    ], "utf-8")  # fmt: skip
    batch = to_dry_run(owner, data)
    text = owner.get(f"{batch}/errors.csv")
    assert text.data.startswith(b"\xef\xbb\xbf")
    assert "attachment" in text.headers["Content-Disposition"]
    lines = list(csv.DictReader(io.StringIO(text.data.decode("utf-8-sig"))))
    assert [line["原行号"] for line in lines] == ["2", "4", "5"]
    assert (lines[0]["有问题的列"], lines[0]["原因"]) == ("手机", "不是有效的电话号码")
    assert "11 位手机号" in lines[0]["怎么改"]
    assert lines[0]["备注"] == "'=cmd|' /C calc'!A0"
    assert lines[1]["地址"] == "'@SUM(A1)"
    assert "与第 3 行是同一个人" in lines[1]["原因"]
    assert lines[2]["有问题的列"] == "监护人手机"
    sheet = owner.get(f"{batch}/errors.xlsx").data
    assert readers.read(sheet).headings[:16] == lists.HEADINGS
    import zipfile

    with zipfile.ZipFile(io.BytesIO(sheet)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
    with acting(owner.actor), owner.installation.unit("read") as session:
        seen = session.scalars(select(AuditEntry.action).where(AuditEntry.action == "imports.errors.downloaded")).all()
    assert len(seen) == 2


def test_the_corrected_error_file_may_be_imported_as_it_is(owner, installation):
    data = lists.as_csv(
        [row(name="王小明", phone="12345", note="=1+1"), row(name="好人", phone="13800000001")], "utf-8"
    )
    batch = to_dry_run(owner, data)
    errors = owner.get(f"{batch}/errors.csv").data.decode("utf-8-sig").replace("12345", "13800000002")
    office = Office(installation, installation.pharmacy)
    assert office.take_in(errors.encode())["created"] == 1
    with acting(office.actor), office.unit() as session:
        from core.people import services as people

        assert people.find(session, "王小明")[0].note == "=1+1"


def test_every_formula_is_guarded():
    for cell in ("=1", "+1", "-1", "@A", "\t=1", "\r=1"):
        assert reports.guarded(cell) == "'" + cell
    assert reports.guarded("王小明") == "王小明"


def test_a_refused_file_says_why_and_keeps_the_page(owner):
    answer = upload(owner, b"PK\x03\x04 broken", "坏.xlsx")
    assert answer.status_code == 422
    assert "文件已损坏" in answer.text
    assert 'id="file"' in answer.text
    assert owner.post("/imports/", {}, content_type="multipart/form-data").status_code == 422
    token = re.search(r'name="csrf" content="([^"]+)"', owner.get("/imports/new").text).group(1)
    big = owner.client.post(
        "/imports/", data=b"x" * (21 * 1024 * 1024), content_type="multipart/form-data; boundary=x",
        headers={"X-CSRFToken": token},
    )  # fmt: skip
    assert big.status_code == 413


def test_a_wrong_mapping_keeps_what_was_chosen(owner):
    batch = batch_of(upload(owner, lists.as_csv([row(name="王小明", phone="13800000001")], "utf-8")))
    form = form_of(owner.get(batch).text) | {"column.name": "", "column.card": "手机"}
    answer = owner.post(f"{batch}/mapping", form)
    assert answer.status_code == 422
    assert "请指定哪一列是“姓名”" in answer.text
    assert "一列只能对应一个字段" in answer.text
    assert form_of(answer.text)["column.card"] == "手机"


def test_a_chosen_tier_value_is_kept_as_the_franchises_preset(owner, installation):
    data = lists.as_csv([row(name="王小明", phone="13800000001", tier="超级会员", gender="甲")], "utf-8")
    batch = batch_of(upload(owner, data))
    form = form_of(owner.get(batch).text) | {"tier.1": "silver", "gender.1": "-", "keep": "1"}
    assert owner.post(f"{batch}/mapping", form).status_code == 303
    runner.settle()
    assert "新增 1 行" in plain(owner.get(batch).text)
    second = form_of(owner.get(batch_of(upload(owner, data))).text)
    assert second["tier.1"] == "silver"


def test_progress_is_asked_for_and_leads_on_when_the_work_is_done(owner, installation):
    batch = to_dry_run(owner, lists.as_csv([row(name="王小明", phone="13800000001")], "utf-8"))
    answer = owner.get(f"{batch}/progress", headers=HX)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, batch)
    office = Office(installation, installation.pharmacy)
    office.start(int(batch.rsplit("/", 1)[1]))
    answer = owner.get(f"{batch}/progress", headers=HX)
    assert answer.status_code == 200
    assert 'hx-trigger="every 1s"' in answer.text
    assert "0 / 1" in plain(answer.text)
    assert "离开此页不会中断" in owner.get(batch).text


def test_pause_resume_cancel_and_undo_through_the_pages(owner, installation):
    office = Office(installation, installation.pharmacy)
    batch = to_dry_run(owner, lists.as_csv([row(name="王小明", phone="13800000001")], "utf-8"))
    office.start(int(batch.rsplit("/", 1)[1]))
    assert owner.post(f"{batch}/pause").status_code == 303
    assert "已暂停" in plain(owner.get(batch).text)
    assert owner.post(f"{batch}/pause").status_code == 409
    assert owner.post(f"{batch}/resume").status_code == 303
    runner.settle()
    assert office.members() == 1
    shown = plain(owner.get(f"{batch}/undo").text)
    assert "撤回的新会员 1 位" in shown
    assert owner.post(f"{batch}/undo").status_code == 303
    runner.settle()
    assert office.members() == 0
    result = plain(owner.get(batch).text)
    assert "已撤销" in result
    assert "撤回了 1 位新会员" in result
    assert owner.post(f"{batch}/undo").status_code == 409


def test_a_list_given_up_leaves_nothing(owner, installation):
    batch = to_dry_run(owner, lists.as_csv([row(name="王小明", phone="13800000001")], "utf-8"))
    assert owner.post(f"{batch}/discard").status_code == 303
    assert "没有导入任何会员" in owner.get("/imports/").text
    assert owner.post(f"{batch}/run").status_code == 409


@pytest.mark.parametrize("role", ["front_desk", "auditor", "clinician"])
def test_only_owner_and_manager_import(installation, web, role):
    desk = Desk(installation, web, installation.pharmacy, role)
    assert desk.get("/imports/").status_code == 403
    assert upload(desk, b"x").status_code == 403


def test_a_manager_may(installation, web):
    assert Desk(installation, web, installation.pharmacy, "manager").get("/imports/new").status_code == 200


def test_foreign_absent_and_malformed_batches_are_the_same(installation, web, owner):
    batch = to_dry_run(owner, lists.as_csv([row(name="王小明", phone="12345")], "utf-8"))
    other = Desk(installation, web, installation.dental, "owner")
    for path in (batch, "/imports/1", "/imports/abc"):
        for tail in ("", "/progress", "/undo", "/errors.csv"):
            assert other.get(path + tail).status_code == 404, path + tail
        for verb in ("mapping", "remap", "run", "pause", "resume", "undo", "discard"):
            assert other.post(f"{path}/{verb}").status_code == 404, verb
    assert "老系统" not in other.get("/imports/").text


def test_the_template_is_a_list_we_read(owner):
    answer = owner.get("/imports/template.csv")
    assert answer.status_code == 200
    headings = answer.data.decode("utf-8-sig").strip().split(",")
    assert headings[0] == "姓名"
    assert len(headings) == 16
