"""Founding: keys, database, a usable franchise with its presets, owner and recovery code."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.catalog import services as catalog
from core.console import services as switchboard
from core.kernel import keys, schema
from core.kernel.errors import Invalid
from core.kernel.i18n import _, listed
from core.kernel.models import Installation
from core.kernel.statements import Statements
from core.kernel.tenancy import Actor, act_in
from core.ledger import services as ledger
from core.org import franchises, staffing
from core.programme import presets
from core.programme import services as programmes
from core.segments import services as segments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from core.hooktypes import Preset
    from core.kernel.runtime import Runtime
    from core.org.models import Franchise

RECOVERY = "recovery_wrapped_master"


@dataclass(frozen=True, slots=True)
class Founded:
    """What `init` tells once: ids, the owner's sign-in, and (the first time) the recovery code."""

    franchise_id: int
    franchise_code: str
    store_id: int
    owner: str
    password: str
    recovery_code: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the answer of `init --json` (contract.md section 2)."""
        plain: dict[str, Any] = {
            "franchise_id": str(self.franchise_id), "franchise_code": self.franchise_code,
            "store_id": str(self.store_id), "owner": self.owner, "password": self.password,
        }  # fmt: skip
        if self.recovery_code:
            plain["recovery_code"] = self.recovery_code
        return plain


def prepare(runtime: Runtime) -> str | None:
    """Make the key file if there is none, bring the schema up, load the keys.

    Returns the recovery code when the installation is new, else None.
    """
    environment = runtime.environment
    environment.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not environment.key_file.exists():
        if environment.key_file.is_relative_to(environment.data_dir):
            raise Invalid(_("主密钥文件不能放在数据目录里。请另设 HUIKE_KEY_FILE。"))
        keys.write_master(environment.key_file)
    schema.upgrade(runtime.db.engine, schema.components(runtime.host))
    runtime.load_keys()
    with runtime.db.unit("write") as session:
        if session.scalar(select(Installation.id).where(Installation.key == RECOVERY)) is not None:
            return None
        code = new_recovery_code()
        wrapped = keys.wrap(recovery_key(code), keys.ring().master, "recovery")
        session.add(Installation(key=RECOVERY, value=wrapped.hex()))
        return code


def new_recovery_code() -> str:
    """Return a recovery code of 130 bits, in groups of five letters and digits."""
    plain = base64.b32encode(secrets.token_bytes(20)).decode()[:26]
    return "-".join(plain[start : start + 5] for start in range(0, 26, 5))


def recovery_key(code: str) -> bytes:
    """Return the key that a recovery code stands for."""
    plain = "".join(ch for ch in code.upper() if ch.isalnum())
    return keys.derive(plain.encode(), "recovery")


def found(
    runtime: Runtime, *, chain: str, name: str, owner: str, store: str, verticals: Sequence[str],
    programme: str | None = None, recovery_code: str | None = None,
) -> Founded:  # fmt: skip
    """Found a franchise with its presets, programme, verticals, one store and its owner.

    Raises Invalid for an unknown vertical or programme key, before anything is written.
    """
    known = known_presets(runtime)
    base = programme or (verticals[0] if verticals else "dental")
    for key in {*verticals, base}:
        if key not in known:
            names = listed(sorted(known))
            raise Invalid(_("没有名为 %(key)s 的业态预设。可选：%(all)s。", key=key, all=names))
    with runtime.db.unit("write") as session:
        franchise = franchises.found(session, chain, name)
        for key in verticals:
            switchboard.set_allowed(session, runtime.host, franchise.chain_id, key, True)
        with act_in(session, Actor(franchise.id, door="command", tz=franchise.tz)):
            return _furnish(session, runtime, franchise, known, base, verticals, store, owner, recovery_code)


def _furnish(
    session: Session, runtime: Runtime, franchise: Franchise, known: dict[str, Preset], base: str,
    verticals: Sequence[str], store: str, owner: str, recovery_code: str | None,
) -> Founded:  # fmt: skip
    """Give a new franchise its books, store, programme, items, verticals and owner, in the unit it was made in."""
    ledger.open_house(Statements(session, franchise.id))
    first = staffing.add_store(session, "01", store, franchise.name)
    publish_preset(session, known[base])
    for key in dict.fromkeys([base, *verticals]):
        add_items(session, known[key])
    segments.ensure_defaults(session)
    for key in verticals:
        switchboard.switch(session, runtime.host, key, True)
    staff, password = staffing.add_staff(
        session, number="001", name=_("加盟主"), roles=[("owner", None)], store_id=first.id, login=owner
    )
    return Founded(franchise.id, franchise.code, first.id, staff.login, password, recovery_code)


def known_presets(runtime: Runtime) -> dict[str, Preset]:
    """Return the presets that installed plugins bring, by key."""
    return {a.value.key: a.value for a in runtime.host.declared("presets") if not a.failed}


def publish_preset(session: Session, preset: Preset) -> None:
    """Publish a vertical's base programme."""
    programmes.publish(session, presets.load_preset(preset.programme))


def add_items(session: Session, preset: Preset) -> int:
    """Add a preset's items that the franchise does not have yet; return how many."""
    from core.catalog.models import Item

    have = set(session.scalars(select(Item.code)))
    added = 0
    for item in presets.load_items(preset.items):
        if item.code in have:
            continue
        attributes: dict[str, Any] = dict(item.attributes)
        if item.session_of:
            attributes["core.session_of"] = item.session_of
        if item.includes:
            attributes["core.includes"] = [f"{code}×{times}" for code, times in item.includes.items()]
        if item.open_price:
            attributes["core.open_price"] = True
        catalog.add(
            session, item.code, item.name, item.kind, item.price_fen, category=item.category,
            points_fixed=item.points_fixed, sessions=item.sessions, bonus_fen=item.bonus_fen,
            sensitive=bool(attributes.get("pharmacy.rx_class")), attributes=attributes,
            desk_script=item.desk_script,
        )  # fmt: skip
        added += 1
    return added
