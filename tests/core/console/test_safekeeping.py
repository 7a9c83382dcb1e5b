"""Stolen files say nothing, tampering shows, keys rotate, backups come back (acceptance 8; C20–C25, C62)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from core.console import doctor, founding, verification
from core.console.jobs import seal_audit
from core.kernel import backup, keys, rotation, schema
from core.kernel import runtime as runtimes
from core.kernel.command import every_franchise
from core.kernel.tenancy import acting
from core.orders.types import LineRequest
from core.people import services as people
from core.people.models import Person
from tests import installation as houses

CANARIES = {
    "phone": "13912345678", "address": "金丝雀路七号", "note": "怕针金丝雀", "email": "canary@example.com",
}  # fmt: skip


@pytest.fixture
def kept(installation):
    """A dental franchise with a member full of canaries and a visit."""
    with acting(installation.actor(installation.dental)):
        installation.member = installation.enrol("金丝雀", **CANARIES)
        sold = installation.sell(installation.member, LineRequest("CLEAN"))
        installation.refund(sold.order_no, {1: 1}, "退款原因金丝雀")
        yield installation


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def clear_words() -> list[bytes]:
    words = [*CANARIES.values(), "退款原因金丝雀", CANARIES["phone"][-8:], "5678"]
    return [word.encode() for word in words]


def found_in(data: bytes) -> list[str]:
    return [word.decode() for word in clear_words()[:-1] if word in data]


def differences(house) -> list[str]:
    return [r.name.split("@")[0] for r in verification.verify(house.runtime, freeze=False) if r.difference]


def raw(house, *statements: str) -> None:
    """Change the database behind the product's back."""
    with house.runtime.db.engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_a_stolen_data_directory_says_nothing(kept):
    assert found_in(bytes_of(kept.folder / "var")) == []


def test_the_control_finds_what_is_written_in_clear(kept):
    (kept.folder / "var" / "leak").write_text(CANARIES["phone"])
    assert found_in(bytes_of(kept.folder / "var")) != []


def test_a_stolen_backup_says_nothing_and_comes_back_whole(kept, tmp_path, monkeypatch):
    with kept.unit("read") as session:
        wrapped = session.execute(text("SELECT value FROM installation")).scalar()
    file = tmp_path / "b.huike"
    backup.backup(kept.runtime, file, wrapped)
    assert found_in(file.read_bytes()) == []
    assert file.stat().st_mode & 0o077 == 0
    master = keys.ring().master
    target = runtimes.Runtime(houses.environment(tmp_path / "new"), None, kept.runtime.host)
    restored = open_empty(tmp_path / "new", kept)
    backup.restore(restored, file, master)
    keys.write_master(restored.environment.key_file, master)
    restored.load_keys()
    assert [r for r in verification.verify(restored, freeze=False) if r.difference] == []
    with restored.db.unit("read") as session:
        assert session.get(Person, kept.member).phone == CANARIES["phone"]
    with pytest.raises(backup.BackupError):
        backup.restore(restored, file, master)
    restored.db.dispose()
    assert target.environment.data_dir


def open_empty(folder: Path, kept):
    from core.kernel.db import Database

    environment = houses.environment(folder)
    environment.data_dir.mkdir(parents=True)
    return runtimes.Runtime(environment, Database(environment.database_url), kept.runtime.host)


def test_the_recovery_code_alone_opens_a_backup(tmp_path):
    from core import rooms

    runtime = rooms.start(houses.environment(tmp_path / "old"))
    code = founding.prepare(runtime)
    assert code
    founding.found(runtime, chain="c", name="n", owner="o@x.cn", store="s", verticals=["dental"])
    with runtime.db.unit("read") as session:
        wrapped = session.execute(text("SELECT value FROM installation")).scalar()
    file = tmp_path / "b.huike"
    backup.backup(runtime, file, wrapped)
    runtime.db.dispose()
    head = backup.read_head(file)
    with pytest.raises(keys.KeyError_):
        keys.unwrap(founding.recovery_key("AAAAA-AAAAA"), bytes.fromhex(head["recovery"]), "recovery")
    master = keys.unwrap(founding.recovery_key(code.lower()), bytes.fromhex(head["recovery"]), "recovery")
    fresh = rooms.start(houses.environment(tmp_path / "new"))
    backup.restore(fresh, file, master)
    keys.write_master(fresh.environment.key_file, master)
    fresh.load_keys()
    assert [r for r in verification.verify(fresh, freeze=False) if r.difference] == []
    fresh.db.dispose()


@pytest.mark.parametrize("damage", ["flip", "cut", "swap_head"])
def test_a_damaged_backup_is_refused_and_nothing_written(kept, tmp_path, damage):
    file = tmp_path / "b.huike"
    backup.backup(kept.runtime, file, None)
    data = bytearray(file.read_bytes())
    if damage == "flip":
        data[len(data) // 2] ^= 1
    elif damage == "cut":
        data = data[:-40]
    else:
        data[20] ^= 1
    file.write_bytes(bytes(data))
    restored = open_empty(tmp_path / "new", kept)
    with pytest.raises((backup.BackupError, keys.KeyError_, ValueError, KeyError)):
        backup.restore(restored, file, keys.ring().master)
    with restored.db.unit("read") as session:
        tables = session.execute(text("SELECT COUNT(*) FROM sqlite_master WHERE type = 'table'")).scalar()
    assert tables == 0
    restored.db.dispose()


@pytest.mark.postgres
def test_backup_and_restore_on_postgres(pg_installation, pg_template, tmp_path):
    server, _folder, _made = pg_template
    house = pg_installation
    with acting(house.actor(house.dental)):
        house.member = house.enrol("金丝雀", **CANARIES)
        house.sell(house.member, LineRequest("CLEAN"))
    file = tmp_path / "b.huike"
    backup.backup(house.runtime, file, None)
    assert found_in(file.read_bytes()) == []
    from core.kernel.db import Database

    url = server.make_database("restored")
    restored = runtimes.Runtime(houses.environment(tmp_path / "new", url), Database(url), house.runtime.host)
    restored.environment.data_dir.mkdir(parents=True)
    backup.restore(restored, file, keys.ring().master)
    assert [r for r in verification.verify(restored, freeze=False) if r.difference] == []
    with acting(house.actor(house.dental)), restored.db.unit("read") as session:
        assert session.get(Person, house.member).phone == CANARIES["phone"]
    restored.db.dispose()


def test_a_flipped_audit_row_a_cut_tail_and_a_dropped_trigger_are_reported(kept, tmp_path):
    anchor = tmp_path / "anchor"
    object.__setattr__(kept.runtime.environment, "audit_anchor", str(anchor))
    actor = kept.actor(kept.dental)
    seal_audit(kept.runtime, actor)
    assert differences(kept) == []
    raw(kept, "DROP TRIGGER audit_entry_frozen")
    assert "schema.triggers" in differences(kept)
    assert "schema.triggers" in [f.code for f in doctor.examine(kept.runtime) if f.fatal]
    raw(kept, "UPDATE audit_entry SET action = 'orders.order.nothing' WHERE action = 'orders.order.refunded'")
    assert "audit.chain" in differences(kept)
    raw(kept, "UPDATE audit_entry SET action = 'orders.order.refunded' WHERE action = 'orders.order.nothing'")
    assert "audit.chain" not in differences(kept)
    raw(
        kept,
        "DROP TRIGGER audit_block_no_delete", "DROP TRIGGER audit_link_no_delete",
        "DROP TRIGGER audit_entry_no_delete",
        f"DELETE FROM audit_entry WHERE franchise_id = {actor.franchise_id}",
        f"DELETE FROM audit_link WHERE franchise_id = {actor.franchise_id}",
        f"DELETE FROM audit_block WHERE franchise_id = {actor.franchise_id}",
    )  # fmt: skip
    heads = verification.read_anchor(anchor)
    found = [r.name.split("@")[0] for r in verification.verify(kept.runtime, anchor, freeze=False) if r.difference]
    assert heads
    assert "audit.anchor" in found
    schema.upgrade(kept.runtime.db.engine, schema.components(kept.runtime.host))
    assert "schema.triggers" not in differences(kept)


def test_a_broken_balance_freezes_the_franchise_until_resumed(kept):
    raw(kept, "UPDATE account SET balance = balance + 1 WHERE owner_kind = 'person' AND unit = 'points'")
    results = [r for r in verification.verify(kept.runtime) if r.difference]
    assert "ledger.balance_is_lots_minus_debt" in results[0].name
    from core.kernel.errors import Refusal

    with pytest.raises(Refusal) as refusal:
        kept.sell(kept.member, "CHECK")
    assert refusal.value.code == "frozen"
    kept.sell(None, "CHECK")


def test_swapped_ciphertexts_do_not_open(kept):
    other = kept.enrol("另一人", phone="13800001111", address="别处")
    raw(
        kept,
        f"UPDATE person SET address_sealed = (SELECT address_sealed FROM person WHERE id = {kept.member})"
        f" WHERE id = {other}",
    )
    with kept.unit("read") as session, pytest.raises(keys.CannotOpen):
        _ = people.get(session, other).address


def test_rotation_reseals_everything_and_look_ups_work(kept):
    with kept.unit("read") as session:
        before = bytes(session.get(Person, kept.member).phone_blind)
    rotation.rotate(kept.runtime, every_franchise(kept.runtime.db), [people.rekey_tokens], settle_seconds=0)
    with kept.unit("read") as session:
        person = session.get(Person, kept.member)
        assert person.phone == CANARIES["phone"]
        assert bytes(person.phone_blind) != before
        assert keys.ring().number_of(person.phone_sealed) == 2
        assert [p.id for p in people.find(session, CANARIES["phone"])] == [kept.member]
        assert [p.id for p in people.find(session, "jsq5678")] == [kept.member]
        old = session.execute(text("SELECT COUNT(*) FROM audit_entry WHERE detail_sealed IS NOT NULL")).scalar()
    assert old
    assert differences(kept) == []


KILLED = """
import sys
from core import rooms
from core.kernel import rotation
from core.kernel.command import every_franchise
from core.people.services import rekey_tokens
rotation.BATCH = 3
runtime = rooms.start(); runtime.load_keys(); print("go", flush=True)
rotation.rotate(runtime, every_franchise(runtime.db), [rekey_tokens], 0)
print("done", flush=True)
"""


def test_a_killed_rotation_goes_on_where_it_was(kept):
    for n in range(30):
        kept.enrol(f"某人{n}", phone=f"138000{n:05d}")
    env = {
        **os.environ, "HUIKE_DATA_DIR": str(kept.folder / "var"),
        "HUIKE_KEY_FILE": str(kept.folder / "keys" / "master.key"),
        "PYTHONPATH": str(Path(__file__).resolve().parents[3]),
    }  # fmt: skip
    for delay in (0.02, 0.05, 0.09):
        with subprocess.Popen([sys.executable, "-c", KILLED], env=env, stdout=subprocess.PIPE) as process:
            assert process.stdout.readline() == b"go\n"
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)
    kept.runtime.load_keys()
    with kept.unit("read") as session:
        assert [p.id for p in people.find(session, CANARIES["phone"])] == [kept.member]
    rotation.rotate(kept.runtime, every_franchise(kept.runtime.db), [people.rekey_tokens], settle_seconds=0)
    with kept.unit("read") as session:
        states = session.execute(text("SELECT state, COUNT(*) FROM data_key GROUP BY state")).all()
        person = session.get(Person, kept.member)
        assert keys.ring().number_of(person.phone_sealed) == keys.ring().active
        assert person.phone == CANARIES["phone"]
        assert [p.id for p in people.find(session, "jsq5678")] == [kept.member]
    assert dict(states)["active"] == 1
    assert differences(kept) == []
