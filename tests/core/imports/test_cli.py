"""`import people FILE`: the spellings, exit codes and files that scripts rely on."""

from __future__ import annotations

import csv
import json
import os

import pytest
from click.testing import CliRunner

from core.imports.cli import import_group
from tests.core.imports import lists
from tests.core.imports.kit import row

KEYS = ["batch", "rows", "created", "updated", "unchanged", "duplicates", "failed", "error_file"]


def call(office, file, *arguments):
    told = CliRunner().invoke(
        import_group, ["people", str(file), "--franchise", str(office.house.franchise_id), *arguments]
    )
    assert told.exception is None or isinstance(told.exception, SystemExit), told.exception
    return told


@pytest.fixture
def file(tmp_path):
    rows, _want = lists.members(600)
    path = tmp_path / "members.csv"
    path.write_bytes(lists.as_csv(rows))
    return path


def test_the_dry_run_gives_the_numbers_of_the_run_and_no_batch(office, file):
    _rows, want = lists.members(600)
    dry = call(office, file, "--dry-run", "--json")
    assert dry.exit_code == 1
    numbers = json.loads(dry.stdout)
    assert list(numbers) == KEYS
    assert numbers["batch"] is None
    assert office.members() == 0
    real = json.loads(call(office, file, "--json").stdout)
    assert real["batch"].isdigit()
    assert {k: real[k] for k in KEYS[1:]} == {k: numbers[k] for k in KEYS[1:]}
    assert (real["created"], real["duplicates"], real["failed"]) == (want["created"], want["duplicate"], want["failed"])
    assert office.members() == want["created"]


def test_the_error_file_lies_beside_the_list_for_its_owner_alone(office, file):
    told = call(office, file, "--json")
    path = json.loads(told.stdout)["error_file"]
    assert path == str(file.with_name("members.errors.csv"))
    assert os.stat(path).st_mode & 0o777 == 0o600
    with open(path, encoding="utf-8-sig", newline="") as lines:
        found = list(csv.DictReader(lines))
    assert len(found) == 600 // 100 * 5
    assert all(line["原行号"] and line["有问题的列"] and line["原因"] and line["怎么改"] for line in found)
    assert "错误文件" in told.stderr
    assert len(told.stderr.strip().splitlines()) == 1


def test_a_clean_list_exits_0_and_has_no_error_file(office, tmp_path):
    path = tmp_path / "good.xlsx"
    path.write_bytes(lists.as_xlsx([row(name="王小明", phone="13800000001")]))
    told = call(office, path, "--json", "--control-total", "1")
    assert told.exit_code == 0
    assert json.loads(told.stdout)["error_file"] is None
    assert json.loads(call(office, path, "--json").stdout)["unchanged"] == 1


def test_a_wrong_control_total_imports_nothing(office, file):
    told = call(office, file, "--control-total", "601")
    assert told.exit_code == 1
    assert "控制总数不符" in told.stderr
    assert office.members() == 0


def test_a_mapping_file_names_columns_and_values(office, tmp_path):
    path, mapping = tmp_path / "a.csv", tmp_path / "m.yaml"
    path.write_bytes("客户,电话,档次\n王小明,13800000001,A 类\n".encode())
    mapping.write_text("columns: {name: 客户, tier: 档次}\ntiers: {A 类: gold}\n", encoding="utf-8")
    assert json.loads(call(office, path, "--mapping", str(mapping), "--json").stdout)["created"] == 1
    assert (office.find("王小明").tier_code, office.find("王小明").phone) == ("gold", "13800000001")
    mapping.write_text('{"columns": {"points": "档次"}}', encoding="utf-8")
    assert call(office, path, "--mapping", str(mapping)).exit_code == 1
    mapping.write_text("just words", encoding="utf-8")
    assert call(office, path, "--mapping", str(mapping)).exit_code == 2


def test_wrong_use_and_unreadable_files_are_one_line(office, tmp_path):
    assert CliRunner().invoke(import_group, ["people", str(tmp_path / "none.csv"), "--franchise", "1"]).exit_code == 2
    path = tmp_path / "b.csv"
    path.write_bytes(b"")
    told = call(office, path)
    assert (told.exit_code, len(told.stderr.strip().splitlines())) == (1, 1)
    assert CliRunner().invoke(import_group, ["people", str(path), "--franchise", "no"]).exit_code == 2
