"""The commands of contract.md section 2: what they print, what they change, how they exit."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from app import create_app
from core.console import doctor
from core.kernel import runtime as runtimes
from core.kernel.tenancy import acting

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def run(installation):
    """Run a command in this process; return its outcome."""
    runner = create_app(installation.runtime).test_cli_runner()

    def invoke(*arguments, code=0):
        outcome = runner.invoke(args=[str(part) for part in arguments])
        assert outcome.exit_code == code, outcome.output
        return outcome

    return invoke


def flask(folder: Path, *arguments: str, code: int = 0, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command as an operator would, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", *arguments], cwd=ROOT, text=True, capture_output=True,
        env={**os.environ, "HUIKE_DATA_DIR": str(folder / "var"), "HUIKE_KEY_FILE": str(folder / "keys" / "k"),
             "PYTHONPATH": str(ROOT), **env}, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def test_an_installation_from_nothing_to_a_restored_backup(tmp_path):
    told = json.loads(
        flask(tmp_path / "a", "init", "--franchise", "我的口腔", "--owner", "o@example.com", "--preset", "dental",
              "--json").stdout
    )  # fmt: skip
    assert set(told) == {"franchise_id", "franchise_code", "store_id", "owner", "password", "recovery_code"}
    second = json.loads(
        flask(tmp_path / "a", "init", "--franchise", "另一家", "--owner", "p@example.com", "--json").stdout
    )
    assert "recovery_code" not in second
    assert (tmp_path / "a" / "keys" / "k").stat().st_mode & 0o077 == 0
    report = json.loads(flask(tmp_path / "a", "verify", "--json").stdout)
    assert report["ok"]
    assert all(set(check) == {"name", "ok"} for check in report["checks"])
    backup = tmp_path / "b.huike"
    flask(tmp_path / "a", "backup", str(backup))
    code = tmp_path / "code.txt"
    code.write_text(told["recovery_code"] + "\n")
    flask(tmp_path / "c", "restore", str(backup), "--recovery-code-file", str(code))
    assert json.loads(flask(tmp_path / "c", "verify", "--json").stdout)["ok"]
    assert "not empty" in flask(tmp_path / "c", "restore", str(backup), code=1).stderr


def test_wrong_use_is_one_line_and_exit_two(tmp_path):
    done = flask(tmp_path, "init", "--franchise", "我的口腔", "--owner", "o@example.com", "--preset", "nothing", code=1)
    assert "nothing" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert flask(tmp_path, "init", code=2).returncode == 2


def test_staff_and_token(run, installation):
    house = installation.dental
    told = json.loads(
        run("staff", "add", "--franchise", house.franchise_id, "--store", house.store_id, "--number", "900",
            "--name", "新前台", "--role", "front_desk", "--pin", "135791", "--json").output
    )  # fmt: skip
    assert set(told) == {"staff_id", "number", "login", "password"}
    assert told["login"] == f"{house.code}-900"
    run("staff", "add", "--franchise", house.franchise_id, "--store", house.store_id, "--number", "901",
        "--name", "x", "--role", "king", code=1)  # fmt: skip
    token = json.loads(
        run("token", "create", "--franchise", house.franchise_id, "--store", house.store_id, "--scopes",
            "members,orders", "--json").output
    )  # fmt: skip
    assert token["token"].startswith("hk_")
    run("token", "create", "--franchise", house.franchise_id, "--store", house.store_id, "--scopes", "all", code=1)
    run("token", "create", "--franchise", "12345", "--store", house.store_id, "--scopes", "orders", code=2)


def test_plugins_are_switched_by_command(run, installation):
    fid = installation.pharmacy.franchise_id
    assert "dental\t" in run("plugin", "list", "--franchise", fid).output
    run("plugin", "enable", "--franchise", fid, "dental")
    assert "dental" in [line.split("\t")[0] for line in run("plugin", "list", "--franchise", fid).output.splitlines()
                        if "\ton\t" in line]  # fmt: skip
    run("plugin", "disable", "--franchise", fid, "dental")
    run("plugin", "withdraw", "--chain", "测试连锁", "physio")
    run("plugin", "enable", "--franchise", fid, "physio", code=1)


def test_programme_export_import_export_is_identical(run, installation, tmp_path):
    fid, other = installation.dental.franchise_id, installation.pharmacy.franchise_id
    first, second = tmp_path / "a.yaml", tmp_path / "b.yaml"
    run("programme", "export", "--franchise", fid, first)
    assert yaml.safe_load(first.read_text())["programme"] == "dental"
    run("programme", "diff", "--franchise", fid, first)
    run("programme", "diff", "--franchise", other, first, code=1)
    run("programme", "import", "--franchise", other, first)
    run("programme", "export", "--franchise", other, second)
    assert first.read_bytes() == second.read_bytes()
    assert "dental\t" in run("programme", "presets").output
    broken = tmp_path / "c.yaml"
    broken.write_text(first.read_text().replace("pay_bp: 8000", "pay_bp: -1"))
    assert "pay_bp" in run("programme", "publish", "--franchise", fid, broken, code=1).output


def test_jobs_by_name_and_due(run, installation):
    with acting(installation.actor(installation.dental)):
        member = installation.enrol("王芳", "13800001234")
        installation.sell(member, "CLEAN")
    told = json.loads(run("jobs", "run", "seal_audit", "--json").output)
    assert told["name"] == "seal_audit"
    assert told["done"] > 0
    assert told["failed"] == 0
    assert json.loads(run("jobs", "run", "expire_points", "--json").output)["done"] == 0
    assert set(json.loads(run("jobs", "run", "--due", "--json").output)) >= {"outbox", "tier_review"}
    handed = json.loads(run("jobs", "run", "handoffs", "--json").output)  # a plugin's job under the contract's name
    assert (handed["name"], handed["done"], handed["failed"]) == ("handoffs", 0, 0)
    run("jobs", "run", "nothing", code=2)


def test_verify_names_the_first_difference_freezes_and_resumes(run, installation):
    with acting(installation.actor(installation.dental)):
        member = installation.enrol("王芳", "13800001234")
        installation.sell(member, "CLEAN")
    with installation.runtime.db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE lot SET remaining = remaining - 1")
    outcome = run("verify", code=1)
    assert "ledger.balance_is_lots_minus_debt" in outcome.output
    assert "FATAL ledger.frozen" in run("doctor", code=1).output
    with installation.runtime.db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE lot SET remaining = remaining + 1")
    run("verify", "--resume", "查明是人为修改，已改回")
    run("verify")
    run("doctor")


def test_doctor_for_a_served_installation_wants_second_factors(run):
    assert "staff.totp" in run("doctor", "--deploy", code=1).output


@pytest.mark.parametrize(
    ("host", "hosts", "said"),
    [("0.0.0.0", "", True), ("::", " , ", True), ("0.0.0.0", "huike.example.com", False), ("127.0.0.1", "", False)],
)  # fmt: skip
def test_doctor_for_a_served_installation_wants_the_names_it_answers_to(installation, monkeypatch, host, hosts, said):
    monkeypatch.setenv("HUIKE_HOSTS", hosts)
    environment = dataclasses.replace(installation.runtime.environment, host=host)
    runtime = dataclasses.replace(installation.runtime, environment=environment)
    found = [one for one in doctor.examine(runtime, deploy=True) if one.code == "hosts.unset"]
    assert [one.fatal for one in found] == ([True] if said else [])
    assert all("HUIKE_HOSTS" in one.message for one in found)
    assert all(not one.fatal for one in doctor.examine(runtime) if one.code == "hosts.unset")


def test_keys_rotate_by_command(run, installation):
    with acting(installation.actor(installation.dental)):
        installation.enrol("王芳", "13800001234")
    run("keys", "rotate", "--settle-seconds", "0")
    run("verify")
    assert runtimes.runtime().keys_seen[-1] == (2, "active")
