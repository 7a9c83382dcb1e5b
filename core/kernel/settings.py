"""Two kinds of settings: the installation's (environment) and a franchise's (declared, stored by layers)."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core.kernel import audit, clock
from core.kernel.errors import Invalid
from core.kernel.i18n import _
from core.kernel.models import ChainSetting, Setting, StoreSetting
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Environment:
    """The installation's environment (docs/api.md, section 1)."""

    data_dir: Path
    database_url: str
    key_file: Path
    jobs_url: str
    host: str
    port: int
    workers: int
    plugins: str = ""
    smtp_url: str = ""
    sms_url: str = ""
    audit_anchor: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_os(cls, env: dict[str, str] | None = None) -> Environment:
        """Return the environment as the operating system gives it, with the documented defaults."""
        get = (os.environ if env is None else env).get
        data_dir = Path(get("HUIKE_DATA_DIR", "./var")).resolve()
        return cls(
            data_dir=data_dir,
            database_url=get("DATABASE_URL") or f"sqlite:///{data_dir / 'huike.db'}",
            key_file=Path(get("HUIKE_KEY_FILE", "./var-keys/master.key")).resolve(),
            jobs_url=get("HUIKE_JOBS_URL") or f"sqlite:///{data_dir / 'jobs.db'}",
            host=get("HUIKE_HOST", "127.0.0.1"),
            port=int(get("HUIKE_PORT", "5000")),
            workers=int(get("HUIKE_WORKERS", "1")),
            plugins=get("HUIKE_PLUGINS", ""),
            smtp_url=get("SMTP_URL", ""),
            sms_url=get("SMS_URL", ""),
            audit_anchor=get("HUIKE_AUDIT_ANCHOR", ""),
        )


EVERY_INTERFACE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared, not bound


def host_names(environment: Environment) -> set[str]:
    """Return the host names the site answers to, as HUIKE_HOSTS lists them; empty when it does not."""
    named = str(environment.extra.get("hosts", os.environ.get("HUIKE_HOSTS", "")))
    return {name.strip() for name in named.split(",") if name.strip()}


CHAIN, FRANCHISE, STORE = "chain", "franchise", "store"
LAYERS = (CHAIN, FRANCHISE, STORE)
DEFAULT = "default"
FieldKind = Literal["", "number", "money", "flag", "text", "lines", "choice", "page"]


@dataclass(frozen=True, slots=True)
class SettingSpec:
    """A franchise's setting: its key (prefixed by room or plugin), label, default and check.

    `layers` are who may state it besides the franchise; the nearest counts: store, franchise, chain, default.
    `kind` is how it is drawn (money in fen, lines a list of texts; empty: after the default), `unit` stands
    behind it, `choices` are (value, label); `endpoint` names the page that changes a value of many parts.
    """

    key: str
    label: Any
    default: Any
    check: Callable[[Any], bool] = lambda value: True
    help: Any = ""
    kind: FieldKind = ""
    unit: Any = ""
    choices: tuple[tuple[Any, Any], ...] = ()
    layers: frozenset[str] = frozenset({CHAIN, FRANCHISE})
    endpoint: str = ""

    @property
    def drawn(self) -> str:
        """Return the kind of the field: as declared, else what the default suggests; `page` for structures."""
        if self.kind:
            return self.kind
        if isinstance(self.default, bool):
            return "flag"
        if isinstance(self.default, int):
            return "number"
        return "text" if isinstance(self.default, str) else "page"


class SettingRegistry:
    """All declared settings, by key."""

    def __init__(self) -> None:
        self._specs: dict[str, SettingSpec] = {}

    def add(self, *specs: SettingSpec) -> None:
        """Declare settings; raise ValueError for a key declared twice with another meaning."""
        for spec in specs:
            known = self._specs.setdefault(spec.key, spec)
            if known is not spec and known.default != spec.default:
                raise ValueError(f"setting {spec.key} declared twice")

    def get(self, key: str) -> SettingSpec:
        """Return the declaration of `key`; raise KeyError for an undeclared one."""
        return self._specs[key]

    def all(self) -> list[SettingSpec]:
        """Return every declaration, sorted by key."""
        return sorted(self._specs.values(), key=lambda s: s.key)


registry = SettingRegistry()


_STATED = (
    "SELECT 'store', value FROM store_setting WHERE franchise_id = ? AND store_id = ? AND key = ?"
    " UNION ALL SELECT 'franchise', value FROM setting WHERE franchise_id = ? AND key = ?"
    " UNION ALL SELECT 'chain', c.value FROM chain_setting c JOIN franchise f ON f.chain_id = c.chain_id"
    " WHERE f.id = ? AND c.key = ?"
)


def stated(session: Session, key: str, store_id: int | None = None) -> dict[str, Any]:
    """Return what each layer says of a setting, by layer, for a store (default: the actor's); one statement."""
    actor = current_actor()
    fid, store = actor.franchise_id, store_id or actor.store_id or 0
    allowed = registry.get(key).layers | {FRANCHISE}
    rows = Statements(session, fid).all(_STATED, [fid, store, key, fid, key, fid, key])
    return {str(layer): json.loads(text) for layer, text in rows if layer in allowed}


def nearest(said: dict[str, Any], default: Any, *, upto: str = STORE) -> tuple[str, Any]:
    """Return (layer, value) of the nearest layer that says something, looking no nearer than `upto`."""
    for layer in reversed(LAYERS[: LAYERS.index(upto) + 1]):
        if layer in said:
            return layer, said[layer]
    return DEFAULT, default


def value(session: Session, key: str, store_id: int | None = None) -> Any:
    """Return a declared setting's value at a store (default: the actor's): store, franchise, chain, default."""
    return nearest(stated(session, key, store_id), registry.get(key).default)[1]


def change(session: Session, key: str, new: Any, layer: str = FRANCHISE, store_id: int | None = None) -> None:
    """State a declared setting at a layer; raise Invalid when its check, or the layer, refuses the value."""
    spec = registry.get(key)
    _check_layer(spec, layer, store_id)
    if not spec.check(new):
        raise Invalid.field(key, _("“%(label)s”的取值不合适。", label=str(spec.label)))
    before = stated(session, key, store_id).get(layer)
    row = _row(session, key, layer, store_id) or _first_row(session, key, layer, store_id)
    if layer == FRANCHISE:
        row.version += 1
    row.value = json.dumps(new, ensure_ascii=False)
    row.changed_at = clock.now_ms()
    row.changed_by = current_actor().staff_id
    session.flush()
    if before != new:
        _note(session, "settings.changed", row, layer, before, new)


def reset(session: Session, key: str, layer: str = FRANCHISE, store_id: int | None = None) -> None:
    """Take back what a layer says of a setting, so that the layer above counts; nothing said is no error."""
    spec = registry.get(key)
    _check_layer(spec, layer, store_id)
    row = _row(session, key, layer, store_id)
    if row is None:
        return
    _note(session, "settings.reset", row, layer, json.loads(row.value), None)
    session.delete(row)
    session.flush()


def _check_layer(spec: SettingSpec, layer: str, store_id: int | None) -> None:
    if layer not in spec.layers | {FRANCHISE}:
        raise Invalid.field(spec.key, _("“%(label)s”不能在这一层设定。", label=str(spec.label)))
    if layer == STORE and store_id is None:
        raise Invalid.field(spec.key, _("请先选择门店。"))


def _note(session: Session, action: str, row: Any, layer: str, before: Any, after: Any) -> None:
    store = str(getattr(row, "store_id", "") or "")
    audit.record(
        session, action, "setting", row.id,
        detail={"key": row.key, "layer": layer, "store": store, "value": [before, after]},
    )  # fmt: skip


def chain_of(session: Session) -> int:
    """Return the id of the chain that the acting franchise belongs to."""
    fid = current_actor().franchise_id
    row = Statements(session, fid).one("SELECT chain_id FROM franchise WHERE id = ?", [fid])
    return int(row[0]) if row else 0


def _row(session: Session, key: str, layer: str, store_id: int | None) -> Any:
    if layer == STORE:
        return session.scalar(select(StoreSetting).where(StoreSetting.store_id == store_id, StoreSetting.key == key))
    if layer == CHAIN:
        return session.scalar(
            select(ChainSetting).where(ChainSetting.chain_id == chain_of(session), ChainSetting.key == key)
        )
    return session.scalar(select(Setting).where(Setting.key == key))


def _first_row(session: Session, key: str, layer: str, store_id: int | None) -> Any:
    """Make the row of a layer that said nothing so far; somebody who does the same at once is waited for."""
    row = _new_row(session, key, layer, store_id)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return _row(session, key, layer, store_id)
    return row


def _new_row(session: Session, key: str, layer: str, store_id: int | None) -> Any:
    blank = {"key": key, "value": "null", "changed_at": 0}
    if layer == STORE:
        return StoreSetting(store_id=store_id, **blank)
    return ChainSetting(chain_id=chain_of(session), **blank) if layer == CHAIN else Setting(version=0, **blank)
