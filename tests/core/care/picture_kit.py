"""Pictures and visits for tests: a photo with a place of taking in it, a bomb, a person whose consents stand."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from PIL import Image

from core.care import photos, visits
from core.org.proofs import make_proof
from core.people import services as people
from tests.installation import PIN

PLACE = "GPS-31.2304N"


def jpeg(width: int = 640, height: int = 480, colour: Any = (180, 120, 90), orientation: int | None = 6) -> bytes:
    """Return a JPEG as a phone takes it: EXIF with the position, a maker, a comment."""
    picture = Image.new("RGB", (width, height), colour)
    exif = Image.Exif()
    exif[0x010F] = "CANARYPHONE"
    if orientation:
        exif[0x0112] = orientation
    exif.get_ifd(0x8825).update({1: "N", 2: (31.0, 13.0, 49.4), 3: "E", 4: (121.0, 28.0, 25.0), 27: PLACE.encode()})
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif, comment=b"CANARYCOMMENT")
    return out.getvalue()


def png(width: int = 64, height: int = 64) -> bytes:
    """Return a PNG with a transparent corner."""
    picture = Image.new("RGBA", (width, height), (0, 120, 90, 0))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def bomb(side: int = 60_000) -> bytes:
    """Return a PNG of a few hundred bytes that says it is 3.6 billion pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


def agree(session: Any, person: int, *purposes: str, granted: bool = True) -> None:
    """Record consents of a person."""
    for purpose in purposes or ("photo_record",):
        people.consent(session, people.get(session, person), purpose, granted=granted, evidence="单号 1")


def photo(session: Any, person: int, angle: str = "front", phase: str = "before", **more: Any) -> Any:
    """Take a photo in and return its row."""
    data = more.pop("data", None) or jpeg()
    return photos.add_photo(
        session, person, data, photos.NewPhoto(angle, phase, set_name=more.pop("name", "面部"), **more)
    )


def typed(note: str = "", **fields: str) -> visits.Typed:
    """Return what somebody types into core's part of a visit."""
    practitioner, on, kind = fields.pop("practitioner"), fields.pop("on", "2026-11-22"), fields.pop("kind", "treatment")
    return visits.Typed(kind, on, practitioner, note, {"care": fields})


def sign(installation: Any, house: Any, visit_id: int, role: str = "clinician", reason: str = "", **more: Any) -> Any:
    """Enter the role's PIN and sign what is being written, in two units as a screen does."""
    with installation.unit() as session:
        payload = visits.payload_of(session, visit_id, reason, void=more.get("void", False))
        made = make_proof(session, house.numbers[role], PIN, visits.PURPOSE, payload)
        assert made.refusal is None
    with installation.unit() as session:
        row = visits.sign(session, visit_id, proof=made.proof, payload_sha256=payload, reason=reason, **more)
        session.expunge_all()
        return row
