"""Files kept sealed in the data directory: streaming AES-256-GCM under a key of each file's own (security C20, C42).

A file's key is random and lies sealed in the row that owns the file: a rotation of data keys re-seals rows and touches
no file, and a row without its key makes the file unreadable for ever. Every chunk is bound to franchise, code, variant,
its position and whether it is the last, so that none can be moved, dropped, cut off or put into another file.
"""

from __future__ import annotations

import os
import re
import secrets
import struct
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.kernel import keys

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = "files"
MAGIC = b"HUIKEFL1"
CHUNK = 1 << 18
_NAME = re.compile(r"[0-9a-f]{32}\.[a-z]{1,8}")


class FileGone(keys.KeyError_):
    """The file is not where its row says."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored file as a sweep sees it: its code, where it lies, when it was written (ms)."""

    code: str
    path: Path
    written_at: int


@dataclass(frozen=True, slots=True)
class Files:
    """The sealed files of an installation, below its data directory."""

    data_dir: Path

    @property
    def root(self) -> Path:
        """Return the folder of all files."""
        return self.data_dir / FOLDER

    def path(self, franchise_id: int, code: str, variant: str) -> Path:
        """Return where a variant of a file lies; raise ValueError for a code that is none of ours."""
        name = f"{code}.{variant}"
        if not _NAME.fullmatch(name):
            raise ValueError("not the code of a file")
        return self.root / str(franchise_id) / code[:2] / name

    def put(self, franchise_id: int, code: str, variant: str, key: bytes, data: bytes) -> None:
        """Write a variant of a file, whole or not at all; it is on the disk before this returns."""
        target = self.path(franchise_id, code, variant)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(MAGIC)
                cipher = AESGCM(keys.derive(key, f"file:{variant}"))
                for n, piece, last in _pieces(data):
                    nonce = secrets.token_bytes(12)
                    blob = cipher.encrypt(nonce, piece, _place(franchise_id, code, variant, n, last=last))
                    out.write(struct.pack(">I", len(blob)) + nonce + blob)
                out.flush()
                os.fsync(out.fileno())
            os.replace(name, target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)

    def get(self, franchise_id: int, code: str, variant: str, key: bytes) -> bytes:
        """Return a variant's bytes; raise FileGone when it is missing, CannotOpen when it is not what was written."""
        cipher = AESGCM(keys.derive(key, f"file:{variant}"))
        found: list[bytes] = []
        ended = False
        try:
            with self.path(franchise_id, code, variant).open("rb") as file:
                if file.read(len(MAGIC)) != MAGIC:
                    raise keys.CannotOpen("not one of our files")
                while not ended and (size := file.read(4)):
                    nonce = file.read(12)
                    blob = file.read(struct.unpack(">I", size)[0])
                    piece, ended = _open(cipher, nonce, blob, (franchise_id, code, variant), len(found))
                    found.append(piece)
        except (FileNotFoundError, struct.error) as problem:
            raise FileGone(f"file {code}.{variant} is missing or cut off") from problem
        if not ended:
            raise keys.CannotOpen(f"file {code}.{variant} is cut off")
        return b"".join(found)

    def remove(self, franchise_id: int, code: str) -> int:
        """Remove every variant of a file and return how many there were."""
        folder = self.path(franchise_id, code, "x").parent
        gone = list(folder.glob(f"{code}.*")) if folder.is_dir() else []
        for one in gone:
            one.unlink(missing_ok=True)
        return len(gone)

    def stored(self, franchise_id: int) -> Iterator[Stored]:
        """Yield every stored variant of a franchise's files."""
        for path in sorted((self.root / str(franchise_id)).glob("??/*.*")):
            if _NAME.fullmatch(path.name):
                yield Stored(path.name[:32], path, int(path.stat().st_mtime * 1000))

    def all_paths(self) -> Iterator[tuple[str, Path]]:
        """Yield (name below the folder, path) of every stored file: for a backup."""
        for path in sorted(self.root.glob("*/??/*.*")):
            if _NAME.fullmatch(path.name):
                yield path.relative_to(self.root).as_posix(), path

    def put_back(self, name: str, data: bytes) -> None:
        """Write a file of a backup where it lay; raise ValueError for a name that is none of ours."""
        if not re.fullmatch(r"[0-9]{1,19}/[0-9a-f]{2}/" + _NAME.pattern, name):
            raise ValueError(f"not the name of a file: {name}")
        target = self.root / name
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        target.write_bytes(data)


def new_code() -> str:
    """Return a random 128-bit code for a file, 32 hexadecimal characters."""
    return secrets.token_hex(16)


def new_key() -> bytes:
    """Return a random key for one file."""
    return secrets.token_bytes(32)


def _pieces(data: bytes) -> Iterator[tuple[int, bytes, bool]]:
    count = max(1, -(-len(data) // CHUNK))
    for n in range(count):
        yield n, data[n * CHUNK : (n + 1) * CHUNK], n == count - 1


def _place(franchise_id: int, code: str, variant: str, n: int, *, last: bool) -> bytes:
    return f"file|{franchise_id}|{code}|{variant}|{n}|{int(last)}".encode()


def _open(cipher: AESGCM, nonce: bytes, blob: bytes, owner: tuple[int, str, str], n: int) -> tuple[bytes, bool]:
    for last in (False, True):
        try:
            return cipher.decrypt(nonce, blob, _place(*owner, n, last=last)), last
        except (InvalidTag, ValueError):
            continue
    raise keys.CannotOpen(f"file {owner[1]}.{owner[2]} was altered or moved")


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
