"""Backup and restore: a consistent copy, sealed to the master key and to the recovery code (C23, C62).

The sealed files of the data directory (photos) come along: database first, so that every row of it finds its file.

A file is `HUIKEBK1`, a JSON head of known length (dialect, revisions, the file key wrapped by the master
key, the master key wrapped by the recovery code), then sealed chunks. SQLite goes through its online
backup, PostgreSQL through COPY of every table in one repeatable-read snapshot, franchise by franchise,
so that row-level security holds for the backup too.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import secrets
import shutil
import struct
import tarfile
import tempfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import inspect, text

from core.kernel import files, keys, schema, triggers
from core.kernel.db import Base, FranchiseOwned, sqlite_module

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from core.kernel.runtime import Runtime

MAGIC = b"HUIKEBK1"
CHUNK = 1 << 20
# "" (backups made before there were files): the database alone; "tar": a tar of `database` and `files/…`.
LAYOUT = "tar"


class BackupError(schema.SchemaError):
    """A backup cannot be made or restored; the message says why and nothing was changed."""


def backup(runtime: Runtime, target: Path, recovery_wrapped: str | None) -> int:
    """Write a sealed backup to `target` and return its size in bytes."""
    file_key = secrets.token_bytes(32)
    parts = schema.components(runtime.host)
    head = {
        "dialect": runtime.db.dialect,
        "revisions": {s.key: s.current for s in schema.status(runtime.db.engine, parts)},
        "file_key": keys.wrap(keys.ring().master, file_key, "backup").hex(),
        "recovery": recovery_wrapped,
        "layout": LAYOUT,
    }
    with tempfile.TemporaryDirectory(dir=target.resolve().parent) as folder:
        os.chmod(folder, 0o700)
        plain = Path(folder) / "plain"
        if runtime.db.dialect == "sqlite":
            _copy_sqlite(runtime, plain)
        else:
            _copy_postgres(runtime, plain)
        plain = _with_files(runtime, plain)
        sealed = Path(folder) / "sealed"
        with sealed.open("wb") as out:
            _seal_file(plain, out, head, file_key)
        os.chmod(sealed, 0o600)
        os.replace(sealed, target)
    return target.stat().st_size


def _copy_sqlite(runtime: Runtime, plain: Path) -> None:
    source = runtime.db.engine.raw_connection()
    copy = sqlite_module().connect(str(plain))
    try:
        source.driver_connection.backup(copy)  # type: ignore[union-attr]
    finally:
        copy.close()
        source.close()


def _with_files(runtime: Runtime, database: Path) -> Path:
    """Return a tar of the database's copy and every sealed file; the copy alone is gone afterwards."""
    whole = database.with_name("whole")
    with tarfile.open(whole, "w") as tar:
        tar.add(database, "database")
        for name, path in files.Files(runtime.environment.data_dir).all_paths():
            with contextlib.suppress(FileNotFoundError):  # swept away meanwhile
                tar.add(path, f"files/{name}")
    database.unlink()
    return whole


def _take_apart(runtime: Runtime, whole: Path) -> Path:
    """Put a backup's files back and return the copy of its database."""
    database, store = whole.with_name("database"), files.Files(runtime.environment.data_dir)
    with tarfile.open(whole) as tar:
        for member in tar:
            source = tar.extractfile(member)
            if source is None:
                continue
            if member.name == "database":
                with database.open("wb") as out:
                    shutil.copyfileobj(source, out, CHUNK)
            else:
                store.put_back(member.name.removeprefix("files/"), source.read())
    return database


def _tables(runtime: Runtime) -> list[Any]:
    known = schema.table_names(runtime.host)
    return [table for table in Base.metadata.sorted_tables if table.name in known]


def _owned_names() -> set[str]:
    return {
        m.local_table.name  # type: ignore[attr-defined]
        for m in Base.registry.mappers
        if issubclass(m.class_, FranchiseOwned)
    }


def _copy_postgres(runtime: Runtime, plain: Path) -> None:
    owned = _owned_names()
    with runtime.db.engine.connect() as connection, tarfile.open(plain, "w") as tar:
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
        present = set(inspect(connection).get_table_names())
        franchises = [row[0] for row in connection.execute(text("SELECT id FROM franchise ORDER BY id"))]
        cursor = connection.connection.driver_connection.cursor()  # type: ignore[union-attr]
        for table in _tables(runtime):
            if table.name not in present:
                continue
            columns = ", ".join(f'"{c.name}"' for c in table.columns)
            for franchise in franchises if table.name in owned else [None]:
                if franchise is not None:
                    cursor.execute("SELECT set_config('app.franchise', %s, true)", [str(franchise)])
                buffer = io.BytesIO()
                with cursor.copy(f'COPY (SELECT {columns} FROM "{table.name}") TO STDOUT') as rows:  # noqa: S608
                    for data in rows:
                        buffer.write(bytes(data))
                info = tarfile.TarInfo(f"{table.name}/{franchise or 0}")
                info.size = buffer.tell()
                buffer.seek(0)
                tar.addfile(info, buffer)


def _seal_file(plain: Path, out: Any, head: dict[str, Any], file_key: bytes) -> None:
    head_bytes = json.dumps(head, sort_keys=True).encode()
    out.write(MAGIC + struct.pack(">I", len(head_bytes)) + head_bytes)
    cipher, n = AESGCM(file_key), 0
    packer = zlib.compressobj(6)
    with plain.open("rb") as source:
        for piece in _packed(source, packer):
            nonce = secrets.token_bytes(12)
            blob = cipher.encrypt(nonce, piece, _place(head_bytes, n, last=False))
            out.write(struct.pack(">I", len(blob)) + nonce + blob)
            n += 1
    nonce = secrets.token_bytes(12)
    blob = cipher.encrypt(nonce, b"", _place(head_bytes, n, last=True))
    out.write(struct.pack(">I", len(blob)) + nonce + blob)


def _packed(source: Any, packer: Any) -> Iterator[bytes]:
    while data := source.read(CHUNK):
        if piece := packer.compress(data):
            yield piece
    yield packer.flush()


def _place(head: bytes, n: int, *, last: bool) -> bytes:
    """Bind a chunk to its file and position, so that none can be moved, dropped or cut off."""
    return head + struct.pack(">Q?", n, last)


def read_head(source: Path) -> dict[str, Any]:
    """Return the head of a backup file; raise BackupError for another kind of file."""
    with source.open("rb") as file:
        return _read_head(file)[0]


def _read_head(file: Any) -> tuple[dict[str, Any], bytes]:
    if file.read(len(MAGIC)) != MAGIC:
        raise BackupError("this is not a Huike backup file")
    (size,) = struct.unpack(">I", file.read(4))
    head = file.read(size)
    return json.loads(head), head


def _open_file(source: Path, master: bytes, out: Path) -> dict[str, Any]:
    with source.open("rb") as file, out.open("wb") as plain:
        head, head_bytes = _read_head(file)
        cipher = AESGCM(keys.unwrap(master, bytes.fromhex(head["file_key"]), "backup"))
        unpacker, n, ended = zlib.decompressobj(), 0, False
        while size := file.read(4):
            nonce = file.read(12)
            blob = file.read(struct.unpack(">I", size)[0])
            piece, ended = _open_chunk(cipher, nonce, blob, head_bytes, n)
            if ended:
                break
            plain.write(unpacker.decompress(piece))
            n += 1
        if not ended:
            raise BackupError("the backup file is cut off")
        plain.write(unpacker.flush())
    return head


def _open_chunk(cipher: AESGCM, nonce: bytes, blob: bytes, head: bytes, n: int) -> tuple[bytes, bool]:
    for last in (False, True):
        try:
            return cipher.decrypt(nonce, blob, _place(head, n, last=last)), last
        except InvalidTag:
            continue
    raise BackupError("the backup file was altered")


def restore(runtime: Runtime, source: Path, master: bytes) -> None:
    """Restore a backup into an empty database; raise BackupError for a target that holds anything."""
    with tempfile.TemporaryDirectory(dir=runtime.environment.data_dir) as folder:
        os.chmod(folder, 0o700)
        plain = Path(folder) / "plain"
        head = _open_file(source, master, plain)
        if head["dialect"] != runtime.db.dialect:
            raise BackupError(f"this backup is of {head['dialect']}, the target is {runtime.db.dialect}")
        if inspect(runtime.db.engine).get_table_names():
            raise BackupError("the target database is not empty")
        if head.get("layout") == LAYOUT:
            plain = _take_apart(runtime, plain)
        if runtime.db.dialect == "sqlite":
            _restore_sqlite(runtime, plain)
        else:
            _restore_postgres(runtime, plain)


def _restore_sqlite(runtime: Runtime, plain: Path) -> None:
    copy = sqlite_module().connect(str(plain))
    target = runtime.db.engine.raw_connection()
    try:
        copy.backup(target.driver_connection)
    finally:
        target.close()
        copy.close()


def _restore_postgres(runtime: Runtime, plain: Path) -> None:
    schema.upgrade(runtime.db.engine, schema.components(runtime.host))
    with runtime.db.engine.begin() as connection, tarfile.open(plain) as tar:
        triggers.relax(connection)
        cursor = connection.connection.driver_connection.cursor()  # type: ignore[union-attr]
        for table, data in _members(tar, _tables(runtime)):
            columns = ", ".join(f'"{c.name}"' for c in table.columns)
            with cursor.copy(f'COPY "{table.name}" ({columns}) FROM STDIN') as rows:
                rows.write(data)
        triggers.enforce(connection)


def _members(tar: tarfile.TarFile, tables: list[Any]) -> Iterable[tuple[Any, bytes]]:
    by_name = {table.name: table for table in tables}
    for member in tar:
        name = member.name.split("/")[0]
        file = tar.extractfile(member)
        if name in by_name and file is not None and member.size:
            yield by_name[name], file.read()
