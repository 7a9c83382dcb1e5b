"""Which version of the tables counts, and the verbs on them: take in, compare, go back, sign.

A version is an immutable document (like a programme), kept for the franchise; the index over it is built once a
process and kept by its digest.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, select

from core.sdk import Conflict, Forbidden, Invalid, _, clock, licence_of, record_audit, tenancy
from plugins.pharmacy import knowledge
from plugins.pharmacy.models import PharmacyDataset, PharmacySignOff

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from plugins.pharmacy.knowledge import Index

VERSION_MOST = 30
PHARMACIST = "pharmacist"
_KEPT = 4
# Made once: they are asked with every check, and building a statement costs as much as running it.
_STANDING = select(
    PharmacyDataset.id, PharmacyDataset.kind, PharmacyDataset.version, PharmacyDataset.sha256, PharmacyDataset.shipped
).where(PharmacyDataset.id.in_(select(func.max(PharmacyDataset.id)).group_by(PharmacyDataset.kind)))
_SIGNED = (
    select(PharmacySignOff).where(PharmacySignOff.digest == bindparam("digest"))
    .order_by(PharmacySignOff.id.desc()).limit(1)
)  # fmt: skip
_built: OrderedDict[str, Index] = OrderedDict()


@dataclass(frozen=True, slots=True)
class Standing:
    """The version of a kind that counts: `row_id` None for the file that came with the plugin."""

    kind: str
    version: str
    sha256: str
    row_id: int | None = None


def standing(session: Session) -> dict[str, Standing]:
    """Return the version that counts of every kind, in one statement."""
    rows = session.execute(_STANDING).all()
    found = {row.kind: Standing(row.kind, row.version, row.sha256, row.id) for row in rows if not row.shipped}
    return {kind: found.get(kind) or _shipped(kind) for kind in knowledge.KINDS}


@lru_cache(maxsize=8)
def _shipped(kind: str) -> Standing:
    return Standing(kind, knowledge.shipped_version(), knowledge.sha256(knowledge.shipped_text(kind)))


def digest_of(stands: dict[str, Standing]) -> str:
    """Return the checksum over all tables together."""
    return hashlib.sha256("|".join(f"{kind}:{one.sha256}" for kind, one in sorted(stands.items())).encode()).hexdigest()


def version_of(stands: dict[str, Standing]) -> str:
    """Return the versions that count in at most 40 characters, with a piece of the checksum where they are mixed."""
    names = sorted({one.version for kind, one in stands.items() if kind != knowledge.PRODUCTS})
    return names[0] if len(names) == 1 else f"{names[-1][:28]}+{digest_of(stands)[:8]}"


def index(session: Session, stands: dict[str, Standing] | None = None) -> Index:
    """Return the index over the tables that count; built once for each digest in this process."""
    stands = stands or standing(session)
    key = f"{digest_of(stands)}|{version_of(stands)}"
    have = _built.get(key)
    if have is None:
        rows = {kind: knowledge.parse(kind, body_of(session, one)) for kind, one in stands.items()
                if kind != knowledge.PRODUCTS}  # fmt: skip
        have = _built[key] = knowledge.build(version_of(stands), rows)
        while len(_built) > _KEPT:
            _built.popitem(last=False)
    return have


def body_of(session: Session, one: Standing) -> str:
    """Return the text of a version."""
    if one.row_id is None:
        return knowledge.shipped_text(one.kind)
    row = session.get(PharmacyDataset, one.row_id)
    return row.body if row is not None else ""


def take_in(session: Session, kind: str, version: str, body: str) -> PharmacyDataset:
    """Take in a new version of a kind and return it; it counts from now on.

    Raises Invalid for an unknown kind, a bad name or rows that cannot be read, Conflict `pharmacy_same_data` for what
    counts already.
    """
    if kind not in knowledge.KINDS:
        raise Invalid.field("kind", _("没有这一类资料。"))
    before = standing(session)[kind]
    name, rows = check_new(kind, version, body, before)
    return _add(session, before, PharmacyDataset(
        kind=kind, version=name, sha256=knowledge.sha256(body), rows=rows, body=body,
    ))  # fmt: skip


def check_new(kind: str, version: str, body: str, before: Standing) -> tuple[str, int]:
    """Return the cleaned name and the rows of a version that may follow `before`; raise as `take_in` does."""
    name = " ".join(version.split())
    if not 1 <= len(name) <= VERSION_MOST:
        raise Invalid.field("version", _("请写明版本，最多 %(n)d 个字。", n=VERSION_MOST))
    rows = knowledge.parse(kind, body)
    if knowledge.sha256(body) == before.sha256:
        raise Conflict(_("这份文件与正在使用的版本完全相同，没有导入。"), code="pharmacy_same_data")
    if name == before.version:
        raise Invalid.field("version", _("内容变了，版本也要换一个。"))
    return name, len(rows)


def go_back(session: Session, kind: str) -> PharmacyDataset:
    """Let the file that came with the plugin count again; raise Conflict where it does already."""
    if kind not in knowledge.KINDS:
        raise Invalid.field("kind", _("没有这一类资料。"))
    before, own = standing(session)[kind], _shipped(kind)
    if before.row_id is None:
        raise Conflict(_("正在使用的就是随软件提供的版本。"), code="pharmacy_same_data")
    count = len(knowledge.parse(kind, knowledge.shipped_text(kind)))
    return _add(session, before, PharmacyDataset(
        kind=kind, version=own.version, sha256=own.sha256, rows=count, body="", shipped=True,
    ))  # fmt: skip


def _add(session: Session, before: Standing, row: PharmacyDataset) -> PharmacyDataset:
    row.staff_id, row.made_at = tenancy.current_actor().staff_id, clock.now_ms()
    session.add(row)
    session.flush()
    record_audit(
        session, "pharmacy.data.changed", "pharmacy_dataset", row.id,
        detail={"kind": row.kind, "rows": row.rows, "changes": {"version": [before.version, row.version]}},
    )  # fmt: skip
    return row


def signed(session: Session, digest: str) -> PharmacySignOff | None:
    """Return who answers for the tables with this digest, or None: then they are demonstration data."""
    return session.scalar(_SIGNED, {"digest": digest})


def sign(session: Session, digest: str, name: str) -> PharmacySignOff:
    """Let the acting pharmacist answer for the tables that count, and return the row.

    Raises Conflict where others count than were seen, Invalid without a name, Forbidden without a pharmacist's licence.
    """
    actor = tenancy.current_actor()
    kind, number = licence_of(session, actor.staff_id, clock.today(actor.tz))
    if kind != PHARMACIST:
        raise Forbidden(_("核定资料须由登记了有效执业药师证的人员办理。"), code="licence_needed")
    stands = standing(session)
    if digest != digest_of(stands):
        raise Conflict(_("资料刚刚换了版本，请核对后再签字。"), code="stale_version")
    if not 2 <= len(name.strip()) <= 60:
        raise Invalid.field("name", _("请写上核定药师的姓名。"))
    row = PharmacySignOff(
        digest=digest, version=version_of(stands), name=name.strip(), licence_no=number, staff_id=actor.staff_id,
        made_at=clock.now_ms(),
    )  # fmt: skip
    session.add(row)
    session.flush()
    record_audit(session, "pharmacy.data.signed", "pharmacy_sign_off", row.id, detail={"version": row.version})
    return row
