"""Two kinds of settings: the installation's (environment) and a franchise's (declared, stored)."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.kernel import clock
from core.kernel.errors import Invalid
from core.kernel.i18n import _
from core.kernel.models import Setting
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


@dataclass(frozen=True, slots=True)
class SettingSpec:
    """A franchise's setting: its key (prefixed by room or plugin), label, default and check."""

    key: str
    label: Any
    default: Any
    check: Callable[[Any], bool] = lambda value: True
    help: Any = ""


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


def value(session: Session, key: str) -> Any:
    """Return the franchise's value of a declared setting, or its default."""
    spec = registry.get(key)
    row = session.scalar(select(Setting).where(Setting.key == key))
    return json.loads(row.value) if row else spec.default


def change(session: Session, key: str, new: Any) -> None:
    """Set a declared setting; raise Invalid when its check refuses the value."""
    spec = registry.get(key)
    if not spec.check(new):
        raise Invalid.field(key, _("“%(label)s”的取值不合适。", label=str(spec.label)))
    row = session.scalar(select(Setting).where(Setting.key == key))
    if row is None:
        row = Setting(key=key, value="null", changed_at=0)
        session.add(row)
    else:
        row.version += 1
    row.value = json.dumps(new, ensure_ascii=False)
    row.changed_at = clock.now_ms()
    row.changed_by = current_actor().staff_id
