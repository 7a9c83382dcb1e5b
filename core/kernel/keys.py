"""Keys: one master key outside the data directory, data keys wrapped by it in the database.

A data key seals every franchise's fields and derives the keys of the blind indexes; rotation adds a
key for writes and re-encrypts in the background (security C20–C22). The installation's id takes part
in wrapping, so a key file of another installation opens nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import select

from core.kernel import clock
from core.kernel.key_models import DataKey

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

VERSION = 1
ALG_AES_256_GCM = 1
_HEAD = 4


class KeyError_(RuntimeError):
    """A key is missing, or a ciphertext does not open with it."""


class CannotOpen(KeyError_):
    """The ciphertext was altered, moved to another row, or sealed with another key."""


def read_master(path: str | Path) -> bytes:
    """Return the 32 bytes of the master key file; raise KeyError_ when it is missing or malformed."""
    try:
        raw = bytes.fromhex(Path(path).read_text(encoding="ascii").strip())
    except (OSError, ValueError) as problem:
        raise KeyError_(f"master key file {path} cannot be read") from problem
    if len(raw) != 32:
        raise KeyError_(f"master key file {path} does not hold 32 bytes")
    return raw


def write_master(path: str | Path, key: bytes | None = None) -> bytes:
    """Write a master key (a new random one when none is given) with mode 0600 and return it."""
    key = key or secrets.token_bytes(32)
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(key.hex() + "\n")
    return key


def derive(key: bytes, info: str, length: int = 32) -> bytes:
    """Return a key derived from `key` for the purpose named by `info`."""
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=None, info=info.encode()).derive(key)


def wrap(master: bytes, key: bytes, label: str) -> bytes:
    """Return `key` wrapped by the master key, bound to `label`."""
    nonce = secrets.token_bytes(12)
    return nonce + AESGCM(derive(master, "wrap")).encrypt(nonce, key, label.encode())


def unwrap(master: bytes, wrapped: bytes, label: str) -> bytes:
    """Return the key that `wrap` wrapped; raise KeyError_ for another master key."""
    try:
        return AESGCM(derive(master, "wrap")).decrypt(wrapped[:12], wrapped[12:], label.encode())
    except InvalidTag as problem:
        raise KeyError_("the master key does not open this installation's data keys") from problem


@dataclass(slots=True)
class Keyring:
    """The opened data keys of an installation, and sealing with them."""

    master: bytes
    keys: dict[int, bytes] = field(default_factory=dict)
    active: int = 0
    index_keys: tuple[bytes, ...] = ()

    def seal(self, plain: str | bytes, aad: str, franchise_id: int) -> bytes:
        """Return the ciphertext of `plain`: version, algorithm, key number, nonce, data, tag."""
        data = plain.encode() if isinstance(plain, str) else plain
        nonce = secrets.token_bytes(12)
        head = bytes((VERSION, ALG_AES_256_GCM)) + self.active.to_bytes(2, "big")
        cipher = _cipher(self.keys[self.active], franchise_id)
        return head + nonce + cipher.encrypt(nonce, data, aad.encode())

    def open(self, blob: bytes, aad: str, franchise_id: int) -> bytes:
        """Return the bytes sealed in `blob`; raise CannotOpen when it was altered or moved."""
        blob = bytes(blob)
        number = int.from_bytes(blob[2:_HEAD], "big")
        if blob[0] != VERSION or number not in self.keys:
            raise CannotOpen(f"sealed with the unknown key {number}")
        cipher = _cipher(self.keys[number], franchise_id)
        try:
            return cipher.decrypt(blob[_HEAD : _HEAD + 12], blob[_HEAD + 12 :], aad.encode())
        except InvalidTag as problem:
            raise CannotOpen(f"altered or moved: {aad}") from problem

    def number_of(self, blob: bytes) -> int:
        """Return the number of the key that sealed `blob`."""
        return int.from_bytes(bytes(blob)[2:_HEAD], "big")

    def blind(self, value: str, column: str, franchise_id: int) -> bytes:
        """Return the 16-byte keyed index of `value` for `column` under the newest index key."""
        return _blind(self.index_keys[0], value, column, franchise_id)

    def blinds(self, value: str, column: str, franchise_id: int) -> list[bytes]:
        """Return the indexes under every key in use: two while a rotation runs."""
        return [_blind(key, value, column, franchise_id) for key in self.index_keys]

    def mac(self, purpose: str, data: bytes) -> bytes:
        """Return an HMAC-SHA-256 with a key that only the holder of the master key can derive."""
        return hmac.new(_derived(self.master, f"mac:{purpose}"), data, hashlib.sha256).digest()


@lru_cache(maxsize=4096)
def _derived(key: bytes, info: str) -> bytes:
    return derive(key, info)


@lru_cache(maxsize=4096)
def _cipher(key: bytes, franchise_id: int) -> AESGCM:
    return AESGCM(derive(key, f"seal:{franchise_id}"))


def _blind(key: bytes, value: str, column: str, franchise_id: int) -> bytes:
    own = _derived(key, f"blind:{franchise_id}:{column}")
    return hmac.new(own, value.encode(), hashlib.sha256).digest()[:16]


def load(session: Session, master: bytes) -> Keyring:
    """Return the keyring of the installation, making its first data key when there is none."""
    rows = session.scalars(select(DataKey).order_by(DataKey.number)).all()
    if not rows:
        rows = [add_key(session, master, 1)]
        session.flush()
    ring = Keyring(master)
    for row in rows:
        ring.keys[row.number] = unwrap(master, row.wrapped, f"data-key-{row.number}")
    ring.active = max(row.number for row in rows if row.state == "active")
    in_use = sorted((r.number for r in rows if r.state in {"active", "retiring"}), reverse=True)
    ring.index_keys = tuple(derive(ring.keys[n], "index") for n in in_use)
    return ring


def states(session: Session) -> tuple[tuple[int, str], ...]:
    """Return (number, state) of every data key: what tells a process that a rotation moved on."""
    rows = session.execute(select(DataKey.number, DataKey.state).order_by(DataKey.number))
    return tuple((row[0], row[1]) for row in rows)


def add_key(session: Session, master: bytes, number: int) -> DataKey:
    """Add the data key `number`, active for writes."""
    row = DataKey(
        number=number,
        wrapped=wrap(master, secrets.token_bytes(32), f"data-key-{number}"),
        state="active",
        made_at=clock.now_ms(),
    )
    session.add(row)
    return row


_ring: Keyring | None = None


def use(ring: Keyring | None) -> None:
    """Make `ring` the keyring of this process."""
    global _ring
    _ring = ring


def ring() -> Keyring:
    """Return the keyring of this process; raise KeyError_ when none was loaded."""
    if _ring is None:
        raise KeyError_("no keyring loaded: is the master key file there?")
    return _ring
